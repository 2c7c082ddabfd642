import Foundation
import HTTPTypes
import Kernel
import NIOCore
import Tenancy
import Testing

@testable import Files
@testable import HTTPSupport
@testable import Sampan

@Suite(.needsNode) struct FilesTests {
    private static let boundary = "----x7"

    private static func form(_ parts: [(name: String, value: [UInt8])], closes: Bool = true) -> ByteBuffer {
        var body = ByteBuffer()
        for part in parts {
            let file = part.name == "file" ? "; filename=\"f\"\r\nContent-Type: application/octet-stream" : ""
            body.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n\r\n")
            body.writeBytes(part.value)
            body.writeString("\r\n")
        }
        if closes { body.writeString("--\(boundary)--\r\n") }
        return body
    }

    private func upload(_ node: NodeFixture, _ path: String, _ bytes: [UInt8], as user: String = "alice") async throws -> Answer {
        try await post(node, Self.form([("cloudPath", Array(path.utf8)), ("file", bytes)]), as: user)
    }

    private func post(_ node: NodeFixture, _ body: ByteBuffer, as user: String = "alice") async throws -> Answer {
        try await node.send(
            .post, "/v1/files", bytes: body, bearer: try await node.token(of: user),
            headers: ["content-type": "multipart/form-data; boundary=\(Self.boundary)"])
    }

    /// The path and query of a file's temporary address.
    private func address(_ node: NodeFixture, _ fileID: String, maxAge: Int64 = 600) async throws -> String {
        let answer = try await node.send(
            .post, "/v1/files/urls", ["fileList": [["fileID": .string(fileID), "maxAge": .int(maxAge)]]], bearer: try await node.token(of: "bob"))
        let url = try #require(answer.json["fileList"]?.arrayValue?.first?["tempFileURL"]?.stringValue)
        #expect(url.hasPrefix("https://cloud.example/files/\(node.environment)/"))
        return String(url.dropFirst("https://cloud.example".count))
    }

    private func objects(_ node: NodeFixture) throws -> [String] {
        let folder = node.configuration.data.appendingPathComponent("env/\(node.environment)/objects")
        return FileManager.default.fileExists(atPath: folder.path) ? try FileManager.default.contentsOfDirectory(atPath: folder.path) : []
    }

