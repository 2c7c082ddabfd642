import Testing

@testable import Sampan

/// The headers of archives; whole archives are read back by another program in `e2e/test_environment_archives.py`.
struct TarEntryTests {
    private func text(_ block: some Sequence<UInt8>) -> String { String(decoding: block.prefix { $0 != 0 }, as: UTF8.self) }

    private func isSummed(_ block: ArraySlice<UInt8>) -> Bool {
        var block = Array(block)
        let stated = Int(text(block[148..<154]), radix: 8)
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
        return stated == block.reduce(0) { $0 + Int($1) }
    }

    @Test func aPlainFileHasOneBlock() {
        let header = TarEntry(path: "files/a.txt", size: 1234, modifiedAt: 1_700_000_000_999, isExecutable: true).header
        #expect(header.count == 512)
        #expect(text(header[0..<100]) == "files/a.txt")
        #expect(text(header[100..<108]) == "0000755")
        #expect(text(header[124..<136]) == "00000002322")
        #expect(Int(text(header[136..<148]), radix: 8) == 1_700_000_000)
        #expect(header[156] == UInt8(ascii: "0"))
        #expect(Array(header[257..<265]) == Array("ustar\0".utf8) + Array("00".utf8))
        #expect(isSummed(header[...]))
    }

    @Test(arguments: [String(repeating: "a", count: 101), "文件.txt", String(repeating: "长", count: 300) + "/x"])
    func aPathThatDoesNotFitStandsInAPaxHeader(path: String) throws {
        let header = TarEntry(path: path, size: 5, modifiedAt: 0).header
        #expect(header.count % 512 == 0 && header.count >= 1536)
        #expect(header[156] == UInt8(ascii: "x"))
        let size = try #require(Int(text(header[124..<136]), radix: 8))
        let records = String(decoding: header[512..<512 + size], as: UTF8.self)
        let length = try #require(Int(records.prefix { $0 != " " }))
        #expect(length == size && records == "\(length) path=\(path)\n")
        let plain = header[(header.count - 512)...]
        #expect(isSummed(header[..<512]) && isSummed(plain))
        #expect(plain[plain.startIndex + 156] == UInt8(ascii: "0"))
        #expect(plain.prefix(100).allSatisfy { $0 < 0x80 })
    }

    @Test func aPathOfExactlyAHundredBytesFits() {
        #expect(TarEntry(path: String(repeating: "a", count: 100), size: 5, modifiedAt: 0).header.count == 512)
    }

    @Test func sizesFromEightGigabytesOnStandInAPaxHeader() throws {
        let largest: Int64 = (8 << 30) - 1
        let fits = TarEntry(path: "a", size: largest, modifiedAt: 0).header
        #expect(fits.count == 512 && text(fits[124..<136]) == "77777777777")
        let header = TarEntry(path: "a", size: largest + 1, modifiedAt: 0).header
        #expect(header.count == 1536)
        #expect(text(header[512...]) == "19 size=8589934592\n")
        let plain = header[1024...]
        #expect(text(plain[(1024 + 124)..<(1024 + 136)]) == "77777777777" && isSummed(plain))
    }

    @Test func aRecordCountsItsOwnDigits() {
        // 99 bytes with two digits would be 100 with three, so the length is 101.
        let path = String(repeating: "é", count: 45) + "ab"
        let header = TarEntry(path: path, size: 0, modifiedAt: 0).header
        let record = text(header[512...])
        #expect(record.utf8.count == Int(record.prefix { $0 != " " }))
    }

    @Test(arguments: [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)] as [(Int64, Int)])
    func bytesAreFilledUpToTheirBlock(size: Int64, padding: Int) { #expect(TarEntry.padding(after: size).count == padding) }
}
