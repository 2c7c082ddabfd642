import Kernel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A part of the sphere: a side of a cube around it, halved again and again in both directions, seen from the center.
///
/// All edges are parts of great circles. The number of a cell is the side, two bits for each halving and a bit that ends them, so that the
/// cells inside of a cell have the numbers around its own.
struct GeoCell: Sendable, Hashable {
    let side: UInt64
    let level: Int
    let column: UInt32
    let row: UInt32

    /// Cells at the last level measure about four centimetres.
    static let maximumLevel = 28

    /// The six sides of the cube.
    static let sides = (0..<6 as Range<UInt64>).map { GeoCell(side: $0, level: 0, column: 0, row: 0) }

    init(side: UInt64, level: Int, column: UInt32, row: UInt32) {
        self.side = side
        self.level = level
        self.column = column
        self.row = row
    }

    /// The smallest cell that holds a point.
    init(_ point: GeoVector) {
        let parts = [point.x, point.y, point.z]
        let axis = (0..<3).max { abs(parts[$0]) < abs(parts[$1]) } ?? 0
        let height = abs(parts[axis])
        side = UInt64(axis) << 1 | (parts[axis] < 0 ? 1 : 0)
        level = Self.maximumLevel
        column = Self.place(parts[(axis + 1) % 3] / height)
        row = Self.place(parts[(axis + 2) % 3] / height)
    }

    private static func place(_ coordinate: Double) -> UInt32 {
        let count = Double(1 << maximumLevel)
        return UInt32(max(0, min(count - 1, ((atan(coordinate) * 4 / .pi + 1) / 2 * count).rounded(.down))))
    }

    /// The four quarters.
    var children: [GeoCell] {
        [(0, 0), (0, 1), (1, 0), (1, 1)].map { GeoCell(side: side, level: level + 1, column: column << 1 | $0.0, row: row << 1 | $0.1) }
    }

    /// The cell around this one, one level up.
    var parent: GeoCell? {
        level == 0 ? nil : GeoCell(side: side, level: level - 1, column: column >> 1, row: row >> 1)
    }

    /// A cap that holds the cell: no point of it is further from the middle than a corner.
    var cap: GeoCap {
        let middle = point(0.5, 0.5)
        let reach = [point(0, 0), point(0, 1), point(1, 0), point(1, 1)].reduce(0.0) { max($0, middle.angle(to: $1)) }
        return GeoCap(center: middle, radius: reach)
    }

    /// A point of the cell, by parts of its width and height.
    private func point(_ across: Double, _ up: Double) -> GeoVector {
        let count = Double(UInt64(1) << UInt64(level))
        let coordinates = [(Double(column) + across) / count, (Double(row) + up) / count].map { tan(($0 * 2 - 1) * .pi / 4) }
        let axis = Int(side >> 1)
        var parts = [0.0, 0.0, 0.0]
        parts[axis] = side & 1 == 0 ? 1 : -1
        parts[(axis + 1) % 3] = coordinates[0]
        parts[(axis + 2) % 3] = coordinates[1]
        let vector = GeoVector(x: parts[0], y: parts[1], z: parts[2])
        return vector.normalized ?? vector
    }

    /// The bit that ends the halvings.
    private var lastBit: UInt64 { 1 << UInt64(60 - 2 * level) }

    private var number: UInt64 {
        var path: UInt64 = 0
        for bit in stride(from: level - 1, through: 0, by: -1) {
            path = path << 2 | UInt64(column >> UInt32(bit) & 1) << 1 | UInt64(row >> UInt32(bit) & 1)
        }
        return side << 61 | path << UInt64(61 - 2 * level) | lastBit
    }

    /// The key of the cell itself.
    var key: [UInt8] { Self.bytes(number) }

    /// The keys of the cell and of all cells inside.
    var range: KeyRange { KeyRange(lower: Self.bytes(number - (lastBit - 1)), upper: Self.bytes(number + lastBit)) }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
