/// Waits a little for what a form has begun, so that what is soon over is over when the next page comes.
enum ShortWait {
    private static let milliseconds = 3000
    private static let lookEveryMilliseconds = 20

    /// What `look` finds as soon as `isOver` holds of it, or in the end.
    static func forEnd<Found>(of look: () async throws -> Found, _ isOver: (Found) -> Bool) async throws -> Found {
        for _ in 0..<(milliseconds / lookEveryMilliseconds) {
            let found = try await look()
            if isOver(found) { return found }
            try await Task.sleep(for: .milliseconds(lookEveryMilliseconds))
        }
        return try await look()
    }
}
