"""Copies of environments: whole and of one moment, independent ever after, or not there at all."""

import contextlib
import json
import sqlite3
import threading
import time

import pytest
import requests
from harness.admin import Admin, Environment, wait_until
from harness.client import ok
from harness.coupons import Merchant, claimed
from harness.problems import assert_problem

ECHO = "exports.main = async (event) => ({ said: event.word, shop: process.env.SHOP, own: process.env.OWN })"


def copy(environment, name="copy", **wanted):
    made = ok(environment.request("POST", "/copies", json={"name": name, **wanted}), 201)
    return Environment(environment.admin, made["id"])


def documents(environment, collection):
    return {document["_id"]: document for document in environment.database("get", collection, limit=1000)["data"]}


def file_bytes(environment, user, path):
    told = ok(user.post("/v1/files/urls", {"fileList": [f"cloud://{environment.id}/{path}"]}))["fileList"][0]
    return requests.get(told["tempFileURL"], timeout=30).content if told["status"] == 0 else None


@pytest.fixture(scope="module")
def shop(admin):
    """An environment with something of everything."""
    environment = admin.create_environment(
        "小店", variables={"SHOP": "tea"}, wechat={"appId": "wx1", "appSecret": "top secret"}, anonymousLogin=False
    )
    environment.create_collection("goods", "READONLY")
    index = {"name": "by", "keys": [["price", "desc"], ["tags", "asc"]], "unique": True}
    ok(environment.request("POST", "/collections/goods/indexes", json=index), 201)
    picture = f"cloud://{environment.id}/goods/杯子.png"
    environment.database(
        "add",
        "goods",
        data=[
            {"_id": "cup", "price": 5, "tags": ["a", "b"], "picture": picture, "text": f"<img src='{picture}'> cloud://env-other/x"},
            {"_id": "pot", "price": 9, "pictures": [{"id": f"cloud://{environment.id}.bucket/goods/pot.png"}]},
        ],
    )
    environment.deploy("echo", {"index.js": "exports.main = 1"})
    trigger = {"name": "often", "type": "timer", "config": "* * * * * * *"}
    environment.deploy("echo", {"index.js": ECHO}, variables={"OWN": "mine"}, httpPath="/echo", triggers=[trigger])
    user = environment.user("alice")
    ok(user.upload("goods/杯子.png", b"cup"))
    ok(user.upload("readme.txt", b"read me"))
    return environment


def test_everything_comes_along(shop):
    made = copy(shop, "小店的副本", stage="production")
    shown = ok(made.request("GET", ""))
    assert (shown["name"], shown["stage"], shown["status"]) == ("小店的副本", "production", "active")
    assert shown["organization"] == ok(shop.request("GET", ""))["organization"]
    assert ok(made.request("GET", "/settings")) == ok(shop.request("GET", "/settings"))
    assert ok(made.request("GET", "/collections")) == ok(shop.request("GET", "/collections"))
    assert made.invoke("echo", {"word": "hi"}) == {"said": "hi", "shop": "tea", "own": "mine"}
    function = made.function("echo")
    assert [version["version"] for version in function["versions"]] == [1] and function["httpPath"] == "/echo"
    assert function["triggers"] == []
    assert ok(made.request("GET", "/keys"))["keys"] == []
    theirs, ours = (ok(each.request("GET", "/users"))["users"] for each in (made, shop))
    assert theirs == ours and len(theirs) == 1
    user = made.user("alice")
    assert file_bytes(made, user, "goods/杯子.png") == b"cup"
    # Ids of files are those of the copy, whatever surrounds them; others stay.
    cup = documents(made, "goods")["cup"]
    assert cup["picture"] == f"cloud://{made.id}/goods/杯子.png"
    assert cup["text"] == f"<img src='cloud://{made.id}/goods/杯子.png'> cloud://env-other/x"
    assert documents(made, "goods")["pot"]["pictures"] == [{"id": f"cloud://{made.id}.bucket/goods/pot.png"}]
    found = made.database("get", "goods", query={"price": {"$gte": 1}}, orderBy=[["price", "desc"]])["data"]
    assert [each["_id"] for each in found] == ["pot", "cup"]


def test_batches_of_coupons_come_along_as_drafts(shop):
    merchant = Merchant(shop)
    batch = merchant.published(stock=7)
    claimed(shop.user("alice"), batch)
    made = Merchant(copy(shop, "副本"))
    shown = made.batch(batch)
    assert (shown["status"], shown["stock"], shown["accounts"]["claimed"]) == ("draft", 7, 0)
    assert merchant.accounts(batch)["claimed"] == 1


