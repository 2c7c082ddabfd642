import Kernel
import Testing

@testable import Documents

@Suite struct QuerySchemaTests {
    @Test(arguments: [
        ("{\"required\":[\"a\"]}", "{}", "a", "\"a\" is missing.", "“a”缺失。"),
        (
            "{\"properties\":{\"a\":{\"bsonType\":[\"int\",\"string\"]}}}", "{\"a\":true}", "a", "\"a\" must be of the type int/string.",
            "“a”的类型应为 int/string。"
        ),
        (
            "{\"properties\":{\"a\":{\"items\":{\"properties\":{\"n\":{\"minimum\":1}}}}}}", "{\"a\":[{\"n\":1},{\"n\":0}]}", "a.1.n",
            "\"a.1.n\" must be at least 1.", "“a.1.n”应不小于 1。"
        ),
        ("{\"additionalProperties\":false}", "{\"x\":1}", "x", "\"x\" is not allowed.", "“x”不允许出现。"),
        ("{\"minProperties\":2}", "{\"x\":1}", "", "The document must have at least 2 fields.", "文档至少应有 2 个字段。"),
        (
            "{\"properties\":{\"a\":{\"minLength\":2,\"maxLength\":4}}}", "{\"a\":\"x\"}", "a", "\"a\" must have 2 to 4 characters.",
            "“a”应有 2 到 4 个字符。"
        ),
        ("{\"dependencies\":{\"a\":[\"b\"]}}", "{\"a\":1}", "b", "\"b\" is missing, although \"a\" is there.", "“b”缺失，而“a”存在。"),
        (
            "{\"properties\":{\"a\":{\"exclusiveMaximum\":true,\"maximum\":5}}}", "{\"a\":5}", "a", "\"a\" must be less than 5.",
            "“a”应小于 5。"
        ),
    ]) func saysWhatIsWrong(schema: String, document: String, path: String, message: String, messageZh: String) throws {
        let failure = try #require(try JSONSchema(json(schema)).failure(of: object(document)))
        #expect(failure.path == path)
        #expect(failure.message == Localized(message, zh: messageZh))
    }

    @Test func accepts() throws {
        let schema = try JSONSchema(json("{\"required\":[\"a\"],\"properties\":{\"a\":{\"bsonType\":\"string\"}}}"))
        #expect(schema.accepts(["a": "x", "b": 1]))
        #expect(schema.failure(of: ["a": "x"]) == nil)
        #expect(!schema.accepts(["a": 1]))
    }
}
