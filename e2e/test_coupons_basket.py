"""The best for a basket over HTTP: what is taken off, by which coupons, and why others are left out."""

import pytest
from harness.client import ok
from harness.coupons import claimed
from harness.problems import assert_problem


def basket(*lines, **members):
    return {"lines": [{"goods": goods, "price": price, "quantity": quantity} for goods, price, quantity in lines], **members}


@pytest.fixture
def user(shop, request):
    return shop.user(request.node.name[:60])


def test_the_best_of_what_one_has(merchant, user):
    small = claimed(user, merchant.published(value={"type": "amount", "amount": 300}, minimumSpend=1000))
    large = claimed(user, merchant.published(value={"type": "amount", "amount": 500}, minimumSpend=5000))
    best = ok(user.post("/v1/coupons/best", {"basket": basket(("tea", 2000, 3))}))
    assert (best["total"], best["discount"], best["payable"], best["proven"]) == (6000, 500, 5500, True)
    assert [each["coupon"] for each in best["applied"]] == [large] and best["lineDiscounts"] == [500]
    assert [each["coupon"] for each in best["unused"]] == [small] and best["unused"][0]["reason"]
    assert best["unused"][0]["code"] == "others" and best["unused"][0]["with"] == ["满50减5"]
    less = ok(user.post("/v1/coupons/best", {"basket": basket(("tea", 2000, 1))}))
    assert [each["coupon"] for each in less["applied"]] == [small] and less["payable"] == 1700
    assert (less["unused"][0]["code"], less["unused"][0]["missing"]) == ("spend", 3000)
    priced = ok(user.post("/v1/coupons/price", {"basket": basket(("tea", 2000, 3)), "coupons": [small]}))
    assert priced["payable"] == 5700


def test_a_coupon_that_does_nothing_is_told_by_its_id(merchant, user):
    coupon = claimed(user, merchant.published())
    refused = user.post("/v1/coupons/price", {"basket": basket(("tea", 1, 1)), "coupons": [coupon]})
    problem = assert_problem(refused, 422, "COUPON_NOT_APPLICABLE")
    assert problem["coupon"] == coupon, "numbers would tell how many a shop has given"
    assert (problem["obstacle"], problem["missing"]) == ("spend", 4999)


def test_a_sum_is_taken_apart_to_the_cent(merchant, user):
    claimed(user, merchant.published(value={"type": "amount", "amount": 100}, minimumSpend=None))
    best = ok(user.post("/v1/coupons/best", {"basket": basket(("a", 333, 1), ("b", 333, 1), ("c", 334, 1))}))
    assert sum(best["lineDiscounts"]) == best["discount"] == 100


def test_only_ones_own_coupons(merchant, alice, bob):
    foreign = claimed(alice, merchant.published())
    refused = bob.post("/v1/coupons/price", {"basket": basket(("tea", 9000, 1)), "coupons": [foreign]})
    assert_problem(refused, 404, "COUPON_NOT_FOUND")
    assert_problem(bob.post("/v1/coupons/best", {"basket": basket(("tea", 1, 1)), "user": alice.openid}), 400, "BAD_MEMBER")


@pytest.mark.parametrize(
    "question",
    [
        {}, {"basket": []}, {"basket": {}}, {"basket": {"lines": []}}, {"basket": basket(("tea", -1, 1))},
        {"basket": basket(("tea", 1, 0))},
        {"basket": basket(("tea", 2**63, 1))}, {"basket": basket(("tea", 10**9 + 1, 1))}, {"basket": basket(("tea", 1.5, 1))},
        {"basket": basket(*[("tea", 1, 1)] * 201)}, {"basket": basket(("tea", 1, 1), colour="red")},
        {"basket": basket(("t" * 129, 1, 1))},
    ],
)  # fmt: skip
def test_a_basket_that_makes_no_sense(alice, question):
    assert_problem(alice.post("/v1/coupons/best", question), 400, "BAD_MEMBER")


def test_functions_ask_for_whom_they_name(shop, merchant, alice, user):
    shop.deploy("basket", """
        const cloud = require('wx-server-sdk'); cloud.init();
        exports.main = async ({ user, basket }) => (await cloud.coupons.best({ user, basket })).applied.map(({ coupon }) => coupon)""")
    coupon = claimed(user, merchant.published())
    asked = {"basket": basket(("tea", 9000, 1)), "user": user.openid}
    assert ok(alice.call("basket", asked)) == [coupon]
