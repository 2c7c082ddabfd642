internal import HTTPSupport
public import Kernel

extension CouponFacade {
    /// What cloud functions ask through their worker's channel: the platforms' own words, or the engine's.
    ///
    /// `alipay` answers a refusal as Alipay does, with its `sub_code`; `wechat` fails as everything else does.
    public func perform(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        switch try request.text("op") {
        case "alipay": try await alipay(request, context)
        case "wechat": try await wechat(request, context)
        default: try await coupons.perform(request, context)
        }
    }

    private func alipay(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        let method = try request.text("method")
        do {
            return .object(AlipayAnswer.success(try await alipay(method, request.optionalObject("bizContent") ?? [:], voice(context))))
        } catch let error as SampanError {
            return .object(AlipayAnswer.refusal(error, context.language))
        }
    }

    private func wechat(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        let (call, query) = try WeChatCall.read(request.text("method"), request.text("path"))
        let body = try request.optionalObject("body") ?? [:]
        return try await wechat(call, body.isEmpty ? query : body, voice(context))
    }

    /// A function speaks for the shop; whoever deployed it may approve, but it is nobody's second pair of eyes.
    private func voice(_ context: CallContext) -> Voice {
        var name = ""
        if case .function(let function, _) = context.caller { name = function }
        return Voice(context: context, principal: Principal(kind: .key("function \(name)"), name: "function \(name)", grants: []))
    }
}
