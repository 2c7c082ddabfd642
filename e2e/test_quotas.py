"""Quotas of an environment: refused exactly at the limit, free again after deletion, changed without a restart."""

import concurrent.futures
import threading

import pytest
from harness.admin import Admin
from harness.client import ok
from harness.coupons import Merchant, batch_definition, claimed
from harness.problems import assert_problem

PAGE = 4096
HELLO = "exports.main = async () => 'hello'"


def set_quotas(environment, **quotas):
    return ok(environment.request("PATCH", "/quotas", json=quotas))


def usage(environment):
    return ok(environment.request("GET", "/quotas"))["usage"]


def refused(response, quota, limit):
    told = assert_problem(response, 403, "QUOTA_EXCEEDED")
    assert (told["quota"], told["limit"]) == (quota, limit)


@pytest.fixture
def limited(admin):
    return admin.create_environment()


def test_nothing_is_limited_unless_said(limited):
    shown = ok(limited.request("GET", "/quotas"))
    assert shown["quotas"] == {}
    assert {name: count for name, count in shown["usage"].items() if name != "documentBytes"} == {
        "fileBytes": 0, "files": 0, "functions": 0, "collections": 0, "coupons": 0,
    }  # fmt: skip
    assert 0 < shown["usage"]["documentBytes"] < 100_000 and shown["usage"]["documentBytes"] % PAGE == 0
    assert set_quotas(limited, functions=3, files=5)["quotas"] == {"functions": 3, "files": 5}
    assert set_quotas(limited, functions=None)["quotas"] == {"files": 5}
    for wrong in ({"functions": -1}, {"functions": "3"}, {"cakes": 1}, {"functions": 1.5}):
        assert_problem(limited.request("PATCH", "/quotas", json=wrong), 400, "BAD_MEMBER")
    assert ok(limited.request("GET", "/quotas"))["quotas"] == {"files": 5}


def test_quotas_survive_a_restart(own_server):
    environment = Admin(own_server.address, own_server.operator_key).create_environment()
    set_quotas(environment, collections=1)
    assert own_server.stop() == 0
    own_server.start()
    environment.admin.session.close()
    refusing = type(environment)(Admin(own_server.address, own_server.operator_key), environment.id)
    refusing.create_collection("one")
    refused(refusing.request("POST", "/collections", json={"name": "two"}), "collections", 1)


def test_functions(limited):
    set_quotas(limited, functions=2)
    for name in "ab":
        limited.deploy(name, HELLO)
    limited.upload_blobs([HELLO.encode()])
    refused(limited.try_deploy("c", {"index.js": HELLO}), "functions", 2)
    limited.deploy("a", HELLO + "// again")
    ok(limited.request("DELETE", "/functions/b"), 204)
    limited.deploy("c", HELLO)
    assert usage(limited)["functions"] == 2
    set_quotas(limited, functions=None)
    limited.deploy("d", HELLO)


def test_functions_deployed_at_once_cannot_pass_together(limited):
    set_quotas(limited, functions=3)
    limited.upload_blobs([HELLO.encode()])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: limited.try_deploy(f"f{n}", {"index.js": HELLO}).status_code, range(8)))
    assert sorted(answers) == [201] * 3 + [403] * 5
    assert usage(limited)["functions"] == 3


def test_collections_also_those_that_a_write_makes(limited):
    set_quotas(limited, collections=2)
    limited.create_collection("one")
    limited.database("add", "two", data={"_id": "1"})
    refused(limited.request("POST", "/collections", json={"name": "three"}), "collections", 2)
    refused(limited.request("POST", "/database", json={"op": "add", "collection": "three", "data": {}}), "collections", 2)
    refused(limited.request("POST", "/import?collection=three", data=b'{"a":1}\n'), "collections", 2)
    assert limited.create_collection("one")["name"] == "one"
    ok(limited.request("DELETE", "/collections/two"), 204)
    limited.database("add", "three", data={})
    assert usage(limited)["collections"] == 2


def test_collections_made_at_once_cannot_pass_together(limited):
    set_quotas(limited, collections=4)

    def make(number):
        return limited.request("POST", "/collections", json={"name": f"c{number}"}).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(make, range(16)))
    assert sorted(answers) == [201] * 4 + [403] * 12


def test_files_to_the_byte(limited):
    user = limited.user("alice")
    set_quotas(limited, fileBytes=1000, files=3)
    ok(user.upload("a", b"x" * 600))
    refused(user.upload("b", b"x" * 401), "fileBytes", 1000)
    ok(user.upload("b", b"x" * 400))
    refused(user.upload("c", b"x"), "fileBytes", 1000)
    ok(user.upload("c", b""))
    refused(user.upload("d", b""), "files", 3)
    refused(user.upload("a", b"x" * 601), "fileBytes", 1000)
    ok(user.upload("a", b"y" * 600))
    assert usage(limited)["fileBytes"] == 1000 and usage(limited)["files"] == 3
    ok(limited.request("DELETE", "/files/b"), 204)
    ok(user.upload("d", b"x" * 400))
    # A quota below what there is stops growth and nothing else.
    set_quotas(limited, fileBytes=10)
    ok(user.upload("a", b"z" * 500))
    refused(user.upload("a", b"z" * 501), "fileBytes", 10)
    set_quotas(limited, fileBytes=None)
    ok(user.upload("a", b"z" * 5000))