    @Test func anUploadedFileComesBackAsItWas() async throws {
        try await NodeFixture.with { node async throws in
            // Larger than a piece of the body, and full of what looks like boundaries.
            let bytes =
                Array("\r\n--\(Self.boundary.dropLast())x\r\n--".utf8) + (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                + Array("\r\n--\(Self.boundary)".utf8.dropLast())
            let answer = try await upload(node, "照片/a b+c%.png", bytes)
            let fileID = "cloud://\(node.environment)/照片/a b+c%.png"
            #expect(answer.status == 200 && answer.json == ["fileID": .string(fileID), "size": .int(Int64(bytes.count))], "\(answer.text)")
            let file = try await node.send(.get, try await address(node, fileID))
            #expect(file.status == 200 && Array(file.body.readableBytesView) == bytes)
            #expect(file.headers[.contentType] == "image/png" && file.headers[.xContentTypeOptions] == "nosniff")
            #expect(try objects(node).count == 1)
        }
    }

    @Test func HEADAnswersWhatGETWouldWithoutTheBytes() async throws {
        try await NodeFixture.with { node async throws in
            _ = try await upload(node, "a.txt", Array("0123456789".utf8))
            let address = try await address(node, "cloud://\(node.environment)/a.txt")
            let got = try await node.send(.get, address)
            for headers in [[:], ["range": "bytes=2-4"]] {
                let head = try await node.send(.head, address, headers: headers)
                #expect(head.status == 200 && head.body.readableBytes == 0)
                for name in [.contentLength, .contentType, .eTag, .acceptRanges, .cacheControl, .xContentTypeOptions] as [HTTPField.Name] {
                    #expect(head.headers[name] != nil && head.headers[name] == got.headers[name], "\(name)")
                }
            }
            let unchanged = try await node.send(.head, address, headers: ["if-none-match": try #require(got.headers[.eTag])])
            #expect(unchanged.status == 304)
            #expect(try await node.send(.head, String(address.dropLast())).status == 403)
        }
    }

    @Test func anEmptyFileIsAFile() async throws {
        try await NodeFixture.with { node async throws in
            #expect(try await upload(node, "empty.txt", []).json["size"] == 0)
            let file = try await node.send(.get, try await address(node, "cloud://\(node.environment)/empty.txt"))
            #expect(file.status == 200 && file.body.readableBytes == 0)
        }
    }

    @Test(arguments: [
        ("bytes=0-0", 206, "bytes 0-0/10", "0"), ("bytes=2-4", 206, "bytes 2-4/10", "234"), ("bytes=7-", 206, "bytes 7-9/10", "789"),
        ("bytes=-3", 206, "bytes 7-9/10", "789"), ("bytes=-100", 206, "bytes 0-9/10", "0123456789"), ("bytes=5-100", 206, "bytes 5-9/10", "56789"),
        ("bytes=1-2,5-6", 206, "bytes 1-2/10", "12"), ("bytes=10-", 416, "bytes */10", ""), ("bytes=5-2", 416, "bytes */10", ""),
        ("bytes=-0", 416, "bytes */10", ""), ("bytes=x", 416, "bytes */10", ""), ("bytes=99999999999999999999-", 416, "bytes */10", ""),
        ("items=0-1", 200, nil, "0123456789"),
    ])
    func ranges(_ range: String, status: Int, contentRange: String?, text: String) async throws {
        try await NodeFixture.with { node async throws in
            _ = try await upload(node, "digits.txt", Array("0123456789".utf8))
            let path = try await address(node, "cloud://\(node.environment)/digits.txt")
            let answer = try await node.send(.get, path, headers: ["range": range])
            #expect(answer.status == status && answer.headers[.contentRange] == contentRange && answer.text == text)
        }
    }

    @Test func anAddressThatWasNotSignedOrHasExpiredOpensNothing() async throws {
        try await NodeFixture.with { node async throws in
            _ = try await upload(node, "a.txt", Array("SECRET".utf8))
            _ = try await upload(node, "b.txt", Array("SECRET".utf8))
            let path = try await address(node, "cloud://\(node.environment)/a.txt")
            let query = try #require(path.split(separator: "?").last.map(String.init))
            let signature = try #require(query.split(separator: "=").last.map(String.init))
            let expires = node.time.now / 1000 + 600
            let flipped = String(signature.prefix(5)) + (signature.dropFirst(5).hasPrefix("A") ? "B" : "A") + signature.dropFirst(6)
            let base = "/files/\(node.environment)/a.txt"
            for forged in [
                base, "\(base)?e=\(expires)", "\(base)?s=\(signature)", "\(base)?e=\(expires + 1)&s=\(signature)", "\(base)?e=\(expires)&s=\(flipped)",
                "\(base)?e=\(expires)&s=", "\(base)?e=\(expires)&s=!!!", "/files/\(node.environment)/b.txt?\(query)",
                "/files/\(node.environment)/../a.txt?\(query)",
            ] {
                let answer = try await node.send(.get, forged)
                #expect(answer.status == 403 && answer.code == "URL_INVALID" && !answer.text.contains("SECRET"), "\(forged): \(answer.status) \(answer.text)")
            }
            #expect(try await node.send(.get, "\(base)?e=x&s=\(signature)").status == 400)
            node.time.advance(milliseconds: 599_999)
            #expect(try await node.send(.get, path).text == "SECRET")
            node.time.advance(milliseconds: 1)
            #expect(try await node.send(.get, path).code == "URL_EXPIRED")
        }
    }

    @Test func aFileOfOneEnvironmentIsNoFileOfAnother() async throws {
        try await NodeFixture.with { node async throws in
            _ = try await upload(node, "a.txt", Array("SECRET".utf8))
            let path = try await address(node, "cloud://\(node.environment)/a.txt")
            let (other, _) = try await node.keyOfAnotherEnvironment()
            _ = try await node.sampan.tenancy.changeSettings(other, ["developmentLogin": true])
            let login = try await node.login(["platform": "development", "user": "alice"], to: other)
            let token = login.json["accessToken"]?.stringValue
            let list: JSON = ["fileList": [.string("cloud://\(node.environment)/a.txt")]]
            #expect(try await node.send(.post, "/v1/files/urls", list, bearer: token).json["fileList"]?.arrayValue?.first?["status"] == 1)
            #expect(try await node.send(.post, "/v1/files/delete", list, bearer: token).json["fileList"]?.arrayValue?.first?["status"] != 0)
            #expect(try await node.send(.get, path.replacingOccurrences(of: node.environment.text, with: other.text)).code == "URL_INVALID")
            #expect(try await node.send(.get, path).text == "SECRET")
        }
    }

    @Test func onlyItsOwnerReplacesOrRemovesAFile() async throws {
        try await NodeFixture.with { node async throws in
            _ = try await upload(node, "a.txt", Array("alice's".utf8))
            let path = try await address(node, "cloud://\(node.environment)/a.txt")
            let taken = try await upload(node, "a.txt", Array("bob's".utf8), as: "bob")
            #expect(taken.status == 403 && taken.code == "PERMISSION_DENIED")
            let list: JSON = ["fileList": [.string("cloud://\(node.environment)/a.txt")]]
            let removal = try await node.send(.post, "/v1/files/delete", list, bearer: try await node.token(of: "bob"))
            #expect(removal.json["fileList"]?.arrayValue?.first?["status"] == 2)
            #expect(try await node.send(.get, path).text == "alice's")
            #expect(try objects(node).count == 1, "what was refused leaves no bytes behind")
            _ = try await upload(node, "a.txt", Array("new".utf8))
            #expect(try await node.send(.get, path).text == "new")
            #expect(try objects(node).count == 1, "what was replaced neither")
            _ = try await node.send(.post, "/v1/files/delete", list, bearer: try await node.token(of: "alice"))
            #expect(try await node.send(.get, path).code == "FILE_NOT_FOUND")
            #expect(try objects(node).isEmpty)
        }
    }

    @Test func anUploadThatIsCutOffLeavesNothing() async throws {
        try await NodeFixture.with { node async throws in
            let path = Array("a.txt".utf8)
            for body in [
                Self.form([("cloudPath", path), ("file", [1, 2, 3])], closes: false), Self.form([("cloudPath", path)]), Self.form([("file", [1])]),
                Self.form([("file", [1]), ("cloudPath", path)]), Self.form([("cloudPath", path), ("file", [1]), ("file", [2])]), ByteBuffer(),
                ByteBuffer(string: "no form"), Self.form([("cloudPath", path), ("file", [1]), ("other", [2])]),
            ] {
                let answer = try await post(node, body)
                #expect(answer.status == 400, "\(String(buffer: body).prefix(100)): \(answer.text)")
            }
            #expect(try objects(node).isEmpty)
            let wrong = try await node.send(.post, "/v1/files", bytes: ByteBuffer(string: "{}"), bearer: try await node.token(of: "alice"))
            #expect(wrong.status == 415)
        }
    }

    @Test(arguments: [
        "", "/a", "a//b", "../a", "a/../b", "a/", ".", "a\\b", "a\u{7F}", String(repeating: "a", count: 256), String(repeating: "a/", count: 600) + "a",
    ])
    func aCloudPathThatIsNoneIsRefused(_ path: String) async throws {
        try await NodeFixture.with { node async throws in
            let answer = try await upload(node, path, [1])
            #expect(answer.status == 400 && answer.code == "BAD_MEMBER", "\(answer.text)")
            #expect(try objects(node).isEmpty)
        }
    }

    @Test func addressesAreAskedForFiftyAtATime() async throws {
        try await NodeFixture.with { node async throws in
            let token = try await node.token(of: "alice")
            func ask(_ count: Int) async throws -> Answer {
                let list = JSON.array((0..<count).map { .string("cloud://\(node.environment)/\($0)") })
                return try await node.send(.post, "/v1/files/urls", ["fileList": list], bearer: token)
            }
            let answer = try await ask(50)
            #expect(answer.json["fileList"]?.arrayValue?.count == 50)
            #expect(answer.json["fileList"]?.arrayValue?.allSatisfy { $0["status"] == 1 && $0["tempFileURL"] == "" } == true)
            #expect(try await ask(51).status == 400)
            #expect(try await node.send(.post, "/v1/files/urls", [:], bearer: token).status == 400)
        }
    }

    @Test func theListOfFilesGoesOnWhereItEnded() async throws {
        try await NodeFixture.with { node async throws in
            for path in ["a/1", "a/2", "a/3", "b/1", "a%2F4"] { _ = try await upload(node, path, [1]) }
            func list(_ query: String) async throws -> [String] {
                let answer = try await node.manage(.get, "/files?\(query)")
                return (answer.json["files"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue }
            }
            #expect(try await list("prefix=a/") == ["a/1", "a/2", "a/3"])
            #expect(try await list("prefix=a/&limit=2") == ["a/1", "a/2"])
            #expect(try await list("prefix=a/&after=a/2") == ["a/3"])
            #expect(try await node.manage(.delete, "/files/a/2").status == 204)
            #expect(try await node.manage(.delete, "/files/a/2").code == "FILE_NOT_FOUND")
            #expect(try await list("prefix=a/") == ["a/1", "a/3"])
        }
    }
}

@Suite struct MultipartFormTests {
    private enum Outcome: Equatable {
        case read(fields: [String], file: [UInt8]?, isWhole: Bool)
        case refused
    }

    @Test(arguments: ["; filename=\"包子 1.csv\"": "包子 1.csv", "": ""]) func aFileHasTheNameThatItHadWhereItComesFrom(_ told: String, name: String) throws {
        var form = try #require(MultipartForm(contentType: "multipart/form-data; boundary=B"))
        let text = "--B\r\nContent-Disposition: form-data; name=\"file\"\(told)\r\n\r\nx\r\n--B--\r\n"
        #expect(try form.feed(Array(text.utf8)[...]).first == .fileStarts(name: name))
    }

    private func read(_ bytes: [UInt8], pieces: [Int]) -> Outcome {
        guard var form = MultipartForm(contentType: "multipart/form-data; boundary=\"B\"") else { return .refused }
        var fields: [String] = []
        var file: [UInt8]?
        var place = 0
        for size in pieces + [bytes.count] {
            let piece = bytes[place..<min(bytes.count, place + size)]
            place += piece.count
            guard let events = try? form.feed(piece) else { return .refused }
            for event in events {
                switch event {
                case .field(let name, let value): fields.append("\(name)=\(value)")
                case .fileStarts: file = []
                case .fileBytes(let bytes): file?.append(contentsOf: bytes)
                case .fileEnds: break
                }
            }
        }
        // How much of a file came out before it was cut off is nobody's business: it is not kept.
        return .read(fields: fields, file: form.isDone ? file : nil, isWhole: form.isDone)
    }

    private static let sample = Array(
        "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"cloudPath\"\r\n\r\na/b.txt\r\n--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\nContent-Type: text/plain\r\n\r\n\r\n--\r\n-B\r\n--A\r\r\n--B--\r\nepilogue"
            .utf8)
    private static let expected = Outcome.read(fields: ["cloudPath=a/b.txt"], file: Array("\r\n--\r\n-B\r\n--A\r".utf8), isWhole: true)

    @Test func aFormFedByteByByteIsTheSameForm() {
        #expect(read(Self.sample, pieces: []) == Self.expected)
        #expect(read(Self.sample, pieces: Array(repeating: 1, count: Self.sample.count)) == Self.expected)
        for place in 0...Self.sample.count { #expect(read(Self.sample, pieces: [place]) == Self.expected, "cut at \(place)") }
    }

    @Test func anyBytesReadTheSameHoweverTheyAreCut() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = Self.sample
            for _ in 0..<Int.random(in: 0...4, using: &random) { mutate(&bytes, &random) }
            let whole = read(bytes, pieces: [])
            let cut = read(bytes, pieces: (0..<bytes.count).map { _ in Int.random(in: 1...9, using: &random) })
            #expect(whole == cut, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SystemRandomNumberGenerator) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = [0, 10, 13, 45, 66, 255].randomElement(using: &random) ?? 0
        case 1: bytes.remove(at: place)
        case 2:
            bytes.insert(contentsOf: Array(["\r\n--B", "\r\n--B--", "--", "\r\n\r\n", ";", "\""].randomElement(using: &random)?.utf8 ?? "".utf8), at: place)
        default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...20, using: &random)))
        }
    }

    @Test(arguments: [8191, 8192, 8193, 20_000]) func aFieldIsAsLongHoweverItIsCut(_ length: Int) {
        let head = "--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n"
        let bytes = Array((head + String(repeating: "v", count: length) + "\r\n--B--\r\n").utf8)
        let whole = read(bytes, pieces: [])
        #expect((whole == .refused) == (length > 8192))
        for size in [1, 7, 8192] { #expect(read(bytes, pieces: Array(repeating: size, count: bytes.count / size + 1)) == whole) }
    }

    @Test(arguments: [
        "", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=B",
        "multipart/form-data; boundary=" + String(repeating: "b", count: 71),
    ])
    func aContentTypeWithoutABoundaryIsNoForm(_ contentType: String) {
        let isForm = MultipartForm(contentType: contentType).map { _ in true } ?? false
        #expect(!isForm)
    }
}
