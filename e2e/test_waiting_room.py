"""The waiting room over HTTP: tickets, passes, order, what is refused, who goes in all the same, and a restart."""

import socket
import time

import pytest
import requests

from harness.admin import Admin, wait_until
from harness.client import ok
from harness.server import Server

ECHO = "exports.main = async ({ a }) => ({ a })"
HTML = {"Accept": "text/html,application/xhtml+xml"}


def set_room(environment, **settings):
    return ok(environment.request("PATCH", "/waiting-room", json=settings))


def room_of(environment):
    return ok(requests.get(f"{environment.address}/v1/waiting-room", params={"env": environment.id}, timeout=10))


def ticket_of(user, **members):
    return ok(user.post("/v1/waiting-room/tickets", members))


def pass_of(user, ticket):
    return user.post("/v1/waiting-room/passes", {"ticket": ticket["ticket"]})


def enter(user, seconds=20):
    """Stands in line until it is their turn."""
    got = ticket_of(user)
    deadline = time.monotonic() + seconds
    while "pass" not in got:
        assert time.monotonic() < deadline, got
        time.sleep(0.2)
        answer = pass_of(user, got)
        if answer.status_code == 200:
            got = answer.json()
    user.session.headers["x-sampan-pass"] = got["pass"]
    return got


@pytest.fixture
def shop(admin):
    environment = admin.create_environment()
    environment.deploy("echo", ECHO)
    yield environment
    set_room(environment, mode="off")


def test_without_a_room_nobody_waits(shop):
    assert room_of(shop)["phase"] == "closed"
    alice = shop.user("alice")
    assert ok(alice.call("echo", {"a": 1})) == {"a": 1}
    assert ticket_of(alice) == {"phase": "closed"}


def test_from_the_line_to_the_shop(shop):
    set_room(shop, mode="on", ratePerMinute=600)
    alice = shop.user("alice")
    refused = alice.call("echo", {})
    assert refused.status_code == 503 and refused.headers["Retry-After"] == "2"
    problem = refused.json()
    assert problem["code"] == "WAITING_ROOM" and problem["waitingRoom"]["tickets"] == "/v1/waiting-room/tickets"
    assert problem["requestId"] == refused.headers["x-request-id"]
    chinese = alice.call("echo", {}, headers={"Accept-Language": "zh-CN"}).json()
    assert "排队" in chinese["detail"]
    got = enter(alice)
    assert got["passExpires"] > time.time() * 1000
    assert ok(alice.call("echo", {"a": 1})) == {"a": 1}


def test_whoever_sends_in_pieces_does_not_go_round(shop):
    set_room(shop, mode="on", ratePerMinute=60)
    alice = shop.user("alice")

    def pieces():
        yield b"{}"

    answer = alice.request("POST", "/v1/functions/echo", data=pieces())
    assert answer.status_code == 503 and answer.json()["code"] == "WAITING_ROOM"
    assert answer.headers["Retry-After"] == "2"
    for path in ("//v1/functions/echo", "/v1//functions/echo"):
        assert alice.post(path, {}).status_code in (401, 404, 503), path


def test_a_place_is_kept_and_is_nobody_elses(shop):
    set_room(shop, mode="on", ratePerMinute=1)
    users = [shop.user(f"u{number}") for number in range(8)]
    tickets = [ticket_of(user) for user in users]
    numbers = [ticket["number"] for ticket in tickets if "number" in ticket]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers) >= 7, "first come, first served"
    last, before = users[-1], users[-2]
    again = ticket_of(last, ticket=tickets[-1]["ticket"])
    assert again["number"] == tickets[-1]["number"], "whoever reloads keeps their place"
    assert ticket_of(last)["number"] > tickets[-1]["number"], "whoever throws their ticket away goes to the end"
    assert ticket_of(before, ticket=tickets[-1]["ticket"])["number"] > tickets[-1]["number"], "another's place is worth nothing"


def test_what_is_refused(shop, other_environment):
    set_room(shop, mode="on", ratePerMinute=1)
    alice, bob = shop.user("alice"), shop.user("bob")
    ticket_of(shop.user("first"))
    ticket = ticket_of(alice)
    early = pass_of(alice, ticket)
    assert early.status_code == 409 and early.json()["code"] == "WAITING_TURN_NOT_COME"
    assert 2 <= int(early.headers["Retry-After"]) <= 20 and early.json()["ahead"] >= 0
    shared = pass_of(bob, ticket)
    assert shared.status_code == 403 and shared.json()["code"] == "WAITING_TICKET_INVALID"
    text = ticket["ticket"]
    for forged in (text[:-1] + ("A" if text[-1] != "A" else "B"), text.replace("t1.", "t1.A", 1), "t1..", "x", "t1." + "A" * 4000, "p1" + text[2:]):
        answer = pass_of(alice, {"ticket": forged})
        assert answer.status_code == 403 and answer.json()["code"] == "WAITING_TICKET_INVALID", forged
    ok(shop.request("POST", "/waiting-room/close"))
    ok(shop.request("POST", "/waiting-room/open"))
    old = pass_of(alice, ticket)
    assert old.status_code == 410 and old.json()["code"] == "WAITING_TICKET_EXPIRED", "of the line before"
    elsewhere = other_environment.user("alice")
    assert pass_of(elsewhere, ticket).status_code == 403


