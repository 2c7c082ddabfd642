import NIOCore
import TestSupport
import Testing

@testable import Workers

@Suite("The worker protocol")
struct ProtocolTests {
    private func stream() -> (bytes: ByteBuffer, frames: [Frame]) {
        let frames = [
            Frame(kind: .ready, id: 0, body: ByteBuffer(string: #"{"node":"v20"}"#)),
            Frame(kind: .result, id: 7, body: ByteBuffer()),
            Frame(kind: .log, id: .max, body: ByteBuffer(bytes: [1] + Array("你好".utf8))),
            Frame(kind: .result, id: 8, body: ByteBuffer(repeating: 0x61, count: 3000)),
        ]
        var bytes = ByteBuffer()
        for frame in frames { FrameEncoder.write(frame.kind, id: frame.id, body: frame.body.readableBytesView, into: &bytes) }
        return (bytes, frames)
    }

    private func decode(_ pieces: [ByteBuffer], frameBytesMax: Int = 1 << 20) throws -> [Frame] {
        var decoder = FrameDecoder(frameBytesMax: frameBytesMax)
        var frames: [Frame] = []
        for piece in pieces {
            decoder.feed(piece)
            while let frame = try decoder.next() { frames.append(frame) }
        }
        return frames
    }

    /// Wherever the stream is cut, the frames are the same.
    @Test func readsAStreamThatIsCutAnywhere() throws {
        let (bytes, frames) = stream()
        for cut in 0...bytes.readableBytes {
            var rest = bytes
            let head = rest.readSlice(length: cut) ?? ByteBuffer()
            let decoded = try decode([head, rest])
            try #require(decoded == frames, "cut at \(cut)")
        }
    }

    @Test func readsAStreamByteByByte() throws {
        let (bytes, frames) = stream()
        #expect(try decode(bytes.readableBytesView.map { ByteBuffer(bytes: [$0]) }) == frames)
    }

    /// A frame of many megabytes in small pieces.
    @Test func readsBigFrames() throws {
        var bytes = ByteBuffer()
        FrameEncoder.write(.result, id: 3, body: [UInt8](repeating: 9, count: 5 << 20), into: &bytes)
        var pieces: [ByteBuffer] = []
        while let piece = bytes.readSlice(length: min(65_536, max(1, bytes.readableBytes))) { pieces.append(piece) }
        let frames = try decode(pieces, frameBytesMax: 8 << 20)
        #expect(frames.map(\.body.readableBytes) == [5 << 20])
    }

    @Test func refusesFramesThatAreTooBigOrTooSmall() {
        for length in [0, 4, 1001, UInt32.max] {
            var bytes = ByteBuffer()
            bytes.writeMultipleIntegers(length, FrameKind.result.rawValue, UInt32(1))
            #expect(throws: ProtocolViolation.self) { try decode([bytes], frameBytesMax: 1000) }
        }
    }

    @Test func refusesUnknownKinds() {
        let known = Set(FrameKind.allCases.map(\.rawValue))
        for kind in UInt8.min...UInt8.max where !known.contains(kind) {
            var bytes = ByteBuffer()
            bytes.writeMultipleIntegers(UInt32(5), kind, UInt32(1))
            #expect(throws: ProtocolViolation(reason: "a frame of kind \(kind)")) { try decode([bytes]) }
        }
    }

    /// Noise never traps, and what is decoded is never longer than what was sent.
    @Test(arguments: 0..<200)
    func survivesNoise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var decoder = FrameDecoder(frameBytesMax: 4096)
        var sent = 0, received = 0
        for _ in 0..<50 {
            let (bytes, _) = stream()
            var noisy = Array(bytes.readableBytesView)
            for _ in 0..<Int.random(in: 0..<3, using: &random) {
                noisy[Int.random(in: 0..<40, using: &random)] = .random(in: 0...255, using: &random)
            }
            let piece = ByteBuffer(bytes: noisy.prefix(Int.random(in: 1...noisy.count, using: &random)))
            sent += piece.readableBytes
            decoder.feed(piece)
            do {
                while let frame = try decoder.next() {
                    received += frame.body.readableBytes + 9
                    _ = try? CallBody(frame.body)
                    _ = try? LogBody(frame.body)
                }
            } catch { break }
        }
        #expect(received <= sent)
    }

    @Test func readsCalls() throws {
        var body = ByteBuffer()
        body.writeMultipleIntegers(UInt32(12), UInt8(8))
        body.writeString("database")
        body.writeInteger(UInt32(2))
        body.writeString("{}")
        body.writeBytes([1, 2, 3])
        let expected = WorkerCall(method: "database", json: ByteBuffer(string: "{}"), attachment: ByteBuffer(bytes: [1, 2, 3]))
        let call = try CallBody(body)
        #expect(call.invocation == 12 && call.call == expected)
        for length in 0..<(body.readableBytes - 3) {
            let cut = try #require(body.getSlice(at: 0, length: length))
            #expect(throws: ProtocolViolation.self) { try CallBody(cut) }
        }
    }

    @Test func readsLogs() throws {
        let log = try LogBody(ByteBuffer(bytes: [2] + Array("小心".utf8)))
        #expect(log.level == .warn && log.text == "小心")
        #expect(try LogBody(ByteBuffer(bytes: [0])).text == "")
        #expect(throws: ProtocolViolation.self) { try LogBody(ByteBuffer()) }
        #expect(throws: ProtocolViolation.self) { try LogBody(ByteBuffer(bytes: [4, 65])) }
        #expect(try LogBody(ByteBuffer(bytes: [1] + [UInt8](repeating: 65, count: 100_000))).text.utf8.count == LogBody.textBytesMax)
    }

    @Test func writesInvocations() {
        var bytes = ByteBuffer()
        FrameEncoder.writeInvokeHead(id: 5, meta: Array("{}".utf8), eventBytes: 3, into: &bytes)
        bytes.writeString("[1]")
        #expect(Array(bytes.readableBytesView) == [0, 0, 0, 12, 2, 0, 0, 0, 5, 0, 2] + Array("{}[1]".utf8))
    }
}
