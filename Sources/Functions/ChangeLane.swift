/// The changes that one trigger works through: a pure value that says what may start, and how far everything is done.
///
/// Changes of one document run one after the other, those of different documents beside each other. The place that is done grows
/// only without gaps, so that a crash runs again what may not have finished, and nothing is lost.
struct ChangeLanes<Change> {
    /// How many run at once.
    let runningMax: Int
    /// How many may wait for one another: then nothing more is read.
    let waitingMax: Int

    private var waiting: [String: [(place: Int64, change: Change)]] = [:]
    private var order: [String] = []
    private var running: Set<String> = []
    private var open: Set<Int64> = []
    /// Up to where changes were read.
    private(set) var read: Int64

    init(from place: Int64, runningMax: Int = 8, waitingMax: Int = 500) {
        read = place
        self.runningMax = runningMax
        self.waitingMax = waitingMax
    }

    /// Whether more may be read.
    var hasRoom: Bool { open.count < waitingMax }

    /// Up to where everything is done.
    var done: Int64 { open.min().map { $0 - 1 } ?? read }

    /// Whether nothing is left to do of what was read.
    var isIdle: Bool { open.isEmpty }

    /// Takes what was read.
    mutating func add(_ changes: [(place: Int64, document: String, change: Change)], upTo place: Int64) {
        for (place, document, change) in changes {
            open.insert(place)
            if waiting[document] == nil { order.append(document) }
            waiting[document, default: []].append((place, change))
        }
        read = max(read, place)
    }

    /// The changes that may start now.
    mutating func start() -> [(place: Int64, document: String, change: Change)] {
        var started: [(place: Int64, document: String, change: Change)] = []
        for document in order where !running.contains(document) {
            guard running.count < runningMax else { break }
            guard let first = waiting[document]?.first else { continue }
            running.insert(document)
            started.append((first.place, document, first.change))
        }
        return started
    }

    /// One has finished, well or for good.
    mutating func finish(_ place: Int64, of document: String) {
        running.remove(document)
        open.remove(place)
        waiting[document]?.removeFirst()
        if waiting[document]?.isEmpty == true {
            waiting[document] = nil
            order.removeAll { $0 == document }
        }
    }
}
