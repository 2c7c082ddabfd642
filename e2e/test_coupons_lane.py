"""Claims beside the router: the same words as through it, and answers in the order of the requests."""

import json

import pytest
from harness.client import ok
from harness.coupons import pipelined, plainly
from harness.problems import assert_problem

BAD_CLAIMS = {
    "no JSON": (b"{", 400, "MALFORMED_JSON"),
    "no UTF-8": (b'{"device":"\xff"}', 400, "MALFORMED_JSON"),
    "two values": (b"{} {}", 400, "MALFORMED_JSON"),
    "a list": (b"[]", 400, "BAD_MEMBER"),
    "a number": (b"1", 400, "BAD_MEMBER"),
    "a number as outBizNo": (b'{"outBizNo":1}', 400, "BAD_MEMBER"),
    "a control character": (b'{"outBizNo":"a\\u0000"}', 400, "BAD_MEMBER"),
    "a long outBizNo": (b'{"outBizNo":"%s"}' % (b"x" * 65), 400, "BAD_MEMBER"),
    "somebody else": (b'{"user":"bob"}', 400, "BAD_MEMBER"),
    "a level": (b'{"level":"gold"}', 400, "BAD_MEMBER"),
    "4 KiB": (b'{"device":"%s"}' % (b"x" * 5000), 400, "BAD_MEMBER"),
    "64 KiB": (b'{"device":"%s"}' % (b"x" * 70_000), 413, "TOO_LARGE"),
    "too deep": (b"[" * 101 + b"]" * 101, 400, "MALFORMED_JSON"),
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_both_ways_refuse_in_the_same_words(merchant, alice, name):
    """`Origin` sends a request to the router; without it the claim is answered beside it."""
    body, status, code = BAD_CLAIMS[name]
    path = f"/v1/coupons/batches/{merchant.published()}/claim"
    beside = assert_problem(plainly(alice, "POST", path, body), status, code)
    routed = assert_problem(plainly(alice, "POST", path, body, Origin="https://shop.example"), status, code)
    assert {**beside, "requestId": ""} == {**routed, "requestId": ""}


def test_both_ways_answer_the_same(merchant, alice):
    path = f"/v1/coupons/batches/{merchant.published()}/claim"
    beside = plainly(alice, "POST", path, b'{"outBizNo":"n"}')
    routed = plainly(alice, "POST", path, b'{"outBizNo":"n"}', Origin="https://shop.example")
    assert beside.json() == {**routed.json(), "repeat": False} and routed.json()["repeat"] is True
    assert {name.lower() for name in beside.headers} >= {"content-type", "x-request-id"}
    assert beside.headers["Content-Type"] == routed.headers["Content-Type"]
    assert routed.headers["Access-Control-Allow-Origin"] == "*"
    limited = [plainly(alice, "POST", path, b"", **headers) for headers in ({}, {"Origin": "https://shop.example"})]
    for answer in limited:
        assert_problem(answer, 409, "COUPON_LIMIT")
    assert plainly(alice, "POST", path, b"", **{"x-request-id": "mine-1"}).headers["x-request-id"] == "mine-1"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": None}, 401, "TOKEN_MISSING"), ({"Authorization": "Bearer nonsense"}, 401, "TOKEN_INVALID"),
        ({"Authorization": "Basic YTpi"}, 401, ("TOKEN_MISSING", "TOKEN_INVALID")),
        ({"x-sampan-env": "env-other"}, 403, "ENVIRONMENT_MISMATCH"),
    ],
)  # fmt: skip
def test_who_claims_has_to_be_known(merchant, alice, headers, status, code):
    path = f"/v1/coupons/batches/{merchant.published()}/claim"
    for more in ({}, {"Origin": "https://shop.example"}):
        refused = assert_problem(plainly(alice, "POST", path, b"{}", **headers, **more), status, code)
    chinese = plainly(alice, "POST", path, b"{}", **headers, **{"Accept-Language": "zh-CN"}).json()
    assert chinese["code"] == refused["code"] and chinese["detail"] != refused["detail"]


