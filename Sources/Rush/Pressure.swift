internal import HTTPSupport
internal import Kernel

/// How hard an environment is pressed: how many of the things that its owner can do without are switched off.
///
/// A value: one more each second in which somebody could not be served, one less after each five calm ones, so that it does not flicker.
struct Pressure: Sendable {
    private static let calmSeconds = 5

    private(set) var level = 0
    private var calm = 0

    /// A second has passed.
    /// - Parameter most: how many things there are.
    mutating func tick(wasShed: Bool, most: Int) {
        if wasShed {
            level += 1
            calm = 0
        } else if level > 0 {
            calm += 1
            if calm >= Self.calmSeconds { (level, calm) = (level - 1, 0) }
        }
        level = min(level, most)
    }
}
