import Foundation
import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite struct QueryGeoTests {
    static func point(_ longitude: Double, _ latitude: Double) -> JSON {
        ["type": "Point", "coordinates": [.double(longitude), .double(latitude)]]
    }

    @Test func measuresDistances() throws {
        let beijing = Self.point(116.4074, 39.9042)
        let filter = try Filter(["p": ["$near": ["$geometry": beijing]]])
        let nearness = try #require(filter.nearness)
        // A degree of latitude is 6378100 m × π / 180.
        #expect(abs(try #require(nearness.distance(of: ["p": Self.point(116.4074, 40.9042)])) - 111_318.845) < 0.01)
        #expect(nearness.distance(of: ["p": beijing]) == 0)
        #expect(nearness.distance(of: [:]) == nil)
        let shanghai = try #require(nearness.distance(of: ["p": Self.point(121.4737, 31.2304)]))
        #expect((1_065_000...1_071_000).contains(shanghai))
        // The nearest of several places, a line's nearest point, and 0 inside of a polygon.
        #expect(nearness.distance(of: ["p": [Self.point(0, 0), Self.point(121.4737, 31.2304)]]) == shanghai)
        let line: JSON = ["type": "LineString", "coordinates": [[116.4074, 30], [116.4074, 39]]]
        #expect(abs(try #require(nearness.distance(of: ["p": line])) - 0.9042 * 111_318.845) < 0.1)
        let square: JSON = ["type": "Polygon", "coordinates": [[[116, 39], [117, 39], [117, 40], [116, 40], [116, 39]]]]
        #expect(nearness.distance(of: ["p": square]) == 0)
        #expect(nearness.field == "p")
        #expect(nearness.metric == .meters)
        #expect(nearness.maximum == .infinity)
    }

    @Test func ordersByDistance() throws {
        let nearness = try #require(try Filter(json("{\"p\":{\"$near\":[0,0],\"$minDistance\":1,\"$maxDistance\":8}}")).nearness)
        let documents: [JSONObject] = [["p": [5, 0]], ["p": [0, 2]], ["q": 1], ["p": [9, 0]], ["p": [0, 0.5]], ["p": [3, 4]]]
        #expect(nearness.sorted(documents) == [["p": [0, 2]], ["p": [5, 0]], ["p": [3, 4]]])
        #expect(nearness.metric == .degrees)
        #expect(try Filter(json("{\"a\":1}")).nearness == nil)
    }

    /// In a small place the sphere is as flat as the plane.
    @Test func agreesWithThePlaneWhereItIsFlat() throws {
        var random = SeededGenerator(seed: 61)
        var inside = 0
        for _ in 0..<300 {
            let center = (Double(random.below(300)) - 150, Double(random.below(120)) - 60)
            // A star around the center: its corners by rising angles never make edges cross.
            let corners = (0..<3 + random.below(8)).map { _ in Double(random.below(6283)) / 1000 }.sorted().map { angle in
                let size = 0.0005 + Double(random.below(1000)) / 1e6
                return (center.0 + size * cos(angle), center.1 + size * sin(angle))
            }
            let ring = JSON.array((corners + [corners[0]]).map { [.double($0.0), .double($0.1)] })
            guard let sphere = try? Filter(["p": ["$geoWithin": ["$geometry": ["type": "Polygon", "coordinates": [ring]]]]]) else { continue }
            let plane = try Filter(["p": ["$geoWithin": ["$polygon": .array(corners.map { [.double($0.0), .double($0.1)] })]]])
            for _ in 0..<20 {
                let offset = { (random: inout SeededGenerator) in (Double(random.below(3000)) - 1500) / 1e6 }
                let document: JSONObject = ["p": [.double(center.0 + offset(&random)), .double(center.1 + offset(&random))]]
                #expect(sphere.matches(document) == plane.matches(document), "\(ring.text) \(document)")
                if plane.matches(document) { inside += 1 }
            }
        }
        #expect(inside > 500)
    }

    /// What lies within a polygon also meets it, and meeting is mutual.
    @Test func relationsAgree() throws {
        var random = SeededGenerator(seed: 62)
        var within = 0
        var meeting = 0
        for _ in 0..<3000 {
            let (one, other) = (Self.shape(&random), Self.shape(&random))
            let oneMeets = try Filter(["p": ["$geoIntersects": ["$geometry": one]]]).matches(["p": other])
            let otherMeets = try Filter(["p": ["$geoIntersects": ["$geometry": other]]]).matches(["p": one])
            #expect(oneMeets == otherMeets, "\(one.text) \(other.text)")
            if oneMeets { meeting += 1 }
            #expect(try Filter(["p": ["$geoIntersects": ["$geometry": one]]]).matches(["p": one]))
            guard one["type"] == "Polygon" else { continue }
            #expect(try Filter(["p": ["$geoWithin": ["$geometry": one]]]).matches(["p": one]), "\(one.text)")
            if try Filter(["p": ["$geoWithin": ["$geometry": one]]]).matches(["p": other]) {
                within += 1
                #expect(oneMeets, "\(one.text) \(other.text)")
            }
        }
        #expect(within > 20)
        #expect(meeting > 100)
    }

    /// A point, a line or a polygon, near others, of very different sizes.
    static func shape(_ random: inout SeededGenerator) -> JSON {
        let scale = random.choose([0.00001, 0.001, 5, 40])
        let center = random.choose([(0.0, 0.0), (179.9, 10), (116.4, 39.9), (10, -85)])
        func position(_ angle: Double, _ size: Double) -> JSON {
            var longitude = center.0 + size * scale * cos(angle)
            if longitude > 180 { longitude -= 360 }
            return [.double(longitude), .double(max(-89, min(89, center.1 + size * scale * sin(angle) * 0.5)))]
        }
        let angles = (0..<3 + random.below(5)).map { _ in Double(random.below(6283)) / 1000 }.sorted()
        let positions = angles.map { position($0, 0.2 + Double(random.below(80)) / 100) }
        switch random.below(3) {
        case 0: return ["type": "Point", "coordinates": positions[0]]
        case 1: return ["type": "LineString", "coordinates": .array(Array(positions.prefix(3)))]
        default:
            let polygon: JSON = ["type": "Polygon", "coordinates": [.array(positions + [positions[0]])]]
            // Where angles are equal or a ring surrounds a pole, it may be none.
            return (try? Filter(["p": ["$geoWithin": ["$geometry": polygon]]])) == nil ? ["type": "Point", "coordinates": positions[0]] : polygon
        }
    }

    @Test(.timeLimit(.minutes(1))) func boundsWhatAQueryCosts() throws {
        let ring = JSON.array(
            (0...8000).map { place -> JSON in
                let angle = place == 8000 ? 0 : Double(place) * 2 * .pi / 8000
                return [.double(10 * cos(angle)), .double(10 * sin(angle))]
            })
        let filter = try Filter(["p": ["$geoWithin": ["$geometry": ["type": "Polygon", "coordinates": [ring]]]]])
        #expect(filter.matches(["p": [1, 1]]))
        #expect(!filter.matches(["p": [11, 1]]))
        let many = JSON.array((0...10_000).map { [.double(Double($0) / 100), 0] })
        let error = #expect(throws: QueryError.self) { try Filter(["p": ["$geoIntersects": ["$geometry": ["type": "LineString", "coordinates": many]]]]) }
        #expect(error?.code == .limit)
    }
}
