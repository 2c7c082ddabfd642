"""Coupons in Alipay's own words: Alipay's official SDK against the server, and what no SDK would send."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.admin import Admin
from harness.alipay_app import AlipayApp, Key, beijing, number
from harness.alipay_app import alipay_activity as activity
from harness.client import ok

METHOD = "alipay.marketing.activity.ordervoucher"


@pytest.fixture(scope="module")
def app(shop):
    key = Key()
    app_id = f"20210000{uuid.uuid4().int % 10**8:08}"
    ok(shop.request("PATCH", "/settings", json={"alipay": {"appId": app_id, "privateKey": key.private}}))
    return AlipayApp(shop.address, app_id, key)


def test_the_life_of_an_activity_with_the_official_sdk(app, merchant):
    made = activity(code_mode="MERCHANT_UPLOAD")
    created = app.good("create", **made)
    batch = created.activity_id
    assert app.good("create", **made).activity_id == batch
    codes = [f"TEA-{number()[:10]}" for _ in range(3)]
    deposit = app.good("codedeposit", activity_id=batch, out_biz_no=number(), voucher_codes=[*codes, codes[0], "with space"])
    assert (deposit.success_count, deposit.success_voucher_code_list, deposit.fail_count) == (3, codes, 2)
    failed = {each.voucher_code: each.error_code for each in deposit.fail_voucher_code_detail_list}
    assert failed == {codes[0]: "duplicate", "with space": "form"}
    again = app.good("codedeposit", activity_id=batch, out_biz_no=number(), voucher_codes=codes)
    assert (again.success_count, again.fail_count) == (3, 0)
    assert app.good("codecount", activity_id=batch).success_count == 3

    gift = {"activity_id": batch, "open_id": "o-li", "out_biz_no": number(), "biz_dt": beijing(), "ch_info": "lobby"}
    code = app.good("send", **gift).voucher_code
    assert code == codes[0] == app.good("send", **gift).voucher_code
    use = {
        "activity_id": batch, "voucher_code": code, "out_biz_no": number(), "trade_no": "t-1", "trade_channel": "ALIPAY",
        "total_fee": "68.00", "store_id": "shop-7", "biz_dt": beijing(),
    }  # fmt: skip
    assert app.good("use", **use).activity_id == batch and app.good("use", **use).activity_id == batch
    app.refused("use", "OUT_BIZ_NO_REUSED", **{**use, "trade_no": "t-2"})
    app.refused("use", "COUPON_STATE", **{**use, "out_biz_no": number(), "trade_no": "t-2"})
    used = merchant.of("o-li")[0]
    assert (used["status"], used["code"], used["uses"]) == (
        "redeemed", code, [{"order": "t-1", "amount": 500, "refunded": False, "shop": "shop-7"}],
    )  # fmt: skip
    shown = app.good("query", activity_id=batch)
    assert (shown.activity_status, shown.voucher_type, shown.voucher_use_rule.fix_voucher.amount) == ("ACTIVE", "FIX_VOUCHER", "5.00")
    assert (shown.summary.publish_count, shown.summary.used_count, shown.voucher_send_rule.voucher_quantity) == (1, 1, 100)
    assert (shown.activity_base_info.code_mode, shown.voucher_display_info.voucher_description) == ("MERCHANT_UPLOAD", "工作日可用")
    assert (shown.publish_start_time, shown.publish_end_time) == (made["publish_start_time"], made["publish_end_time"])

    back = {"activity_id": batch, "voucher_code": code, "out_biz_no": number(), "total_fee": "68.00", "biz_dt": beijing()}
    app.good("refund", **back)
    # Used and given back again; the first refund is still known for what it was.
    app.good("use", **{**use, "out_biz_no": number(), "trade_no": "t-3"})
    app.good("refund", **back)
    assert [each["refunded"] for each in merchant.of("o-li")[0]["uses"]] == [True, False]
    app.good("refund", **{**back, "out_biz_no": number()})
    app.refused("refund", "COUPON_REFUNDED", **{**back, "out_biz_no": number()})

    app.good("invalid", activity_id=batch, voucher_code=code, out_biz_no=number(), biz_dt=beijing())
    stop = {"activity_id": batch, "out_biz_no": number()}
    app.good("stop", **stop)
    app.good("stop", **stop)
    assert app.good("query", activity_id=batch).activity_status == "FINISHED"
    app.refused("send", "COUPON_STOPPED", **{**gift, "out_biz_no": number()})
    channels = ok(merchant.ask("GET", f"/batches/{batch}/report"))["channels"]
    assert channels == [{"channel": "lobby", "claimed": 1}]


def test_the_newer_fields_and_changes(app, merchant, shop_server):
    made = {
        "out_biz_no": number(), "activity_base_info": {"activity_name": "八五折", "code_mode": "MERCHANT_API"},
        "voucher_deduct_info": {
            "voucher_type": "DISCOUNT_VOUCHER",
            "discount_voucher_info": {"discount": "8.5", "ceiling_amount": "20.00", "floor_amount": "100"},
        },
        "voucher_send_mode_info": {
            "voucher_send_mode": "DIRECT_SEND_MODE",
            "voucher_send_rule_info": {
                "quantity": 10, "quantity_limit_per_user": 1,
                "publish_start_time": beijing(minutes=-1), "publish_end_time": beijing(days=3),
            },
        },
        "voucher_use_rule_info": {
            "voucher_use_time_info": {
                "period_type": "ABSOLUTE",
                "absolute_period_info": {"valid_begin_time": beijing(days=-1), "valid_end_time": beijing(days=9)},
            },
        },
        "voucher_available_scope_info": {"voucher_available_goods_info": {"available_goods_sku_ids": ["tea"], "goods_name": "茶"}},
        "voucher_display_pattern_info": {"brand_name": "街角茶馆", "voucher_description": "全场茶饮"},
    }  # fmt: skip
    batch = app.good("create", **made).activity_id
    shown = app.good("query", activity_id=batch)
    info = shown.voucher_deduct_info.discount_voucher_info
    assert (info.discount, info.ceiling_amount, info.floor_amount) == ("8.5", "20.00", "100.00")
    assert shown.voucher_available_scope_info.voucher_available_goods_info.available_goods_sku_ids == ["tea"]
    more = {"activity_id": batch, "out_biz_no": number(), "voucher_quantity": 5}
    app.good("append", **more)
    app.good("append", **more)
    app.refused("append", "OUT_BIZ_NO_REUSED", **{**more, "voucher_quantity": 6})
    until = beijing(days=5)
    app.good("modify", activity_id=batch, out_biz_no=number(), activity_base_info={"activity_name": "周末八五折"}, publish_end_time=until)
    shown = app.good("query", activity_id=batch)
    assert (shown.activity_name, shown.publish_end_time) == ("周末八五折", until)
    assert shown.voucher_send_mode_info.voucher_send_rule_info.quantity == 15
    received = app.good("receive", user_open_id="o-wang", receive_info_list=[
        {"activity_id": batch, "out_biz_no": number()}, {"activity_id": batch, "out_biz_no": number()},
    ]).receive_result_list  # fmt: skip
    assert [each.result for each in received] == [True, False] and received[1].error_code == "COUPON_LIMIT"
    assert received[0].voucher_code == received[0].voucher_id
    use = {"activity_id": batch, "voucher_code": received[0].voucher_code, "out_biz_no": number(), "biz_dt": beijing()}
    app.good("use", **use, total_fee="120.00")
    assert merchant.of("o-wang")[0]["uses"] == [{"order": use["out_biz_no"], "amount": 1800, "refunded": False}]
    operator = Admin(shop_server.address, shop_server.operator_key)
    organization = ok(operator.request("GET", "/organizations"))["organizations"][0]["id"]
    audit = ok(operator.request("GET", f"/organizations/{organization}/audit?environment={merchant.environment.id}&limit=100"))["entries"]
    assert {"create", "append", "modify", "use"} <= {each["action"].rpartition(".")[2] for each in audit if "gateway.do" in each["action"]}


def test_many_at_once(app):
    made, more = activity(code_mode="MERCHANT_UPLOAD"), number()

    def at_once(*requests):
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(lambda request: app.post(app.signed(f"{METHOD}.{request[0]}", request[1])), requests))

    batches = {answer["activity_id"] for answer in at_once(*[("create", made)] * 8)}
    assert len(batches) == 1
    batch = batches.pop()
    append = {"activity_id": batch, "out_biz_no": more, "voucher_quantity": 5}
    assert {answer["code"] for answer in at_once(*[("append", append)] * 8)} == {"10000"}
    assert app.good("query", activity_id=batch).voucher_send_rule.voucher_quantity == 105
    lists = [[f"M{index}-{number()[:8]}" for _ in range(50)] for index in range(6)]
    deposits = at_once(*[("codedeposit", {"activity_id": batch, "out_biz_no": number(), "voucher_codes": codes}) for codes in lists])
    assert [answer.get("success_count") for answer in deposits] == [50] * 6
    assert app.good("codecount", activity_id=batch).success_count == 300
    gift = {"activity_id": batch, "open_id": "o-many", "out_biz_no": number(), "biz_dt": beijing()}
    assert len({answer["voucher_code"] for answer in at_once(*[("send", gift)] * 8)}) == 1
    other = app.good("create", **activity(code_mode="MERCHANT_UPLOAD")).activity_id
    taken = app.good("codedeposit", activity_id=other, out_biz_no=number(), voucher_codes=[lists[0][0], "NEW-" + number()])
    assert (taken.success_count, taken.fail_voucher_code_detail_list[0].error_code) == (1, "taken")
    app.refused("use", "COUPON_NOT_FOUND", activity_id=other, voucher_code=lists[0][0], out_biz_no=number(), biz_dt=beijing())


def test_what_cannot_be_mapped_is_refused_by_its_name(app):
    def field(code, **changes):
        return app.refused("create", code, **activity(**changes))["member"]

    rule = activity()["voucher_use_rule"]
    sending = {"voucher_quantity": 1, "voucher_quantity_limit_per_user": 1}
    unsupported = {
        "voucher_send_rule.natural_person_limit": {"voucher_send_rule": {**sending, "natural_person_limit": True}},
        "merchant_access_mode": {"merchant_access_mode": "AGENCY_MODE"},
        "code_mode": {"code_mode": "MERCHANT_DREAM"},
        "voucher_use_rule.voucher_available_scope.order_voucher_available_city_code.city_codes": {
            "voucher_use_rule": {**rule, "voucher_available_scope": {"order_voucher_available_city_code": {"city_codes": ["330100"]}}},
        },
        "voucher_type": {"voucher_type": "CUSTOMER_DEFINE_VOUCHER"},
    }  # fmt: skip
    for name, changes in unsupported.items():
        assert field("COUPON_FIELD_UNSUPPORTED", **changes) == name
    wrong = {
        "voucher_use_rule.fix_voucher.amount": {"voucher_use_rule": {**rule, "fix_voucher": {"amount": "5.005"}}},
        "out_biz_no": {"out_biz_no": None},
        "publish_end_time": {"publish_end_time": beijing(days=-1)},
        "voucher_send_rule": {"voucher_send_rule": None},
    }
    for name, changes in wrong.items():
        assert field("BAD_MEMBER", **changes) == name
    # The SDK's models know no such field, so it is sent by hand.
    answer = app.post(app.signed(f"{METHOD}.create", activity(colour="red")))
    assert (answer["code"], answer["sub_code"], answer["member"]) == ("40002", "COUPON_FIELD_UNSUPPORTED", "colour")
    made = activity()
    app.good("create", **made)
    app.refused("create", "OUT_BIZ_NO_REUSED", **{**made, "activity_name": "别的"})
    app.refused("query", "COUPON_BATCH_NOT_FOUND", activity_id="cpb-none")
    assert app.post(app.signed(f"{METHOD}.settle", {}))["sub_code"] == "COUPON_METHOD_UNKNOWN"
    assert app.post(app.signed("alipay.trade.pay", {}))["sub_code"] == "COUPON_METHOD_UNKNOWN"


def test_signatures(app):
    query = f"{METHOD}.query"

    def refusal(parameters):
        answer = app.post(parameters)
        assert answer["code"] == "40002" and answer["sub_msg"]
        return answer["sub_code"]

    once = app.signed(query, {"activity_id": "cpb-none"})
    assert app.post(once)["sub_code"] == "COUPON_BATCH_NOT_FOUND"
    # Who asks twice in a second has signed the same twice: timestamps have no parts of seconds.
    assert app.post(once)["sub_code"] == "COUPON_BATCH_NOT_FOUND"
    time.sleep(2.1)
    assert refusal(once) == "SIGNATURE_REPLAYED"
    fresh = app.signed(query, {"activity_id": "cpb-none"}, biz_content='{"activity_id": "cpb-none" }')
    assert refusal({**fresh, "biz_content": '{"activity_id":"cpb-other"}'}) == "SIGNATURE_INVALID"
    assert refusal({**fresh, "sign": "c2lnbg=="}) == "SIGNATURE_INVALID"
    assert refusal({**fresh, "more": "1"}) == "SIGNATURE_INVALID"
    assert refusal(AlipayApp(app.address, app.app_id, Key()).signed(query, {})) == "SIGNATURE_INVALID"
    for old in (beijing(minutes=-11), beijing(minutes=11)):
        assert refusal(app.signed(query, {}, timestamp=old)) == "SIGNATURE_EXPIRED"
    for name, value in {"sign_type": "RSA", "charset": "GBK", "version": "2.0", "timestamp": "now", "app_id": None}.items():
        assert refusal(app.signed(query, {}, **{name: value})) == "BAD_MEMBER"
    for name in ("encrypt_type", "app_auth_token", "notify_url"):
        assert refusal(app.signed(query, {}, **{name: "x"})) == "COUPON_FIELD_UNSUPPORTED"
    assert refusal(app.signed(query, {}, app_id="2021999999999999")) == "ALIPAY_APP_UNKNOWN"
    assert refusal(app.signed(query, {}, biz_content="[]")) == "BAD_MEMBER"
    assert refusal(app.signed(query, {}, biz_content="{")) == "MALFORMED_JSON"
    assert app.post(app.signed("quer\"y", {}))["code"] == "40002"
    english = app.post(app.signed(query, {"activity_id": "cpb-none"}), headers={"Accept-Language": "en"})
    assert english["sub_msg"].startswith("There is no such")


def test_two_environments_with_the_same_app(app, shop, shop_server):
    second = Admin(shop_server.address, shop_server.operator_key).create_environment()
    ok(second.request("PATCH", "/settings", json={"alipay": {"appId": app.app_id, "privateKey": app.key.private}}))
    query = f"{METHOD}.query"
    batch = app.post(app.signed(f"{METHOD}.create", activity(), sampan_env=second.id))["activity_id"]
    try:
        answer = app.post(app.signed(query, {"activity_id": batch}))
        assert (answer["code"], answer["sub_code"]) == ("40004", "ALIPAY_APP_AMBIGUOUS") and "sampan_env" in answer["sub_msg"]
        assert app.post(app.signed(query, {"activity_id": batch}), headers={"x-sampan-env": second.id})["activity_id"] == batch
        unsigned = {**app.signed(query, {"activity_id": batch}), "sampan_env": shop.id}
        assert app.post(unsigned)["sub_code"] == "COUPON_BATCH_NOT_FOUND"
    finally:
        ok(second.request("PATCH", "/settings", json={"alipay": None}))
