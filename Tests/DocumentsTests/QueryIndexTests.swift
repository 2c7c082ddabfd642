import Kernel
import Testing

@testable import Documents

@Suite struct QueryIndexTests {
    /// The index on these fields.
    private func index(_ fields: [String], unique: Bool = false) -> IndexDefinition {
        IndexDefinition(name: "i", fields: fields.map { IndexField(path: $0) }, unique: unique)
    }

    private func keys(_ tuples: [[SortValue]]) -> [[UInt8]] {
        let encoded = tuples.map { values in
            var encoder = KeyEncoder()
            for value in values { encoder.append(value, descending: false) }
            return encoder.bytes
        }
        return encoded.sorted { $0.lexicographicallyPrecedes($1) }
    }

    @Test func keysScalars() throws {
        #expect(try index(["a"]).entries(for: ["a": 1]) == IndexEntries(keys: keys([[.value(1)]]), isMultikey: false))
        #expect(try index(["a"]).keys(for: [:]) == index(["a"]).keys(for: ["a": .null]))
        #expect(try index(["a.b"]).keys(for: ["a": 5]) == keys([[.value(.null)]]))
        #expect(try index(["a", "b"]).keys(for: ["b": "x", "a": 1]) == keys([[.value(1), .value("x")]]))
    }

    @Test func keysArrays() throws {
        #expect(try index(["a"]).entries(for: ["a": [1, 2, 1]]) == IndexEntries(keys: keys([[.value(1)], [.value(2)]]), isMultikey: true))
        #expect(try index(["a"]).entries(for: ["a": []]) == IndexEntries(keys: keys([[.emptyArray]]), isMultikey: true))
        #expect(try index(["a"]).keys(for: ["a": [[1, 2]]]) == keys([[.value([1, 2])]]))
        #expect(try index(["a", "b"]).keys(for: ["a": [1, 2], "b": 3]) == keys([[.value(1), .value(3)], [.value(2), .value(3)]]))
        #expect(
            try index(["a.b"]).keys(for: object("{\"a\":[{\"b\":1},{\"b\":[2,3]},{},4]}"))
                == keys([[.value(1)], [.value(2)], [.value(3)], [.value(.null)]]))
        #expect(try index(["a.b"]).keys(for: ["a": []]) == keys([[.value(.null)]]))
        // Fields of the same elements stay together.
        #expect(
            try index(["a.b", "a.c"]).keys(for: object("{\"a\":[{\"b\":1,\"c\":2},{\"b\":3}]}"))
                == keys([[.value(1), .value(2)], [.value(3), .value(.null)]]))
        #expect(try index(["a", "a.b"]).keys(for: object("{\"a\":[{\"b\":1}]}")) == keys([[.value(["b": 1]), .value(1)]]))
    }

    @Test func refusesWhatCannotBeKeyed() throws {
        #expect(throws: QueryError.self) { try index(["a", "b"]).keys(for: ["a": [1], "b": [2]]) }
        #expect(throws: QueryError.self) { try index(["x.a", "x.b"]).keys(for: object("{\"x\":{\"a\":[1],\"b\":[2]}}")) }
        #expect(throws: QueryError.self) { try index(["a"]).keys(for: ["a": .string(String(repeating: "x", count: 2001))]) }
        #expect(throws: QueryError.self) { try index(["a"]).keys(for: ["a": .array((0...10_000).map { .int($0) })]) }
        #expect(throws: Never.self) { try index(["a"]).keys(for: ["a": .string(String(repeating: "x", count: 1900))]) }
        for fields in [[], ["a", "a"], ["a.0"], ["a."], ["$a"], ["a", "b", "c", "d", "e", "f", "g", "h", "i"]] {
            #expect(throws: QueryError.self) { try index(fields).validate() }
        }
        try index(["a.b", "c"]).validate()
    }
}
