/// The members of a JSON object, in their written order.
///
/// Lookup is linear: real objects are small, and comparing a few lengths beats hashing.
public struct JSONObject: Sendable {
    @usableFromInline var members: [Element]

    /// A member: its name and its value.
    public typealias Element = (key: String, value: JSON)

    /// An empty object.
    public init() { members = [] }

    /// Takes `pairs` in order; a repeated key keeps its first place and its last value.
    public init(_ pairs: some Sequence<(String, JSON)>) {
        members = []
        for (key, value) in pairs { self[key] = value }
    }

    /// Takes members whose keys the caller knows to be distinct.
    @usableFromInline init(distinct members: [Element]) { self.members = members }

    /// Makes room for `count` members.
    public mutating func reserveCapacity(_ count: Int) { members.reserveCapacity(count) }

    /// Adds a member without looking for an older one of that name: only for keys known to be new.
    @inlinable public mutating func append(_ key: String, _ value: JSON) { members.append((key, value)) }

    /// The place of `key`, or nil.
    @inlinable public func index(ofKey key: String) -> Int? {
        for place in members.indices where members[place].key.hasSameBytes(as: key) { return place }
        return nil
    }

    /// The value of `key`.
    ///
    /// Setting nil removes the member; setting a new key appends it.
    public subscript(key: String) -> JSON? {
        get { index(ofKey: key).map { members[$0].value } }
        set {
            switch (index(ofKey: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// Removes a member and answers its value.
    @discardableResult public mutating func removeValue(forKey key: String) -> JSON? {
        guard let place = index(ofKey: key) else { return nil }
        return members.remove(at: place).value
    }

    /// Puts a member first, or moves it there.
    public mutating func setFirst(_ key: String, _ value: JSON) {
        removeValue(forKey: key)
        members.insert((key, value), at: 0)
    }

    /// Changes the value at a place without copying what it holds.
    public mutating func modifyValue<Answer, Failure: Error>(
        at place: Int, _ change: (inout JSON) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try change(&members[place].value)
    }

    /// The names, in order.
    public var keys: some RandomAccessCollection<String> { members.lazy.map(\.key) }

    /// The values, in order.
    public var values: some RandomAccessCollection<JSON> { members.lazy.map(\.value) }
}

extension JSONObject: RandomAccessCollection {
    /// The first place.
    public var startIndex: Int { 0 }
    /// One past the last place.
    public var endIndex: Int { members.count }
    /// The member at a place.
    public subscript(position: Int) -> Element { members[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object with its keys in the written order.
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension JSONObject: Hashable {
    /// The same keys with equal values in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key.hasSameBytes(as: $1.key) && $0.value == $1.value }
    }

    /// Feeds keys and values in order.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(members.count)
        for member in members {
            member.key.hashBytes(into: &hasher)
            member.value.hash(into: &hasher)
        }
    }
}
