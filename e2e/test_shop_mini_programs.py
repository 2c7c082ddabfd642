"""The sample shop's mini programs, their pages run in Node on both platforms: from the countdown to the refund, as in the browser."""

import json
import re
import shutil
from pathlib import Path

import pytest
from harness.client import ok
from harness.coupons import DAY, Merchant, claimed, now
from harness.mini_program import MiniProgram

TEMPLATE = Path(__file__).resolve().parents[1] / "templates/retail"


@pytest.fixture(scope="module")
def shop(admin):
    environment = admin.create_environment("mini-shop")
    ok(environment.request("POST", "/samples/retail"), (200, 201))
    environment.merchant = Merchant(environment)
    return environment


@pytest.fixture(params=["wechat", "alipay"])
def program(request, shop, tmp_path):
    """The mini program with a merchant's environment filled in, as its README says, for a development user of its own."""
    folder = tmp_path / request.param
    shutil.copytree(TEMPLATE / f"miniprogram-{request.param}", folder)
    (folder / "config.js").write_text(f"module.exports = {json.dumps({'env': shop.id, 'endpoint': shop.address})}\n")
    app = (folder / "app.js").read_text()
    assert "install({ env, endpoint })" in app
    (folder / "app.js").write_text(app.replace("install({ env, endpoint })", f"install({{ env, endpoint, user: '{request.param}' }})"))
    running = MiniProgram(folder, shop, request.param, tmp_path / "log", platform=request.param, brings=True)
    running.user = shop.user(request.param)
    yield running
    running.close()


def tap(program, method, **dataset):
    program.call(method, {"currentTarget": {"dataset": dataset}})


def ticket(data, batch):
    return next((each for each in data["tickets"] if each["id"] == batch), None)


def toasts(program):
    told = [entry["values"][0] for entry in program.shown() if entry["what"].endswith("showToast")]
    return [each.get("title") or each.get("content") for each in told]


def test_from_the_countdown_to_the_refund(shop, program):
    merchant = shop.merchant
    soon = {"from": now() + 3000, "until": now() + DAY}
    rush = merchant.published(name="整点券", minimumSpend=None, stock=5, claim=soon, stacking={"group": "rush", "with": []})
    program.open("pages/home/home")
    program.until(lambda data: "张券可领" in data["couponHint"])

    program.open("pages/coupons/coupons")
    shown = program.until(lambda data: ticket(data, rush))
    assert re.fullmatch(r"00:00:0\d", ticket(shown, rush)["countdown"])
    program.until(lambda data: ticket(data, rush).get("claim"))
    assert merchant.batch(rush)["claim"]["from"] <= now()
    for batch in (rush, "cpb-sample-welcome", "cpb-sample-tart"):
        tap(program, "act", id=batch)
        program.until(lambda data, batch=batch: ticket(data, batch)["state"] == "claimed")
    assert toasts(program)[-3:] == ["已放进你的券包"] * 3

    program.open("pages/my-coupons/my-coupons")
    assert len(program.until(lambda data: data["tickets"])["tickets"]) == 3

    program.call("cart.set", "egg-tarts", 1, module="common/state")
    program.call("cart.set", "jasmine-milk-tea", 2, module="common/state")
    program.open("pages/confirm/confirm")
    data = program.until(lambda data: data["coupons"] and data["coupons"]["any"] and not data["counting"])
    assert [row["chosen"] for row in data["coupons"]["possible"]] == [True, True, False]
    assert (data["total"], data["coupons"]["discount"]) == ("31", "19")
    tap(program, "tapCoupon", id=data["coupons"]["possible"][2]["id"])
    data = program.until(lambda data: not data["counting"])
    # It takes the place of those that it does not go with.
    assert [row["name"] for row in data["coupons"]["possible"] if row["chosen"]] == ["整点券"]
    program.call("useBest")
    program.call("submit")
    order = next(entry["values"][0]["url"] for entry in program.shown() if entry["what"].endswith("redirectTo")).rsplit("=", 1)[1]

    program.open("pages/order/order", id=order)
    assert [coupon["name"] for coupon in program.until(lambda data: data["order"])["order"]["coupons"]] == ["蛋挞兑换券", "见面礼"]
    program.call("pay")
    program.until(lambda data: data["order"]["status"] == "paid")
    coupons = [each["id"] for each in shop.database("get", "orders", id=order)["data"]["coupons"]]
    assert {merchant.coupon(coupon)["status"] for coupon in coupons} == {"redeemed"}

    program.open("pages/my-coupons/my-coupons")
    program.until(lambda data: data["filters"] and data["filters"][1]["name"] == "已使用 2")
    tap(program, "choose", key="used")
    assert {row["stateText"] for row in program.data()["tickets"]} == {"−¥14", "−¥5"}

    program.open("pages/order/order", id=order)
    program.until(lambda data: data["order"])
    program.call("refund")
    data = program.until(lambda data: data["order"]["status"] == "refunded")
    assert [coupon["after"] for coupon in data["order"]["coupons"]] == ["已退回券包"] * 2
    assert {merchant.coupon(coupon)["status"] for coupon in coupons} == {"held"}


def test_a_code_opens_one_batch_and_refusals_are_told(shop, program):
    merchant = shop.merchant
    last = merchant.published(name="只有一张", stock=1)
    program.open("pages/coupons/coupons", scene=last)
    program.until(lambda data: ticket(data, last) and len(data["tickets"]) == 1)
    claimed(shop.user(f"quick-{program.user.openid}"), last)
    tap(program, "act", id=last)
    assert program.until(lambda data: ticket(data, last)["state"] == "soldOut" and not data["busy"])
    assert "领完" in toasts(program)[-1]

    program.open("pages/coupons/coupons", batch="cpb-nothing")
    program.until(lambda data: data["missing"])


def test_the_pages_speak_english(shop, program):
    program.call("setLanguage", "en", module="common/state")
    program.open("pages/coupons/coupons")
    data = program.until(lambda data: ticket(data, "cpb-sample-bread"))
    bread = ticket(data, "cpb-sample-bread")
    assert [bread[name] for name in ("name", "large", "small", "where", "claim")] == ["Bread day", "20%", "off", "Bread", "Take it"]