def test_neither_sees_what_happens_in_the_other(shop):
    made = copy(shop)
    user, other = made.user("alice"), shop.user("alice")
    made.database("set", "goods", id="cup", data={"price": 1})
    made.database("remove", "goods", id="pot")
    ok(user.upload("readme.txt", b"changed"))
    ok(made.request("DELETE", "/files/goods/%E6%9D%AF%E5%AD%90.png"), 204)
    made.deploy("echo", "exports.main = async () => 'changed'")
    ok(made.request("DELETE", "/collections/goods/indexes/by"), 204)
    made.change_settings(wechat={"appId": "wx2"})
    assert documents(shop, "goods")["cup"]["price"] == 5 and "pot" in documents(shop, "goods")
    assert file_bytes(shop, other, "readme.txt") == b"read me" and file_bytes(shop, other, "goods/杯子.png") == b"cup"
    assert shop.invoke("echo", {"word": "still"})["said"] == "still"
    assert [index["name"] for index in ok(shop.request("GET", "/collections/goods"))["indexes"]] == ["by"]
    assert ok(shop.request("GET", "/settings"))["wechat"]["appId"] == "wx1"
    # The other way round.
    second = copy(shop)
    ok(other.upload("readme.txt", b"newer"))
    shop.database("set", "goods", id="cup", data={"price": 7})
    assert file_bytes(second, second.user("alice"), "readme.txt") == b"read me"
    assert documents(second, "goods")["cup"]["price"] == 5
    ok(other.upload("readme.txt", b"read me"))
    shop.database("set", "goods", id="cup", data={"price": 5})
    assert file_bytes(made, user, "readme.txt") == b"changed"


def test_what_is_left_out_when_asked(shop):
    made = copy(shop, documents=False, files=False)
    collections = ok(made.request("GET", "/collections"))["collections"]
    assert [(each["name"], each["permission"], each["documents"], each["indexes"][0]["name"]) for each in collections] == [
        ("goods", "READONLY", 0, "by")
    ]
    assert ok(made.request("GET", "/files"))["files"] == []
    made.database("add", "goods", data={"_id": "x", "price": 1})


def test_timers_run_in_the_copy_only_when_asked(shop):
    silent, loud = copy(shop), copy(shop, triggers=True)
    assert [trigger["name"] for trigger in loud.function("echo")["triggers"]] == ["often"]
    wait_until(lambda: [run for run in loud.executions() if run["source"] == "timer"], seconds=10)
    assert silent.executions() == []


def test_quotas_come_along(admin):
    source = admin.create_environment()
    ok(source.request("PATCH", "/quotas", json={"collections": 1}))
    assert ok(copy(source).request("GET", "/quotas"))["quotas"] == {"collections": 1}


@pytest.mark.parametrize(
    "wrong", [{}, {"name": ""}, {"name": 5}, {"name": "x", "stage": "moon"}, {"name": "x", "documents": "no"}, {"name": "x", "triggers": 1}]
)
def test_wrong_requests_make_nothing(shop, admin, wrong):
    before = ok(admin.request("GET", "/environments"))
    assert_problem(shop.request("POST", "/copies", json=wrong), 400, "BAD_MEMBER")
    assert_problem(shop.request("POST", "/copies", json={"name": "x", "app": "app-none"}), 404, "APP_NOT_FOUND")
    assert ok(admin.request("GET", "/environments")) == before


def test_a_deleted_environment_is_restored_first(admin):
    source = admin.create_environment()
    ok(source.request("DELETE", ""))
    assert_problem(source.request("POST", "/copies", json={"name": "x"}), 409, "WRONG_STATUS")
    ok(source.request("POST", "/restore"))
    ok(source.request("POST", "/suspend"))
    copy(source)


def test_who_may(shop, admin):
    """A key of the environment alone makes no environments; who may not change settings gets no secrets."""
    organization = ok(shop.request("GET", ""))["organization"]
    alone = Environment(Admin(shop.address, shop.create_key("management")["secret"]), shop.id)
    assert_problem(alone.request("POST", "/copies", json={"name": "x"}), 403, "PERMISSION_DENIED")

    def holder(role, of=organization):
        made = ok(admin.request("POST", f"/organizations/{of}/keys", json={"name": role, "role": role}), 201)
        return Environment(Admin(shop.address, made["secret"]), shop.id)

    for role in ("operator", "analyst", "viewer"):
        assert_problem(holder(role).request("POST", "/copies", json={"name": "x"}), 403, "PERMISSION_DENIED")
        assert_problem(holder(role).request("GET", "/archive"), 403, "PERMISSION_DENIED")
    assert ok(copy(holder("developer")).request("GET", "/settings"))["wechat"]["appSecretSet"] is True
    stranger = ok(admin.request("POST", "/organizations", json={"name": "stranger", "kind": "merchant"}), 201)["id"]
    foreign = holder("owner", stranger)
    for endpoint in ("POST /copies", "GET /archive", "GET /quotas", "PATCH /quotas", "GET /users", "DELETE /users/x/sessions"):
        assert_problem(foreign.request(*endpoint.split(), json={"name": "x"}), 404, "ENVIRONMENT_NOT_FOUND")


