import Kernel

/// Where `get()` finds other documents: each once, and at most so many.
///
/// Sendable by the discipline of its owner: it lives inside one read or one turn of the writer, on that thread.
final class RuleLookups: @unchecked Sendable {
    /// CloudBase's limit of different documents for one operation.
    static let documentsMax = 10

    private let find: (_ collection: String, _ id: String) throws -> JSONObject?
    private var known: [String: JSONObject?] = [:]
    /// What went wrong while documents were matched one by one: asked for before an answer goes out.
    var failure: (any Error)?

    init(_ find: @escaping (_ collection: String, _ id: String) throws -> JSONObject?) { self.find = find }

    /// There are no other documents.
    static var none: RuleLookups { RuleLookups { _, _ in nil } }

    func document(_ collection: String, id: String) throws -> JSONObject? {
        let name = collection + "." + id
        if let document = known[name] { return document }
        guard known.count < Self.documentsMax else {
            throw RuleError.wrong(
                "The security rule needs more than \(Self.documentsMax) other documents for this operation; ask for fewer documents at once.",
                zh: "该操作中安全规则需读取超过 \(Self.documentsMax) 个其他文档；请减少一次涉及的文档。")
        }
        let document = try find(collection, id)
        known[name] = .some(document)
        return document
    }

    /// Throws what went wrong on the way.
    func check() throws {
        if let failure { throw failure }
    }
}

/// What an expression is evaluated with.
struct RuleScope: Sendable {
    /// `{"openid","uid","unionid","loginType"}`, or null for a caller without a login.
    let auth: JSON
    /// Milliseconds since 1970.
    let now: Int64
    let lookups: RuleLookups
    /// The stored document.
    var document: JSONObject?
    /// What is written.
    var data: JSONObject?

    /// Whether the expression is true, as JavaScript sees truth.
    func holds(_ expression: RuleExpression) throws -> Bool {
        switch expression {
        case .both(let parts): return try parts.allSatisfy { try holds($0) }
        case .either(let parts): return try parts.contains { try holds($0) }
        case .not(let part): return try !holds(part)
        case .compare(let comparison, let left, let right): return comparison.holds(try value(left), try value(right))
        case .among(let element, let list):
            guard case .array(let elements)? = try value(list) else { return false }
            return elements.contains(try value(element) ?? .null)
        case .literal, .list, .variable, .lookup: return Self.isTrue(try value(expression))
        }
    }

    /// What an expression stands for; `nil` for what is missing.
    func value(_ expression: RuleExpression) throws -> JSON? {
        switch expression {
        case .literal(let value): return value
        case .list(let parts): return .array(try parts.map { try value($0) ?? .null })
        case .variable(.now, _): return .date(now)
        case .variable(let variable, let path): return Self.follow(path[...], in: root(variable))
        case .lookup(let lookup, let path): return Self.follow(path[...], in: try found(lookup))
        case .not, .both, .either, .compare, .among: return .bool(try holds(expression))
        }
    }

    private func root(_ variable: RuleVariable) -> JSON? {
        switch variable {
        case .auth: auth
        case .doc: document.map { .object($0) }
        case .data: data.map { .object($0) }
        case .now: .date(now)
        }
    }

    private func found(_ lookup: RuleLookup) throws -> JSON? {
        var name = ""
        for part in lookup.parts {
            switch try value(part) {
            case .string(let text)?: name += text
            case .int(let number)?: name += String(number)
            // Named by something that is missing: there is no such document.
            default: return nil
            }
        }
        // `database.<collection>.<id>`; names of collections may have points, ids rarely do: the longest collection that leaves an id.
        let rest = name.dropFirst("database.".count)
        guard let point = rest.firstIndex(of: ".") else { return nil }
        return try lookups.document(String(rest[..<point]), id: String(rest[rest.index(after: point)...])).map { .object($0) }
    }

    /// Follows names through objects and numbers through arrays, and nothing else: unlike a query, a rule never means "any of these".
    static func follow(_ path: ArraySlice<String>, in value: JSON?) -> JSON? {
        guard let name = path.first else { return value }
        switch value {
        case .object(let members)?: return follow(path.dropFirst(), in: members[name])
        case .array(let elements)?:
            guard let index = Int(name), elements.indices.contains(index) else { return nil }
            return follow(path.dropFirst(), in: elements[index])
        default: return nil
        }
    }

    /// What JavaScript takes for false.
    static let falsy: [JSON] = [.null, false, 0, "", .double(.nan)]

    static func isTrue(_ value: JSON?) -> Bool { !falsy.contains(value ?? .null) }
}
