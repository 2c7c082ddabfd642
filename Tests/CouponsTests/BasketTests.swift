import Kernel
import Testing

@testable import Coupons

@Suite struct BasketTests {
    private func read(_ text: String) throws -> Basket { try Basket(try #require(try JSON(parsing: text).objectValue)) }

    @Test func aBasketIsRead() throws {
        let basket = try read(
            #"{"lines":[{"goods":"sku1","category":"drinks","price":1200,"quantity":2},{"goods":"sku1","price":0,"quantity":1}],"shop":"s","level":"gold"}"#)
        #expect(
            basket.lines == [
                Basket.Line(goods: "sku1", category: "drinks", price: 1200, quantity: 2), Basket.Line(goods: "sku1", price: 0, quantity: 1),
            ])
        #expect((basket.shop, basket.channel, basket.level, basket.total) == ("s", "", "gold", 2400))
    }

    @Test(arguments: [
        (#"{}"#, "lines"), (#"{"lines":[]}"#, "lines"), (#"{"lines":{}}"#, "lines"), (#"{"lines":[1]}"#, "lines[0]"),
        (#"{"lines":[{"price":1,"quantity":1}]}"#, "lines[0].goods"), (#"{"lines":[{"goods":"","price":1,"quantity":1}]}"#, "lines[0].goods"),
        (#"{"lines":[{"goods":"a","quantity":1}]}"#, "lines[0].price"), (#"{"lines":[{"goods":"a","price":-1,"quantity":1}]}"#, "lines[0].price"),
        (#"{"lines":[{"goods":"a","price":1000000001,"quantity":1}]}"#, "lines[0].price"),
        (#"{"lines":[{"goods":"a","price":1.5,"quantity":1}]}"#, "lines[0].price"),
        (#"{"lines":[{"goods":"a","price":1,"quantity":1},{"goods":"a","price":1,"quantity":0}]}"#, "lines[1].quantity"),
        (#"{"lines":[{"goods":"a","price":1,"quantity":10001}]}"#, "lines[0].quantity"),
        (#"{"lines":[{"goods":"a","price":1,"quantity":"1"}]}"#, "lines[0].quantity"),
        (#"{"lines":[{"goods":"a","category":1,"price":1,"quantity":1}]}"#, "lines[0].category"),
        (#"{"lines":[{"goods":"a","price":1,"quantity":1,"colour":"red"}]}"#, "colour"),
        (#"{"lines":[{"goods":"a","price":1,"quantity":1}],"shop":7}"#, "shop"), (#"{"lines":[{"goods":"a","price":1,"quantity":1}],"user":"u"}"#, "user"),
    ])
    func aWrongMemberIsNamed(_ text: String, _ member: String) throws {
        let error = try #require(throws: SampanError.self) { try read(text) }
        #expect(error.code == "BAD_MEMBER")
        #expect(error.detail.en.hasPrefix("\"\(member)\""), "\(error.detail.en)")
    }

    @Test func twoHundredLinesAreTheMost() throws {
        let line = Basket.Line(goods: "a", price: 1_000_000_000, quantity: 10_000)
        #expect(try Basket(lines: Array(repeating: line, count: 200)).total == 2_000_000_000_000_000)
        #expect(throws: SampanError.self) { try Basket(lines: Array(repeating: line, count: 201)) }
    }
}
