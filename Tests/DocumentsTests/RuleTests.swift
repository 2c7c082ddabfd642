import Kernel
import TestSupport
import Testing

@testable import Documents

/// The world of a rule, as a test describes it.
private struct RuleWorld {
    var openid: String? = "alice"
    var now: Int64 = 1000
    var others: [String: JSONObject] = [:]
    var data: JSONObject?

    func scope(_ document: JSONObject? = nil) -> RuleScope {
        let auth: JSON = openid.map { ["openid": .string($0), "uid": .string($0), "loginType": "WECHAT_PUBLIC"] } ?? .null
        return RuleScope(
            auth: auth, now: now, lookups: RuleLookups { [others] collection, id in others["\(collection).\(id)"] }, document: document, data: data)
    }

    func holds(_ rule: String, _ document: JSONObject? = nil) throws -> Bool { try scope(document).holds(RuleParser.parse(rule)) }

    /// What the rule says through the condition that a query gets.
    func admits(_ rule: String, _ document: JSONObject) throws -> Bool {
        let scope = scope()
        let condition = try RuleConstraint(scope: scope).condition(RuleParser.parse(rule))
        let admitted = condition.matches(document)
        try scope.lookups.check()
        return admitted
    }
}

struct RuleTests {
    @Test(arguments: [
        ("auth.openid == doc._openid", #"{"_openid":"alice"}"#, true),
        ("auth.openid == doc._openid", #"{"_openid":"bob"}"#, false),
        // A field with several values is not one of them.
        ("auth.openid == doc._openid", #"{"_openid":["alice"]}"#, false),
        ("doc.a.b == 1", #"{"a":[{"b":1}]}"#, false),
        ("doc.a[0].b == 1", #"{"a":[{"b":1}]}"#, true),
        ("doc['a'].b === 1", #"{"a":{"b":1.0}}"#, true),
        ("auth != null && auth.uid != null", "{}", true),
        ("doc.price > 10", #"{"price":11}"#, true),
        ("doc.price > 10", #"{"price":"11"}"#, false),
        ("doc.price > 10", "{}", false),
        ("!(doc.price > 10)", "{}", true),
        ("10 < doc.price", #"{"price":11}"#, true),
        ("doc.price >= 10 && doc.price <= 20", #"{"price":20}"#, true),
        ("doc.ends > now", #"{"ends":1001}"#, true),
        ("doc.ends > now", #"{"ends":{"$date":1001}}"#, true),
        ("doc.ends > now", #"{"ends":{"$date":1000}}"#, false),
        ("doc.ends <= 1000", #"{"ends":{"$date":1000}}"#, true),
        ("doc.state in ['open','late']", #"{"state":"late"}"#, true),
        ("doc.state in ['open','late']", #"{"state":["late"]}"#, false),
        ("!(doc.state in ['open'])", "{}", true),
        ("auth.openid in doc.members", #"{"members":["bob","alice"]}"#, true),
        ("auth.openid in doc.members", #"{"members":"alice"}"#, false),
        ("auth.openid in doc.a.members", #"{"a":{"members":["alice"]}}"#, true),
        ("auth.openid in doc.a.members", #"{"a":[{"members":["alice"]}]}"#, false),
        ("doc.public", #"{"public":true}"#, true), ("doc.public", #"{"public":0}"#, false), ("doc.public", "{}", false),
        ("!doc.hidden", "{}", true), ("!doc.hidden", #"{"hidden":"yes"}"#, false),
        ("doc.deleted == null", "{}", true), ("doc.deleted != undefined", "{}", false),
        ("doc.from == doc.to", #"{"from":1,"to":1}"#, true),
        ("doc.from == doc.to", #"{"from":1,"to":2}"#, false),
        ("doc.a == 1 || doc.b == 2", #"{"b":2}"#, true),
        ("!(doc.a == 1 || doc.b == 2)", #"{"b":2}"#, false),
        ("!(doc.a == 1 && doc.b == 2)", #"{"b":2}"#, true),
        ("doc.n == -1", #"{"n":-1}"#, true),
        ("doc.n > 1.5", #"{"n":2}"#, true),
        ("get('database.users.alice').role == 'admin'", "{}", true),
        ("get('database.users.' + auth.openid).role in ['admin']", "{}", true),
        ("get(`database.users.${doc.owner}`).role == 'admin'", #"{"owner":"alice"}"#, true),
        ("get(`database.users.${doc.owner}`).role == 'admin'", #"{"owner":"bob"}"#, false),
        ("get(`database.users.${doc.owner}`).role == 'admin'", "{}", false),
        ("get(`database.groups.${get(`database.users.${doc.owner}`).group}`).open", #"{"owner":"alice"}"#, true),
    ])
    func means(_ rule: String, _ document: String, _ expected: Bool) throws {
        let world = RuleWorld(others: ["users.alice": ["role": "admin", "group": "g"], "groups.g": ["open": true]])
        #expect(try world.holds(rule, object(document)) == expected)
        // The condition that is ANDed to queries says the same as the rule looked at document by document.
        #expect(try world.admits(rule, object(document)) == expected, "as a condition")
    }

    /// Random documents and rules: the condition for queries and the rule itself never differ.
    @Test func conditionsSayWhatRulesSay() throws {
        var generator = QueryGenerator(seed: 7)
        let world = RuleWorld(now: 1)
        for _ in 0..<4000 {
            let rule = Self.rule(&generator, depth: 3)
            let document = generator.document()
            let text = rule.text
            #expect(try world.scope(document).holds(rule) == world.admits(text, document), "\(text) on \(JSON.object(document))")
        }
    }

    private static func rule(_ generator: inout QueryGenerator, depth: Int) -> RuleExpression {
        func field(_ generator: inout QueryGenerator) -> RuleExpression { .variable(.doc, generator.path().split(separator: ".").map(String.init)) }
        func constant(_ generator: inout QueryGenerator) -> RuleExpression {
            generator.random.choose([.literal(1), .literal(2), .literal("a"), .literal(true), .literal(.null), .variable(.now, []), .literal(1.5), .literal(0)])
        }
        switch generator.random.below(depth > 0 ? 9 : 5) {
        case 0: return field(&generator)
        case 1: return .compare(.equal, field(&generator), field(&generator))
        case 2, 3:
            let comparison = generator.random.choose([RuleComparison.equal, .different, .greater, .greaterOrEqual, .less, .lessOrEqual])
            return generator.random.below(2) == 0
                ? .compare(comparison, field(&generator), constant(&generator)) : .compare(comparison, constant(&generator), field(&generator))
        case 4:
            return generator.random.below(2) == 0
                ? .among(constant(&generator), field(&generator)) : .among(field(&generator), .list([constant(&generator), constant(&generator)]))
        case 5, 6: return .not(rule(&generator, depth: depth - 1))
        case 7: return .both([rule(&generator, depth: depth - 1), rule(&generator, depth: depth - 1)])
        default: return .either([rule(&generator, depth: depth - 1), rule(&generator, depth: depth - 1)])
        }
    }

    @Test func nobodyIsNobody() throws {
        let nobody = RuleWorld(openid: nil)
        #expect(try nobody.holds("auth == null"))
        #expect(try !nobody.holds("auth.openid == 'x'"))
        #expect(try !nobody.admits("auth.openid == doc._openid", ["_openid": "alice"]))
    }

    @Test(arguments: [
        "", "auth.openid ==", "doc.a = 1", "eval('x')", "doc.a == 'x", "(doc.a == 1", "doc.a == 1)", "request.body.x == 1", "auth.openid; true", "get(doc.id)",
        "get('users.' + doc.a)", "resource.x == 1", "doc[x] == 1", "`a` == doc.a",
        "get('database.a.1').x && get('database.a.2').x && get('database.a.3').x && get('database.a.4').x",
        "get(`database.a.${get(`database.b.${get(`database.c.1`).x}`).x}`).x", String(repeating: "!(", count: 60) + "doc.a" + String(repeating: ")", count: 60),
        String(repeating: "doc.a == 1 && ", count: 100) + "true",
    ])
    func whatCannotBeReadIsRefused(_ rule: String) { #expect(throws: QueryError.self) { try RuleParser.parse(rule) } }

    @Test func ofOtherDocumentsTenAreRead() throws {
        let rule = "get(`database.users.${doc.owner}`).role == 'admin'"
        let scope = RuleWorld().scope()
        let condition = try RuleConstraint(scope: scope).condition(RuleParser.parse(rule))
        for number in 0..<10 { #expect(!condition.matches(["owner": .int(Int64(number))])) }
        try scope.lookups.check()
        #expect(!condition.matches(["owner": 3]))
        try scope.lookups.check()
        #expect(!condition.matches(["owner": 11]))
        #expect(throws: QueryError.self) { try scope.lookups.check() }
    }

    @Test func whatIsWrittenIsLookedAt() throws {
        let rules = try RuleSet(json(#"{"read":true,"create":"request.data.price > 0","update":"doc._openid == auth.openid && request.data.price != 7"}"#))
        var world = RuleWorld()
        world.data = ["price": 1]
        #expect(try rules.refusal(of: .create, world.scope(), from: nil, to: world.data) == nil)
        world.data = ["price": 0]
        #expect(try rules.refusal(of: .create, world.scope(), from: nil, to: world.data) == "")
        // Which documents an update may reach is known before what it writes is.
        #expect(try world.admits("doc._openid == auth.openid && request.data.price != 7", ["_openid": "alice"]))
        #expect(try !world.admits("doc._openid == auth.openid && request.data.price != 7", ["_openid": "bob"]))
        #expect(try world.admits("!(request.data.price == 7)", ["_openid": "bob"]))
    }

    @Test func fieldsAreProtected() throws {
        let rules = try RuleSet(json(#"{"read":true,"write":true,"fields":{"balance":false,"profile.level":"auth.openid == 'root'"}}"#))
        let world = RuleWorld()
        func refusal(_ old: JSONObject?, _ new: JSONObject) throws -> String? {
            var scope = world.scope(old)
            scope.data = new
            return try rules.refusal(of: old == nil ? .create : .update, scope, from: old, to: new)
        }
        #expect(try refusal(nil, ["name": "a"]) == nil)
        #expect(try refusal(nil, ["balance": 1]) == "balance")
        #expect(try refusal(["balance": 1], ["balance": 1, "name": "b"]) == nil)
        #expect(try refusal(["balance": 1], ["name": "b"]) == "balance")
        #expect(try refusal(["profile": ["level": 1]], ["profile": ["level": 2]]) == "profile.level")
        #expect(try refusal(["profile": ["level": 1]], ["profile": ["level": 1, "name": "x"]]) == nil)
    }

    @Test(arguments: [
        (#"{".read":true,".write":"request.auth.userId == resource.auth.userId"}"#, RuleSet.Action.update, #"{"_openid":"alice"}"#, true),
        (#"{".read":true,".write":"request.auth.userId == resource.auth.userId"}"#, .delete, #"{"_openid":"bob"}"#, false),
        (#"{"read":"auth.openid == doc._openid"}"#, .update, #"{"_openid":"alice"}"#, false),
        (#"{"write":true,"delete":false}"#, .delete, "{}", false), (#"{"write":true,"delete":false}"#, .create, "{}", true), ("{}", .read, "{}", false),
    ])
    func ruleSetsOfBothClouds(_ source: String, _ action: RuleSet.Action, _ document: String, _ expected: Bool) throws {
        #expect(try RuleWorld().scope(object(document)).holds(RuleSet(json(source))[action]) == expected)
    }

    @Test(arguments: [
        #"[]"#, #"{"reed":true}"#, #"{"read":1}"#, #"{"read":"request.data.x == 1"}"#, #"{"read":true,"fields":[]}"#, #"{"read":true,"fields":{"a.0":false}}"#,
    ])
    func ruleSetsThatMakeNoSense(_ source: String) { #expect(throws: QueryError.self) { try RuleSet(json(source)) } }

    @Test func aTraceShowsEveryComparison() throws {
        let trace = try RuleTrace(RuleParser.parse("auth.openid == doc._openid || !(doc.price > 3)"), RuleWorld().scope(["_openid": "bob", "price": 5]))
        #expect(!trace.holds)
        #expect(
            trace.lines == [
                .init(text: "auth.openid == doc._openid", holds: false, values: ["alice", "bob"]),
                .init(text: "doc.price > 3", holds: true, values: [5, 3]),
            ])
    }

    /// Whatever is written in a rule, reading it ends, and either gives a rule or an error.
    @Test func damagedRulesAreSurvived() throws {
        var random = SeededGenerator(seed: 3)
        let pieces = [
            "auth", ".openid", "doc", "['a']", "==", "!=", "&&", "||", "!", "(", ")", "[", "]", "'", "`", "${", "}", "get(", "in", "1", "-", ".", ",", " ", "💥",
        ]
        for _ in 0..<5000 {
            let text = (0..<random.below(12)).map { _ in random.choose(pieces) }.joined()
            guard let rule = try? RuleParser.parse(text) else { continue }
            // What was understood means the same when it is written out again.
            let again = try RuleParser.parse(rule.text)
            #expect(again.text == rule.text)
        }
    }
}
