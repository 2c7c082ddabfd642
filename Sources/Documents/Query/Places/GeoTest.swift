import Kernel

/// What `$geoWithin` and `$geoIntersects` ask of the places in a field.
enum GeoTest: Sendable {
    /// Lies entirely in one of the polygons.
    case inPolygons([GeoPolygon])
    /// Lies entirely within an angle of a point.
    case inCap(GeoCap)
    /// Is a point of the plane in a figure.
    case inFigure(FlatFigure)
    /// Has a point in common with a shape.
    case meets(GeoShape)

    /// Whether a field's value (not its elements) holds such a place.
    func passes(_ value: JSON?) -> Bool {
        guard let value else { return false }
        if case .inFigure(let figure) = self { return FlatPoint.points(in: value).contains { figure.contains($0) } }
        let shapes = (try? GeoReader.shapes(in: value, isStrict: false)) ?? []
        return shapes.contains { shape in
            switch self {
            case .inPolygons(let polygons): shape.lies(in: polygons)
            case .inCap(let cap): shape.lies(in: cap)
            case .meets(let other): shape.intersects(other)
            case .inFigure: false
            }
        }
    }
}

/// A figure in the plane that longitude and latitude span; its edges belong to it.
enum FlatFigure: Sendable {
    case box(low: FlatPoint, high: FlatPoint)
    case circle(center: FlatPoint, radius: Double)
    case polygon([FlatPoint])

    func contains(_ point: FlatPoint) -> Bool {
        switch self {
        case .box(let low, let high): (low.x...high.x).contains(point.x) && (low.y...high.y).contains(point.y)
        case .circle(let center, let radius): center.distance(to: point) <= radius
        case .polygon(let corners): Self.polygon(corners, contains: point)
        }
    }

    /// Counts the edges that a ray towards greater x passes.
    private static func polygon(_ corners: [FlatPoint], contains point: FlatPoint) -> Bool {
        guard var previous = corners.last else { return false }
        var isInside = false
        for corner in corners {
            let side = (corner.x - previous.x) * (point.y - previous.y) - (corner.y - previous.y) * (point.x - previous.x)
            let isBeside =
                (min(corner.x, previous.x)...max(corner.x, previous.x)).contains(point.x)
                && (min(corner.y, previous.y)...max(corner.y, previous.y)).contains(point.y)
            if side == 0, isBeside { return true }
            if (corner.y > point.y) != (previous.y > point.y), (side > 0) == (corner.y > previous.y) { isInside.toggle() }
            previous = corner
        }
        return isInside
    }

    /// The smallest box around the figure.
    var bounds: (low: FlatPoint, high: FlatPoint) {
        switch self {
        case .box(let low, let high): return (low, high)
        case .circle(let center, let radius):
            return (FlatPoint(x: center.x - radius, y: center.y - radius), FlatPoint(x: center.x + radius, y: center.y + radius))
        case .polygon(let corners):
            guard let first = corners.first else { return (FlatPoint(x: 0, y: 0), FlatPoint(x: 0, y: 0)) }
            return corners.reduce((first, first)) { bounds, corner in
                (
                    FlatPoint(x: min(bounds.0.x, corner.x), y: min(bounds.0.y, corner.y)),
                    FlatPoint(x: max(bounds.1.x, corner.x), y: max(bounds.1.y, corner.y))
                )
            }
        }
    }
}

extension FlatPoint {
    func distance(to other: FlatPoint) -> Double {
        let (width, height) = (x - other.x, y - other.y)
        return (width * width + height * height).squareRoot()
    }
}
