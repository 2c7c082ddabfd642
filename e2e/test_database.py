"""The document database as clients and functions use it: operations, permissions, both platforms' shapes."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import ok
from harness.problems import assert_problem

_names = itertools.count(1)

GOODS = [
    {"_id": "tea", "name": "茶", "price": 12, "tags": ["hot", "drink"], "stock": {"left": 5, "shop": "A"}},
    {"_id": "cake", "name": "cake", "price": 30, "tags": ["sweet"], "stock": {"left": 0, "shop": "B"}},
    {"_id": "milk", "name": "milk", "price": 8.5, "tags": ["drink"], "stock": {"left": 9, "shop": "A"}, "sale": None},
    {"_id": "gift", "name": "gift box", "price": 99, "tags": [], "stock": {"left": 2, "shop": "C"}},
]


@pytest.fixture
def collection(environment):
    """A collection of its own for each test, writable by whoever signs in."""
    name = f"things-{next(_names)}"
    environment.create_collection(name, "PRIVATE")
    return name


@pytest.fixture(scope="module")
def goods(environment):
    environment.create_collection("goods", "ADMINWRITE")
    environment.database("add", "goods", data=GOODS)
    return "goods"


@pytest.fixture(scope="module")
def alice(environment):
    return environment.user("alice")


@pytest.fixture(scope="module")
def bob(environment):
    return environment.user("bob")


QUERIES = [
    ({}, {"tea", "cake", "milk", "gift"}),
    ({"price": {"$lt": 30}}, {"tea", "milk"}),
    ({"price": {"$gte": 12, "$lte": 30}}, {"tea", "cake"}),
    ({"price": {"$in": [8.5, 99]}}, {"milk", "gift"}),
    ({"price": {"$nin": [8.5, 99]}}, {"tea", "cake"}),
    ({"price": {"$not": {"$gt": 10}}}, {"milk"}),
    ({"name": {"$ne": "cake"}}, {"tea", "milk", "gift"}),
    ({"tags": "drink"}, {"tea", "milk"}),
    ({"tags": {"$all": ["hot", "drink"]}}, {"tea"}),
    ({"tags": {"$size": 0}}, {"gift"}),
    ({"tags": {"$elemMatch": {"$eq": "sweet"}}}, {"cake"}),
    ({"stock.left": 0}, {"cake"}),
    ({"stock.shop": "A", "price": {"$gt": 10}}, {"tea"}),
    ({"$or": [{"price": 99}, {"stock.left": {"$gt": 8}}]}, {"gift", "milk"}),
    ({"$nor": [{"price": 99}, {"stock.left": {"$gt": 8}}]}, {"tea", "cake"}),
    ({"price": {"$or": [{"$lt": 9}, {"$gt": 90}]}}, {"milk", "gift"}),
    ({"sale": {"$exists": True}}, {"milk"}),
    ({"sale": None}, {"tea", "cake", "milk", "gift"}),
    ({"stock.left": {"$mod": [2, 1]}}, {"tea", "milk"}),
    ({"name": {"$regex": "^(MILK|gift)", "$options": "i"}}, {"milk", "gift"}),
    ({"name": "茶"}, {"tea"}),
    ({"nothing": {"$gt": 1}}, set()),
]


@pytest.mark.parametrize(("where", "expected"), QUERIES, ids=[str(where)[:60] for where, _ in QUERIES])
def test_queries(alice, goods, where, expected):
    found = ok(alice.database("get", goods, where=where))["data"]
    assert {document["_id"] for document in found} == expected
    assert ok(alice.database("count", goods, where=where)) == {"total": len(expected)}


def test_order_skip_limit_and_projection(alice, goods):
    answer = ok(
        alice.database("get", goods, orderBy=[["price", "desc"]], skip=1, limit=2, projection={"name": True, "_id": False})
    )
    assert answer == {"data": [{"name": "cake"}, {"name": "茶"}], "more": True}


def test_one_document_by_id(alice, goods):
    assert ok(alice.database("get", goods, id="tea"))["data"]["name"] == "茶"
    bare = ok(alice.request("GET", f"/v1/database/{goods}/tea"))
    assert bare["name"] == "茶"
    assert bare["tags"] == ["hot", "drink"]
    assert_problem(alice.database("get", goods, id="nothing"), 404, "DOCUMENT_NOT_FOUND")
    assert_problem(alice.request("GET", f"/v1/database/{goods}/nothing"), 404, "DOCUMENT_NOT_FOUND")


@pytest.mark.parametrize(
    "value",
    [
        0, -1, 9007199254740993, -9223372036854775808, 1.5, 1e300, "", "text 中文 😀", True, None, [], {}, [1, [2, {"a": None}]],
        {"$date": 1700000000123}, {"type": "Point", "coordinates": [120.1, 30.2]}, {"b": 1, "a": 2},
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_values_come_back_as_they_were(alice, collection, value):
    identifier = ok(alice.database("add", collection, data={"value": value}))["id"]
    document = ok(alice.database("get", collection, id=identifier))["data"]
    assert document["value"] == value
    assert type(document["value"]) is type(value)
    if isinstance(value, dict):
        assert list(document["value"]) == list(value), "the order of keys is kept"


UPDATES = [
    ({"$set": {"a.b": 2, "new": True}}, {"a": {"b": 2}, "n": 5, "list": [1, 2, 3], "new": True}),
    ({"$unset": {"a": ""}}, {"n": 5, "list": [1, 2, 3]}),
    ({"$inc": {"n": -2, "fresh": 1}}, {"a": {"b": 1}, "n": 3, "list": [1, 2, 3], "fresh": 1}),
    ({"$mul": {"n": 1.5}}, {"a": {"b": 1}, "n": 7.5, "list": [1, 2, 3]}),
    ({"$min": {"n": 3}, "$max": {"a.b": 9}}, {"a": {"b": 9}, "n": 3, "list": [1, 2, 3]}),
    ({"$rename": {"n": "count"}}, {"a": {"b": 1}, "list": [1, 2, 3], "count": 5}),
    ({"$push": {"list": 4}}, {"a": {"b": 1}, "n": 5, "list": [1, 2, 3, 4]}),
    ({"$push": {"list": {"$each": [9, 8], "$position": 0, "$slice": 3}}}, {"a": {"b": 1}, "n": 5, "list": [9, 8, 1]}),
    ({"$pop": {"list": 1}}, {"a": {"b": 1}, "n": 5, "list": [1, 2]}),
    ({"$pop": {"list": -1}}, {"a": {"b": 1}, "n": 5, "list": [2, 3]}),
    ({"$addToSet": {"list": {"$each": [3, 4]}}}, {"a": {"b": 1}, "n": 5, "list": [1, 2, 3, 4]}),
    ({"$pull": {"list": {"$gt": 1}}}, {"a": {"b": 1}, "n": 5, "list": [1]}),
    ({"$pullAll": {"list": [1, 3]}}, {"a": {"b": 1}, "n": 5, "list": [2]}),
]


@pytest.mark.parametrize(("update", "expected"), UPDATES, ids=[str(update)[:60] for update, _ in UPDATES])
def test_updates(alice, collection, update, expected):
    identifier = ok(alice.database("add", collection, data={"a": {"b": 1}, "n": 5, "list": [1, 2, 3]}))["id"]
    assert ok(alice.database("update", collection, id=identifier, update=update)) == {"matched": 1, "updated": 1}
    document = ok(alice.database("get", collection, id=identifier))["data"]
    assert document.pop("_id") == identifier
    assert document.pop("_openid") == alice.openid
    assert document == expected


def test_update_and_remove_by_query(alice, collection):
    ok(alice.database("add", collection, data=[{"n": n} for n in range(6)]))
    updated = ok(alice.database("update", collection, where={"n": {"$lt": 3}}, update={"$set": {"low": True}}))
    assert updated == {"matched": 3, "updated": 3}
    one = ok(alice.database("update", collection, where={"low": True}, update={"$inc": {"n": 100}}, multi=False))
    assert one == {"matched": 1, "updated": 1}
    assert ok(alice.database("remove", collection, where={"low": True})) == {"removed": 3}
    assert ok(alice.database("count", collection)) == {"total": 3}


def test_set_creates_and_replaces(alice, collection):
    first = ok(alice.database("set", collection, id="one", data={"a": 1, "b": 2}))
    assert (first["created"], first["updated"], first["id"]) == (1, 0, "one")
    second = ok(alice.database("set", collection, id="one", data={"a": 3}))
    assert (second["created"], second["updated"]) == (0, 1)
    assert ok(alice.database("get", collection, id="one"))["data"] == {"_id": "one", "_openid": alice.openid, "a": 3}


def test_an_id_is_taken_once(alice, collection):
    ok(alice.database("add", collection, data={"_id": "same"}))
    assert_problem(alice.database("add", collection, data={"_id": "same"}), 409)


def test_server_time(alice, collection):
    identifier = ok(alice.database("add", collection, data={"at": {"$serverDate": {"offset": 60000}}}))["id"]
    at = ok(alice.database("get", collection, id=identifier))["data"]["at"]["$date"]
    assert abs(at - 60000 - time.time() * 1000) < 5000


def test_aggregate(environment, collection):
    orders = [{"user": user, "total": total, "goods": ["tea", "cake"][: total % 2 + 1]} for user in "ab" for total in range(1, 5)]
    environment.database("add", collection, data=orders)
    pipeline = [
        {"$match": {"total": {"$gt": 1}}},
        {"$group": {"_id": "$user", "sum": {"$sum": "$total"}, "most": {"$max": "$total"}, "count": {"$sum": 1}}},
        {"$sort": {"_id": -1}},
        {"$project": {"_id": 0, "user": "$_id", "sum": 1, "most": 1, "count": 1}},
    ]
    assert environment.database("aggregate", collection, pipeline=pipeline)["data"] == [
        {"user": "b", "sum": 9, "most": 4, "count": 3},
        {"user": "a", "sum": 9, "most": 4, "count": 3},
    ]
    unwound = [{"$unwind": "$goods"}, {"$group": {"_id": "$goods", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    assert environment.database("aggregate", collection, pipeline=unwound)["data"] == [
        {"_id": "cake", "n": 4}, {"_id": "tea", "n": 8},
    ]  # fmt: skip


def test_aggregate_looks_up_other_collections(environment, goods, collection):
    environment.database("add", collection, data={"_id": "o1", "item": "tea"})
    pipeline = [{"$lookup": {"from": goods, "localField": "item", "foreignField": "_id", "as": "goods"}}]
    joined = environment.database("aggregate", collection, pipeline=pipeline)["data"]
    assert joined[0]["goods"][0]["name"] == "茶"


# Permissions: what each kind of user may do with a document of somebody else.

PERMISSIONS = {
    "READONLY": {"read": True, "write": False, "create": True},
    "PRIVATE": {"read": False, "write": False, "create": True},
    "ADMINWRITE": {"read": True, "write": False, "create": False},
    "ADMINONLY": {"read": False, "write": False, "create": False},
}


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_what_others_may_do(environment, alice, bob, permission):
    allowed = PERMISSIONS[permission]
    name = f"perm-{permission.lower()}"
    environment.create_collection(name, permission)
    environment.database("add", name, data={"_id": "hers", "_openid": alice.openid, "n": 1})

    seen = bob.database("get", name, id="hers")
    if allowed["read"]:
        assert ok(seen)["data"]["n"] == 1
        assert ok(bob.database("count", name)) == {"total": 1}
    else:
        assert_problem(seen, (403, 404))
        listed, counted = bob.database("get", name), bob.database("count", name)
        assert listed.status_code == 403 or ok(listed) == {"data": []}
        assert counted.status_code == 403 or ok(counted) == {"total": 0}

    for attempt in (
        bob.database("update", name, id="hers", update={"$set": {"n": 2}}),
        bob.database("update", name, where={}, update={"$set": {"n": 2}}),
        bob.database("set", name, id="hers", data={"n": 2}),
        bob.database("remove", name, id="hers"),
        bob.database("remove", name, where={}),
    ):
        assert attempt.status_code in (200, 403, 404, 409), attempt.text
    assert environment.database("get", name, id="hers")["data"]["n"] == 1

    created = bob.database("add", name, data={"n": 5})
    assert created.status_code == (200 if allowed["create"] else 403)


@pytest.mark.parametrize("permission", ["READONLY", "PRIVATE"])
def test_the_creator_may_change_it(environment, alice, permission):
    name = f"own-{permission.lower()}"
    environment.create_collection(name, permission)
    identifier = ok(alice.database("add", name, data={"n": 1}))["id"]
    assert ok(alice.database("update", name, id=identifier, update={"$inc": {"n": 1}}))["updated"] == 1
    assert ok(alice.database("get", name, id=identifier))["data"]["n"] == 2
    assert ok(alice.database("remove", name, id=identifier)) == {"removed": 1}


def test_nobody_signs_a_document_as_somebody_else(alice, bob, collection):
    forged = bob.database("add", collection, data={"_id": "forged", "_openid": alice.openid})
    if forged.status_code == 200:
        assert ok(bob.database("get", collection, id="forged"))["data"]["_openid"] == bob.openid
    mine = ok(bob.database("add", collection, data={"n": 1}))["id"]
    bob.database("update", collection, id=mine, update={"$set": {"_openid": alice.openid}})
    assert ok(alice.database("get", collection))["data"] == []


def test_a_hidden_field_cannot_be_guessed_through_a_query(environment, alice, bob):
    environment.create_collection("secrets", "PRIVATE")
    ok(alice.database("add", "secrets", data={"pin": 4711}))
    for where in ({"pin": 4711}, {"$or": [{"pin": 4711}, {"_openid": alice.openid}]}, {"_openid": {"$ne": ""}}):
        assert ok(bob.database("count", "secrets", where=where)) == {"total": 0}
    pipeline = [{"$match": {}}]
    answer = bob.database("aggregate", "secrets", pipeline=pipeline)
    assert answer.status_code == 403 or ok(answer)["data"] == []


def test_lookup_does_not_pass_a_permission(environment, alice, bob):
    environment.create_collection("vault", "PRIVATE")
    environment.create_collection("lobby", "READONLY")
    ok(alice.database("add", "vault", data={"_id": "v", "pin": 4711}))
    ok(bob.database("add", "lobby", data={"key": "v"}))
    pipeline = [{"$lookup": {"from": "vault", "localField": "key", "foreignField": "_id", "as": "found"}}]
    assert "4711" not in bob.database("aggregate", "lobby", pipeline=pipeline).text


def test_openid_placeholder(environment, alice, bob):
    environment.create_collection("notes", "READONLY")
    ok(alice.database("add", "notes", data={"n": 1}))
    ok(bob.database("add", "notes", data={"n": 2}))
    mine = ok(bob.database("get", "notes", where={"_openid": "{openid}"}))["data"]
    assert [note["n"] for note in mine] == [2]


def test_a_collection_that_is_not_there(alice):
    assert_problem(alice.database("get", "never-made"), 404)
    assert_problem(alice.database("createCollection", "made-by-client"), (400, 403))


# Repeats, indexes and transactions.


def test_a_repeat_with_the_same_key_writes_once(alice, collection):
    headers = {"Idempotency-Key": "order-1"}
    first = ok(alice.database("add", collection, data={"n": 1}, headers=headers))
    assert ok(alice.database("add", collection, data={"n": 1}, headers=headers)) == first
    assert ok(alice.database("count", collection)) == {"total": 1}
    other = alice.database("add", collection, data={"n": 2}, headers=headers)
    assert_problem(other, 422, "IDEMPOTENCY_MISMATCH")


def test_two_users_may_use_the_same_key(alice, bob, collection):
    headers = {"Idempotency-Key": "mine"}
    first = ok(alice.database("add", collection, data={"n": 1}, headers=headers))
    second = ok(bob.database("add", collection, data={"n": 1}, headers=headers))
    assert first != second


def test_a_unique_index_holds_under_a_rush(environment, collection):
    index = {"name": "phone", "keys": [["phone", "asc"]], "unique": True}
    ok(environment.request("POST", f"/collections/{collection}/indexes", json=index), (200, 201))
    users = [environment.user(f"racer-{n}") for n in range(8)]
    statuses = []

    def add(user):
        statuses.append(user.database("add", collection, data={"phone": "123"}).status_code)

    threads = [threading.Thread(target=add, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7


BUY = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database(), _ = db.command
exports.main = async (event) => db.runTransaction(async transaction => {
  const { data: item } = await transaction.collection('stock').doc(event.item).get()
  if (item.left < 1) return { bought: false }
  await transaction.collection('stock').doc(event.item).update({ data: { left: _.inc(-1) } })
  await transaction.collection('sold').add({ data: { item: event.item } })
  if (event.fail) throw new Error('changed my mind')
  return { bought: true }
})"""


