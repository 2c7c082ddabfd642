import Kernel

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `$geoNear`: the documents by their distance from a point.
struct GeoNear: Sendable {
    let near: GeoPoint
    /// The field that holds the place; nil means the first field that does.
    var key: FieldPath?
    let distanceField: FieldPath
    let minimum: Double?
    let maximum: Double?
    let query: Filter
    let placeField: FieldPath?
    let multiplier: Double
    /// Whether distances lie on the globe rather than on a plane of degrees.
    let isSpherical: Bool
    var limit: Int?

    /// What stands for a metre in its distances; `nil` on a plane of degrees, which say nothing about metres.
    var metre: Double? { isSpherical ? (near.isGeoJSON ? 1 : 1 / GeoPoint.earthRadius) : nil }

    /// The nearest of a document's places; `nil` where it has none, or only such as are too near or too far.
    func nearest(in document: JSONObject) -> (place: JSON, distance: Double)? {
        guard let best = nearestPlace(in: document) else { return nil }
        if let minimum, best.distance < minimum { return nil }
        if let maximum, best.distance > maximum { return nil }
        return best
    }

    private func nearestPlace(in document: JSONObject) -> (place: JSON, distance: Double)? {
        var best: (place: JSON, distance: Double)?
        func offer(_ value: JSON?) {
            guard let value, let point = GeoPoint(value) else { return }
            let distance = distance(to: point)
            if best.map({ distance < $0.distance }) ?? true { best = (value, distance) }
        }
        guard let key else {
            offer(document.first { GeoPoint($0.value)?.isGeoJSON ?? false }?.value)
            return best
        }
        _ = key.anyValue(in: document, expandsLastArray: true) { value in
            offer(value)
            return false
        }
        return best
    }

    /// The distance in metres, or in radians (degrees on a plane) from a point written the old way.
    func distance(to point: GeoPoint) -> Double {
        guard isSpherical else { return hypot(point.longitude - near.longitude, point.latitude - near.latitude) }
        return near.angle(to: point) * (near.isGeoJSON ? GeoPoint.earthRadius : 1)
    }
}

/// A place on the globe.
struct GeoPoint: Sendable {
    let longitude: Double
    let latitude: Double
    let isGeoJSON: Bool

    /// In metres, as MongoDB has it.
    static let earthRadius = 6_378_100.0

    /// Reads `{"type":"Point","coordinates":[lng,lat]}`, `[lng,lat]` or an object whose first two members are numbers.
    init?(_ value: JSON?) {
        let pair: [JSON]
        switch value {
        case .object(let members)? where members["type"] == "Point":
            pair = members["coordinates"]?.arrayValue ?? []
            isGeoJSON = true
        case .object(let members)?:
            pair = members.map(\.value)
            isGeoJSON = false
        case .array(let elements)?:
            pair = elements
            isGeoJSON = false
        default: return nil
        }
        guard pair.count == 2, let longitude = pair[0].doubleValue, let latitude = pair[1].doubleValue, abs(longitude) <= 180, abs(latitude) <= 90
        else { return nil }
        self.longitude = longitude
        self.latitude = latitude
    }

    /// The angle at the centre of the globe, by the haversine formula.
    func angle(to other: GeoPoint) -> Double {
        let radians = Double.pi / 180
        let latitudes = sin((other.latitude - latitude) * radians / 2)
        let longitudes = sin((other.longitude - longitude) * radians / 2)
        let half = latitudes * latitudes + cos(latitude * radians) * cos(other.latitude * radians) * longitudes * longitudes
        return 2 * asin(min(1, half.squareRoot()))
    }
}

/// `$geoNear` at work.
final class GeoNearSink: StageSink {
    private let near: GeoNear
    private var buffer: SortBuffer<(document: PipelineDocument, bytes: Int)>

    init(_ near: GeoNear, _ surroundings: Surroundings) throws {
        self.near = near
        buffer = SortBuffer(order: try SortOrder(["distance": 1]), limit: near.limit)
        super.init(surroundings)
    }

    override func take(_ document: consuming PipelineDocument) throws -> Bool {
        guard near.query.matches(document.fields), let (place, distance) = near.nearest(in: document.fields) else { return true }
        var result = document
        result.fields.assign(.double(distance * near.multiplier), at: near.distanceField.parts[...])
        if let field = near.placeField { result.fields.assign(place, at: field.parts[...]) }
        let bytes = 120 + result.fields.heapBytes
        let dropped = buffer.insert((result, bytes), key: SortKey(values: [.value(.double(distance))]))
        if let dropped { release(1, bytes: dropped.bytes) }
        try hold(1, bytes: bytes)
        return true
    }

    override func finish() throws {
        for entry in buffer.drain() where try !pass(entry.document) { break }
        releaseAll()
        try super.finish()
    }
}
