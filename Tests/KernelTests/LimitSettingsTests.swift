import Foundation
import Kernel
import Testing

@Suite("Limits that can be set") struct LimitSettingsTests {
    @Test func areSet() throws {
        var limits = Limits()
        try limits.set("queryRowsMax=5000, historyDays=0")
        try limits.set("importBytesMax=1099511627776")
        #expect(limits.queryRowsMax == 5000 && limits.historyDays == 0 && limits.importBytesMax == 1 << 40)
        try limits.set("")
    }

    @Test(arguments: [
        ("queryRows=5", "docs/limits.md"), ("queryRowsMax", "from 1 to 100000"), ("queryRowsMax=", "from 1 to 100000"), ("queryRowsMax=0", "from 1"),
        ("queryRowsMax=1e3", "from 1"), ("queryRowsMax=50", "queryRowsDefault is more"), ("documentBytesMax=1024", "clientDocumentBytesMax is more"),
        ("couponLockSecondsMax=600", "couponLockSecondsDefault is more"), ("=5", "docs/limits.md"), ("historyDays=99999999999999999999", "from 0"),
    ])
    func whatMakesNoSenseIsRefused(_ text: String, _ why: String) {
        var limits = Limits()
        let error = #expect(throws: Limits.SettingError.self) { try limits.set(text) }
        #expect(error?.description.contains(why) ?? false, "\(String(describing: error))")
    }

    /// Both pages name each of them with what it is unless it is set, and what it can be set to.
    @Test(arguments: ["limits.md", "limits.zh-CN.md"]) func thePagesAreTrue(_ page: String) throws {
        let docs = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs").standardized
        let rows = try String(contentsOf: docs.appendingPathComponent(page), encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let told = rows.map { $0.split(separator: "|").prefix(3).map { $0.trimmingCharacters(in: .whitespaces) } }
        let known = Limits.settings.map { ["`\($0.name)`", "\($0.get(Limits()))", "\($0.range.lowerBound) – \($0.range.upperBound)"] }
        #expect(told == known)
        #expect(Limits.settings.allSatisfy { $0.range.contains($0.get(Limits())) })
    }
}
