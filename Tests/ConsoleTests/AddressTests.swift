import Kernel
import Testing

@testable import Console

/// Addresses hold what names may hold.
struct AddressTests {
    @Test func partsAndValuesAreEscaped() {
        #expect(Address.escaped("a b/ü?&=\"") == "a%20b%2F%C3%BC%3F%26%3D%22")
        #expect(Address.with("/console", [("q", "1 & 2"), ("sort", nil), ("page", "2")]) == "/console?q=1%20%26%202&page=2")
        #expect(Address.with("/console", [("q", nil)]) == "/console")
    }

    @Test(arguments: [(1, 1, false, false, false), (1, 3, true, false, true), (2, 3, true, true, true), (3, 3, true, true, false)])
    func aPagerLinksWhatIsThere(_ page: Int, _ pages: Int, _ isShown: Bool, _ hasPrevious: Bool, _ hasNext: Bool) {
        let model = Pager(page: page, of: pages) { "/p/\($0)" }.model(.en)
        #expect(model["hasPages"]?.boolValue == isShown)
        #expect(model["previousPath"]?.stringValue == (hasPrevious ? "/p/\(page - 1)" : nil))
        #expect(model["nextPath"]?.stringValue == (hasNext ? "/p/\(page + 1)" : nil))
    }
}
