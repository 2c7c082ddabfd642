internal import Kernel

/// How far an import is.
struct ImportCounts: Sendable, Equatable {
    /// The most refusals that are told of one by one.
    static let refusalsToldMax = 20

    /// The documents that were read from the file and dealt with.
    var read: Int64 = 0
    var inserted: Int64 = 0
    var updated: Int64 = 0
    /// The documents that were left out.
    var refused: Int64 = 0
    /// Why the first of them were: problem documents that name the line.
    var refusals: [JSON] = []

    mutating func refuse(_ error: SampanError) {
        read += 1
        refused += 1
        if refusals.count < Self.refusalsToldMax { refusals.append(KeptError.told(error)) }
    }
}
