import Kernel

extension StageParser {
    func lookup(_ operand: JSON) throws(QueryError) -> Lookup {
        let members = try ExpressionParser.members(
            "$lookup", operand, required: ["as"], optional: ["from", "localField", "foreignField", "let", "pipeline"])
        guard (members["localField"] == nil) == (members["foreignField"] == nil), members["localField"] != nil || members["pipeline"] != nil else {
            throw QueryError(
                .invalidQuery, "$lookup needs localField and foreignField, or a pipeline, or all three.",
                zh: "$lookup 需要 localField 与 foreignField，或 pipeline，或三者同时给出。")
        }
        var variables: [Expression] = []
        var bound: [String] = []
        if let declared = members["let"], declared != [:] {
            guard case .object(let list) = declared, members["pipeline"] != nil else {
                throw OperatorError.wrongType("let", "an object of variables beside a pipeline", "与 pipeline 并用的变量对象", declared)
            }
            for (name, value) in list {
                bound.append(try ExpressionParser.variableName(name))
                variables.append(try expression(value))
            }
        }
        var equality: (localField: FieldPath, foreignField: FieldPath)?
        if let local = members["localField"], let foreign = members["foreignField"] {
            equality = (try Self.path("$lookup", local), try Self.path("$lookup", foreign))
        }
        let pipeline = try members["pipeline"].map { (json: JSON) throws(QueryError) in try nested(json, names: bound) }
        return Lookup(
            from: try source("$lookup", members["from"], pipeline), equality: equality, variables: variables, pipeline: pipeline,
            into: try Self.path("$lookup", members["as"] ?? .null))
    }

    func graphLookup(_ operand: JSON) throws(QueryError) -> GraphLookup {
        let members = try ExpressionParser.members(
            "$graphLookup", operand, required: ["from", "startWith", "connectFromField", "connectToField", "as"],
            optional: ["maxDepth", "depthField", "restrictSearchWithMatch"])
        func path(_ name: String) throws(QueryError) -> FieldPath { try Self.path("$graphLookup", members[name] ?? .null) }
        return GraphLookup(
            from: try Self.collection("$graphLookup", members["from"]), start: try expression(members["startWith"]),
            connectFrom: try path("connectFromField"), connectTo: try path("connectToField"), into: try path("as"),
            maximumDepth: try members["maxDepth"].map { (depth: JSON) throws(QueryError) in try count("maxDepth", depth, minimum: 0) },
            depthField: members["depthField"] == nil ? nil : try path("depthField"),
            restriction: try members["restrictSearchWithMatch"].map { (filter: JSON) throws(QueryError) in try Filter(filter) } ?? .all)
    }

    func union(_ operand: JSON) throws(QueryError) -> Union {
        if case .string = operand {
            return Union(from: try Self.collection("$unionWith", operand), pipeline: Pipeline(stages: []))
        }
        let members = try ExpressionParser.members("$unionWith", operand, required: [], optional: ["coll", "pipeline"])
        let pipeline = try nested(members["pipeline"] ?? [])
        return Union(from: try source("$unionWith", members["coll"], pipeline), pipeline: pipeline)
    }

    /// Where the documents come from: a collection, or `$documents` at the beginning of the pipeline.
    private func source(_ stage: String, _ name: JSON?, _ pipeline: Pipeline?) throws(QueryError) -> String? {
        guard pipeline?.ownDocuments != nil else { return try Self.collection(stage, name) }
        if name == nil { return nil }
        throw QueryError(
            .invalidQuery, "\(stage) takes a collection, or a pipeline that begins with $documents, not both.",
            zh: "\(stage) 只能在集合与以 $documents 开头的管道中二选一。")
    }

    static func collection(_ stage: String, _ json: JSON?) throws(QueryError) -> String {
        guard case .string(let name)? = json, !name.isEmpty, !name.startsWithDollar else {
            throw OperatorError.wrongType(stage, "the name of a collection", "集合名", json)
        }
        return name
    }

    static func path(_ stage: String, _ json: JSON) throws(QueryError) -> FieldPath {
        guard case .string(let text) = json else { throw OperatorError.wrongType(stage, "the path of a field", "字段路径", json) }
        return try FieldPath(text)
    }
}

extension GeoNear {
    init(_ operand: JSON) throws(QueryError) {
        let members = try ExpressionParser.members(
            "$geoNear", operand, required: ["near", "distanceField"],
            optional: [
                "key", "minDistance", "maxDistance", "query", "includeLocs", "distanceMultiplier", "spherical", "limit", "num", "uniqueDocs",
            ])
        guard let near = GeoPoint(members["near"]) else {
            throw OperatorError.wrongType(
                "$geoNear", "a point {\"type\":\"Point\",\"coordinates\":[longitude,latitude]} in near",
                " near 为坐标点 {\"type\":\"Point\",\"coordinates\":[经度,纬度]}",
                members["near"])
        }
        func number(_ name: String) throws(QueryError) -> Double? {
            guard let value = members[name] else { return nil }
            guard let number = value.doubleValue, number >= 0, number.isFinite else {
                throw OperatorError.wrongType(name, "a number of at least 0", "不小于 0 的数", value)
            }
            return number
        }
        func path(_ name: String) throws(QueryError) -> FieldPath? {
            try members[name].map { (value: JSON) throws(QueryError) in try StageParser.path("$geoNear", value) }
        }
        self.near = near
        key = try path("key")
        guard let distanceField = try path("distanceField") else { throw OperatorError.wrongType("distanceField", "a field", "字段", nil) }
        self.distanceField = distanceField
        placeField = try path("includeLocs")
        minimum = try number("minDistance")
        maximum = try number("maxDistance")
        multiplier = try number("distanceMultiplier") ?? 1
        query = try members["query"].map { (filter: JSON) throws(QueryError) in try Filter(filter) } ?? .all
        isSpherical = near.isGeoJSON || Expression.isTrue(members["spherical"])
        limit = try (members["limit"] ?? members["num"]).map { (value: JSON) throws(QueryError) in
            try StageParser(names: [], depth: 0).count("$geoNear", value, minimum: 1)
        }
    }
}
