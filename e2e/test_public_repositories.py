"""Public mini program repositories, as their authors left them: `sampan deploy`, then the calls that their pages make.

Opt-in: `SAMPAN_PUBLIC_REPOS` names a folder with checkouts called `owner+name`, for example

    git clone https://github.com/xjq7/book_borrow "$SAMPAN_PUBLIC_REPOS/xjq7+book_borrow"

A repository that is not there is skipped. docs/compatibility.md lists the commits that were checked.
"""

from pathlib import Path

import pytest
from harness.client import ok
from harness.repositories import NO_CHECKOUTS, called, refusal

# Functions that need this package are checked where the server's base layer has it.
BASE_LAYER = Path("/usr/share/nodejs")

pytestmark = NO_CHECKOUTS


def in_base_layer(package):
    return (BASE_LAYER / package).is_dir()


# WeChat


def test_book_borrow(deployed):
    """A library: sign-in, a shelf in the database, one function that empties it."""
    environment = deployed("xjq7/book_borrow", "users", "book_shelf")
    amy, ben = environment.user("amy"), environment.user("ben")
    assert called(amy, "get_openID")["OPENID"] == amy.openid
    assert called(amy, "login", {"openid": amy.openid})["data"] == [], "page user: an unknown user is asked to register"
    ok(amy.database("add", "users", data={"name": "Amy"}))
    assert [user["name"] for user in called(amy, "login", {"openid": amy.openid})["data"]] == ["Amy"]
    book = {"isbn": "9787115480989", "title": "小程序"}
    assert called(amy, "add_book_shelf", {"that": book, "type": "0"})["data"] == [], "page search: not on the shelf yet"
    for reader in (amy, ben):
        ok(reader.database("add", "book_shelf", data={**book, "type": "0"}))
    found = called(amy, "add_book_shelf", {"that": book, "type": "0"})["data"]
    assert [entry["_openid"] for entry in found] == [amy.openid], "page search: already there, and only her own"
    assert called(amy, "add_book_shelf", {"that": book, "type": "1"})["data"] == []
    assert called(amy, "de_book_shelf", {})["stats"] == {"removed": 1}
    assert called(amy, "de_book_shelf", {})["stats"] == {"removed": 0}
    assert len(called(ben, "add_book_shelf", {"that": book, "type": "0"})["data"]) == 1
    assert "WeChat" in refusal(amy, "openapi", {"action": "getWXACode"}), "needs an app id of WeChat"


def test_todo_list(deployed):
    """A list of things to do behind tcb-router, whose functions read event.userInfo."""
    environment = deployed("kkkdb/todoList", "todos")
    amy, ben = environment.user("amy"), environment.user("ben")
    assert called(amy, "login")["openid"] == amy.openid
    assert called(amy, "sum", {"a": 1, "b": 2}) == {"sum": 3}
    assert called(amy, "router", {"$url": "todos/createOrUpdate", "text": "tea", "completed": False})["success"]
    [todo] = called(amy, "router", {"$url": "todos/getList"})["list"]
    assert (todo["text"], todo["completed"], todo["open_id"]) == ("tea", False, amy.openid)
    assert called(ben, "router", {"$url": "todos/getList"})["list"] == []
    called(amy, "router", {"$url": "todos/createOrUpdate", "_id": todo["_id"], "completed": True})
    assert called(amy, "router", {"$url": "todos/getList"})["list"][0]["completed"] is True
    assert called(amy, "router", {"$url": "todos/delete", "_id": todo["_id"]})["message"] == "删除成功"
    assert called(amy, "router", {"$url": "todos/getList"})["list"] == []


def test_account_book(deployed):
    """Bills: one function with 21 routes whose files it requires by their path from its own folder."""
    names = ["user", "bill", "billReason", "billType", "billCloseType", "billPayMethod", "publish", "advice"]
    environment = deployed("xiaoxiaotudou/suixiangnian", *names)
    for name in ("billType", "billCloseType", "billPayMethod"):
        environment.database("add", name, data={"_id": f"{name}-1", "content": name, "isDeleted": False, "updatedAt": 1})
    amy, ben = environment.user("amy"), environment.user("ben")

    def route(user, name, **event):
        return called(user, "router", {"$url": name, **event})

    account_of_a_new_user(amy, route)
    bills_are_kept(amy, ben, route)
    posts_are_published(amy, route)
    assert route(amy, "advice-save", text="more tea")["_id"]


