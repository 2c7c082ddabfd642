import Kernel

extension GeoShape {
    /// Whether the shapes have a point in common.
    func intersects(_ other: GeoShape) -> Bool {
        points.contains { other.touches($0) } || other.points.contains { touches($0) }
            || lines.contains { line in other.lines.contains { line.meets($0) } || other.polygons.contains { $0.meets(line) } }
            || polygons.contains { polygon in other.lines.contains { polygon.meets($0) } || other.polygons.contains { polygon.meets($0) } }
    }

    /// Whether a point belongs to the shape.
    private func touches(_ point: GeoVector) -> Bool {
        points.contains { $0.angle(to: point) <= GeoArc.tolerance }
            || lines.contains { line in line.arcs.contains { $0.touches(point) } } || polygons.contains { $0.contains(point) }
    }

    /// Whether everything lies in the polygons, each part in one of them.
    func lies(in region: [GeoPolygon]) -> Bool {
        points.allSatisfy { point in region.contains { $0.contains(point) } }
            && lines.allSatisfy { line in region.contains { $0.contains(line) } }
            && polygons.allSatisfy { polygon in region.contains { $0.contains(polygon) } }
    }

    /// Whether everything lies in a cap.
    func lies(in cap: GeoCap) -> Bool {
        let isWithin = { (point: GeoVector) in cap.center.angle(to: point) <= cap.radius + GeoArc.tolerance }
        return points.allSatisfy(isWithin) && lines.allSatisfy { $0.points.allSatisfy(isWithin) }
            && polygons.allSatisfy { $0.outer.points.allSatisfy(isWithin) }
    }
}

extension GeoPolygon {
    func meets(_ line: GeoLine) -> Bool {
        guard cap.intersects(line.cap) else { return false }
        if let first = line.points.first, contains(first) { return true }
        return rings.contains { $0.line.meets(line) }
    }

    func meets(_ other: GeoPolygon) -> Bool {
        guard cap.intersects(other.cap) else { return false }
        if meets(other.outer.line) { return true }
        // Either one lies inside the other without touching an edge, or they have nothing in common.
        return outer.points.first.map { other.contains($0) } ?? false
    }

    /// Whether a line stays inside: it crosses no edge, and between the points where it touches edges it lies inside.
    func contains(_ line: GeoLine) -> Bool {
        guard line.points.allSatisfy({ contains($0) }) else { return false }
        return line.arcs.allSatisfy { arc in
            for ring in rings where ring.line.arcs.contains(where: { $0.crosses(arc) && !Self.touchAtEnds($0, arc) }) { return false }
            return pieces(of: arc).allSatisfy { contains($0) }
        }
    }

    /// An end that lies on the other arc may look like a crossing for want of precision.
    private static func touchAtEnds(_ edge: GeoArc, _ arc: GeoArc) -> Bool {
        edge.touches(arc.start) || edge.touches(arc.end) || arc.touches(edge.start) || arc.touches(edge.end)
    }

    /// The middles of the pieces that the corners on an arc divide it into.
    private func pieces(of arc: GeoArc) -> [GeoVector] {
        let corners = rings.flatMap(\.points).filter { arc.touches($0) }
        let stops = (corners + [arc.start, arc.end]).sorted { arc.start.angle(to: $0) < arc.start.angle(to: $1) }
        return zip(stops, stops.dropFirst()).compactMap { ($0 + $1).normalized }
    }

    func contains(_ other: GeoPolygon) -> Bool {
        guard cap.intersects(other.cap), other.rings.allSatisfy({ contains($0.line) }) else { return false }
        // A hole of this one in the middle of the other one takes something away from it.
        return !holes.contains { hole in
            hole.points.contains { other.containsStrictly($0) } || hole.inner.map { other.containsStrictly($0) } ?? false
        }
    }
}

extension GeoRing {
    /// Some point inside, for rings whose corners all lie on the edges of another polygon.
    fileprivate var inner: GeoVector? {
        for (place, corner) in points.dropLast().enumerated() {
            let next = points[place + 1]
            let following = points[(place + 2) % (points.count - 1)]
            if let candidate = (corner + next + following).normalized, side(of: candidate) == .inside { return candidate }
        }
        return nil
    }
}
