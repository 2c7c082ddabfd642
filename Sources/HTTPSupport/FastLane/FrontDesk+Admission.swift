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

    private func arrival(_ scan: RequestScan, _ bytes: UnsafeRawBufferPointer, _ admission: AdmissionControl) -> Arrival {
        func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        let path = bytes[scan.target].prefix { $0 != UInt8(ascii: "?") }
        let bearer = scan.authorization.flatMap { range in
            RequestScan.equals(bytes, range.prefix(7), "Bearer ", ignoringCase: false) ? String(decoding: bytes[range.dropFirst(7)], as: UTF8.self) : nil
        }
        var arrival = admission.policy.classify(
            AdmissionControl.Glance(
                method: text(scan.method) ?? "", path: String(decoding: path, as: UTF8.self), bearer: bearer, environment: text(scan.environment),
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

    /// Tells whoever asked that there is no room, and throws the request away.
    private func refuse(_ context: ChannelHandlerContext) {
        guard let scan = asked, let bytes = held else { return }
        (asked, standing) = (nil, .unknown)
        let here = min(bytes.readableBytes, scan.length + scan.bodyLength)
        let left = scan.length + scan.bodyLength - here
        let closes = !scan.keepsConnection || left > Self.skippedMax || left > 0 && scan.waitsForContinue
        let answer = bytes.withUnsafeReadableBytes { bytes in
            func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
            return BusyAnswer.bytes(
                requestID: text(scan.requestID), language: Language(acceptLanguage: text(scan.acceptLanguage)),
                isOpen: scan.hasOrigin && CrossOrigin.isOpen(text(scan.target) ?? ""),
                hasBody: !RequestScan.equals(bytes, scan.method, "HEAD", ignoringCase: false), closes: closes)
        }
        held?.moveReaderIndex(forwardBy: here)
        skipping = left
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(answer)), promise: nil)
        if closes { context.close(promise: nil) }
    }
}
