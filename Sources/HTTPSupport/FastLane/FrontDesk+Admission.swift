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
            let arrival = buffer.withUnsafeReadableBytes { self.arrival(scan, $0, admission) }
            asked = scan
            if let door = admission.policy.door, door.isWatching,
                let answer = buffer.withUnsafeReadableBytes({ door.look(self.doorRequest(scan, $0, arrival)) })
            {
                refuse(context, answer)
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

    private func arrival(_ scan: RequestScan, _ bytes: UnsafeRawBufferPointer, _ admission: AdmissionControl) -> Arrival {
        func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        let path = bytes[scan.target].prefix { $0 != UInt8(ascii: "?") }
        var arrival = admission.policy.classify(
            AdmissionControl.Glance(
                method: text(scan.method) ?? "", path: String(decoding: path, as: UTF8.self), bearer: bearer(scan, bytes), environment: text(scan.environment),
                clientIP: clientIP))
        if let patience = text(scan.patience).flatMap({ Int($0) }), (1...Self.patienceMax).contains(patience) { arrival.patience = patience }
        return arrival
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

    /// Tells whoever asked that there is no room, or what the door says, and throws the request away.
    private func refuse(_ context: ChannelHandlerContext, _ said: DoorAnswer? = nil) {
        guard let scan = asked, let bytes = held else { return }
        (asked, standing) = (nil, .unknown)
        let here = min(bytes.readableBytes, scan.length + scan.bodyLength)
        let left = scan.length + scan.bodyLength - here
        let closes = !scan.keepsConnection || left > Self.skippedMax || left > 0 && scan.waitsForContinue
        let answer = bytes.withUnsafeReadableBytes { bytes in
            func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
            let isOpen = scan.hasOrigin && CrossOrigin.isOpen(text(scan.target) ?? "")
            let hasBody = !RequestScan.equals(bytes, scan.method, "HEAD", ignoringCase: false)
            if let said { return said.bytes(requestID: text(scan.requestID), isOpen: isOpen, hasBody: hasBody, closes: closes) }
            return BusyAnswer.bytes(
                requestID: text(scan.requestID), language: Language(acceptLanguage: text(scan.acceptLanguage)),
                isOpen: isOpen, hasBody: hasBody, closes: closes)
        }
        held?.moveReaderIndex(forwardBy: here)
        skipping = left
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(answer)), promise: nil)
        if closes { context.close(promise: nil) }
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
