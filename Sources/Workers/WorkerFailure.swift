/// An error that the pool itself reports in the shape that workers use.
struct WorkerFailure {
    var name: String
    var message: String
    var code: String

    /// `{"name","message","code","stack"}`.
    var json: [UInt8] {
        var json = JSONText()
        json.object([("name", .string(name)), ("message", .string(message)), ("code", .string(code)), ("stack", .string(""))])
        return Array(json.text.utf8)
    }
}
