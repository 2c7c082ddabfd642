public import Kernel

/// Writes documents as MongoDB's Extended JSON 2.0, which `mongoimport` and `JSON(parsing:)` read.
///
/// Only texts of the ``ObjectIDForm`` become `{"$oid":…}`; whole numbers that fit in 32 bits are `$numberInt` in canonical form.
public struct ExtendedJSON: Sendable {
    /// How much of the types is written out.
    public enum Form: String, Sendable, CaseIterable {
        /// Every number and date says its type: nothing is lost whoever reads it.
        case canonical
        /// Numbers are plain and dates are ISO 8601 texts, for people and programs.
        case relaxed
    }

    /// How much of the types is written out.
    public var form: Form
    /// Which texts become ObjectIds.
    public var objectIDs: ObjectIDForm

    /// Makes a writer.
    public init(_ form: Form, objectIDs: ObjectIDForm = .text) {
        self.form = form
        self.objectIDs = objectIDs
    }

    /// Appends one document without a line end.
    public func append(_ document: JSONObject, to out: inout [UInt8]) { append(document, depth: 1, to: &out) }

    /// The text of one document.
    public func text(of document: JSONObject) -> String {
        var out: [UInt8] = []
        append(document, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func append(_ members: JSONObject, depth: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        for (place, member) in members.enumerated() {
            if place > 0 { out.append(UInt8(ascii: ",")) }
            JSON.string(member.key).write(to: &out)
            out.append(UInt8(ascii: ":"))
            append(member.value, key: member.key, depth: depth, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private func append(_ value: JSON, key: String, depth: Int, to out: inout [UInt8]) {
        switch value {
        case .int(let number):
            guard form == .canonical else { return value.write(to: &out) }
            Self.append(Int32(exactly: number) == nil ? "$numberLong" : "$numberInt", String(number), to: &out)
        case .double(let number): append(number, to: &out)
        case .string(let text):
            guard objectIDs.converts(text, key: key, depth: depth) else { return value.write(to: &out) }
            Self.append("$oid", text, to: &out)
        case .date(let milliseconds): append(date: milliseconds, to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                if place > 0 { out.append(UInt8(ascii: ",")) }
                append(element, key: "", depth: depth + 1, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members): append(members, depth: depth + 1, to: &out)
        // Their form is the same everywhere.
        case .null, .bool, .binary, .regularExpression: value.write(to: &out)
        }
    }

    private func append(_ number: Double, to out: inout [UInt8]) {
        let text = number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : number.description
        if form == .canonical || !number.isFinite {
            Self.append("$numberDouble", text, to: &out)
        } else {
            out.append(contentsOf: text.utf8)
        }
    }

    /// The relaxed text is for years from 1970 to 9999 only.
    private func append(date milliseconds: Int64, to out: inout [UInt8]) {
        out.append(contentsOf: "{\"$date\":".utf8)
        if form == .relaxed, (0..<253_402_300_800_000).contains(milliseconds) {
            JSON.string(DateText.iso8601(fromMilliseconds: milliseconds)).write(to: &out)
        } else {
            Self.append("$numberLong", String(milliseconds), to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func append(_ name: String, _ text: String, to out: inout [UInt8]) {
        out.append(contentsOf: "{\"\(name)\":\"\(text)\"}".utf8)
    }
}
