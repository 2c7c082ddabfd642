public import HTTPSupport
public import Kernel
internal import Synchronization

/// Who has to wait is told in front of the decoder.
extension WaitingRooms: FrontDoor {
    /// Where clients see how far the line is.
    static let statusPath = "/v1/waiting-room"

    /// What is answered in the place of a request; `nil`: it goes on.
    public func look(_ request: DoorRequest) -> DoorAnswer? {
        let path = Self.plain(request.path)
        if path == Self.statusPath { return request.method == "GET" ? status(request) : nil }
        guard let (environment, place) = Self.guarded(path, request), request.arrival.kind != .pay, request.method != "OPTIONS" else { return nil }
        let user = request.bearer.flatMap(verify)
        // Whose token is not valid is told so.
        if path.hasPrefix("/v1/"), user == nil || user?.0 != environment { return nil }
        return rooms.withLock { rooms in
            guard let phase = rooms[environment]?.value.phase, rooms[environment]?.value.settings.mode != .off || phase != .closed else { return nil }
            let openid = user?.0 == environment ? user?.1.openid : nil
            guard phase != .closed else {
                if let openid { rooms[environment]?.insiders.note(openid) }
                return nil
            }
            guard let room = rooms[environment], room.value.settings.guards(place) else { return nil }
            if mayPass(request, environment, openid, room) { return nil }
            return Self.isNavigation(request) ? Self.redirect(request, environment) : room.held[request.language]
        }
    }

    /// The path as the router reads it, for which several slashes are one.
    private static func plain(_ path: Substring) -> Substring {
        guard path.utf8.indices.dropLast().contains(where: { path.utf8[$0] == 47 && path.utf8[path.utf8.index(after: $0)] == 47 }) else { return path }
        return "/" + path.split(separator: "/").joined(separator: "/")[...]
    }

    /// The environment of a request that a room may hold, and its path without that.
    private static func guarded(_ path: Substring, _ request: DoorRequest) -> (EnvironmentID, Substring)? {
        if path.hasPrefix("/v1/") {
            // Whoever signs in has no ticket yet.
            guard !path.hasPrefix("/v1/login"), !path.hasPrefix("/v1/waiting-room/"), let environment = request.arrival.environment else { return nil }
            return (environment, path)
        }
        if path.hasPrefix("/http/") {
            let rest = path.dropFirst("/http/".count)
            guard let environment = EnvironmentID(String(rest.prefix { $0 != "/" })) else { return nil }
            return (environment, "/http" + rest.dropFirst(environment.text.utf8.count))
        }
        guard path.hasPrefix("/samples/"), isNavigation(request), let environment = query(request.target, "env").flatMap({ EnvironmentID($0) }) else {
            return nil
        }
        return (environment, path)
    }

    private func mayPass(_ request: DoorRequest, _ environment: EnvironmentID, _ openid: String?, _ room: Room) -> Bool {
        let epoch = room.value.epoch
        if let openid {
            if let pass = request.pass.flatMap(seal.pass), pass.user == openid, isGood(pass, environment, epoch: epoch) { return true }
            if isForInsiders(room.value), room.insiders.contains(openid) { return true }
        }
        // A browser's pass is for its pages, not for calls, which have a user.
        guard !Self.plain(request.path).hasPrefix("/v1/"), let pass = Self.cookie(request.cookie, Self.passCookie(environment)).flatMap(seal.pass) else {
            return false
        }
        return pass.user.hasPrefix("h:") && isGood(pass, environment, epoch: epoch)
    }

    /// Whoever was here before goes on, where the line was not announced.
    private func isForInsiders(_ room: WaitingRoom) -> Bool { (room.cause == .load || room.cause == .hand) && clock.now() - room.openedAt < 600_000 }

    private func status(_ request: DoorRequest) -> DoorAnswer? {
        guard let environment = (Self.query(request.target, "env") ?? request.environment).flatMap({ EnvironmentID($0) }) else { return nil }
        return rooms.withLock { $0[environment]?.status }
    }

    // MARK: Browsers

    private static func isNavigation(_ request: DoorRequest) -> Bool {
        request.method == "GET" && request.accept?.contains("text/html") == true
    }

    private static func redirect(_ request: DoorRequest, _ environment: EnvironmentID) -> DoorAnswer {
        DoorAnswer(
            status: 302, reason: "Found",
            fields: [("Location", "/waiting/\(environment)?to=\(escaped(request.target))"), ("Cache-Control", "no-store")])
    }

    /// A text as the value of a query's parameter.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126, 47: escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default: escaped += "%" + [byte].hex.uppercased()
            }
        }
        return escaped
    }

    static func passCookie(_ environment: EnvironmentID) -> String { "sampan-pass-\(environment)" }
    static func ticketCookie(_ environment: EnvironmentID) -> String { "sampan-ticket-\(environment)" }

    /// A cookie of a request.
    static func cookie(_ field: String?, _ name: String) -> String? {
        for part in field?.split(separator: ";") ?? [] {
            let pair = part.drop { $0 == " " }
            if pair.hasPrefix(name), pair.dropFirst(name.count).first == "=" { return String(pair.dropFirst(name.count + 1)) }
        }
        return nil
    }

    /// A parameter of an address that needs no decoding.
    static func query(_ target: String, _ name: String) -> String? {
        guard let mark = target.firstIndex(of: "?") else { return nil }
        for part in target[target.index(after: mark)...].split(separator: "&") where part.hasPrefix("\(name)=") {
            return String(part.dropFirst(name.count + 1))
        }
        return nil
    }
}
