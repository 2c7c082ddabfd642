import Kernel
import Testing

@Suite struct ScaledDecimalTests {
    @Test(arguments: [("0", 0), ("5", 500), ("5.5", 550), ("0.05", 5), ("19.99", 1999), ("00012.30", 1230)] as [(String, Int64)])
    func whatIsRead(_ text: String, _ hundredths: Int64) { #expect(ScaledDecimal.scaled(text, places: 2) == hundredths) }

    @Test(arguments: ["", ".", "5.", ".5", "-5", "+5", "5.555", "5,5", "1.2.3", "五", "1e3", " 5", "123456789012"])
    func whatIsNone(_ text: String) { #expect(ScaledDecimal.scaled(text, places: 2) == nil) }

    @Test(arguments: [(0, "0.00"), (5, "0.05"), (550, "5.50"), (-50, "-0.50"), (-1234, "-12.34"), (.min, "-92233720368547758.08")] as [(Int64, String)])
    func whatIsWritten(_ number: Int64, _ text: String) { #expect(ScaledDecimal.hundredths(number) == text) }
}
