import NIOCore

/// A frame: `u32 length` (of what follows) · `u8 kind` · `u32 id` · body.
struct Frame: Hashable, Sendable {
    var kind: FrameKind
    var id: UInt32
    var body: ByteBuffer

    /// The bytes between the length and the body.
    static let headBytes = 5
}

/// A worker sent something that the protocol does not have.
struct ProtocolViolation: Error, Hashable {
    let reason: String
}

/// Cuts a stream of bytes into frames.
///
/// Bodies are slices of what was read: nothing is copied unless a frame arrives in pieces.
struct FrameDecoder {
    private let frameBytesMax: Int
    private var unread = ByteBuffer()

    init(frameBytesMax: Int) { self.frameBytesMax = frameBytesMax }

    /// Takes the next bytes of the stream.
    mutating func feed(_ bytes: ByteBuffer) {
        if unread.readableBytes == 0 {
            unread = bytes
        } else {
            var bytes = bytes
            unread.writeBuffer(&bytes)
        }
    }

    /// The next whole frame, or `nil` when it has not arrived yet.
    mutating func next() throws(ProtocolViolation) -> Frame? {
        guard let length = unread.getInteger(at: unread.readerIndex, as: UInt32.self) else { return nil }
        guard length >= Frame.headBytes, length <= frameBytesMax else {
            throw ProtocolViolation(reason: "a frame of \(length) bytes")
        }
        guard unread.readableBytes >= 4 + Int(length) else {
            reserveRoom(for: 4 + Int(length))
            return nil
        }
        unread.moveReaderIndex(forwardBy: 4)
        guard let (rawKind, id) = unread.readMultipleIntegers(as: (UInt8, UInt32).self),
            let body = unread.readSlice(length: Int(length) - Frame.headBytes)
        else { preconditionFailure("the whole frame was seen to be there") }
        guard let kind = FrameKind(rawValue: rawKind) else { throw ProtocolViolation(reason: "a frame of kind \(rawKind)") }
        return Frame(kind: kind, id: id, body: body)
    }

    /// Room is made in steps, so that a length which is only promised takes little memory.
    private mutating func reserveRoom(for frameBytes: Int) {
        let step = 1 << 20
        unread.reserveCapacity(minimumWritableBytes: min(frameBytes - unread.readableBytes, step))
    }
}
