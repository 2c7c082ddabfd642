"""Invocations that nobody waits for: queued durably, retried, and their outcome handed on."""

import pytest
from harness.admin import wait_until
from harness.client import ok
from harness.problems import assert_problem
from harness.records import deploy_recorder, records_of

FAILS_TWICE = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database(), _ = db.command
exports.main = async (event) => {
  await db.collection('attempts').doc(event.id).update({ data: { tried: _.inc(1) } })
  const { data } = await db.collection('attempts').doc(event.id).get()
  if (data.tried < event.succeedsAt) throw new Error('not yet')
  return { tried: data.tried }
}"""


@pytest.fixture(scope="module")
def queue(admin):
    environment = admin.create_environment()
    environment.create_collection("attempts", "ADMINONLY")
    deploy_recorder(environment, "succeeded")
    deploy_recorder(environment, "gave-up")
    environment.deploy("stubborn", FAILS_TWICE, asyncRetries=2, onSuccess="succeeded", onFailure="gave-up")
    return environment


def tried(environment, identifier):
    return environment.database("get", "attempts", id=identifier)["data"]["tried"]


def test_the_answer_comes_before_the_function_ends(queue):
    queue.deploy("long", "exports.main = async () => new Promise(done => setTimeout(done, 5000))")
    user = queue.user("alice")
    response = user.call("long", params={"async": 1})
    assert response.elapsed.total_seconds() < 2
    assert ok(response, 202)["invocationId"]


def test_it_runs_as_the_user_who_asked(queue):
    deploy_recorder(queue, "who-asked")
    user = queue.user("bob")
    ok(user.call("who-asked", {"tag": "bobs"}, params={"async": 1}), 202)
    record = wait_until(lambda: records_of(queue, **{"event.tag": "bobs"}))[0]
    assert record["event"]["tag"] == "bobs"


def test_a_failure_is_tried_again_until_it_succeeds(queue):
    queue.database("add", "attempts", data={"_id": "third-time", "tried": 0})
    queue.invoke_later("stubborn", {"id": "third-time", "succeedsAt": 3})
    handed_on = wait_until(lambda: [r for r in records_of(queue) if "third-time" in str(r["event"])], seconds=60)
    assert tried(queue, "third-time") == 3
    assert len(handed_on) == 1
    assert "'tried': 3" in str(handed_on[0]["event"])


def test_after_the_last_try_the_failure_is_handed_on(queue):
    queue.database("add", "attempts", data={"_id": "never", "tried": 0})
    queue.invoke_later("stubborn", {"id": "never", "succeedsAt": 99})
    handed_on = wait_until(lambda: [r for r in records_of(queue) if "never" in str(r["event"])], seconds=60)
    assert tried(queue, "never") == 3
    assert "not yet" in str(handed_on[0]["event"])


def test_an_unknown_function_is_refused_at_once(queue):
    assert_problem(queue.user("alice").call("nobody", params={"async": 1}), 404, "FUNCTION_NOT_FOUND")
