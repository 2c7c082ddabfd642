internal import Foundation
public import Hummingbird
public import Kernel

extension SampanRequestContext {
    /// The environment in the path, which exists and which the manager has a role in.
    /// - Throws: 401 without a key, 404 otherwise.
    public func managedEnvironment() throws -> EnvironmentID {
        _ = try requirePrincipal()
        guard let environment = authority?.environment, authority?.permissions.isEmpty == false else {
            throw SampanError.noEnvironment(try parameters.require("env"))
        }
        return environment
    }

    /// A call by a key, for what the management API does in an environment.
    public func keyCall(_ environment: EnvironmentID, as user: User? = nil) -> CallContext {
        CallContext(
            environment: environment, caller: user.map { .function(name: "", user: $0) } ?? .key, requestID: requestID, language: language,
            clientIP: clientIP)
    }

    /// Throws 403 unless the platform's operator calls.
    public func requireOperator() throws {
        guard try requirePrincipal().isOperator else { throw SampanError.operatorOnly }
    }
}

extension SampanError {
    /// 403 for what no key of an environment may do.
    public static let operatorOnly = forbidden(
        Localized("Only the operator may do this.", zh: "仅平台管理员可执行此操作。"),
        remedy: Localized("Use the operator's key, or sign in as an owner or admin of the operator's organization.", zh: "请使用平台管理员密钥，或以平台运营组织的所有者、管理员身份登录。"))

    /// 404 for an environment that does not exist, or that the caller has no business with.
    public static func noEnvironment(_ id: String) -> SampanError {
        notFound(
            "ENVIRONMENT_NOT_FOUND", Localized("There is no environment \(id.prefix(60)).", zh: "不存在环境 \(id.prefix(60))。"),
            remedy: Localized("`sampan env list` lists those that your key reaches.", zh: "可用 `sampan env list` 查看密钥可访问的环境。"))
    }
}

extension Request {
    /// A query parameter that is an integer in `range`.
    public func queryInt(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text = queryText(name) else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            throw SampanError.badMember(
                name, Localized("an integer from \(range.lowerBound) to \(range.upperBound)", zh: " \(range.lowerBound) 到 \(range.upperBound) 的整数"))
        }
        return value
    }

    /// A query parameter that is a text, as forms write it (`+` is a space); `nil` when absent or empty.
    public func queryText(_ name: String) -> String? {
        for part in uri.query?.split(separator: "&") ?? [] {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, Self.formText(sides[0]) == name else { continue }
            return Self.formText(sides[1]).flatMap { $0.isEmpty ? nil : $0 }
        }
        return nil
    }

    private static func formText(_ text: Substring) -> String? { text.replacing("+", with: " ").removingPercentEncoding }
}
