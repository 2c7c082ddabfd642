import Kernel

extension GeoRing {
    /// An edge with the heights (distances from the equator's plane) that it does not leave.
    private struct Edge {
        let place: Int
        let arc: GeoArc
        let low: Double
        let high: Double

        init(place: Int, arc: GeoArc) {
            self.place = place
            self.arc = arc
            let reach = arc.start.angle(to: arc.end) + 10 * GeoArc.tolerance
            low = max(arc.start.z, arc.end.z) - reach
            high = min(arc.start.z, arc.end.z) + reach
        }
    }

    /// Whether edges that are no neighbours meet, or neighbours lie on each other.
    ///
    /// The edges are gone through from south to north, so that only those at the same height are compared.
    var crossesItself: Bool {
        let edges = line.arcs.enumerated().map { Edge(place: $0.offset, arc: $0.element) }
        var active: [Edge] = []
        for edge in edges.sorted(by: { $0.low < $1.low }) {
            active.removeAll { $0.high < edge.low }
            if active.contains(where: { Self.clash($0, edge, count: edges.count) }) { return true }
            active.append(edge)
        }
        return false
    }

    private static func clash(_ one: Edge, _ other: Edge, count: Int) -> Bool {
        let (earlier, later) = one.place < other.place ? (one, other) : (other, one)
        if later.place == earlier.place + 1 { return overlap(earlier.arc, later.arc) }
        if earlier.place == 0, later.place == count - 1 { return overlap(later.arc, earlier.arc) }
        return earlier.arc.meets(later.arc)
    }

    /// Whether two edges, the second of which begins where the first one ends, have more in common than that.
    private static func overlap(_ first: GeoArc, _ second: GeoArc) -> Bool { first.touches(second.end) || second.touches(first.start) }
}
