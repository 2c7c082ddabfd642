public import HTTPSupport
internal import Kernel
public import ServiceLifecycle

/// Turns the waiting rooms once a second.
public struct WaitingRoomService: Service {
    private let rooms: WaitingRooms
    private let admission: AdmissionControl

    /// Makes it.
    public init(_ rooms: WaitingRooms, admission: AdmissionControl) {
        self.rooms = rooms
        self.admission = admission
    }

    /// Runs until the server stops.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var before: [AdmissionCounts.Key: AdmissionCounts.Count] = [:]
            while !Task.isCancelled {
                // Cancelled by shutdown: the loop ends.
                try? await Task.sleep(for: .seconds(1))
                let counts = admission.counts.soFar
                await rooms.turn(Self.loads(counts, before))
                before = counts
            }
        }
        await rooms.finish()
    }

    /// What became of each environment's requests, of those classes that a line would hold.
    static func loads(
        _ counts: [AdmissionCounts.Key: AdmissionCounts.Count], _ before: [AdmissionCounts.Key: AdmissionCounts.Count]
    ) -> [EnvironmentID: Pace.Load] {
        var loads: [EnvironmentID: Pace.Load] = [:]
        for (key, count) in counts {
            guard let environment = key.environment, [.claim, .signIn, .browse].contains(key.kind) else { continue }
            let earlier = before[key]
            loads[environment, default: Pace.Load()].served += count.admitted - (earlier?.admitted ?? 0)
            loads[environment, default: Pace.Load()].shed += count.shed.values.reduce(0, +) - (earlier?.shed.values.reduce(0, +) ?? 0)
        }
        return loads
    }
}