def test_a_transaction_neither_oversells_nor_half_sells(environment):
    for name in ("stock", "sold"):
        environment.create_collection(name, "ADMINONLY")
    environment.database("add", "stock", data={"_id": "tea", "left": 20})
    environment.deploy("buy", BUY)
    users = [environment.user(f"buyer-{n}") for n in range(8)]

    def buy(n):
        return ok(users[n % 8].call("buy", {"item": "tea"}))["bought"]

    with ThreadPoolExecutor(8) as pool:
        bought = sum(pool.map(buy, range(60)))
    assert bought == 20
    assert environment.database("get", "stock", id="tea")["data"]["left"] == 0
    assert environment.database("count", "sold") == {"total": 20}


def test_a_transaction_that_throws_leaves_nothing(environment):
    for name in ("stock", "sold"):
        environment.create_collection(name, "ADMINONLY")
    environment.database("set", "stock", id="cake", data={"left": 3})
    environment.deploy("buy-and-fail", BUY)
    before = environment.database("count", "sold")
    assert_problem(environment.user("hesitant").call("buy-and-fail", {"item": "cake", "fail": True}), 500)
    assert environment.database("get", "stock", id="cake")["data"]["left"] == 3
    assert environment.database("count", "sold") == before


# The two platforms' shapes, seen from inside a function.

