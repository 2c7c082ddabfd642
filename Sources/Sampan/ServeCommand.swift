internal import ArgumentParser
internal import Documents
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import Logging
internal import LoopTasks
internal import Mail
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Storage
internal import Tenancy

/// `sampan serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the cloud on this machine.",
        discussion: "Example: sampan serve --data ./data --port 9800\nEach option can also be set by a variable: SAMPAN_DATA, SAMPAN_HOST, SAMPAN_PORT, …")

    @Option(help: "The folder that holds everything (default: ./data).") var data: String?
    @Option(help: "The address to listen on (default: 127.0.0.1).") var host: String?
    @Option(help: "The port; 0 takes a free one (default: 9800).") var port: Int?
    @Option(help: "Where clients reach the server, if a proxy stands before it.") var publicURL: String?
    @Option(help: "The folder that holds sdk/ and templates/.") var home: String?
    @Option(help: "Folders of Node packages that functions can require, separated by colons.") var layers: String?
    @Option(help: "The node program.") var node: String?
    @Option(help: "Keep documents in a PostgreSQL 15 or newer: postgres://user@host/database. A password belongs into SAMPAN_DOCUMENTS_URL.")
    var documentsURL: String?
    @Option(help: "The folder of backups (default: backups in the data folder). On another disk they outlive this one.") var backups: String?
    @Option(help: "Limits that are to be others than usual, as queryRowsMax=5000,historyDays=30; docs/limits.md names them.") var limits: String?
    @Option(help: "How many workers are kept ready for the next function (default: 2).") var warmWorkers: Int?
    @Option(help: "Deploy a sample at start-up: retail.") var sample: String?
    @Flag(help: "Run functions without a sandbox. For development only: functions can then read this machine.") var insecureNoSandbox = false
    @Flag(help: "Print machine-readable lines.") var json = false

    func run() async throws {
        do {
            try await serve()
        } catch let error as StartError {
            FileHandle.standardError.write(Data("sampan: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }

    private func serve() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "sampan")
        logger.logLevel = .notice
        ThreadPriority.prompt.apply(to: MultiThreadedEventLoopGroup.singleton)
        let configuration = try serverConfiguration()
        let sampan = try await Sampan.build(configuration, logger: logger)
        try WorkersCheck.run(sampan.workers)
        do { try sampan.documents.check() } catch { throw StartError("The documents' database cannot be used: \(error)") }
        let announcement = Announcement(sampan: sampan, sample: sample ?? variable("SAMPLE"), json: json)
        var application = Application(
            responder: sampan.responder,
            server: .loopBound(
                room: ConnectionRoom(OpenFiles.connectionsMax(configuration.limits)), webSockets: sampan.webSockets, lanes: sampan.lanes,
                admission: sampan.admission),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), serverName: nil),
            services: sampan.services,
            onServerRunning: { channel in
                sampan.address.listens(
                    host: configuration.host, port: channel.localAddress?.port ?? configuration.port, address: channel.localAddress?.ipAddress)
                await announcement.make()
            }, logger: logger)
        // Who may connect may call: nobody is told that the functions are busy while they are only starting.
        application.beforeServerStarts { try await sampan.functions.untilReady() }
        do {
            try await application.runService()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw StartError("Port \(configuration.port) is taken. Choose another with --port.")
        }
    }

    private func serverConfiguration() throws -> ServerConfiguration {
        var configuration = ServerConfiguration(
            data: URL(fileURLWithPath: data ?? variable("DATA") ?? "data"), home: try ProgramHome.find(home ?? variable("HOME")))
        configuration.host = host ?? variable("HOST") ?? configuration.host
        if let port = port ?? variable("PORT").flatMap({ Int($0) }) {
            guard (0...65_535).contains(port) else { throw StartError("A port is a number from 0 to 65535.") }
            configuration.port = port
        }
        configuration.publicURL = publicURL ?? variable("PUBLIC_URL")
        let layers = layers ?? variable("LAYERS") ?? "/usr/share/nodejs:/usr/lib/nodejs"
        configuration.layers = layers.split(separator: ":").map(String.init).filter { FileManager.default.fileExists(atPath: $0) }
        configuration.nodePath = node ?? variable("NODE")
        configuration.isSandboxed = !insecureNoSandbox
        if let url = variable("SMTP_URL") {
            do throws(MailSettingsError) {
                configuration.mail = try MailSettings(url: url, from: variable("MAIL_FROM") ?? "")
            } catch {
                throw StartError("\(error)")
            }
        }
        if let url = documentsURL ?? variable("DOCUMENTS_URL") {
            do { configuration.documents = try PostgresConfiguration(url) } catch { throw StartError("SAMPAN_DOCUMENTS_URL: \(error).") }
        }
        if let text = limits ?? variable("LIMITS") {
            do throws(Limits.SettingError) { try configuration.limits.set(text) } catch { throw StartError("--limits: \(error).") }
        }
        configuration.backups = (backups ?? variable("BACKUPS")).map { URL(fileURLWithPath: $0) }
        configuration.warmWorkers = min(32, max(0, warmWorkers ?? variable("WARM_WORKERS").flatMap { Int($0) } ?? 2))
        return configuration
    }

    private func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment["SAMPAN_\(name)"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What is said once the server listens.
struct Announcement: Sendable {
    let sampan: Sampan
    let sample: String?
    let json: Bool

    func make() async {
        let link = "\(sampan.address.url)/console/sign-in?token=\(sampan.tenancy.makeSignInToken())"
        let sampleURL = await deploySample()
        if json {
            var line: JSONObject = [
                "event": "listening", "address": .string(sampan.address.url), "signInURL": .string(link), "operatorKey": .string(sampan.operatorKey),
            ]
            if let sampleURL { line["sampleURL"] = .string(sampleURL) }
            say(JSON.object(line).text)
        } else {
            say("Sampan \(Version.current) listens on \(sampan.address.url)\nConsole (this link signs in once): \(link)")
            if let sampleURL { say("Sample shop: \(sampleURL)") }
        }
    }

    /// Deploys the sample that was asked for into the first environment.
    private func deploySample() async -> String? {
        guard let sample else { return nil }
        guard sample == "retail", let environment = sampan.tenancy.environments().first(where: { $0.status == .active }) else {
            complain("There is no sample \"\(sample)\", or no active environment for it. Samples: retail.")
            return nil
        }
        do {
            return sampan.address.url + (try await sampan.shop.deployRetail(to: environment.id, withCustomers: false))
        } catch {
            complain("The sample shop could not be deployed: \(error)")
            return nil
        }
    }

    private func complain(_ text: String) { FileHandle.standardError.write(Data("sampan: \(text)\n".utf8)) }

    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
