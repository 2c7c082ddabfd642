"""Rehearsals: what gives way first, yes or no to a promise, a copy that is nobody's, and an end when it has to end."""

import json
import subprocess
import time

import pytest
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.server import ROOT, Server, plain_environment, program

SECONDS = 150


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own: only one rehearsal runs on each."""
    running = Server(tmp_path_factory.mktemp("rehearsals")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def admin(server):
    return Admin(server.address, server.operator_key)


@pytest.fixture
def environment(admin):
    return admin.create_environment()


def environments(admin):
    return ok(admin.request("GET", "/environments"))["environments"]


def journey(name, body=None, path=None):
    return {"name": name, "steps": [{"name": name, "path": path or f"/v1/functions/{name}", "body": body or {}}]}


def start(environment, *journeys, peak=20, p99=400, status=202, **more):
    promise = {"peak": peak, "p99Milliseconds": p99}
    request = {"promise": promise, "plan": {"journeys": list(journeys)}, "confirmSeconds": 4, "stepSeconds": 2, **more}
    return ok(environment.request("POST", "/rehearsals", json=request), status)


def finished(environment, started):
    def over():
        shown = ok(environment.request("GET", f"/rehearsals/{started['id']}"))
        return shown["status"] not in ("preparing", "running") and shown

    return wait_until(over, seconds=SECONDS, every=0.3)


def rehearse(environment, *journeys, **options):
    report = finished(environment, start(environment, *journeys, **options))
    assert report["status"] == "done", report
    return report


def real_run(environment, *journeys, peak, seconds, tmp_path):
    """The same journeys at the same rate against the real environment: `sampan rehearse run`."""
    plan = {
        "journeys": list(journeys), "arrivals": {"shape": "constant", "rate": peak, "seconds": seconds}, "users": {"development": 20},
        "settings": {"drainSeconds": 15, "lagP99MaxMilliseconds": 100, "processorShareMax": 1},
    }  # fmt: skip
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    place = {"SAMPAN_ENDPOINT": environment.address, "SAMPAN_ENV": environment.id, "SAMPAN_KEY": environment.admin.key}
    variables = plain_environment(**place, HOME=str(tmp_path))
    command = [program(), "rehearse", "run", "--plan", path, "--json"]
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=90, check=False)
    assert ran.stdout, ran.stderr
    report = json.loads(ran.stdout)
    (p99,) = [row["ms"] for row in report["latency"]["percentiles"] if row["percentile"] == 99]
    sent = sum(step["sent"] for step in report["steps"])
    return p99, sum(step["served"] for step in report["steps"]) / sent


WAITS = "exports.main = () => new Promise((done) => setTimeout(() => done({ ok: true }), %d))"


def test_a_slow_function_is_named(environment):
    environment.deploy("quick", "exports.main = () => 1")
    environment.deploy("pay", WAITS % 900)
    report = rehearse(environment, journey("quick"), journey("pay"), capacity=False)
    assert report["kept"] is False
    assert (report["bottleneck"]["kind"], report["bottleneck"]["function"]) == ("slowFunction", "pay"), report


FIND = """
const cloud = require('wx-server-sdk')
cloud.init()
exports.main = async ({ card }) => (await cloud.database().collection('members').where({ card }).get()).data.length
"""


def test_a_query_without_an_index_is_named(environment):
    environment.create_collection("members")
    lines = "".join(json.dumps({"card": f"c{number}", "points": number}) + "\n" for number in range(15_000))
    ok(environment.request("POST", "/import", params={"collection": "members"}, data=lines.encode()))
    environment.deploy("find", FIND)
    report = rehearse(environment, journey("find", {"card": "c{{user}}"}), p99=150, capacity=False)
    assert report["kept"] is False
    bottleneck = report["bottleneck"]
    assert (bottleneck["kind"], bottleneck["collection"]) == ("unindexedQuery", "members"), report
    assert bottleneck["setting"]["keys"] == [["card", "asc"]]
    # What it advises helps.
    keys = {"keys": bottleneck["setting"]["keys"]}
    ok(environment.request("POST", "/collections/members/indexes", json=keys), 201)
    again = rehearse(environment, journey("find", {"card": "c{{user}}"}), p99=1000, peak=5, capacity=False)
    assert not [query for step in again["steps"] for query in step["queries"]]


def test_too_few_workers_are_named_and_the_answers_are_true(environment, tmp_path):
    environment.deploy("order", WAITS % 100, concurrency=1)
    report = rehearse(environment, journey("order"), peak=90, p99=600, capacity=False)
    bottleneck = report["bottleneck"]
    assert (report["kept"], bottleneck["kind"], bottleneck["function"]) == (False, "tooFewWorkers", "order"), report
    p99, served = real_run(environment, journey("order"), peak=90, seconds=4, tmp_path=tmp_path)
    assert p99 > 600 or served < 0.999, "a real run confirms the no"
    setting = bottleneck["setting"]
    assert setting["from"] == 1 and setting["to"] > 1
    environment.deploy("order", WAITS % 100, concurrency=setting["to"])
    report = rehearse(environment, journey("order"), peak=90, p99=600, capacity=False)
    assert report["kept"] is True, report
    assert report["bottleneck"]["kind"] == "noneReached"
    p99, served = real_run(environment, journey("order"), peak=90, seconds=4, tmp_path=tmp_path)
    assert p99 <= 600 and served >= 0.999, "a real run confirms the yes"


def test_the_capacity_is_found(environment):
    environment.deploy("order", WAITS % 200, concurrency=1)
    report = rehearse(environment, journey("order"), peak=4, p99=1500, rateMax=200)
    assert report["kept"] is True
    kept, broken = report["capacity"]["kept"], report["capacity"]["broken"]
    # Four workers at most, five calls a second each; the queue takes up some of what comes in two seconds.
    assert 8 <= kept < broken <= 80, report["capacity"]
    assert report["bottleneck"]["kind"] == "tooFewWorkers"


def test_what_fails_by_itself_is_no_bottleneck(environment):
    environment.deploy("broken", "exports.main = () => { throw new Error('no') }")
    report = rehearse(environment, journey("broken"), capacity=False)
    assert (report["kept"], report["bottleneck"]["kind"]) == (False, "failure")
    assert "FUNCTION_ERROR" in report["bottleneck"]["text"]


LOOK = """
const cloud = require('wx-server-sdk')
cloud.init()
exports.main = async () => {
  const { data } = await cloud.database().collection('people').limit(10).get()
  const pay = await cloud.openapi.wxacode.get({ path: 'x' }).catch((error) => ({ failed: String(error) }))
  let reached = true
  try { await fetch('http://1.1.1.1', { signal: AbortSignal.timeout(500) }) } catch (error) { reached = false }
  await cloud.database().collection('seen').add({ data: { people: data, rehearsal: process.env.SAMPAN_REHEARSAL, pay, reached } })
  const seen = [data[0].phone, data[0].realName, data[0].table, data[0]._openid, process.env.SAMPAN_REHEARSAL, reached, JSON.stringify(pay)]
  throw Object.assign(new Error('seen'), { code: seen.join('|') })
}
"""


def test_the_copy_is_masked_reaches_nobody_and_goes(environment, admin, server):
    environment.change_settings(internet=True)
    environment.create_collection("people")
    environment.create_collection("seen")
    environment.database("add", "people", data={"_openid": "o-1", "realName": "王小明", "phone": "13812345678", "table": "7", "city": "x"})
    # What functions of the copy see goes into the answer's code, so that it is still there when the copy is not.
    environment.deploy("look", LOOK, timeoutSeconds=5)
    step = {"path": "/v1/functions/look", "body": {}, "success": {"codePath": "error.code"}}
    before = {row["id"] for row in environments(admin)}
    started = start(environment, {"name": "look", "steps": [step]}, p99=5000, peak=2, capacity=False, mask=["people.table"])
    copy = wait_until(lambda: [row for row in environments(admin) if row["id"] not in before], seconds=20, every=0.02)[0]
    assert copy["rehearsalOf"] == environment.id
    # Nobody can log in there, and who is logged in at the original is nobody there.
    for login in ({"platform": "development", "user": "eve"}, {"platform": "anonymous"}):
        refused = admin.session.post(f"{admin.address}/v1/login", json=login, headers={"x-sampan-env": copy["id"]}, timeout=10)
        assert refused.status_code == 403
    token = environment.user("alice").login_answer["accessToken"]
    headers = {"Authorization": f"Bearer {token}", "x-sampan-env": copy["id"]}
    assert admin.session.post(f"{admin.address}/v1/functions/look", headers=headers, json={}, timeout=10).status_code == 403
    again = start(environment, journey("look"), status=409)
    assert again["code"] == "REHEARSAL_RUNNING"
    report = finished(environment, started)
    code, *_ = [name for name in report["steps"][0]["codes"] if "|" in name]
    phone, name, table, openid, rehearsal, reached, pay = code.split("|", 6)
    assert phone != "13812345678" and len(phone) == 11 and name != "王小明" and table != "7" and openid != "o-1"
    assert (rehearsal, reached) == ("1", "false") and '"rehearsal":true' in pay
    # Nothing came into the original, and nothing is left of the copy.
    assert environment.database("count", "seen")["total"] == 0
    assert copy["id"] not in {row["id"] for row in environments(admin)}
    assert not (server.data / "env" / copy["id"]).exists()


def test_load_goes_to_this_server_and_to_nothing_else(environment):
    environment.deploy("quick", "exports.main = () => 1")
    for url in ("http://example.com:80", "http://10.1.2.3:9800", "https://127.0.0.1:1", "file:///etc/passwd"):
        refused = start(environment, journey("quick"), status=403, url=url)
        assert refused["code"] == "LOAD_TARGET_REFUSED"
    listed = ok(environment.request("GET", "/rehearsals"))["rehearsals"]
    assert listed == []
    plan = {"journeys": [journey("quick")], "arrivals": {"shape": "constant", "rate": 1, "seconds": 1}}
    variables = plain_environment(SAMPAN_ENV=environment.id, SAMPAN_KEY="k", HOME="/tmp")
    command = [program(), "rehearse", "run", "--plan", "-", "--url", "http://10.1.2.3:9800"]
    ran = subprocess.run(command, input=json.dumps(plan), env=variables, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode != 0 and "LOAD_TARGET_REFUSED" in ran.stderr


def test_somebody_can_stop_it(environment):
    environment.deploy("quick", "exports.main = () => 1")
    started = start(environment, journey("quick"), peak=20, confirmSeconds=60)
    wait_until(lambda: (ok(environment.request("GET", f"/rehearsals/{started['id']}")).get("rate") or 0) == 20, seconds=40)
    time.sleep(0.5)
    ok(environment.request("POST", f"/rehearsals/{started['id']}/stop"), 202)
    began = time.monotonic()
    report = finished(environment, started)
    assert time.monotonic() - began < 5
    assert (report["status"], report["kept"]) == ("stopped", None)
    assert report["steps"][-1]["arrivals"] < 60 * 20


def test_it_ends_with_the_server(tmp_path):
    running = Server(tmp_path).start()
    environment = Admin(running.address, running.operator_key).create_environment()
    environment.deploy("quick", "exports.main = () => 1")
    started = start(environment, journey("quick"), peak=20, confirmSeconds=60)
    wait_until(lambda: (ok(environment.request("GET", f"/rehearsals/{started['id']}")).get("rate") or 0) == 20, seconds=40)
    children = wait_until(lambda: children_of(running.process.pid), seconds=10, every=0.02)
    running.kill()
    wait_until(lambda: not any(is_generator(pid) for pid in children), seconds=5)
    running.start()
    environment.admin.address = running.address
    report = finished(environment, started)
    assert report["status"] == "interrupted"
    wait_until(lambda: len(environments(environment.admin)) == 2, seconds=10)
    running.kill()


def children_of(pid):
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=False).stdout.splitlines()
    return [int(line.split()[0]) for line in listed if "rehearse generate" in line]


def is_generator(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"generate" in file.read()
    except FileNotFoundError:
        return False


def test_what_is_wrong_is_told_at_once(environment):
    assert start(environment, journey("x"), status=400, peak=0)["code"] == "BAD_MEMBER"
    assert start(environment, {"name": "a", "steps": [{"pth": "/"}]}, status=400)["code"] == "BAD_LOAD_PLAN"
    assert start(environment, journey("x"), status=400, unknown=1)["code"] == "BAD_MEMBER"
    missing = ok(environment.request("GET", "/rehearsals/rh-none"), 404)
    assert missing["code"] == "REHEARSAL_NOT_FOUND"


def test_the_sample_shops_plan_takes_coupons_orders_and_redeems(shop_server):
    """On both engines: documents are copied by other ways."""
    environment = Admin(shop_server.address, shop_server.operator_key).create_environment()
    ok(environment.request("POST", "/samples/retail"))
    plan = json.loads((ROOT / "templates/retail/rehearsal.json").read_text(encoding="utf-8"))
    request = {"promise": {"peak": 8, "p99Milliseconds": 5000, "successShare": 0.99}, "confirmSeconds": 4, "capacity": False}
    request |= {"prepare": plan.pop("prepare"), "plan": plan}
    report = finished(environment, ok(environment.request("POST", "/rehearsals", json=request), 202))
    assert report["kept"] is True, report
    called = {function["name"]: function["calls"] for step in report["steps"] for function in step["functions"]}
    assert called["goods"] > called["order"] > 0
    # Nobody's coupon and nobody's order was touched.
    assert environment.database("count", "orders")["total"] == 0
    batch = ok(environment.request("GET", "/coupons/batches/cpb-sample-welcome"))
    assert batch["accounts"]["claimed"] == 0
