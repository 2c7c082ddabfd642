"""Security rules through the client API, the management API and the console."""

import json

import pytest
from harness.browser import chromium
from harness.client import ok
from harness.console import BOTH, look, signed_in
from harness.problems import assert_problem

RULES = {
    "read": "doc.open == true || auth.openid == doc._openid",
    "create": "request.data.price > 0",
    "update": "auth.openid == doc._openid",
    "delete": False,
    "fields": {"stars": False},
}


@pytest.fixture
def place(admin):
    environment = admin.create_environment()
    ok(environment.request("POST", "/collections", json={"name": "shops", "rules": RULES}), 201)
    environment.database("add", "shops", data=[{"_id": "a", "open": True, "price": 1}, {"_id": "b", "open": False, "price": 2}])
    return environment


def test_what_a_user_meets(place):
    ada, eve = place.user("ada"), place.user("eve")
    assert [doc["_id"] for doc in ok(ada.database("get", "shops"))["data"]] == ["a"]
    assert ok(ada.database("count", "shops"))["total"] == 1
    assert_problem(ada.database("get", "shops", id="b"), 404, "DOCUMENT_NOT_FOUND")
    assert_problem(ada.database("add", "shops", data={"price": 0}), 403, "PERMISSION_DENIED")
    assert_problem(ada.database("add", "shops", data={"price": 5, "stars": 5}), 403, "FIELD_PROTECTED")
    mine = ok(ada.database("add", "shops", data={"price": 5, "open": False}))["id"]
    assert ok(ada.database("get", "shops", id=mine))["data"]["price"] == 5
    assert ok(eve.database("update", "shops", id=mine, update={"$set": {"price": 6}}))["matched"] == 0
    assert ok(ada.database("update", "shops", id=mine, update={"$set": {"price": 6}}))["updated"] == 1
    assert_problem(ada.database("remove", "shops", id=mine), 403, "PERMISSION_DENIED")
    assert_problem(eve.database("update", "shops", where={}, update={"$set": {"open": True}}, upsert=True), (200, 403))


def test_they_are_changed_and_tried(place):
    shown = ok(place.request("GET", "/collections/shops"))
    assert (shown["permission"], shown["rules"]) == ("CUSTOM", RULES)
    test = lambda **body: ok(place.request("POST", "/collections/shops/rules/test", json=body))  # noqa: E731
    verdict = test(action="read", user={"openid": "ada"}, id="b")
    assert not verdict["allowed"]
    parts = [(part["text"], part["holds"]) for part in verdict["parts"]]
    assert parts == [("doc.open == true", False), ("auth.openid == doc._openid", False)]
    assert test(action="read", user=None, id="a")["allowed"]
    assert test(action="create", user={"openid": "ada"}, data={"price": 1, "stars": 2})["protectedField"] == "stars"
    assert_problem(place.request("PATCH", "/collections/shops", json={"rules": {"read": "doc."}}), 400, "INVALID_RULE")
    ok(place.request("PATCH", "/collections/shops", json={"permission": "READONLY"}))
    assert "rules" not in ok(place.request("GET", "/collections/shops"))


@BOTH
def test_in_the_console(server, place, size, language):
    with chromium(size, language=language) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/database/shops#reach")
        assert json.loads(browser.find("#rules").get_attribute("value")) == RULES
        console.set("#tryUser", "ada")
        console.set("#tryID", "b")
        browser.click("#rule-test button")
        browser.find("#rule-verdict.bad")
        assert len(browser.all("#rule-parts li")) == 2
        look(console, f"rules-{language}")
        console.set("#rules", json.dumps({"read": True, "write": False}))
        browser.click("#permission-form button")
        browser.toast()
        assert ok(place.request("GET", "/collections/shops"))["rules"] == {"read": True, "write": False}


@BOTH
def test_an_index_that_would_help(server, place, size, language):
    place.database("add", "shops", data=[{"n": number} for number in range(1000)])
    for _ in range(11):
        place.database("add", "shops", data=[{"n": number} for number in range(1000)])
    place.database("get", "shops", where={"n": 7})
    with chromium(size, language=language) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/database/shops#indexes")
        look(console, f"slow-query-{language}")
        browser.click("#indexes .notice form button")
        browser.toast()
        [index] = ok(place.request("GET", "/collections/shops"))["indexes"]
        assert index["keys"] == [["n", "asc"]]


def test_a_collection_as_it_was(place):
    ok(place.request("POST", "/collections", json={"name": "log"}), 201)
    place.database("add", "log", data={"_id": "x", "n": 1})
    moment = place.database("aggregate", "log", pipeline=[{"$project": {"now": "$$NOW"}}])["data"][0]["now"]
    place.database("update", "log", id="x", update={"$set": {"n": 2}})
    restored = ok(place.request("POST", "/collections/log/restore", json={"at": moment, "as": "log-before"}), 201)
    assert restored == {"collection": "log-before", "documents": 1, "changed": 1}
    assert place.database("get", "log-before", id="x")["data"]["n"] == 1
    assert_problem(place.request("POST", "/collections/log/restore", json={"at": moment, "as": "log"}), 409, "COLLECTION_EXISTS")
