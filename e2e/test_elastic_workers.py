"""Workers are ready before they are needed: a planted history, an announced rush, and deployments that rest."""

import base64
import json
import time

import pytest
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.coupons import Merchant
from harness.server import Server

ECHO = "exports.main = async event => event"
MINUTE = 60
WEEKS = 3


def fnv(data):
    """FNV-1a of 64 bits, as files of load have it."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) % (1 << 64)
    return value


def number(value):
    """Seven bits a byte, least first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def packed_day(counts):
    """A day of counts a minute: a number for each, runs of zeros (1) and of what is not known (2) as one."""
    out, place = bytearray(), 0
    while place < len(counts):
        if counts[place] > 0:
            out += number(counts[place] << 2)
            place += 1
            continue
        end = place
        while end < len(counts) and counts[end] == counts[place]:
            end += 1
        out += number((end - place) << 2 | (1 if counts[place] == 0 else 2))
        place = end
    return bytes(out)


def sealed(mark, content):
    return mark + content + fnv(mark + content).to_bytes(8, "little")


def history(count_of, now_minute, days):
    """Everything before the running minute, as `LoadHistory` stores it."""
    last = now_minute // 1440
    content = number(35) + number(days + 1)
    for day in range(last - days, last + 1):
        counts = [count_of(minute) if minute < now_minute else -1 for minute in range(day * 1440, (day + 1) * 1440)]
        stored = packed_day(counts)
        content += number(day) + number(len(stored)) + stored
    return sealed((0x01484C53).to_bytes(4, "little"), content)


def load_file(count_of, now_minute, function):
    idle = sealed((0x01494853).to_bytes(4, "little"), number(0) + number(240))
    content = json.dumps({
        "seenUntil": now_minute, "lastActive": now_minute - 1, "pooledDay": 0, "said": [], "coldStarts": [],
        "history": base64.b64encode(history(count_of, now_minute, WEEKS * 7)).decode(),
        "functions": {function: {"weight": 100.0, "duration": 0.05, "idle": base64.b64encode(idle).decode()}},
    }).encode()  # fmt: skip
    return b"sampan-load 1 %x\n" % fnv(content) + content


@pytest.fixture
def node(tmp_path):
    running = Server(tmp_path).start()
    yield running
    running.kill()


def forecast(environment, **parameters):
    return ok(environment.request("GET", "/forecast", params=parameters))


def ready(environment, name="echo"):
    return next(each for each in forecast(environment)["functions"] if each["name"] == name)


def test_the_first_call_of_the_rise_is_warm(node):
    """Three weeks in which the rush begins a few minutes from now: workers are there before anybody has called."""
    admin = Admin(node.address, node.operator_key)
    busy, idle = admin.create_environment(), admin.create_environment()
    for environment in (busy, idle):
        environment.deploy("echo", ECHO)
    node.stop()
    now = int(time.time()) // MINUTE
    rise = (now + 5) % 1440
    # From five minutes from now on, for an hour.
    in_rush = lambda minute: 300 if (minute - rise) % 1440 < 60 else 0  # noqa: E731
    (node.data / "env" / busy.id / "load").write_bytes(load_file(in_rush, now, "echo"))
    node.start()
    busy.admin.address = node.address
    wait_until(lambda: ready(busy)["workers"] >= 1, seconds=30)
    assert ready(busy)["floor"] >= 1
    assert ready(idle)["workers"] == 0
    busy.invoke("echo", {"a": 1})
    idle.invoke("echo", {"a": 1})
    assert [each["cold"] for each in busy.executions()] == [False]
    assert [each["cold"] for each in idle.executions()] == [True]
    shown = forecast(busy, step=5)
    assert len(shown["next"]) == 288 and len(shown["last"]) == 288
    assert max(each["upper"] for each in shown["next"]) >= 250
    assert shown["accuracy"]["coverage"] > 0.9
    assert shown["knownDays"] > WEEKS * 7 - 1
    assert max(each["actual"] or 0 for each in shown["last"]) == 300


def test_what_is_known_outlives_a_restart_and_damage_does_not_stop_the_server(node):
    environment = Admin(node.address, node.operator_key).create_environment()
    environment.deploy("echo", ECHO)
    for _ in range(7):
        environment.invoke("echo")
    assert node.stop() == 0
    place = node.data / "env" / environment.id / "load"
    stored = place.read_bytes()
    assert stored.startswith(b"sampan-load 1 ")
    node.start()
    environment.admin.address = node.address
    wait_until(lambda: sum(each["actual"] or 0 for each in forecast(environment, step=5)["last"]) > 0 or has_today(environment))
    assert ready(environment)["meanMs"] is not None
    node.stop()
    place.write_bytes(stored[:-9] + b"x" + stored[-8:])
    node.start()
    environment.admin.address = node.address
    assert environment.invoke("echo", {"b": 2}) == {"b": 2}
    wait_until(lambda: "begun anew" in node.log.read_text())


