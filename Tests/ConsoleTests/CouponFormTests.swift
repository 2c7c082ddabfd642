import Kernel
import TestSupport
import Testing

@testable import Console
@testable import Coupons

/// The form of a batch: whatever a definition says stands in it, and is read out of it again; money is never rounded.
struct CouponFormTests {
    @Test(
        arguments: [
            ("0", 0), ("10", 1000), ("9.9", 990), ("9.90", 990), ("0.01", 1), ("19.99", 1999), ("1,234.50", 123_450), ("¥ 12 元", 1200), ("１", nil), ("", nil),
            (".5", nil), ("5.", nil), ("1.234", nil), ("-1", nil), ("1e3", nil), ("abc", nil), ("10000000000", 1_000_000_000_000), ("10000000000.01", nil),
            ("99999999999999999999", nil), ("1.2.3", nil), ("+5", nil),
        ] as [(String, Int64?)]) func moneyIsReadDigitByDigit(_ typed: String, _ fen: Int64?)
    { #expect(Yuan.fen(typed) == fen, "\(typed)") }

    @Test func moneyIsWrittenAsItIsRead() {
        var chance = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let fen = Int64.random(in: 0...(chance.below(2) == 0 ? 100_000 : BatchDefinition.moneyMax), using: &chance)
            #expect(Yuan.fen(Yuan.field(fen)) == fen && Yuan.fen(Yuan.text(fen)) == fen && Yuan.fen(Yuan.sign(fen)) == fen)
        }
        #expect(Yuan.sign(123_450) == "¥1,234.50" && Yuan.sign(-5) == "-¥0.05" && Yuan.short(1000) == "10" && Yuan.short(990) == "9.90")
        #expect(Yuan.decimal(1250) == "12.5" && Yuan.decimal(1205) == "12.05" && Yuan.grouped(1_000_000) == "1,000,000")
        #expect(Yuan.thousandths(8500) == "8.5" && Yuan.thousandths(8760) == "8.76" && Yuan.thousandths(9000) == "9" && Yuan.thousandths(1) == "0.001")
    }

    /// What is opened and saved stays what it was, whatever it is.
    @Test(arguments: 0..<20) func whatADefinitionSaysIsReadOutOfItsForm(_ seed: Int) throws {
        var chance = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<50 {
            let definition = try Self.random(&chance)
            var form = CouponForm(definition)
            #expect(form.definition() == definition, "\(definition.json.text) \(form.problems)")
            // Also after a browser has sent only what is checked and filled in.
            var sent = CouponForm(fields: CouponForm(definition).fields.filter { !$0.value.isEmpty })
            #expect(sent.definition() == definition)
            #expect(!Phrases.couponTerms(definition.terms.value, definition.terms.minimumSpend).zh.isEmpty)
        }
    }

    @Test func aNewFormCanBeSavedOnceItHasAName() {
        var form = CouponForm.new(now: 1_795_752_000_000)
        #expect(form.definition() == nil && form.problems.map(\.key) == ["name"])
        form = CouponForm.new(now: 1_795_752_000_000)
        form.fill(["name": "x"])
        let definition = form.definition()
        #expect(definition?.terms.value == .amount(1000) && definition?.limits.perUser == 1)
    }

    @Test func eachProblemStandsBesideItsField() {
        func problems(_ change: [String: String]) -> Set<String> {
            var fields = CouponForm.new(now: 1_795_752_000_000).fields
            fields["name"] = "x"
            fields.merge(change) { $1 }
            var form = CouponForm(fields: fields)
            _ = form.definition()
            return Set(form.problems.keys)
        }
        #expect(problems([:]).isEmpty)
        let cases: [([String: String], Set<String>)] = [
            (["amount": "51"], ["amount"]), (["amount": "0"], ["amount"]), (["until": "2001-01-01T00:00"], ["until"]), (["kind": "x"], ["kind"]),
            (["hoursFrom0": "10:00"], ["hours"]), (["hoursFrom0": "10:00", "hoursUntil0": "25:00"], ["hours"]),
            (["excludedDates": "tomorrow"], ["excludedDates"]),
            (["kind": "gift"], ["giftGoods", "giftName", "giftWorth"]), (["kind": "exchange", "budget": "5"], ["budget"]),
            (["validity": "absolute", "validFrom": "2001-01-01T00:00", "validUntil": "2002-01-01T00:00"], ["validUntil"]),
            (["stacking": "some"], ["with"]), (["needs": "code", "codesSource": "generated", "codesCount": ""], ["codesCount"]),
            (["perUser": "1001"], ["perUser"]), (["name": String(repeating: "长", count: 43)], ["name"]), (["needs": "luck"], ["needs"]),
        ]
        for (change, wrong) in cases { #expect(problems(change) == wrong, "\(change)") }
    }

    @Test func wordsSayWhatACouponIs() {
        func words(_ value: CouponValue, _ minimum: Int64 = 0) -> (String, String) {
            let words = Phrases.couponTerms(value, minimum)
            return (words.zh, words.en)
        }
        #expect(words(.amount(1000), 5000) == ("满 50 减 10", "¥10 off from ¥50"))
        #expect(words(.amount(990)) == ("立减 9.90 元", "¥9.90 off"))
        #expect(words(.discount(basisPoints: 1500, ceiling: 2000), 5000) == ("满 50 打 8.5 折，最多减 20", "15 % off from ¥50, at most ¥20"))
        #expect(words(.storedValue(10_000)) == ("储值 100 元", "¥100 to spend"))
    }

    @Test func aLinkCarriesItsParametersAsThePlatformReadsThem() {
        #expect(CouponSharing.link("https://a.example/p", "batch=b&link=l") == "https://a.example/p?batch=b&link=l")
        #expect(CouponSharing.link("https://a.example/p?x=1", "batch=b") == "https://a.example/p?x=1&batch=b")
        #expect(
            CouponSharing.link("alipays://platformapi/startapp?appId=1", "batch=b&link=l")
                == "alipays://platformapi/startapp?appId=1&query=batch%3Db%26link%3Dl")
    }

