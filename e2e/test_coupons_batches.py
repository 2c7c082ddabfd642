"""Batches of coupons: what can be changed when, and everything that makes no sense in one or in a step."""

import pytest
from harness.client import ok
from harness.coupons import batch_definition, claim, claimed
from harness.problems import assert_problem


def test_what_was_promised_stays(merchant, alice):
    batch = merchant.published(stock=1)
    claimed(alice, batch)
    more = ok(merchant.ask("PATCH", f"/batches/{batch}", {"stock": 3, "name": "满50减5（加量）"}))
    assert (more["stock"], more["accounts"]["left"], more["name"]) == (3, 2, "满50减5（加量）")
    assert assert_problem(merchant.ask("PATCH", f"/batches/{batch}", {"stock": 0}), 409, "COUPON_STOCK_TOO_LOW")["claimed"] == 1
    for change in (
        {"value": {"type": "amount", "amount": 100}}, {"minimumSpend": 6000}, {"validity": {"days": 1}}, {"limits": {"perUser": 2}},
        {"returnsOnRefund": False}, {"scope": {"goods": ["tea"]}},
    ):  # fmt: skip
        assert_problem(merchant.ask("PATCH", f"/batches/{batch}", change), 409, "COUPON_BATCH_FIXED")
    stale = {"revision": more["revision"] - 1, "stock": 4}
    assert_problem(merchant.ask("PATCH", f"/batches/{batch}", stale), 412, "COUPON_BATCH_CHANGED")
    assert merchant.batch(batch)["stock"] == 3


def test_steps_of_a_batch_follow_each_other(merchant, alice):
    batch = merchant.draft()
    for step in ("approve", "reject", "pause", "resume", "stop"):
        assert assert_problem(merchant.ask("POST", f"/batches/{batch}/{step}"), 409, "COUPON_BATCH_STATUS")["state"] == "draft"
    ok(merchant.ask("PATCH", f"/batches/{batch}", {"value": {"type": "amount", "amount": 200}}))
    assert merchant.step(batch, "submit", "reject")["status"] == "draft"
    merchant.step(batch, "submit")
    assert_problem(merchant.ask("PATCH", f"/batches/{batch}", {"stock": 1_000_000}), 409, "COUPON_BATCH_STATUS")
    assert merchant.step(batch, "approve", "pause")["status"] == "paused"
    assert_problem(claim(alice, batch), 409, "COUPON_PAUSED")
    merchant.step(batch, "resume")
    coupon = claimed(alice, batch)
    merchant.step(batch, "stop")
    for step in ("resume", "pause", "stop", "submit"):
        assert_problem(merchant.ask("POST", f"/batches/{batch}/{step}"), 409, "COUPON_BATCH_STATUS")
    ok(merchant.move("redeem", coupon, order="o"))
    assert batch == next(each["id"] for each in ok(merchant.ask("GET", "/batches"))["batches"] if each["id"] == batch)


