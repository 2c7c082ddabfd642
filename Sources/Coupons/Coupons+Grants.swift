internal import HTTPSupport
public import Kernel
public import NIOCore

extension Coupons {
    /// So many wait for one commit of the writer.
    private static let grantsAtOnce = 500
    private static let grantSamplesMax = 20

    /// Gives each user of a list one coupon: a segment of customers, one openid on each line.
    ///
    /// A grant has a name; the same list with the same name again gives nobody a second one, so what broke off is sent again.
    /// - Returns: `{"given":998,"repeated":0,"refused":2,"refusals":{"COUPON_LIMIT":2},"samples":[{"line":7,"code":"COUPON_LIMIT"}]}`.
    public func grant<Body: AsyncSequence<ByteBuffer, any Error>>(
        _ name: String, of id: String, to body: Body, _ context: CallContext
    ) async throws -> JSON {
        let store = try store(context.environment)
        let batch = try await found(id, store)
        guard (1...48).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw SampanError.badMember("name", Localized("1 to 48 visible ASCII characters", zh: " 1 到 48 个可见 ASCII 字符"))
        }
        AuditNote.changed("coupon batch \(id)")
        var lines = TextLines()
        var result = GrantResult()
        for try await piece in body {
            let users = try lines.take(piece.readableBytesView)
            for start in stride(from: 0, to: users.count, by: Self.grantsAtOnce) {
                try await give(batch.number, users[start..<min(start + Self.grantsAtOnce, users.count)], name, store, &result)
            }
        }
        try await give(batch.number, lines.finish()[...], name, store, &result)
        return result.json
    }

    private func give(
        _ batch: Int64, _ users: ArraySlice<TextLines.Line>, _ name: String, _ store: EnvironmentCoupons, _ result: inout GrantResult
    ) async throws {
        let users = users.filter { !$0.text.isEmpty }
        let outcomes = try await withThrowingTaskGroup(of: (Int64, LedgerOutcome?).self) { group in
            for line in users {
                group.addTask { [self] in
                    guard line.text.utf8.count <= 128, line.text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { return (line.number, nil) }
                    var claim = LedgerCommand.Claim(batch: batch, user: line.text)
                    claim.key = "grant-\(name)"
                    return (line.number, try await submit(.claim(claim), store))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (line, outcome) in outcomes.sorted(by: { $0.0 < $1.0 }) {
            switch outcome {
            case .claimed(_, let isRepeat): result.count(isRepeat)
            case .refused(let refusal): result.refuse(line, refusal.sampanError(store.numbers.id).code)
            default: result.refuse(line, "BAD_MEMBER")
            }
        }
    }

    private struct GrantResult {
        var (given, repeated): (Int64, Int64) = (0, 0)
        var refusals: [String: Int64] = [:]
        var samples: [JSON] = []

        mutating func count(_ isRepeat: Bool) { if isRepeat { repeated += 1 } else { given += 1 } }

        mutating func refuse(_ line: Int64, _ code: String) {
            refusals[code, default: 0] += 1
            if samples.count < Coupons.grantSamplesMax { samples.append(["line": .int(line), "code": .string(code)]) }
        }

        var json: JSON {
            [
                "given": .int(given), "repeated": .int(repeated), "refused": .int(refusals.values.reduce(0, +)),
                "refusals": .object(JSONObject(refusals.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })), "samples": .array(samples),
            ]
        }
    }
}
