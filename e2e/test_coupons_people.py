"""Who may do what with an organization's coupons: two people for what is published, and what keys may."""

import itertools
import uuid

import pytest
import requests
from harness.admin import Admin
from harness.alipay_app import AlipayApp, Key, alipay_activity, beijing
from harness.client import ok
from harness.coupons import Merchant, claimed
from harness.problems import assert_problem

PASSWORD = "seven hens on a bridge"
_numbers = itertools.count()


@pytest.fixture
def organization(operator):
    return ok(operator.request("POST", "/organizations", json={"name": "Tea House", "kind": "merchant"}), 201)["id"]


@pytest.fixture
def environment(operator, organization):
    made = ok(operator.request("POST", "/environments", json={"name": "shop", "organization": organization}), 201)
    shop = operator.environment(made["id"])
    shop.change_settings(developmentLogin=True)
    return shop


@pytest.fixture
def join(operator, organization, environment):
    """Somebody new with a role; answers their coupons."""

    def made(role):
        offer = {"email": f"{role}-{next(_numbers)}@tea.example", "role": role}
        invitation = ok(operator.request("POST", f"/organizations/{organization}/invitations", json=offer), 201)
        accepted = {"token": invitation["token"], "name": role, "password": PASSWORD}
        answer = requests.post(f"{operator.address}/admin/v1/invitations/accept", json=accepted, timeout=60)
        return Merchant(Admin(operator.address, ok(answer, 201)["token"]).environment(environment.id))

    return made


def test_one_person_alone_may_approve(join):
    owner = join("owner")
    batch = owner.published()
    shown = owner.batch(batch)
    assert shown["submittedBy"] == shown["approvedBy"] != ""


def test_where_there_are_two_it_takes_two(join, operator, environment):
    first, second, analyst = join("owner"), join("operator"), join("analyst")
    batch = first.draft()
    first.step(batch, "submit")
    assert_problem(first.ask("POST", f"/batches/{batch}/approve"), 403, "COUPON_SECOND_PERSON")
    assert_problem(analyst.ask("POST", f"/batches/{batch}/approve"), 403, "PERMISSION_DENIED")
    # What is approved is what was submitted: nobody changes it in between.
    assert_problem(second.ask("PATCH", f"/batches/{batch}", {"stock": 1_000_000}), 409, "COUPON_BATCH_STATUS")
    shown = second.step(batch, "approve")
    assert shown["status"] == "published" and "" != shown["submittedBy"] != shown["approvedBy"] != ""
    claimed(environment.user("alice"), batch)


def test_what_is_made_in_alipays_words_waits_as_well(join, environment):
    person, key = join("owner"), Key()
    app_id = f"2021{uuid.uuid4().int % 10**12:012}"
    environment.change_settings(alipay={"appId": app_id, "privateKey": key.private})
    app = AlipayApp(environment.address, app_id, key)
    made = app.good("create", **alipay_activity())
    shown = app.good("query", activity_id=made.activity_id)
    assert (shown.activity_status, shown.activity_operation_status, shown.audit_result_info.audit_result) == (None, "CREATING", "SUBMIT")
    gift = {"activity_id": made.activity_id, "open_id": "o-li", "out_biz_no": "g-1", "biz_dt": beijing()}
    app.refused("send", "COUPON_BATCH_NOT_FOUND", **gift)
    assert person.step(made.activity_id, "approve")["submittedBy"] == f"key alipay-{app_id}"
    shown = app.good("query", activity_id=made.activity_id)
    assert (shown.activity_status, shown.activity_operation_status, shown.audit_result_info.audit_result) == ("ACTIVE", None, "APPROVE")
    assert app.good("send", **gift).voucher_code.startswith("cpn-")
    person.step(made.activity_id, "pause")
    assert app.good("query", activity_id=made.activity_id).activity_status == "PAUSE"


def test_a_key_is_nobodys_pair_of_eyes(join, environment):
    key = environment.create_key("management")["secret"]
    robot = Merchant(Admin(environment.address, key).environment(environment.id))
    person = join("owner")
    batch = person.draft()
    person.step(batch, "submit")
    assert_problem(robot.ask("POST", f"/batches/{batch}/approve"), 403, "COUPON_SECOND_PERSON")
    made = robot.draft()
    robot.step(made, "submit")
    assert person.step(made, "approve")["status"] == "published"
    user = environment.user("bob")
    coupon = ok(robot.give(made, user.openid))["coupon"]["id"]
    ok(robot.move("redeem", coupon, order="o"))
    assert [each["id"] for each in person.of(user.openid)] == [coupon]


def test_what_each_role_may(join, environment):
    owner, analyst, viewer, developer = join("owner"), join("analyst"), join("viewer"), join("developer")
    batch = owner.draft()
    owner.step(batch, "submit")
    developer.step(batch, "approve")
    user = environment.user("carol")
    coupon = ok(developer.give(batch, user.openid))["coupon"]["id"]
    assert analyst.batch(batch)["accounts"]["claimed"] == 1
    assert analyst.coupon(coupon)["status"] == "held"
    for refused in (
        analyst.ask("POST", "/batches", {}), analyst.give(batch, user.openid), analyst.move("redeem", coupon, order="o"),
        analyst.ask("POST", f"/batches/{batch}/pause"), viewer.ask("GET", f"/batches/{batch}"), viewer.ask("GET", f"/{coupon}"),
        viewer.ask("GET", "", params={"user": user.openid}),
    ):  # fmt: skip
        assert_problem(refused, 403, "PERMISSION_DENIED")
    assert owner.coupon(coupon)["status"] == "held"


def test_what_was_done_is_written_down(join, operator, organization, environment):
    owner = join("owner")
    batch = owner.published()
    coupon = ok(owner.give(batch, environment.user("dan").openid))["coupon"]["id"]
    ok(owner.move("redeem", coupon, order="o"))
    ok(owner.move("refund", coupon, order="o"))
    ok(owner.move("void", coupon))
    audit = operator.request("GET", f"/organizations/{organization}/audit", params={"environment": environment.id, "limit": 100})
    entries = ok(audit)["entries"]
    actions = {entry["action"].replace("/admin/v1/environments/{env}/coupons", "") for entry in entries}
    steps = {f"POST /batches/{{batch}}/{step}" for step in ("submit", "approve")}
    # What is given and used is in the ledger.
    assert {action for action in actions if "admin" not in action} == {"POST /batches", "POST /void", *steps}
    told = [step["step"] for step in ok(owner.ask("GET", "/entries", params={"coupon": coupon}))["entries"]]
    assert told == ["claim", "redeem", "refund", "void"]
    assert any(batch in entry["target"] for entry in entries)