BAD_BATCHES = {
    "no name": {"name": None},
    "an empty name": {"name": ""},
    "a long name": {"name": "x" * 129},
    "an unknown member": {"colour": "red"},
    "an unknown member inside": {"limits": {"perUser": 1, "perYear": 2}},
    "an unknown kind": {"value": {"type": "cash", "amount": 1}},
    "nothing off": {"value": {"type": "amount", "amount": 0}},
    "a negative amount": {"value": {"type": "amount", "amount": -1}},
    "parts of a fen": {"value": {"type": "amount", "amount": 1.5}},
    "an amount as text": {"value": {"type": "amount", "amount": "500"}},
    "more money than there is": {"value": {"type": "amount", "amount": 10**12 + 1}, "minimumSpend": None},
    "an overflowing amount": {"value": {"type": "amount", "amount": 2**63}, "minimumSpend": None},
    "more off than is spent": {"minimumSpend": 400},
    "a hundred percent": {"value": {"type": "discount", "percentOff": 100}},
    "a percentage too fine": {"value": {"type": "discount", "percentOff": 12.345}},
    "a budget without a bound": {"value": {"type": "discount", "percentOff": 10}, "budget": 1000},
    "a negative stock": {"stock": -1},
    "too large a stock": {"stock": 10**9 + 1},
    "a window that ends before it begins": {"claim": {"from": 2000, "until": 1000}},
    "a window in words": {"claim": {"from": "soon", "until": "later"}},
    "no end of the window": {"claim": {"from": 0}},
    "a validity of no days": {"validity": {"days": 0, "wholeDays": False}},
    "a validity of no days later": {"validity": {"days": 0, "afterDays": 1}},
    "a validity that is over": {"validity": {"from": 0, "until": 1}},
    "two kinds of validity": {"validity": {"days": 1, "from": 0, "until": 1}},
    "an eighth weekday": {"useTimes": {"weekdays": [8]}},
    "an hour that is none": {"useTimes": {"hours": [{"from": "25:00", "until": "26:00"}]}},
    "a date that is none": {"useTimes": {"excludedDates": ["2026-13-01"]}},
    "a limit of nothing": {"limits": {"perUser": 0}},
    "too high a limit": {"limits": {"perUser": 1001}},
    "a zone that is none": {"timeZone": "Mars"},
    "codes from nowhere": {"codes": "guessed"},
    "too many names": {"scope": {"goods": [str(number) for number in range(1001)]}},
}


@pytest.mark.parametrize("name", BAD_BATCHES)
def test_a_batch_that_makes_no_sense(merchant, name):
    assert_problem(merchant.ask("POST", "/batches", batch_definition(**BAD_BATCHES[name])), 400, "BAD_MEMBER")


BAD_MOVES = {
    "no coupon": {"coupons": []},
    "no list": {"coupons": "cpn-0000000000000"},
    "numbers": {"coupons": [1]},
    "too many": {"coupons": [f"cpn-{number:013}" for number in range(21)]},
    "no order": {"order": None},
    "an empty order": {"order": ""},
    "a long order": {"order": "x" * 129},
    "a control character": {"order": "o\u0001"},
    "a line break in the number": {"outBizNo": "a\nb"},
    "a long number": {"outBizNo": "x" * 65},
    "a negative amount": {"amount": -1},
    "an overflowing amount": {"amount": 2**63},
    "an amount too many": {"amounts": [1, 1]},
    "parts of a fen": {"amount": 0.5},
}


@pytest.mark.parametrize("name", BAD_MOVES)
def test_a_step_that_makes_no_sense(merchant, alice, name):
    coupon = claimed(alice, merchant.published())
    body = {"coupons": [coupon], "order": "o", **BAD_MOVES[name]}
    assert_problem(merchant.ask("POST", "/redeem", body), (400, 404), ("BAD_MEMBER", "COUPON_NOT_FOUND"))
    assert merchant.coupon(coupon)["status"] == "held"


def test_a_coupon_twice_in_one_step(merchant, alice):
    coupon = claimed(alice, merchant.published())
    assert_problem(merchant.move("redeem", coupon, coupon, order="o"), 400, "BAD_MEMBER")


@pytest.mark.parametrize("guess", ["cpn-0000000000000", "cpn-zzzzzzzzzzzzz", "cpn-", "1", "%00", "cpn-0000000000000'--", "batches2"])
def test_a_guessed_coupon(merchant, alice, guess):
    assert_problem(alice.request("GET", f"/v1/coupons/{guess}"), (400, 404))
    assert_problem(merchant.ask("GET", f"/{guess}"), (400, 404))


def test_locks_are_not_for_ever(alice, merchant):
    coupon = claimed(alice, merchant.published())
    for seconds in (0, -1, 86_401, 1.5, "60"):
        assert_problem(alice.post("/v1/coupons/lock", {"coupons": [coupon], "order": "o", "seconds": seconds}), 400, "BAD_MEMBER")
