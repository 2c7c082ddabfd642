import Kernel
import TestSupport

@testable import Documents

/// What came out of a reader: documents and the errors between them.
struct Reading: Equatable {
    var documents: [JSONObject] = []
    var lines: [Int?] = []
    var warnings: [FormatWarning] = []
    var errors: [FormatError] = []
}

/// Feeds `bytes` in pieces and takes everything out; goes on after errors that allow it.
func read(_ bytes: [UInt8], with reader: some DocumentReading, pieces: [Int] = []) -> Reading {
    var reader: any DocumentReading = reader
    var reading = Reading()
    var start = 0
    for piece in pieces + [bytes.count] {
        let end = min(bytes.count, max(start, piece))
        reader.append(Array(bytes[start..<end]))
        start = end
        if !drain(&reader, &reading) { return reading }
    }
    reader.finish()
    _ = drain(&reader, &reading)
    return reading
}

/// - Returns: whether the reader can go on.
private func drain(_ reader: inout any DocumentReading, _ reading: inout Reading) -> Bool {
    while true {
        do throws(FormatError) {
            guard let found = try reader.next() else { return true }
            reading.documents.append(found.document)
            reading.lines.append(found.place.line)
            reading.warnings += found.warnings
        } catch {
            reading.errors.append(error)
            if error.endsReading { return false }
        }
    }
}

/// The same by text.
func read(_ text: String, with reader: some DocumentReading) -> Reading { read(Array(text.utf8), with: reader) }

/// Makes documents of every type of value.
struct FormatGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func scalar() -> JSON {
        switch random.below(12) {
        case 0: .null
        case 1: .bool(random.below(2) == 0)
        case 2: .int(Int64(truncatingIfNeeded: random.next()) >> Int64(random.below(64)))
        case 3: .double(Double(bitPattern: random.next()))
        case 4: .double(Double(random.below(2000) - 1000) / 8)
        case 5: .date(Int64(truncatingIfNeeded: random.next()) >> Int64(random.below(40) + 20))
        case 6: .binary(BinaryData((0..<random.below(9)).map { _ in UInt8(truncatingIfNeeded: random.next()) }, subtype: random.choose([0, 2, 4, 5, 128])))
        case 7: .regularExpression(RegularExpression(pattern: random.choose(["", "^a", "价+"]), options: random.choose(["", "i", "im"])))
        default: .string(text())
        }
    }

    mutating func text() -> String {
        if random.below(3) == 0 {
            return random.choose([
                "", "123", "-5", "007", "true", "null", "1.50", "=1+1", "'=1", "''x", "@a", "a,b", "a;b\tc", "say \"hi\"", "\"", "a\r\nb", "\n", " x ", "é价",
                "2024-01-02", "65f0c0ffee65f0c0ffee1234", "-", "1e+5", "sep=;", "TRUE", "\u{FEFF}",
            ])
        }
        return (0..<random.below(12)).map { _ in random.choose(["a", "Z", "0", " ", "价", "😀", "\u{301}", "\"", ",", "\n", "\\", "\t"]) }.joined()
    }

    mutating func value(depth: Int) -> JSON {
        switch random.below(depth > 0 ? 10 : 7) {
        case 0..<7: scalar()
        case 7, 8: .array((0..<random.below(4)).map { _ in value(depth: depth - 1) })
        default: .object(members(depth: depth - 1))
        }
    }

    mutating func members(depth: Int) -> JSONObject {
        var object = JSONObject()
        for name in ["a", "b", "名", "x y", "0", ""] where random.below(3) == 0 { object[name] = value(depth: depth) }
        return object
    }

    mutating func document(depth: Int = 3) -> JSONObject {
        var object: JSONObject = ["_id": .string(random.choose(["65f0c0ffee65f0c0ffee1234", "i\(random.below(1000))"]))]
        for name in ["a", "b", "c", "名"] where random.below(2) == 0 { object[name] = value(depth: depth) }
        return object
    }

    mutating func pieces(of count: Int) -> [Int] { (0..<random.below(6)).map { _ in random.below(count + 1) }.sorted() }

    mutating func damage(_ bytes: inout [UInt8]) {
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(random.choose(Array("\"{}[],;\n\r\\ 0\0\u{7F}".utf8)), at: place)
            default: bytes.removeLast(random.below(min(bytes.count, 20)))
            }
        }
    }
}
