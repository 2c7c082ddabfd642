import Kernel
import Testing

@testable import Functions

struct LogBookTests {
    /// Whoever reads sees every line that came before, also while somebody else is writing it to the disk.
    @Test func whatCameBeforeIsRead() async throws {
        try await FunctionsFixture.with { base async throws in
            let book = base.functions.logBook
            for number in 0..<200 {
                let request = "r-\(number)"
                book.append(
                    LogBook.Line(environment: base.environment, at: Int64(number), function: "f", version: 1, requestID: request, level: 1, text: "line"))
                async let elsewhere: Void = book.flush()
                await Task.yield()
                var query = LogBook.Query()
                query.requestID = request
                #expect(try await book.lines(query, of: base.environment).count == 1, "\(request)")
                await elsewhere
            }
        }
    }
}
