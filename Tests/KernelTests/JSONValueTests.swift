import Kernel
import TestSupport
import Testing

@Suite struct JSONValueTests {
    @Test func comparesNumbersWithoutRounding() {
        #expect(JSON.int(1) == .double(1))
        #expect(JSON.int(1).hashValue == JSON.double(1).hashValue)
        #expect(JSON.int(.max) != .double(0x1p63))
        #expect(JSON.int(9_007_199_254_740_993) != .double(9_007_199_254_740_992))
        #expect(JSON.double(.nan) == .double(.nan))
        #expect(JSON.double(0.0) == .double(-0.0))
        #expect(JSON.date(1) != .int(1))
        #expect(Int64.max.precedence(to: 0x1p63) == .ascending)
        #expect(Int64.min.precedence(to: -0x1p63) == .same)
        #expect((9_007_199_254_740_993 as Int64).precedence(to: 9_007_199_254_740_992) == .descending)
        #expect((-3 as Int64).precedence(to: -3.5) == .descending)
        #expect((3 as Int64).precedence(to: 3.5) == .ascending)
        #expect((0 as Int64).precedence(to: .nan) == .descending)
        #expect((0 as Int64).precedence(to: .infinity) == .ascending)
    }

    @Test func tellsEquivalentTextApart() {
        #expect(JSON.string("é") != .string("e\u{301}"))
        #expect("é" == "e\u{301}")
        #expect("a".bytePrecedence(to: "ab") == .ascending)
        #expect("z".bytePrecedence(to: "é") == .ascending)
        // UTF-16 would order these the other way round.
        #expect("\u{FF5E}".bytePrecedence(to: "😀") == .ascending)
    }

    @Test func keepsTheOrderOfMembers() {
        var object: JSONObject = ["b": 1, "a": 2]
        #expect(object != ["a": 2, "b": 1])
        object["c"] = 3
        object["b"] = 4
        #expect(Array(object.keys) == ["b", "a", "c"])
        object["a"] = nil
        #expect(object == ["b": 4, "c": 3])
        #expect(object.removeValue(forKey: "b") == 4)
        #expect(object.removeValue(forKey: "b") == nil)
        object.setFirst("_id", "x")
        #expect(object == ["_id": "x", "c": 3])
        #expect(object["é"] == nil)
    }

    @Test func answersTypedValues() {
        #expect(JSON.double(3).intValue == 3)
        #expect(JSON.double(3.5).intValue == nil)
        #expect(JSON.double(1e300).intValue == nil)
        #expect(JSON.int(3).doubleValue == 3)
        #expect((["a": ["b": 1]] as JSON)["a"]?["b"] == 1)
        #expect(JSON.string("x")["a"] == nil)
    }

    @Test(
        arguments: [
            (0, 1970, 1, 1, 5), (951_782_400_000, 2000, 2, 29, 3), (-1, 1969, 12, 31, 4), (4_107_542_400_000, 2100, 3, 1, 2),
            (-62_135_596_800_000, 1, 1, 1, 2), (1_709_164_800_000, 2024, 2, 29, 5),
        ] as [(Int64, Int, Int, Int, Int)]) func countsDays(milliseconds: Int64, year: Int, month: Int, day: Int, weekday: Int)
    {
        let civil = CivilTime(milliseconds: milliseconds)
        #expect(civil.year == year)
        #expect(civil.month == month)
        #expect(civil.day == day)
        #expect(civil.dayOfWeek == weekday)
        #expect(civil.milliseconds == milliseconds)
    }

    @Test func writesAndReadsEveryMoment() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            let moment = Int64.random(in: -62_000_000_000_000...253_000_000_000_000, using: &random)
            #expect(DateText.milliseconds(fromISO8601: DateText.iso8601(fromMilliseconds: moment)) == moment)
        }
        #expect(DateText.iso8601(fromMilliseconds: 1_700_000_000_000) == "2023-11-14T22:13:20.000Z")
        for extreme in [Int64.min, .max] { #expect(!DateText.iso8601(fromMilliseconds: extreme).isEmpty) }
    }
}