def test_answers_come_in_the_order_of_the_requests(merchant, alice):
    first, second = merchant.published(), merchant.published()
    path = "/v1/coupons/batches/{}/claim".format
    answers = pipelined(alice, ("POST", path(first), {}), ("POST", path(second), {}), ("GET", f"/v1/coupons/batches/{first}", None))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    ids = [answer.json()["coupon"]["id"] for answer in answers[:2]]
    assert [merchant.coupon(each)["batch"] for each in ids] == [first, second]
    assert answers[2].json()["id"] == first and answers[2].json()["mine"] == 1
    # A read before a claim, more claims than one write of the journal, and a refusal in between.
    third = merchant.published(limits={"perUser": 20})
    mixed = [("GET", f"/v1/coupons/batches/{third}", None)]
    mixed += [("POST", path(third), {"outBizNo": f"p-{number // 2}"}) for number in range(20)]
    mixed.insert(9, ("POST", path("cpb-unknown"), {}))
    answers = pipelined(alice, *mixed)
    assert [answer.status_code for answer in answers] == [200] * 9 + [404] + [200] * 12
    claims = [answer.json() for answer in answers[1:] if "coupon" in answer.json()]
    assert [each["repeat"] for each in claims] == [False, True] * 10
    assert len({each["coupon"]["id"] for each in claims}) == 10


def test_more_requests_ahead_than_are_kept(merchant, shop):
    user = shop.user("ahead")
    batch = merchant.published(limits={"perUser": 1000}, stock=1000)
    answers = pipelined(user, *[("POST", f"/v1/coupons/batches/{batch}/claim", {"outBizNo": str(number)}) for number in range(300)])
    assert [answer.status_code for answer in answers] == [200] * 300
    assert len({answer.json()["coupon"]["id"] for answer in answers}) == 300


STEPS = ("lock", "release", "redeem", "refund")


def stepped(shop, step, body, **headers):
    """A step as a shop's back end sends it, beside the router unless `headers` say more."""
    headers = {"Authorization": f"Bearer {shop.admin.key}", "x-sampan-env": None, **headers}
    return plainly(shop.user("nobody"), "POST", f"/admin/v1/environments/{shop.id}/coupons/{step}", json.dumps(body).encode(), **headers)


def test_steps_of_the_back_end_go_both_ways(merchant, alice, shop):
    batch = merchant.published(limits={"perUser": 2})
    coupons = [plainly(alice, "POST", f"/v1/coupons/batches/{batch}/claim", b"{}").json()["coupon"]["id"] for _ in range(2)]
    for step, status in (("lock", "locked"), ("release", "held"), ("lock", "locked"), ("redeem", "redeemed"), ("refund", "held")):
        answers = []
        for coupon, more in zip(coupons, ({}, {"Origin": "https://shop.example"}), strict=True):
            answer = stepped(shop, step, {"coupons": [coupon], "order": "o", "outBizNo": f"{step}-{len(answers)}-{status}"}, **more)
            assert answer.status_code == 200, answer.text
            answers.append(answer)
        beside, routed = answers
        assert beside.headers["Content-Type"] == routed.headers["Content-Type"]
        assert [answer.json()["coupons"][0]["status"] for answer in answers] == [status, status]
        assert beside.json().keys() == routed.json().keys() and beside.json()["coupons"][0].keys() == routed.json()["coupons"][0].keys()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ({"coupons": ["cpn-0123456789abc"], "order": "o"}, {}, 404, "COUPON_NOT_FOUND"), ({"order": "o"}, {}, 400, "BAD_MEMBER"),
        ({"coupons": []}, {}, 400, "BAD_MEMBER"), ([], {}, 400, "BAD_MEMBER"),
        ({}, {"Authorization": None}, 401, "KEY_MISSING"), ({}, {"Authorization": "Bearer sk-wrong"}, 401, "KEY_INVALID"),
    ],
)  # fmt: skip
def test_both_ways_refuse_steps_in_the_same_words(shop, step, body, headers, status, code):
    beside = assert_problem(stepped(shop, step, body, **headers), status, code)
    routed = assert_problem(stepped(shop, step, body, Origin="https://shop.example", **headers), status, code)
    assert {**beside, "requestId": ""} == {**routed, "requestId": ""}


def test_who_may_step(shop):
    other = shop.admin.create_environment()
    wanted = [{"name": role, "kind": "management", "role": role} for role in ("analyst", "operator")]
    keys = {each["role"]: ok(shop.request("POST", "/keys", json=each), 201)["secret"] for each in wanted}
    keys["elsewhere"] = other.create_key("management")["secret"]
    expected = {"analyst": (403, "PERMISSION_DENIED"), "operator": (400, "BAD_MEMBER"), "elsewhere": (404, "ENVIRONMENT_NOT_FOUND")}
    for name, (status, code) in expected.items():
        answers = [
            assert_problem(stepped(shop, "redeem", {}, Authorization=f"Bearer {keys[name]}", **more), status, code)
            for more in ({}, {"Origin": "https://shop.example"})
        ]
        assert {**answers[0], "requestId": ""} == {**answers[1], "requestId": ""}
