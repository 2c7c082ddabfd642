internal import Kernel

/// A cell as it is in the file.
struct CSVField: Sendable {
    var bytes: [UInt8] = []
    /// Whether it stood in quotes.
    var isQuoted = false

    /// Whether there is nothing at all, not even quotes.
    var isMissing: Bool { bytes.isEmpty && !isQuoted }
}

/// The cells of one row.
struct CSVRow: Sendable {
    var fields: [CSVField]
    /// Where it starts.
    var line: Int
}

/// Cuts text into rows and cells as RFC 4180 has it; `\r`, `\n` and both end a row.
///
/// A quote inside a cell that did not start with one stands for itself, spaces after a closing quote are dropped.
struct CSVRecords: Sendable {
    private enum State {
        case start, plain, quoted
        /// After a quote that may be the first of two, and after one that is not.
        case closed, closedForGood
    }

    let rowBytesMax: Int
    let columnsMax: Int
    var separator = UInt8(ascii: ",")
    /// The number of the line that is read.
    private(set) var line = 1
    private var state = State.start
    private var row = CSVRow(fields: [], line: 1)
    private var field = CSVField()
    private var quoteLine = 1
    private var size = 0
    private var skipsLineFeed = false
    private var isDamaged = false

    init(rowBytesMax: Int, columnsMax: Int) {
        self.rowBytesMax = rowBytesMax
        self.columnsMax = columnsMax
    }

    /// The next row; nil when more bytes are needed, or at the end.
    mutating func next(_ window: inout ByteWindow, isFinished: Bool) throws(FormatError) -> CSVRow? {
        var place = 0
        let count = window.count
        var isRow = false
        while place < count, !isRow {
            isRow = take(window[place])
            place += 1
            if size > rowBytesMax || row.fields.count > columnsMax { break }
        }
        window.drop(place)
        if size > rowBytesMax || row.fields.count > columnsMax { throw tooLarge() }
        if !isRow {
            guard isFinished, window.count == 0 else { return nil }
            if state == .quoted { throw openQuote() }
            guard state != .start || !row.fields.isEmpty else { return nil }
            endField()
        }
        return try takeRow()
    }

    /// Passes over a line that is no row.
    mutating func countLine() {
        line += 1
        row.line = line
    }

    /// - Returns: whether the byte ends a row.
    private mutating func take(_ byte: UInt8) -> Bool {
        if skipsLineFeed {
            skipsLineFeed = false
            if byte == 0x0A { return false }
        }
        size += 1
        if state == .quoted {
            takeQuoted(byte)
            return false
        }
        switch byte {
        case separator: endField()
        case 0x0A, 0x0D:
            endField()
            line += 1
            skipsLineFeed = byte == 0x0D
            return true
        case UInt8(ascii: "\"") where state == .start:
            (state, field.isQuoted, quoteLine) = (.quoted, true, line)
        case UInt8(ascii: "\"") where state == .closed:
            // Two quotes stand for one.
            field.bytes.append(byte)
            state = .quoted
        default:
            if state == .closed || state == .closedForGood {
                state = .closedForGood
                if byte != 0x20 { isDamaged = true }
            } else {
                field.bytes.append(byte)
                state = .plain
            }
        }
        return false
    }

    private mutating func takeQuoted(_ byte: UInt8) {
        if byte == UInt8(ascii: "\"") {
            state = .closed
            return
        }
        field.bytes.append(byte)
        if byte == 0x0A { line += 1 }
    }

    private mutating func endField() {
        row.fields.append(field)
        field = CSVField()
        state = .start
    }

    private mutating func takeRow() throws(FormatError) -> CSVRow {
        let taken = row
        let wasDamaged = isDamaged
        row = CSVRow(fields: [], line: line)
        (size, isDamaged) = (0, false)
        if wasDamaged {
            throw FormatError(
                Localized(
                    "Text follows a closing quote; write quotes inside a quoted cell twice.", zh: "右引号之后还有文字；引号括起的单元格内，引号须写两次。"), at: .line(taken.line))
        }
        return taken
    }

    private func tooLarge() -> FormatError {
        FormatError(
            Localized(
                "The row has more than \(rowBytesMax) bytes or \(columnsMax) columns; split it, and check that a quote before it is closed.",
                zh: "该行超过 \(rowBytesMax) 字节或 \(columnsMax) 列；请拆分，并检查之前的引号是否成对。"),
            at: .line(row.line), code: .limit, endsReading: true)
    }

    private func openQuote() -> FormatError {
        FormatError(
            Localized("A quote that opens here is never closed; close it.", zh: "此处的引号没有结束；请补上右引号。"), at: .line(quoteLine), endsReading: true)
    }
}
