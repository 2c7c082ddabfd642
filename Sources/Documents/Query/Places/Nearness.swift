public import Kernel

/// What `$near` asks for: documents by their distance from a point, the nearest first.
public struct Nearness: Sendable {
    /// How a distance is measured.
    public enum Metric: Sendable {
        /// Metres on the earth's surface.
        case meters
        /// The angle on the sphere in radians, as `$nearSphere` with a legacy point has it.
        case radians
        /// Degrees in the plane, as `$near` with a legacy point has it.
        case degrees
    }

    let path: FieldPath
    let point: GeoVector
    private let flatPoint: FlatPoint
    /// The unit of all distances.
    public let metric: Metric
    /// The least distance that counts.
    public let minimum: Double
    /// The greatest distance that counts; infinite when none is given.
    public let maximum: Double

    /// The field that holds the places.
    public var field: String { path.text }

    /// The distance of a document's nearest place; nil when it has none or when that is too near or too far.
    public func distance(of document: JSONObject) -> Double? {
        var nearest: Double?
        _ = path.anyValue(in: document, expandsLastArray: false) { value in
            if let distance = value.flatMap({ self.distance(of: $0) }) { nearest = min(nearest ?? .infinity, distance) }
            return false
        }
        guard let nearest, nearest >= minimum, nearest <= maximum else { return nil }
        return nearest
    }

    private func distance(of value: JSON) -> Double? {
        if metric == .degrees { return FlatPoint.points(in: value).map { flatPoint.distance(to: $0) }.min() }
        let shapes = (try? GeoReader.shapes(in: value, isStrict: false)) ?? []
        return shapes.map { $0.distance(to: point) }.min().map { metric == .meters ? $0 * Earth.radius : $0 }
    }

    /// A distance as an angle on the sphere; in the plane there is none.
    func angle(_ distance: Double) -> Double? {
        switch metric {
        case .meters: distance / Earth.radius
        case .radians: distance
        case .degrees: nil
        }
    }

    /// The documents in order of their distance, those without one left out.
    public func sorted(_ documents: [JSONObject]) -> [JSONObject] {
        documents.compactMap { document in distance(of: document).map { (document, $0) } }
            .enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }
}

extension Nearness {
    /// The operators that ask for nearness, and those that stand beside them.
    static let names: Set<String> = ["$near", "$nearSphere", "$geoNear"]
    static let modifiers: Set<String> = ["$maxDistance", "$minDistance"]

    /// Reads `{"$near":{"$geometry":…,"$maxDistance":…}}` or `{"$near":[longitude, latitude],"$maxDistance":…}`.
    ///
    /// `operators` are those of the field `path`.
    init(_ name: String, _ operators: JSONObject, path: FieldPath) throws(QueryError) {
        self.path = path
        let operand = operators[name] ?? .null
        var limits = operators
        if case .object(let members) = operand, let geometry = members["$geometry"] {
            for (key, _) in members where key != "$geometry" && !Self.modifiers.contains(key) { throw Self.shapeError(name, operand) }
            let shape = try GeoTest.geometry(geometry)
            guard shape.points.count == 1, shape.lines.isEmpty, shape.polygons.isEmpty, geometry["type"] == "Point" else {
                throw Self.shapeError(name, operand)
            }
            limits = JSONObject(operators.filter { Self.modifiers.contains($0.key) } + members.map { ($0.key, $0.value) })
            metric = .meters
            point = shape.points[0]
            flatPoint = FlatPoint(x: point.longitude, y: point.latitude)
        } else {
            guard let flat = FlatPoint(legacy: operand) else { throw Self.shapeError(name, operand) }
            metric = name == "$nearSphere" ? .radians : .degrees
            flatPoint = flat
            var reader = GeoReader(isStrict: true)
            point = metric == .degrees ? GeoVector(longitude: flat.x, latitude: flat.y) : try reader.position(flat.x, flat.y)
        }
        minimum = try Self.limit("$minDistance", limits) ?? 0
        let third = try Self.third(operand)
        maximum = try Self.limit("$maxDistance", limits) ?? third ?? .infinity
    }

    /// `[longitude, latitude, maximum]` is an old way to give the greatest distance.
    private static func third(_ operand: JSON) throws(QueryError) -> Double? {
        guard case .array(let parts) = operand, parts.count > 2 else { return nil }
        return try limit("$maxDistance", ["$maxDistance": parts[2]])
    }

    private static func limit(_ name: String, _ members: JSONObject) throws(QueryError) -> Double? {
        guard let value = members[name] else { return nil }
        guard let distance = value.doubleValue, distance >= 0 else {
            throw QueryError(.invalidQuery, "\(name) needs a number of at least 0, not \(value.excerpt).", zh: "\(name) 需要不小于 0 的数，而不是 \(value.excerpt)。")
        }
        return distance
    }

    private static func shapeError(_ name: String, _ operand: JSON) -> QueryError {
        QueryError(
            .invalidQuery,
            "\(name) needs {\"$geometry\":{\"type\":\"Point\",\"coordinates\":[longitude, latitude]},\"$maxDistance\":metres}, not \(operand.excerpt).",
            zh: "\(name) 需要 {\"$geometry\":{\"type\":\"Point\",\"coordinates\":[经度, 纬度]},\"$maxDistance\":米}，而不是 \(operand.excerpt)。")
    }

    static func misplaced(_ name: String) -> QueryError {
        QueryError(
            .invalidQuery,
            "\(name) orders the whole answer: write it once, at a field of the query itself or of $and, not in $or, $nor, $not or $elemMatch.",
            zh: "\(name) 决定整个结果的顺序：只能出现一次，且直接写在查询的字段（或 $and）中，不能放在 $or、$nor、$not、$elemMatch 里。")
    }
}

extension Nearness {
    /// The distance of the opposite side of the earth, in the metric's unit; beyond ``maximum`` nothing need be looked for.
    public var farthest: Double { min(maximum, metric == .meters ? Earth.radius * .pi : .pi) }

    /// Where a geo index has the keys of all places within a distance of the point, in the metric's unit; in the plane everywhere.
    public func ranges(within distance: Double) -> [KeyRange] {
        guard let angle = angle(distance) else { return [.everything] }
        return GeoCovering.ranges(near: GeoCap(center: point, radius: min(angle, .pi)))
    }
}

extension Filter {
    /// What `$near` asks for, when the filter has one: it also means an order, the nearest first.
    public var nearness: Nearness? {
        for case .near(let nearness) in condition.conjuncts { return nearness }
        return nil
    }
}
