/// Why a text is not the JSON that Sampan accepts.
public struct JSONError: Error, Sendable, Equatable {
    /// What is wrong, in English.
    public var message: String
    /// Where, in bytes from the start.
    public var offset: Int

    /// Makes an error for the byte at `offset`.
    public init(message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// The message and the place.
    public var description: String { "\(message) at byte \(offset)" }
}
