"""Pages of public mini programs that watch: run in Node as they are, with the client SDK in the place of `wx.cloud`.

Opt-in, like test_public_repositories.py.
"""

import time

from harness.admin import wait_until
from harness.client import ok
from harness.repositories import NO_CHECKOUTS, called
from test_public_repositories_data import ERRANDS, errand, errands

pytestmark = NO_CHECKOUTS


def test_errands_list_watches(deployed, phone):
    """Page publish: twenty errands, then a watch of as many; one that somebody takes leaves the list."""
    environment, amy, ben = errands(deployed)
    for step in range(2):
        ok(amy.database("add", "publish", data=errand(creat=step)))
    environment.database("add", "runner", data={"_openid": ben.openid, "pass": True, "name": "Ben", "phone": "139", "campus": "东区"})
    watching = phone(ERRANDS, environment, "ben")
    watching.open("pages/index/index")
    wait_until(lambda: watching.app("globalData")["openid"] == ben.openid)
    watching.open("pages/publish/publish")
    watching.until(lambda data: [each["creat"] for each in data["list"]] == [1, 0])
    first, second = watching.data()["list"]
    time.sleep(0.5)  # the watch begins when the list is there, and nothing shows that it has
    called(amy, "jiedan", {"_id": first["_id"], "cost": "5.5", "jiedan_name": "another"})
    watching.until(lambda data: [each["_id"] for each in data["list"]] == [second["_id"]])
    ok(amy.database("update", "publish", id=second["_id"], update={"$set": {"cost": 8}}))
    watching.until(lambda data: [each["cost"] for each in data["list"]] == [8])
    watching.call("jiedan", {"currentTarget": {"dataset": {"id": second["_id"], "anniu_show": 0}}})
    watching.until(lambda data: data["list"] == [])
    watching.open("pages/publish/publish")
    watching.until(lambda data: data["nomore"])
    time.sleep(0.5)
    ok(amy.database("add", "publish", data=errand(creat=9)))
    watching.until(lambda data: [each["creat"] for each in data["list"]] == [9])
    [order] = ok(ben.database("get", "order", where={"_openid": ben.openid}))["data"]
    assert (order["publish_id"], order["jiedan_phone"], order["category"]) == (second["_id"], "139", 1)


# A battle of words between two phones: each watches the room, and reads of a change which fields it changed

WORDS = "arleyGuoLei/wx-words-pk"


def words_are_there(environment):
    books = (("cet4", "四级词汇", "四级", 1), ("random", "随机所有词汇", "随机", 0), ("traffic", "交通", "交通", 0))
    environment.database("add", "pk_book", data=[
        {"_id": book, "name": name, "desc": short, "peopleNumber": readers} for book, name, short, readers in books
    ])  # fmt: skip
    words = [
        {"_id": f"w{number}", "bookId": "cet4", "word": f"word{number}", "usphone": "u", "trans": [{"pos": "n", "tranCn": f"词{number}"}]}
        for number in range(40)
    ]
    environment.database("add", "pk_word", data=words)


def words_environment(deployed):
    names = ["user", "book", "word", "room", "userWord", "sign", "activity", "userActivity"]
    environment = deployed(WORDS, permission="READONLY")
    for name in names:
        if name == "room":  # all users read and write it, as the source says
            ok(environment.request("POST", "/collections", json={"name": "pk_room", "rules": {"read": True, "write": True}}), 201)
        else:
            environment.create_collection(f"pk_{name}", "READONLY")
    words_are_there(environment)
    return environment


def choosing(index):
    return {"currentTarget": {"dataset": {"index": index}}}


