import Kernel
import Storage
import TestSupport
import Testing

@testable import Documents

/// Indexes as the store keeps them: whatever they are, answers are those of a scan.
@Suite struct StoredIndexTests {
    private func index(_ keys: JSON, unique: Bool = false, name: String? = nil) -> JSONObject {
        var request: JSONObject = ["keys": keys, "unique": .bool(unique)]
        if let name { request["name"] = .string(name) }
        return request
    }

    @Test(arguments: TestEngine.allCases) func anIndexOnExistingDocumentsFindsEachOnce(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(
                #"{"op":"add","collection":"c","data":[{"_id":"a","tags":["x","y","x"]},{"_id":"b","tags":["y"]},{"_id":"c","tags":"x"},{"_id":"d"}]}"#)
            try await base.documents.createIndex(index([["tags", "asc"]]), of: "c", base.environment)
            #expect(try base.store.collection("c").readable.map(\.isMultikey) == [true])
            #expect(Set(try await base.ids("c", where: ["tags": "x"])) == ["a", "c"])
            let all = try await base.ids("c", where: ["tags": ["$gte": "x"]])
            #expect(all.sorted() == ["a", "b", "c"], "a document with several keys is met once")
            #expect(try await base.perform(#"{"op":"count","collection":"c","where":{"tags":{"$in":["x","y"]}}}"#) == ["total": 3])
        }
    }

