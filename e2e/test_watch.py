"""Watching queries over a WebSocket, as clients of other makers speak it."""

import json
import time

import pytest
import requests
import websocket
from harness.admin import Admin
from harness.client import ok
from harness.server import Server


class Watcher:
    """A connection that has logged in."""

    def __init__(self, address, token, env=None, **options):
        self.socket = websocket.create_connection(address.replace("http", "ws") + "/v1/watch", timeout=15, **options)
        if token:
            self.say(type="login", token=token, **({"env": env} if env else {}))

    def say(self, **message):
        self.socket.send(json.dumps(message))

    def hear(self):
        return json.loads(self.socket.recv())

    def watch(self, name, collection, **members):
        self.say(type="watch", watch=name, collection=collection, **members)
        return self.hear()


@pytest.fixture
def place(admin):
    environment = admin.create_environment()
    environment.create_collection("goods", "READONLY")
    environment.database("add", "goods", data=[{"_id": "a", "price": 1}, {"_id": "b", "price": 20}])
    return environment


def watcher(place, name="ada", **options):
    user = place.user(name)
    made = Watcher(user.address, user.login_answer["accessToken"], **options)
    assert made.hear() == {"type": "ready"}
    return made


def told(message):
    return [(change["queueType"], change["docId"]) for change in message["changes"]]


def test_a_query_is_followed(place):
    one = watcher(place)
    first = one.watch("w", "goods", where={"price": {"$lt": 10}}, orderBy=[["price", "desc"]])
    assert (first["type"], [doc["_id"] for doc in first["docs"]]) == ("init", ["a"])
    place.database("add", "goods", data={"_id": "c", "price": 5})
    change = one.hear()
    assert (change["type"], change["watch"], told(change), change["order"]) == ("next", "w", [("enqueue", "c")], ["c", "a"])
    place.user("bob").database("update", "goods", id="c", update={"$set": {"price": 50}})
    place.database("update", "goods", id="c", update={"$set": {"price": 50}})
    assert told(one.hear()) == [("dequeue", "c")]
    one.say(type="close", watch="w")
    assert one.hear() == {"type": "closed", "watch": "w"}
    place.database("update", "goods", id="c", update={"$set": {"price": 5}})
    one.say(type="ping")
    assert one.hear() == {"type": "pong"}


def test_the_token_may_come_in_a_header(place):
    user = place.user("ada")
    header = [f"Authorization: Bearer {user.login_answer['accessToken']}", f"x-sampan-env: {place.id}"]
    one = Watcher(user.address, None, header=header)
    assert one.hear() == {"type": "ready"}


def test_nobody_watches_without_a_login(place):
    one = Watcher(place.address, "nonsense")
    refusal = one.hear()
    assert (refusal["type"], refusal["code"], refusal["status"]) == ("error", "TOKEN_INVALID", 401)
    assert one.watch("w", "goods")["code"] == "LOGIN_FIRST"
    other = place.user("ada").login_answer["accessToken"]
    assert Watcher(place.address, other, env="env-000000000000").hear()["code"] == "ENVIRONMENT_MISMATCH"


def test_what_is_hidden_stays_hidden(place):
    place.create_collection("secrets", "PRIVATE")
    mine, other = watcher(place, "ada"), watcher(place, "eve")
    for one in (mine, other):
        assert one.watch("w", "secrets")["docs"] == []
    ada = place.user("ada")
    ok(ada.database("add", "secrets", data={"_id": "s", "text": "x"}))
    assert told(mine.hear()) == [("enqueue", "s")]
    other.say(type="ping")
    assert other.hear() == {"type": "pong"}


def test_a_lost_connection_and_a_restart(tmp_path):
    server = Server(tmp_path).start()
    try:
        environment = Admin(server.address, server.operator_key).create_environment()
        ok(environment.request("PATCH", "/settings", json={"developmentLogin": True}))
        environment.create_collection("goods", "READONLY")
        environment.database("add", "goods", data=[{"_id": "a"}, {"_id": "b"}])
        one = watcher(environment)
        resume = one.watch("w", "goods")["resume"]
        one.socket.close()
        environment.database("remove", "goods", id="a")
        server.kill()
        server.start()
        environment = Admin(server.address, server.operator_key).environment(environment.id)
        environment.database("add", "goods", data={"_id": "c"})
        again = watcher(environment).watch("w", "goods", resume=resume)
        assert again["type"] == "next" and sorted(told(again)) == [("dequeue", "a"), ("enqueue", "c")]
    finally:
        server.stop()


def test_stopping_says_goodbye(tmp_path):
    server = Server(tmp_path).start()
    environment = Admin(server.address, server.operator_key).create_environment()
    ok(environment.request("PATCH", "/settings", json={"developmentLogin": True}))
    environment.create_collection("goods", "READONLY")
    one = watcher(environment)
    one.watch("w", "goods")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 10
    opcode, data = one.socket.recv_data()
    assert (opcode, int.from_bytes(data[:2], "big")) == (websocket.ABNF.OPCODE_CLOSE, 1001)


def test_requests_that_only_look_like_it(server):
    """A header that asks for an upgrade elsewhere, or for another protocol, changes nothing."""
    for headers in ({"Upgrade": "websocket", "Connection": "Upgrade"}, {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings"}):
        assert requests.get(server.address + "/healthz", headers=headers, timeout=10).status_code == 200
    assert requests.get(server.address + "/v1/watch", timeout=10).status_code in (401, 404)


def test_bad_frames_end_the_connection_only(server):
    broken = websocket.create_connection(server.address.replace("http", "ws") + "/v1/watch", timeout=10)
    broken.send("x" * (2 << 20))
    try:
        while broken.recv():
            pass
    except websocket.WebSocketTimeoutException:
        pytest.fail("the connection is still open")
    except (websocket.WebSocketException, OSError):
        # Cut off; where the close arrives first, the last thing received is empty.
        pass
    assert requests.get(server.address + "/healthz", timeout=10).status_code == 200
