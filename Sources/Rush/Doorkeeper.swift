public import HTTPSupport
public import Kernel

/// Says of each request who is charged for it, what it is for, and which user group asks.
///
/// Nothing that a client only claims is believed: an environment is charged for requests with its own tokens and keys, and for those that need none.
public struct Doorkeeper: Sendable {
    /// Whose token it is.
    public typealias Verify = @Sendable (_ token: String) -> (EnvironmentID, User)?
    /// Whether a key may do something in an environment.
    public typealias MayUse = @Sendable (_ key: String, _ environment: EnvironmentID) -> Bool

    private static let hour: Int64 = 3_600_000
    private let verify: Verify
    private let mayUse: MayUse
    private let plans: Rush.Plans
    private let clock: WallClock

    /// Makes it.
    public init(verify: @escaping Verify, mayUse: @escaping MayUse, plans: @escaping Rush.Plans = { _ in nil }, clock: WallClock) {
        self.verify = verify
        self.mayUse = mayUse
        self.plans = plans
        self.clock = clock
    }

    /// What admission goes by.
    public func arrival(_ glance: AdmissionControl.Glance) -> Arrival {
        let reading = ClassRules.read(glance.method, glance.path)
        if glance.path.hasPrefix("/v1/") { return client(glance, reading) }
        let named = reading.environment.flatMap { EnvironmentID(String($0)) }
        guard glance.path.hasPrefix("/admin/"), let named else {
            var kind = reading.kind
            if let named, glance.path.hasPrefix("/http/"), let plan = plans(named) {
                let path = glance.path.dropFirst("/http/".count + named.text.count)
                kind = plan.kind(ofPath: path.isEmpty ? "/" : path) ?? kind
            }
            return Arrival(environment: named, kind: kind, level: level(of: glance.clientIP))
        }
        guard let key = glance.bearer, mayUse(key, named) else { return stranger(glance) }
        return Arrival(environment: named, kind: reading.kind)
    }

    private func client(_ glance: AdmissionControl.Glance, _ reading: ClassRules.Reading) -> Arrival {
        if let token = glance.bearer, reading.kind != .signIn {
            guard let (environment, user) = verify(token) else { return stranger(glance) }
            let kind = reading.function.flatMap { plans(environment)?.classes[String($0)] } ?? reading.kind
            return Arrival(environment: environment, kind: kind, level: level(of: user.openid))
        }
        let named = glance.environment.flatMap { EnvironmentID($0) }
        // Who signs in has no token yet; everything else without one is going to be refused.
        return reading.kind == .signIn ? Arrival(environment: named, kind: .signIn, level: level(of: glance.clientIP)) : stranger(glance)
    }

    /// Whoever shows what is not valid is told so, when there is time.
    private func stranger(_ glance: AdmissionControl.Glance) -> Arrival {
        Arrival(environment: nil, kind: .batch, level: level(of: glance.clientIP))
    }

    /// One of 128 groups, the same for an hour: the same users are served as long as a rush lasts, and others in the next.
    private func level(of name: String) -> UInt8 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bitPattern: clock.now() / Self.hour)
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        return UInt8(truncatingIfNeeded: hash >> 57)
    }
}
