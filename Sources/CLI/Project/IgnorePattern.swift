import Foundation

/// A glob of a project's `ignore`: without a slash it names files and folders at any depth, with one it starts at the function's folder.
struct IgnorePattern: Sendable {
    private let segments: [String]
    private let isAnchored: Bool

    init(_ text: String) {
        let trimmed = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
        segments = trimmed.split(separator: "/").map(String.init)
        isAnchored = trimmed.hasPrefix("/") || segments.count > 1
    }

    /// Whether a path, or a folder that it lies in, is meant.
    func matches(_ path: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard !segments.isEmpty else { return false }
        guard isAnchored else { return parts.contains { Self.matches(segments[0], $0) } }
        return Self.matches(segments[...], parts[...])
    }

    private static func matches(_ pattern: ArraySlice<String>, _ parts: ArraySlice<String>) -> Bool {
        guard let segment = pattern.first else { return true }
        if segment == "**" {
            return matches(pattern.dropFirst(), parts) || (!parts.isEmpty && matches(pattern, parts.dropFirst()))
        }
        guard let part = parts.first, matches(segment, part) else { return false }
        return matches(pattern.dropFirst(), parts.dropFirst())
    }

    private static func matches(_ segment: String, _ part: String) -> Bool { fnmatch(segment, part, 0) == 0 }
}
