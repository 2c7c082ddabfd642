import Kernel
import Testing

@Suite struct HexadecimalTests {
    @Test func everyByteHasTwoDigits() {
        #expect([UInt8]().hex == "")
        #expect([0x00, 0x01, 0x0F, 0x10, 0x7F, 0xA5, 0xFF].map { UInt8($0) }.hex == "00010f107fa5ff")
        #expect((UInt8.min...UInt8.max).hex.count == 512)
    }
}
