"""Coupons over HTTP: their lives, what is refused, and what a restart leaves as it was, on both engines."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.coupons import DAY, Merchant, batch_definition, claim, claimed, now, plainly_claimed
from harness.problems import assert_problem

# The life of a coupon


def test_from_the_draft_to_the_refund(merchant, alice):
    batch = merchant.draft()
    assert_problem(claim(alice, batch), 404, "COUPON_BATCH_NOT_FOUND")
    assert_problem(alice.request("GET", f"/v1/coupons/batches/{batch}"), 404, "COUPON_BATCH_NOT_FOUND")
    submitted = merchant.step(batch, "submit")
    assert submitted["status"] == "submitted" and submitted["submittedBy"] == "operator"
    assert_problem(claim(alice, batch), 404, "COUPON_BATCH_NOT_FOUND")
    published = merchant.step(batch, "approve")
    assert published["approvedBy"] == "operator"
    offer = ok(alice.request("GET", f"/v1/coupons/batches/{batch}"))
    assert (offer["status"], offer["left"], offer["mine"], offer["minimumSpend"]) == ("open", 100, 0, 5000)
    assert batch in [each["id"] for each in ok(alice.request("GET", "/v1/coupons/batches"))["batches"]]

    answer = ok(claim(alice, batch))
    coupon = answer["coupon"]
    assert answer["repeat"] is False and coupon["status"] == "held" and coupon["from"] == coupon["claimedAt"] < coupon["until"]
    assert ok(alice.request("GET", f"/v1/coupons/batches/{batch}"))["mine"] == 1
    seen = ok(alice.request("GET", f"/v1/coupons/{coupon['id']}"))
    assert seen["batch"] == batch and seen["value"] == {"type": "amount", "amount": 500} and seen["minimumSpend"] == 5000

    locked = ok(alice.post("/v1/coupons/lock", {"coupons": [coupon["id"]], "order": "order-1", "seconds": 60}))["coupons"]
    assert [(each["id"], each["status"]) for each in locked] == [(coupon["id"], "locked")]
    assert merchant.coupon(coupon["id"])["order"] == "order-1"
    assert merchant.accounts(batch)["locked"] == 1
    assert_problem(merchant.move("redeem", coupon["id"], order="order-2"), 409, "COUPON_LOCKED")
    redeemed = ok(merchant.move("redeem", coupon["id"], order="order-1"))["coupons"][0]
    assert (redeemed["status"], redeemed["amount"]) == ("redeemed", 500)
    assert merchant.accounts(batch)["spent"] == 500
    refunded = ok(merchant.move("refund", coupon["id"], order="order-1"))["coupons"][0]
    assert (refunded["status"], refunded["amount"]) == ("held", 500)
    assert merchant.accounts(batch)["spent"] == 0
    assert ok(alice.request("GET", f"/v1/coupons/{coupon['id']}"))["uses"] == [{"order": "order-1", "amount": 500, "refunded": True}]
    voided = ok(merchant.move("void", coupon["id"]))["coupons"][0]
    assert voided["status"] == "voided"
    assert assert_problem(merchant.move("redeem", coupon["id"], order="order-3"), 409, "COUPON_STATE")["state"] == "voided"
    assert merchant.accounts(batch)["voided"] == 1


def test_stored_value_is_used_little_by_little(merchant, alice):
    batch = merchant.published(value={"type": "storedValue", "amount": 1000}, minimumSpend=None)
    coupon = claimed(alice, batch)
    first = ok(merchant.move("redeem", coupon, order="o-1", amount=300))["coupons"][0]
    assert (first["status"], first["amount"], first["balance"]) == ("held", 300, 700)
    assert assert_problem(merchant.move("redeem", coupon, order="o-2", amount=701), 422, "COUPON_AMOUNT")["most"] == 700
    assert_problem(merchant.move("redeem", coupon, order="o-2", amount=0), 422, "COUPON_AMOUNT")
    last = ok(merchant.move("redeem", coupon, order="o-2"))["coupons"][0]
    assert (last["status"], last["amount"], last["balance"]) == ("redeemed", 700, 0)
    back = ok(merchant.move("refund", coupon, order="o-1"))["coupons"][0]
    assert (back["status"], back["amount"], back["balance"]) == ("held", 300, 300)
    assert ok(alice.request("GET", f"/v1/coupons/{coupon}"))["balance"] == 300


def test_several_take_a_step_together_or_not_at_all(merchant, alice, bob):
    batch = merchant.published(limits={"perUser": 3})
    mine = [claimed(alice, batch) for _ in range(2)]
    foreign = claimed(bob, batch)
    assert_problem(alice.post("/v1/coupons/lock", {"coupons": [*mine, foreign], "order": "o"}), 404, "COUPON_NOT_FOUND")
    assert merchant.accounts(batch)["locked"] == 0
    answer = ok(alice.post("/v1/coupons/lock", {"coupons": mine[::-1], "order": "o"}))
    assert [each["id"] for each in answer["coupons"]] == mine[::-1]
    redeemed = ok(merchant.move("redeem", *mine, order="o", amounts=[500, 120]))["coupons"]
    assert [each["amount"] for each in redeemed] == [500, 120]


def test_a_lock_ends_by_itself_and_is_given_back(merchant, alice):
    coupon = claimed(alice, merchant.published())
    ok(alice.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o-1", "seconds": 1}))
    wait_until(lambda: ok(alice.request("GET", f"/v1/coupons/{coupon}"))["status"] == "held", seconds=5)
    ok(alice.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o-2"}))
    assert_problem(alice.post("/v1/coupons/release", {"coupons": [coupon], "order": "o-1"}), 409, "COUPON_NOT_LOCKED")
    assert ok(alice.post("/v1/coupons/release", {"coupons": [coupon], "order": "o-2"}))["coupons"][0]["status"] == "held"


def test_a_frozen_coupon_waits(merchant, alice):
    coupon = claimed(alice, merchant.published())
    ok(merchant.move("freeze", coupon))
    assert merchant.coupon(coupon)["frozen"] is True
    assert_problem(alice.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o"}), 409, "COUPON_FROZEN")
    ok(merchant.move("unfreeze", coupon))
    ok(alice.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o"}))


def test_a_refund_after_its_time_comes_too_late(merchant, shop):
    user = shop.user("late")
    batch = merchant.published(validity={"from": now() - 1000, "until": now() + 3000})
    coupon = claimed(user, batch)
    ok(merchant.move("redeem", coupon, order="o"))
    wait_until(lambda: ok(user.request("GET", f"/v1/coupons/batches/{batch}"))["status"] == "closed")
    assert ok(merchant.move("refund", coupon, order="o"))["coupons"][0]["status"] == "expired"
    assert merchant.accounts(batch)["expired"] == 1


# Repeats


def test_the_same_number_answers_the_same(merchant, alice, bob):
    batch = merchant.published(limits={"perUser": None})
    first = ok(claim(alice, batch, outBizNo="n-1"))
    again = ok(claim(alice, batch, outBizNo="n-1"))
    assert again["coupon"] == first["coupon"] and (first["repeat"], again["repeat"]) == (False, True)
    assert_problem(claim(alice, batch, outBizNo="n-1", device="other"), 422, "OUT_BIZ_NO_REUSED")
    assert ok(claim(bob, batch, outBizNo="n-1"))["coupon"]["id"] != first["coupon"]["id"], "numbers are each user's own"
    assert merchant.accounts(batch)["claimed"] == 2
    # Also when the batch is over: what was given was given.
    merchant.step(batch, "stop")
    assert ok(claim(alice, batch, outBizNo="n-1"))["coupon"]["id"] == first["coupon"]["id"]
    assert_problem(claim(alice, batch, outBizNo="n-2"), 409, "COUPON_STOPPED")


@pytest.mark.parametrize("step", ["lock", "redeem", "refund", "void", "freeze"])
def test_each_step_is_taken_once(merchant, alice, step):
    coupon = claimed(alice, merchant.published())
    if step == "refund":
        ok(merchant.move("redeem", coupon, order="o"))
    number = f"{step}-{coupon}"
    first = ok(merchant.move(step, coupon, order="o", outBizNo=number))
    again = ok(merchant.move(step, coupon, order="o", outBizNo=number))
    assert again["coupons"] == first["coupons"] and again["repeat"] is True and first["repeat"] is False
    assert_problem(merchant.move(step, coupon, order="other", outBizNo=number), 422, "OUT_BIZ_NO_REUSED")
    assert ok(merchant.move(step, coupon, order="o", outBizNo=number))["coupons"] == first["coupons"]


def test_a_storm_of_repeats_gives_one(merchant, shop):
    batch = merchant.published(limits={"perUser": 50})
    user = shop.user("storm")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ok(plainly_claimed(user, batch, {"outBizNo": "storm"})), range(64)))
    assert len({answer["coupon"]["id"] for answer in answers}) == 1
    assert [answer["repeat"] for answer in answers].count(False) == 1
    assert merchant.accounts(batch)["claimed"] == 1


# Limits and windows


def test_limits(merchant, alice):
    once = merchant.published()
    coupon = claimed(alice, once)
    assert assert_problem(claim(alice, once), 409, "COUPON_LIMIT")["coupon"] == coupon
    daily = merchant.published(limits={"perUser": 5, "perDay": 2})
    assert len({claimed(alice, daily), claimed(alice, daily)}) == 2
    assert "day" in assert_problem(claim(alice, daily), 409, "COUPON_LIMIT")["detail"]
    weekly = merchant.published(limits={"perUser": 5, "perWeek": 1})
    claimed(alice, weekly)
    assert "week" in assert_problem(claim(alice, weekly), 409, "COUPON_LIMIT")["detail"]


def test_a_device_is_one_whoever_holds_it(merchant, alice, bob):
    batch = merchant.published(limits={"perDevice": 1})
    assert_problem(claim(alice, batch), 400, "COUPON_DEVICE_NEEDED")
    claimed(alice, batch, device="phone")
    refused = assert_problem(claim(bob, batch, device="phone"), 409, "COUPON_LIMIT")
    assert "coupon" not in refused, "another user's coupon is not told"
    claimed(bob, batch, device="tablet")


def test_no_more_than_there_are(merchant, shop):
    batch = merchant.published(stock=20)
    users = [shop.user(f"rush-{number}") for number in range(40)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda user: plainly_claimed(user, batch, {}), users))
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [409] * 20
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "COUPON_SOLD_OUT")
    assert len({answer.json()["coupon"]["id"] for answer in answers if answer.status_code == 200}) == 20
    assert merchant.accounts(batch) == {**merchant.accounts(batch), "claimed": 20, "left": 0}
    assert ok(users[0].request("GET", f"/v1/coupons/batches/{batch}"))["status"] == "soldOut"


def test_a_budget_is_not_overspent(merchant, shop):
    batch = merchant.published(budget=1000)
    for number in range(2):
        claimed(shop.user(f"budget-{number}"), batch)
    assert_problem(claim(shop.user("budget-2"), batch), 409, "COUPON_BUDGET_EXHAUSTED")
    ok(merchant.ask("PATCH", f"/batches/{batch}", {"budget": 1500}))
    claimed(shop.user("budget-2"), batch)


def test_the_edges_of_the_window(merchant, shop):
    opens = now() + 1500
    batch = merchant.published(claim={"from": opens, "until": opens + 1500})
    user, late = shop.user("early"), shop.user("too-late")
    early = assert_problem(claim(user, batch), 409, "COUPON_NOT_OPEN")
    assert early["opensAt"] == opens
    assert ok(user.request("GET", f"/v1/coupons/batches/{batch}"))["status"] == "soon"
    answer = wait_until(lambda: (given := claim(user, batch)).status_code == 200 and given, every=0.01)
    assert opens <= answer.json()["coupon"]["claimedAt"] < opens + 1500
    time.sleep(max(0, (opens + 1500 - now()) / 1000) + 0.01)
    closed = assert_problem(claim(late, batch), 409, "COUPON_CLOSED")
    assert closed["closesAt"] == opens + 1500
    assert batch not in [each["id"] for each in ok(user.request("GET", "/v1/coupons/batches"))["batches"]]


def test_times_are_told_in_any_zone(merchant):
    definition = batch_definition(claim={"from": "2026-10-01T00:00:00+08:00", "until": "2090-01-01T00:00:00Z"})
    made = ok(merchant.ask("POST", "/batches", definition), 201)
    assert made["claim"] == {"from": 1_790_784_000_000, "until": 3_786_912_000_000, "public": True}


def test_it_cannot_be_used_before_its_time(merchant, alice):
    coupon = claimed(alice, merchant.published(validity={"days": 1, "afterDays": 1}))
    assert_problem(alice.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o"}), 409, "COUPON_NOT_YET_VALID")


def test_channels_and_levels(merchant, alice):
    batch = merchant.published(scope={"channels": ["miniapp"], "levels": ["gold"]})
    assert_problem(claim(alice, batch, channel="store"), 409, "COUPON_NOT_FOR_CHANNEL")
    assert_problem(claim(alice, batch, channel="miniapp"), 409, "COUPON_NOT_FOR_LEVEL")
    assert_problem(claim(alice, batch, channel="miniapp", level="gold"), 400, "BAD_MEMBER")
    ok(merchant.give(batch, alice.openid, channel="miniapp", level="gold"))


# Who may what


def test_only_ones_own(merchant, alice, bob):
    coupon = claimed(alice, merchant.published())
    for answer in (
        bob.request("GET", f"/v1/coupons/{coupon}"), bob.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o"}),
        bob.post("/v1/coupons/release", {"coupons": [coupon], "order": "o"}),
        merchant.move("redeem", coupon, order="o", user=bob.openid),
    ):  # fmt: skip
        assert_problem(answer, 404, "COUPON_NOT_FOUND")
    assert coupon not in [each["id"] for each in ok(bob.request("GET", "/v1/coupons"))["coupons"]]
    assert_problem(claim(bob, merchant.published(), user=alice.openid), 400, "BAD_MEMBER")


def test_another_tenant_learns_nothing(shop_server, merchant, alice):
    batch = merchant.published()
    coupon = claimed(alice, batch)
    other = Admin(shop_server.address, shop_server.operator_key).create_environment()
    stranger, neighbour = other.user("alice"), Merchant(other)
    offer = stranger.request("GET", f"/v1/coupons/batches/{batch}")
    for answer in (claim(stranger, batch), offer, neighbour.ask("GET", f"/batches/{batch}")):
        assert_problem(answer, 404, "COUPON_BATCH_NOT_FOUND")
    for answer in (
        stranger.request("GET", f"/v1/coupons/{coupon}"), neighbour.ask("GET", f"/{coupon}"), neighbour.move("redeem", coupon, order="o"),
        neighbour.move("void", coupon),
    ):  # fmt: skip
        assert_problem(answer, 404, "COUPON_NOT_FOUND")
    assert merchant.coupon(coupon)["status"] == "held"


def test_a_client_does_not_redeem(merchant, alice):
    coupon = claimed(alice, merchant.published())
    for step in ("redeem", "refund", "void", "freeze"):
        body = {"coupons": [coupon], "order": "o"}
        assert_problem(alice.post(f"/v1/coupons/{step}", body), (404, 405))
        assert_problem(alice.post(f"/admin/v1/environments/{alice.environment}/coupons/{step}", body), 401, "KEY_INVALID")
    assert merchant.coupon(coupon)["status"] == "held"


def test_a_use_is_refunded_once(merchant, alice):
    coupon = claimed(alice, merchant.published())
    assert_problem(merchant.move("refund", coupon, order="o"), 404, "COUPON_USE_NOT_FOUND")
    ok(merchant.move("redeem", coupon, order="o"))
    assert_problem(merchant.move("redeem", coupon, order="o"), 409, "COUPON_STATE")
    ok(merchant.move("refund", coupon, order="o"))
    assert_problem(merchant.move("refund", coupon, order="o"), 409, "COUPON_REFUNDED")


def test_what_only_the_shop_gives(merchant, alice):
    batch = merchant.published(claim={"from": now() - 1000, "until": now() + DAY, "public": False})
    assert_problem(claim(alice, batch), 403, "COUPON_NOT_PUBLIC")
    assert batch not in [each["id"] for each in ok(alice.request("GET", "/v1/coupons/batches"))["batches"]]
    given = ok(merchant.give(batch, alice.openid, outBizNo="gift"))["coupon"]["id"]
    assert ok(merchant.give(batch, alice.openid, outBizNo="gift"))["coupon"]["id"] == given
    assert ok(alice.request("GET", f"/v1/coupons/{given}"))["status"] == "held"
    assert_problem(merchant.ask("POST", f"/batches/{batch}/claims", {}), 400, "BAD_MEMBER")


def test_lists_of_a_user(merchant, shop):
    user = shop.user("lists")
    batch = merchant.published(limits={"perUser": 5})
    coupons = [claimed(user, batch) for _ in range(3)][::-1]
    ok(merchant.move("redeem", coupons[0], order="o"))
    assert [each["id"] for each in ok(user.request("GET", "/v1/coupons"))["coupons"]] == coupons
    assert [each["id"] for each in ok(user.request("GET", "/v1/coupons", params={"status": "held"}))["coupons"]] == coupons[1:]
    assert [each["id"] for each in merchant.of(user.openid, status="redeemed")] == coupons[:1]
    assert len(ok(user.request("GET", "/v1/coupons", params={"limit": 1}))["coupons"]) == 1
    assert_problem(user.request("GET", "/v1/coupons", params={"status": "stock"}), 400, "BAD_MEMBER")
    assert_problem(user.request("GET", "/v1/coupons", params={"limit": 0}), 400, "BAD_MEMBER")
    assert_problem(merchant.ask("GET", ""), 400, "BAD_MEMBER")


# What a restart leaves


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_changes_nothing(shop_server, shop, merchant, end):
    user = shop.user(f"restart-{end}")
    batch = merchant.published(limits={"perUser": 10})
    first = ok(claim(user, batch, outBizNo="n"))["coupon"]["id"]
    used, locked = claimed(user, batch), claimed(user, batch)
    redeemed = ok(merchant.move("redeem", used, order="o", outBizNo=f"redeem-{end}"))
    ok(user.post("/v1/coupons/lock", {"coupons": [locked], "order": "o-2", "seconds": 600}))
    ok(merchant.move("freeze", first))
    ids = (first, used, locked)
    before = [merchant.coupon(each) for each in ids], merchant.batch(batch), ok(user.request("GET", "/v1/coupons"))["coupons"]
    # Quiet for a while: the journal is settled into its tables.
    time.sleep(2)
    assert ([merchant.coupon(each) for each in ids], merchant.batch(batch), ok(user.request("GET", "/v1/coupons"))["coupons"]) == before
    getattr(shop_server, end)()
    shop_server.start()
    assert ([merchant.coupon(each) for each in ids], merchant.batch(batch), ok(user.request("GET", "/v1/coupons"))["coupons"]) == before
    assert ok(claim(user, batch, outBizNo="n"))["coupon"]["id"] == first
    assert_problem(claim(user, batch, outBizNo="n", device="d"), 422, "OUT_BIZ_NO_REUSED")
    again = ok(merchant.move("redeem", used, order="o", outBizNo=f"redeem-{end}"))
    assert again == {**redeemed, "repeat": True}
    assert_problem(merchant.move("redeem", used, order="o-3"), 409, "COUPON_STATE")
    ok(merchant.move("unfreeze", first))
    ok(merchant.move("redeem", locked, order="o-2"))
    ok(merchant.move("refund", used, order="o"))
    assert merchant.accounts(batch)["redeemed"] == 1
