import Foundation
import Kernel

/// One line that a function or the platform logged.
struct LogLine: Sendable {
    let json: JSON

    /// The moment in milliseconds since 1970.
    var at: Int64? {
        switch json["at"] {
        case .int(let milliseconds), .date(let milliseconds): milliseconds
        case .string(let text): Timestamp.milliseconds(of: text)
        default: nil
        }
    }

    /// For people: time, level, function, text.
    func text(withRequestID: Bool) -> String {
        let time = at.map(Timestamp.local) ?? json["at"]?.stringValue ?? ""
        let version = json["version"]?.intValue.map { "@\($0)" } ?? ""
        var parts = [time, (json["level"]?.stringValue ?? "").uppercased(), (json["function"]?.stringValue ?? "") + version]
        if withRequestID { parts.append(json["requestId"]?.stringValue ?? "") }
        parts.append(json["text"]?.stringValue ?? "")
        return parts.filter { !$0.isEmpty }.joined(separator: " ")
    }
}

/// Moments as the management API and people write them.
enum Timestamp {
    /// ISO 8601 with or without a fraction.
    static func milliseconds(of text: String) -> Int64? {
        let styles = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
        let date = styles.lazy.compactMap { try? $0.parse(text) }.first
        return date.map { milliseconds($0) }
    }

    static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    /// Date and time of day where the reader is.
    static func local(_ milliseconds: Int64) -> String {
        var style = Date.ISO8601FormatStyle(dateTimeSeparator: .space, includingFractionalSeconds: true, timeZone: .current)
        style = style.year().month().day().time(includingFractionalSeconds: true)
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(style)
    }

    /// The moment that `text` means: a time ago (`30s`, `10m`, `2h`, `3d`) or a date.
    static func start(_ text: String, now: Date = Date()) throws -> Date {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        if let unit = text.last.flatMap({ units[$0] }), let count = Double(text.dropLast()), count >= 0 {
            return now.addingTimeInterval(-count * unit)
        }
        if let milliseconds = milliseconds(of: text) { return Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
        throw CLIError(
            Localized("\"\(text)\" is not a time.", zh: "“\(text)” 不是时间。"),
            remedy: Localized("Write 30s, 10m, 2h, 3d or 2026-01-31T12:00:00Z.", zh: "请写成 30s、10m、2h、3d 或 2026-01-31T12:00:00Z。"))
    }
}

/// Reads and follows the logs of an environment.
struct LogQuery: Sendable {
    let client: ManagementClient
    let environment: String
    var function: String?
    var requestID: String?
    var text: String?
    var level: String?
    var since: Date?

    /// How many lines one call asks for.
    static let linesPerCall = 500

    /// The latest `limit` lines, oldest first.
    func latest(limit: Int) async throws -> [LogLine] {
        var lines: [LogLine] = []
        var after: String?
        repeat {
            let count = min(limit - lines.count, Self.linesPerCall)
            let query = filter + [("since", since.map { String(Timestamp.milliseconds($0)) }), ("limit", String(count)), ("after", after)]
            let answer = try await client.send(.get, path, query: query).json()
            let page = (answer["logs"]?.arrayValue ?? []).map(LogLine.init)
            lines += page
            after = page.isEmpty ? nil : answer["next"].flatMap { $0.isNull ? nil : $0.stringValue ?? $0.text }
        } while after != nil && lines.count < limit
        return lines.reversed()
    }

    /// The lines of a request that has ended, once no more of them arrive: they are written in batches behind the answer.
    func settledLines(ofRequest id: String) async throws -> [LogLine] {
        var query = self
        query.requestID = id
        var lines: [LogLine] = []
        for attempt in 0..<8 {
            let seen = lines.count
            lines = try await query.latest(limit: 1000)
            if lines.count == seen, seen > 0 || attempt >= 4 { break }
            try await Task.sleep(for: .milliseconds(250))
        }
        return lines
    }

    /// Calls `told` with every new line until the server ends the stream.
    func follow(_ told: (LogLine) -> Void) async throws {
        let body = try await client.stream(path + ["follow"], query: filter, timeout: .seconds(365 * 86400))
        var parser = EventStreamParser()
        for try await piece in body {
            for event in parser.take(piece) { told(LogLine(json: try JSON(parsing: event))) }
        }
    }

    private var path: [String] { ["environments", environment, "logs"] }
    private var filter: [(String, String?)] { [("function", function), ("requestId", requestID), ("text", text), ("level", level)] }
}
