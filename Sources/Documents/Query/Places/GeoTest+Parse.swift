import Kernel

extension GeoTest {
    /// The operand of `$geoWithin`.
    init(within operand: JSON) throws(QueryError) {
        guard case .object(let members) = operand, members.count == 1, let only = members.first else { throw Self.withinError(operand) }
        switch only.key {
        case "$geometry":
            let shape = try Self.geometry(only.value)
            guard !shape.polygons.isEmpty, shape.points.isEmpty, shape.lines.isEmpty else {
                throw GeoReader.failure(
                    "$geoWithin needs a Polygon or a MultiPolygon; for other geometries use $geoIntersects.",
                    zh: "$geoWithin 需要 Polygon 或 MultiPolygon；其他几何对象请用 $geoIntersects。")
            }
            self = .inPolygons(shape.polygons)
        case "$box": self = .inFigure(try Self.box(only.value))
        case "$center":
            let (center, radius) = try Self.circle(only.key, only.value)
            self = .inFigure(.circle(center: center, radius: radius))
        case "$centerSphere":
            let (center, radius) = try Self.circle(only.key, only.value)
            var reader = GeoReader(isStrict: true)
            self = .inCap(GeoCap(center: try reader.position(center.x, center.y), radius: radius))
        case "$polygon": self = .inFigure(.polygon(try Self.corners(only.value)))
        default: throw Self.withinError(operand)
        }
    }

    /// The operand of `$geoIntersects`.
    init(intersecting operand: JSON) throws(QueryError) {
        guard case .object(let members) = operand, members.count == 1, let geometry = members["$geometry"] else {
            throw GeoReader.failure(
                "$geoIntersects needs {\"$geometry\": GeoJSON}, not \(operand.excerpt).",
                zh: "$geoIntersects 需要 {\"$geometry\": GeoJSON}，而不是 \(operand.excerpt)。")
        }
        self = .meets(try Self.geometry(geometry))
    }

    static func geometry(_ value: JSON) throws(QueryError) -> GeoShape {
        guard case .object(let members) = value, members["type"] != nil else {
            throw GeoReader.failure(
                "$geometry needs GeoJSON such as {\"type\":\"Point\",\"coordinates\":[120.1,30.2]}, not \(value.excerpt).",
                zh: "$geometry 需要 GeoJSON，例如 {\"type\":\"Point\",\"coordinates\":[120.1,30.2]}，而不是 \(value.excerpt)。")
        }
        var reader = GeoReader(isStrict: true)
        return try reader.geometry(members, depth: 0)
    }

    private static func withinError(_ operand: JSON) -> QueryError {
        GeoReader.failure(
            "$geoWithin needs exactly one of $geometry, $box, $center, $centerSphere and $polygon, not \(operand.excerpt).",
            zh: "$geoWithin 需要且只能有 $geometry、$box、$center、$centerSphere、$polygon 之一，而不是 \(operand.excerpt)。")
    }

    private static func points(_ name: String, _ value: JSON, atLeast least: Int) throws(QueryError) -> [FlatPoint] {
        let elements: [JSON] =
            switch value {
            case .array(let elements): elements
            case .object(let members): Array(members.values)
            default: []
            }
        let points = elements.compactMap { FlatPoint(legacy: $0) }
        guard points.count == elements.count, points.count >= least, points.count <= GeoReader.maximumPositions else {
            throw GeoReader.failure(
                "\(name) needs at least \(least) points [longitude, latitude], not \(value.excerpt).",
                zh: "\(name) 至少需要 \(least) 个点 [经度, 纬度]，而不是 \(value.excerpt)。")
        }
        return points
    }

    private static func corners(_ value: JSON) throws(QueryError) -> [FlatPoint] { try points("$polygon", value, atLeast: 3) }

    /// Two opposite corners.
    private static func box(_ value: JSON) throws(QueryError) -> FlatFigure {
        let corners = try points("$box", value, atLeast: 2)
        guard corners.count == 2 else {
            throw GeoReader.failure("$box needs two opposite corners, not \(value.excerpt).", zh: "$box 需要两个对角点，而不是 \(value.excerpt)。")
        }
        return .box(
            low: FlatPoint(x: min(corners[0].x, corners[1].x), y: min(corners[0].y, corners[1].y)),
            high: FlatPoint(x: max(corners[0].x, corners[1].x), y: max(corners[0].y, corners[1].y)))
    }

    private static func circle(_ name: String, _ value: JSON) throws(QueryError) -> (FlatPoint, Double) {
        guard case .array(let parts) = value, parts.count == 2, let center = FlatPoint(legacy: parts[0]), let radius = parts[1].doubleValue,
            radius >= 0
        else {
            throw GeoReader.failure(
                "\(name) needs [[longitude, latitude], radius] (\(name == "$center" ? "degrees" : "radians")), not \(value.excerpt).",
                zh: "\(name) 需要 [[经度, 纬度], 半径]（\(name == "$center" ? "度" : "弧度")），而不是 \(value.excerpt)。")
        }
        return (center, radius)
    }
}
