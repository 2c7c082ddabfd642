public import Kernel

/// What users are who arrive, and what they do: a mix of journeys, with what tells users apart.
public struct Scenario: Sendable {
    /// The most journeys of a mix, and the most steps of a journey.
    public static let journeysMax = 32
    /// The most steps of a journey.
    public static let stepsMax = 32

    let journeys: [CompiledJourney]
    let users: UserTable

    /// A mix of journeys.
    ///
    /// - Parameters:
    ///   - users: What tells the users apart.
    /// - Throws: `BAD_JOURNEY` for a request that cannot be made, a value that no earlier step captures, a weight that is none.
    public init(_ journeys: [Journey], users: UserTable = .none) throws(SampanError) {
        guard (1...Self.journeysMax).contains(journeys.count), Set(journeys.map(\.name)).count == journeys.count else {
            throw .badJourney(
                "journeys", Localized("1 to \(Self.journeysMax) journeys with different names are needed.", zh: "需要 1 至 \(Self.journeysMax) 个名称互不相同的旅程。"))
        }
        var compiled: [CompiledJourney] = []
        for journey in journeys { compiled.append(try CompiledJourney(journey, users)) }
        (self.journeys, self.users) = (compiled, users)
    }

    /// One request, the same for everybody.
    public init(_ name: String, _ request: RequestTemplate, retry: RetryPolicy = .never) throws(SampanError) {
        try self.init([Journey(name, retry: retry, steps: [JourneyStep(name, request)])])
    }

    /// The journey of the next user.
    func choose(_ random: inout SeededRandom) -> Int {
        guard journeys.count > 1 else { return 0 }
        var point = random.unit() * journeys.reduce(0) { $0 + $1.weight }
        for (place, journey) in journeys.enumerated() {
            point -= journey.weight
            if point < 0 { return place }
        }
        return journeys.lastIndex { $0.weight > 0 } ?? 0
    }
}

/// What tells users apart: a row of values for each of them, such as tokens that were made beforehand.
///
/// Where more users arrive than there are rows, they begin again at the first.
public struct UserTable: Sendable {
    /// What the values are called in templates.
    public let columns: [String]
    /// The values of each user, in the order of the columns.
    public let rows: [[String]]

    /// Users who have nothing of their own but their number.
    public static let none = UserTable(unchecked: [], [])

    /// A table.
    ///
    /// - Throws: `BAD_JOURNEY` where a row has not one value for each column, or a value has control characters.
    public init(columns: [String], rows: [[String]]) throws(SampanError) {
        guard !rows.isEmpty, rows.allSatisfy({ $0.count == columns.count }) else {
            throw .badJourney("users", Localized("each user needs one value for each column.", zh: "每个用户的每一列都需要有值。"))
        }
        guard rows.allSatisfy({ $0.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } } }) else {
            throw .badJourney("users", Localized("values have no control characters.", zh: "值中不能包含控制字符。"))
        }
        self.init(unchecked: columns, rows)
    }

    private init(unchecked columns: [String], _ rows: [[String]]) { (self.columns, self.rows) = (columns, rows) }

    func row(of user: Int) -> [String] { rows.isEmpty ? [] : rows[user % rows.count] }
}