def account_of_a_new_user(user, route):
    assert route(user, "user-findById")["data"] == []
    [account] = route(user, "user-save")["data"]
    assert account["_openid"] == user.openid
    assert isinstance(account["createdAt"], str), "a date travels to the page as text"
    [account] = route(user, "user-updateAddress", _id=account["_id"], address={"city": "杭州"})["data"]
    assert account["address"] == {"city": "杭州"}
    changed = route(user, "user-updateUserInfo", _id=account["_id"], nickName="Amy", avatarUrl="cloud://a.png")
    assert changed["stats"] == {"updated": 1}


def bills_are_kept(user, other, route):
    kinds = {name: route(user, f"{name}-findAll")["data"][0] for name in ("billType", "billCloseType", "billPayMethod")}
    assert route(user, "billReason-findAll", type="out")["data"] == []
    reason = route(user, "billReason-save", type="out", content="wedding")["_id"]
    [found] = route(user, "billReason-findAll", type="out")["data"]
    assert (found["_id"], found["content"]) == (reason, "wedding")
    for total in (200, 600):
        route(user, "bill-save", billDate="2026-11-23", type="out", billReason=found, total=total, actual=total, description="", **kinds)
    bills = route(user, "bill-findAll")["data"]
    assert [bill["total"] for bill in bills] == [600, 200], "the latest first"
    assert route(other, "bill-findAll") == {"data": []}
    chosen = bills[0]["_id"]
    edited = route(user, "bill-edit", _id=chosen, billCloseType=kinds["billCloseType"], description="paid")
    assert edited["stats"] == {"updated": 1}
    assert route(other, "bill-edit", _id=chosen, billCloseType=kinds["billCloseType"], description="!")["stats"] == {"updated": 0}
    assert route(user, "bill-findById", _id=chosen)["data"][0]["description"] == "paid"
    assert route(user, "bill-delete", _id=chosen)["stats"] == {"updated": 1}
    assert [bill["total"] for bill in route(user, "bill-findAll")["data"]] == [200]
    renamed = route(user, "billReason-edit", _id=reason, type="out", content="birthday")
    assert renamed["_id"] != reason
    assert [each["content"] for each in route(user, "billReason-findAll", type="out")["data"]] == ["birthday"]


def posts_are_published(user, route):
    [post] = route(user, "publish-save", text="hello", tags=["a", "b"], activeMember=3)["data"]
    [post] = route(user, "publish-updateFileId", _id=post["_id"], fileIds=["cloud://1.png"])["data"]
    page = route(user, "publish-findByPagination", currentPage=1)
    assert (page["total"], page["data"][0]["tags"]) == (1, ["a", "b"])
    assert route(user, "publish-findByPagination", currentPage=2)["data"] == []


def test_diary_in_pairs(deployed):
    """A diary for two: entries with their pictures and comments by two lookups."""
    environment = deployed("MellaLee/diary-in-pairs", "diary", "attachment", "comment", "user")
    amy = environment.user("amy")
    for day in (1, 2, 3):
        added = called(amy, "bulkInsert", {"table": "diary", "data": {"_id": f"d{day}", "createdAt": day, "deleted": int(day == 2)}})
        assert added["_id"] == f"d{day}"
    pictures = [{"diaryId": "d3", "url": "1"}, {"diaryId": "d3", "url": "2"}]
    assert len(called(amy, "bulkInsert", {"table": "attachment", "data": pictures})["_ids"]) == 2
    called(amy, "bulkInsert", {"table": "comment", "data": {"diaryId": "d1", "content": "nice"}})
    joins = [
        {"from": "attachment", "localField": "_id", "foreignField": "diaryId", "as": "attachmentList"},
        {"from": "comment", "localField": "_id", "foreignField": "diaryId", "as": "commentList"},
    ]
    page = {"collect": "diary", "aggregate": joins, "skip": 0, "limit": 10, "sort": {"createdAt": -1}}
    [newest, oldest] = called(amy, "collectionAggregate", page)["list"]
    assert [newest["_id"], oldest["_id"]] == ["d3", "d1"]
    assert sorted(each["url"] for each in newest["attachmentList"]) == ["1", "2"]
    assert ([each["content"] for each in oldest["commentList"]], newest["commentList"]) == (["nice"], [])
    assert [each["_id"] for each in called(amy, "collectionAggregate", {**page, "skip": 1})["list"]] == ["d1"]
    message = {"touser": amy.openid, "content": "c", "createdAt": "2026-11-23", "commentUser": "u", "templateId": "t"}
    assert "WeChat" in called(amy, "sendSubscribeMessage", message)["errMsg"], "the function returns the error that it caught"


