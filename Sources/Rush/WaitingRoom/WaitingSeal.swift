internal import Crypto
internal import Kernel
internal import Synchronization

/// Signs tickets and passes, and knows its own again.
///
/// Everything that there is to know of somebody who waits stands on their ticket. It is bound to a user, whose own token has to come along, so one that was
/// handed on is worth nothing.
final class WaitingSeal: Sendable {
    /// A place in a line.
    struct Ticket: Sendable, Hashable {
        enum Place: Sendable, Hashable {
            /// Drawn before the opening, of 2³².
            case lot(UInt32)
            case number(Int)
        }

        let environment: EnvironmentID
        let epoch: Int64
        let lane: WaitingRoom.Lane
        let place: Place
        /// In seconds.
        let expires: Int64
        let user: String
    }

    /// The right to come in.
    struct Pass: Sendable, Hashable {
        let environment: EnvironmentID
        let epoch: Int64
        /// When its owner came in, in seconds; a renewed one keeps it.
        let entered: Int64
        let expires: Int64
        let user: String
    }

    private static let signatureBytes = 16
    private static let lengthMax = 2048
    private static let rememberedMax = 20_000
    private let key: SymmetricKey
    private let remembered = Mutex<[String: Pass]>([:])

    init(_ key: SymmetricKey) { self.key = key }

    // MARK: Lots

    /// What a user draws before an opening: the same however often they ask, and nobody knows it before.
    func lot(_ user: String, _ environment: EnvironmentID, epoch: Int64) -> UInt32 {
        let code = HMAC<SHA256>.authenticationCode(for: Array("lot|\(environment)|\(epoch)|\(user)".utf8), using: key)
        return code.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    // MARK: Tickets

    func sign(_ ticket: Ticket) -> String {
        let (kind, number) =
            switch ticket.place {
            case .lot(let lot): ("l", String(lot))
            case .number(let number): ("n", String(number))
            }
        return seal("t1", [ticket.environment.text, String(ticket.epoch), String(ticket.lane.rawValue), kind, number, String(ticket.expires), ticket.user])
    }

    /// A ticket that was signed here; `nil`: it is forged, or something else.
    func ticket(_ text: String) -> Ticket? {
        guard let fields = open("t1", text, 7), let environment = EnvironmentID(fields[0]), let epoch = Int64(fields[1]),
            let lane = UInt8(fields[2]).flatMap(WaitingRoom.Lane.init), let number = Int(fields[4]), let expires = Int64(fields[5])
        else { return nil }
        return Ticket(
            environment: environment, epoch: epoch, lane: lane, place: fields[3] == "l" ? .lot(UInt32(truncatingIfNeeded: number)) : .number(number),
            expires: expires,
            user: fields[6])
    }

    // MARK: Passes

    func sign(_ pass: Pass) -> String {
        seal("p1", [pass.environment.text, String(pass.epoch), String(pass.entered), String(pass.expires), pass.user])
    }

    /// A pass that was signed here.
    ///
    /// Those who are in show theirs with every request, so they are remembered.
    func pass(_ text: String) -> Pass? {
        if let known = remembered.withLock({ $0[text] }) { return known }
        guard let fields = open("p1", text, 5), let environment = EnvironmentID(fields[0]), let epoch = Int64(fields[1]), let entered = Int64(fields[2]),
            let expires = Int64(fields[3])
        else { return nil }
        let pass = Pass(environment: environment, epoch: epoch, entered: entered, expires: expires, user: fields[4])
        remembered.withLock { remembered in
            if remembered.count >= Self.rememberedMax { remembered.removeAll(keepingCapacity: true) }
            remembered[text] = pass
        }
        return pass
    }

    // MARK: Members

    /// What a shop's back end gives to a member, who shows it when they take a ticket.
    func membership(_ user: String, _ environment: EnvironmentID, expires: Int64) -> String {
        seal("m1", [environment.text, String(expires), user])
    }

    /// Whether that is a member's, and still is.
    func isMember(_ text: String, _ user: String, _ environment: EnvironmentID, seconds: Int64) -> Bool {
        guard let fields = open("m1", text, 3), let expires = Int64(fields[1]) else { return false }
        return fields[0] == environment.text && fields[2] == user && expires > seconds
    }

    // MARK: The form

    private func seal(_ kind: String, _ fields: [String]) -> String {
        let payload = "\(kind)." + Base64URL.text(fields.joined(separator: "|").utf8)
        let code = HMAC<SHA256>.authenticationCode(for: Array(payload.utf8), using: key)
        return payload + "." + Base64URL.text(code.prefix(Self.signatureBytes))
    }

    /// - Parameter count: of fields; the last one may have the sign between them in it.
    private func open(_ kind: String, _ text: String, _ count: Int) -> [String]? {
        guard text.utf8.count <= Self.lengthMax else { return nil }
        let utf8 = Array(text.utf8)
        guard utf8.starts(with: "\(kind).".utf8), let dot = utf8.lastIndex(of: 46), dot > 3, let signature = Base64URL.bytes(utf8[(dot + 1)...]),
            let payload = Base64URL.bytes(utf8[3..<dot]), signature.count == Self.signatureBytes,
            isSame(signature, HMAC<SHA256>.authenticationCode(for: utf8[..<dot], using: key).prefix(Self.signatureBytes))
        else { return nil }
        let fields = String(decoding: payload, as: UTF8.self).split(separator: "|", maxSplits: count - 1, omittingEmptySubsequences: false).map(String.init)
        return fields.count == count ? fields : nil
    }

    /// In a time that does not tell where they differ.
    private func isSame(_ one: [UInt8], _ other: some Sequence<UInt8>) -> Bool { zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0 }
}
