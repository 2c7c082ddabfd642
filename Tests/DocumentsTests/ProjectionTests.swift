import Kernel
import Testing

@testable import Documents

/// Computed fields and `$` in projections, as MongoDB's manual describes those of `find`.
@Suite struct ProjectionTests {
    private static let document = #"{"_id":"i","a":2,"t":[1,5,9],"o":{"x":1,"y":2},"l":[{"k":1,"v":"p"},{"k":2,"v":"q"}],"d":{"$date":0}}"#

    @Test(arguments: [
        (#"{"n":{"$add":["$a",1]}}"#, #"{"_id":"i","n":3}"#),
        (#"{"a":1,"n":{"$sum":"$t"}}"#, #"{"_id":"i","a":2,"n":15}"#),
        (#"{"_id":0,"n":"$o.x"}"#, #"{"n":1}"#),
        (#"{"a":"$t"}"#, #"{"_id":"i","a":[1,5,9]}"#),
        (#"{"a":"text","z":null}"#, #"{"_id":"i","a":"text","z":null}"#),
        (#"{"a":{"$literal":1}}"#, #"{"_id":"i","a":1}"#),
        (#"{"o":{"z":{"$multiply":["$o.y",10]}}}"#, #"{"_id":"i","o":{"z":20}}"#),
        (#"{"o.x":1,"o.z":"$a"}"#, #"{"_id":"i","o":{"x":1,"z":2}}"#),
        (#"{"gone":"$nope","a":1}"#, #"{"_id":"i","a":2}"#),
        (#"{"f":{"$slice":["$t",-1]}}"#, #"{"_id":"i","f":[9]}"#),
        (#"{"t":{"$slice":[1,1]},"n":"$a"}"#, #"{"_id":"i","t":[5],"n":2}"#),
        (#"{"l":{"$elemMatch":{"k":2}},"n":{"$size":"$l"}}"#, #"{"_id":"i","l":[{"k":2,"v":"q"}],"n":2}"#),
        (#"{"now":"$$NOW"}"#, #"{"_id":"i","now":{"$date":"1970-01-01T00:00:00.007Z"}}"#),
    ]) func computes(_ projection: String, _ expected: String) throws {
        let shown = try Projection(json(projection), ofQuery: true, now: 7).apply(object(Self.document))
        #expect(JSON.object(shown) == json(expected), "\(JSON.object(shown).text)")
    }

    @Test(arguments: [
        (#"{"t":{"$gt":4}}"#, #"{"t.$":1}"#, #"{"_id":"i","t":[5]}"#),
        (#"{"l.k":2}"#, #"{"l.$":1}"#, #"{"_id":"i","l":[{"k":2,"v":"q"}]}"#),
        (#"{"l":{"$elemMatch":{"v":"q"}}}"#, #"{"l.$":true,"a":1}"#, #"{"_id":"i","a":2,"l":[{"k":2,"v":"q"}]}"#),
        (#"{"a":2}"#, #"{"a.$":1}"#, #"{"_id":"i","a":2}"#),
        (#"{"l.k":2}"#, #"{"l.$":1,"n":{"$size":"$l"}}"#, #"{"_id":"i","l":[{"k":2,"v":"q"}],"n":2}"#),
    ]) func showsTheMatchedElement(_ query: String, _ projection: String, _ expected: String) throws {
        let shown = try Projection(json(projection), ofQuery: true, now: 0).apply(object(Self.document), matching: Filter(json(query)))
        #expect(JSON.object(shown) == json(expected), "\(JSON.object(shown).text)")
    }

    @Test(arguments: [
        #"{"a":0,"n":{"$add":["$a",1]}}"#, #"{"n":{"$nonsense":1}}"#, #"{"n":{"$add":1,"$sum":1}}"#, #"{"n":"$"}"#, #"{"n":"$$nobody"}"#,
        #"{"t.$":0}"#, #"{"t.$":1,"l.$":1}"#, #"{"$":1}"#, #"{"t.$":1,"t":1}"#,
    ]) func refuses(_ projection: String) {
        #expect(throws: QueryError.self) { try Projection(json(projection), ofQuery: true, now: 0) }
    }

    @Test func whatCannotBeComputedFailsTheQuery() throws {
        #expect(throws: QueryError.self) { try Projection(["n": ["$add": ["$o", 1]]]).apply(object(Self.document)) }
        #expect(throws: QueryError.self) { try Projection(["t.$": 1], ofQuery: true, now: 0).apply(object(Self.document), matching: Filter(["a": 2])) }
    }

    @Test(arguments: TestEngine.allCases) func everyOperationThatAnswersDocumentsComputes(_ engine: TestEngine) async throws {
        try await DatabaseFixture.with(engine: engine) { base async throws in
            try await base.perform(#"{"op":"add","collection":"c","data":[{"_id":"a","t":[1,5],"at":{"$date":5}},{"_id":"b","t":[7]}]}"#)
            func data(_ request: String) async throws -> JSON? { try await base.perform(request)["data"] }
            let sum = #""projection":{"n":{"$sum":"$t"}}"#
            #expect(try await data(#"{"op":"get","collection":"c","orderBy":[["_id","asc"]],\#(sum)}"#) == [["_id": "a", "n": 6], ["_id": "b", "n": 7]])
            #expect(try await data(#"{"op":"get","collection":"c","id":"a",\#(sum)}"#) == ["_id": "a", "n": 6])
            let matched = #"{"op":"get","collection":"c","where":{"t":{"$gte":5}},"orderBy":[["_id","asc"]],"projection":{"_id":0,"t.$":1}}"#
            #expect(try await data(matched) == [["t": [5]], ["t": [7]]])
            let change = #"{"op":"findOneAndUpdate","collection":"c","id":"a","update":{"$push":{"t":4}},"return":"after""#
            #expect(try await data(#"\#(change),\#(sum)}"#) == ["_id": "a", "n": 10])
            #expect(await base.refusal(#"\#(change),"projection":{"n":{"$add":["$_id",1]}}}"#) == "INVALID_QUERY")
            #expect(try await base.document("c", "a")?["t"] == [1, 5, 4], "what could not be answered was not done")
            #expect(await base.refusal(#"{"op":"get","collection":"c","id":"a","projection":{"t.$":1}}"#) == "INVALID_QUERY")
            #expect(await base.refusal(#"{"op":"get","collection":"c","projection":{"s":{"$add":[{"$meta":"textScore"},1]}}}"#) == "INVALID_QUERY")
        }
    }
}
