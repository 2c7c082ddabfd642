import AsyncHTTPClient
import Foundation
import Kernel
import LoadGenerator
import NIOCore

/// A run from this process against a server on this machine.
struct LocalRun {
    private let plan: LoadPlan
    private let target: RehearsalTarget
    /// Where users sign in: the target, by its address.
    private let origin: String
    private let surroundings: LoadPlan.Surroundings
    private let environment: String

    /// - Throws: `LOAD_TARGET_REFUSED` for whatever is not on this machine's loopback.
    init(_ plan: LoadPlan, url: String, environment: String, key: String?) throws {
        (self.plan, self.environment) = (plan, environment)
        let port = URLComponents(string: url)?.port ?? 0
        // Loopback leads to this machine and nowhere else; that Sampan is what listens there is asked before anything is sent.
        let loopback = try ["127.0.0.1", "::1"].map { try SocketAddress(ipAddress: $0, port: port) }
        target = try RehearsalTarget(url, listeners: loopback)
        origin = url.hasSuffix("/") ? String(url.dropLast()) : url
        surroundings = LoadPlan.Surroundings(environment: environment, key: key)
    }

    /// Signs users in, then sends the load; tells each second.
    func report(in context: CommandContext) async throws -> LoadReport {
        try await requireSampan()
        let users = try await table(in: context)
        var settings = plan.settings
        settings.runID = "r" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let generator = try LoadGenerator(
            plan.scenario(users, surroundings), plan.arrivals, target: target, settings: settings,
            onSecond: { second in context.tell(second) })
        let report = try await generator.run()
        if context.console.noticesAreOnTerminal { context.console.writeNotice("\r\u{1B}[2K") }
        return report
    }

    private func table(in context: CommandContext) async throws -> UserTable {
        switch plan.users {
        case .none: return .none
        case .table(let columns, let rows): return try UserTable(columns: columns, rows: rows)
        case .development(let count, let prefix):
            let rows = try await DevelopmentUsers(origin: origin, environment: environment).signIn(count, prefix: prefix, in: context)
            return try UserTable(columns: plan.users.columns, rows: rows)
        }
    }

    /// Load sent to some other program on this machine would be as unkind as load sent to another machine.
    private func requireSampan() async throws {
        let client = ManagementClient(endpoint: origin, key: nil, language: .en)
        guard try await client.isSampan() else {
            throw CLIError(
                Localized("Load is not sent to \(origin): what listens there is no Sampan server.", zh: "不会向 \(origin) 发送压测流量：监听该地址的不是 Sampan 服务器。"),
                remedy: Localized("Give the address of the server, such as http://127.0.0.1:9800.", zh: "请填写服务器的地址，例如 http://127.0.0.1:9800。"))
        }
    }
}

extension CommandContext {
    /// One line a second, rewritten on a terminal.
    fileprivate func tell(_ second: SecondReport) {
        let text = say(
            "\(second.second + 1) s: \(second.arrivals) arrived, \(second.served) served, \(second.refused) refused, \(second.failed) failed, p99 \(second.p99 / 1000) ms",
            zh: "\(second.second + 1) 秒：到达 \(second.arrivals)，成功 \(second.served)，拒绝 \(second.refused)，失败 \(second.failed)，p99 \(second.p99 / 1000) 毫秒")
        console.noticesAreOnTerminal ? console.writeNotice("\r\u{1B}[2K" + text) : console.notice(text)
    }
}
