"""Coupons in WeChat's own paths and words, with a key of the environment; both platforms' words in a cloud function."""

import datetime

import pytest
from harness.alipay_app import BEIJING, beijing, number
from harness.client import ok
from harness.problems import assert_problem


def moment(**later):
    return (datetime.datetime.now(BEIJING) + datetime.timedelta(**later)).replace(microsecond=0).isoformat()


def stock(**changes):
    """The documented example, as far as it has counterparts: five yuan off from fifty on, for a window of ten days."""
    body = {
        "stock_name": "8月1日活动券", "belong_merchant": "10000022", "comment": "活动使用", "goods_name": "填写商家信息",
        "stock_type": "NORMAL", "out_request_no": number(), "coupon_code_mode": "WECHATPAY_MODE",
        "coupon_use_rule": {
            "coupon_available_time": {"available_begin_time": moment(minutes=-1), "available_end_time": moment(days=10)},
            "fixed_normal_coupon": {"discount_amount": 500, "transaction_minimum": 5000}, "use_method": "MINI_PROGRAMS",
            "mini_programs_appid": "wx23232232323", "mini_programs_path": "/path/index/index",
        },
        "stock_send_rule": {"max_coupons": 100, "max_coupons_per_user": 5, "natural_person_limit": False, "prevent_api_abuse": False},
        "display_pattern_info": {"description": "xxx门店可用", "merchant_logo_url": "https://x/", "background_color": "Color020"},
        "custom_entrance": {"code_display_mode": "QRCODE"}, **changes,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


class WeChat:
    def __init__(self, merchant):
        self.merchant = merchant

    def ask(self, method, path, body=None, **options):
        return self.merchant.ask(method, f"/wechat/v3/marketing/busifavor/{path}", body, **options)


@pytest.fixture(scope="module")
def wechat_pay(merchant):
    return WeChat(merchant)


def test_the_life_of_a_stock(wechat_pay, merchant):
    made = stock(coupon_code_mode="MERCHANT_UPLOAD")
    created = ok(wechat_pay.ask("POST", "stocks", made))
    batch = created["stock_id"]
    assert created["create_time"].endswith("+08:00")
    assert ok(wechat_pay.ask("POST", "stocks", made)) == created
    assert_problem(wechat_pay.ask("POST", "stocks", {**made, "stock_name": "别的"}), 422, "OUT_BIZ_NO_REUSED")
    codes = [f"W-{number()[:12]}" for _ in range(2)]
    upload = {"coupon_code_list": [*codes, codes[1], "has space"], "upload_request_no": number()}
    answer = ok(wechat_pay.ask("POST", f"stocks/{batch}/couponcodes", upload))
    assert (answer["success_codes"], answer["duplicate_codes"], answer["total_count"], answer["fail_count"]) == (codes, [codes[1]], 3, 1)
    assert answer["fail_codes"][0]["coupon_code"] == "has space" and answer["fail_codes"][0]["code"] == "form"
    assert ok(wechat_pay.ask("POST", f"stocks/{batch}/couponcodes", upload))["exist_codes"] == codes
    counts = ok(wechat_pay.ask("GET", f"stocks/{batch}/couponcodes"))
    assert (counts["total_count"], counts["available_count"]) == (2, 2)

    coupon = ok(merchant.give(batch, "o-zhang"))["coupon"]
    use = {
        "coupon_code": coupon["code"], "stock_id": batch, "appid": "wx1", "use_time": moment(), "openid": "o-zhang",
        "use_request_no": number(),
    }  # fmt: skip
    used = ok(wechat_pay.ask("POST", "coupons/use", use))
    assert (used["stock_id"], used["openid"]) == (batch, "o-zhang") and used["wechatpay_use_time"].endswith("+08:00")
    assert ok(wechat_pay.ask("POST", "coupons/use", use)) == used
    assert assert_problem(wechat_pay.ask("POST", "coupons/use", {**use, "use_request_no": number()}), 409, "COUPON_STATE")["message"]
    assert_problem(wechat_pay.ask("POST", "coupons/use", {**use, "openid": "o-other"}), 404, "COUPON_NOT_FOUND")
    shown = ok(wechat_pay.ask("GET", f"users/o-zhang/coupons/{coupon['code']}/appids/wx1"))
    assert (shown["coupon_state"], shown["use_request_no"], shown["stock_type"]) == ("USED", use["use_request_no"], "NORMAL")
    assert shown["coupon_use_rule"]["fixed_normal_coupon"] == {"discount_amount": 500, "transaction_minimum": 5000}
    back = {"coupon_code": coupon["code"], "stock_id": batch, "return_request_no": number()}
    assert ok(wechat_pay.ask("POST", "coupons/return", back)) == ok(wechat_pay.ask("POST", "coupons/return", back))
    gone = {"coupon_code": coupon["code"], "stock_id": batch, "deactivate_request_no": number(), "deactivate_reason": "设置错误"}
    assert ok(wechat_pay.ask("POST", "coupons/deactivate", gone))["wechatpay_deactivate_time"]
    ok(merchant.give(batch, "o-zhang"))
    wanted = {"appid": "wx1", "stock_id": batch, "coupon_state": "SENDED", "limit": 5}
    page = ok(wechat_pay.ask("GET", "users/o-zhang/coupons", params=wanted))
    assert (page["total_count"], [each["coupon_code"] for each in page["data"]]) == (1, [codes[1]])

    more = {"target_max_coupons": 300, "current_max_coupons": 100, "modify_budget_request_no": number()}
    for _ in range(2):
        assert ok(wechat_pay.ask("PATCH", f"stocks/{batch}/budget", more)) == {"max_coupons": 300}
    late = {**more, "modify_budget_request_no": number()}
    assert_problem(wechat_pay.ask("PATCH", f"stocks/{batch}/budget", late), 412, "COUPON_BATCH_CHANGED")
    shown = ok(wechat_pay.ask("GET", f"stocks/{batch}"))
    assert (shown["stock_state"], shown["stock_send_rule"], shown["coupon_code_count"]) == (
        "RUNNING", {"max_coupons": 300, "max_coupons_per_user": 5}, {"total_count": 2, "available_count": 0},
    )  # fmt: skip
    times = shown["coupon_use_rule"]["coupon_available_time"]
    assert times == made["coupon_use_rule"]["coupon_available_time"]
    ok(merchant.ask("POST", f"/batches/{batch}/stop"))
    assert ok(wechat_pay.ask("GET", f"stocks/{batch}"))["stock_state"] == "STOPED"


def test_what_cannot_be_mapped_is_refused_by_its_name(wechat_pay):
    rule, sending = stock()["coupon_use_rule"], stock()["stock_send_rule"]
    time = rule["coupon_available_time"]
    unsupported = {
        "notify_config": {"notify_config": {"notify_appid": "wx1"}},
        "coupon_code_mode": {"coupon_code_mode": "MERCHANT_API"},
        "stock_send_rule.max_coupons_by_day": {"stock_send_rule": {**sending, "max_coupons_by_day": 5}},
        "coupon_use_rule.use_method": {"coupon_use_rule": {**rule, "use_method": "PAYMENT_CODE"}},
        "coupon_use_rule.coupon_available_time.irregulary_avaliable_time": {
            "coupon_use_rule": {**rule, "coupon_available_time": {**time, "irregulary_avaliable_time": [{"begin_time": moment()}]}},
        },
        "colour": {"colour": "red"},
    }  # fmt: skip
    for name, changes in unsupported.items():
        assert assert_problem(wechat_pay.ask("POST", "stocks", stock(**changes)), 422, "COUPON_FIELD_UNSUPPORTED")["member"] == name
    wrong = {
        "out_request_no": {"out_request_no": None},
        "coupon_use_rule.fixed_normal_coupon.discount_amount": {"coupon_use_rule": {**rule, "fixed_normal_coupon": {"discount_amount": 0}}},
        "coupon_use_rule.coupon_available_time.available_day_after_receive": {
            "coupon_use_rule": {**rule, "coupon_available_time": {**time, "available_day_after_receive": 30}},
        },
    }
    for name, changes in wrong.items():
        problem = assert_problem(wechat_pay.ask("POST", "stocks", stock(**changes)), 400, "BAD_MEMBER")
        assert problem["member"] == name and name in problem["message"]


def test_both_platforms_words_in_a_function(shop, merchant):
    user = shop.user(f"facade-{number()[:6]}")
    shop.deploy("facade", """
        const cloud = require('wx-server-sdk'); cloud.init();
        exports.main = async ({ platform, args }) => (
          cloud.coupons[platform](...args).catch((error) => ({ failed: error.problem.code })));""")

    def run(platform, *args):
        return ok(user.call("facade", {"platform": platform, "args": args}))

    prefix = "alipay.marketing.activity.ordervoucher"
    batch = merchant.published(name="函数里的券")
    sent = run("alipay", f"{prefix}.send", {"activity_id": batch, "open_id": user.openid, "out_biz_no": number(), "biz_dt": beijing()})
    assert (sent["code"], sent["msg"]) == ("10000", "Success")
    refused = run("alipay", f"{prefix}.send", '{"activity_id":"cpb-none","open_id":"o","out_biz_no":"1"}')
    assert (refused["code"], refused["sub_code"]) == ("40004", "COUPON_BATCH_NOT_FOUND")
    path = "/v3/marketing/busifavor"
    mine = run("wechat", "GET", f"{path}/users/{user.openid}/coupons?appid=wx1&limit=2")
    assert [each["coupon_code"] for each in mine["data"]] == [sent["voucher_code"]]
    used = run("wechat", "POST", f"{path}/coupons/use", {"coupon_code": sent["voucher_code"], "appid": "wx1", "use_request_no": number()})
    assert used["openid"] == user.openid
    assert run("wechat", "DELETE", f"{path}/stocks/{batch}")["failed"] == "COUPON_METHOD_UNKNOWN"
    unknown = {"coupon_code": sent["voucher_code"], "use_request_no": "n", "paper": 1}
    assert run("wechat", "POST", f"{path}/coupons/use", unknown)["failed"] == "COUPON_FIELD_UNSUPPORTED"
    made = run("alipay", f"{prefix}.query", {"activity_id": batch})
    assert made["voucher_use_rule"]["fix_voucher"]["amount"] == "5.00"
    assert run("alipay", "", {})["failed"] == "INVALID_PARAMETER"
