import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite struct QueryAggregateTests {
    static let goods = """
        [{"_id":"1","city":"SZ","price":10,"tags":["a","b"],"at":{"$date":1700000000000}},
         {"_id":"2","city":"HZ","price":20,"tags":["b"],"at":{"$date":1700086400000}},
         {"_id":"3","city":"SZ","price":30,"tags":[]},
         {"_id":"4","price":40.5}]
        """

    private func run(_ pipeline: String, on documents: String = goods, foreign: [String: String] = [:]) throws -> JSON {
        var random = SeededGenerator(seed: 1)
        let parsed = try Pipeline(json(pipeline))
        return .array(
            try parsed.run(
                json(documents).arrayValue?.compactMap(\.objectValue) ?? [],
                foreign: { json(foreign[$0] ?? "[]").arrayValue?.compactMap(\.objectValue) ?? [] }, now: 1_700_000_000_000, random: &random)
        )
    }

    @Test(
        arguments: [
            ("[]", goods),
            ("[{\"$match\":{\"price\":{\"$gt\":15}}},{\"$project\":{\"_id\":1}}]", "[{\"_id\":\"2\"},{\"_id\":\"3\"},{\"_id\":\"4\"}]"),
            ("[{\"$sort\":{\"price\":-1}},{\"$limit\":1},{\"$project\":{\"price\":1,\"_id\":0}}]", "[{\"price\":40.5}]"),
            ("[{\"$skip\":3},{\"$count\":\"n\"}]", "[{\"n\":1}]"),
            ("[{\"$match\":{\"price\":99}},{\"$count\":\"n\"}]", "[]"),
            (
                "[{\"$group\":{\"_id\":\"$city\",\"n\":{\"$sum\":1},\"total\":{\"$sum\":\"$price\"},\"mean\":{\"$avg\":\"$price\"}}}]",
                "[{\"_id\":\"SZ\",\"n\":2,\"total\":40,\"mean\":20},{\"_id\":\"HZ\",\"n\":1,\"total\":20,\"mean\":20},{\"_id\":null,\"n\":1,\"total\":40.5,\"mean\":40.5}]"
            ),
            (
                "[{\"$group\":{\"_id\":null,\"low\":{\"$min\":\"$price\"},\"high\":{\"$max\":\"$price\"},\"first\":{\"$first\":\"$_id\"},\"last\":{\"$last\":\"$_id\"},\"c\":{\"$count\":{}}}}]",
                "[{\"_id\":null,\"low\":10,\"high\":40.5,\"first\":\"1\",\"last\":\"4\",\"c\":4}]"
            ),
            (
                "[{\"$group\":{\"_id\":null,\"all\":{\"$push\":\"$city\"},\"set\":{\"$addToSet\":\"$city\"}}}]",
                "[{\"_id\":null,\"all\":[\"SZ\",\"HZ\",\"SZ\"],\"set\":[\"SZ\",\"HZ\"]}]"
            ),
            (
                "[{\"$match\":{\"_id\":{\"$in\":[\"1\",\"3\"]}}},{\"$group\":{\"_id\":null,\"p\":{\"$stdDevPop\":\"$price\"},\"s\":{\"$stdDevSamp\":\"$x\"}}}]",
                "[{\"_id\":null,\"p\":10,\"s\":null}]"
            ),
            (
                "[{\"$group\":{\"_id\":{\"c\":\"$city\",\"x\":{\"$gt\":[\"$price\",15]}}}}]",
                "[{\"_id\":{\"c\":\"SZ\",\"x\":false}},{\"_id\":{\"c\":\"HZ\",\"x\":true}},{\"_id\":{\"c\":\"SZ\",\"x\":true}},{\"_id\":{\"x\":true}}]"
            ),
            ("[{\"$sortByCount\":\"$city\"},{\"$limit\":1}]", "[{\"_id\":\"SZ\",\"count\":2}]"),
            (
                "[{\"$unwind\":\"$tags\"},{\"$project\":{\"tags\":1}}]",
                "[{\"_id\":\"1\",\"tags\":\"a\"},{\"_id\":\"1\",\"tags\":\"b\"},{\"_id\":\"2\",\"tags\":\"b\"}]"
            ),
            (
                "[{\"$unwind\":{\"path\":\"$tags\",\"preserveNullAndEmptyArrays\":true,\"includeArrayIndex\":\"i\"}},{\"$project\":{\"tags\":1,\"i\":1}},{\"$skip\":1}]",
                "[{\"_id\":\"1\",\"tags\":\"b\",\"i\":1},{\"_id\":\"2\",\"tags\":\"b\",\"i\":0},{\"_id\":\"3\",\"i\":null},{\"_id\":\"4\",\"i\":null}]"
            ),
            (
                "[{\"$limit\":1},{\"$addFields\":{\"double\":{\"$multiply\":[\"$price\",2]},\"a.b\":1,\"tags\":\"$$REMOVE\",\"at\":\"$$REMOVE\"}}]",
                "[{\"_id\":\"1\",\"city\":\"SZ\",\"price\":10,\"double\":20,\"a\":{\"b\":1}}]"
            ),
            (
                "[{\"$limit\":1},{\"$set\":{\"n\":{\"m\":\"$price\"}}},{\"$unset\":[\"city\",\"price\",\"tags\",\"at\"]}]",
                "[{\"_id\":\"1\",\"n\":{\"m\":10}}]"
            ),
            (
                "[{\"$limit\":1},{\"$project\":{\"_id\":0,\"x\":\"$city\",\"y\":{\"z\":{\"$add\":[\"$price\",1]}},\"missing\":\"$nope\"}}]",
                "[{\"x\":\"SZ\",\"y\":{\"z\":11}}]"
            ),
            ("[{\"$limit\":1},{\"$project\":{\"tags\":0,\"at\":0,\"city\":false}}]", "[{\"_id\":\"1\",\"price\":10}]"),
            ("[{\"$limit\":1},{\"$replaceRoot\":{\"newRoot\":{\"c\":\"$city\"}}}]", "[{\"c\":\"SZ\"}]"),
            ("[{\"$limit\":1},{\"$replaceWith\":{\"$mergeObjects\":[{\"a\":1},{\"a\":\"$price\"}]}}]", "[{\"a\":10}]"),
            ("[{\"$sample\":{\"size\":9}},{\"$count\":\"n\"}]", "[{\"n\":4}]"),
        ] as [(String, String)]) func passesStages(pipeline: String, expected: String) throws
    {
        #expect(try run(pipeline).text == json(expected).text)
    }

    @Test func joins() throws {
        let pipeline =
            "[{\"$lookup\":{\"from\":\"shops\",\"localField\":\"city\",\"foreignField\":\"cities\",\"as\":\"shops\"}},{\"$project\":{\"n\":\"$shops._id\"}}]"
        let shops = "[{\"_id\":\"x\",\"cities\":[\"SZ\",\"HZ\"]},{\"_id\":\"y\",\"cities\":\"SZ\"},{\"_id\":\"z\"}]"
        #expect(try Pipeline(json(pipeline)).lookups == ["shops"])
        #expect(
            try run(pipeline, foreign: ["shops": shops])
                == json(
                    "[{\"_id\":\"1\",\"n\":[\"x\",\"y\"]},{\"_id\":\"2\",\"n\":[\"x\"]},{\"_id\":\"3\",\"n\":[\"x\",\"y\"]},{\"_id\":\"4\",\"n\":[\"z\"]}]"
                ))
    }

    @Test func offersItsFirstFilter() throws {
        #expect(try Pipeline(json("[{\"$match\":{\"a\":1}}]")).leadingMatch?.matches(["a": 1]) == true)
        #expect(try Pipeline(json("[{\"$limit\":1},{\"$match\":{\"a\":1}}]")).leadingMatch == nil)
    }

    /// Expressions, evaluated on one document.
    @Test(
        arguments: [
            ("\"$a\"", "5"), ("\"$o.x\"", "1"), ("\"$l.x\"", "[1,2]"), ("\"$$ROOT.a\"", "5"), ("{\"$literal\":\"$a\"}", "\"$a\""),
            ("\"$$NOW\"", "{\"$date\":1700000000000}"),
            ("{\"$add\":[\"$a\",1,0.5]}", "6.5"), ("{\"$add\":[9223372036854775807,1]}", "9.223372036854775808e18"),
            ("{\"$add\":[\"$d\",1000]}", "{\"$date\":1700000001000}"),
            ("{\"$add\":[1,null]}", "null"), ("{\"$subtract\":[\"$a\",7]}", "-2"),
            ("{\"$subtract\":[\"$d\",{\"$date\":1699999999999}]}", "1"), ("{\"$multiply\":[2,3,4]}", "24"),
            ("{\"$divide\":[7,2]}", "3.5"), ("{\"$mod\":[-7,3]}", "-1"), ("{\"$abs\":-3}", "3"), ("{\"$ceil\":1.2}", "2"),
            ("{\"$floor\":-1.2}", "-2"), ("{\"$round\":[2.345,2]}", "2.34"),
            ("{\"$round\":2.5}", "2"), ("{\"$round\":[1234,-2]}", "1200"), ("{\"$trunc\":-1.7}", "-1"), ("{\"$sqrt\":9}", "3"),
            ("{\"$pow\":[2,10]}", "1024"), ("{\"$pow\":[2,-1]}", "0.5"),
            ("{\"$log\":[8,2]}", "3"), ("{\"$log10\":100}", "2"), ("{\"$exp\":0}", "1"), ("{\"$ln\":1}", "0"),
            ("{\"$eq\":[\"$a\",5.0]}", "true"), ("{\"$eq\":[\"$nope\",null]}", "false"), ("{\"$gt\":[\"$s\",\"$a\"]}", "true"),
            ("{\"$cmp\":[1,2]}", "-1"), ("{\"$ne\":[1,1]}", "false"),
            ("{\"$and\":[1,\"x\",true]}", "true"), ("{\"$or\":[0,null,false]}", "false"), ("{\"$not\":[0]}", "true"),
            ("{\"$not\":\"$a\"}", "false"),
            ("{\"$cond\":[{\"$gt\":[\"$a\",1]},\"big\",\"small\"]}", "\"big\""),
            ("{\"$cond\":{\"if\":\"$nope\",\"then\":1,\"else\":2}}", "2"),
            ("{\"$ifNull\":[\"$nope\",null,7]}", "7"),
            ("{\"$switch\":{\"branches\":[{\"case\":false,\"then\":1},{\"case\":\"$a\",\"then\":2}],\"default\":3}}", "2"),
            ("{\"$let\":{\"vars\":{\"x\":2},\"in\":{\"$multiply\":[\"$$x\",\"$a\"]}}}", "10"),
            ("{\"$concat\":[\"$s\",\"-\",\"y\"]}", "\"héllo-y\""), ("{\"$concat\":[\"$s\",null]}", "null"),
            ("{\"$toUpper\":\"$s\"}", "\"HÉLLO\""), ("{\"$toLower\":\"ABC\"}", "\"abc\""), ("{\"$substr\":[\"hello\",1,3]}", "\"ell\""),
            ("{\"$substrCP\":[\"$s\",1,3]}", "\"éll\""),
            ("{\"$substr\":[\"hello\",1,-1]}", "\"ello\""), ("{\"$strLenCP\":\"$s\"}", "5"), ("{\"$strLenBytes\":\"$s\"}", "6"),
            ("{\"$split\":[\"a,b,,c\",\",\"]}", "[\"a\",\"b\",\"\",\"c\"]"),
            ("{\"$trim\":{\"input\":\" x \"}}", "\"x\""), ("{\"$ltrim\":{\"input\":\"xxa\",\"chars\":\"x\"}}", "\"a\""),
            ("{\"$rtrim\":{\"input\":\"a  \"}}", "\"a\""),
            ("{\"$indexOfCP\":[\"$s\",\"l\"]}", "2"), ("{\"$indexOfBytes\":[\"$s\",\"l\"]}", "3"),
            ("{\"$indexOfCP\":[\"abc\",\"z\"]}", "-1"), ("{\"$strcasecmp\":[\"A\",\"a\"]}", "0"),
            ("{\"$regexMatch\":{\"input\":\"$s\",\"regex\":\"^H\",\"options\":\"i\"}}", "true"),
            ("{\"$replaceAll\":{\"input\":\"aba\",\"find\":\"a\",\"replacement\":\"c\"}}", "\"cbc\""),
            ("{\"$replaceOne\":{\"input\":\"aba\",\"find\":\"a\",\"replacement\":\"c\"}}", "\"cba\""),
            ("{\"$size\":\"$n\"}", "3"), ("{\"$arrayElemAt\":[\"$n\",-1]}", "3"), ("[{\"$arrayElemAt\":[\"$n\",9]}]", "[null]"),
            ("{\"$first\":\"$n\"}", "1"), ("{\"$last\":\"$n\"}", "3"),
            ("{\"$in\":[2,\"$n\"]}", "true"), ("{\"$slice\":[\"$n\",2]}", "[1,2]"), ("{\"$slice\":[\"$n\",-2]}", "[2,3]"),
            ("{\"$slice\":[\"$n\",1,1]}", "[2]"),
            ("{\"$filter\":{\"input\":\"$n\",\"as\":\"v\",\"cond\":{\"$gt\":[\"$$v\",1]}}}", "[2,3]"),
            ("{\"$map\":{\"input\":\"$n\",\"in\":{\"$add\":[\"$$this\",\"$a\"]}}}", "[6,7,8]"),
            ("{\"$filter\":{\"input\":\"$n\",\"cond\":true,\"limit\":1}}", "[1]"),
            ("{\"$reduce\":{\"input\":\"$n\",\"initialValue\":0,\"in\":{\"$add\":[\"$$value\",\"$$this\"]}}}", "6"),
            ("{\"$concatArrays\":[\"$n\",[4]]}", "[1,2,3,4]"),
            ("{\"$isArray\":\"$n\"}", "true"), ("{\"$reverseArray\":\"$n\"}", "[3,2,1]"), ("{\"$range\":[0,6,2]}", "[0,2,4]"),
            ("{\"$range\":[3,0,-1]}", "[3,2,1]"),
            ("{\"$indexOfArray\":[\"$n\",3]}", "2"), ("{\"$arrayToObject\":[[[\"k\",1]]]}", "{\"k\":1}"),
            ("{\"$objectToArray\":\"$o\"}", "[{\"k\":\"x\",\"v\":1}]"),
            ("{\"$zip\":{\"inputs\":[[1,2],[3]],\"useLongestLength\":true}}", "[[1,3],[2,null]]"),
            ("{\"$sortArray\":{\"input\":[3,1,2],\"sortBy\":-1}}", "[3,2,1]"),
            ("{\"$mergeObjects\":[\"$o\",null,{\"y\":2}]}", "{\"x\":1,\"y\":2}"), ("{\"$sum\":\"$n\"}", "6"),
            ("{\"$avg\":[1,2,\"x\"]}", "1.5"), ("{\"$max\":\"$n\"}", "3"), ("{\"$min\":[4,2]}", "2"),
            ("{\"$setUnion\":[[1,2],[2,3]]}", "[1,2,3]"), ("{\"$setIntersection\":[[1,2],[2,3]]}", "[2]"),
            ("{\"$setDifference\":[[1,2],[2]]}", "[1]"), ("{\"$setEquals\":[[1,2,1],[2,1]]}", "true"),
            ("{\"$setIsSubset\":[[1],[1,2]]}", "true"), ("{\"$allElementsTrue\":[[1,true]]}", "true"),
            ("{\"$anyElementTrue\":[[0,false]]}", "false"),
            ("{\"$year\":\"$d\"}", "2023"), ("{\"$month\":\"$d\"}", "11"), ("{\"$dayOfMonth\":\"$d\"}", "14"), ("{\"$hour\":\"$d\"}", "22"),
            ("{\"$minute\":\"$d\"}", "13"), ("{\"$second\":\"$d\"}", "20"),
            ("{\"$dayOfMonth\":{\"date\":\"$d\",\"timezone\":\"Asia/Shanghai\"}}", "15"),
            ("{\"$hour\":{\"date\":\"$d\",\"timezone\":\"-05:30\"}}", "16"), ("{\"$dayOfWeek\":\"$d\"}", "3"),
            ("{\"$isoDayOfWeek\":\"$d\"}", "2"),
            ("{\"$dayOfYear\":\"$d\"}", "318"), ("{\"$isoWeek\":\"$d\"}", "46"), ("{\"$week\":\"$d\"}", "46"),
            ("{\"$isoWeek\":{\"$date\":\"2021-01-03\"}}", "53"), ("{\"$isoWeekYear\":{\"$date\":\"2021-01-03\"}}", "2020"),
            ("{\"$week\":{\"$date\":\"2023-01-01\"}}", "1"), ("{\"$year\":null}", "null"),
            (
                "{\"$dateToString\":{\"date\":\"$d\",\"format\":\"%Y-%m-%d %H:%M:%S.%L %j %%\",\"timezone\":\"+08:00\"}}",
                "\"2023-11-15 06:13:20.000 319 %\""
            ), ("{\"$dateToString\":{\"date\":null,\"onNull\":\"-\"}}", "\"-\""),
            ("{\"$dateToString\":{\"date\":\"$d\"}}", "\"2023-11-14T22:13:20.000Z\""),
            ("{\"$dateFromParts\":{\"year\":2024,\"month\":14,\"timezone\":\"+08:00\"}}", "{\"$date\":\"2025-01-31T16:00:00Z\"}"),
            ("{\"$dateFromString\":{\"dateString\":\"2024-02-29\"}}", "{\"$date\":\"2024-02-29T00:00:00Z\"}"),
            ("{\"$dateFromString\":{\"dateString\":\"x\",\"onError\":0}}", "0"),
            ("{\"$type\":\"$a\"}", "\"int\""), ("{\"$type\":\"$nope\"}", "\"missing\""), ("{\"$toString\":12}", "\"12\""),
            ("{\"$toInt\":\"42\"}", "42"), ("{\"$toDouble\":\"1.5\"}", "1.5"), ("{\"$toBool\":0}", "false"),
            ("{\"$toDate\":0}", "{\"$date\":0}"), ("{\"$toLong\":\"$d\"}", "1700000000000"),
            ("{\"$convert\":{\"input\":\"x\",\"to\":\"int\",\"onError\":-1}}", "-1"), ("{\"$isNumber\":\"$s\"}", "false"),
        ] as [(String, String)]) func evaluates(expression: String, expected: String) throws
    {
        let document =
            "[{\"a\":5,\"s\":\"héllo\",\"n\":[1,2,3],\"o\":{\"x\":1},\"l\":[{\"x\":1},{\"y\":0},{\"x\":2},3],\"d\":{\"$date\":1700000000000}}]"
        let result = try run("[{\"$project\":{\"_id\":0,\"r\":\(expression)}}]", on: document)
        #expect(result == .array([["r": json(expected)]]))
    }

    @Test(arguments: [
        "1", "{}", "[1]", "[{}]", "[{\"$match\":{},\"$limit\":1}]", "[{\"$out\":\"x\"},{\"$limit\":1}]", "[{\"$limit\":0}]", "[{\"$limit\":\"1\"}]",
        "[{\"$skip\":-1}]", "[{\"$group\":{}}]", "[{\"$group\":{\"_id\":1,\"a\":1}}]",
        "[{\"$group\":{\"_id\":1,\"a\":{\"$foo\":1}}}]", "[{\"$group\":{\"_id\":1,\"a.b\":{\"$sum\":1}}}]", "[{\"$project\":{}}]",
        "[{\"$project\":{\"a\":1,\"b\":0}}]", "[{\"$project\":{\"a\":0,\"b\":\"$x\"}}]",
        "[{\"$addFields\":{}}]", "[{\"$unset\":1}]", "[{\"$unset\":[]}]", "[{\"$count\":\"$x\"}]", "[{\"$count\":\"a.b\"}]",
        "[{\"$lookup\":{\"from\":\"x\"}}]", "[{\"$lookup\":{\"from\":\"x\",\"pipeline\":1,\"as\":\"y\"}}]",
        "[{\"$unwind\":\"a\"}]", "[{\"$unwind\":{\"path\":1}}]", "[{\"$sample\":{}}]", "[{\"$sample\":{\"size\":0}}]",
        "[{\"$replaceRoot\":{}}]", "[{\"$project\":{\"a\":{\"$foo\":1}}}]",
        "[{\"$project\":{\"a\":{\"$add\":[1],\"$subtract\":[1,2]}}}]", "[{\"$project\":{\"a\":{\"$subtract\":[1]}}}]",
        "[{\"$project\":{\"a\":\"$$x\"}}]", "[{\"$project\":{\"a\":\"$\"}}]", "[{\"$project\":{\"a\":{\"$cond\":[1,2]}}}]",
        "[{\"$project\":{\"a\":{\"$map\":{\"input\":[]}}}}]", "[{\"$project\":{\"a\":{\"$let\":{\"vars\":{\"X\":1},\"in\":1}}}}]",
    ]) func refusesToParse(pipeline: String) {
        #expect(throws: QueryError.self) { try Pipeline(json(pipeline)) }
    }

    @Test(arguments: [
        "{\"$divide\":[1,0]}", "{\"$mod\":[1,0]}", "{\"$add\":[1,\"x\"]}", "{\"$size\":\"$nope\"}", "{\"$sqrt\":-1}", "{\"$concat\":[1]}",
        "{\"$toInt\":\"x\"}", "{\"$toInt\":3000000000}", "{\"$year\":5}",
        "{\"$dateToString\":{\"date\":{\"$date\":0},\"format\":\"%q\"}}", "{\"$hour\":{\"date\":{\"$date\":0},\"timezone\":\"Mars\"}}",
        "{\"$substrBytes\":[\"é\",0,1]}", "{\"$range\":[0,1000000]}", "{\"$range\":[0,1,0]}",
        "{\"$switch\":{\"branches\":[{\"case\":false,\"then\":1}]}}", "{\"$regexMatch\":{\"input\":\"a\",\"regex\":\"(\"}}",
        "{\"$arrayToObject\":[[1]]}", "{\"$mergeObjects\":[1]}",
    ]) func refusesToEvaluate(expression: String) {
        #expect(throws: QueryError.self) { try run("[{\"$addFields\":{\"r\":\(expression)}}]", on: "[{}]") }
    }

    /// Values that share their parts look small and are not.
    @Test(.timeLimit(.minutes(1))) func boundsWhatIsBuilt() throws {
        let doubling = "{\"$addFields\":{\"a\":{\"x\":\"$a\",\"y\":\"$a\"}}}"
        let stages = Array(repeating: doubling, count: 60).joined(separator: ",")
        let nested = "{\"$reduce\":{\"input\":{\"$range\":[0,100]},\"initialValue\":1,\"in\":[\"$$value\",\"$$value\"]}}"
        let longer = "{\"$reduce\":{\"input\":{\"$range\":[0,60]},\"initialValue\":\"x\",\"in\":{\"$concat\":[\"$$value\",\"$$value\"]}}}"
        let deeper = "{\"$reduce\":{\"input\":{\"$range\":[0,50000]},\"initialValue\":1,\"in\":{\"x\":\"$$value\"}}}"
        for pipeline in [
            "[{\"$addFields\":{\"r\":\(deeper)}}]", "[\(stages)]", "[{\"$addFields\":{\"r\":\(nested)}}]",
            "[{\"$addFields\":{\"r\":\(longer)}}]",
        ] {
            let error = #expect(throws: QueryError.self) { try run(pipeline, on: "[{\"a\":1}]") }
            #expect(error?.code == .limit)
        }
    }
}
