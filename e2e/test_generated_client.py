"""The management API through a client that was generated from its description: the two cannot part.

Every answer is read into the description's types, and a member that it does not have fails the test.
"""

import base64
import hashlib
import time

import pytest
import requests
from harness.generated import Generated, generate

PASSWORD = "a wooden boat at night"
CODE = b"exports.main = async (event) => ({ sum: event.a + event.b })"


@pytest.fixture(scope="module")
def package(server, tmp_path_factory):
    description = requests.get(f"{server.address}/openapi.yaml", timeout=10).text
    package, said = generate(description, tmp_path_factory.mktemp("generated"))
    assert "Unable to process schema" not in said, said
    left_out = [line for line in said.splitlines() if line.startswith("WARNING parsing") and "/admin/v1" in line]
    # Their answers are no JSON: events without an end, lines, an archive.
    streams = ("/logs/follow", "/export", "/archive")
    assert [line for line in left_out if not any(stream in line for stream in streams)] == [], said
    return package


@pytest.fixture(scope="module")
def operator(package, server):
    return Generated(package, server.address, server.operator_key)


@pytest.fixture(scope="module")
def place(operator):
    made = operator.create_organization(body={"name": "Tea and Boats", "kind": "merchant"})
    assert made.status_code == 201
    return made.parsed


@pytest.fixture(scope="module")
def owner(package, server, operator, place):
    """Somebody who was invited as the owner and has signed in."""
    invitation = operator.invite(place.id, body={"email": "owner@boats.example", "role": "owner"})
    assert invitation.status_code == 201
    anyone = Generated(package, server.address, None)
    joined = anyone.accept_invitation(
        body={"token": invitation.parsed.token, "name": "Mei", "password": PASSWORD}
    )
    assert joined.status_code == 201
    return Generated(package, server.address, joined.parsed.token)


@pytest.fixture(scope="module")
def shop(owner, place):
    made = owner.create_environment(body={"name": "shop", "organization": place.id, "stage": "production"})
    assert made.status_code == 201
    return made.parsed


def rows(call, member, **options):
    """All rows of a list, page by page."""
    found = []
    after = {}
    while True:
        page = call(limit=2, **after, **options).parsed
        found += getattr(page, member)
        if not page.next_:
            return found
        after = {"after": page.next_}


def test_people(package, server, operator, owner, place):
    assert owner.who_am_i().parsed.kind == "account"
    account = owner.get_account()
    assert account.parsed.email == "owner@boats.example"
    renamed = owner.change_account(body={"name": "Mei Lin"}, if_match=account.headers["etag"])
    assert renamed.parsed.name == "Mei Lin"
    assert owner.change_account(body={"name": "?"}, if_match=account.headers["etag"]).status_code == 412
    assert any(session.current for session in owner.list_sessions().parsed.sessions)

    made = {}
    for role in ("admin", "developer", "operator", "analyst", "viewer"):
        invitation = owner.invite(place.id, body={"email": f"{role}@boats.example", "role": role}).parsed
        joined = Generated(package, server.address, None).accept_invitation(
            body={"token": invitation.token, "name": role, "password": PASSWORD}
        )
        made[role] = joined.parsed.account.id
    assert [member.role for member in rows(lambda **o: owner.list_members(place.id, **o), "members")][1:] == list(made)
    analysts = owner.list_members(place.id, role="analyst").parsed.members
    assert [member.account for member in analysts] == [made["analyst"]]
    changed = owner.set_role(place.id, made["viewer"], body={"role": "analyst"})
    assert changed.status_code == 200
    assert owner.remove_member(place.id, made["viewer"]).status_code == 204
    pending = owner.invite(place.id, body={"email": "late@boats.example", "role": "viewer"}).parsed
    assert [each.id for each in owner.list_invitations(place.id).parsed.invitations] == [pending.id]
    assert owner.remove_invitation(place.id, pending.id).status_code == 204
    found = operator.list_accounts(search="boats.example").parsed.accounts
    assert len(found) == 6
    assert operator.remove_account(made["viewer"]).status_code == 204
    assert owner.list_accounts().status_code == 403


