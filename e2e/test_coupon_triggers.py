"""Functions that hear of coupons' steps: each step, those of one coupon in order, only what is asked for, restarts."""

import time

from harness.admin import wait_until
from harness.client import ok
from harness.coupons import claimed
from harness.problems import assert_problem
from harness.records import deploy_recorder, records_of


def on(*events, name="notify", **more):
    trigger = {"name": name, "type": "coupon", **more}
    return {**trigger, "events": list(events)} if events else trigger


def told(environment, count, coupon=None):
    def enough():
        events = [row["event"] for row in records_of(environment) if coupon in (None, row["event"].get("coupon"))]
        return len(events) >= count and events

    return wait_until(enough, seconds=20)


def test_each_step_of_a_coupon_is_told_in_order(shop, merchant):
    batch = merchant.published()
    deploy_recorder(shop, "watcher", triggers=[on(batch=batch, argument="tea")])
    user = shop.user("told")
    coupon = claimed(user, batch, channel="poster")
    ok(user.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o-1"}))
    ok(merchant.move("redeem", coupon, order="o-1", shop="一号店", outBizNo="pay-told"))
    ok(merchant.move("refund", coupon, order="o-1"))
    claimed(shop.user("elsewhere"), merchant.published())
    events = told(shop, 4, coupon)
    assert [event["step"] for event in events] == ["claim", "lock", "redeem", "refund"]
    assert {event["type"] for event in events} == {"coupon"} and {event["batch"] for event in events} == {batch}
    claim, _, redeem, refund = events
    assert (claim["user"], claim["channel"], claim["triggerName"], claim["argument"]) == (user.openid, "poster", "notify", "tea")
    assert (redeem["amount"], redeem["shop"], redeem["outBizNo"], redeem["status"]) == (500, "一号店", "pay-told", "redeemed")
    assert refund["status"] == "held"
    assert {execution["source"] for execution in shop.executions(function="watcher")} == {"coupon"}
    ok(shop.request("PUT", "/functions/watcher/triggers", json={"triggers": []}))


def test_only_what_is_asked_for_and_what_came_while_the_server_was_down(shop_server, shop, merchant):
    batch = merchant.published()
    before = len(records_of(shop))
    deploy_recorder(shop, "redeemed", triggers=[on("redeem", name="redeemed", batch=batch)])
    coupons = [claimed(shop.user(f"asked-{number}"), batch) for number in range(4)]
    ok(merchant.move("redeem", coupons[0], order="o-a"))
    wait_until(lambda: len(records_of(shop)) == before + 1, seconds=20)
    ok(merchant.move("redeem", coupons[1], order="o-b"))
    shop_server.kill()
    shop_server.start()
    ok(merchant.move("redeem", coupons[2], order="o-c"))
    orders = {"o-a", "o-b", "o-c"}
    wait_until(lambda: {row["event"].get("order") for row in records_of(shop)} >= orders, seconds=20)
    time.sleep(1)  # whatever else was told would be here by now
    mine = [row["event"] for row in records_of(shop) if row["event"].get("batch") == batch]
    assert {event["step"] for event in mine} == {"redeem"}


def test_what_no_trigger_can_be(shop):
    for trigger, member in [(on("insert"), "events"), (on(batch=7), "batch"), ({"name": "x", "type": "mail"}, "type")]:
        problem = assert_problem(shop.request("PUT", "/functions/watcher/triggers", json={"triggers": [trigger]}), 400, "BAD_MEMBER")
        assert problem["member"] == member