def test_diary_sends_its_message_with_an_app_of_wechat(deployed, wechat):
    environment = deployed("MellaLee/diary-in-pairs", wechat=wechat.settings)
    amy = environment.user("amy")
    message = {"touser": amy.openid, "content": "c", "createdAt": "2026-11-23", "commentUser": "u", "templateId": "t"}
    answer = called(amy, "sendSubscribeMessage", message)
    assert (answer["errCode"], answer["path"]) == (0, "/cgi-bin/message/subscribe/send")
    sent = answer["got"]
    assert (sent["touser"], sent["templateId"], sent["miniprogramState"]) == (amy.openid, "t", "developer")


def test_official_demo(deployed):
    """WeChat's own demo: sign-in, the server's data, links to files. Its AR functions need WeChat's internal network."""
    environment = deployed("wechat-miniprogram/miniprogram-demo", "perm4")
    amy = environment.user("amy")
    assert called(amy, "login") == {"openid": amy.openid}
    environment.database("add", "perm4", data={"_openid": "server", "data": "only readable"})
    [document] = called(amy, "getServerDataDemo")["data"]
    assert document["data"] == "only readable"
    file = ok(amy.upload("demo/a.txt", b"tea"), (200, 201))["fileID"]
    [link] = called(amy, "getTempFileURL", {"fileIdList": [{"fileID": file, "maxAge": 3600}]})
    assert (link["status"], link["fileID"]) == (0, file)
    assert amy.request("GET", link["tempFileURL"].replace(environment.address, "")).content == b"tea"
    assert '"protobufjs" is missing' in refusal(amy, "ARDemo", {"type": "GetARModel"})


def test_alumni_without_an_app_of_wechat(deployed):
    """A directory of alumni on a framework of its own: router, models, controllers, 1,600 files with node_modules."""
    environment = deployed("flyeagleyuan/miniprogram-alumni", "t_user", "t_album", "t_info", "t_setup")
    amy = environment.user("amy")
    answer = called(amy, "cloud", {"router": "passport/login", "params": {}})
    assert (answer["code"], answer["data"]) == (200, {"token": None})
    assert called(amy, "cloud", {"router": "no/such"})["msg"] == "服务器繁忙，请稍后再试"
    album = {"title": "同学时光相册", "type": "同学时光", "content": "三年二班的毕业照片合集"}
    refused = called(amy, "cloud", {"router": "album/insert", "params": album})
    assert refused["msg"] == "文字内容不合适，请修改", "it asks WeChat to check texts and refuses when nobody answers"
    [trigger] = environment.function("cloud")["triggers"]
    assert trigger["config"] == "0 0 2 1 * * *"


