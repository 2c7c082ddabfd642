"""Functions that run when documents change: every change, its images, the order of one document, failures, restarts."""

import pytest
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.problems import assert_problem
from harness.records import deploy_recorder, records_of
from harness.server import Server

FRAGILE = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const seen = {}
exports.main = async (event) => {
  const id = event.documentKey._id
  seen[id] = (seen[id] || 0) + 1
  if (event.fullDocument && event.fullDocument.poison) throw new Error('no')
  if (event.fullDocument && event.fullDocument.shy && seen[id] < 2) throw new Error('not yet')
  await cloud.database().collection('records').add({ data: { at: Date.now(), event } }) }"""


def on(collection, *events, name="changes", **more):
    trigger = {"name": name, "type": "database", "collection": collection, **more}
    return {**trigger, "events": list(events)} if events else trigger


@pytest.fixture
def place(admin):
    environment = admin.create_environment()
    environment.create_collection("orders", "PRIVATE")
    return environment


def events_of(environment, count):
    found = wait_until(lambda: len(rows := records_of(environment)) >= count and rows, seconds=20)
    assert len(found) == count
    return [row["event"] for row in found]


def test_every_change_with_its_images(place):
    place.database("add", "orders", data={"_id": "before", "n": 0})
    deploy_recorder(place, "watcher", triggers=[on("orders", argument="tea")])
    place.database("add", "orders", data={"_id": "a", "n": 1, "note": "x"})
    place.database("update", "orders", id="a", update={"$set": {"n": 2}, "$unset": {"note": ""}})
    place.database("set", "orders", id="a", data={"n": 3})
    place.database("remove", "orders", id="a")
    place.database("add", "others", data={"_id": "z"})
    insert, update, replace, delete = events_of(place, 4)
    assert [event["operationType"] for event in (insert, update, replace, delete)] == ["insert", "update", "replace", "delete"]
    assert insert["fullDocument"] == {"_id": "a", "n": 1, "note": "x"} and "fullDocumentBeforeChange" not in insert
    assert update["fullDocumentBeforeChange"] == {"_id": "a", "n": 1, "note": "x"} and update["fullDocument"] == {"_id": "a", "n": 2}
    assert update["updateDescription"] == {"updatedFields": {"n": 2}, "removedFields": ["note"]}
    assert replace["fullDocument"] == {"_id": "a", "n": 3}
    assert delete["fullDocumentBeforeChange"] == {"_id": "a", "n": 3} and "fullDocument" not in delete
    assert {event["ns"]["coll"] for event in (insert, update, replace, delete)} == {"orders"}
    assert (insert["documentKey"], insert["triggerName"], insert["argument"]) == ({"_id": "a"}, "changes", "tea")
    assert {execution["source"] for execution in place.executions(function="watcher")} == {"database"}


def test_only_what_is_asked_for(place):
    deploy_recorder(place, "watcher", triggers=[on("orders", "delete")])
    place.database("add", "orders", data=[{"_id": str(number)} for number in range(20)])
    place.database("remove", "orders", where={"_id": {"$in": ["3", "5"]}})
    assert sorted(event["documentKey"]["_id"] for event in events_of(place, 2)) == ["3", "5"]
    ok(place.request("PUT", "/functions/watcher/triggers", json={"triggers": []}))
    place.database("remove", "orders", id="7")
    deploy_recorder(place, "later", triggers=[on("orders", "delete", name="later")])
    place.database("remove", "orders", id="8")
    assert [event["documentKey"]["_id"] for event in events_of(place, 3)][2] == "8"


def test_the_order_of_one_document(place):
    deploy_recorder(place, "watcher", triggers=[on("orders", "update")])
    place.database("add", "orders", data=[{"_id": str(number), "n": 0} for number in range(5)])
    for _ in range(12):
        place.database("update", "orders", where={}, update={"$inc": {"n": 1}})
    events = events_of(place, 60)
    for number in range(5):
        mine = [event["fullDocument"]["n"] for event in events if event["documentKey"]["_id"] == str(number)]
        assert mine == list(range(1, 13)), f"document {number} came as {mine}"


def test_what_fails_is_tried_again_and_then_given_up(place):
    place.create_collection("records", "ADMINONLY")
    # Looked into before the function has written to it, which would also make it.
    place.create_collection("failures", "ADMINONLY")
    place.deploy("failed", "const cloud = require('wx-server-sdk'); cloud.init()\n"
                 "exports.main = async (event) => { await cloud.database().collection('failures').add({ data: event }) }")  # fmt: skip
    place.deploy("fragile", FRAGILE, asyncRetries=1, onFailure="failed", triggers=[on("orders", "insert")])
    for document in ({"_id": "bad", "poison": True}, {"_id": "shy", "shy": True}, {"_id": "good"}):
        place.database("add", "orders", data=document)
    assert sorted(event["documentKey"]["_id"] for event in events_of(place, 2)) == ["good", "shy"]
    [failure] = wait_until(lambda: place.database("get", "failures")["data"])
    assert failure["event"]["documentKey"] == {"_id": "bad"} and failure["error"]["code"] == "FUNCTION_ERROR"


def test_a_killed_server_goes_on_where_it_was(tmp_path):
    server = Server(tmp_path).start()
    try:
        environment = Admin(server.address, server.operator_key).create_environment()
        environment.create_collection("orders", "PRIVATE")
        deploy_recorder(environment, "watcher", triggers=[on("orders", "insert")])
        for round_number in range(3):
            environment.database("add", "orders", data=[{"_id": f"{round_number}-{number}"} for number in range(30)])
            server.kill()
            server.start()
            environment = Admin(server.address, server.operator_key).environment(environment.id)
        wanted = {f"{round_number}-{number}" for round_number in range(3) for number in range(30)}
        seen = lambda: {row["event"]["documentKey"]["_id"] for row in records_of(environment)}  # noqa: E731
        wait_until(lambda: seen() == wanted, seconds=30)
    finally:
        server.stop()


WRONG = [
    {"name": "x", "type": "database"},
    {"name": "x", "type": "database", "collection": "orders", "events": []},
    {"name": "x", "type": "database", "collection": "orders", "events": ["drop"]},
    {"name": "x", "type": "storm", "collection": "orders"},
]


@pytest.mark.parametrize("trigger", WRONG, ids=["no collection", "no event", "no such event", "no such type"])
def test_a_trigger_that_makes_no_sense_is_refused(place, trigger):
    assert_problem(place.try_deploy("watcher", {"index.js": "exports.main = async () => 1"}, triggers=[trigger]), 400, "BAD_MEMBER")