def test_words_battle_of_two_phones(deployed, phone):
    environment = words_environment(deployed)
    amy, ben = environment.user("amy"), environment.user("ben")
    house, guest = phone(WORDS, environment, "amy"), phone(WORDS, environment, "ben")
    for each, user in ((house, amy), (guest, ben)):
        assert each.open("pages/home/home")["userInfo"]["_openid"] == user.openid, "a new user is registered"
    house.call("onChangeBook", {"detail": {"name": "四级词汇", "desc": "四级", "bookId": "cet4"}})
    assert {book["_id"]: book["peopleNumber"] for book in house.data()["bookList"]} == {"cet4": 2, "random": 0, "traffic": 0}
    house.call("createCombatRoom", True)
    [room] = environment.database("get", "pk_room")["data"]
    assert (room["_openid"], room["state"], len(room["list"])) == (amy.openid, "OK", 10)

    house.open("pages/combat/combat", roomId=room["_id"])
    house.until(lambda data: len(data["users"]) == 1 and data["roomInfo"]["isHouseOwner"])
    guest.open("pages/combat/combat", roomId=room["_id"])
    guest.until(lambda data: len(data["users"]) == 1 and data["roomInfo"]["isHouseOwner"] is False)

    ready = "pages/combat/components/friend-pk-buttons/friend-pk-buttons"
    bound = {"roomState": "roomInfo.state", "isHouseOwner": "roomInfo.isHouseOwner", "roomId": "roomInfo.roomId"}
    guest.put(ready, "#buttons", **bound)
    guest.call("onUserReady", {"detail": {"userInfo": {"avatarUrl": "b.png", "nickName": "Ben", "gender": 1}}}, of="#buttons")
    for each in (house, guest):
        each.until(lambda data: data["roomInfo"]["state"] == "READY" and data["users"][1]["nickName"] == "Ben")
    house.put(ready, "#buttons", **bound)
    house.call("onStartPk", of="#buttons")
    for each in (house, guest):
        each.until(lambda data: data["roomInfo"]["state"] == "PK")
    words_are_chosen(house, guest, room)
    for each in (house, guest):
        each.until(lambda data: data["listIndex"] == 1)

    house.call("onUnload")
    wait_until(lambda: any("逃离" in str(entry) for entry in guest.shown()))
    assert environment.database("get", "pk_room", id=room["_id"])["data"]["state"] == "LEAVE"
    called(amy, "model_auto_sign_trigger")
    shown = called(ben, "model_userWords_get", {"page": 1})
    assert [word["_id"] for word in shown["data"]["list"]] == [room["list"][0]["wordId"]], "lookup, unwind, replaceRoot"
    assert called(ben, "model_userWords_clear") is True
    assert called(ben, "model_userWords_get", {"page": 1})["data"]["list"] == []


def words_are_chosen(house, guest, room):
    """Both answer the first word, the owner rightly and the guest wrongly; each sees what the other chose."""
    right = room["list"][0]["correctIndex"]
    place = "pages/combat/components/combat-place/combat-place"
    for each in (house, guest):
        each.put(
            place, "#combatComponent", roomId="roomInfo.roomId", isHouseOwner="roomInfo.isHouseOwner", left="left", right="right",
            listIndex="listIndex", listLength="roomInfo.listLength", isNpcCombat="roomInfo.isNPC", wordObj="wordList.0",
        )  # fmt: skip
    house.call("onSelectOption", choosing(right), of="#combatComponent")
    for each in (house, guest):
        each.until(lambda data: data["left"].get("gradeSum", 0) > 0 and data["left"]["grades"]["0"]["index"] == right)
    guest.call("onSelectOption", choosing((right + 1) % 4), of="#combatComponent")
    house.until(lambda data: data["right"].get("gradeSum") == -10)
    house.until(lambda data: data["anotherSelectIndex"] == (right + 1) % 4, of="#combatComponent")


def test_words_random_match(deployed, phone):
    """A room that waits is found by its age (`serverDate` with an offset in a condition), and its battle begins by itself."""
    environment = words_environment(deployed)
    house, guest = phone(WORDS, environment, "amy"), phone(WORDS, environment, "ben")
    for each in (house, guest):
        each.open("pages/home/home")
    house.call("onRandomMatch")
    room = wait_until(lambda: environment.database("get", "pk_room")["data"])[0]["_id"]
    house.open("pages/combat/combat", roomId=room)
    house.until(lambda data: len(data["users"]) == 1)
    guest.call("onRandomMatch")
    assert guest.shown()[-1] == {"what": "wx.navigateTo", "values": [{"url": f"/pages/combat/combat?roomId={room}", "events": {}}]}
    guest.open("pages/combat/combat", roomId=room)
    for each in (house, guest):
        each.until(lambda data: data["roomInfo"].get("state") == "PK")


# Second-hand goods and chat: WeChat's own chat room component, that dozens of repositories have

CHAT = "hayo6/TalkTalk"