@pytest.fixture
def alumni(deployed, wechat):
    """The directory with two registered users; answers them and a function that calls a route and unwraps its answer."""
    environment = deployed("flyeagleyuan/miniprogram-alumni", "t_user", "t_album", "t_info", "t_setup", wechat=wechat.settings)

    def route(user, name, **params):
        answer = called(user, "cloud", {"router": name, "token": "", "params": params})
        assert answer["code"] == 200, answer
        return answer["data"]

    users = [environment.user(name) for name in ("amy", "ben")]
    for user, name, year in zip(users, ("陈小美", "王小明"), (1995, 2003), strict=True):
        form = {
            "name": name, "sex": 2, "item": "三年二班", "birth": "1977-01-02", "enroll": year, "grad": year + 4, "city": "杭州",
            "native": "浙江", "edu": "本科",
        }  # fmt: skip
        wechat_data = {
            "avatarUrl": "https://x/a.png", "gender": 2, "nickName": name, "language": "zh_CN", "city": "", "province": "", "country": "",
        }  # fmt: skip
        token = route(user, "passport/reg", phone="13800000000", formData=form, inviteData={"code": ""}, wechatData=wechat_data)["token"]
        assert (token["id"], token["name"], token["status"]) == (user.openid, name, 1)
    return (*users, route)


def test_alumni_find_each_other(alumni):
    amy, ben, route = alumni
    assert route(amy, "passport/login")["token"]["name"] == "陈小美"
    everybody = route(amy, "user/list", page=1, size=20, isTotal=True)
    assert (everybody["total"], {user["USER_NAME"] for user in everybody["list"]}) == (2, {"陈小美", "王小明"})
    found = route(amy, "user/list", page=1, search="小明")
    assert [user["USER_NAME"] for user in found["list"]] == ["王小明"], "regular expressions in _.or inside _.and"
    nineties = route(amy, "user/list", page=1, sortType="enroll", sortVal=1990)
    assert [user["USER_NAME"] for user in nineties["list"]] == ["陈小美"], "_.gte(…).and(_.lte(…))"
    by_year = route(amy, "user/list", page=1, sortType="sort", sortVal="enroll")
    assert [user["USER_ENROLL"] for user in by_year["list"]] == [1995, 2003]
    assert route(ben, "user/view", userId=amy.openid)["USER_NAME"] == "陈小美"
    assert route(ben, "user/view", userId=amy.openid)["USER_VIEW_CNT"] >= 1, "_.inc"
    assert route(amy, "user/my_detail")["USER_NAME"] == "陈小美"


def test_alumni_share_albums(alumni):
    amy, ben, route = alumni
    album = {"title": "同学时光相册", "type": "同学时光", "content": "三年二班的毕业照片合集"}
    identifier = route(amy, "album/insert", **album)["id"]
    assert route(ben, "album/insert", **{**album, "title": "校园追忆二班", "type": "校园追忆"})["id"] != identifier
    listed = route(ben, "album/list", page=1, isTotal=True)
    assert (listed["total"], listed["count"]) == (2, 1)
    authors = {each["ALBUM_TITLE"]: each["USER_DETAIL"]["USER_NAME"] for each in listed["list"]}
    assert authors == {"同学时光相册": "陈小美", "校园追忆二班": "王小明"}, "lookup, match, project, sort, skip, limit"
    assert [each["ALBUM_TITLE"] for each in route(ben, "album/list", page=1, search="追忆")["list"]] == ["校园追忆二班"]
    assert len(route(ben, "album/list", page=1, sortType="type", sortVal="同学时光")["list"]) == 1
    route(ben, "album/like", id=identifier)
    viewed = route(ben, "album/view", id=identifier)
    assert (viewed["ALBUM_LIKE_CNT"], viewed["USER_DETAIL"]["USER_NAME"]) == (1, "陈小美")
    pictures_of_an_album_are_replaced(amy, identifier, route)
    route(amy, "album/edit", id=identifier, **{**album, "content": "改过的简要描述与说明"}, desc="改过的简介，十个字以上")
    assert route(amy, "album/my_detail", id=identifier)["ALBUM_CONTENT"] == "改过的简要描述与说明"
    route(amy, "album/del", id=identifier)
    assert [each["ALBUM_TITLE"] for each in route(ben, "album/list", page=1)["list"]] == ["校园追忆二班"]


def pictures_of_an_album_are_replaced(user, album, route):
    first, second = (ok(user.upload(f"album/{name}.png", name.encode()), (200, 201))["fileID"] for name in ("one", "two"))
    [url] = route(user, "album/update_pic", albumId=album, imgList=[first])["urls"]
    assert user.request("GET", url.replace(user.address, "")).content == b"one"
    [url] = route(user, "album/update_pic", albumId=album, imgList=[second])["urls"]
    assert user.request("GET", url.replace(user.address, "")).content == b"two"


