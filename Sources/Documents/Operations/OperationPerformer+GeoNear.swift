internal import Kernel
internal import Storage

/// `$geoNear` by an index: from circles that grow until they hold enough.
extension OperationPerformer {
    private static let firstCircleMetres = 1000.0
    private static let circleGrowth = 8.0

    /// Where an index on places leads.
    struct IndexedPlace {
        let path: FieldPath
        /// The same question as a condition, which is what indexes are chosen by.
        let nearness: Nearness
        let condition: Filter
    }

    /// The field that an index can find places by; `nil` where none can, or distances are not those of the globe.
    ///
    /// Without a `key` it is that of the only index on places, as in MongoDB.
    func place(of near: GeoNear, _ collection: Collection) throws -> IndexedPlace? {
        guard let metre = near.metre else { return nil }
        let indexed = Set(collection.readable.filter { $0.kind == .geo }.compactMap { $0.fields.first?.path })
        guard let field = near.key?.text ?? (indexed.count == 1 ? indexed.first : nil), indexed.contains(field) else { return nil }
        var asked: JSONObject = ["$geometry": ["type": "Point", "coordinates": [.double(near.near.longitude), .double(near.near.latitude)]]]
        // A hair more than was asked for: what is measured in another way decides.
        if let maximum = near.maximum { asked["$maxDistance"] = .double(maximum / metre * 1.000_001 + 0.001) }
        let condition = try Filter([field: ["$near": .object(asked)]])
        return try condition.nearness.map { IndexedPlace(path: try FieldPath(field), nearness: $0, condition: condition) }
    }

    func run(
        _ pipeline: Pipeline, _ near: GeoNear, by place: IndexedPlace, _ collection: Collection, into sink: @escaping (JSONObject) throws -> Bool
    ) throws -> (plan: Plan, report: [StageReport]) {
        try readable(collection, near.query) { connection, filter in
            let reader = observing(connection, collection)
            // The planner knows which indexes have every document that can match.
            let best = plan(filter: filter.and(place.condition), sort: nil, indexes: collection.readable)
            let run = try pipelineRun(pipeline.rest(), connection, into: sink)
            guard case .near(let index, _) = best else {
                let other = plan(filter: filter, sort: nil, indexes: collection.readable)
                try reader.visit(filter, other) { try run.take($0) }
                try run.finish()
                return (other, run.report)
            }
            let found = try nearest(near, place, filter, index, reader) { try run.take($0) }
            try run.finish()
            return (found, run.report)
        }
    }

    /// Hands over at least the wanted number of nearest documents, in any order.
    private func nearest(
        _ near: GeoNear, _ place: IndexedPlace, _ filter: Filter, _ index: IndexDefinition, _ reader: DocumentReader, _ take: (JSONObject) throws -> Bool
    ) throws -> Plan {
        let farthest = place.nearness.farthest
        var near = near
        near.key = place.path
        var radius = near.limit == nil ? farthest : Self.firstCircleMetres
        while true {
            let isWhole = radius >= farthest
            let plan = Plan.geo(index, ranges: place.nearness.ranges(within: min(radius, farthest)))
            guard let wanted = near.limit, !isWhole else {
                try reader.visit(filter, plan, take)
                return plan
            }
            var found: [JSONObject] = []
            var inside = 0
            try reader.visit(filter, plan) { document in
                guard let distance = near.nearest(in: document)?.distance else { return true }
                found.append(document)
                // Beyond the circle there may be nearer ones than those that were found outside of it.
                if distance / (near.metre ?? 1) < radius * 0.999_999 { inside += 1 }
                return true
            }
            guard inside < wanted else {
                for document in found where try !take(document) { break }
                return plan
            }
            radius *= Self.circleGrowth
        }
    }
}
