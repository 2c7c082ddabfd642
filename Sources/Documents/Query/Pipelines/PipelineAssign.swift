import Kernel

extension JSONObject {
    /// Writes a field (nil removes it), making objects on the way; an array on the way gets it in every element.
    mutating func assign(_ value: JSON?, at path: ArraySlice<FieldPath.Part>) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            self[first.name] = value
            return
        }
        if let place = index(ofKey: first.name) {
            modifyValue(at: place) { $0.assign(value, at: path.dropFirst()) }
        } else if value != nil {
            var inner = JSON.object(JSONObject())
            inner.assign(value, at: path.dropFirst())
            append(first.name, inner)
        }
    }
}

extension JSON {
    fileprivate mutating func assign(_ value: JSON?, at path: ArraySlice<FieldPath.Part>) {
        switch self {
        case .array(let elements):
            self = .array(
                elements.map { element in
                    var changed = element
                    changed.assign(value, at: path)
                    return changed
                })
        case .object(var members):
            self = .null
            members.assign(value, at: path)
            self = .object(members)
        default:
            guard value != nil else { return }
            var members = JSONObject()
            members.assign(value, at: path)
            self = .object(members)
        }
    }
}