    @Test(arguments: TestEngine.allCases) func aUniqueIndexThatDoesNotFitLeavesNothing(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1},{"_id":"b","n":1}]}"#)
            let code = await errorCode { try await base.documents.createIndex(index([["n", "asc"]], unique: true, name: "i"), of: "c", base.environment) }
            #expect(code == "DUPLICATE_KEY")
            #expect(try base.documents.collection("c", base.environment)["indexes"] == [])
            let rows = try base.store.database.read { connection in
                let tables = engine == .files ? "sqlite_master WHERE name" : "pg_tables WHERE schemaname = current_schema() AND tablename"
                return try connection.all("SELECT count(*) FROM \(tables) LIKE 'i_' UNION ALL SELECT count(*) FROM indexes") { $0.int(0) }
            }
            #expect(rows == [0, 0])
            try await base.documents.createIndex(index([["n", "asc"]], name: "i"), of: "c", base.environment)
            #expect(try await base.ids("c", where: ["n": 1]) == ["a", "b"])
        }
    }

    @Test(arguments: TestEngine.allCases) func aUniqueIndexRefusesTheSecondAndFreesTheValueOfARemovedOne(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"createCollection","collection":"c"}"#)
            try await base.documents.createIndex(index([["n", "asc"], ["m", "desc"]], unique: true), of: "c", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1,"m":1},{"_id":"b","n":1,"m":2}]}"#)
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"n":1,"m":2}}"#) == "DUPLICATE_KEY")
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"a","update":{"$set":{"m":2}}}"#) == "DUPLICATE_KEY")
            #expect(try await base.document("c", "a")?["m"] == 1)
            try await base.perform(#"{"op":"remove","collection":"c","id":"b"}"#)
            #expect(await base.refusal(#"{"op":"update","collection":"c","id":"a","update":{"$set":{"m":2}}}"#) == nil)
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"n":1,"m":1}}"#) == nil)
        }
    }

    @Test(arguments: TestEngine.allCases) func aDroppedIndexIsNoLongerKeptNorUsed(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","n":1}}"#)
            try await base.documents.createIndex(index([["n", "asc"]], unique: true, name: "i"), of: "c", base.environment)
            try await base.documents.dropIndex("i", of: "c", base.environment)
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":{"_id":"b","n":1}}"#) == nil)
            #expect(try await base.ids("c", where: ["n": 1]) == ["a", "b"])
            #expect(await errorCode { try await base.documents.dropIndex("i", of: "c", base.environment) } == "INDEX_NOT_FOUND")
        }
    }

    @Test(arguments: TestEngine.allCases) func makingTheSameIndexAgainIsFineAndAnotherOfItsNameIsNot(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"createCollection","collection":"c"}"#)
            // Also at the same moment.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await base.documents.createIndex(index([["n", "asc"]], name: "i"), of: "c", base.environment) } }
                try await group.waitForAll()
            }
            #expect(try base.store.collection("c").readable.count == 1)
            let code = await errorCode { try await base.documents.createIndex(index([["n", "desc"]], name: "i"), of: "c", base.environment) }
            #expect(code == "INDEX_EXISTS")
        }
    }

    @Test(arguments: TestEngine.allCases) func aCollectionHasOnlySoManyIndexes(_ engine: TestEngine) async throws {
        var limits = Limits()
        limits.indexesMax = 2
        limits.collectionsMax = 1
        try await DatabaseFixture.with(engine: engine, limits: limits) { base async throws in
            try await base.perform(#"{"op":"createCollection","collection":"c"}"#)
            for name in ["a", "b"] { try await base.documents.createIndex(index([[.string(name), "asc"]]), of: "c", base.environment) }
            #expect(await errorCode { try await base.documents.createIndex(index([["c", "asc"]]), of: "c", base.environment) } == "LIMIT_EXCEEDED")
            #expect(await base.refusal(#"{"op":"createCollection","collection":"d"}"#) == "LIMIT_EXCEEDED")
        }
    }

    @Test(arguments: [
        "[]", #"[["a"]]"#, #"[["a","up"]]"#, #"["a"]"#, #"[["","asc"]]"#, #"[["a..b","asc"]]"#, #"[["$a","asc"]]"#, #"[["a.0","asc"]]"#,
        #"[["a","asc"],["a","desc"]]"#,
    ])
    func anIndexThatCannotBeKeptIsRefused(_ keys: String) async throws {
        try await DatabaseFixture.with { base async throws in
            try await base.perform(#"{"op":"createCollection","collection":"c"}"#)
            let code = await errorCode { try await base.documents.createIndex(index(json(keys)), of: "c", base.environment) }
            #expect(code == "BAD_MEMBER" || code == "INVALID_QUERY", "\(keys): \(code ?? "taken")")
            #expect(try base.store.collection("c").indexes.isEmpty)
        }
    }

    /// The mark that a document has several keys must survive a job that was undone, a later one, and a restart.
    @Test(arguments: TestEngine.allCases) func arraysAreMetOnceAlsoAfterAnUndoneWriteAndARestart(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"a","tags":"x"}}"#)
            try await base.documents.createIndex(index([["tags", "asc"]]), of: "c", base.environment)
            #expect(await base.refusal(#"{"op":"add","collection":"c","data":[{"_id":"b","tags":["x","y"]},{"_id":"a"}]}"#) == "DUPLICATE_KEY")
            try await base.perform(#"{"op":"add","collection":"c","data":{"_id":"b","tags":["x","y"]}}"#)
            try base.documents.close(base.environment)
            try await DatabaseFixture.with(engine: engine, folder: base.folder, environment: base.environment) { again async throws in
                #expect(try await again.ids("c", where: ["tags": ["$gte": "x"]]).sorted() == ["a", "b"])
            }
        }
    }

    @Test(arguments: TestEngine.allCases) func reopeningTheFileKeepsEverything(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            _ = try await base.documents.createCollection("c", permission: "ADMINWRITE", base.environment)
            try await base.documents.createIndex(index([["n", "asc"], ["m", "desc"]], unique: true, name: "i"), of: "c", base.environment)
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","n":1,"m":{"$date":5}},{"_id":"b","n":2.5}]}"#)
            let first = try await base.perform(#"{"op":"add","collection":"c","data":{"n":9}}"#, key: "k")
            let described = try base.documents.collections(base.environment)
            let exported = try await base.exported("c")
            try base.documents.close(base.environment)
            try await DatabaseFixture.with(engine: engine, folder: base.folder, environment: base.environment) { again async throws in
                #expect(try again.documents.collections(again.environment) == described)
                #expect(try await again.exported("c") == exported)
                #expect(try await again.ids("c", where: ["n": ["$lt": 3]]) == ["a", "b"])
                #expect(await again.refusal(#"{"op":"add","collection":"c","data":{"n":2.5}}"#) == "DUPLICATE_KEY")
                #expect(try await again.perform(#"{"op":"add","collection":"c","data":{"n":9}}"#, key: "k") == first)
                #expect(await again.refusal(#"{"op":"add","collection":"c","data":{"n":3}}"#, as: DatabaseFixture.alice) == "PERMISSION_DENIED")
            }
        }
    }

    @Test(arguments: TestEngine.allCases) func aCollectionWhoseCommitFailedIsNotThere(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"kept","data":{"_id":"a"}}"#)
            // A deferred foreign key that nothing meets: the commit of every new collection fails.
            try await base.store.database.write { connection in
                try connection.script(
                    """
                    CREATE TABLE parent (id INTEGER PRIMARY KEY);
                    CREATE TABLE child (p INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);
                    """)
                switch engine {
                case .files: try connection.script("CREATE TRIGGER breaks AFTER INSERT ON collections BEGIN INSERT INTO child VALUES (99); END")
                case .postgres:
                    try connection.script(
                        """
                        CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO child VALUES (99); RETURN NULL; END';
                        CREATE TRIGGER breaks AFTER INSERT ON collections EXECUTE FUNCTION breaks();
                        """)
                }
            }
            #expect(await base.refusal(#"{"op":"createCollection","collection":"c"}"#) != nil)
            #expect(await base.refusal(#"{"op":"get","collection":"c"}"#) == "COLLECTION_NOT_FOUND")
            #expect(try await base.ids("kept", where: [:]) == ["a"])
            try await base.store.database.write { try $0.script(engine == .files ? "DROP TRIGGER breaks" : "DROP TRIGGER breaks ON collections") }
            #expect(try await base.perform(#"{"op":"createCollection","collection":"c"}"#) == ["created": true])
        }
    }

    @Test(arguments: TestEngine.allCases) func aDroppedCollectionTakesItsIndexesAlong(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":{"n":1}}"#)
            try await base.documents.createIndex(index([["n", "asc"]], unique: true), of: "c", base.environment)
            try await base.documents.dropCollection("c", base.environment)
            #expect(await base.refusal(#"{"op":"get","collection":"c"}"#) == "COLLECTION_NOT_FOUND")
            try await base.perform(#"{"op":"add","collection":"c","data":[{"n":1},{"n":1}]}"#)
            #expect(try await base.ids("c", where: ["n": 1]).count == 2)
        }
    }

    /// What a process leaves that dies while it makes an index: writes keep it, nobody reads it, whoever opens the database next fills the rest.
    @Test(arguments: TestEngine.allCases) func anIndexThatWasBeingMadeIsMadeWhole(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            for start in stride(from: 0, to: 3000, by: 1000) {
                let documents = (start..<start + 1000).map { JSON.object(["_id": .string("d\($0)"), "n": .int(Int64($0 % 10))]) }
                try await base.perform(["op": "add", "collection": "c", "data": .array(documents)])
            }
            try await base.documents.createIndex(index([["n", "asc"]], name: "n"), of: "c", base.environment)
            let number = try #require(try base.store.collection("c").indexes.first?.number)
            try await base.store.database.write { connection in
                try connection.execute("UPDATE indexes SET is_ready = 0")
                try connection.execute("DELETE FROM i\(number) WHERE seq > (SELECT min(seq) FROM i\(number)) + 1499")
                try connection.schemaChanged()
            }
            try base.documents.close(base.environment)
            try await DatabaseFixture.with(engine: engine, folder: base.folder, environment: base.environment) { again async throws in
                // Opening it goes on with the index, beside what is asked and written.
                #expect(try await again.perform(#"{"op":"count","collection":"c","where":{"n":7}}"#)["total"] == 300)
                try await again.perform(#"{"op":"add","collection":"c","data":{"_id":"later","n":7}}"#)
                #expect(try await eventually { try again.store.collection("c").readable.map(\.name) == ["n"] }, "it is whole")
                let explained = try await again.perform(#"{"op":"count","collection":"c","where":{"n":7},"explain":true}"#)["explain"]
                #expect(explained?["plan"] == "index" && explained?["matched"] == 301)
                for n in 0..<10 { #expect(try await again.ids("c", where: ["n": .int(Int64(n))]).count == (n == 7 ? 301 : 300)) }
            }
        }
    }

    /// The same documents with indexes and without, asked the same random questions, also after random changes.
    @Test(arguments: (0..<12).map { ($0, TestEngine.files) } + (0..<3).map { ($0, TestEngine.postgres) })
    func anIndexNeverChangesAnAnswer(_ seed: Int, _ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            var generator = QueryGenerator(seed: UInt64(1000 + seed))
            generator.makesArrays = seed % 3 != 0
            try await fill(base, &generator)
            for round in 0..<60 {
                try await compare(base, &generator)
                if round % 20 == 19 { try await change(base, &generator) }
            }
        }
    }

    private func fill(_ base: DatabaseFixture, _ generator: inout QueryGenerator) async throws {
        let documents = JSON.array(
            (0..<60).map { number in
                var document = generator.document()
                document["_id"] = .string("d\(number)")
                return .object(document)
            })
        for name in ["plain", "indexed"] { try await base.perform(["op": "add", "collection": .string(name), "data": documents]) }
        for number in 0..<4 {
            let fields = generator.index().fields.map { JSON.array([.string($0.path), $0.descending ? "desc" : "asc"]) }
            // An index over two arrays of one document cannot be kept; the others stay.
            let code = await errorCode { try await base.documents.createIndex(index(.array(fields), name: "i\(number)"), of: "indexed", base.environment) }
            #expect(code == nil || code == "INVALID_DOCUMENT")
        }
    }

    private func change(_ base: DatabaseFixture, _ generator: inout QueryGenerator) async throws {
        let condition = generator.filter()
        let update: JSON = ["$set": [generator.random.choose(generator.names): generator.value(depth: 1)]]
        // What an index cannot keep is refused as a whole, so the other collection does not get it either.
        for name in ["indexed", "plain"] {
            let code = await base.refusal(["op": "update", "collection": .string(name), "where": condition, "update": update])
            if code != nil { return }
        }
    }

    private func compare(_ base: DatabaseFixture, _ generator: inout QueryGenerator) async throws {
        var request: JSONObject = ["op": "get", "where": generator.filter(), "limit": 1000]
        let isSorted = generator.random.below(2) == 0
        if isSorted {
            // The id at the end makes the order total, so that pages can be compared.
            let direction: JSON = generator.random.below(2) == 0 ? "asc" : "desc"
            request["orderBy"] = [[.string(generator.path()), direction], ["_id", "asc"]]
            request["skip"] = .int(Int64(generator.random.below(5)))
            request["limit"] = .int(Int64(generator.random.below(20)))
        }
        let (plain, indexed) = (await answer(base, "plain", request), await answer(base, "indexed", request))
        #expect((isSorted ? plain : plain.sorted()) == (isSorted ? indexed : indexed.sorted()), "\(JSON.object(request).text)")
        guard isSorted, let key = request["orderBy"]?.arrayValue?.first else { return }
        // Without the id an index may give the order itself.
        request["orderBy"] = [key]
        let order = try SortOrder([key])
        let pages = [await documents(base, "plain", request), await documents(base, "indexed", request)]
        #expect(pages[0].count == pages[1].count)
        for (left, right) in zip(pages[0], pages[1]) {
            #expect(!order.precedes(left, right) && !order.precedes(right, left), "\(JSON.object(request).text)")
        }
    }

    private func documents(_ base: DatabaseFixture, _ name: String, _ request: JSONObject) async -> [JSONObject] {
        var request = request
        request["collection"] = .string(name)
        let answer = try? await base.perform(.object(request))
        return answer?["data"]?.arrayValue?.compactMap(\.objectValue) ?? []
    }

    private func answer(_ base: DatabaseFixture, _ name: String, _ request: JSONObject) async -> [String] {
        var request = request
        request["collection"] = .string(name)
        do {
            let found = try await base.perform(.object(request))
            return (found["data"]?.arrayValue ?? []).map(\.text)
        } catch {
            return ["refused"]
        }
    }
}
