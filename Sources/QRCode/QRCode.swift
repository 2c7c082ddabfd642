internal import CQREncode

/// Pictures that a phone's camera reads.
public enum QRCode {
    /// Why there is no picture: the text is empty or does not fit into the largest code.
    public struct CannotEncode: Error, CustomStringConvertible {
        /// What the library said, for the log.
        public let description: String
    }

    /// The light border that readers need, in modules (ISO/IEC 18004).
    private static let quietZone = 4

    /// A picture of `text` as SVG, to be put into a page as it is: dark on white whatever the page's colours are.
    /// - Parameter label: what the picture is for, read to whoever does not see it.
    public static func svg(_ text: String, label: String) throws -> String {
        let modules = try Modules(Array(text.utf8))
        let size = modules.width + 2 * quietZone
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size) \(size)" role="img" shape-rendering="crispEdges">\
            <title>\(escaped(label))</title><rect width="\(size)" height="\(size)" fill="#fff"/>\
            <path d="\(path(modules))"/></svg>
            """
    }

    /// One rectangle for each run of dark modules in a row.
    private static func path(_ modules: Modules) -> String {
        var path = ""
        for row in 0..<modules.width {
            var column = 0
            while column < modules.width {
                let start = column
                while column < modules.width, modules.isDark(row, column) { column += 1 }
                if column > start { path += "M\(start + quietZone) \(row + quietZone)h\(column - start)v1h-\(column - start)z" }
                column += 1
            }
        }
        return path
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }

    /// The little squares of a code, row by row.
    private struct Modules {
        let width: Int
        private let squares: [UInt8]

        /// Medium error correction: 15 % of the picture may be unreadable.
        init(_ bytes: [UInt8]) throws {
            guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else {
                throw CannotEncode(description: bytes.isEmpty ? "nothing to encode" : "\(bytes.count) bytes do not fit into a QR code")
            }
            defer { QRcode_free(code) }
            width = Int(code.pointee.width)
            squares = Array(UnsafeBufferPointer(start: code.pointee.data, count: width * width))
        }

        /// The lowest bit says so; the others say what the square is for.
        func isDark(_ row: Int, _ column: Int) -> Bool { squares[row * width + column] & 1 == 1 }
    }
}
