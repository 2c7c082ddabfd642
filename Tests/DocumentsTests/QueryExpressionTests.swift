import Foundation
import Kernel
import TestSupport
import Testing

@testable import Documents

/// Reads a file of examples that lies beside the tests.
func exampleFile(_ name: String) throws -> JSON {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Vectors/\(name).json")
    return try JSON(parsing: Array(Data(contentsOf: file)))
}

/// Expressions, one by one, as the manual of MongoDB describes them.
@Suite struct QueryExpressionTests {
    private static func evaluate(_ expression: JSON, on document: JSONObject) throws(QueryError) -> JSON? {
        var scope = EvaluationScope(document: document, context: EvaluationContext(now: 0))
        return try Expression(inPipeline: expression).evaluate(&scope)
    }

    @Test func givesTheDescribedResults() throws {
        let file = try exampleFile("expressions")
        let usual = try #require(file["document"]?.objectValue)
        let cases = try #require(file["cases"]?.arrayValue)
        #expect(cases.count > 400)
        for example in cases {
            let name = example["name"]?.stringValue ?? ""
            let expression = try #require(example["expression"])
            do throws(QueryError) {
                let result = try Self.evaluate(expression, on: example["document"]?.objectValue ?? usual)
                if let code = example["error"] {
                    Issue.record("\(name) gave \(result?.text ?? "nothing") instead of \(code.text)")
                } else {
                    #expect(result == example["result"], "\(name) gave \(result?.text ?? "nothing")")
                }
            } catch {
                #expect(example["error"] == .string(error.code.rawValue), "\(name): \(error.message)")
                #expect(!error.messageZh.isEmpty)
            }
        }
    }

    /// What other software that has the time-zone database says about moments at and around the changes of clocks.
    @Test func knowsTheClocksOfTheWorld() throws {
        let examples = try #require(try exampleFile("time-zones").arrayValue)
        #expect(examples.count > 100)
        for example in examples {
            let parts = try #require(example.arrayValue)
            let expression: JSON = [
                "$dateToString": ["date": .date(parts[1].intValue ?? 0), "timezone": parts[0], "format": "%Y-%m-%d %H:%M:%S %z %j %u %w %U %V %G"]
            ]
            // The other software counts weekdays from 0, MongoDB from 1.
            var fields = parts[2].stringValue?.split(separator: " ").map(String.init) ?? []
            fields[5] = String((Int(fields[5]) ?? 0) + 1)
            #expect(try Self.evaluate(expression, on: [:]) == .string(fields.joined(separator: " ")), "\(parts[0].text)")
        }
    }

    /// A time on the clock and the moment that it means find each other, except in the hour that is skipped or repeated.
    @Test(arguments: ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Sydney", "Pacific/Auckland", "+05:45"])
    func turnsClockTimesBack(zone: String) throws {
        let clock = try ClockZone(.string(zone))
        var random = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let moment = Int64(random.below(2_000_000_000)) * 1000
            let again = clock.moment(of: clock.civil(moment))
            #expect(again == moment || abs(again - moment) == 3_600_000)
        }
    }

    @Test func chancesAreFractions() throws {
        for _ in 0..<100 {
            let value = try #require(try Self.evaluate(["$rand": [:]], on: [:])?.doubleValue)
            #expect((0..<1).contains(value))
        }
        #expect(throws: QueryError.self) { try Expression(inPipeline: ["$rand": 1]) }
    }

    /// Dates at the ends of time and numbers at the ends of theirs give a result or an error.
    @Test func survivesExtremes() throws {
        let extremes: [JSON] = [
            .date(.min), .date(.max), .date(-62_135_596_800_000), .int(.min), .int(.max), .double(1e300), .double(-0.0), .double(.infinity), .double(.nan),
            .null,
        ]
        let units: [JSON] = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]
        for left in extremes {
            for right in extremes {
                for name in ["$add", "$subtract", "$multiply", "$divide", "$mod", "$pow", "$log", "$atan2", "$round", "$trunc", "$bitAnd", "$range", "$cmp"] {
                    _ = try? Self.evaluate([name: [left, right]], on: [:])
                }
                for unit in units {
                    _ = try? Self.evaluate(["$dateDiff": ["startDate": left, "endDate": right, "unit": unit, "timezone": "America/New_York"]], on: [:])
                    _ = try? Self.evaluate(["$dateAdd": ["startDate": left, "amount": right, "unit": unit, "timezone": "Asia/Shanghai"]], on: [:])
                    _ = try? Self.evaluate(["$dateTrunc": ["date": left, "unit": unit, "binSize": right, "timezone": "+05:30"]], on: [:])
                    _ = try? Self.evaluate(["$dateTrunc": ["date": left, "unit": unit]], on: [:])
                }
            }
            for zone in ["UTC", "Asia/Shanghai", "Pacific/Auckland", "-12:00"] as [JSON] {
                _ = try? Self.evaluate(["$dateToString": ["date": left, "format": "%Y-%m-%d %j %U %V %G %z", "timezone": zone]], on: [:])
                _ = try? Self.evaluate(["$dateToParts": ["date": left, "timezone": zone, "iso8601": true]], on: [:])
            }
            for name in ["$abs", "$ceil", "$floor", "$sqrt", "$exp", "$toInt", "$toLong", "$toDate", "$toString", "$bitNot", "$year", "$isoWeek"] {
                _ = try? Self.evaluate([name: left], on: [:])
            }
            var random = SeededGenerator(seed: 1)
            for window in [["range": [left, right(of: left)], "unit": "day"], ["range": [left, right(of: left)]], ["documents": [left, right(of: left)]]]
                as [JSON]
            {
                let pipeline = try? Pipeline([["$setWindowFields": ["sortBy": ["t": 1], "output": ["n": ["$sum": 1, "window": window]]]]])
                _ = try? pipeline?.run([["t": left], ["t": .date(0)], ["t": 5]], foreign: { _ in [] }, now: 0, random: &random)
                _ = try? pipeline?.run([["t": left]], foreign: { _ in [] }, now: 0, random: &random)
            }
        }
    }

    private func right(of left: JSON) -> JSON { left.doubleValue.map { .double(abs($0)) } ?? "unbounded" }

    /// Many matches, each of which looks at the rest of the text, must not take the square of its length.
    @Test(.timeLimit(.minutes(1))) func boundsSearches() {
        let text = String(repeating: "ab", count: 50_000)
        let error = #expect(throws: QueryError.self) { try Self.evaluate(["$regexFindAll": ["input": .string(text), "regex": "a.*z|a"]], on: [:]) }
        #expect(error?.code == .limit)
    }
}
