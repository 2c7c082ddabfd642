/// The greatest of some numbers, at most `room` of them, and their sum.
struct Greatest {
    private let values: UnsafeMutablePointer<Int64>
    private let room: Int
    private var count = 0
    private(set) var sum: Int64 = 0

    init(values: UnsafeMutablePointer<Int64>, room: Int) {
        self.values = values
        self.room = room
    }

    /// How many it takes to reach a sum that all together reach.
    func count(reaching sum: Int64) -> Int {
        if sum == self.sum { return count }
        var (needed, reached): (Int, Int64) = (0, 0)
        while reached < sum {
            reached += values[needed]
            needed += 1
        }
        return needed
    }

    /// One of the numbers (0 is a new one) becomes greater.
    mutating func raise(_ old: Int64, to new: Int64) {
        var place = 0
        if old > 0, let known = (0..<count).first(where: { values[$0] == old }) {
            sum -= old
            place = known
        } else if count < room {
            place = count
            count += 1
        } else {
            // The smallest makes room, if it is smaller; `values` fall, so it is the last.
            guard values[count - 1] < new else { return }
            place = count - 1
            sum -= values[place]
        }
        while place > 0, values[place - 1] < new {
            values[place] = values[place - 1]
            place -= 1
        }
        values[place] = new
        sum += new
    }
}
