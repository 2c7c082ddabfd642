import Kernel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A point of the unit sphere.
struct GeoVector: Sendable, Hashable {
    var x: Double
    var y: Double
    var z: Double

    init(x: Double, y: Double, z: Double) {
        self.x = x
        self.y = y
        self.z = z
    }

    /// The point at a longitude and latitude in degrees.
    init(longitude: Double, latitude: Double) {
        let (lambda, phi) = (longitude * .pi / 180, latitude * .pi / 180)
        self.init(x: cos(phi) * cos(lambda), y: cos(phi) * sin(lambda), z: sin(phi))
    }

    static func + (left: GeoVector, right: GeoVector) -> GeoVector {
        GeoVector(x: left.x + right.x, y: left.y + right.y, z: left.z + right.z)
    }

    static prefix func - (vector: GeoVector) -> GeoVector { GeoVector(x: -vector.x, y: -vector.y, z: -vector.z) }

    func dot(_ other: GeoVector) -> Double { x * other.x + y * other.y + z * other.z }

    func cross(_ other: GeoVector) -> GeoVector {
        GeoVector(x: y * other.z - z * other.y, y: z * other.x - x * other.z, z: x * other.y - y * other.x)
    }

    /// The cross product of points that may lie close together, whose difference keeps the digits that a plain product loses.
    func normal(towards other: GeoVector) -> GeoVector {
        let double = (self + other).cross(other + -self)
        return GeoVector(x: double.x / 2, y: double.y / 2, z: double.z / 2)
    }

    var length: Double { dot(self).squareRoot() }

    /// The same direction with length 1; nil when there is no direction.
    var normalized: GeoVector? {
        let length = length
        return length > 1e-15 ? GeoVector(x: x / length, y: y / length, z: z / length) : nil
    }

    /// The angle to another point in radians, exact for small ones too.
    func angle(to other: GeoVector) -> Double { atan2(normal(towards: other).length, dot(other)) }

    var longitude: Double { atan2(y, x) * 180 / .pi }
    var latitude: Double { atan2(z, (x * x + y * y).squareRoot()) * 180 / .pi }
}

/// The shortest way between two points of the sphere, part of a great circle.
struct GeoArc: Sendable {
    let start: GeoVector
    let end: GeoVector

    /// How far from a line a point may lie to be on it, in radians: some 60 micrometres on the ground.
    static let tolerance = 1e-11

    /// The angle from a point to the nearest one of the arc.
    func distance(to point: GeoVector) -> Double {
        let normal = start.normal(towards: end)
        if normal.cross(start).dot(point) > 0, end.cross(normal).dot(point) > 0, let unit = normal.normalized {
            return asin(min(1, abs(unit.dot(point))))
        }
        return min(start.angle(to: point), end.angle(to: point))
    }

    /// Whether a point lies on the arc.
    func touches(_ point: GeoVector) -> Bool { distance(to: point) <= Self.tolerance }

    /// Whether the arcs cross each other at an inner point of both.
    func crosses(_ other: GeoArc) -> Bool {
        let normal = start.normal(towards: end)
        let otherNormal = other.start.normal(towards: other.end)
        let signs = [-normal.dot(other.start), normal.dot(other.end), -otherNormal.dot(end), otherNormal.dot(start)]
        return signs.allSatisfy { $0 > 0 } || signs.allSatisfy { $0 < 0 }
    }

    /// Whether the arcs have a point in common.
    func meets(_ other: GeoArc) -> Bool {
        crosses(other) || touches(other.start) || touches(other.end) || other.touches(start) || other.touches(end)
    }
}

/// All points within an angle of a point.
struct GeoCap: Sendable {
    let center: GeoVector
    let radius: Double

    /// A cap around points and the arcs between neighbouring ones.
    init(around points: [GeoVector]) {
        let sum = points.reduce(GeoVector(x: 0, y: 0, z: 0), +)
        center = sum.normalized ?? points.first ?? GeoVector(x: 1, y: 0, z: 0)
        let widest = points.reduce(0.0) { [center] in max($0, center.angle(to: $1)) }
        // Within a hemisphere an arc never leads further away than its ends.
        radius = widest < 1.5 ? widest : .pi
    }

    init(center: GeoVector, radius: Double) {
        self.center = center
        self.radius = radius
    }

    func intersects(_ other: GeoCap) -> Bool { center.angle(to: other.center) <= radius + other.radius + 10 * GeoArc.tolerance }
}

/// The earth as MongoDB measures it.
enum Earth {
    /// Metres.
    static let radius = 6_378_100.0
}
