internal import Console
internal import Coupons
internal import Documents
internal import Files
internal import Foundation
internal import Functions
internal import HTTPSupport
internal import Identity
internal import Kernel
internal import Logging
internal import Rehearsals
internal import Rush
internal import Synchronization
internal import Tenancy

/// All that an environment consists of, room by room: what copies, exports, measures or removes one whole goes through here.
struct EnvironmentParts: EnvironmentKeeper {
    let tenancy: Tenancy
    let identity: Identity
    let documents: Documents
    let coupons: Coupons
    let files: Files
    let functions: Functions
    let rehearsals: RehearsalStore
    let waitingRooms: WaitingRooms
    let folder: DataFolder
    let logger: Logger
    /// Copies and archives read whole environments: only a few at once.
    let places = Places(inAll: 8, ofOne: 2)

    /// Removes everything of an environment; its row goes last, so that what fails is tried again.
    func remove(_ environment: EnvironmentID) async throws {
        try await functions.removeAll(of: environment)
        try functions.logBook.close(environment)
        try await documents.remove(environment)
        try await offEventLoop { [coupons] in try coupons.remove(environment) }
        try files.close(environment)
        try await identity.remove(environment)
        try await rehearsals.removeAll(of: environment)
        try await waitingRooms.remove(environment)
        let url = folder.path(environment)
        if FileManager.default.fileExists(atPath: url.path) { try FileManager.default.removeItem(at: url) }
        try await tenancy.forget(environment)
    }

    /// How much an environment has of what quotas limit.
    func usage(_ environment: EnvironmentID) throws -> [EnvironmentQuotas.Measure: Int64] {
        let documents = try documents.usage(environment)
        let files = try files.usage(environment)
        return [
            .documentBytes: documents.bytes, .collections: documents.collections, .files: files.files, .fileBytes: files.bytes,
            .functions: functions.count(in: environment), .coupons: try coupons.usage(environment),
        ]
    }
}

/// A few places for work that costs much; each is left when whoever holds it forgets it.
///
/// One organization gets only some of them: whoever reads an archive slowly keeps nobody else waiting.
final class Places: Sendable {
    /// A place that is taken.
    final class Place: Sendable {
        private let places: Places
        private let organization: OrganizationID

        fileprivate init(_ places: Places, _ organization: OrganizationID) {
            self.places = places
            self.organization = organization
        }

        deinit { places.leave(organization) }
    }

    private let inAll: Int
    private let ofOne: Int
    private let taken = Mutex<[OrganizationID: Int]>([:])

    init(inAll: Int, ofOne: Int) {
        self.inAll = inAll
        self.ofOne = ofOne
    }

    /// Takes a place.
    /// - Throws: 503 when all are taken, or all that an organization may have.
    func take(for organization: OrganizationID) throws -> Place {
        try taken.withLock { taken in
            guard taken.values.reduce(0, +) < inAll, taken[organization, default: 0] < ofOne else { throw SampanError.tooManyCopies }
            taken[organization, default: 0] += 1
        }
        return Place(self, organization)
    }

    private func leave(_ organization: OrganizationID) {
        taken.withLock { taken in
            taken[organization, default: 0] -= 1
            if taken[organization] == 0 { taken[organization] = nil }
        }
    }
}

extension SampanError {
    fileprivate static let tooManyCopies = SampanError(
        "COPIES_BUSY", status: 503, Localized("Too many environments are being copied or exported.", zh: "正在复制或导出的环境过多。"),
        remedy: Localized("Try again in a few seconds.", zh: "请稍后重试。"), retryAfter: 5)
}
