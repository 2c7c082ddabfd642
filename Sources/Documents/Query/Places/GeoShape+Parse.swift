import Kernel

/// Reads shapes from documents and queries.
///
/// Strictly, as queries and indexes need them: every mistake is an error. Otherwise only what is needed to compare is looked at, because
/// a document is read again for every query.
struct GeoReader {
    let isStrict: Bool
    private var positions = 0

    /// More positions than a query or an indexed document needs.
    static let maximumPositions = 10_000

    init(isStrict: Bool) { self.isStrict = isStrict }

    static func failure(_ message: String, zh: String) -> QueryError { QueryError(.invalidQuery, message, zh: zh) }

    /// The shapes in a field: GeoJSON, a legacy point `[longitude, latitude]` or `{"x":…,"y":…}`, or an array of such.
    ///
    /// Without strictness, what is no shape is passed over.
    static func shapes(in value: JSON, isStrict: Bool) throws(QueryError) -> [GeoShape] {
        if case .array(let elements) = value, elements.first?.doubleValue == nil {
            var shapes: [GeoShape] = []
            for element in elements {
                if let shape = try shape(element, isStrict: isStrict) { shapes.append(shape) }
            }
            return shapes
        }
        return try shape(value, isStrict: isStrict).map { [$0] } ?? []
    }

    private static func shape(_ value: JSON, isStrict: Bool) throws(QueryError) -> GeoShape? {
        var reader = GeoReader(isStrict: isStrict)
        do throws(QueryError) {
            return try reader.shape(value)
        } catch {
            if isStrict { throw error }
            return nil
        }
    }

    /// A GeoJSON object or a legacy point.
    mutating func shape(_ value: JSON) throws(QueryError) -> GeoShape {
        if case .object(let members) = value, members["type"]?.stringValue != nil { return try geometry(members, depth: 0) }
        guard let pair = FlatPoint(legacy: value) else {
            throw Self.failure(
                "\(value.excerpt) is no place; write {\"type\":\"Point\",\"coordinates\":[longitude, latitude]} or [longitude, latitude].",
                zh: "\(value.excerpt) 不是地理位置；请写 {\"type\":\"Point\",\"coordinates\":[经度, 纬度]} 或 [经度, 纬度]。")
        }
        return GeoShape(points: [try position(pair.x, pair.y)])
    }

    /// A GeoJSON geometry.
    mutating func geometry(_ members: JSONObject, depth: Int) throws(QueryError) -> GeoShape {
        try Self.checkReferenceSystem(members)
        let type = members["type"]?.stringValue ?? ""
        if type == "GeometryCollection" { return try collection(members["geometries"], depth: depth) }
        guard case .array(let coordinates)? = members["coordinates"] else {
            throw Self.failure(
                "\(JSON.object(members).excerpt) has no array of coordinates.", zh: "\(JSON.object(members).excerpt) 缺少 coordinates 数组。")
        }
        var shape = GeoShape()
        switch type {
        case "Point": shape.points = [try position(.array(coordinates))]
        case "MultiPoint": shape.points = try points(.array(coordinates), atLeast: 1)
        case "LineString": shape.lines = [try line(.array(coordinates))]
        case "MultiLineString":
            for element in coordinates { shape.lines.append(try line(element)) }
        case "Polygon": shape.polygons = [try polygon(.array(coordinates))]
        case "MultiPolygon":
            for element in coordinates { shape.polygons.append(try polygon(element)) }
        default:
            throw Self.failure(
                "GeoJSON has no type \"\(type)\"; use Point, LineString, Polygon, MultiPoint, MultiLineString, MultiPolygon or GeometryCollection.",
                zh: "GeoJSON 没有类型“\(type)”；可用 Point、LineString、Polygon、MultiPoint、MultiLineString、MultiPolygon、GeometryCollection。")
        }
        if coordinates.isEmpty { throw Self.failure("\(type) has no coordinates.", zh: "\(type) 的 coordinates 为空。") }
        return shape
    }

    private mutating func collection(_ geometries: JSON?, depth: Int) throws(QueryError) -> GeoShape {
        guard case .array(let elements)? = geometries, !elements.isEmpty, depth < 4 else {
            throw Self.failure(
                "A GeometryCollection has a non-empty array of geometries and few levels of them.",
                zh: "GeometryCollection 需要非空的 geometries 数组，且嵌套层数不能过多。")
        }
        var shape = GeoShape()
        for element in elements {
            guard case .object(let members) = element else {
                throw Self.failure("\(element.excerpt) is no geometry.", zh: "\(element.excerpt) 不是几何对象。")
            }
            shape.add(try geometry(members, depth: depth + 1))
        }
        return shape
    }

