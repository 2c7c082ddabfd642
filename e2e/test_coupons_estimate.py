"""What a batch may cost: by a definition and by a batch that is there, what is refused, and that nothing is changed by asking."""

import pytest
from harness.client import ok
from harness.coupons import Merchant, batch_definition, claimed
from harness.problems import assert_problem


@pytest.fixture
def merchant(environment):
    return Merchant(environment)


def estimate(merchant, batch, **assume):
    return merchant.ask("POST", "/estimate", {"batch": batch, "assume": assume})


def test_a_definition_is_estimated(merchant):
    definition = batch_definition(stock=1000, budget=250_500)
    found = ok(estimate(merchant, definition, claimed=80, redeemed=40, orders=[{"value": 6000}, {"value": 3000}], margin=30))
    assert found == {
        "assumed": {"claimed": 80, "redeemed": 40, "orders": [{"value": 6000, "weight": 1}, {"value": 3000, "weight": 1}], "margin": 30},
        "claimed": 501, "redeemed": 200, "expected": 100_000, "costPerOrder": 500, "orderValue": 5500, "orders": 200, "reaching": 50,
        "budgetEndsFirst": True, "perCoupon": 500, "worst": 250_500, "budgetCoupons": 501, "leftPerOrder": 1150, "ordersToEarn": 75,
    }  # fmt: skip
    assert ok(merchant.ask("GET", "/batches"))["batches"] == []


def test_what_has_no_bound_has_no_worst_case(merchant):
    found = ok(estimate(merchant, batch_definition(value={"type": "discount", "percentOff": 15})))
    assert "worst" not in found and found["costPerOrder"] == 750 and found["assumed"]["orders"] == [{"value": 5000, "weight": 1}]


def test_a_batch_that_is_there(merchant, environment):
    """What it did cost in the end is no more than was said."""
    batch = merchant.published(stock=3, limits={"perUser": 1})
    worst = ok(estimate(merchant, batch))["worst"]
    for name in ("one", "two", "three"):
        coupon = claimed(environment.user(name), batch)
        ok(merchant.move("redeem", coupon, order=f"order-{name}"))
    assert merchant.accounts(batch)["spent"] == worst == 1500


def test_what_is_refused(merchant, environment):
    good = batch_definition()
    for assume in ({"claimed": 101}, {"redeemed": -1}, {"margin": "30"}, {"claimed": 0.001}, {"orders": []}, {"orders": [{}]}, {"more": 1}):
        problem = assert_problem(estimate(merchant, good, **assume), 400, "BAD_MEMBER")
        assert problem["member"] in ("claimed", "redeemed", "margin", "orders", "value", "more")
    assert_problem(estimate(merchant, {**good, "stock": -1}), 400, "BAD_MEMBER")
    assert_problem(merchant.ask("POST", "/estimate", {}), 400, "BAD_MEMBER")
    assert_problem(estimate(merchant, "cpb-nowhere"), 404, "COUPON_BATCH_NOT_FOUND")
    stranger = environment.user("stranger")
    assert_problem(stranger.post(f"/admin/v1/environments/{environment.id}/coupons/estimate", {"batch": good}), (401, 403))
