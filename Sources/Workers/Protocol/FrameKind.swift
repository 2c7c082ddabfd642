/// The kinds of frames between the server and a worker.
enum FrameKind: UInt8, Sendable, CaseIterable {
    case specialise = 1
    case invoke = 2
    case reply = 3
    case replyError = 4
    case ready = 16
    case specialised = 17
    case specialiseFailed = 18
    case result = 19
    case failed = 20
    case call = 21
    case log = 22
}
