import Kernel

/// The order in which an update treats fields, which is also how it finds two changes to one field.
enum UpdateOrder {
    /// Numbers before names; numbers by size, names by their bytes.
    ///
    /// A path stands directly before the paths inside it.
    static func precedes(_ left: FieldPath, _ right: FieldPath) -> Bool {
        for (a, b) in zip(left.parts, right.parts) {
            let order: Precedence =
                switch (a.index, b.index) {
                case (let x?, let y?): Precedence(x, y)
                case (.some, nil): .ascending
                case (nil, .some): .descending
                case (nil, nil): a.name.bytePrecedence(to: b.name)
                }
            if order != .same { return order == .ascending }
        }
        return left.parts.count < right.parts.count
    }

    /// Refuses paths of which two are the same or one leads into the other.
    static func refuseConflicts(_ paths: [FieldPath]) throws(QueryError) {
        let sorted = paths.sorted(by: precedes)
        for (first, second) in zip(sorted, sorted.dropFirst()) where second.starts(with: first) {
            throw QueryError(
                .invalidUpdate, "The update changes \"\(second.text)\" twice or together with \"\(first.text)\" around it.",
                zh: "更新中“\(second.text)”被修改两次，或与其外层“\(first.text)”冲突。")
        }
    }
}
