import Kernel

/// Keeps documents in an order: all of them, or the first `limit` in memory for that many only.
struct SortBuffer<Payload> {
    private struct Entry {
        let key: SortKey
        let arrival: Int
        let payload: Payload
    }

    private let order: SortOrder
    private let limit: Int
    /// A heap whose first entry is the one to drop next, once `limit` is reached.
    private var heap: [Entry] = []
    private var arrivals = 0

    init(order: SortOrder, limit: Int?) {
        self.order = order
        self.limit = limit ?? .max
    }

    var count: Int { heap.count }

    /// Whether a payload with this key would stay for now.
    func accepts(_ key: SortKey) -> Bool {
        guard heap.count >= limit, let worst = heap.first else { return true }
        return order.compare(key, worst.key) == .ascending
    }

    /// Takes a payload; answers the one that is dropped for it (perhaps itself).
    @discardableResult
    mutating func insert(_ payload: Payload, key: SortKey) -> Payload? {
        let entry = Entry(key: key, arrival: arrivals, payload: payload)
        arrivals += 1
        if heap.count < limit {
            heap.append(entry)
            // Without a limit nothing is ever dropped, so the heap's shape is not needed.
            if limit != .max { siftUp() }
            return nil
        }
        guard let worst = heap.first, comesBefore(entry, worst) else { return payload }
        heap[0] = entry
        siftDown()
        return worst.payload
    }

    /// The payloads in order, equal ones as they arrived; none are left.
    mutating func drain() -> [Payload] {
        let sorted = heap.sorted(by: comesBefore)
        heap = []
        return sorted.map(\.payload)
    }

    private func comesBefore(_ left: Entry, _ right: Entry) -> Bool {
        switch order.compare(left.key, right.key) {
        case .ascending: true
        case .descending: false
        case .same: left.arrival < right.arrival
        }
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard comesBefore(heap[parent], heap[child]) else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var last = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && comesBefore(heap[last], heap[child]) { last = child }
            if last == parent { return }
            heap.swapAt(parent, last)
            parent = last
        }
    }
}
