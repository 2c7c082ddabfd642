import Kernel

extension Filter {
    /// The place of the array element that made a document match, for the `$` of an update.
    ///
    /// Asked are the conditions in their written order: first those on the array `names` itself, then the others. Nil when no condition
    /// went through an array.
    func matchedIndex(in document: JSONObject, of names: [String]) -> Int? {
        var found: [ArrayMatch] = []
        condition.collectMatches(in: document, into: &found)
        return (found.first { $0.names.elementsEqual(names) { $0.hasSameBytes(as: $1) } } ?? found.first)?.index
    }
}

/// An array that a condition went through, and the element at which it held.
struct ArrayMatch {
    let names: [String]
    let index: Int
}

extension Condition {
    fileprivate func collectMatches(in document: JSONObject, into found: inout [ArrayMatch]) {
        switch self {
        case .every(let parts): for part in parts { part.collectMatches(in: document, into: &found) }
        case .some(let parts): parts.first { $0.matches(document) }?.collectMatches(in: document, into: &found)
        case .field(let path, let predicate): predicate.collectMatches(at: path, in: document, into: &found)
        default: break
        }
    }
}

extension Predicate {
    fileprivate func collectMatches(at path: FieldPath, in document: JSONObject, into found: inout [ArrayMatch]) {
        switch self {
        case .value(let test): path.firstMatch(in: document) { $0.any(expandsLastArray: true) { test.passes($0) } }.map { found.append($0) }
        case .whole(let test):
            path.firstMatch(in: document) { place in
                // At the end of the path it is the element that is asked for, not the array.
                if place.isEnd { return test.isMet(byElement: place.element) }
                return place.any(expandsLastArray: false) { test.passes($0) }
            }.map { found.append($0) }
        case .every(let parts): for part in parts { part.collectMatches(at: path, in: document, into: &found) }
        case .some(let parts):
            parts.first { $0.holds(at: path, in: document) }?.collectMatches(at: path, in: document, into: &found)
        case .not: break
        }
    }
}

extension WholeTest {
    /// Whether an element is one that `$elemMatch` looks for.
    fileprivate func isMet(byElement element: JSON) -> Bool {
        switch self {
        case .elementMatches, .elementPasses: passes(.array([element]))
        default: false
        }
    }
}

extension FieldPath {
    /// An element of the first array on a path, and the way that is left from there.
    fileprivate struct Place {
        let path: FieldPath
        let next: Int
        let element: JSON
        var isEnd: Bool { next == path.parts.count }

        func any(expandsLastArray: Bool, _ test: (JSON?) -> Bool) -> Bool {
            if isEnd { return expandsLastArray && test(element) }
            guard case .object(let members) = element else { return false }
            return path.anyValue(in: members, from: next, expandsLastArray, test)
        }
    }

    /// The first element of the first array on the way for which `accepts` holds.
    ///
    /// A number in the path names an element itself, so that nothing has been searched for there.
    fileprivate func firstMatch(in document: JSONObject, _ accepts: (Place) -> Bool) -> ArrayMatch? {
        var value = JSON.object(document)
        for (place, part) in parts.enumerated() {
            guard case .object(let members) = value, let reached = members[part.name] else { return nil }
            guard case .array(let elements) = reached else {
                value = reached
                continue
            }
            let index = elements.firstIndex { accepts(Place(path: self, next: place + 1, element: $0)) }
            return index.map { ArrayMatch(names: parts[...place].map(\.name), index: $0) }
        }
        return nil
    }
}
