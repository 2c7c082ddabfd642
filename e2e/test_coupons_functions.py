"""`cloud.coupons` in functions: they give, lock, redeem and refund for the user who calls them."""

import pytest
from harness.client import ok
from harness.coupons import DAY, now

SDKS = {
    "wechat": "const cloud = require('wx-server-sdk'); cloud.init();",
    "alipay": "const cloud = require('@alipay/faas-server-sdk'); cloud.init();",
    "tencent": "const cloud = require('@cloudbase/node-sdk').init({});",
}
CHECKOUT = """
const { coupons } = cloud;
exports.main = async ({ batch, order, amount }) => {
  const offers = (await coupons.offers()).batches.map(({ id }) => id);
  const { coupon } = await coupons.claim(batch, { outBizNo: `gift-${order}` });
  const again = await coupons.claim(batch, { outBizNo: `gift-${order}` });
  const locked = await coupons.lock({ coupons: coupon.id, order });
  const redeemed = await coupons.redeem({ coupons: [coupon.id], order, amount, outBizNo: `pay-${order}` });
  const repeated = await coupons.redeem({ coupons: [coupon.id], order, amount, outBizNo: `pay-${order}` });
  const paid = await coupons.get(coupon.id);
  const refunded = await coupons.refund({ coupons: [coupon.id], order });
  const refused = await coupons.refund({ coupons: [coupon.id], order }).catch((error) => error.problem.code);
  const mine = (await coupons.mine({ status: 'held' })).coupons.map(({ id }) => id);
  const { mine: count } = await coupons.offer(batch);
  return { offers, coupon, again, locked, redeemed, repeated, paid, refunded, refused, mine, count };
};
"""


@pytest.mark.parametrize("sdk", SDKS)
def test_a_function_gives_and_uses_coupons_for_its_user(shop, merchant, sdk):
    user = shop.user(f"function-{sdk}")
    batch = merchant.published(value={"type": "storedValue", "amount": 1000}, minimumSpend=None)
    shop.deploy(f"checkout-{sdk}", SDKS[sdk] + CHECKOUT)
    order = f"order-{sdk}"
    answer = ok(user.call(f"checkout-{sdk}", {"batch": batch, "order": order, "amount": 250}))
    coupon = answer["coupon"]["id"]
    assert batch in answer["offers"] and answer["again"]["repeat"] is True and answer["again"]["coupon"]["id"] == coupon
    assert answer["locked"]["coupons"][0]["status"] == "locked"
    redeemed = answer["redeemed"]["coupons"][0]
    assert (redeemed["status"], redeemed["amount"], redeemed["balance"]) == ("held", 250, 750)
    assert answer["repeated"]["coupons"] == answer["redeemed"]["coupons"] and answer["repeated"]["repeat"] is True
    assert answer["paid"]["uses"] == [{"order": order, "amount": 250, "refunded": False}]
    assert answer["refunded"]["coupons"][0]["balance"] == 1000
    assert answer["refused"] == "COUPON_REFUNDED"
    assert answer["mine"] == [coupon] and answer["count"] == 1
    assert ok(user.request("GET", f"/v1/coupons/{coupon}"))["uses"] == [{"order": order, "amount": 250, "refunded": True}]


def test_a_function_acts_for_whom_it_names(shop, merchant, alice, bob):
    shop.deploy("give", SDKS["wechat"] + """
        exports.main = async ({ op, ...members }) => {
          const { batch, ...rest } = members;
          const call = batch === undefined ? cloud.coupons[op](rest) : cloud.coupons[op](batch, rest);
          return call.catch((error) => ({ code: error.problem.code, errMsg: error.errMsg }));
        }""")

    def run(op, **members):
        return ok(alice.call("give", {"op": op, **members}))

    batch = merchant.published(claim={"from": now() - 1000, "until": now() + DAY, "public": False}, scope={"levels": ["gold"]})
    assert run("claim", batch=batch)["code"] == "COUPON_NOT_FOR_LEVEL"
    coupon = run("claim", batch=batch, user=bob.openid, level="gold")["coupon"]["id"]
    assert ok(bob.request("GET", f"/v1/coupons/{coupon}"))["batch"] == batch
    assert run("lock", coupons=[coupon], order="o", user=alice.openid)["code"] == "COUPON_NOT_FOUND"
    assert [each["id"] for each in run("mine", user=bob.openid, limit=1)["coupons"]] == [coupon]
    assert run("freeze", coupons=[coupon])["coupons"][0]["status"] == "held"
    assert run("redeem", coupons=[coupon], order="o")["code"] == "COUPON_FROZEN"
    run("unfreeze", coupons=[coupon])
    assert run("void", coupons=[coupon])["coupons"][0]["status"] == "voided"
    assert run("lock", coupons=[], order="o")["code"] == "INVALID_PARAMETER"
    assert run("mine", status="stock")["code"] == "BAD_MEMBER"
