import Kernel
import NIOCore
import Testing

@testable import LoadGenerator

@Suite struct LoadPlanTests {
    private static func plan(_ change: (inout JSONObject) -> Void = { _ in }) -> JSON {
        var plan: JSONObject = [
            "journeys": [["name": "browse", "steps": [["path": "/v1/database", "body": ["op": "get", "collection": "goods"]]]]],
            "arrivals": ["shape": "constant", "rate": 10, "seconds": 4, "spacing": "even"],
        ]
        change(&plan)
        return .object(plan)
    }

    private static func fault(_ json: JSON) -> String? {
        do throws(SampanError) {
            _ = try LoadPlan(json)
            return nil
        } catch {
            return "\(error.code): \(error.detail.en)"
        }
    }

    @Test func shapes() throws {
        let constant = try LoadPlan(Self.plan()).arrivals
        #expect(constant.arrivals == 40 && constant.peakRate == 10)
        let steps = try LoadPlan(Self.plan { $0["arrivals"] = ["shape": "steps", "rates": [5, 10], "secondsEach": 2] }).arrivals
        #expect(steps.seconds == 4 && steps.peakRate == 10)
        let launch = try LoadPlan(Self.plan { $0["arrivals"] = ["shape": "launch", "peak": 100, "base": 10, "halfLife": 1, "seconds": 20, "times": 2] })
            .arrivals
        #expect(launch.peakRate == 200)
        let stages = try LoadPlan(
            Self.plan { $0["arrivals"] = ["shape": "stages", "stages": [["from": 0, "to": 10, "seconds": 2], ["rate": 3, "seconds": 1]]] })
        #expect(stages.arrivals.seconds == 3 && stages.arrivals.peakRate == 10)
        let replay = try LoadPlan(Self.plan { $0["arrivals"] = ["shape": "replay", "perMinute": [60, 120]] }, seconds: 45).arrivals
        #expect(replay.seconds == 45 && replay.peakRate < 2, "cut off before the second minute's middle")
    }

    @Test func lengthAndRatesCanBeOthersThanThePlans() throws {
        let plan = try LoadPlan(Self.plan(), seconds: 2, times: 3).arrivals
        #expect(plan.seconds == 2 && plan.peakRate == 30)
    }

    @Test func whatIsMisspeltOrWrongIsNamed() {
        #expect(Self.fault(Self.plan { $0["journey"] = [] })?.contains("\"journey\"") == true)
        #expect(Self.fault(Self.plan { $0["journeys"] = [["name": "a", "steps": [["pth": "/"]]]] })?.contains("journeys[0].steps[0].pth") == true)
        #expect(
            Self.fault(Self.plan { $0["journeys"] = [["name": "a", "steps": [["path": "/", "method": "get"]]]] })?.contains("journeys[0].steps[0].method")
                == true)
        #expect(Self.fault(Self.plan { $0["arrivals"] = ["shape": "wave"] })?.contains("arrivals.shape") == true)
        #expect(Self.fault(Self.plan { $0["settings"] = ["usersMax": 1.5] })?.contains("settings.usersMax") == true)
        #expect(Self.fault(Self.plan { $0["users"] = ["development": 0] })?.contains("users.development") == true)
        #expect(Self.fault(Self.plan { $0["journeys"] = [["name": "a", "steps": [["path": "/{{nobody}}"]]]] })?.hasPrefix("BAD_JOURNEY") == true)
        #expect(Self.fault([]) != nil)
    }

    @Test func requestsSayEnvironmentAndTokenUnlessToldOtherwise() throws {
        let json = Self.plan {
            $0["users"] = ["columns": ["token"], "rows": [["t-1"]]]
            $0["headers"] = ["x-one": "1", "x-two": "2"]
            $0["journeys"] = [
                [
                    "name": "a",
                    "steps": [["name": "own", "path": "/", "headers": ["X-Two": .null, "authorization": "Bearer {{key}}"]], ["name": "usual", "path": "/"]],
                ]
            ]
        }
        let plan = try LoadPlan(json)
        let scenario = try plan.scenario(UserTable(columns: ["token"], rows: [["t-1"]]), LoadPlan.Surroundings(environment: "env-a", key: "sk-b"))
        let journey = scenario.journeys[0]
        let values = ["0", "run", ""] + scenario.users.row(of: 0)
        let own = String(buffer: journey.steps[0].bytes(values, host: "h"))
        #expect(own.contains("\r\nauthorization: Bearer sk-b\r\n") && own.contains("x-one: 1") && !own.lowercased().contains("x-two"))
        #expect(own.contains("x-sampan-env: env-a"))
        let usual = String(buffer: journey.steps[1].bytes(values, host: "h"))
        #expect(usual.contains("authorization: Bearer t-1") && usual.contains("x-two: 2"))
    }

    @Test func retriesPausesAndSuccess() throws {
        let plan = try LoadPlan(
            Self.plan {
                $0["journeys"] = [
                    [
                        "name": "a", "retry": ["policy": "courteous", "triesMax": 3],
                        "steps": [
                            [
                                "path": "/", "pause": [0.5, 2],
                                "success": ["statuses": [200], "accepted": ["SOLD_OUT"], "codePath": "error.code", "codes": []],
                                "captures": ["id": "data[0].id"],
                            ]
                        ],
                    ]
                ]
            })
        let journey = try plan.scenario(.none, LoadPlan.Surroundings(environment: "e", key: nil)).journeys[0]
        #expect(journey.retry == .courteous(triesMax: 3, budget: 0.1))
        #expect(journey.steps[0].pause == Pause(from: 0.5, to: 2))
        #expect(journey.steps[0].success.statuses == [200] && journey.steps[0].success.acceptedCodes == ["SOLD_OUT"])
        #expect(journey.steps[0].success.successCodes == [])
        #expect(journey.steps[0].captures.count == 1)
    }
}
