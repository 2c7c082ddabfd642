import Kernel
import Testing

@testable import Rehearsals

@Suite struct MaskTests {
    private let mask = Mask(users: ["o-alice"], declared: ["remark", "orders.table"])

    private func masked(_ document: JSONObject, in collection: String = "orders") -> JSON { .object(mask.masked(document, in: collection)) }

    @Test func whoAndWhereSomebodyIsBecomesAPseudonym() throws {
        let masked = masked([
            "_id": 1, "_openid": "o-alice", "phone": "13812345678", "mobilePhone": 13812345678, "realName": "王小明", "address": "人民路 1 号",
            "email": "a@b.cn", "id_card": "110101199003071234", "total": 1800,
        ])
        let text = masked.text
        for personal in ["o-alice", "13812345678", "王小明", "人民路", "a@b.cn", "110101199003071234"] { #expect(!text.contains(personal), "\(personal)") }
        #expect(masked["total"] == 1800 && masked["_id"] == 1)
        let phone = try #require(masked["phone"]?.stringValue)
        #expect(phone.count == 11 && phone.hasPrefix("1") && phone.allSatisfy(\.isNumber), "a validator of phone numbers still takes it")
        #expect(masked["mobilePhone"]?.intValue.map(String.init) == phone, "the same person's stays the same")
    }

    @Test func theSameUserIsTheSameEverywhere() {
        let one = masked(["_openid": "o-alice"])["_openid"]
        #expect(masked(["_id": "o-alice", "note": "o-alice"])["_id"] == one)
        #expect(masked(["_id": "o-alice", "note": "o-alice"])["note"] == one)
        #expect(masked(["friends": ["o-alice", "o-bob"]])["friends"] == [one ?? .null, "o-bob"])
    }

    @Test func aDishKeepsItsNameAndAPersonDoesNot() {
        #expect(masked(["name": "拿铁", "price": 5])["name"] == "拿铁")
        #expect(masked(["name": ["zh": "拿铁"]])["name"] == ["zh": "拿铁"])
        #expect(masked(["contactInfo": ["name": "李雷", "phone": "1"]])["contactInfo"]?["name"] != "李雷")
    }

    @Test func everythingWithinAnAddressIsMasked() {
        let masked = masked(["address": ["city": "杭州", "line": ["文三路"], "zip": 310000]])
        #expect(!masked.text.contains("文三路") && !masked.text.contains("杭州"))
    }

    @Test func numbersAndMailAddressesWithinTextAreFound() {
        let note = masked(["note": "call 13812345678 or +8613912345678, mail me@shop.cn; order 20240131000001, 18号"])["note"]?.stringValue ?? ""
        #expect(!note.contains("13812345678") && !note.contains("13912345678") && !note.contains("me@shop.cn"))
        #expect(note.contains("order 20240131000001, 18号") && note.hasPrefix("call 1"))
    }

    @Test func whatIsDeclaredIsMasked() {
        #expect(masked(["remark": "no onions"])["remark"] != "no onions")
        #expect(masked(["table": "7"])["table"] != "7")
        #expect(masked(["table": "7"], in: "tables")["table"] == "7")
    }

    @Test func anotherMaskGivesOtherPseudonyms() {
        #expect(Mask(users: [], declared: []).user("o-alice") != mask.user("o-alice"))
    }
}
