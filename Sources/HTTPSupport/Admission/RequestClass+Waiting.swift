internal import Kernel

/// How long classes wait, and in which order.
extension RequestClass {
    /// How many times the usual target a request of this class may wait.
    var patience: Double {
        switch self {
        case .pay: 8
        case .claim, .signIn: 2
        case .browse: 1
        case .analytics, .batch: 0.5
        }
    }

    /// Whether the newest goes first while there is a crowd: whoever has waited long for a page has left, and whoever comes now still looks.
    ///
    /// Never where the order itself is what people were promised.
    var isNewestFirst: Bool { self >= .browse }
}