def test_files_sent_at_once_cannot_pass_together(limited):
    user = limited.user("alice")
    set_quotas(limited, fileBytes=10_000)
    barrier = threading.Barrier(6)

    def send(number):
        client = limited.client(user.login_answer["accessToken"])
        barrier.wait()
        return client.upload(f"f{number}", b"x" * 4000).status_code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [200, 200, 403, 403, 403, 403]
    assert usage(limited)["fileBytes"] == 8000


def test_a_full_environment_does_not_take_a_large_file_first(limited, server):
    user = limited.user("alice")
    set_quotas(limited, fileBytes=100)
    refused(user.upload("large", b"x" * (8 << 20)), "fileBytes", 100)
    assert list((server.data / "env" / limited.id / "objects").iterdir()) == []


def test_documents(limited):
    limited.create_collection("notes", "READONLY")
    set_quotas(limited, documentBytes=usage(limited)["documentBytes"] + 20 * PAGE)
    text = "x" * 1000

    def try_add(text):
        return limited.request("POST", "/database", json={"op": "add", "collection": "notes", "data": {"t": text}})

    stored = 0
    while (answer := try_add(text)).status_code == 200:
        stored += 1
        assert stored < 200
    limit = ok(limited.request("GET", "/quotas"))["quotas"]["documentBytes"]
    refused(answer, "documentBytes", limit)
    assert limit - 2 * PAGE <= usage(limited)["documentBytes"] <= limit
    assert stored > 50
    # Reading goes on, and what is full can be emptied.
    assert limited.database("count", "notes")["total"] == stored
    limited.request("POST", "/collections/notes/indexes", json={"name": "t", "keys": [["t", "asc"]]})
    assert [index["name"] for index in ok(limited.request("GET", "/collections/notes"))["indexes"]] == []
    refused(limited.request("POST", "/collections", json={"name": "more"}), "documentBytes", limit)
    assert "more" not in [c["name"] for c in ok(limited.request("GET", "/collections"))["collections"]]
    some = [document["_id"] for document in limited.database("get", "notes", limit=20)["data"]]
    assert limited.database("remove", "notes", where={"_id": {"$in": some}})["removed"] == 20
    added = 0
    while try_add(text).status_code == 200:
        added += 1
    assert 15 <= added <= 24
    # Raised and removed at once, without a restart.
    set_quotas(limited, documentBytes=limit + 10 * PAGE)
    limited.database("add", "notes", data={"t": text})
    set_quotas(limited, documentBytes=None)
    limited.database("add", "notes", data=[{"t": text} for _ in range(100)])
    # Lowered below what there is: nothing grows, everything else works.
    set_quotas(limited, documentBytes=1)
    refused(try_add("x" * 9000), "documentBytes", 1)
    first = limited.database("get", "notes", limit=1)["data"][0]["_id"]
    assert limited.database("update", "notes", id=first, update={"$set": {"t": "short"}})["updated"] == 1
    assert limited.database("remove", "notes", id=first)["removed"] == 1


def test_a_refused_transaction_leaves_nothing(limited):
    limited.create_collection("notes")
    limited.deploy(
        "fill",
        """
        const cloud = require('wx-server-sdk')
        cloud.init()
        exports.main = async () => cloud.database().runTransaction(async (t) => {
          for (let i = 0; i < 50; i++) await t.collection('notes').add({ data: { t: 'x'.repeat(1000) } })
        })
        """,
    )
    limit = usage(limited)["documentBytes"] + 5 * PAGE
    set_quotas(limited, documentBytes=limit)
    told = assert_problem(limited.try_invoke("fill"), 500)
    assert told["error"]["code"] == "-501003"
    assert limited.database("count", "notes")["total"] == 0


def test_only_the_operator_sets_them(limited):
    key = limited.create_key("management")["secret"]
    owner = type(limited)(Admin(limited.address, key), limited.id)
    ok(owner.request("GET", "/quotas"))
    assert_problem(owner.request("PATCH", "/quotas", json={"functions": 9}), 403, "PERMISSION_DENIED")


def test_coupons(limited):
    set_quotas(limited, coupons=150)
    merchant = Merchant(limited)
    first = merchant.published(stock=100)
    refused(merchant.ask("POST", "/batches", batch_definition(stock=51)), "coupons", 150)
    second = merchant.published(stock=50)
    refused(merchant.ask("PATCH", f"/batches/{second}", {"stock": 51}), "coupons", 150)
    assert usage(limited)["coupons"] == 150
    ok(merchant.ask("PATCH", f"/batches/{second}", {"stock": 20}))
    ok(merchant.ask("PATCH", f"/batches/{first}", {"stock": 130}))
    claimed(limited.user("one"), first)
    merchant.step(first, "stop")
    assert usage(limited)["coupons"] == 21, "of one that was stopped, what it gave"
