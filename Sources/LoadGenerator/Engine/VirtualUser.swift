internal import NIOCore

/// One user on a journey, who has at most one request underway.
///
/// Lives on the generator's event loop.
final class VirtualUser {
    let number: Int
    /// The place of the journey in the scenario.
    let journey: Int
    /// When the user arrived, in nanoseconds since the run began, as all moments here.
    let arrived: Int64
    /// The place of the step in the journey.
    var step = 0
    /// How often this step's request was made, this time included.
    var tries = 1
    /// When the request is meant to be sent: latency counts from here.
    var due: Int64
    /// When the generator turned to it.
    var turnedTo: Int64 = 0
    /// When it was sent; nil while it waits for a connection.
    var sent: Int64?
    /// What templates say of the user.
    var values: [String]
    /// The request's bytes, the same for every try.
    var request = ByteBuffer()

    init(number: Int, journey: Int, arrived: Int64, values: [String]) {
        (self.number, self.journey, self.arrived, self.values) = (number, journey, arrived, values)
        due = arrived
    }
}

/// Users who wait for their moment, the earliest first: a binary heap.
struct SleepingUsers {
    private var heap: [VirtualUser] = []

    var isEmpty: Bool { heap.isEmpty }
    var count: Int { heap.count }

    /// The earliest moment.
    var nextDue: Int64? { heap.first?.due }

    mutating func insert(_ user: VirtualUser) {
        heap.append(user)
        var child = heap.count - 1
        while child > 0, case let parent = (child - 1) / 2, heap[child].due < heap[parent].due {
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the user whose moment is the earliest.
    mutating func removeFirst() -> VirtualUser? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while case let left = 2 * parent + 1, left < heap.count {
            let child = left + 1 < heap.count && heap[left + 1].due < heap[left].due ? left + 1 : left
            guard heap[child].due < heap[parent].due else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }

    /// Takes everybody, in no order.
    mutating func removeAll() -> [VirtualUser] {
        defer { heap = [] }
        return heap
    }
}
