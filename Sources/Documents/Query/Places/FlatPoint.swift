import Kernel

/// A point of the plane that longitude and latitude span, as MongoDB's older operators see it.
struct FlatPoint: Sendable, Hashable {
    var x: Double
    var y: Double

    init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    /// `[x, y]` or an object that begins with two numbers.
    init?(legacy value: JSON) {
        let pair: [JSON] =
            switch value {
            case .array(let elements): elements
            case .object(let members): Array(members.values.prefix(2))
            default: []
            }
        guard pair.count >= 2, let x = pair[0].doubleValue, let y = pair[1].doubleValue, x.isFinite, y.isFinite else { return nil }
        self.init(x: x, y: y)
    }

    /// The points in a field: legacy ones and GeoJSON's `Point`, alone or in an array.
    static func points(in value: JSON) -> [FlatPoint] {
        if let point = point(value) { return [point] }
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap { point($0) }
    }

    private static func point(_ value: JSON) -> FlatPoint? {
        if value["type"] == "Point" { return value["coordinates"].flatMap { FlatPoint(legacy: $0) } }
        return FlatPoint(legacy: value)
    }
}
