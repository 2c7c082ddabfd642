"""The users of an environment's app, as those who run it see them."""

import sqlite3
import time

import pytest
from harness.admin import Admin
from harness.client import ok
from harness.problems import assert_problem


@pytest.fixture(scope="module")
def crowd(admin):
    """Twelve users, in the order in which they logged in."""
    environment = admin.create_environment()
    for number in range(11):
        environment.user(f"u{number:02}")
        time.sleep(0.003)
    environment.anonymous()
    return environment


def openids(environment, **query):
    page = ok(environment.request("GET", "/users", params=query))
    return [user["openid"] for user in page["users"]], page.get("next")


def test_newest_login_first_and_paged(crowd):
    everybody, more = openids(crowd)
    assert more is None
    assert everybody[0].startswith("anon-")
    assert everybody[1:] == [f"dev-u{number:02}" for number in reversed(range(11))]
    seen, after = [], None
    for _ in range(4):
        page, after = openids(crowd, limit=3, after=after)
        seen += page
    assert (seen, after) == (everybody, None)


def test_a_login_while_somebody_pages_shows_nobody_twice(admin):
    environment = admin.create_environment()
    for name in "abcd":
        environment.user(name)
        time.sleep(0.003)
    first, after = openids(environment, limit=2)
    environment.user("a")
    second, _ = openids(environment, limit=10, after=after)
    assert (first, second) == (["dev-d", "dev-c"], ["dev-b"])


def test_what_is_known_of_a_user(crowd):
    user = ok(crowd.request("GET", "/users", params={"search": "u03"}))["users"][0]
    assert user["platform"] == "development" and user["appId"] == "" and user["unionid"] == ""
    now = time.time() * 1000
    assert now - 60_000 < user["createdAt"] <= user["lastLoginAt"] <= now


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "dev-u05"}, ["dev-u05"]),
        ({"search": "U05"}, ["dev-u05"]),
        ({"search": "u1"}, ["dev-u10"]),
        ({"search": "%"}, []),
        ({"search": "u_5"}, []),
        ({"search": "\\"}, []),
        ({"platform": "wechat"}, []),
        ({"platform": "anonymous", "search": "dev"}, []),
    ],
)
def test_search(crowd, query, found):
    assert openids(crowd, **query) == (found, None)


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "12."}, {"limit": 0}, {"limit": 1001}])
def test_wrong_questions(crowd, query):
    assert_problem(crowd.request("GET", "/users", params=query), 400, "BAD_MEMBER")


def test_ending_sessions(environment):
    client = environment.user("ends/me")
    refresh = client.login_answer["refreshToken"]
    environment.user("ends/me")
    other = environment.user("stays").login_answer["refreshToken"]
    address = "/users/dev-ends%2Fme/sessions"
    assert ok(environment.request("DELETE", address)) == {"ended": 2}
    assert ok(environment.request("DELETE", address)) == {"ended": 0}
    assert_problem(client.post("/v1/login/refresh", {"refreshToken": refresh}), 401, "REFRESH_TOKEN_INVALID")
    ok(client.post("/v1/login/refresh", {"refreshToken": other}))
    assert_problem(environment.request("DELETE", "/users/nobody/sessions"), 404, "USER_NOT_FOUND")


def test_a_million_users_are_listed_and_searched_quickly(own_server):
    """The list is read from its index: a page of it costs the same however many there are."""
    environment = Admin(own_server.address, own_server.operator_key).create_environment()
    with sqlite3.connect(own_server.data / "control.sqlite", timeout=60) as control:
        control.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
            INSERT INTO users SELECT ?, printf('oQx%025d', i), printf('uni%025d', i), 'wx1', 'wechat', i, 1700000000000 + i FROM n
            """,
            (environment.id,),
        )
    control.close()
    openids(environment, limit=1)
    for query, most in (({}, 0.1), ({"search": "999123"}, 1.5), ({"search": "not there"}, 1.5), ({"after": "1700000500000.x"}, 0.1)):
        started = time.monotonic()
        openids(environment, limit=50, **query)
        assert time.monotonic() - started < most, query
