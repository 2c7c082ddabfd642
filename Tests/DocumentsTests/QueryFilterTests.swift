import Kernel
import Testing

@testable import Documents

@Suite struct QueryFilterTests {
    /// A query, documents that match it and documents that do not.
    struct Example: Sendable, CustomTestStringConvertible {
        let query: String
        let matching: [String]
        let others: [String]
        var testDescription: String { query }

        init(_ query: String, _ matching: [String], not others: [String]) {
            self.query = query
            self.matching = matching
            self.others = others
        }
    }

    static let examples: [Example] = [
        Example("{}", ["{}", "{\"a\":1}"], not: []),
        // Equality: elements and whole arrays, null and missing, objects with their key order.
        Example(
            "{\"a\":1}", ["{\"a\":1}", "{\"a\":1.0}", "{\"a\":[0,1]}"], not: ["{}", "{\"a\":\"1\"}", "{\"a\":[[1]]}", "{\"a\":true}"]),
        Example("{\"a\":null}", ["{}", "{\"a\":null}", "{\"a\":[null]}"], not: ["{\"a\":0}", "{\"a\":[]}", "{\"a\":{}}"]),
        Example("{\"a\":[1,2]}", ["{\"a\":[1,2]}", "{\"a\":[[1,2],3]}"], not: ["{\"a\":[2,1]}", "{\"a\":[1,2,3]}", "{\"a\":1}"]),
        Example("{\"a\":[]}", ["{\"a\":[]}", "{\"a\":[[]]}"], not: ["{}", "{\"a\":[1]}", "{\"a\":null}"]),
        Example(
            "{\"a\":{\"x\":1,\"y\":2}}", ["{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":[{\"x\":1,\"y\":2}]}"],
            not: ["{\"a\":{\"y\":2,\"x\":1}}", "{\"a\":{\"x\":1}}"]),
        Example("{\"a\":{}}", ["{\"a\":{}}"], not: ["{}", "{\"a\":{\"x\":1}}"]),
        Example("{\"a\":{\"$date\":5}}", ["{\"a\":{\"$date\":5}}"], not: ["{\"a\":5}"]),
        // Paths.
        Example(
            "{\"a.b\":1}", ["{\"a\":{\"b\":1}}", "{\"a\":[{\"b\":0},{\"b\":1}]}", "{\"a\":{\"b\":[1]}}"],
            not: ["{\"a.b\":1}", "{\"a\":[[{\"b\":1}]]}", "{\"a\":1}"]),
        Example(
            "{\"a.0\":1}", ["{\"a\":[1,2]}", "{\"a\":{\"0\":1}}", "{\"a\":[{\"0\":1}]}", "{\"a\":[[1,5]]}"],
            not: ["{\"a\":[2,1]}", "{\"a\":1}"]),
        Example("{\"a.1.b\":2}", ["{\"a\":[0,{\"b\":2}]}"], not: ["{\"a\":[{\"b\":2},0]}"]),
        Example(
            "{\"a.b\":null}", ["{}", "{\"a\":{}}", "{\"a\":4}", "{\"a\":[{\"b\":1},{}]}", "{\"a\":{\"b\":null}}"],
            not: ["{\"a\":{\"b\":1}}", "{\"a\":[]}", "{\"a\":[1,2]}", "{\"a\":[{\"b\":1}]}"]),
        Example("{\"é\":1}", ["{\"é\":1}"], not: ["{\"e\\u0301\":1}"]),
        // Comparison stays within a type.
        Example(
            "{\"a\":{\"$gt\":1}}", ["{\"a\":2}", "{\"a\":1.5}", "{\"a\":[0,2]}"],
            not: ["{\"a\":1}", "{\"a\":\"2\"}", "{\"a\":true}", "{}", "{\"a\":{\"$date\":9}}"]),
        Example("{\"a\":{\"$gte\":\"b\"}}", ["{\"a\":\"b\"}", "{\"a\":\"c\"}"], not: ["{\"a\":\"a\"}", "{\"a\":1}", "{\"a\":{}}"]),
        Example("{\"a\":{\"$lt\":{\"$date\":10}}}", ["{\"a\":{\"$date\":9}}"], not: ["{\"a\":{\"$date\":10}}", "{\"a\":9}", "{}"]),
        Example("{\"a\":{\"$lte\":null}}", ["{}", "{\"a\":null}"], not: ["{\"a\":0}"]),
        Example("{\"a\":{\"$gt\":null}}", [], not: ["{}", "{\"a\":null}", "{\"a\":1}"]),
        Example("{\"a\":{\"$gt\":false}}", ["{\"a\":true}"], not: ["{\"a\":false}", "{\"a\":1}"]),
        Example("{\"a\":{\"$gt\":1,\"$lt\":5}}", ["{\"a\":3}", "{\"a\":[0,10]}"], not: ["{\"a\":1}", "{\"a\":[5]}"]),
        Example("{\"a\":{\"$gt\":[1,1]}}", ["{\"a\":[1,2]}", "{\"a\":[[2]]}"], not: ["{\"a\":[1]}", "{\"a\":2}"]),
        Example("{\"a\":9007199254740993}", ["{\"a\":9007199254740993}"], not: ["{\"a\":9007199254740992}", "{\"a\":9007199254740992.0}"]),
        // Sets.
        Example("{\"a\":{\"$in\":[1,null]}}", ["{\"a\":1}", "{}", "{\"a\":[3,1]}"], not: ["{\"a\":2}"]),
        Example("{\"a\":{\"$in\":[]}}", [], not: ["{}", "{\"a\":1}"]),
        Example("{\"a\":{\"$in\":[{\"$regex\":\"^x\"},\"y\"]}}", ["{\"a\":\"xa\"}", "{\"a\":\"y\"}"], not: ["{\"a\":\"ya\"}"]),
        Example("{\"a\":{\"$nin\":[1,2]}}", ["{\"a\":3}", "{}", "{\"a\":[]}"], not: ["{\"a\":[5,1]}", "{\"a\":2}"]),
        Example("{\"a\":{\"$ne\":1}}", ["{\"a\":2}", "{}", "{\"a\":[2]}"], not: ["{\"a\":1}", "{\"a\":[1,2]}"]),
        Example("{\"a\":{\"$neq\":1}}", ["{\"a\":2}"], not: ["{\"a\":1}"]),
        // Logic, also inside a field.
        Example("{\"$or\":[{\"a\":1},{\"b\":1}]}", ["{\"a\":1}", "{\"b\":1}"], not: ["{\"a\":2}"]),
        Example("{\"$and\":[{\"a\":1},{\"b\":1}]}", ["{\"a\":1,\"b\":1}"], not: ["{\"a\":1}"]),
        Example("{\"$nor\":[{\"a\":1},{\"b\":1}]}", ["{}"], not: ["{\"a\":1}", "{\"b\":1}"]),
        Example("{\"a\":{\"$or\":[{\"$lt\":3},{\"$gt\":65}]}}", ["{\"a\":2}", "{\"a\":66}"], not: ["{\"a\":10}", "{}"]),
        Example("{\"a\":{\"$and\":[{\"$gt\":3},{\"$not\":{\"$gt\":9}}]}}", ["{\"a\":5}"], not: ["{\"a\":2}", "{\"a\":10}"]),
        Example("{\"a\":{\"$nor\":[{\"$eq\":1},2]}}", ["{\"a\":3}", "{}"], not: ["{\"a\":1}", "{\"a\":2}"]),
        Example("{\"a\":{\"$not\":{\"$gt\":5}}}", ["{\"a\":5}", "{}", "{\"a\":\"x\"}"], not: ["{\"a\":6}", "{\"a\":[1,6]}"]),
        Example("{\"a\":1,\"$comment\":\"why\"}", ["{\"a\":1}"], not: ["{}"]),
        // Fields and types.
        Example("{\"a\":{\"$exists\":true}}", ["{\"a\":null}", "{\"a\":[]}"], not: ["{}"]),
        Example("{\"a.b\":{\"$exists\":false}}", ["{}", "{\"a\":[1]}", "{\"a\":[{\"c\":1}]}"], not: ["{\"a\":[{\"b\":null},{}]}"]),
        Example("{\"a\":{\"$type\":\"string\"}}", ["{\"a\":\"\"}", "{\"a\":[1,\"x\"]}"], not: ["{\"a\":1}", "{}"]),
        Example("{\"a\":{\"$type\":[\"array\",10]}}", ["{\"a\":[]}", "{\"a\":null}"], not: ["{}", "{\"a\":1}"]),
        Example("{\"a\":{\"$type\":\"number\"}}", ["{\"a\":1}", "{\"a\":1.5}"], not: ["{\"a\":{\"$date\":1}}"]),
        Example("{\"a\":{\"$type\":\"long\"}}", ["{\"a\":4294967296}"], not: ["{\"a\":1}"]),
        Example("{\"a\":{\"$mod\":[4,0]}}", ["{\"a\":8}", "{\"a\":8.9}", "{\"a\":[1,4]}"], not: ["{\"a\":6}", "{\"a\":\"8\"}"]),
        Example("{\"a\":{\"$mod\":[-1,0]}}", ["{\"a\":-9223372036854775808}"], not: ["{\"a\":\"x\"}"]),
        Example("{\"a\":{\"$mod\":[3,-1]}}", ["{\"a\":-4}"], not: ["{\"a\":4}"]),
        // Arrays.
        Example("{\"a\":{\"$all\":[1,2]}}", ["{\"a\":[2,1,0]}"], not: ["{\"a\":[1]}", "{\"a\":1}"]),
        Example("{\"a\":{\"$all\":[1]}}", ["{\"a\":1}", "{\"a\":[1]}"], not: ["{\"a\":[[1]]}"]),
        Example("{\"a\":{\"$all\":[]}}", [], not: ["{\"a\":[]}", "{}"]),
        Example("{\"a\":{\"$all\":[[1,2]]}}", ["{\"a\":[1,2]}", "{\"a\":[[1,2]]}"], not: ["{\"a\":[2,1]}"]),
        Example(
            "{\"a\":{\"$all\":[{\"$elemMatch\":{\"x\":1}},{\"$elemMatch\":{\"x\":2}}]}}", ["{\"a\":[{\"x\":1},{\"x\":2}]}"],
            not: ["{\"a\":[{\"x\":1}]}"]),
        Example("{\"a\":{\"$size\":2}}", ["{\"a\":[1,2]}"], not: ["{\"a\":[[1,2]]}", "{\"a\":2}", "{}"]),
        Example("{\"a\":{\"$elemMatch\":{\"$gt\":1,\"$lt\":5}}}", ["{\"a\":[0,3]}"], not: ["{\"a\":[0,10]}", "{\"a\":3}"]),
        Example(
            "{\"a\":{\"$elemMatch\":{\"x\":1,\"y\":2}}}", ["{\"a\":[{\"y\":2,\"x\":1}]}"],
            not: ["{\"a\":[{\"x\":1},{\"y\":2}]}", "{\"a\":{\"x\":1,\"y\":2}}"]),
        Example("{\"a\":{\"$elemMatch\":{\"$or\":[{\"x\":1},{\"y\":1}]}}}", ["{\"a\":[{\"y\":1}]}"], not: ["{\"a\":[1]}"]),
        Example("{\"a\":{\"$elemMatch\":{\"$or\":[{\"$lt\":1},{\"$gt\":9}]}}}", ["{\"a\":[5,10]}"], not: ["{\"a\":[5]}"]),
        Example("{\"a\":{\"$elemMatch\":{\"$elemMatch\":{\"$eq\":1}}}}", ["{\"a\":[[1]]}"], not: ["{\"a\":[1]}"]),
        Example("{\"a\":{\"$elemMatch\":{\"$eq\":1}}}", ["{\"a\":[1]}"], not: ["{\"a\":[[1]]}"]),
        Example("{\"a.b\":{\"$elemMatch\":{\"c\":1}}}", ["{\"a\":[{\"b\":[{\"c\":1}]}]}"], not: ["{\"a\":[{\"b\":{\"c\":1}}]}"]),
        // Text.
        Example(
            "{\"a\":{\"$regex\":\"^ab\"}}", ["{\"a\":\"abc\"}", "{\"a\":[\"x\",\"ab\"]}"], not: ["{\"a\":\"xab\"}", "{\"a\":1}", "{}"]),
        Example("{\"a\":{\"$regex\":\"^AB\",\"$options\":\"i\"}}", ["{\"a\":\"abc\"}"], not: ["{\"a\":\"b\"}"]),
        Example("{\"a\":{\"$not\":{\"$regex\":\"b\"}}}", ["{\"a\":\"x\"}", "{}"], not: ["{\"a\":\"abc\"}"]),
        // Expressions.
        Example("{\"$expr\":{\"$gt\":[\"$spent\",\"$budget\"]}}", ["{\"spent\":5,\"budget\":3}"], not: ["{\"spent\":1,\"budget\":3}"]),
        Example("{\"$expr\":{\"$gt\":[{\"$add\":[\"$a\",1]},1]}}", ["{\"a\":1}"], not: ["{\"a\":0}", "{\"a\":\"x\"}"]),
    ]

    @Test(arguments: examples) func decides(example: Example) throws {
        let filter = try Filter(json(example.query))
        for document in example.matching { #expect(filter.matches(object(document)), "\(document) should match") }
        for document in example.others { #expect(!filter.matches(object(document)), "\(document) should not match") }
    }

    @Test(arguments: [
        "1", "[]", "{\"$foo\":1}", "{\"a\":{\"$foo\":1}}", "{\"a\":{\"$gt\":1,\"b\":2}}", "{\"a\":{\"b\":2,\"$gt\":1}}", "{\"$and\":[]}",
        "{\"$or\":{}}",
        "{\"$or\":[1]}", "{\"$not\":{\"a\":1}}", "{\"a\":{\"$not\":1}}", "{\"a\":{\"$not\":{}}}", "{\"a\":{\"$in\":1}}",
        "{\"a\":{\"$in\":[{\"$gt\":1}]}}",
        "{\"a\":{\"$mod\":[0,1]}}", "{\"a\":{\"$mod\":[1]}}", "{\"a\":{\"$size\":-1}}", "{\"a\":{\"$size\":1.5}}", "{\"a\":{\"$all\":1}}",
        "{\"a\":{\"$elemMatch\":1}}", "{\"a\":{\"$regex\":1}}", "{\"a\":{\"$options\":\"i\"}}", "{\"a\":{\"$regex\":\"(\"}}",
        "{\"a\":{\"$regex\":\"a\",\"$options\":\"q\"}}",
        "{\"a\":{\"$type\":\"what\"}}", "{\"\":1}", "{\"a..b\":1}", "{\".a\":1}", "{\"a.$b\":1}", "{\"$expr\":{\"$foo\":1}}",
        "{\"$expr\":\"$$nope\"}",
    ]) func refuses(query: String) {
        let error = #expect(throws: QueryError.self) { try Filter(json(query)) }
        #expect(error?.message.isEmpty == false)
        #expect(error?.messageZh.isEmpty == false)
    }

    @Test(arguments: [
        "{\"$where\":\"1\"}", "{\"$function\":{}}",
        "{\"$expr\":{\"$lt\":[\"$a\",\"$$NOW\"]}}", "{\"a\":{\"$regex\":\"(?=a)\"}}", "{\"a\":{\"$regex\":\"(a)\\\\1\"}}",
    ]) func saysWhatIsNotSupported(query: String) {
        #expect(throws: QueryError.self) { try Filter(json(query)) }
        do { _ = try Filter(json(query)) } catch { #expect(error.code == .unsupported) }
    }

    @Test func combines() throws {
        let first = try Filter(json("{\"a\":1}"))
        let second = try Filter(json("{\"b\":{\"$gt\":1}}"))
        let both = first.and(second)
        #expect(both.matches(object("{\"a\":1,\"b\":2}")))
        #expect(!both.matches(object("{\"a\":1,\"b\":1}")))
        #expect(Filter.all.isAll)
        #expect(try Filter([:]).isAll)
        #expect(Filter.all.and(.all).isAll)
        #expect(!first.isAll)
        #expect(!Filter.all.and(first).isAll)
    }

    @Test func limitsTheNumberOfConditions() {
        let parts = Array(repeating: json("{\"a\":1}"), count: FilterParser.maximumConditions + 1)
        let error = #expect(throws: QueryError.self) { try Filter(["$or": .array(parts)]) }
        #expect(error?.code == .limit)
    }
}