def has_today(environment):
    """Five minutes are shown when they are over; the share of a function says at once that its calls are known."""
    return ready(environment)["share"] == 1


def moment(seconds):
    return int((time.time() + seconds) * 1000)


def announce(environment, **members):
    plan = {"name": "noon", "startsAt": moment(60), "endsAt": moment(600), "ratePerSecond": 50, **members}
    return ok(environment.request("POST", "/rushes", json=plan), 201)


def test_deployments_rest_while_a_rush_is_near(admin, environment):
    environment.deploy("echo", ECHO)
    announce(environment, startsAt=moment(3600), endsAt=moment(7200))
    environment.deploy("echo", ECHO + "\n// 2")
    rush = announce(environment)
    assert rush["frozen"] and rush["status"] == "near"
    refused = [
        environment.try_deploy("echo", {"index.js": ECHO + "\n// 3"}),
        environment.request("PUT", "/functions/echo/traffic", json={"traffic": [{"version": 1, "weight": 1}]}),
        environment.request("DELETE", "/functions/echo"),
    ]
    for answer in refused:
        assert answer.status_code == 409
        assert answer.json()["code"] == "DEPLOYMENTS_FROZEN" and answer.json()["rush"] == rush["id"]
    assert environment.function("echo")["version"] == 2
    insisting = {"params": {"despiteFreeze": "1"}}
    traffic = {"traffic": [{"version": 1, "weight": 1}]}
    ok(environment.request("PUT", "/functions/echo/traffic", json=traffic, **insisting))
    organization = ok(admin.request("GET", "/organizations"))["organizations"][0]["id"]
    entries = ok(admin.request("GET", f"/organizations/{organization}/audit", params={"environment": environment.id}))["entries"]
    assert entries[0]["after"]["despiteFreeze"] is True
    assert {"POST /admin/v1/environments/{env}/rushes"} <= {each["action"] for each in entries}
    # An ordinary call is not a deployment.
    assert environment.invoke("echo", {"a": 1}) == {"a": 1}
    ok(environment.request("DELETE", f"/rushes/{rush['id']}"), 204)
    environment.set_traffic("echo", (2, 1))
    assert [each["status"] for each in ok(environment.request("GET", "/rushes"))["rushes"]] == ["planned"]


def test_workers_are_ready_for_an_announced_rush(other_environment):
    environment = other_environment
    environment.deploy("echo", ECHO)
    rush = announce(environment, startsAt=moment(90), freezeDeployments=False)
    wait_until(lambda: ready(environment)["workers"] >= 1, seconds=90)
    environment.invoke("echo")
    assert [each["cold"] for each in environment.executions()] == [False]
    assert [each["id"] for each in forecast(environment)["rushes"]] == [rush["id"]]


def test_coupons_that_open_are_announced_by_themselves(other_environment):
    environment = other_environment
    environment.deploy("menu", ECHO)
    environment.invoke("menu")
    merchant = Merchant(environment)
    merchant.published(name="5 off", claim={"from": moment(60), "until": moment(3600)}, stock=1000)
    found = wait_until(lambda: forecast(environment)["launches"], seconds=90)
    assert [(each["name"], each["count"]) for each in found] == [("5 off", 1000)]
    assert max(each["expected"] for each in forecast(environment, step=5)["next"]) > 20
    # It freezes nothing.
    environment.deploy("menu", ECHO + "\n// 2")


@pytest.mark.parametrize(
    "members",
    [{"name": ""}, {"startsAt": "x"}, {"endsAt": 5}, {"expectedArrivals": 5}, {"ratePerSecond": -1}, {"other": 1}],
)
def test_a_rush_that_makes_no_sense_is_refused(environment, members):
    plan = {"name": "noon", "startsAt": moment(60), "endsAt": moment(600), "ratePerSecond": 50, **members}
    answer = environment.request("POST", "/rushes", json=plan)
    assert answer.status_code == 400 and answer.json()["code"] == "BAD_MEMBER"


def test_unknown_rushes_and_steps(environment):
    assert environment.request("DELETE", "/rushes/rush-none").json()["code"] == "RUSH_NOT_FOUND"
    assert environment.request("GET", "/forecast", params={"step": 7}).json()["code"] == "BAD_MEMBER"