def test_notify_book(deployed):
    """An address book: search by regular expressions, functions that call functions."""
    environment = deployed("lmy98129/notify-book-cloud", "profile", "notification", "user-notification", "auth-code")
    amy = environment.user("amy")
    assert called(amy, "login")["openid"] == amy.openid
    people = [
        {"realName": "陈小美", "homeTown": "杭州", "jobArray": [{"institution": "Tea House", "job": "chef"}], "authStatus": "authorized"},
        {"realName": "王小明", "homeTown": "成都", "jobArray": [{"institution": "Bank", "job": "clerk"}], "authStatus": "auditing"},
    ]
    for number, person in enumerate(people):
        environment.database("add", "profile", data={**person, "_openid": f"p{number}", "isProfileEmpty": False, "authImgUrl": []})
    wanted = {"$url": "search", "collection": "profile", "requestArray": [
        {"text": "tea", "weight": [{"value": 5, "keyArray": ["institution"]}, {"value": 1, "keyArray": ["homeTown"]}]},
    ]}  # fmt: skip
    found = called(amy, "search", wanted)
    assert (found["code"], found["total"]) == (1, 1)
    assert (found["searchRes"][0]["realName"], found["searchRes"][0]["rank"]) == ("陈小美", 5), "$elemMatch with a db.RegExp"
    assert "authStatus" not in found["searchRes"][0], "field"
    waiting = called(amy, "auditing", {"$url": "download"})
    assert {person["realName"] for person in waiting["data"]} == {"陈小美", "王小明"}, "_.eq(…).or(…) and $exists"
    assert called(amy, "auditing", {"$url": "addAuthCode", "authCodeList": [{"code": "a"}, {"code": "b"}]}) == {"code": 1}
    codes = environment.database("get", "auth-code")["data"]
    assert called(amy, "auditing", {"$url": "deleteAuthCode", "idList": [codes[0]["_id"]]}) == {"code": 1}
    assert environment.database("count", "auth-code")["total"] == 1


@pytest.mark.skipif(not in_base_layer("request"), reason="the package request is not in /usr/share/nodejs")
def test_notify_book_sends_to_everybody(deployed):
    environment = deployed("lmy98129/notify-book-cloud", "notification", "user-notification")
    amy = environment.user("amy")
    assert called(amy, "notification", {"$url": "download"}) == {"code": 0}
    environment.database("add", "notification", data={"_id": "n1", "userList": "0", "title": "t", "content": "c", "createTime": "2026-01"})
    [message] = called(amy, "notification", {"$url": "download"})["unReadArray"]
    assert (message["_id"], message["title"]) == ("ALL,n1", "t")
    assert called(amy, "notification", {"$url": "delete", "idArray": ["ALL,n1"]}) == {"code": 1}
    assert called(amy, "notification", {"$url": "download"}) == {"code": 0}


# Alipay


def test_bus_go(deployed):
    """School buses in Hangzhou on @alipay/faas-server-sdk: timetables by regular expressions and conditions."""
    environment = deployed("ZhoBudweiser/BusGo", "bus-time-line-time", "bus-run-infos")
    stops = [("紫金港校区", 800), ("玉泉校区", 830), ("西溪校区", 850)]
    workdays = {
        "_id": "1", "cycle": "1,2,3,4,5", "name": "紫金港校区-玉泉校区-西溪校区", "startTime": 800, "endTime": 850,
        "startStation": "紫金港校区", "endStation": "西溪校区", "stations": [{"name": name, "time": time} for name, time in stops],
    }  # fmt: skip
    environment.database("add", "bus-time-line-time", data=[workdays, {**workdays, "_id": "2", "cycle": "6,7"}])
    amy = environment.user("amy")
    asked = {"startAddress": "紫金港", "endAddress": "西溪", "startTime": 700, "startDay": "1,2,3,4,5", "canTrans": False}
    assert [bus["_id"] for bus in called(amy, "queryBusLines", asked)["data"]] == ["1"]
    assert [bus["_id"] for bus in called(amy, "queryBusLines", {**asked, "startDay": "6,7"})["data"]] == ["2"]
    assert called(amy, "queryBusLines", {**asked, "startTime": 900})["data"] == []
    assert called(amy, "queryBusLines", {**asked, "startAddress": "西溪", "endAddress": "紫金港"})["data"] == []
    assert [bus["_id"] for bus in called(amy, "queryBusLines", {**asked, "canTrans": True})["data"]] == ["1"]
    environment.database("add", "bus-run-infos", data={"startStationName": "紫金港校区", "endStationName": "玉泉校区", "ids": ["b1"]})
    between = {"startStationName": "紫金港校区", "endStationName": "玉泉校区"}
    assert called(amy, "queryTimeTable", between)["data"][0]["ids"] == ["b1"]
    assert called(amy, "queryTimeTable", {**between, "endStationName": "湖滨"})["data"] == []


