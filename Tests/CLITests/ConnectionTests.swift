import ArgumentParser
import Foundation
import Kernel
import Testing

@testable import CLI

@Suite struct ConnectionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func resolve(_ arguments: [String] = [], variables: [String: String] = [:]) throws -> Connection {
        let context = try CommandContext.inTest(folder, variables: variables)
        return try Connection.resolve(ConnectionOptions.parse(arguments), in: context)
    }

    private func save(_ credentials: (inout CredentialsFile) -> Void) throws -> URL {
        let file = CredentialsFile.location(in: try CommandContext.inTest(folder))
        var content = try CredentialsFile(readingFrom: file)
        credentials(&content)
        try content.save(to: file)
        return file
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func credentialsAreForTheirOwnerOnly() throws {
        let file = try save { $0.servers["http://a:1"] = .init(key: "sk-a", environment: "env-a") }
        #expect(file.path.hasSuffix("home/.config/sampan/credentials.json"))
        #expect(try mode(file.path) == 0o600)
        #expect(try mode(file.deletingLastPathComponent().path) == 0o700)
        // A file that somebody opened up is closed again by the next login.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        _ = try save { $0.current = "http://a:1" }
        #expect(try mode(file.path) == 0o600)
        let read = try CredentialsFile(readingFrom: file)
        #expect(read.current == "http://a:1")
        #expect(read.servers == ["http://a:1": .init(key: "sk-a", environment: "env-a")])
    }

    @Test func flagsOverVariablesOverFiles() throws {
        _ = try save {
            $0.current = "http://saved:1"
            $0.servers["http://saved:1"] = .init(key: "sk-saved", environment: "env-saved")
        }
        let saved = try resolve()
        #expect((saved.endpoint, saved.key, saved.environment) == ("http://saved:1", "sk-saved", "env-saved"))
        try folder.write(["project/.sampan.json": #"{"env":"env-project"}"#])
        #expect(try resolve().environment == "env-project")
        let variables = ["SAMPAN_ENDPOINT": "http://variable:2/", "SAMPAN_KEY": "sk-variable", "SAMPAN_ENV": "env-variable"]
        let variable = try resolve(variables: variables)
        #expect((variable.endpoint, variable.key, variable.environment) == ("http://variable:2", "sk-variable", "env-variable"))
        let flag = try resolve(["--endpoint", "https://Flag/", "--key", "sk-flag", "--env", "env-flag"], variables: variables)
        #expect((flag.endpoint, flag.key, flag.environment) == ("https://flag", "sk-flag", "env-flag"))
    }

    @Test func aSavedKeyIsNotSentToAnotherServer() throws {
        _ = try save {
            $0.current = "http://saved:1"
            $0.servers["http://saved:1"] = .init(key: "sk-saved", environment: "env-saved")
        }
        let other = try resolve(["--endpoint", "http://other:1"])
        #expect(other.key == nil)
        #expect(other.environment == nil)
        let error = #expect(throws: CLIError.self) { try other.client(in: CommandContext.inTest(folder)) }
        #expect(error?.remedy?.en.contains("sampan login") == true)
    }

    @Test func aKeyInTheProjectFileIsRefused() throws {
        try folder.write(["project/.sampan.json": #"{"env":"env-1","key":"sk-1"}"#])
        let error = #expect(throws: CLIError.self) { try resolve() }
        #expect(error?.what.en.contains("must not") == true)
    }

    @Test(arguments: [
        ("127.0.0.1:9800", "http://127.0.0.1:9800"), ("https://Cloud.Example.com/", "https://cloud.example.com"),
        ("http://h/base//path/", "http://h/base/path"), ("http://[::1]:9800", "http://[::1]:9800"),
    ])
    func addresses(_ typed: String, _ expected: String) throws {
        #expect(try Connection.normalized(typed) == expected)
    }

    @Test(arguments: ["", "ftp://x", "http://", "http://a?b=c", "http://user:pass@host"])
    func addressesThatAreNone(_ typed: String) {
        #expect(throws: CLIError.self) { try Connection.normalized(typed) }
    }

    @Test(arguments: [
        ("http://127.0.0.1:9800", true), ("http://localhost", true), ("http://[::1]:1", true), ("https://cloud.example.com", false),
    ])
    func thisMachine(_ endpoint: String, _ isLocal: Bool) {
        #expect(Connection(endpoint: endpoint).isLocal == isLocal)
    }
}
