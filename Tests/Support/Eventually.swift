/// Looks until something is so, and says whether it came to be.
///
/// Counts its looks instead of the time: where hundreds of tests share two cores, the clock says nothing about how
/// often this one had its turn. On an idle machine it gives up after a minute.
public func eventually(isolation: isolated (any Actor)? = #isolation, _ isSo: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<10_000 {
        if try await isSo() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return try await isSo()
}
