import NIOCore

/// Writes the server's frames.
struct FrameEncoder {
    /// An event at least this big is sent from where it lies; smaller ones are cheaper to copy next to each other.
    static let copiedBytesMax = 16 << 10

    /// Appends the head of a frame whose body has `bodyBytes`.
    static func writeHead(_ kind: FrameKind, id: UInt32, bodyBytes: Int, into buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(UInt32(Frame.headBytes + bodyBytes), kind.rawValue, id)
    }

    /// Appends a whole frame.
    static func write(_ kind: FrameKind, id: UInt32, body: some Collection<UInt8>, into buffer: inout ByteBuffer) {
        writeHead(kind, id: id, bodyBytes: body.count, into: &buffer)
        buffer.writeBytes(body)
    }

    /// Appends an `invoke` frame up to its event.
    static func writeInvokeHead(id: UInt32, meta: [UInt8], eventBytes: Int, into buffer: inout ByteBuffer) {
        writeHead(.invoke, id: id, bodyBytes: 2 + meta.count + eventBytes, into: &buffer)
        buffer.writeInteger(UInt16(meta.count))
        buffer.writeBytes(meta)
    }
}

/// The body of a `call` frame.
struct CallBody: Hashable {
    var invocation: UInt32
    var call: WorkerCall

    init(_ body: ByteBuffer) throws(ProtocolViolation) {
        var body = body
        guard let invocation = body.readInteger(as: UInt32.self),
            let methodBytes = body.readInteger(as: UInt8.self), let method = body.readString(length: Int(methodBytes)),
            let jsonBytes = body.readInteger(as: UInt32.self), let json = body.readSlice(length: Int(jsonBytes))
        else { throw ProtocolViolation(reason: "a call frame that is cut off") }
        self.invocation = invocation
        call = WorkerCall(method: method, json: json, attachment: body)
    }
}

/// The body of a `log` frame.
struct LogBody: Hashable {
    var level: WorkerLog.Level
    var text: String

    static let textBytesMax = 64 << 10

    init(_ body: ByteBuffer) throws(ProtocolViolation) {
        var body = body
        guard let level = body.readInteger(as: UInt8.self).flatMap(WorkerLog.Level.init(rawValue:)) else {
            throw ProtocolViolation(reason: "a log frame without a known level")
        }
        self.level = level
        text = body.readString(length: min(body.readableBytes, Self.textBytesMax)) ?? ""
    }
}