def test_a_copy_under_writes_has_each_transaction_whole_or_not_at_all(admin):
    source = admin.create_environment()
    source.create_collection("left")
    source.create_collection("right")
    source.deploy(
        "pair",
        """
        const cloud = require('wx-server-sdk')
        cloud.init()
        exports.main = async ({ from, to }) => {
          const db = cloud.database()
          for (let i = from; i < to; i++) {
            await db.runTransaction(async (t) => {
              await t.collection('left').doc('p' + i).set({ data: { text: 'x'.repeat(500) } })
              await t.collection('right').doc('p' + i).set({ data: { text: 'x'.repeat(500) } })
            })
          }
        }
        """,
        timeoutSeconds=60,
    )
    stop = threading.Event()

    def write(worker):
        number = worker * 1_000_000
        writer = Environment(Admin(source.address, source.admin.key), source.id)
        while not stop.is_set():
            writer.invoke("pair", {"from": number, "to": number + 20})
            number += 20

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for writer in writers:
        writer.start()
    try:
        wait_until(lambda: source.database("count", "left")["total"] > 100, seconds=30)
        copies = [copy(source, f"copy {number}") for number in range(5)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    sizes = []
    for made in copies:
        left, right = ({document["_id"] for document in every_document(made, name)} for name in ("left", "right"))
        assert left == right
        sizes.append(len(left))
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1], "something was written between the copies"


def every_document(environment, collection):
    lines = environment.request("GET", "/export", params={"collection": collection}).text.splitlines()
    return [json.loads(line) for line in lines]


def test_files_replaced_while_they_are_copied_are_whole(admin):
    source = admin.create_environment()
    user = source.user("alice")
    for number in range(60):
        ok(user.upload(f"f{number:02}", b"a" * 1000))
    stop = threading.Event()

    def replace():
        client = source.client(user.login_answer["accessToken"])
        for turn in range(10_000):
            if stop.is_set():
                return
            ok(client.upload(f"f{turn % 60:02}", bytes([98 + turn % 20]) * 1000))

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        copies = [copy(source) for _ in range(4)]
    finally:
        stop.set()
        writer.join()
    for made in copies:
        reader = made.user("alice")
        for number in range(60):
            content = file_bytes(made, reader, f"f{number:02}")
            assert len(content) == 1000 and len(set(content)) == 1


def leftovers(server):
    """Ids of environments that have a row or a folder somewhere and are not in the list of environments."""
    with sqlite3.connect(f"file:{server.data}/control.sqlite?mode=ro", uri=True) as control:
        known = {row[0] for row in control.execute("SELECT id FROM environments")}
        found = {row[0] for row in control.execute("SELECT id FROM unfinished_environments")}
        for table in ("users", "functions", "versions", "timers", "queue"):
            found |= {row[0] for row in control.execute(f"SELECT DISTINCT environment FROM {table}")}
    control.close()
    return (found | {folder.name for folder in (server.data / "env").iterdir()}) - known


def test_a_server_that_is_killed_during_a_copy_leaves_nothing_of_it(own_server):
    admin = Admin(own_server.address, own_server.operator_key)
    source = admin.create_environment()
    source.deploy("echo", ECHO, triggers=[{"name": "often", "type": "timer", "config": "* * * * * * *"}])
    for _ in range(12):
        source.database("add", "notes", data=[{"text": "x" * 1000, "file": f"cloud://{source.id}/a"} for _ in range(1000)])
    user = source.user("alice")
    for number in range(40):
        ok(user.upload(f"f{number}", b"x" * 100))
    before = {each["id"] for each in ok(admin.request("GET", "/environments"))["environments"]}
    was_caught = 0
    for delay in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8):
        asker = Environment(Admin(own_server.address, own_server.operator_key), source.id)

        def ask(asker=asker):
            # The server is killed before or while it answers.
            with contextlib.suppress(requests.exceptions.RequestException):
                asker.request("POST", "/copies", json={"name": "c"})

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(delay)
        own_server.kill()
        asking.join()
        was_caught += bool(leftovers(own_server))
        own_server.start()
        admin = Admin(own_server.address, own_server.operator_key)
        wait_until(lambda: not leftovers(own_server), seconds=10)
        listed = {each["id"] for each in ok(admin.request("GET", "/environments"))["environments"]}
        # Whole, where the answer was on its way; otherwise not there.
        for new in listed - before:
            whole = Environment(admin, new)
            assert whole.database("count", "notes")["total"] == 12_000
            assert whole.invoke("echo", {"word": "whole"})["said"] == "whole"
            assert len(ok(whole.request("GET", "/files"))["files"]) == 40
        before = listed
    assert was_caught >= 2, "no kill came while a copy was made"
    source = Environment(admin, source.id)
    assert source.database("count", "notes")["total"] == 12_000
