import Kernel

/// Why a command failed, in words for the person who typed it.
struct CLIError: Error, Equatable {
    /// What happened.
    var what: Localized
    /// What to do about it.
    var remedy: Localized?
    /// The server's stable code, where a server said it.
    var code: String?
    /// The id that finds the request in the server's log.
    var requestID: String?
    /// The HTTP status, where a server answered.
    var status: Int?
    /// Further lines that belong below the sentence: a stack, a list to choose from.
    var details: [String] = []

    init(_ what: Localized, remedy: Localized? = nil, details: [String] = []) {
        self.what = what
        self.remedy = remedy
        self.details = details
    }

    /// What a part of the platform refused that runs within this process.
    init(_ error: SampanError) {
        self.init(error.detail, remedy: error.remedy)
        (code, status) = (error.code, error.status)
    }

    /// One line (and, where there are any, the details below it).
    func rendered(in language: Language) -> String {
        var line = Localized("error: ", zh: "错误：")[language] + what[language]
        if let remedy { line += (language == .zh ? "" : " ") + remedy[language] }
        let marks = [code, requestID].compactMap(\.self)
        if !marks.isEmpty { line += language == .zh ? "（\(marks.joined(separator: "，"))）" : " (\(marks.joined(separator: ", ")))" }
        return ([line] + details.map { "  " + $0 }).joined(separator: "\n")
    }

    /// The same as a JSON object, for `--json`.
    func json(in language: Language) -> JSON {
        var error: JSONObject = ["detail": .string(what[language])]
        if let remedy { error["remedy"] = .string(remedy[language]) }
        if let code { error["code"] = .string(code) }
        if let status { error["status"] = .int(Int64(status)) }
        if let requestID { error["requestId"] = .string(requestID) }
        if !details.isEmpty { error["details"] = .array(details.map { .string($0) }) }
        return ["error": .object(error)]
    }
}
