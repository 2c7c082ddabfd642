internal import NIOCore

/// Reads the answers on one connection, one for each request; what has come of an answer is kept until the rest does.
struct AnswerParser {
    enum Result {
        case more
        case answer(Answer)
        /// No HTTP/1.1, or a body whose end cannot be known: the connection is of no use any more.
        case malformed
    }

    private enum State {
        case head
        case body(Answer, left: Int)
        case chunked(Answer, ChunkedBody)
    }

    private var state = State.head
    /// The beginning of a head.
    private var beginning = ByteBuffer()

    /// Takes bytes of the answer that is awaited.
    ///
    /// Bytes beyond its end are malformed too, since nothing else was asked for.
    mutating func read(_ bytes: ByteBuffer) -> Result {
        var bytes = bytes
        if beginning.readableBytes > 0 {
            beginning.writeImmutableBuffer(bytes)
            bytes = beginning
            beginning = ByteBuffer()
        }
        let result = step(&bytes)
        if case .answer = result {
            state = .head
            return bytes.readableBytes == 0 ? result : .malformed
        }
        return result
    }

    private mutating func step(_ bytes: inout ByteBuffer) -> Result {
        switch state {
        case .head: readHead(&bytes)
        case .body(let answer, let left): readBody(&bytes, answer, left: left)
        case .chunked(let answer, let chunks): readChunks(&bytes, answer, chunks)
        }
    }

    private mutating func readHead(_ bytes: inout ByteBuffer) -> Result {
        switch bytes.withUnsafeReadableBytes({ AnswerHead.read($0) }) {
        case .malformed: return .malformed
        case .more:
            beginning = bytes
            return .more
        case .whole(let head):
            bytes.moveReaderIndex(forwardBy: head.length)
            // 100 and its like come before the answer. 101 would be the end of HTTP.
            if head.status < 200 { return head.status == 101 ? .malformed : bytes.readableBytes > 0 ? readHead(&bytes) : .more }
            let answer = Answer(status: head.status, retryAfter: head.retryAfter, keepsConnection: head.keepsConnection)
            switch head.body {
            case .none: return .answer(answer)
            case .length(let length): return readBody(&bytes, answer, left: length)
            case .chunked: return readChunks(&bytes, answer, ChunkedBody())
            case .unknown: return .malformed
            }
        }
    }

    private mutating func readBody(_ bytes: inout ByteBuffer, _ answer: Answer, left: Int) -> Result {
        var answer = answer
        let count = min(left, bytes.readableBytes)
        bytes.readWithUnsafeReadableBytes { all in
            answer.keep(UnsafeRawBufferPointer(rebasing: all[..<count]))
            return count
        }
        guard count < left else { return .answer(answer) }
        state = .body(answer, left: left - count)
        return .more
    }

    private mutating func readChunks(_ bytes: inout ByteBuffer, _ answer: Answer, _ chunks: ChunkedBody) -> Result {
        var (answer, chunks) = (answer, chunks)
        var result = ChunkedBody.Result.more
        bytes.readWithUnsafeReadableBytes { all in
            let (read, taken) = chunks.read(all) { answer.keep($0) }
            result = read
            return taken
        }
        switch result {
        case .ended: return .answer(answer)
        case .malformed: return .malformed
        case .more:
            state = .chunked(answer, chunks)
            return .more
        }
    }
}

extension Answer {
    fileprivate mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        body.append(contentsOf: bytes.prefix(Self.bodyBytesMax - body.count))
    }
}
