"""Queries and aggregations inside a transaction of a real function: one moment, own writes over it, conflicts tried again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.admin import Admin
from harness.engines import ENGINES, variables_of
from harness.server import Server

ACCOUNTS = [{"_id": "a", "n": 5, "k": "x"}, {"_id": "b", "n": 7, "k": "x"}, {"_id": "c", "n": 1, "k": "y"}, {"_id": "e", "n": 2, "k": "y"}]
CONFLICT_CODES = {"wechat": -502001, "alipay": 60005}

# The platforms differ in the shapes of results and in where the data of a write stands; a function is written for one of them.
WECHAT = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const documents = (answer) => answer.data, results = (answer) => answer.list, codeOf = (error) => error.errCode
"""
ALIPAY = """
const cloud = require('@alipay/faas-server-sdk'); cloud.init()
const documents = (answer) => answer, results = (answer) => answer, codeOf = (error) => error.error
"""
COMMON = """
const db = cloud.database(), _ = db.command, $ = _.aggregate
const ids = async (query) => documents(await query.get()).map((document) => document._id)
const rich = (accounts) => ids(accounts.where({ n: _.gte(5) }).orderBy('n', 'desc'))
const sums = async (accounts) => {
  const answer = await accounts.aggregate().match({ n: _.gt(0) }).group({ _id: '$k', sum: $.sum('$n') }).sort({ _id: 1 }).end()
  return results(answer).map((group) => [group._id, group.sum])
}
const seen = async (accounts) => ({
  rich: await rich(accounts), sums: await sums(accounts), count: (await accounts.where({ k: 'x' }).count()).total })
"""

# Somebody else's writes are those of `db`, which knows of no transaction.
SNAPSHOT = """
exports.main = async ({ name }) => {
  const accounts = db.collection(name), transaction = await db.startTransaction(), inside = transaction.collection(name)
  const before = await seen(inside)
  await accounts.doc('c').update({ data: { n: 100 } })
  await accounts.where({ _id: 'b' }).update({ data: { k: 'z' } })
  await accounts.doc('e').remove()
  await accounts.add({ data: { _id: 'd', n: 50, k: 'x' } })
  const during = await seen(inside)
  await transaction.commit()
  return { before, during, after: await seen(accounts) }
}"""

OWN_WRITES = """
exports.main = async ({ name, end }) => {
  const accounts = db.collection(name), transaction = await db.startTransaction(), inside = transaction.collection(name)
  const before = await seen(inside)
  await inside.doc('c').update({ data: { n: _.inc(8) } })
  await inside.where({ k: 'x', n: _.lt(7) }).update({ data: { k: 'y' } })
  await inside.add({ data: { _id: 'own', n: 6, k: 'x' } })
  await inside.where({ _id: 'e' }).remove()
  const during = await seen(inside), outside = await seen(accounts)
  await transaction[end]()
  return { before, during, outside, after: await seen(accounts) }
}"""

CONFLICT = """
exports.main = async ({ name, times }) => {
  let attempts = 0
  const found = []
  try {
    await db.runTransaction(async (transaction) => {
      attempts += 1
      const inside = transaction.collection(name)
      const [[, sum]] = await sums(inside)
      found.push(sum)
      if (attempts === 1) await db.collection(name).doc('b').update({ data: { n: _.inc(10) } })
      await inside.doc('total').set({ data: { sum } })
    }, times)
  } catch (error) { return { attempts, found, code: codeOf(error) } }
  return { attempts, found }
}"""

TAKE_ONE = """
exports.main = async ({ name }) => db.runTransaction(async (transaction) => {
  const inside = transaction.collection(name)
  const [one] = documents(await inside.where({ left: _.gt(0) }).orderBy('left', 'desc').limit(1).get())
  if (!one) return { taken: null }
  await inside.doc(one._id).update({ data: { left: _.inc(-1) } })
  await inside.add({ data: { of: one._id } })
  return { taken: one._id }
}, 100)"""


class Accounts:
    """A function for one platform, and the collection that it works on."""

    def __init__(self, environment, function, source):
        self.environment = environment
        self.name = function
        environment.create_collection(self.name, "ADMINONLY")
        environment.database("add", self.name, data=ACCOUNTS)
        environment.deploy(self.name, source)

    def invoke(self, **event):
        return self.environment.invoke(self.name, {"name": self.name, **event})

    def database(self, op, **members):
        return self.environment.database(op, self.name, **members)


