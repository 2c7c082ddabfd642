import AsyncHTTPClient
import Kernel
import NIOCore
import NIOHTTP1

/// What a developer's machine must reach: the server, with a key that it knows.
struct ServerChecks {
    let connection: Connection
    let context: CommandContext

    /// The findings, and whether a Sampan server answers.
    func run() async -> (findings: [DoctorFinding], isRunning: Bool) {
        let (server, isRunning) = await server()
        guard isRunning else { return ([server], false) }
        return ([server, await key()], true)
    }

    private func server() async -> (DoctorFinding, Bool) {
        let endpoint = connection.endpoint
        do {
            let response = try await HTTPConnections.client.execute(HTTPClientRequest(url: endpoint + "/healthz"), timeout: .seconds(10))
            let bytes = Array(buffer: try await response.body.collect(upTo: 1 << 20))
            guard response.status == .ok else { return (unwell(status: Int(response.status.code)), false) }
            let version = (try? JSON(parsing: bytes))?["version"]?.stringValue ?? response.headers.first(name: "server") ?? "?"
            return (.ok("server", Localized("\(endpoint), version \(version)", zh: "\(endpoint)，版本 \(version)")), true)
        } catch {
            let finding = DoctorFinding.fail(
                "server", Localized("\(endpoint) cannot be reached.", zh: "无法连接 \(endpoint)。"),
                remedy: Localized(
                    "Start it with `sampan serve`, or name another one with --endpoint.", zh: "请用 `sampan serve` 启动，或用 --endpoint 指定其他服务器。")
            )
            return (finding, false)
        }
    }

    private func unwell(status: Int) -> DoctorFinding {
        .fail(
            "server",
            Localized("\(connection.endpoint)/healthz answers HTTP \(status).", zh: "\(connection.endpoint)/healthz 返回 HTTP \(status)。"),
            remedy: Localized("Check the address, and the server's log.", zh: "请检查地址与服务器日志。"))
    }

    private func key() async -> DoctorFinding {
        do {
            let who = try await connection.client(in: context).send(.get, ["whoami"]).json()
            let name = who["environment"]?.stringValue ?? who["kind"]?.stringValue ?? "?"
            return .ok("key", Localized("The key of \(name).", zh: "\(name) 的密钥。"))
        } catch let error as CLIError {
            return .fail("key", error.what, remedy: error.remedy ?? Localized("Run `sampan login`.", zh: "请运行 `sampan login`。"))
        } catch {
            let text = String(describing: error)
            return .fail("key", Localized(text, zh: text), remedy: Localized("Run `sampan login`.", zh: "请运行 `sampan login`。"))
        }
    }
}
