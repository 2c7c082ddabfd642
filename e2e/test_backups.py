"""Backups: made by hand and by plan, looked into, put back, and a server that is killed in the middle of either."""

import contextlib
import json
import sqlite3
import threading
import time

import pytest
import requests
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.server import Server

DOCUMENTS = 40_000


def fill(environment, count):
    environment.create_collection("goods", "READONLY")
    environment.create_collection("orders", "PRIVATE")
    lines = "".join(json.dumps({"_id": f"g{number}", "n": number, "name": f"包子 {number}"}) + "\n" for number in range(count))
    ok(environment.request("POST", "/import", params={"collection": "goods"}, data=lines.encode()))
    environment.database("add", "orders", data={"_id": "o1", "sum": 5})


def make(environment):
    return ok(environment.request("POST", "/backups"), 201)


def ask_and_lose(environment):
    """Asks a server for a backup that is about to be killed."""
    with contextlib.suppress(requests.ConnectionError):
        environment.request("POST", "/backups")


def begin(environment, backup, collections="all"):
    return ok(environment.request("POST", f"/backups/{backup['id']}/restore", json={"collections": collections}), 202)


def ended(environment, restore):
    def over():
        shown = ok(environment.request("GET", f"/restores/{restore['id']}"))
        return shown if shown["state"] != "running" else None

    return wait_until(over, seconds=60, every=0.05)


def count(environment, collection):
    return environment.database("count", collection)["total"]


def test_there_and_back(environment, tmp_path):
    fill(environment, 300)
    backup = make(environment)
    assert backup["kind"] == "manual" and backup["bytes"] > 10_000
    shown = ok(environment.request("GET", f"/backups/{backup['id']}"))
    assert {one["name"]: one["documents"] for one in shown["collections"]} == {"goods": 300, "orders": 1}

    file = tmp_path / "backup.sqlite"
    file.write_bytes(environment.request("GET", f"/backups/{backup['id']}/file").content)
    assert file.stat().st_size == backup["bytes"]
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        numbers = dict(database.execute("SELECT name, number FROM collections"))
        [(body,)] = database.execute(f"SELECT body FROM d{numbers['orders']}")
        assert json.loads(body)["sum"] == 5
    exported = environment.request("GET", f"/backups/{backup['id']}/export", params={"collection": "goods", "where": '{"n":7}'})
    assert [json.loads(line)["_id"] for line in exported.text.splitlines()] == ["g7"]

    environment.database("remove", "goods", where={"n": {"$gte": 100}})
    environment.database("update", "orders", id="o1", update={"$set": {"sum": 6}})
    assert ended(environment, begin(environment, backup, ["goods"]))["state"] == "done"
    assert count(environment, "goods") == 300
    assert environment.database("get", "orders")["data"][0]["sum"] == 6
    assert ended(environment, begin(environment, backup))["documents"] == 301
    assert environment.database("get", "orders")["data"][0]["sum"] == 5

    ok(environment.request("DELETE", f"/backups/{backup['id']}"), 204)
    gone = environment.request("GET", f"/backups/{backup['id']}/file")
    assert (gone.status_code, gone.json()["code"]) == (404, "BACKUP_NOT_FOUND")
    assert ok(environment.request("GET", "/backups"))["backups"] == []


@pytest.mark.parametrize("collections", [None, [], "goods", ["goods", 1], ["a", "a"]])
def test_what_is_to_be_restored_has_to_be_said(environment, collections):
    environment.create_collection("goods", "PRIVATE")
    backup = make(environment)
    answer = environment.request("POST", f"/backups/{backup['id']}/restore", json={"collections": collections})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_MEMBER")


@pytest.mark.parametrize("name", ["..%2F..%2Fcontrol", "1-manual", "1-other", "%2Fetc%2Fpasswd", "-1-manual", "01-manual"])
def test_names_lead_nowhere_else(environment, name):
    answer = environment.request("GET", f"/backups/{name}/file")
    assert (answer.status_code, answer.json()["code"]) == (404, "BACKUP_NOT_FOUND")


PLANS = [{"hour": 24}, {"hour": -1}, {"hour": "3"}, {"keep": 3}, {"hour": 3, "keep": 0}, {"hour": 3, "keep": 366}, 3]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_that_makes_no_sense(environment, plan):
    answer = environment.request("PATCH", "/settings", json={"backups": plan})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_MEMBER")
    assert ok(environment.request("GET", "/settings"))["backups"] is None


def test_a_plan_is_followed(tmp_path):
    folder = tmp_path / "elsewhere"
    server = Server(tmp_path, "--backups", str(folder)).start()
    try:
        environment = Admin(server.address, server.operator_key).create_environment()
        fill(environment, 3)
        assert ok(environment.request("PATCH", "/settings", json={"backups": {"hour": 19}}))["backups"] == {"hour": 19, "keep": 14}
        # It looks at its start and then once a minute.
        server.stop()
        server.start()
        environment = Admin(server.address, server.operator_key).environment(environment.id)
        [backup] = wait_until(lambda: ok(environment.request("GET", "/backups"))["backups"], seconds=30)
        assert backup["kind"] == "scheduled" and (folder / environment.id / f"{backup['id']}.sqlite").exists()
        assert ok(environment.request("PATCH", "/settings", json={"backups": None}))["backups"] is None
    finally:
        server.stop()


def test_a_server_that_is_killed_in_a_restore_has_changed_nothing(tmp_path):
    server = Server(tmp_path).start()
    try:
        environment = Admin(server.address, server.operator_key).create_environment()
        fill(environment, DOCUMENTS)
        backup = make(environment)
        environment.database("remove", "orders", where={})
        for patience in (0, 0.15, 0.4):
            restore = begin(environment, backup)
            time.sleep(patience)
            server.kill()
            server.start()
            environment = Admin(server.address, server.operator_key).environment(environment.id)
            shown = ended(environment, restore)
            assert shown["state"] == "failed" and shown["error"]["code"] == "RESTORE_INTERRUPTED", shown
            assert (count(environment, "goods"), count(environment, "orders")) == (DOCUMENTS, 0)
        assert ended(environment, begin(environment, backup))["state"] == "done"
        assert (count(environment, "goods"), count(environment, "orders")) == (DOCUMENTS, 1)
    finally:
        server.stop()


def test_a_server_that_is_killed_in_a_backup_leaves_a_whole_one_or_none(tmp_path):
    server = Server(tmp_path).start()
    try:
        environment = Admin(server.address, server.operator_key).create_environment()
        fill(environment, DOCUMENTS)
        folder = server.data / "backups" / environment.id
        for patience in (0.02, 0.1, 0.3):
            asked = threading.Thread(target=ask_and_lose, args=(environment,))
            asked.start()
            time.sleep(patience)
            server.kill()
            asked.join()
            server.start()
            environment = Admin(server.address, server.operator_key).environment(environment.id)
            wait_until(lambda: not [path for path in folder.glob("*") if ".part" in path.name], seconds=10)
            for backup in ok(environment.request("GET", "/backups"))["backups"]:
                shown = ok(environment.request("GET", f"/backups/{backup['id']}"))
                assert {one["name"]: one["documents"] for one in shown["collections"]} == {"goods": DOCUMENTS, "orders": 1}
    finally:
        server.stop()