def test_changes_are_not_lost(owner, place, shop):
    read = owner.get_environment(shop.id)
    tag = read.headers["etag"]
    first = owner.change_environment(shop.id, body={"name": "Tea shop"}, if_match=tag)
    assert first.status_code == 200 and first.parsed.name == "Tea shop"
    second = owner.change_environment(shop.id, body={"name": "Boat shop"}, if_match=tag)
    assert second.status_code == 412 and second.parsed.code == "CHANGED_MEANWHILE"
    assert owner.get_environment(shop.id).parsed.name == "Tea shop"
    settings = owner.get_settings(shop.id)
    assert owner.change_settings(shop.id, body={"variables": {"A": "1"}}, if_match=settings.headers["etag"]).status_code == 200
    assert owner.change_settings(shop.id, body={"variables": {"A": "2"}}, if_match=settings.headers["etag"]).status_code == 412
    organization = owner.get_organization(place.id)
    renamed = owner.rename_organization(place.id, body={"name": "Tea, Boats"}, if_match=organization.headers["etag"])
    assert renamed.parsed.name == "Tea, Boats"


def test_what_is_sent_twice_is_done_once(owner, shop):
    keys = [owner.create_key(shop.id, body={"name": "ci", "kind": "management"}, idempotency_key="one") for _ in range(3)]
    assert [each.status_code for each in keys] == [201, 201, 201]
    assert len({each.parsed.secret for each in keys}) == 1
    assert [each.headers.get("idempotent-replayed") for each in keys] == [None, "true", "true"]
    assert len(owner.list_keys(shop.id).parsed.keys) == 1
    other = owner.create_key(shop.id, body={"name": "other", "kind": "management"}, idempotency_key="one")
    assert other.status_code == 422 and other.parsed.code == "IDEMPOTENCY_MISMATCH"
    assert owner.delete_key(shop.id, keys[0].parsed.id).status_code == 204


def test_apps_and_environments(owner, place, shop):
    app = owner.create_app(place.id, body={"name": "Tea", "wechatAppId": "wx1"}).parsed
    for number in range(5):
        made = owner.create_environment(body={"name": f"extra {number}", "organization": place.id, "app": app.id})
        assert made.status_code == 201
    extra = rows(lambda **o: owner.list_environments(app=app.id, **o), "environments")
    assert [each.name for each in extra] == [f"extra {number}" for number in range(5)]
    assert [each.id for each in owner.list_environments(stage="production").parsed.environments] == [shop.id]
    assert owner.delete_app(app.id).parsed.code == "APP_IN_USE"
    for each in extra:
        assert owner.delete_environment(each.id).parsed.status == "deleted"
    assert owner.restore_environment(extra[0].id).parsed.status == "active"
    assert owner.suspend_environment(extra[0].id).parsed.status == "suspended"
    assert owner.resume_environment(extra[0].id).parsed.status == "active"
    assert len(owner.list_environments(status="deleted").parsed.environments) == 4


def test_functions_and_data(owner, server, shop):
    digest = hashlib.sha256(CODE).hexdigest()
    assert owner.missing_blobs(shop.id, body={"hashes": [digest]}).parsed.missing == [digest]
    # The generator writes bodies of bytes from files only.
    put = requests.put(
        f"{server.address}/admin/v1/environments/{shop.id}/blobs/{digest}", data=CODE, timeout=10,
        headers={"Authorization": f"Bearer {owner.client.token}"},
    )  # fmt: skip
    assert put.status_code == 204
    version = owner.deploy(shop.id, "sum", body={"files": [{"path": "index.js", "hash": digest}], "handler": "index.main"})
    assert version.status_code == 201 and version.parsed.version == 1
    function = owner.get_function(shop.id, "sum")
    assert [each.version for each in function.parsed.versions] == [1]
    stale = owner.set_triggers(shop.id, "sum", body={"triggers": []}, if_match='"other"')
    assert stale.status_code == 412
    traffic = owner.set_traffic(
        shop.id, "sum", body={"traffic": [{"version": 1, "weight": 100}]}, if_match=function.headers["etag"]
    )
    assert traffic.status_code == 200
    assert [each.name for each in owner.list_functions(shop.id, search="SU").parsed.functions] == ["sum"]
    assert owner.invoke(shop.id, "sum", body={"a": 2, "b": 3}).parsed == {"sum": 5}
    deadline = time.monotonic() + 10
    while not owner.executions(shop.id, function="sum").parsed.executions:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    for name in ("goods", "orders", "users"):
        assert owner.create_collection(shop.id, body={"name": name}).status_code == 201
    assert [each.name for each in rows(lambda **o: owner.list_collections(shop.id, **o), "collections")] == ["goods", "orders", "users"]
    tag = owner.get_collection(shop.id, "goods").headers["etag"]
    added = owner.database_with_key(shop.id, body={"op": "add", "collection": "goods", "data": {"_id": "tea", "price": 12}})
    assert added.status_code == 200
    assert owner.set_permission(shop.id, "goods", body={"permission": "READONLY"}, if_match=tag).parsed.documents == 1
    assert owner.set_permission(shop.id, "goods", body={"permission": "PRIVATE"}, if_match=tag).status_code == 412
    indexed = owner.create_index(shop.id, "goods", body={"name": "byPrice", "keys": [["price", "asc"]]})
    assert indexed.status_code == 201