    /// Longitude and latitude by WGS 84 are meant; nothing else is known.
    private static func checkReferenceSystem(_ members: JSONObject) throws(QueryError) {
        guard let system = members["crs"] else { return }
        let known = ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"]
        guard let name = system["properties"]?["name"]?.stringValue, known.contains(name) else {
            throw failure(
                "Only longitude and latitude by WGS 84 are known, not the crs \(system.excerpt); leave crs out.",
                zh: "只支持 WGS 84 经纬度，不支持 crs \(system.excerpt)；请去掉 crs。")
        }
    }

    private mutating func position(_ value: JSON) throws(QueryError) -> GeoVector {
        guard case .array(let parts) = value, parts.count >= 2, let longitude = parts[0].doubleValue, let latitude = parts[1].doubleValue
        else {
            throw Self.failure("A position is [longitude, latitude], not \(value.excerpt).", zh: "坐标应为 [经度, 纬度]，而不是 \(value.excerpt)。")
        }
        return try position(longitude, latitude)
    }

    mutating func position(_ longitude: Double, _ latitude: Double) throws(QueryError) -> GeoVector {
        guard abs(longitude) <= 180, abs(latitude) <= 90 else {
            throw Self.failure(
                "Longitude lies between -180 and 180 and latitude between -90 and 90, not [\(longitude), \(latitude)]; longitude comes first.",
                zh: "经度应在 -180 到 180、纬度应在 -90 到 90 之间，而不是 [\(longitude), \(latitude)]；经度在前。")
        }
        positions += 1
        if isStrict, positions > Self.maximumPositions {
            throw QueryError(
                .limit, "A geometry can have at most \(Self.maximumPositions) positions; simplify it.", zh: "一个几何对象最多 \(Self.maximumPositions) 个坐标；请简化。")
        }
        return GeoVector(longitude: longitude, latitude: latitude)
    }

    /// Positions in a row, repetitions of the one before left out.
    private mutating func points(_ value: JSON, atLeast least: Int, isRing: Bool = false) throws(QueryError) -> [GeoVector] {
        guard case .array(let elements) = value, elements.count >= least else {
            throw Self.failure(
                "At least \(least) positions are needed, not \(value.excerpt).", zh: "至少需要 \(least) 个坐标，而不是 \(value.excerpt)。")
        }
        if isRing, elements.first != elements.last {
            throw Self.failure(
                "A ring ends where it begins: repeat its first position at the end of \(value.excerpt).",
                zh: "环必须闭合：请在 \(value.excerpt) 末尾重复第一个坐标。")
        }
        var points: [GeoVector] = []
        for element in elements {
            let point = try position(element)
            if least == 1 || points.last.map({ $0.angle(to: point) > GeoArc.tolerance }) ?? true { points.append(point) }
        }
        return points
    }

    private mutating func line(_ value: JSON) throws(QueryError) -> GeoLine {
        let line = GeoLine(try points(value, atLeast: 2))
        guard line.points.count >= 2 else {
            throw Self.failure("A line needs two different positions, not \(value.excerpt).", zh: "线至少需要两个不同的坐标，而不是 \(value.excerpt)。")
        }
        for arc in line.arcs where arc.start.dot(arc.end) < -1 + 1e-12 {
            throw Self.failure(
                "The line \(value.excerpt) leads to the opposite side of the earth in one step; add a position between.",
                zh: "线 \(value.excerpt) 有一段直达地球另一侧；请在中间加一个坐标。")
        }
        return line
    }

    private mutating func ring(_ value: JSON) throws(QueryError) -> GeoRing {
        let points = try points(value, atLeast: 4, isRing: true)
        guard points.count >= 4 else {
            throw Self.failure("A ring needs three different positions, not \(value.excerpt).", zh: "环至少需要三个不同的坐标，而不是 \(value.excerpt)。")
        }
        guard let ring = GeoRing(points) else {
            throw Self.failure(
                "The polygon \(value.excerpt) is larger than a hemisphere; divide it.", zh: "多边形 \(value.excerpt) 超过半个地球；请拆分。")
        }
        if isStrict, ring.crossesItself {
            throw Self.failure(
                "The edges of the polygon \(value.excerpt) cross or touch each other; put its corners in order.",
                zh: "多边形 \(value.excerpt) 的边相交或相接；请按顺序排列顶点。")
        }
        return ring
    }

    private mutating func polygon(_ value: JSON) throws(QueryError) -> GeoPolygon {
        guard case .array(let elements) = value, let first = elements.first else {
            throw Self.failure("A polygon is an array of rings, not \(value.excerpt).", zh: "多边形应为环的数组，而不是 \(value.excerpt)。")
        }
        let outer = try ring(first)
        var holes: [GeoRing] = []
        for element in elements.dropFirst() {
            let hole = try ring(element)
            if isStrict, hole.points.contains(where: { outer.side(of: $0) == .outside }) {
                throw Self.failure(
                    "The hole \(element.excerpt) lies outside of its polygon; the first ring is the outer one.",
                    zh: "洞 \(element.excerpt) 超出了多边形；第一个环应是外环。")
            }
            holes.append(hole)
        }
        return GeoPolygon(outer: outer, holes: holes)
    }
}
