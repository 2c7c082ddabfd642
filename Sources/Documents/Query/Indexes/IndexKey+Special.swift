import Kernel

extension IndexDefinition {
    func specialEntries(_ keys: Set<[UInt8]>, most: Int) throws(QueryError) -> IndexEntries {
        if keys.count > most {
            throw QueryError(
                .limit, "A document has more than \(most) keys in the index \"\(name)\"; divide it or index a shorter field.",
                zh: "文档在索引“\(name)”中的键超过 \(most) 个；请拆分文档或索引较短的字段。")
        }
        return IndexEntries(keys: keys.sorted { $0.lexicographicallyPrecedes($1) }, isMultikey: keys.count > 1)
    }

    /// One key for each different term.
    func textKeys(of document: JSONObject) -> Set<[UInt8]> {
        Set((textContext?.terms(of: document) ?? []).map { KeyEncoder.encode(.value(.string($0))) })
    }

    /// The cells that cover the places in the field; a missing field, null and an empty array have none.
    ///
    /// Anything else that is no place is refused, so that no query can miss it.
    func geoKeys(of document: JSONObject) throws(QueryError) -> Set<[UInt8]> {
        guard let field = fields.first else { return [] }
        var values: [JSON] = []
        _ = try FieldPath(field.path).anyValue(in: document, expandsLastArray: false) { value in
            if let value, !value.isNull { values.append(value) }
            return false
        }
        var keys: Set<[UInt8]> = []
        for value in values {
            do throws(QueryError) {
                for shape in try GeoReader.shapes(in: value, isStrict: true) { keys.formUnion(GeoCovering.cells(of: shape).map(\.key)) }
            } catch {
                throw QueryError(
                    .invalidDocument, "The geo index \"\(name)\" cannot take \"\(field.path)\": \(error.message)",
                    zh: "地理索引“\(name)”无法收录“\(field.path)”：\(error.messageZh)")
            }
        }
        return keys
    }
}