WECHAT_SHAPES = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database(), _ = db.command
exports.main = async () => {
  const things = db.collection('shapes'), out = {}
  out.add = Object.keys(await things.add({ data: { _id: 'w', n: 1, when: db.serverDate() } })).sort()
  out.get = (await things.doc('w').get()).data.n
  out.date = (await things.doc('w').get()).data.when instanceof Date
  out.list = (await things.where({ n: _.gt(0).and(_.lt(5)) }).field({ n: true }).get()).data
  out.count = (await things.where({ _id: 'w' }).count()).total
  out.update = (await things.doc('w').update({ data: { n: _.inc(4) } })).stats
  out.remove = (await things.doc('w').remove()).stats
  try { await things.doc('w').get() } catch (error) { out.error = { code: typeof error.errCode, message: error.errMsg } }
  return out
}"""

ALIPAY_SHAPES = """
const cloud = require('@alipay/faas-server-sdk'); cloud.init()
const db = cloud.database(), _ = db.command
exports.main = async () => {
  const things = db.collection('shapes'), out = {}
  out.add = Object.keys(await things.add({ data: { _id: 'a', n: 1 } }))
  const list = await things.where({ n: _.gt(0) }).projection({ n: true }).get()
  out.isArray = Array.isArray(list)
  out.list = list
  out.count = (await things.where({ _id: 'a' }).count()).total
  out.update = await things.where({ _id: 'a' }).update({ data: { n: _.inc(4) } })
  out.remove = await things.where({ _id: 'a' }).remove()
  try { await db.collection('bad name!').get() } catch (error) {
    out.error = { code: typeof error.error, message: typeof error.errorMessage } }
  return out
}"""


COMPUTED = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database(), _ = db.command, $ = _.aggregate
exports.main = async () => {
  const orders = db.collection('orders')
  const fields = { _id: false, total: $.sum('$prices'), first: '$owner.name', half: { of: $.divide(['$discount', 2]) } }
  return {
    computed: (await orders.where({ prices: _.gt(10) }).field(fields).get()).data,
    one: (await orders.doc('o1').field({ n: $.size('$prices') }).get()).data,
    matched: (await orders.where({ prices: _.gt(10) }).field({ 'prices.$': true }).get()).data,
    scores: (await orders.aggregate().match({ $text: { $search: 'tea' } }).project({ _id: 0, score: $.meta('textScore') }).end()).list }
}"""


