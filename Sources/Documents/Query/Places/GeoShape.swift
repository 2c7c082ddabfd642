import Kernel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a GeoJSON object or a legacy point covers: any number of points, lines and polygons.
struct GeoShape: Sendable {
    var points: [GeoVector] = []
    var lines: [GeoLine] = []
    var polygons: [GeoPolygon] = []

    mutating func add(_ other: GeoShape) {
        points += other.points
        lines += other.lines
        polygons += other.polygons
    }

    /// A cap that holds everything.
    var cap: GeoCap {
        GeoCap(around: points + lines.flatMap(\.points) + polygons.flatMap(\.outer.points))
    }

    /// The angle from a point to the nearest one of the shape.
    func distance(to point: GeoVector) -> Double {
        var nearest = Double.infinity
        for own in points { nearest = min(nearest, own.angle(to: point)) }
        for line in lines { nearest = min(nearest, line.distance(to: point)) }
        for polygon in polygons { nearest = min(nearest, polygon.distance(to: point)) }
        return nearest
    }
}

/// A line through points, with a cap around it that spares most comparisons.
struct GeoLine: Sendable {
    let points: [GeoVector]
    let cap: GeoCap

    init(_ points: [GeoVector]) {
        self.points = points
        cap = GeoCap(around: points)
    }

    var arcs: some Sequence<GeoArc> { zip(points, points.dropFirst()).lazy.map { GeoArc(start: $0, end: $1) } }

    func distance(to point: GeoVector) -> Double { arcs.reduce(.infinity) { min($0, $1.distance(to: point)) } }

    func meets(_ other: GeoLine) -> Bool {
        guard cap.intersects(other.cap) else { return false }
        return arcs.contains { arc in other.arcs.contains { arc.meets($0) } }
    }
}

/// A closed line whose points all lie in one hemisphere; the smaller side is its inside.
struct GeoRing: Sendable {
    /// The first point is also the last one.
    let line: GeoLine
    /// The middle of a hemisphere that the ring lies in.
    private let middle: GeoVector

    /// Nil when no hemisphere holds all points.
    init?(_ points: [GeoVector]) {
        guard let middle = Self.middle(of: points) else { return nil }
        line = GeoLine(points)
        self.middle = middle
    }

    var points: [GeoVector] { line.points }

    /// Turns the mean towards the points that it leaves out, until there are none.
    private static func middle(of points: [GeoVector]) -> GeoVector? {
        guard var middle = points.reduce(GeoVector(x: 0, y: 0, z: 0), +).normalized else { return nil }
        for _ in 0..<200 {
            guard let outside = points.first(where: { middle.dot($0) < 1e-9 }) else { return middle }
            guard let turned = (middle + outside).normalized else { return nil }
            middle = turned
        }
        return nil
    }

    enum Side { case inside, outside, boundary }

    /// Where a point lies: the edges go once around what is inside, seen from there.
    func side(of point: GeoVector) -> Side {
        guard middle.dot(point) > -GeoArc.tolerance else { return .outside }
        var turn = 0.0
        for arc in line.arcs {
            if arc.touches(point) { return .boundary }
            let (toStart, toEnd) = (point.normal(towards: arc.start), point.normal(towards: arc.end))
            turn += atan2(point.dot(toStart.cross(toEnd)), toStart.dot(toEnd))
        }
        return abs(turn) > .pi ? .inside : .outside
    }
}

/// A ring without the insides of other rings; its edges belong to it.
struct GeoPolygon: Sendable {
    let outer: GeoRing
    let holes: [GeoRing]

    var rings: [GeoRing] { [outer] + holes }
    var cap: GeoCap { outer.line.cap }

    func contains(_ point: GeoVector) -> Bool {
        guard cap.center.angle(to: point) <= cap.radius + GeoArc.tolerance else { return false }
        return outer.side(of: point) != .outside && !holes.contains { $0.side(of: point) == .inside }
    }

    /// Whether a point lies inside and on no edge.
    func containsStrictly(_ point: GeoVector) -> Bool {
        outer.side(of: point) == .inside && holes.allSatisfy { $0.side(of: point) == .outside }
    }

    func distance(to point: GeoVector) -> Double {
        if contains(point) { return 0 }
        return rings.reduce(.infinity) { min($0, $1.line.distance(to: point)) }
    }
}