    // MARK: - Chance

    private static func random(_ chance: inout SeededGenerator) throws -> BatchDefinition {
        func money(_ chance: inout SeededGenerator) -> Int64 { Int64(1 + chance.below(1_000_000)) }
        func some(_ chance: inout SeededGenerator, _ names: [String]) -> Set<String> { Set(names.filter { _ in chance.below(3) == 0 }) }
        func maybe<Value>(_ chance: inout SeededGenerator, _ make: (inout SeededGenerator) -> Value) -> Value? { chance.below(2) == 0 ? nil : make(&chance) }
        let value: CouponValue =
            switch chance.below(6) {
            case 0: .amount(money(&chance))
            case 1: .discount(basisPoints: Int64(1 + chance.below(9999)), ceiling: maybe(&chance, money))
            case 2: .specialPrice(Int64(chance.below(9999)), quantity: Int64(1 + chance.below(1000)))
            case 3: .exchange(quantity: Int64(1 + chance.below(1000)))
            case 4: .gift(.init(goods: "杯子-1", name: "A cup", worth: Int64(chance.below(9999))))
            default: .storedValue(money(&chance))
            }
        var terms = CouponTerms(value)
        terms.minimumSpend = chance.below(2) == 0 ? 0 : 1_000_000 + money(&chance)
        terms.scope.goods = some(&chance, ["tea", "绿 茶、红茶", "a-b"])
        terms.scope.excludedCategories = some(&chance, ["x", "y"])
        terms.scope.levels = some(&chance, ["gold", "vip"])
        let with = some(&chance, ["goods", "shop", "other"])
        terms.stacking = Stacking(group: chance.choose(["order", "goods"]), with: chance.below(3) == 0 ? nil : with, perOrder: 1 + chance.below(20))
        let opens = 1_795_752_000_000 + Int64(chance.below(1_000_000_000)) * (chance.below(2) == 0 ? 60_000 : 1) % 100_000_000_000
        let closes = opens + 1 + Int64(chance.below(1_000_000_000))
        let validity: Validity =
            chance.below(2) == 0
            ? .absolute(from: opens + 5, until: closes + 7)
            : chance.below(8) == 0
                ? .relative(afterDays: 0, days: 0, wholeDays: true)
                : .relative(afterDays: Int64(chance.below(366)), days: Int64(1 + chance.below(3660)), wholeDays: chance.below(2) == 0)
        var definition = BatchDefinition(
            name: "满 50 减 10", terms: terms, stock: Int64(chance.below(1_000_000)), opensAt: opens, closesAt: closes, validity: validity)
        definition.description = chance.choose(["", "在全部门店可用\n每单一张"])
        if value.exposure != nil { definition.budget = maybe(&chance) { Int64($0.below(99_999_999)) } }
        definition.limits.perUser = maybe(&chance) { 1 + $0.below(1000) }
        definition.limits.perDay = maybe(&chance) { 1 + $0.below(1000) }
        definition.limits.perDevice = maybe(&chance) { 1 + $0.below(1000) }
        definition.isPublic = chance.below(2) == 0
        definition.returnsOnRefund = chance.below(2) == 0
        definition.zone = try FixedZone(chance.choose(["+08:00", "-05:00", "+05:30", "+00:00", "+12:45"]))
        definition.useTimes.weekdays = Set((1...7).filter { _ in chance.below(4) == 0 })
        if definition.useTimes.weekdays.count == 7 { definition.useTimes.weekdays = [] }
        if chance.below(2) == 0 { definition.useTimes.hours = [.init(from: 600, until: 1440), .init(from: chance.below(600), until: 601)] }
        definition.useTimes.excludedDates = some(&chance, ["2026-10-01", "2026-12-31"])
        switch chance.below(6) {
        case 0: (definition.proof, definition.codes) = (.code, .generated(Int64(1 + chance.below(1000))))
        case 1: (definition.proof, definition.codes) = (.code, .uploaded)
        case 2: (definition.proof, definition.inviterReward) = (.invitation, maybe(&chance) { _ in "cpb-reward" })
        case 3: (definition.proof, definition.codes) = (.link, maybe(&chance) { _ in .uploaded })
        case 4: definition.codes = .uploaded
        default: break
        }
        return definition
    }
}