def test_chat_room(deployed, phone):
    environment = deployed(CHAT, "users", "message", "chatting_list", "sale_friends", permission="READONLY")
    environment.create_collection("chatroom", "READONLY")
    phones = {name: phone(CHAT, environment, name) for name in ("amy", "ben")}
    amy = environment.user("amy")
    environment.database("add", "chatting_list", data={"_id": "l1", "groupid": "g1", "content": ""})
    environment.database("add", "chatroom", data={"_id": "old", "groupId": "g1", "textContent": "before", "sendTimeTS": 1, "_openid": "x"})
    environment.database("add", "chatroom", data={"_id": "other", "groupId": "g2", "textContent": "elsewhere", "sendTimeTS": 2})
    for name, each in phones.items():
        each.open("pages/chat/chatroom/chat", groupid="g1", nickname=name)
        each.set(userInfo={"avatarUrl": f"{name}.png", "nickName": name})
        each.put(
            "components/chatroom/chatroom", "#room", envId="chatRoomEnvId", collection="chatRoomCollection", groupId="chatRoomGroupId",
            groupName="chatRoomGroupName", userInfo="userInfo", onGetUserInfo="onGetUserInfo", getOpenID="getOpenID",
        )  # fmt: skip
        each.until(lambda data: [chat["textContent"] for chat in data["chats"]] == ["before"], of="#room")
    time.sleep(0.5)  # the watch begins after the first query, and nothing shows that it has
    phones["amy"].call("onConfirmSendText", {"detail": {"value": "hello"}}, of="#room")
    said = phones["ben"].until(lambda data: len(data["chats"]) == 2, of="#room")["chats"][1]
    assert (said["textContent"], said["_openid"], said["nickName"]) == ("hello", amy.openid, "amy")
    phones["ben"].call("onConfirmSendText", {"detail": {"value": "hi"}}, of="#room")
    for each in phones.values():
        each.until(lambda data: [chat["textContent"] for chat in data["chats"]] == ["before", "hello", "hi"], of="#room")
    assert wait_until(lambda: environment.database("get", "chatting_list", id="l1")["data"]["content"]) in ("hello", "hi")
    assert not any(entry["what"] == "wx.showModal" for each in phones.values() for entry in each.shown()), "no error was shown"


def test_chat_room_functions(deployed):
    """What the other pages of it call: comments, likes, views, marks of what was read."""
    environment = deployed(CHAT, "users", "message", "sale_friends", permission="READONLY")
    amy, ben = environment.user("amy"), environment.user("ben")
    sale = ok(amy.database("add", "sale_friends", data={"title": "bike", "praise_number": 0, "comment": [], "comment_number": 0}))["id"]
    there = {"id": sale, "dbname": "sale_friends"}

    def stored():
        return environment.database("get", "sale_friends", id=sale)["data"]

    called(ben, "addComment", {**there, "comment": {"text": "how much?"}})
    assert (stored()["comment"], stored()["comment_number"]) == ([{"text": "how much?"}], 1), "_.push and _.inc"
    called(ben, "SaleZan", {"id": sale, "praise_number": 1, "praise": ["ben"]})
    called(ben, "SaleComment", {"id": sale, "newcomment_number": 2, "comments": ["a", "b"]})
    assert (stored()["praise"], stored()["comments"], stored()["comment_number"]) == (["ben"], ["a", "b"], 2)
    called(ben, "FrofessZan", {**there, "newpraise_number": 5, "zan": ["x"]})
    called(ben, "FrofessComment", {**there, "newcomment_number": 3, "comments": ["c"]})
    called(ben, "ViewNumber", {**there, "view_number": 9})
    assert [stored()[name] for name in ("praise_number", "comment", "comment_number", "view_number")] == [5, ["c"], 3, 9]
    ok(amy.database("add", "users", data={"view_number": 1}))
    called(ben, "incViewNumber", {"openid": amy.openid})
    assert environment.database("get", "users")["data"][0]["view_number"] == 2
    ok(ben.database("add", "message", data={"messageuser": "u1", "isread": False, "hisOpenid": amy.openid, "saleid": "s1"}))
    for function, event in (("Message", {"id": "u1"}), ("changeUnreadStatus", {"userId": "u1"})):
        environment.database("update", "message", where={}, update={"$set": {"isread": False}}, multi=True)
        called(amy, function, event)
        assert environment.database("get", "message")["data"][0]["isread"] is True, function
    marked = called(amy, "ChangeReadStatus", {"openid": ben.openid, "hisOpenid": amy.openid, "dbname": "message"})
    assert marked["errMsg"] == "collection.update:ok"
    assert called(ben, "DeleteMyLike", {"id": "s1", "dbname": "message"})["stats"] == {"removed": 1}
    assert called(ben, "DeleteMessage", {"id": "u1", "dbname": "message"})["stats"] == {"removed": 0}
    assert called(amy, "Deletes", there)["stats"] == {"removed": 1}
