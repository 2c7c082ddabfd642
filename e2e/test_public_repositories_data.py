"""More public mini programs, as their authors left them: transactions, lookups by pipeline, places.

Opt-in, like test_public_repositories.py; pages that watch are in test_public_repositories_pages.py.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from harness.admin import wait_until
from harness.client import ok
from harness.repositories import NO_CHECKOUTS, called, deploy, refusal

pytestmark = NO_CHECKOUTS


def now():
    """Milliseconds, as pages count time."""
    return int(time.time() * 1000)


# Errands on a campus: twelve functions with a transaction each, and a list that watches

ERRANDS = "yangxiaohan168/xiaoyuan_paotui"
ERRANDS_COLLECTIONS = ["publish", "order", "user", "history", "tixian", "runner", "tuiyajin", "pingjia", "campus"]


def errand(**more):
    return {"state": 1, "category": "帮我买", "cost": 5.5, "creat": now(), "phone": "13800000000", "choose_campus": "东区", **more}


def errands(deployed):
    environment = deployed(ERRANDS, *ERRANDS_COLLECTIONS, permission="READONLY")
    return environment, environment.user("amy"), environment.user("ben")


def balance(environment, account):
    return environment.database("get", "user", id=account)["data"]["balance"]


def test_errands_pay_and_are_paid(deployed):
    environment, amy, ben = errands(deployed)
    account = ok(amy.database("add", "user", data={"balance": 0}))["id"]
    paid = called(amy, "recharge", {"user_id": account, "cost": "20", "name": "充值", "stamp": now()})
    assert paid == {"balance": 20, "success": True}
    spent = called(amy, "parse_pay", {"user_id": account, "cost": 5.5, "name": "帮我买", "stamp": now()})
    assert spent == {"balance": 14.5, "success": True}
    published = ok(amy.database("add", "publish", data=errand()))["id"]
    cancelled = {"_id": published, "user_id": account, "cost": "5", "name": "取消订单", "stamp": now()}
    assert called(amy, "cancel_order", cancelled) == {"success": True}
    assert balance(environment, account) == 19.5
    assert environment.database("get", "publish", id=published)["data"]["state"] == 4
    history = environment.database("get", "history", orderBy=[["stamp", "asc"]])["data"]
    assert [(entry["num"], entry["type"], entry["_openid"]) for entry in history] == [
        (20, 1, amy.openid), (5, 0, amy.openid), (5, 1, amy.openid),
    ]  # fmt: skip
    assert called(amy, "tixian", {"user_id": account, "balance": 19.5, "cost": "19.5", "phone": "1", "name": "提现", "stamp": now()}) == {
        "success": True
    }
    assert balance(environment, account) == 0


def test_errands_undo_what_did_not_work(deployed):
    environment, amy, _ = errands(deployed)
    account = ok(amy.database("add", "user", data={"balance": 7}))["id"]
    refused = called(amy, "cancel_order", {"_id": "no such", "user_id": account, "cost": "5"})
    assert refused == {"success": False, "error": "失败了"}, "the reason of rollback is what runTransaction rejects with"
    assert balance(environment, account) == 7
    published = ok(amy.database("add", "publish", data=errand()))["id"]
    answer = called(amy, "cui", {"_id": published, "jie_phone": "13900000000"})
    assert answer["success"] is False, "its text message goes to another host, inside the transaction"
    assert "cui" not in environment.database("get", "publish", id=published)["data"], "so the update before it is undone"


def test_errands_paid_at_once_are_all_counted(deployed):
    environment, amy, _ = errands(deployed)
    account = ok(amy.database("add", "user", data={"balance": 0}))["id"]
    event = {"user_id": account, "cost": "20", "name": "充值", "stamp": now()}
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: called(amy, "recharge", event), range(5)))
    paid = [answer for answer in answers if answer["success"]]
    assert paid, answers
    assert balance(environment, account) == 20 * len(paid), "each read what the one before it wrote"
    assert environment.database("count", "history")["total"] == len(paid)


def test_errands_are_delivered(deployed):
    environment, amy, ben = errands(deployed)
    wallet = ok(ben.database("add", "user", data={"balance": 1.2}))["id"]
    published = ok(amy.database("add", "publish", data=errand()))["id"]
    runner = {"jiedan_name": "Ben", "jiedan_nickName": "ben", "jiedan_phone": "139", "jiedan_avatarUrl": "a.png"}
    assert called(ben, "jiedan", {"_id": published, "cost": "5.5", "creat": now(), **runner}) == {"success": True}
    [order] = called(ben, "order_lookup", {"obj": {"_openid": ben.openid, "category": 1}, "skip": 0})["list"]
    assert [each["_id"] for each in order["List"]] == [published], "page order: the order with its errand"
    handed_on = {"publish_id": published, "order_id": order["_id"]}
    assert called(ben, "zhuandan", handed_on) == {"success": True}
    assert environment.database("get", "publish", id=published)["data"]["state"] == 1
    assert called(ben, "jie_songda", {**handed_on, "songda_time": now() - 1000, "zong_time": 30}) == {"success": True}
    [shown] = called(amy, "get_jiePhone", {"id": published})["list"]
    assert (shown["state"], shown["List"][0]["jiedan_phone"]) == (5, "139"), "page fabu: who brings it"
    confirmed = {**handed_on, "user_id": wallet, "cost": 5.5, "jie_openid": ben.openid, "name": "佣金", "stamp": now()}
    assert called(amy, "confirm_songda", confirmed) == {"success": True}
    assert balance(environment, wallet) == 6.7
    assert environment.database("get", "order", id=order["_id"])["data"]["category"] == 2
    praise = {"publish_id": published, "jie_openid": ben.openid, "value": 5, "notes": "好", "creat": now()}
    assert called(amy, "add_pingjia", praise) == {"success": True}
    [found] = ok(amy.database("get", "pingjia", where={"_openid": ben.openid}))["data"]
    assert found["value"] == 5
    for route in ("get_riyong", "get_zhouyong", "get_yueyong", "get_nianyong"):
        [best] = called(amy, "get_paihang", {"$url": route})["list"]
        assert (best["_id"]["_openid"], best["cost"]) == (ben.openid, 5.5), "page paihang: groups and sums"
    for route in ("get_risu", "get_zhousu", "get_yuesu", "get_niansu"):
        assert called(amy, "get_paihang", {"$url": route})["list"][0]["zong_time"] == 30
    deposit = ok(ben.database("add", "runner", data={"name": "Ben", "phone": "139", "cost": 20, "pass": True}))["id"]
    assert called(ben, "tui_yajin", {"runner_id": deposit, "time": now()}) == {"success": True}
    assert environment.database("count", "runner")["total"] == 0
    [refund] = environment.database("get", "tuiyajin")["data"]
    assert (refund["name"], refund["yajin"]) == ("Ben", 20)
    assert called(ben, "opendata", {"cloudID": "as sent"})["cloudID"] == "as sent", "only WeChat's cloud opens a CloudID"
    assert "WeChat" in called(ben, "paysuc", {"cost": 1})["errMsg"], "a message needs an app id of WeChat"
    assert called(ben, "cui_kehu", {"order_id": order["_id"], "ke_phone": "1"})["success"] is False, "a text message to another host"
    assert refusal(ben, "sms", {"ke_phone": "1", "jie_phone": "2"})
    assert "payment" in refusal(ben, "pay", {"totalFee": 1, "body": "b"}).lower(), "WeChat Pay is not there"


# Sharing a car: two circles around where it starts and where it ends


def test_car_sharing(deployed):
    environment = deployed("214132049/pinche", "pinche_messages")
    amy, ben = environment.user("amy"), environment.user("ben")
    assert called(amy, "login")["openid"] == amy.openid
    leaves = "2099-01-02T08:00:00Z"

    def point(longitude, latitude):
        return {"type": "Point", "coordinates": [longitude, latitude]}

    def trip(name, start, end, **more):
        return {
            "_id": name, "type": "1", "valid": True, "openid": amy.openid, "departureTime": {"$date": leaves},
            "startlocation": point(*start), "endlocation": point(*end), **more,
        }  # fmt: skip

    hangzhou, xiaoshan, shanghai = (120.155, 30.274), (120.264, 30.183), (121.473, 31.230)
    environment.database(
        "add", "pinche_messages",
        data=[
            trip("near", hangzhou, shanghai), trip("also", xiaoshan, shanghai), trip("back", shanghai, hangzhou),
            trip("gone", hangzhou, shanghai, departureTime={"$date": "2020-01-01T00:00:00Z"}),
        ],
    )  # fmt: skip

    def found(**asked):
        answer = called(ben, "get_publish", {"data": asked})
        assert answer["code"] == 200, answer
        return {each["_id"] for each in answer["data"]}

    start, end = ({"longitude": place[0], "latitude": place[1]} for place in (hangzhou, shanghai))
    assert found() == {"near", "also", "back"}, "page index: what has not left yet"
    assert found(start=start) == {"near", "also"}, "30 km around Hangzhou"
    assert found(end=end) == {"near", "also"}
    assert found(start=start, end=start) == set()
    assert found(start=start, end=end, date="2099-01-02", type="1") == {"near", "also"}
    assert found(date="2099-01-03") == set()
    assert len(found(pagesize=2)) == 2
    assert found(pagesize=2, pageno=2) | found(pagesize=2) == {"near", "also", "back"}
    assert found(ismine=True) == set()
    assert called(ben, "get_detail", {"data": {"id": "near"}})["data"]["startlocation"] == point(*hangzhou)
    assert called(amy, "del_publish", {"data": {"id": "near"}}) == {"code": 200, "errMsg": ""}
    assert called(ben, "get_detail", {"data": {"id": "near"}}) == {"code": -200, "errMsg": "暂无数据"}
    assert '"async-validator" is missing' in refusal(amy, "save_publish", {"data": {}})
    assert called(amy, "get_qrcode", {"data": {"path": "x"}})["code"] != 200, "a picture from WeChat"


# Moments and activities on a map: `geoNear` as the first stage


def test_map_of_moments(deployed, phone):
    environment = deployed("zerofishnoodles/mapick", inside="src")
    amy, ben = environment.user("amy"), environment.user("ben")
    assert called(amy, "createActivityCollection") == {"success": True}
    assert called(amy, "createActivityCollection")["data"] == "already create activity collection", "as on WeChat, it fails"
    assert called(amy, "createMomentCollection") == {"success": True}
    for collection in ("activity", "moment"):
        ok(environment.request("POST", f"/collections/{collection}/indexes", json={"keys": [["location", "2dsphere"]]}), (200, 201))
    here, near, far = ({"type": "Point", "coordinates": place} for place in ([113, 23], [113.01, 23], [113.2, 23]))
    for number, place in enumerate((far, near, here)):
        moment = {"content": f"m{number}", "location": place, "time": number, "image": [], "like": 0, "remark": []}
        assert called(amy, "addMoment", moment)["success"]
        activity = {
            "title": f"a{number}", "content": "c", "location": place, "startTime": "2021-12-18 12:08",
            "endTime": f"2021-12-{18 + number} 14:00", "number": 3, "locationName": "l",
        }  # fmt: skip
        assert called(amy, "addActivity", activity)["success"]
    moments = called(ben, "getMoment", {"location": here})
    assert [each["content"] for each in moments["data"]] == ["m2", "m1", "m0"], moments
    assert [round(each["distance"]) for each in moments["data"]] == [0, 1025, 20494]
    assert moments["data"][1]["location"] == near, "includeLocs"
    assert [each["content"] for each in called(ben, "getNearMoment", {"location": here})["data"]] == ["m2", "m1"], "within 10 km"
    activities = called(ben, "getActivity", {"location": here, "endTime": "2021-12-19 10:00"})["data"]
    assert [each["title"] for each in activities] == ["a2", "a1"], "those that have not ended"
    around = called(ben, "getNearActivity", {"location": far, "endTime": "2021-12-01 10:00"})["data"]
    assert [each["title"] for each in around] == ["a0"], "within 2 km"
    assert [each["content"] for each in called(amy, "getMomentByUser")["data"]] == ["m2", "m1", "m0"]
    assert called(ben, "getActivityByUser")["data"] == []
    assert called(amy, "quickstartFunctions", {"type": "getOpenId"})["openid"] == amy.openid
    assert called(amy, "quickstartFunctions", {"type": "createCollection"}) == {"success": True}
    assert called(amy, "quickstartFunctions", {"type": "createCollection"})["data"] == "create collection success", "not filled twice"
    sales = called(amy, "quickstartFunctions", {"type": "selectRecord"})["data"]
    assert len(sales) == 4
    sales[0]["sales"] = 100
    assert called(amy, "quickstartFunctions", {"type": "updateRecord", "data": sales})["success"]
    sums = called(amy, "quickstartFunctions", {"type": "sumRecord"})["list"]
    assert sorted((each["_id"], each["sum"]) for each in sums) == [("华东", 111), ("华南", 44)]
    assert "WeChat" in refusal(amy, "quickstartFunctions", {"type": "getMiniProgramCode"})


# Coupons of shops: lookups by pipeline, with the conditions of a page


def test_coupons(deployed):
    environment = deployed("liuhao1088/paintedArmorProject", "coupon", "received_coupon", "business")
    amy, ben = environment.user("amy"), environment.user("ben")
    assert called(amy, "getOpenid")["openid"] == called(amy, "login")["openid"] == amy.openid
    environment.database("add", "business", data={"_id": "b1", "shop": "tea"})
    for number, name in enumerate(("Tea 5", "tea 10", "cake")):
        coupon = {"_id": f"c{number}", "coupon_name": name, "end_timestamp": 100 + number, "business_id": "b1", "mark": 1, "kind": number}
        assert called(amy, "collectionAdd", {"collection": "coupon", "addData": coupon}) is None
    called(amy, "collectionAdd", {"collection": "received_coupon", "addData": {"_openid": ben.openid, "coupon_id": "c1", "n": 7}})
    asked = {
        "stamp": 100, "or": [{"mark": 1}, {"mark": 2}], "and": [{"business_id": "b1"}], "search": "tea", "openid": ben.openid,
        "sort": {"end_timestamp": -1}, "skip": 0, "limit": 20,
    }  # fmt: skip
    found = called(ben, "couponQuery", asked)["list"]
    assert [(each["_id"], [mine["n"] for mine in each["my"]], each["business"][0]["shop"]) for each in found] == [
        ("c1", [7], "tea"), ("c0", [], "tea"),
    ]  # fmt: skip
    assert "_id" not in found[0]["my"][0], "project inside of the lookup's pipeline"
    assert [each["_id"] for each in called(ben, "couponQuery", {**asked, "stamp": 101})["list"]] == ["c1"]
    joined = called(ben, "collectionQuery", {
        "collection": "received_coupon", "where": {"_openid": ben.openid}, "from": "coupon", "let": {"coupon": "$coupon_id"},
        "match": ["$_id", "$$coupon"], "project": {"_id": 0, "coupon_name": 1}, "as": "coupon", "sort": {"n": -1}, "skip": 0, "limit": 5,
    })["list"]  # fmt: skip
    assert [each["coupon"] for each in joined] == [[{"coupon_name": "tea 10"}]]
    changed = called(amy, "collectionUpdate", {"collection": "coupon", "where": {"_id": "c2"}, "updateData": {"mark": 2}})
    assert changed["stats"] == {"updated": 1}
    page = {"collection": "coupon", "where": {"mark": 2}, "ordername": "end_timestamp", "order": "desc", "skip": 0}
    assert [each["_id"] for each in called(amy, "getCollection", page)["data"]] == ["c2"]
    assert called(amy, "collectionDelete", {"collection": "coupon", "where": {"mark": 2}}) is None
    assert called(amy, "getCollection", page)["data"] == []
    assert "WeChat" in refusal(amy, "sendMessage", {"openid": amy.openid})


# A market for farmers: goods by distance, recommendations with two lookups, favourites


def test_farmers_market(deployed):
    names = ["goods", "share", "users", "star", "wanted", "sales"]
    environment = deployed("conghuhu/Agricultural-products-platform", *names, inside="static")
    amy = environment.user("amy")
    places = {"g1": (113.2, 34.8), "g2": (113.0, 34.8), "g3": (113.1, 34.8), "hidden": (113.0, 34.8)}
    environment.database("add", "goods", data=[
        {"_id": name, "goodName": name, "status": name != "hidden", "location": {"type": "Point", "coordinates": place}}
        for name, place in places.items()
    ])  # fmt: skip
    ok(environment.request("POST", "/collections/goods/indexes", json={"keys": [["location", "2dsphere"]]}), (200, 201))
    nearest = called(amy, "goods", {"type": "getGoodsByLocation", "longitude": 113.0, "latitude": 34.8})
    assert [good["_id"] for good in nearest["data"]] == ["g2", "g3", "g1"], nearest
    assert called(amy, "goods", {"type": "nothing"})["success"] is False
    environment.database("add", "users", data={"_openid": amy.openid, "nickName": "Amy"})
    environment.database("add", "share", data=[
        {"_id": f"s{number}", "_openid": amy.openid, "goodId": good, "title": title, "createTime": number, "star": 0}
        for number, (good, title) in enumerate((("g1", "Fresh apples"), ("g2", "pears")))
    ])  # fmt: skip
    shares = called(amy, "share", {"type": "getShareList"})["data"]
    assert [(share["_id"], share["author"][0]["nickName"], share["goodInfo"][0]["_id"]) for share in shares] == [
        ("s1", "Amy", "g2"), ("s0", "Amy", "g1"),
    ]  # fmt: skip
    assert [share["_id"] for share in called(amy, "share", {"type": "getShareList", "value": "APPLE"})["data"]] == ["s0"]
    assert len(called(amy, "share", {"type": "getOneShareList"})["data"]) == 2
    assert called(amy, "star_focus", {"type": "addStar", "shareId": "s0"})["sucess"] is True
    assert called(amy, "star_focus", {"type": "getOneStarList"})["data"] == ["s0"]
    assert called(amy, "star_focus", {"type": "getOneStarInfoList"})["data"][0]["star"] == 1
    called(amy, "star_focus", {"type": "removeStar", "shareId": "s0"})
    assert called(amy, "star_focus", {"type": "getOneStarInfoList"})["data"] == []
    environment.database("add", "wanted", data={"_openid": amy.openid, "goodId": "g3", "createTime": 1})
    assert called(amy, "wanted", {"type": "getWanted"})["data"][0]["goodInfo"][0]["_id"] == "g3"
    assert '"dayjs" is missing' in refusal(amy, "sale", {"type": "queryShopTotalSale", "shopId": "x"})
    assert '"dayjs" is missing' in refusal(amy, "page_view", {"type": "queryView"})


def test_farmers_market_people(deployed):
    names = ["users", "shops", "comments", "goods_comments", "hot-words", "chat-msgs"]
    environment = deployed("conghuhu/Agricultural-products-platform", *names, inside="static")
    amy, ben = environment.user("amy"), environment.user("ben")
    for user, name in ((amy, "Amy"), (ben, "Ben")):
        person = {"_openid": user.openid, "nickName": name, "avatarUrl": f"{name}.png", "money": 30, "status": 0}
        environment.database("add", "users", data=person)
    assert called(amy, "user", {"type": "getMoneyBalance"})["data"] == 30
    assert called(amy, "user", {"type": "decrementMoney", "openid": amy.openid, "price": "12.5"})["sucess"] is True
    assert called(amy, "user", {"type": "decrementMoney", "openid": amy.openid, "price": 20})["message"] == "余额不足"
    assert called(amy, "user", {"type": "getMoneyBalance"})["data"] == 17.5
    assert called(amy, "user", {"type": "changeStatus"})["data"]["stats"] == {"updated": 1}
    form = {"username": "Amy", "phone": "1", "shopName": "Apples", "description": "d", "shopAvatar": "a"}
    assert called(amy, "shop", {"type": "checkCreatedShop"})["message"] == "未创建店铺"
    assert called(amy, "shop", {"type": "createShop", "createShopForm": form})["success"] is True
    assert called(amy, "shop", {"type": "createShop", "createShopForm": form})["message"] == "不可重复申请"
    [shop] = called(amy, "shop", {"type": "checkCreatedShop"})["data"]
    assert called(amy, "shop", {"type": "editShop", "createShopForm": {**form, "shopName": "Pears"}})["success"] is True
    assert called(ben, "shop", {"type": "getShopInfo", "shopId": shop["_id"]})["data"]["shopName"] == "Pears"
    comment = {"adcode": 1, "content": "good", "comment_id": "n1", "author": "Ben"}
    assert called(ben, "comments", {"type": "addComments", "comment": comment})["res"]["success"] is True
    assert [each["content"] for each in called(amy, "comments", {"type": "getComments", "id": "n1"})["data"]] == ["good"]
    called(ben, "comments", {"type": "addGoodsComments", "goodsComments": {"goodId": "g1", "content": "sweet", "createTime": 1}})
    [said] = called(amy, "comments", {"type": "getGoodsComment", "goodId": "g1"})["data"]
    assert (said["userInfo"]["nickName"], said["content"]) == ("Ben", "sweet")
    for count in (1, 2):  # its writes are not waited for
        called(amy, "recommend", {"type": "addHotWord", "keyword": "apple"})
        hot = {"type": "getHotwords"}
        wait_until(lambda count=count, hot=hot: [word["count"] for word in called(ben, "recommend", hot)["data"]] == [count])
    message = {"m_openId": ben.openid, "msgType": "text", "content": "still there?"}
    assert called(amy, "message", {"type": "messageAdd", "messageData": message})["sucess"] is True
    [sent] = called(amy, "message", {"type": "messageGet", "m_openId": ben.openid})["data"]
    assert (sent["content"], sent["m_userInfo"]["nickName"]) == ("still there?", "Ben")
    assert called(amy, "message", {"type": "messageUpdate", "message": sent})["data"]["stats"]["updated"] in (0, 1)


# Tea and ice cream: the shops nearest to the user, found by the page itself


def test_tea_shops(deployed, phone):
    repository = "Q7Long/mixuebingcheng"
    environment = deployed(repository, "goods", "goods_category", "specs", "specs_category", "store", permission="READONLY")
    amy = environment.user("amy")
    environment.database("add", "goods_category", data=[{"_id": "tea", "name": "茶"}, {"_id": "ice", "name": "冰淇淋"}])
    environment.database("add", "goods", data=[{"_id": "g1", "category": "tea"}, {"_id": "g2", "category": "tea"}])
    listed = called(amy, "goods-list-with-category")
    assert {each["_id"]: [good["_id"] for good in each["goodsList"]] for each in listed} == {"tea": ["g1", "g2"], "ice": []}
    environment.database("add", "specs_category", data=[{"_id": "size"}, {"_id": "sugar"}])
    environment.database("add", "specs", data={"_id": "big", "category": "size"})
    [size] = called(amy, "specs-category-with-specs", {"ids": ["size"]})
    assert [each["_id"] for each in size["specs"]] == ["big"]
    environment.database("add", "store", data=[
        {"_id": name, "location": {"type": "Point", "coordinates": place}}
        for name, place in (("far", [113.9, 34.8]), ("second", [113.60, 34.8]), ("first", [113.56, 34.8]))
    ])  # fmt: skip
    ok(environment.request("POST", "/collections/store/indexes", json={"keys": [["location", "2dsphere"]]}), (200, 201))
    shops = phone(repository, environment, "amy").call("default.list", 113.55, 34.8, module="api/store")["data"]
    assert [shop["_id"] for shop in shops] == ["first", "second"], "within 10 km, the nearest first"
    assert "phoneNumber" in refusal(amy, "get-phone-number", {"weRunData": "a CloudID"}), "only WeChat's cloud opens a CloudID"


# Questions of job interviews, on CloudBase's own SDK: transactions by hand, users of its own login


def test_interview_questions(deployed, tmp_path):
    repository = "liyupi/mianshiya-public"
    environment = deployed(repository, "question", "user", "comment", "userScore", inside="cloudfunctions/question")
    for folder in ("comment", "userScore"):
        deploy(environment, repository, tmp_path, f"cloudfunctions/{folder}")
    amy = environment.user("amy")
    environment.database("add", "question", data={"_id": "q1", "isDelete": False, "viewNum": 1, "favourNum": 0})
    environment.database("add", "user", data={"_id": "u1", "unionId": "u1", "isDelete": False, "score": 0, "favourQuestionIds": []})
    assert called(amy, "viewQuestion", {"questionId": "q1"})["updated"] == 1, "it asks for TCB_SOURCE_IP"
    assert environment.database("get", "question", id="q1")["data"]["viewNum"] == 2
    for function, event in (("favourQuestion", {"questionId": "q1"}), ("thumbUpComment", {"commentId": "c1"})):
        assert called(amy, function, event) == 0, "a user without a customUserId, as its own login would give"
    assert called(amy, "deleteComment", {"commentId": "c1"}) is False
    # It calls `where` inside of a transaction, which WeChat does not have.
    added = called(amy, "addUserScore", {"userId": "u1", "score": 5, "reason": 1})
    assert [score["_id"] for score in environment.database("get", "userScore")["data"]] == [added]
    assert environment.database("get", "user", id="u1")["data"]["score"] == 5
    environment.database("add", "comment", data={"questionId": "q1", "reviewStatus": 1, "isDelete": False, "content": "c", "userId": "u1"})
    found = called(amy, "searchComments", {"questionId": "q1", "reviewStatus": 1, "getQuestion": True})
    assert found["total"] == 1, found
    assert '"xss" is missing' in refusal(amy, "addComment", {"content": "c", "questionId": "q1"})
