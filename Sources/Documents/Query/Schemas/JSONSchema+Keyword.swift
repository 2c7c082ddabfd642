extension SchemaRule {
    /// The keyword that says it, for whoever looks for it in the schema.
    var keyword: String {
        switch self {
        case .type: "bsonType"
        case .oneOfValues: "enum"
        case .maximum: "maximum"
        case .minimum: "minimum"
        case .multiple: "multipleOf"
        case .length(let range): Self.bound(range, "minLength", "maxLength")
        case .pattern: "pattern"
        case .itemCount(let range): Self.bound(range, "minItems", "maxItems")
        case .uniqueItems: "uniqueItems"
        case .items: "items"
        case .itemsInRow: "additionalItems"
        case .memberCount(let range): Self.bound(range, "minProperties", "maxProperties")
        case .required: "required"
        case .members: "additionalProperties"
        case .dependencies: "dependencies"
        case .all: "allOf"
        case .any: "anyOf"
        case .one: "oneOf"
        case .not: "not"
        }
    }

    /// One rule of both bounds is said by whichever of them there is.
    private static func bound(_ range: ClosedRange<Int>, _ least: String, _ most: String) -> String {
        if range.upperBound == .max { return least }
        return range.lowerBound == 0 ? most : "\(least)/\(most)"
    }
}
