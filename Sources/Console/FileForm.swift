internal import HTTPSupport
internal import Hummingbird
internal import Kernel
internal import NIOCore

/// A form with a file that has not come yet: `multipart/form-data`, its fields first, the session's token among them.
struct FileForm: Sendable {
    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    /// Reads the form as it arrives.
    /// - Parameter begin: gets the fields, after the token was checked, and answers what takes the file.
    func receive<Receiver: FileReceiver>(_ begin: (Form) throws -> Receiver) async throws -> Receiver {
        try await visit.request.receiveFile { fields in
            let form = Form(fields: fields)
            try form.requireToken(of: visit)
            return try begin(form)
        }
    }

    /// Reads the form and keeps the file's bytes.
    func collect(upTo bytesMax: Int) async throws -> ByteBuffer {
        try await receive { _ in CollectedFile(bytesMax: bytesMax) }.bytes
    }
}

/// The bytes of a file that is needed whole.
private final class CollectedFile: FileReceiver {
    private let bytesMax: Int
    private(set) var bytes = ByteBuffer()

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    func write(_ piece: ArraySlice<UInt8>) async throws {
        guard bytes.readableBytes + piece.count <= bytesMax else { throw SampanError.tooLarge(bytesMax) }
        bytes.writeBytes(piece)
    }
}