def test_a_pass_is_its_users(shop):
    set_room(shop, mode="on", ratePerMinute=600)
    alice, bob = shop.user("alice"), shop.user("bob")
    got = enter(alice)
    bob.session.headers["x-sampan-pass"] = got["pass"]
    assert bob.call("echo", {}).json()["code"] == "WAITING_ROOM"
    assert bob.post("/v1/waiting-room/passes", {"pass": got["pass"]}).json()["code"] == "WAITING_TICKET_INVALID"
    longer = ok(alice.post("/v1/waiting-room/passes", {"pass": got["pass"]}))
    alice.session.headers["x-sampan-pass"] = longer["pass"]
    assert alice.call("echo", {}).status_code == 200
    ok(shop.request("POST", "/waiting-room/close"))
    ok(shop.request("POST", "/waiting-room/open"))
    assert alice.call("echo", {}).json()["code"] == "WAITING_ROOM", "a new line"


def test_who_does_not_wait(shop):
    shop.deploy("pay", "exports.main = async () => ({ statusCode: 200, body: 'paid' })", httpPath="/pay")
    set_room(shop, mode="on", ratePerMinute=1)
    alice = shop.user("alice")
    assert alice.post("/v1/coupons/lock", {"coupons": ["c"], "order": "o"}).json()["code"] != "WAITING_ROOM"
    assert ok(shop.request("GET", "/functions"))["functions"]
    assert requests.get(f"{shop.address}/healthz", timeout=10).status_code == 200
    held = requests.post(f"{shop.address}/http/{shop.id}/pay", timeout=10)
    assert held.status_code == 503 and held.json()["code"] == "WAITING_ROOM"
    assert requests.post(f"{shop.address}/http/{shop.id}/pay/notify", timeout=10).json().get("code") != "WAITING_ROOM"
    set_room(shop, freePaths=["/http/pay"])
    assert requests.post(f"{shop.address}/http/{shop.id}/pay", timeout=10).text.find("WAITING_ROOM") == -1


def test_only_some_paths(shop):
    shop.deploy("sale", ECHO)
    set_room(shop, mode="on", ratePerMinute=1, paths=["/v1/functions/sale"])
    alice = shop.user("alice")
    assert alice.call("echo", {}).status_code == 200
    assert alice.call("sale", {}).json()["code"] == "WAITING_ROOM"
    assert alice.call("sales", {}).json()["code"] == "FUNCTION_NOT_FOUND"


def test_members_have_their_share(shop):
    set_room(shop, mode="on", ratePerMinute=1, memberShare=0.5)
    alice, bob = shop.user("alice"), shop.user("bob")
    given = ok(shop.request("POST", "/waiting-room/memberships", json={"openid": alice.openid}), 201)
    for _ in range(2):
        ticket_of(shop.user("first"))
    assert ticket_of(alice, membership=given["membership"]).get("lane", "member") == "member"
    assert ticket_of(bob, membership=given["membership"])["lane"] == "general", "it is alice's"
    assert ticket_of(bob, membership="m1.x.y")["lane"] == "general"


def test_who_comes_before_the_beginning_draws(shop):
    set_room(shop, mode="on", ratePerMinute=60_000, opensAt=int((time.time() + 6) * 1000))
    wait_until(lambda: room_of(shop)["phase"] == "lobby")
    users = [shop.user(f"early{number}") for number in range(12)]
    lots = [ticket_of(user) for user in users]
    assert all(ticket["phase"] == "lobby" for ticket in lots)
    order = [ticket["lot"] for ticket in lots]
    assert order != sorted(order), "by lot, not by time"
    assert ticket_of(users[0])["lot"] == lots[0]["lot"], "asking again draws nothing better"
    assert pass_of(users[0], lots[0]).status_code == 409
    wait_until(lambda: room_of(shop)["phase"] == "open", seconds=12)
    assert room_of(shop)["lines"]["general"]["drawn"] >= 12
    wait_until(lambda: pass_of(users[0], lots[0]).status_code == 200)


def test_settings(shop):
    answer = shop.request("PATCH", "/waiting-room", json={"mode": "sometimes"})
    assert answer.status_code == 400 and answer.json()["member"] == "mode"
    for wrong in ({"ratePerMinute": 0}, {"memberShare": 2}, {"paths": ["sale"]}, {"opensAt": -1}, {"message": {"en": "x" * 301}}, {"colour": "red"}):
        assert shop.request("PATCH", "/waiting-room", json=wrong).status_code == 400, wrong
    changed = set_room(shop, mode="auto", message={"zh": "欢迎"})
    assert changed["settings"]["mode"] == "auto" and changed["settings"]["message"] == {"en": "", "zh": "欢迎"}
    tag = shop.request("GET", "/waiting-room").headers["ETag"]
    set_room(shop, lobbyMinutes=5)
    stale = shop.request("PATCH", "/waiting-room", json={"mode": "off"}, headers={"If-Match": tag})
    assert stale.status_code == 412


