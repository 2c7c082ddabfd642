internal import Documents
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import Rehearsals
internal import Tenancy

/// What rehearsals ask of the other rooms.
struct RehearsalSurroundings: RehearsalGround {
    let parts: EnvironmentParts
    let address: ServerAddress
    let admission: AdmissionControl?

    func makeShadow(of environment: EnvironmentID, _ wanted: ShadowRequest) async throws -> EnvironmentID {
        try await ShadowMaker(parts: parts).make(of: environment, wanted)
    }

    func removeShadow(_ shadow: EnvironmentID) async throws {
        // The environment of somebody who named it wrongly must not go this way.
        guard try parts.tenancy.environment(shadow).rehearsalOf != nil else { return }
        try await parts.remove(shadow)
    }

    func shadows() -> [EnvironmentID] { parts.tenancy.environments().filter { $0.rehearsalOf != nil }.map(\.id) }

    func tokens(_ count: Int, from first: Int, in shadow: EnvironmentID) -> [(token: String, openid: String)] {
        (first..<(first + count)).map { number in
            let openid = "rehearsal-\(number)"
            return (parts.identity.rehearsalToken(openid, in: shadow), openid)
        }
    }

    func load(of shadow: EnvironmentID) -> [FunctionLoad] {
        parts.functions.load(of: shadow).map {
            FunctionLoad(name: $0.name, concurrency: $0.concurrency, workers: $0.workers, inFlight: $0.inFlight, queued: $0.queued)
        }
    }

    func tally(of shadow: EnvironmentID, since: Int64) async throws -> Tally {
        let calls = try await parts.functions.summary(of: shadow, since: since)
        let queries = try parts.documents.costlyQueries(shadow)
        return Tally(
            functions: calls.map {
                Tally.Calls(
                    name: $0.function, calls: $0.calls, refused: $0.refused, coldStarts: $0.coldStarts, meanMilliseconds: $0.meanMilliseconds)
            },
            queries: queries.map {
                Evidence.Query(
                    collection: $0.collection, operation: $0.operation, shape: $0.shape, index: $0.advice, count: $0.count,
                    totalMilliseconds: $0.totalMilliseconds, examined: $0.examined, matched: $0.matched)
            })
    }

    func traffic() -> [EnvironmentID: Traffic] {
        guard let admission else { return [:] }
        return admission.counts.soFar.reduce(into: [:]) { all, entry in
            guard let environment = entry.key.environment else { return }
            var traffic = all[environment] ?? Traffic()
            traffic.admitted += entry.value.admitted
            traffic.shed += entry.value.shed.values.reduce(0, +)
            traffic.longestWaitMilliseconds = max(traffic.longestWaitMilliseconds, Double(entry.value.longestWait) / 1000)
            all[environment] = traffic
        }
    }

    var listeners: [String] { address.listener.map { [$0] } ?? [] }
}
