internal import Foundation
internal import Kernel

/// Reads `multipart/form-data` as it arrives: small text fields are collected, the file's bytes are handed on.
///
/// A state machine without I/O: bytes go in, events come out. Fields that come after the file are refused.
struct MultipartForm {
    enum Event: Equatable {
        case field(name: String, value: String)
        /// With the name that it has where it comes from; empty where nobody says.
        case fileStarts(name: String)
        case fileBytes(ArraySlice<UInt8>)
        case fileEnds
    }

    private enum Phase { case preamble, headers, field(String), file, done }

    private static let headersBytesMax = 8 << 10
    private static let fieldBytesMax = 8 << 10
    private static let fieldsMax = 50

    private let delimiter: [UInt8]
    private var phase = Phase.preamble
    private var buffer: [UInt8] = []
    private var hadFile = false
    private var fields = 0

    /// - Parameter contentType: the request's header, which names the boundary.
    init?(contentType: String) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"), let start = contentType.range(of: "boundary=") else { return nil }
        var boundary = contentType[start.upperBound...].prefix { $0 != ";" }
        if boundary.hasPrefix("\""), boundary.hasSuffix("\""), boundary.count > 2 { boundary = boundary.dropFirst().dropLast() }
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        delimiter = Array("\r\n--\(boundary)".utf8)
        // So that the first boundary, which nothing precedes, looks like the others.
        buffer = [13, 10]
    }

    /// Whether the closing boundary has come.
    var isDone: Bool { if case .done = phase { true } else { false } }

    mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [Event] {
        buffer.append(contentsOf: bytes)
        var events: [Event] = []
        while try step(&events) {}
        return events
    }

    /// - Returns: whether there may be more to do.
    private mutating func step(_ events: inout [Event]) throws -> Bool {
        switch phase {
        case .done:
            buffer = []
            return false
        case .preamble: return try passDelimiter(keeping: nil, &events)
        case .headers: return try readHeaders(&events)
        case .field(let name): return try passDelimiter(keeping: name, &events)
        case .file: return try passFile(&events)
        }
    }

    private mutating func passDelimiter(keeping name: String?, _ events: inout [Event]) throws -> Bool {
        guard let place = find(delimiter), buffer.count >= place + delimiter.count + 2 else {
            guard buffer.count < Self.fieldBytesMax + delimiter.count + 2 else { throw Self.malformed("a field is too long") }
            return false
        }
        // However the bytes were cut into pieces, the same form is refused.
        guard place <= Self.fieldBytesMax else { throw Self.malformed("a field is too long") }
        if let name {
            guard !hadFile else { throw Self.malformed("fields must come before the file") }
            fields += 1
            guard fields <= Self.fieldsMax else { throw Self.malformed("there are more than \(Self.fieldsMax) fields") }
            events.append(.field(name: name, value: String(decoding: buffer[..<place], as: UTF8.self)))
        }
        try enterPart(after: place)
        return true
    }

    private mutating func passFile(_ events: inout [Event]) throws -> Bool {
        if let place = find(delimiter) {
            guard buffer.count >= place + delimiter.count + 2 else { return false }
            if place > 0 { events.append(.fileBytes(buffer[..<place])) }
            events.append(.fileEnds)
            try enterPart(after: place)
            return true
        }
        // The end may hold the beginning of a boundary.
        let safe = buffer.count - delimiter.count - 2
        if safe > 0 {
            events.append(.fileBytes(buffer[..<safe]))
            buffer.removeFirst(safe)
        }
        return false
    }

    private mutating func enterPart(after place: Int) throws {
        let next = place + delimiter.count
        if buffer[next] == 45, buffer[next + 1] == 45 {
            phase = .done
        } else if buffer[next] == 13, buffer[next + 1] == 10 {
            phase = .headers
        } else {
            throw Self.malformed("a boundary is followed by something else")
        }
        buffer.removeFirst(next + 2)
    }

    private mutating func readHeaders(_ events: inout [Event]) throws -> Bool {
        guard let end = find([13, 10, 13, 10]) else {
            guard buffer.count < Self.headersBytesMax + 4 else { throw Self.malformed("a part's headers are too long") }
            return false
        }
        guard end <= Self.headersBytesMax else { throw Self.malformed("a part's headers are too long") }
        let headers = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeFirst(end + 4)
        guard let disposition = headers.split(separator: "\r\n").first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
            let name = Self.parameter("name", of: disposition)
        else { throw Self.malformed("a part has no name") }
        if name == "file" {
            guard !hadFile else { throw Self.malformed("more than one file") }
            hadFile = true
            phase = .file
            events.append(.fileStarts(name: Self.parameter("filename", of: disposition) ?? ""))
        } else {
            phase = .field(name)
        }
        return true
    }

    private static func parameter(_ name: String, of header: Substring) -> String? {
        for part in header.split(separator: ";").dropFirst() {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0].lowercased() == name { return String(pair[1].drop { $0 == "\"" }.prefix { $0 != "\"" }) }
        }
        return nil
    }

    private func find(_ pattern: [UInt8]) -> Int? {
        guard buffer.count >= pattern.count else { return nil }
        return buffer.withUnsafeBufferPointer { bytes in
            var at = 0
            let last = bytes.count - pattern.count
            while at <= last {
                if bytes[at] == pattern[0], pattern.indices.allSatisfy({ bytes[at + $0] == pattern[$0] }) { return at }
                at += 1
            }
            return nil
        }
    }

    private static func malformed(_ why: String) -> SampanError {
        SampanError.badRequest(
            "MALFORMED_FORM", Localized("The form is malformed: \(why).", zh: "表单格式有误:\(why)。"),
            remedy: Localized("Send multipart/form-data: the fields first, then one file.", zh: "请以 multipart/form-data 先发送字段,再发送一个 file。"))
    }
}