def test_projections_compute(environment):
    environment.create_collection("orders", "ADMINONLY")
    environment.database("add", "orders", data={"_id": "o1", "prices": [5, 20, 30], "owner": {"name": "Ann"}, "discount": 3, "note": "tea"})
    ok(environment.request("POST", "/collections/orders/indexes", json={"keys": [["note", "text"]]}), (200, 201))
    environment.deploy("computed", COMPUTED)
    assert environment.invoke("computed") == {
        "computed": [{"total": 55, "first": "Ann", "half": {"of": 1.5}}],
        "one": {"_id": "o1", "n": 3},
        "matched": [{"_id": "o1", "prices": [20]}],
        "scores": [{"score": 1.1}],
    }


def test_wechat_shapes(environment):
    environment.create_collection("shapes", "ADMINONLY")
    environment.deploy("wechat-shapes", WECHAT_SHAPES)
    answer = environment.invoke("wechat-shapes")
    assert answer["add"] == ["_id", "errMsg"]
    assert (answer["get"], answer["date"], answer["count"]) == (1, True, 1)
    assert answer["list"] == [{"_id": "w", "n": 1}]
    assert answer["update"] == {"updated": 1}
    assert answer["remove"] == {"removed": 1}
    assert answer["error"]["code"] == "number"
    assert "w" in answer["error"]["message"]


def test_alipay_shapes(environment):
    environment.create_collection("shapes", "ADMINONLY")
    environment.deploy("alipay-shapes", ALIPAY_SHAPES)
    answer = environment.invoke("alipay-shapes")
    assert answer["add"] == ["_id"]
    assert answer["isArray"] is True
    assert answer["list"] == [{"_id": "a", "n": 1}]
    assert answer["count"] == 1
    assert answer["update"] == {"count": 1}
    assert answer["remove"] == {"count": 1}
    assert answer["error"] == {"code": "number", "message": "string"}


def test_import_and_export(environment, collection):
    lines = '{"_id":"a","n":1}\n{"_id":"b","at":{"$date":1700000000000}}\n'
    path = f"/import?collection={collection}&mode=insert"
    assert ok(environment.request("POST", path, data=lines.encode())) == {"inserted": 2, "updated": 0}
    again = f"/import?collection={collection}&mode=upsert"
    assert ok(environment.request("POST", again, data=lines.encode())) == {"inserted": 0, "updated": 2}
    exported = environment.request("GET", "/export", params={"collection": collection}).text
    assert sorted(exported.splitlines()) == sorted(lines.splitlines())