def test_status_says_enough_and_may_be_cached(shop):
    set_room(shop, mode="on", ratePerMinute=120, message={"en": "Tea for all."})
    answer = requests.get(f"{shop.address}/v1/waiting-room", params={"env": shop.id}, headers={"Origin": "https://shop.example"}, timeout=10)
    assert answer.headers["Cache-Control"] == "public, max-age=1" and answer.headers["Access-Control-Allow-Origin"] == "*"
    status = answer.json()
    assert status["phase"] == "open" and status["lines"]["general"]["perSecond"] == 2 and status["message"]["en"] == "Tea for all."
    assert status["poll"] == {"leastMilliseconds": 2000, "mostMilliseconds": 20000}
    assert requests.get(f"{shop.address}/v1/waiting-room", timeout=10).status_code == 400
    assert requests.get(f"{shop.address}/v1/waiting-room", params={"env": "env-nobody"}, timeout=10).json()["phase"] == "closed"


def test_whoever_takes_ticket_after_ticket_is_slowed_down(shop):
    set_room(shop, mode="on", ratePerMinute=1)
    alice = shop.user("alice")
    answers = [alice.post("/v1/waiting-room/tickets", {}) for _ in range(12)]
    assert answers[0].status_code == 200 and answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "60"
    assert shop.user("bob").post("/v1/waiting-room/tickets", {}).status_code == 200


def test_a_restart_loses_nobody(tmp_path):
    server = Server(tmp_path).start()
    try:
        shop = Admin(server.address, server.operator_key).create_environment()
        shop.deploy("echo", ECHO)
        set_room(shop, mode="on", ratePerMinute=30)
        users = [shop.user(f"u{number}") for number in range(12)]
        tickets = [ticket_of(user) for user in users]
        inside = users[0]
        wait_until(lambda: "pass" in tickets[0] or pass_of(inside, tickets[0]).status_code == 200, seconds=10)
        inside.session.headers["x-sampan-pass"] = tickets[0].get("pass") or ok(pass_of(inside, tickets[0]))["pass"]
        time.sleep(1.5)
        before = room_of(shop)
        server.kill()
        server.start()
        after = room_of(shop)
        assert after["phase"] == "open" and after["room"] == before["room"]
        assert 0 <= before["lines"]["general"]["called"] - after["lines"]["general"]["called"] <= 2
        assert inside.call("echo", {}).status_code == 200, "whoever was in is in"
        late = ticket_of(shop.user("late"))
        numbers = [ticket["number"] for ticket in tickets if "number" in ticket]
        assert late["number"] > max(numbers), "no number is given twice"
        for user, ticket in list(zip(users, tickets, strict=True))[1:6]:
            if "ticket" in ticket:
                wait_until(lambda user=user, ticket=ticket: pass_of(user, ticket).status_code == 200, seconds=40)
        assert pass_of(users[11], tickets[11]).status_code == 409, "the order is the same"
    finally:
        server.kill()


def test_opens_by_itself_and_closes_again(tmp_path):
    """One worker's worth of admission for a crowd: those who were there before stay in."""
    server = Server(tmp_path, "--limits", "admissionMilliseconds=1").start()
    try:
        shop = Admin(server.address, server.operator_key).create_environment()
        shop.deploy("echo", ECHO)
        set_room(shop, mode="auto")
        early = shop.user("early")
        for _ in range(3):
            assert early.call("echo", {}).status_code == 200
            time.sleep(1)
        crowd = [shop.user(f"c{number}") for number in range(40)]
        flood(server, crowd, lambda: room_of(shop)["phase"] == "open")
        assert room_of(shop)["phase"] == "open"
        assert wait_until(lambda: early.call("echo", {}).json().get("code") != "WAITING_ROOM")
        stranger = shop.user("stranger")
        assert stranger.call("echo", {}).json()["code"] == "WAITING_ROOM"
        enter(stranger)
    finally:
        server.kill()


def flood(server, users, done, seconds=25):
    """Sends calls over many connections at once, and throws the answers away, until `done`."""
    body = '{"op":"count","collection":"none"}'
    opened = []
    try:
        for number in range(300):
            one = socket.create_connection(("127.0.0.1", server.port))
            authorization = users[number % len(users)].session.headers["Authorization"]
            text = (
                f"POST /v1/database HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            )
            one.setblocking(False)
            opened.append((one, text.encode() * 5))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not done():
            for one, text in opened:
                try:
                    one.send(text)
                    one.recv(1 << 20)
                except BlockingIOError:
                    continue  # nothing has come yet, or nothing more goes in
    finally:
        for one, _ in opened:
            one.close()
