import Kernel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Cells that together cover a part of the sphere: a few, and never one too few.
enum GeoCovering {
    /// The most cells of one shape in an index.
    private static let maximumDocumentCells = 12
    /// The most cells of a query.
    private static let maximumQueryCells = 24
    /// What is allowed for inexact numbers, in radians; more than tests of points allow.
    private static let slack = 10 * GeoArc.tolerance

    /// The cells of a shape in a document; a point has the smallest one.
    static func cells(of shape: GeoShape) -> Set<GeoCell> {
        var cells = Set(shape.points.map { GeoCell($0) })
        for part in shape.lines.map({ GeoShape(lines: [$0]) }) + shape.polygons.map({ GeoShape(polygons: [$0]) }) {
            cells.formUnion(cover(maximumDocumentCells, mayReach(part)))
        }
        return cells
    }

    /// Where an index has the keys of all shapes that have something in common with a cap.
    static func ranges(near cap: GeoCap) -> [KeyRange] {
        ranges(cover(maximumQueryCells) { $0.center.angle(to: cap.center) <= $0.radius + cap.radius + slack })
    }

    /// Where an index has the keys of all shapes that can pass a test.
    static func ranges(for test: GeoTest) -> [KeyRange] {
        switch test {
        case .inCap(let cap): ranges(near: cap)
        case .inPolygons(let polygons): ranges(cover(maximumQueryCells, mayReach(GeoShape(polygons: polygons))))
        case .meets(let shape): ranges(cover(maximumQueryCells, mayReach(shape)))
        case .inFigure(let figure): ranges(cover(maximumQueryCells, mayReach(figure.bounds.low, figure.bounds.high)))
        }
    }

    /// Divides the largest cells as long as that does not make too many.
    private static func cover(_ most: Int, _ mayReach: (GeoCap) -> Bool) -> [GeoCell] {
        var open = GeoCell.sides.filter { mayReach($0.cap) }
        var done: [GeoCell] = []
        while let cell = open.first {
            open.removeFirst()
            guard cell.level < GeoCell.maximumLevel else {
                done.append(cell)
                continue
            }
            let children = cell.children.filter { mayReach($0.cap) }
            if done.count + open.count + children.count > most { return done + open + [cell] }
            open += children
        }
        return done
    }

    /// Whether a shape can have something in common with a cap; only cells that are small beside it are looked at closely.
    private static func mayReach(_ shape: GeoShape) -> (GeoCap) -> Bool {
        let around = shape.cap
        return { cap in
            guard cap.center.angle(to: around.center) <= cap.radius + around.radius + slack else { return false }
            return cap.radius > around.radius || shape.distance(to: cap.center) <= cap.radius + slack
        }
    }

    /// Whether a cap can have points between two longitudes and two latitudes.
    private static func mayReach(_ low: FlatPoint, _ high: FlatPoint) -> (GeoCap) -> Bool {
        { cap in
            let (longitude, latitude) = (cap.center.longitude, cap.center.latitude)
            let reach = (cap.radius + slack) * 180 / .pi
            guard latitude - reach <= high.y, latitude + reach >= low.y else { return false }
            if abs(latitude) + reach >= 90 { return true }
            let half = asin(min(1, sin(reach * .pi / 180) / cos(latitude * .pi / 180))) * 180 / .pi + 1e-9
            return [-360.0, 0, 360].contains { longitude + $0 - half <= high.x && longitude + $0 + half >= low.x }
        }
    }

    /// The ranges of cells and the keys of the cells around them, which hold shapes larger than a query's cells.
    private static func ranges(_ cells: [GeoCell]) -> [KeyRange] {
        var around: Set<GeoCell> = []
        for cell in cells {
            var current = cell.parent
            while let outer = current, around.insert(outer).inserted { current = outer.parent }
        }
        return KeyRange.merged(cells.map(\.range) + around.map { KeyRange(prefix: $0.key) })
    }
}
