internal import Forecast
internal import Foundation
internal import Kernel

/// Everything that is known of one environment's load.
struct EnvironmentLoad: Sendable {
    /// A function's share is that of its invocations of about so many minutes.
    private static let shareHalfLife = 180.0
    /// After so many minutes without an invocation nothing of an environment is held in memory.
    static let awakeMinutes = 8 * 1440

    var history = LoadHistory()
    var functions: [String: FunctionLoad] = [:]
    var said = SaidForecasts()
    var coldStarts = ColdStartCounts()
    /// The minute up to which it is written down which minutes were quiet.
    var seenUntil: Minute
    /// The minute of the newest invocation.
    var lastActive: Minute
    /// The newest local day that the pool has learned from.
    var pooledDay = 0

    /// What was learned from the history, and when; not kept on disk.
    var forecast: LoadForecast?
    var learnedAt: Minute?
    /// What opens without being announced.
    var launches: [Launch] = []
    /// The count of the busiest minute when it was learned last.
    var busiestMinute = 0
    /// Ten minutes of the (UTC) day in which nobody called in any of the last seven days; none where too little is known.
    var quietSlots: Set<Int> = []
    var savedAt: Minute
    var isChanged = false

    init(at minute: Minute) { (seenUntil, lastActive, savedAt) = (minute, minute, minute) }

    /// Takes what the recorder has read.
    mutating func add(_ tally: LoadRecorder.Tally, at now: Int64) {
        let minute = Minute(now / 60_000)
        for (minute, count) in tally.minutes { history.record(minute: minute, count: count) }
        let fading = pow(0.5, Double(max(0, minute - lastActive)) / Self.shareHalfLife)
        if fading < 1 { for name in functions.keys { functions[name]?.weight *= fading } }
        for (name, function) in tally.functions { functions[name, default: FunctionLoad()].add(function) }
        coldStarts.add(
            had: tally.functions.values.reduce(0) { $0 + $1.cold }, avoided: tally.functions.values.reduce(0) { $0 + $1.spared }, at: now)
        if tally.functions.values.contains(where: { $0.begun > 0 }) { lastActive = max(lastActive, minute) }
        isChanged = true
    }

    /// Notes the minutes before `minute` in which the node ran and nothing came.
    mutating func noteQuiet(before minute: Minute, _ up: UpTimes) {
        guard minute > seenUntil else { return }
        for range in up.seen(in: max(seenUntil, minute - history.days * 1440)..<minute) { history.recordQuiet(range) }
        // Nothing that has to be written down: it follows from when the node ran.
        seenUntil = minute
    }

    /// What is found out beside the forecast, whenever that is learned anew.
    mutating func learnHabits(before minute: Minute) {
        busiestMinute = Int(history.counts(in: history.span).max() ?? 0)
        var (calls, known) = ([Int](repeating: 0, count: 144), [Int](repeating: 0, count: 144))
        let start = minute - 7 * 1440
        for (place, count) in history.counts(in: start..<minute).enumerated() where count >= 0 {
            let slot = (start + place) % 1440 / 10
            calls[slot] += Int(count)
            known[slot] += 1
        }
        quietSlots = Set((0..<144).filter { calls[$0] == 0 && known[$0] >= 50 })
    }

    /// Whether nobody is to be expected in the coming minutes, whatever shops have in common: nobody came at this time of day in the last week, nor lately.
    func isQuietTime(at minute: Minute, ahead: Int) -> Bool {
        guard (minute / 10...(minute + ahead) / 10).allSatisfy({ quietSlots.contains($0 % 144) }) else { return false }
        return history.counts(in: minute - 30..<minute + 1).allSatisfy { $0 <= 0 }
    }

    /// Forgets functions that there are no longer.
    mutating func keepOnly(_ names: Set<String>) {
        if functions.keys.contains(where: { !names.contains($0) }) { functions = functions.filter { names.contains($0.key) || $0.value.inFlight > 0 } }
    }

    /// The shares of the environment's invocations that functions have, in their order; equal ones where nothing is known.
    func shares(_ names: [String]) -> [Double] {
        let weights = names.map { functions[$0]?.weight ?? 0 }
        let all = weights.reduce(0, +)
        return all > 0 ? weights.map { $0 / all } : names.map { _ in 1 / Double(max(1, names.count)) }
    }
}

extension EnvironmentLoad {
    /// What a stored file begins with.
    private static let mark = "sampan-load 1 "

    /// Why a stored file is refused.
    struct Damaged: Error, CustomStringConvertible {
        let description: String
    }

    /// As a file: a line with a mark and a checksum, then JSON.
    func bytes() -> [UInt8] {
        var named: JSONObject = [:]
        for (name, function) in functions.sorted(by: { $0.key < $1.key }) {
            named[name] = [
                "weight": .double((function.weight * 1000).rounded() / 1000), "duration": .double(function.duration),
                "idle": .string(Data(function.idle.bytes()).base64EncodedString()),
            ]
        }
        let content = JSON.object([
            "seenUntil": .int(Int64(seenUntil)), "lastActive": .int(Int64(lastActive)), "pooledDay": .int(Int64(pooledDay)),
            "history": .string(Data(history.bytes()).base64EncodedString()), "functions": .object(named), "said": said.json, "coldStarts": coldStarts.json,
        ]).serialized()
        return LoadFiles.sealed(content, mark: Self.mark)
    }

    /// Reads what `bytes()` gave.
    init(bytes: [UInt8], now: Minute) throws {
        let json = try JSON(parsing: LoadFiles.opened(bytes, mark: Self.mark))
        guard let seen = json["seenUntil"]?.intValue, let active = json["lastActive"]?.intValue, let day = json["pooledDay"]?.intValue,
            (0..<1_000_000_000).contains(seen), (0..<1_000_000_000).contains(active), let functions = json["functions"]?.objectValue
        else { throw Damaged(description: "a member is missing") }
        self.init(at: now)
        // A clock that was ahead is not believed.
        (seenUntil, lastActive, pooledDay) = (min(now, Int(seen)), min(now, Int(active)), Int(clamping: day))
        history = try LoadHistory(bytes: LoadFiles.base64(json["history"]))
        for (name, stored) in functions {
            var function = FunctionLoad()
            function.weight = Self.sensible(stored["weight"], upTo: 1e12)
            function.duration = Self.sensible(stored["duration"], upTo: 20_000)
            function.idle = try IdleHistogram(bytes: LoadFiles.base64(stored["idle"]))
            self.functions[name] = function
        }
        said = SaidForecasts(json["said"])
        coldStarts = ColdStartCounts(json["coldStarts"])
    }

    private static func sensible(_ json: JSON?, upTo limit: Double) -> Double {
        json?.doubleValue.flatMap { $0 >= 0 && $0 <= limit ? $0 : nil } ?? 0
    }
}
