internal import Kernel
internal import NIOCore

extension FrontDesk {
    /// What becomes of a request that admission was asked for.
    enum Asked {
        /// It is looked at further.
        case goOn
        /// It was refused: what is behind it is next.
        case again
        /// Its head has not come whole, or it stands in line.
        case later
    }

    /// Asks admission for the request at the beginning of what is held.
    func ask(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) -> Asked {
        guard let gate, let admission else { return .goOn }
        switch buffer.withUnsafeReadableBytes({ RequestScan.read($0) }) {
        case .strange: return .goOn
        case .more: return buffer.readableBytes > Self.headMax ? .goOn : .later
        case .whole(let scan):
            let (glance, arrival) = buffer.withUnsafeReadableBytes { self.arrival(scan, $0, admission) }
            asked = scan
            if let door = admission.policy.door, door.isWatching,
                let answer = buffer.withUnsafeReadableBytes({ door.look(self.doorRequest(scan, $0, arrival)) })
            {
                answerAtOnce(context) { answer.bytes(requestID: $0.requestID, isOpen: $0.isOpen, hasBody: $0.hasBody, closes: $0.closes) }
                return .again
            }
            if let standIn = admission.policy.standIn(glance, arrival) {
                answerAtOnce(context) { Self.bytes(of: standIn, $0, glance) }
                return .again
            }
            switch gate.arrive(self, arrival) {
            case .go:
                standing = .admitted
                return .goOn
            case .wait:
                standing = .waiting
                return .later
            case .shed:
                refuse(context)
                return .again
            }
        }
    }

    private func doorRequest(_ scan: RequestScan, _ bytes: UnsafeRawBufferPointer, _ arrival: Arrival) -> DoorRequest {
        func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        return DoorRequest(
            method: text(scan.method) ?? "", target: text(scan.target) ?? "", arrival: arrival, bearer: bearer(scan, bytes),
            environment: text(scan.environment), pass: text(scan.pass), cookie: text(scan.cookie), accept: text(scan.accept),
            language: Language(acceptLanguage: text(scan.acceptLanguage)), clientIP: clientIP)
    }

    private func bearer(_ scan: RequestScan, _ bytes: UnsafeRawBufferPointer) -> String? {
        scan.authorization.flatMap { range in
            RequestScan.equals(bytes, range.prefix(7), "Bearer ", ignoringCase: false) ? String(decoding: bytes[range.dropFirst(7)], as: UTF8.self) : nil
        }
    }

    private func arrival(_ scan: RequestScan, _ bytes: UnsafeRawBufferPointer, _ admission: AdmissionControl) -> (AdmissionControl.Glance, Arrival) {
        func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        let path = bytes[scan.target].prefix { $0 != UInt8(ascii: "?") }
        let glance = AdmissionControl.Glance(
            method: text(scan.method) ?? "", path: String(decoding: path, as: UTF8.self), bearer: bearer(scan, bytes), environment: text(scan.environment),
            clientIP: clientIP)
        var arrival = admission.policy.classify(glance)
        if let patience = text(scan.patience).flatMap({ Int($0) }), (1...Self.patienceMax).contains(patience) { arrival.patience = patience }
        return (glance, arrival)
    }

    /// Whether it stands in line, with somebody at the other end.
    var isWaiting: Bool { context != nil && standing == .waiting }

    /// Its turn has come.
    func letIn() {
        guard let context, standing == .waiting else { return }
        standing = .admitted
        goOn(context)
    }

    /// Its turn has not come in time.
    func shed() {
        guard let context, standing == .waiting else { return }
        refuse(context)
        goOn(context)
    }

    /// Tells whoever asked that there is no room.
    private func refuse(_ context: ChannelHandlerContext) {
        answerAtOnce(context) { head in
            BusyAnswer.bytes(
                requestID: head.requestID, language: Language(acceptLanguage: head.acceptLanguage), isOpen: head.isOpen, hasBody: head.hasBody,
                closes: head.closes)
        }
    }

    /// What an answer at once needs to know of a request.
    private struct Head {
        let requestID: String?
        let acceptLanguage: String?
        /// Whether a page of another origin may read it.
        let isOpen: Bool
        let hasBody: Bool
        let closes: Bool
    }

    /// Answers the request that admission was asked for, and throws it away.
    private func answerAtOnce(_ context: ChannelHandlerContext, _ make: (Head) -> ByteBuffer) {
        guard let scan = asked, let bytes = held else { return }
        (asked, standing) = (nil, .unknown)
        let here = min(bytes.readableBytes, scan.length + scan.bodyLength)
        let left = scan.length + scan.bodyLength - here
        let closes = !scan.keepsConnection || left > Self.skippedMax || left > 0 && scan.waitsForContinue
        let head = bytes.withUnsafeReadableBytes { bytes in
            func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
            return Head(
                requestID: text(scan.requestID), acceptLanguage: text(scan.acceptLanguage),
                isOpen: scan.hasOrigin && CrossOrigin.isOpen(text(scan.target) ?? ""),
                hasBody: !RequestScan.equals(bytes, scan.method, "HEAD", ignoringCase: false), closes: closes)
        }
        held?.moveReaderIndex(forwardBy: here)
        skipping = left
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(make(head))), promise: nil)
        if closes { context.close(promise: nil) }
    }

    /// What an environment's owner has said shall be answered instead.
    private static func bytes(of standIn: RushPlan.StandIn, _ head: Head, _ glance: AdmissionControl.Glance) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(standIn.body.count + 384)
        bytes.writeString("HTTP/1.1 200 OK\r\nContent-Type: \(standIn.type)\r\nContent-Length: \(standIn.body.count)\r\nCache-Control: no-store\r\n")
        // So that a page can say that it shows less than usual.
        bytes.writeStaticString("x-sampan-stand-in: 1\r\n")
        if head.isOpen { bytes.writeString(CrossOrigin.openFields) }
        bytes.writeString("x-request-id: \(head.requestID.flatMap { RequestID.accepted($0) ? $0 : nil } ?? RequestID.make())\r\n")
        bytes.writeStaticString(head.closes ? "Connection: close\r\n\r\n" : "\r\n")
        if head.hasBody { bytes.writeBytes(standIn.body) }
        return bytes
    }
}

extension DoorAnswer {
    /// How it goes over the wire.
    fileprivate func bytes(requestID: String?, isOpen: Bool, hasBody: Bool, closes: Bool) -> ByteBuffer {
        let id = requestID.flatMap { RequestID.accepted($0) ? $0 : nil } ?? RequestID.make()
        let length = body.count + (rest.map { id.utf8.count + $0.count } ?? 0)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(length + 512)
        bytes.writeString("HTTP/1.1 \(status) \(reason)\r\n")
        for (name, value) in fields { bytes.writeString("\(name): \(value)\r\n") }
        if isOpen { bytes.writeString(CrossOrigin.openFields) }
        bytes.writeString("Content-Length: \(length)\r\nx-request-id: \(id)")
        bytes.writeStaticString(closes ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
        guard hasBody else { return bytes }
        bytes.writeBytes(body)
        guard let rest else { return bytes }
        bytes.writeString(id)
        bytes.writeBytes(rest)
        return bytes
    }
}