@pytest.fixture
def college_guide(deployed):
    return deployed("myscius/alipay-for-CEE")


def test_college_guide_documents_and_files(college_guide):
    """A guide to colleges on Alipay's template: documents, files and the caller. Most of it asks MySQL."""
    amy = college_guide.user("amy")
    assert called(amy, "helloworld") == {"message": "Hello World!"}
    assert called(amy, "sum", {"a": 1, "b": 2})["res"] == 3
    assert called(amy, "getOpenID")["OPENID"] == amy.openid
    assert called(amy, "nosql", {"action": "addUser", "name": "Amy"})["success"]
    [user] = called(amy, "nosql", {"action": "getAllUsers"})["data"]
    assert called(amy, "nosql", {"action": "deleteUser", "id": user["_id"]})["success"]
    assert called(amy, "nosql", {"action": "getAllUsers"})["data"] == []
    assert called(amy, "oss")["fileID"].endswith("/faas-nodejs-sdk/index.js")
    assert called(amy, "pics", {"action": "getPic"}) == {"res": None, "success": False}
    for picture in (b"one", b"two"):
        file = ok(amy.upload("pic.png", picture), (200, 201))["fileID"]
        assert called(amy, "pics", {"action": "updatePic", "fileID": file}) == {"success": True}
        shown = called(amy, "pics", {"action": "getPic"})
        assert amy.request("GET", shown["url"].replace(college_guide.address, "")).content == picture
    assert called(amy, "pics", {"action": "deleteCurrentPic"}) == {"success": True}


def test_college_guide_says_what_is_missing(college_guide):
    amy = college_guide.user("amy")
    assert "MySQL is not part" in refusal(amy, "college_inc")
    assert '"redis" is missing' in refusal(amy, "redis", {"action": "get"})
    assert "Alipay" in refusal(amy, "cloudOpenapis", {"action": "getQrCode"})


def test_college_guide_with_an_app_of_alipay(deployed, alipay):
    environment = deployed("myscius/alipay-for-CEE", alipay=alipay.settings())
    answer = called(environment.user("amy"), "cloudOpenapis", {"action": "getQrCode"})
    assert (answer["msg"], answer["got"]["url_param"]) == ("Success", "pages/index/index")


def test_todo_of_emas(deployed):
    """Alipay's older Serverless (EMAS): webpack bundles with a default export that take `ctx`."""
    environment = deployed("douzi8/mp-serverless", "todo")
    amy = environment.user("amy")
    assert called(amy, "todo", {"url": "todo/list"}) == []
    called(amy, "todo", {"url": "todo/create", "data": {"title": "tea", "completed": False}})
    [todo] = called(amy, "todo", {"url": "todo/list"})
    assert (todo["title"], todo["completed"]) == ("tea", False)
    called(amy, "todo", {"url": "todo/update", "data": {"_id": todo["_id"], "completed": True}})
    assert called(amy, "todo", {"url": "todo/list"})[0]["completed"] is True
    assert called(amy, "admin", {"url": "space/change"}) is False, "she is not the one user who may"
    assert "no/such" in refusal(amy, "todo", {"url": "no/such"})