def test_coupons(operator, owner, shop):
    made = owner.make_coupon_batch(
        shop.id,
        body={
            "name": "Ten off", "value": {"type": "storedValue", "amount": 1000}, "stock": 3, "limits": {"perUser": None},
            "claim": {"from": 0, "until": "2090-01-01T00:00:00+08:00"}, "validity": {"days": 7}, "scope": {"goods": ["tea"]},
            "useTimes": {"weekdays": [*range(1, 8)], "hours": [{"from": "00:00", "until": "24:00"}], "excludedDates": ["2089-01-01"]},
        },
    )  # fmt: skip
    assert made.status_code == 201 and made.parsed.accounts.left == 3
    batch = made.parsed.id
    changed = owner.change_coupon_batch(shop.id, batch, body={"stock": 5, "revision": made.parsed.revision, "budget": 5000})
    assert changed.parsed.stock == 5 and changed.parsed.budget == 5000
    assert owner.submit_coupon_batch(shop.id, batch).parsed.status == "submitted"
    assert owner.reject_coupon_batch(shop.id, batch).parsed.status == "draft"
    owner.submit_coupon_batch(shop.id, batch)
    assert operator.approve_coupon_batch(shop.id, batch).parsed.approved_by == "operator"
    assert owner.show_coupon_batch(shop.id, batch).parsed.status == "published"
    assert owner.pause_coupon_batch(shop.id, batch).parsed.status == "paused"
    assert owner.resume_coupon_batch(shop.id, batch).parsed.status == "published"
    coupon = owner.give_coupon(shop.id, batch, body={"user": "o-1", "outBizNo": "n"}).parsed.coupon.id
    assert owner.lock_coupons(shop.id, body={"coupons": [coupon], "order": "o", "seconds": 60}).parsed.coupons[0].status == "locked"
    assert owner.show_coupon(shop.id, coupon).parsed.order == "o"
    assert owner.release_coupons(shop.id, body={"coupons": [coupon], "order": "o"}).parsed.repeat is False
    assert owner.redeem_coupons(shop.id, body={"coupons": [coupon], "order": "o", "amount": 300}).parsed.coupons[0].balance == 700
    assert owner.refund_coupons(shop.id, body={"coupons": [coupon], "order": "o"}).parsed.coupons[0].balance == 1000
    assert owner.freeze_coupons(shop.id, body={"coupons": [coupon]}).status_code == 200
    assert owner.list_coupons_of_user(shop.id, user="o-1", status="held").parsed.coupons[0].frozen is True
    assert owner.unfreeze_coupons(shop.id, body={"coupons": [coupon]}).status_code == 200
    assert owner.void_coupons(shop.id, body={"coupons": [coupon]}).parsed.coupons[0].status == "voided"
    assert owner.stop_coupon_batch(shop.id, batch).parsed.accounts.voided == 1
    assert [each.id for each in owner.list_coupon_batches(shop.id).parsed.batches] == [batch]


def test_what_was_done_is_written_down(owner, place, shop):
    entries = owner.list_audit(place.id, environment=shop.id, limit=100).parsed.entries
    actions = {entry.action for entry in entries}
    assert {"POST /admin/v1/environments/{env}/keys", "PATCH /admin/v1/environments/{env}"} <= actions


def test_another_organization_learns_nothing(package, server, operator, owner, place, shop):
    """Every operation that names something answers its owner's neighbour as if it did not exist."""
    other = operator.create_organization(body={"name": "Other"}).parsed
    key = operator.create_organization_key(other.id, body={"name": "k", "role": "owner"}).parsed.secret
    neighbour = Generated(package, server.address, key)
    for refused in (
        neighbour.get_organization(place.id), neighbour.list_members(place.id), neighbour.get_environment(shop.id),
        neighbour.list_functions(shop.id), neighbour.get_function(shop.id, "sum"), neighbour.list_collections(shop.id),
        neighbour.change_environment(shop.id, body={"name": "mine"}), neighbour.delete_environment(shop.id),
    ):  # fmt: skip
        assert refused.status_code == 404, refused
    assert base64.b64encode(CODE).decode() not in str(neighbour.list_environments().parsed)
    assert neighbour.list_environments().parsed.environments == []
