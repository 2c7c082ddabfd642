internal import HTTPTypes
public import Hummingbird
internal import Kernel

/// What takes the bytes of a file as they arrive.
public protocol FileReceiver {
    /// Takes the next ones.
    func write(_ bytes: ArraySlice<UInt8>) async throws
}

extension Request {
    /// Reads a form that brings one file, called `file`, as it arrives, whatever the file's size.
    /// - Parameter begin: gets the fields, which come before the file, and as `file` the file's own name; answers what takes its bytes.
    /// - Returns: what took them, when all have come.
    public func receiveFile<Receiver: FileReceiver>(_ begin: ([String: String]) async throws -> Receiver) async throws -> Receiver {
        guard var form = MultipartForm(contentType: headers[.contentType] ?? "") else {
            throw SampanError(
                "UNSUPPORTED_MEDIA_TYPE", status: 415, Localized("The body is not multipart/form-data.", zh: "请求体不是 multipart/form-data。"),
                remedy: Localized("Send a form with its fields and then a file.", zh: "请以表单先发送字段,再发送 file。"))
        }
        var fields: [String: String] = [:]
        var receiver: Receiver?
        var isWhole = false
        for try await chunk in body {
            for event in try form.feed(chunk.readableBytesView) {
                switch event {
                case .field(let name, let value): fields[name] = value
                case .fileStarts(let name):
                    fields["file"] = name
                    receiver = try await begin(fields)
                case .fileBytes(let bytes): try await receiver?.write(bytes)
                case .fileEnds: isWhole = true
                }
            }
        }
        guard let receiver, isWhole, form.isDone else { throw SampanError.badMember("file", Localized("a whole file", zh: "完整的文件")) }
        return receiver
    }
}
