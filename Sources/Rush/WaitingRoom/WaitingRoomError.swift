internal import Kernel

extension SampanError {
    /// 503 for whoever has to stand in line first.
    static func waitingRoom(_ environment: EnvironmentID) -> SampanError {
        SampanError(
            "WAITING_ROOM", status: 503, Localized("Many people want to come in right now, so there is a line.", zh: "当前访问人数较多，请排队等候。"),
            remedy: Localized(
                "Take a ticket at \"tickets\", follow \"status\" as often as it says, and show the pass in x-sampan-pass; the client SDK does so by itself.",
                zh: "请在 “tickets” 取号，按 “status” 给出的间隔查看进度，轮到后在 x-sampan-pass 中携带通行证；客户端 SDK 会自动完成。"),
            retryAfter: 2,
            members: [
                "waitingRoom": [
                    "status": .string("/v1/waiting-room?env=\(environment)"), "tickets": "/v1/waiting-room/tickets", "passes": "/v1/waiting-room/passes",
                    "page": .string("/waiting/\(environment)"),
                ]
            ])
    }

    /// 403 for a ticket or pass that is not this user's, or nobody's.
    static let waitingTicketInvalid = forbidden(
        "WAITING_TICKET_INVALID", Localized("The ticket was not given to this user here.", zh: "该号码不是在此处发给当前用户的。"),
        remedy: Localized("Take one of your own with POST /v1/waiting-room/tickets.", zh: "请通过 POST /v1/waiting-room/tickets 取号。"))

    /// 410 for a ticket whose time is over.
    static let waitingTicketExpired = SampanError(
        "WAITING_TICKET_EXPIRED", status: 410, Localized("The ticket is of an earlier line, or its turn is long over.", zh: "该号码属于之前的队列，或已过号。"),
        remedy: Localized("Take a new one with POST /v1/waiting-room/tickets.", zh: "请通过 POST /v1/waiting-room/tickets 重新取号。"))

    /// 409 for whoever asks before their turn.
    static func waitingTurnNotCome(ahead: Int, retryAfter: Int) -> SampanError {
        SampanError(
            "WAITING_TURN_NOT_COME", status: 409, Localized("It is not your turn yet.", zh: "尚未轮到您。"),
            remedy: Localized(
                "Follow GET /v1/waiting-room as often as it says; asking more often does not help.",
                zh: "请按 GET /v1/waiting-room 给出的间隔查看进度，更频繁地请求没有帮助。"),
            retryAfter: retryAfter, members: ["ahead": .int(Int64(ahead))])
    }

    /// 429 for whoever takes ticket after ticket.
    static let waitingTicketsTooMany = SampanError(
        "WAITING_TICKETS_TOO_MANY", status: 429, Localized("You have taken too many tickets.", zh: "取号过于频繁。"),
        remedy: Localized("Keep the ticket that you have; try again in a minute.", zh: "请保留已有号码，一分钟后再试。"), retryAfter: 60)

    /// 403 for whoever risk control does not let into the line.
    static func waitingRefused(_ challenge: JSON?) -> SampanError {
        SampanError(
            "WAITING_REFUSED", status: 403, Localized("You cannot stand in this line.", zh: "暂时无法为您取号。"),
            remedy: Localized("Answer the challenge, if there is one, and send the answer as \"proof\".", zh: "如有验证，请完成后在 “proof” 中提交结果。"),
            members: challenge.map { ["challenge": $0] } ?? [:])
    }
}
