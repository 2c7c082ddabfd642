"""Timers down to a second, in both platforms' notations."""

import time

import pytest
from harness.admin import wait_until
from harness.client import ok
from harness.problems import assert_problem
from harness.records import deploy_recorder, records_of


@pytest.fixture
def own_environment(admin):
    return admin.create_environment()


@pytest.mark.parametrize("cron", ["* * * * * *", "*/1 * * * * * *"], ids=["six fields", "seven fields"])
def test_a_timer_of_every_second_runs_every_second(own_environment, cron):
    trigger = {"name": "tick", "type": "timer", "config": cron, "argument": "tea"}
    deploy_recorder(own_environment, "ticker", triggers=[trigger])
    records = wait_until(lambda: len(found := records_of(own_environment)) >= 4 and found, seconds=15)
    gaps = [later["at"] - earlier["at"] for earlier, later in zip(records, records[1:])]
    assert all(600 < gap < 1400 for gap in gaps), gaps
    assert records[0]["event"]["TriggerName"] == "tick"
    assert "tea" in str(records[0]["event"])
    sources = {execution["source"] for execution in own_environment.executions(function="ticker")}
    assert sources == {"timer"}


def test_a_timer_stops_when_it_is_taken_away(own_environment):
    deploy_recorder(own_environment, "ticker", triggers=[{"name": "tick", "type": "timer", "config": "* * * * * *"}])
    wait_until(lambda: records_of(own_environment))
    ok(own_environment.request("PUT", "/functions/ticker/triggers", json={"triggers": []}))
    time.sleep(1.2)
    count = len(records_of(own_environment))
    time.sleep(2.5)
    assert len(records_of(own_environment)) == count


def test_a_suspended_environment_keeps_still(own_environment):
    deploy_recorder(own_environment, "ticker", triggers=[{"name": "tick", "type": "timer", "config": "* * * * * *"}])
    wait_until(lambda: records_of(own_environment))
    ok(own_environment.request("POST", "/suspend"))
    time.sleep(3)
    ok(own_environment.request("POST", "/resume"))
    records = wait_until(lambda: len(found := records_of(own_environment)) >= 2 and found)
    assert max(later["at"] - earlier["at"] for earlier, later in zip(records, records[1:])) > 2000


NOT_SCHEDULES = ["", "* * * * *", "61 * * * * *", "* * * 32 * *", "a b c d e f", "*/0 * * * * *", "* " * 50, "5-1 * * * * *"]


@pytest.mark.parametrize("cron", NOT_SCHEDULES)
def test_a_schedule_that_is_none_is_refused(own_environment, cron):
    trigger = {"name": "tick", "type": "timer", "config": cron}
    response = own_environment.try_deploy("ticker", {"index.js": "exports.main = async () => 1"}, triggers=[trigger])
    assert_problem(response, (400, 422))
