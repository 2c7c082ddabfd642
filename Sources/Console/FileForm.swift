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
    func receive<Receiver: FileReceiver>(_ begin: (Form) async throws -> Receiver) async throws -> Receiver {
        try await visit.request.receiveFile { fields in
            let form = Form(fields: fields)
            try form.requireToken(of: visit)
            return try await begin(form)
        }
    }
}
