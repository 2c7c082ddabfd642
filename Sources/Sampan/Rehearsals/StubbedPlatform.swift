internal import Kernel

/// What functions hear of the platforms' open APIs in a rehearsal: that all went well.
///
/// Nothing leaves the machine.
enum StubbedPlatform {
    /// The variable by which a function knows that it is only a rehearsal.
    static let variable = "SAMPAN_REHEARSAL"

    /// The answer to an open API's call: success in the platform's words, with ids where payments have them.
    static func answer(_ platform: String, _ api: String, _ parameters: JSON, requestID: String) -> JSON {
        let number = parameters["out_trade_no"]?.stringValue ?? parameters["outTradeNo"]?.stringValue ?? requestID
        return platform == "wechat"
            ? ["errcode": 0, "errmsg": "ok", "prepay_id": .string("rehearsal-\(requestID)"), "out_trade_no": .string(number), "rehearsal": true]
            : [
                "code": "10000", "msg": "Success", "trade_no": .string("rehearsal-\(requestID)"), "out_trade_no": .string(number), "rehearsal": true,
            ]
    }
}
