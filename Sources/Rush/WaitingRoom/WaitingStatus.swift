internal import HTTPSupport
internal import Kernel

/// What everybody who waits is told, the same for all: made once a second.
///
/// With it and their ticket clients know their place, how long it will take, and when to ask again.
enum WaitingStatus {
    /// Nobody asks more often than this.
    static let pollLeast: Int64 = 2000
    /// Nobody asks less often than this, unless there are too many.
    static let pollMost: Int64 = 20_000
    /// So many of those who are far from their turn may ask each second; those who are near come on top.
    private static let pollsPerSecond = 4000
    /// Their turn is divided by this: who is far from it need not look often.
    static let pollShare = 3.0

    static func json(_ room: WaitingRoom, now: Int64) -> JSON {
        var object: JSONObject = ["phase": .string(room.phase.rawValue), "room": .int(room.epoch), "now": .int(now)]
        if let opensAt = room.settings.opensAt, room.phase != .open, opensAt > now { object["opensAt"] = .int(opensAt) }
        if room.phase != .closed {
            object["poll"] = ["leastMilliseconds": .int(pollLeast), "mostMilliseconds": .int(pollMost(room.waiting))]
            object["lines"] = .object(
                JSONObject(WaitingRoom.Lane.allCases.map { ($0.word, line(room, $0, now)) }))
            let message = room.settings.message
            if !message.en.isEmpty || !message.zh.isEmpty { object["message"] = ["en": .string(message.en), "zh": .string(message.zh)] }
        }
        return .object(object)
    }

    private static func line(_ room: WaitingRoom, _ lane: WaitingRoom.Lane, _ now: Int64) -> JSON {
        let (line, speed) = (room[lane], room.speed(lane, now: now))
        return [
            "called": .int(Int64(line.called)), "drawn": .int(Int64(line.drawn)), "waiting": .int(Int64(line.waiting)),
            "perSecond": .double((speed.perSecond * 1000).rounded() / 1000), "error": .double((speed.error * 100).rounded() / 100),
        ]
    }

    static func pollMost(_ waiting: Int) -> Int64 { max(pollMost, Int64(waiting) * 1000 / Int64(pollsPerSecond)) }

    /// The answer to `GET /v1/waiting-room`; caches in between may give it to others for a second.
    static func answer(_ room: WaitingRoom, _ environment: EnvironmentID, now: Int64) -> DoorAnswer {
        DoorAnswer(
            status: 200, reason: "OK", fields: [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "public, max-age=1")],
            body: json(room, now: now).serialized())
    }

    /// How long somebody waits who has so many in front of them.
    static func seconds(ahead: Int, _ speed: (perSecond: Double, error: Double)) -> (least: Int, most: Int) {
        let seconds = Double(ahead + 1) / max(0.01, speed.perSecond)
        // Few come at uneven intervals.
        let error = min(0.9, max(speed.error, 1 / Double(ahead + 1).squareRoot()))
        return (Int(seconds * (1 - error)), Int((seconds * (1 + error)).rounded(.up)))
    }
}
