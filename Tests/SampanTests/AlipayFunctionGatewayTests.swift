import Foundation
import HTTPSupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import NIOCore
import Testing

@testable import Functions
@testable import Sampan

/// The gateway's signature against one that another program computed, and against everything that could be wrong with it.
@Suite(.needsNode) struct AlipayFunctionGatewayTests {
    private static let environment = EnvironmentID("env-golden2345")
    private static let timestamp: Int64 = 1_795_305_600_000
    private static let body = #"{"hello":"世界"}"#
    private static let names = ["x-client-timestamp", "x-to-function-name", "x-to-env-id", "x-from-app-id"]
    // Computed with Python's hmac and hashlib.
    private static let golden = "294559a821b892f3c47e723a9c806cd85401d9ca3bd56a4d53dade3ed6a62a72"
    private static let goldenSorted = "1cd40417b1758cbda1737fa71d48cb776fd7795226000fecd6af5e3d3f088dae"
    private static let goldenWithoutQuery = "43e41b7cd937017860705da3109ec7844751e753e8bcf75fbf45eeb1276d6adc"

    /// A request as Alipay's SDKs send it; a test changes what it is about.
    private struct Signed: Sendable {
        var signature = AlipayFunctionGatewayTests.golden
        var names = AlipayFunctionGatewayTests.names
        var credential = "ak-golden"
        var body = AlipayFunctionGatewayTests.body
        var path = "/functions/invokeFunction?a=1&b=%20"
        var headers = [
            "x-client-timestamp": "1795305600000", "x-to-function-name": "pay", "x-to-env-id": "env-golden2345", "x-from-app-id": "2021000000000001",
        ]
        var authorization: String?
    }

    /// Runs `body` with a gateway whose key is known; what passes it finds no function, since none is deployed.
    private func withGateway(
        _ body: @escaping @Sendable (_ send: @escaping @Sendable (Signed) async throws -> (Int, String?), TurnedClock) async throws -> Void
    ) async throws {
        try await NodeFixture.with { node async throws in
            let router = Router(context: SampanRequestContext.self)
            let gateway = AlipayFunctionGateway(
                node.sampan.functions,
                findKey: { id in id == "ak-golden" ? Self.environment.map { ($0, secret: "secret-of-golden") } : nil },
                requireActive: { _ in })
            gateway.add(to: router)
            try await Application(responder: router.buildResponder(), logger: NodeFixture.logger).test(.router) { client in
                try await body(
                    { signed in
                        var headers = HTTPFields()
                        for (name, value) in signed.headers { headers[try #require(HTTPField.Name(name))] = value }
                        headers[.authorization] =
                            signed.authorization
                            ?? "HMAC-SHA256 Credential=\(signed.credential), SignedHeaders=\(signed.names.joined(separator: ";")), Signature=\(signed.signature)"
                        return try await client.execute(uri: signed.path, method: .post, headers: headers, body: ByteBuffer(string: signed.body)) { response in
                            let json = try JSON(parsing: Array(response.body.readableBytesView))
                            #expect(json["errMsg"]?.stringValue?.isEmpty == false)
                            return (response.status.code, json["errCode"]?.stringValue)
                        }
                    }, node.time)
            }
        }
    }

    @Test func aSignatureOfTheirSDKsPassesInTheOrderOfItsHeaders() async throws {
        try await withGateway { send, _ async throws in
            #expect(try await send(Signed()) == (404, "FUNCTION_NOT_FOUND"))
            #expect(try await send(Signed(signature: Self.goldenSorted, names: Self.names.sorted())) == (404, "FUNCTION_NOT_FOUND"))
            let upper = Self.goldenWithoutQuery.uppercased()
            #expect(try await send(Signed(signature: upper, path: "/functions/invokeFunction")) == (404, "FUNCTION_NOT_FOUND"))
        }
    }

    @Test func whateverIsSignedCannotBeChanged() async throws {
        try await withGateway { send, _ async throws in
            var changed: [Signed] = [
                Signed(signature: Self.goldenSorted), Signed(names: Self.names.sorted()), Signed(credential: "ak-other"), Signed(body: #"{"hello":"世界!"}"#),
                Signed(body: ""), Signed(path: "/functions/invokeFunction"), Signed(path: "/functions/invokeFunction?a=2&b=%20"),
                Signed(signature: ""), Signed(signature: "zz"), Signed(signature: String(Self.golden.dropLast())),
                Signed(signature: String(Self.golden.dropLast(2))),
                Signed(names: []), Signed(names: ["x-to-function-name"]), Signed(names: ["x-client-timestamp"]),
            ]
            for (name, value) in [
                ("x-to-function-name", "refund"), ("x-to-env-id", "env-other2345"), ("x-from-app-id", "1"), ("x-client-timestamp", "1795305600001"),
            ] {
                var one = Signed()
                one.headers[name] = value
                changed.append(one)
            }
            for authorization in [
                "", "Bearer x", "HMAC-SHA256 ", "HMAC-SHA256 Credential=ak-golden", "HMAC-SHA256 ,,,=", String(repeating: "HMAC-SHA256 ", count: 1000),
            ] {
                changed.append(Signed(authorization: authorization))
            }
            for request in changed { #expect(try await send(request) == (401, "SIGNATURE_INVALID"), "\(request)") }
            #expect(try await send(Signed()) == (404, "FUNCTION_NOT_FOUND"), "and none of them used the signature up")
        }
    }

    @Test func aSignatureWorksOnce() async throws {
        try await withGateway { send, _ async throws in
            #expect(try await send(Signed()) == (404, "FUNCTION_NOT_FOUND"))
            #expect(try await send(Signed()) == (401, "SIGNATURE_REPLAYED"))
            #expect(try await send(Signed(signature: Self.golden.uppercased())) == (401, "SIGNATURE_REPLAYED"))
        }
    }

    @Test(arguments: [(299_999, "FUNCTION_NOT_FOUND"), (300_000, "FUNCTION_NOT_FOUND"), (300_001, "SIGNATURE_EXPIRED")])
    func aSignatureAgesForFiveMinutes(_ milliseconds: Int64, code: String) async throws {
        try await withGateway { send, time async throws in
            time.advance(milliseconds: milliseconds)
            #expect(try await send(Signed()).1 == code)
        }
    }

    @Test(arguments: ["", "x", "9223372036854775807", "-9223372036854775808", "99999999999999999999"]) func aTimestampThatIsNoneIsRefused(_ sent: String)
        async throws
    {
        try await withGateway { send, _ async throws in
            var request = Signed()
            request.headers["x-client-timestamp"] = sent
            #expect(try await send(request).0 == 401)
        }
    }
}