@pytest.fixture(scope="module", params=ENGINES)
def environment(request, tmp_path_factory):
    """One on a server of the module's own, for each engine."""
    running = Server(tmp_path_factory.mktemp(request.param), variables=variables_of(request.param)).start()
    yield Admin(running.address, running.operator_key).create_environment()
    assert running.stop() == 0


@pytest.fixture(params=["wechat", "alipay"])
def deployed(request, environment):
    """Deploys a function with accounts of its own."""
    head = {"wechat": WECHAT, "alipay": ALIPAY}[request.param] + COMMON
    return lambda name, source: Accounts(environment, f"{name}-{request.param}", head + source)


def test_it_sees_one_moment_whatever_others_write(deployed):
    answer = deployed("moment", SNAPSHOT).invoke()
    assert answer["before"] == {"rich": ["b", "a"], "sums": [["x", 12], ["y", 3]], "count": 2}
    assert answer["during"] == answer["before"], "what was written outside is not seen, by no kind of query"
    assert answer["after"] == {"rich": ["c", "d", "b", "a"], "sums": [["x", 55], ["y", 100], ["z", 7]], "count": 2}


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_it_sees_its_own_writes_and_nobody_else_does_before_the_commit(deployed, end):
    answer = deployed(f"own-{end}", OWN_WRITES).invoke(end=end)
    before = {"rich": ["b", "a"], "sums": [["x", 12], ["y", 3]], "count": 2}
    own = {"rich": ["c", "b", "own", "a"], "sums": [["x", 13], ["y", 14]], "count": 2}
    assert answer == {"before": before, "during": own, "outside": before, "after": own if end == "commit" else before}


def test_a_conflict_with_what_a_query_found_is_tried_again(deployed):
    accounts = deployed("again", CONFLICT)
    assert accounts.invoke() == {"attempts": 2, "found": [12, 22]}, "the second time it sees what had come between"
    assert accounts.database("get", id="total")["data"]["sum"] == 22


def test_a_conflict_that_may_not_be_tried_again_is_told(deployed):
    accounts = deployed("once", CONFLICT)
    answer = accounts.invoke(times=1)
    assert (answer["attempts"], answer["found"]) == (1, [12])
    assert answer["code"] == CONFLICT_CODES[accounts.name.rsplit("-", 1)[1]]
    assert accounts.database("count", where={"_id": "total"}) == {"total": 0}


def test_what_a_query_found_is_taken_once(deployed):
    """Whoever finds the same document at the same time begins again; together they take what is there, and nothing twice."""
    accounts = deployed("take", TAKE_ONE)
    accounts.database("remove", where={})
    accounts.database("add", data=[{"_id": "tea", "left": 9}, {"_id": "cake", "left": 4}])
    with ThreadPoolExecutor(6) as pool:
        taken = [answer["taken"] for answer in pool.map(lambda _: accounts.invoke(), range(16))]
    assert sorted(filter(None, taken)) == ["cake"] * 4 + ["tea"] * 9
    assert accounts.database("count", where={"left": 0})["total"] == 2
    assert accounts.database("count", where={"of": {"$exists": True}})["total"] == 13


def test_a_server_key_has_transactions(environment):
    environment.create_collection("stock", "PRIVATE")
    environment.database("add", "stock", data=[{"_id": "a", "left": 3}, {"_id": "b", "left": 0}])
    name = environment.database("begin")["transaction"]
    for document, change in (("a", -1), ("b", 1)):
        environment.database("update", "stock", id=document, update={"$inc": {"left": change}}, transaction=name)
    assert {row["_id"]: row["left"] for row in environment.database("get", "stock")["data"]} == {"a": 3, "b": 0}
    seen = environment.database("get", "stock", where={}, transaction=name)["data"]
    assert {row["_id"]: row["left"] for row in seen} == {"a": 2, "b": 1}
    environment.database("commit", transaction=name)
    assert {row["_id"]: row["left"] for row in environment.database("get", "stock")["data"]} == {"a": 2, "b": 1}
