"""People: invitations and resets by real mail, sign-in with a second factor, roles, keys, sessions and the audit log."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
import requests
from harness.admin import Admin
from harness.client import ok
from harness.mail import MailServer
from harness.problems import assert_problem
from harness.server import Server

PASSWORD = "seven hens on a bridge"
NEW_PASSWORD = "nine ducks under the roof"


@pytest.fixture(scope="module")
def mails():
    with MailServer("starttls") as server:
        yield server


@pytest.fixture(scope="module")
def node(mails, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("accounts"), variables=mails.variables).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def operator(node):
    return Admin(node.address, node.operator_key)


@pytest.fixture
def organization(operator):
    return ok(operator.request("POST", "/organizations", json={"name": "Tea House", "kind": "merchant"}), 201)["id"]


def post(node, path, body, method="POST", **headers):
    return requests.request(method, f"{node.address}/admin/v1{path}", json=body, headers=headers, timeout=60)


def sign_in(node, email, password=PASSWORD, **more):
    return Admin(node.address, ok(post(node, "/sessions", {"email": email, "password": password, **more}), 201)["token"])


def join(node, operator, organization, email, role, **more):
    """Somebody new with a role; answers who is signed in."""
    offer = {"email": email, "role": role, **more}
    invitation = ok(operator.request("POST", f"/organizations/{organization}/invitations", json=offer), 201)
    made = ok(post(node, "/invitations/accept", {"token": invitation["token"], "name": email.split("@")[0], "password": PASSWORD}), 201)
    return Admin(node.address, made["token"])


def one_time_code(secret, moment=None):
    counter = struct.pack(">Q", int(moment or time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    offset = digest[19] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_an_invitation_comes_by_mail_and_its_link_lets_in(node, operator, organization, mails):
    answer = ok(
        operator.request("POST", f"/organizations/{organization}/invitations", json={"email": "mei@tea.example", "role": "admin"}), 201
    )
    assert answer["mailed"] is True
    mail = mails.wait_for("mei@tea.example")
    assert "Tea House" in mail["Subject"]
    token = re.search(r"token=(inv-\w+)", mail.text).group(1)
    made = ok(post(node, "/invitations/accept", {"token": token, "name": "梅", "password": PASSWORD}), 201)
    mei = Admin(node.address, made["token"])
    assert ok(mei.request("GET", "/whoami"))["grants"] == [{"role": "admin", "scope": "organization", "id": organization}]
    assert [entry["id"] for entry in ok(mei.request("GET", "/organizations"))["organizations"]] == [organization]
    assert_problem(post(node, "/invitations/accept", {"token": token, "name": "x", "password": PASSWORD}), 400, "LINK_INVALID")


def test_a_forgotten_password_is_reset_by_mail(node, operator, organization, mails):
    before = join(node, operator, organization, "lin@tea.example", "developer")
    unknown = post(node, "/password-resets", {"email": "nobody@tea.example"})
    known = post(node, "/password-resets", {"email": "lin@tea.example"}, **{"Accept-Language": "zh-CN"})
    assert (unknown.status_code, unknown.text) == (known.status_code, known.text) == (202, "")
    mail = mails.wait_for("lin@tea.example", after=1)
    assert "密码" in mail["Subject"]
    token = re.search(r"token=(pr-\w+)", mail.text).group(1)
    page = requests.get(f"{node.address}/console/password?token={token}", timeout=60)
    assert page.status_code == 200 and f'value="{token}"' in page.text, "the link of the mail leads to a form"
    assert_problem(post(node, "/password-resets", {"token": token, "password": "1234567890"}, "PUT"), 422)
    assert post(node, "/password-resets", {"token": token, "password": NEW_PASSWORD}, "PUT").status_code == 204
    assert_problem(post(node, "/password-resets", {"token": token, "password": NEW_PASSWORD}, "PUT"), 400, "LINK_INVALID")
    assert_problem(before.request("GET", "/account"), 401)
    assert_problem(post(node, "/sessions", {"email": "lin@tea.example", "password": PASSWORD}), 401, "SIGN_IN_FAILED")
    sign_in(node, "lin@tea.example", NEW_PASSWORD)
    assert mails.to("nobody@tea.example") == []


def test_a_second_factor(node, operator, organization):
    person = join(node, operator, organization, "wu@tea.example", "owner")
    begun = ok(person.request("POST", "/account/second-factor"), 201)
    assert begun["uri"].startswith("otpauth://totp/Sampan:wu%40tea.example?secret=")
    codes = ok(person.request("PUT", "/account/second-factor", json={"code": one_time_code(begun["secret"])}))["recoveryCodes"]
    assert len(set(codes)) == 10
    assert_problem(post(node, "/sessions", {"email": "wu@tea.example", "password": PASSWORD}), 401, "SECOND_FACTOR_NEEDED")
    # The code of this half minute was used to turn it on; the next one is accepted a little early.
    sign_in(node, "wu@tea.example", code=one_time_code(begun["secret"], time.time() + 30))
    sign_in(node, "wu@tea.example", code=codes[0])
    assert_problem(post(node, "/sessions", {"email": "wu@tea.example", "password": PASSWORD, "code": codes[0]}), 401, "SIGN_IN_FAILED")
    assert person.request("DELETE", "/account/second-factor", json={"password": PASSWORD}).status_code == 204
    sign_in(node, "wu@tea.example")


def test_roles_are_what_they_say(node, operator, organization):
    environment = ok(operator.request("POST", "/environments", json={"name": "shop", "organization": organization}), 201)["id"]
    base = f"/environments/{environment}"
    add = {"op": "add", "collection": "goods", "data": {"n": 1}}
    ok(operator.request("POST", f"{base}/collections", json={"name": "goods"}), (200, 201))
    wanted = {
        # role: reads documents, writes them, deploys, invites
        "admin": (True, True, True, True), "developer": (True, True, True, False), "operator": (True, True, False, False),
        "analyst": (True, False, False, False), "viewer": (False, False, False, False),
    }  # fmt: skip
    for role, expected in wanted.items():
        person = join(node, operator, organization, f"{role}@roles.example", role)
        assert ok(person.request("GET", base))["id"] == environment
        answers = (
            person.request("POST", f"{base}/database", json={"op": "count", "collection": "goods"}),
            person.request("POST", f"{base}/database", json=add),
            person.request("POST", f"{base}/blobs/missing", json={"hashes": []}),
            person.request("POST", f"/organizations/{organization}/invitations", json={"email": f"x@{role}.example", "role": "viewer"}),
        )
        for answer, allowed in zip(answers, expected, strict=True):
            if allowed:
                ok(answer, (200, 201))
            else:
                assert_problem(answer, 403, "PERMISSION_DENIED")


def test_nobody_gives_more_than_they_have(node, operator, organization):
    admin = join(node, operator, organization, "a@give.example", "admin")
    owner = join(node, operator, organization, "o@give.example", "owner")
    place = f"/organizations/{organization}"
    assert_problem(admin.request("POST", f"{place}/invitations", json={"email": "b@give.example", "role": "owner"}), 403)
    me, boss = (ok(person.request("GET", "/account"))["id"] for person in (admin, owner))
    assert_problem(admin.request("PUT", f"{place}/members/{me}", json={"role": "owner"}), 403)
    assert_problem(admin.request("PUT", f"{place}/members/{boss}", json={"role": "viewer"}), 403)
    assert_problem(owner.request("DELETE", f"{place}/members/{boss}"), 409, "LAST_OWNER")
    developer = join(node, operator, organization, "d@give.example", "developer")
    assert_problem(developer.request("POST", f"{place}/keys", json={"name": "k", "role": "admin"}), 403)
    ok(owner.request("POST", f"{place}/transfer", json={"account": me}))
    assert {entry["account"]: entry["role"] for entry in ok(admin.request("GET", f"{place}/members"))["members"]}[me] == "owner"


def test_a_key_of_an_organization_reaches_all_of_it_and_ends_at_once(node, operator, organization):
    environment = ok(operator.request("POST", "/environments", json={"name": "shop", "organization": organization}), 201)["id"]
    key = ok(operator.request("POST", f"/organizations/{organization}/keys", json={"name": "ci", "role": "developer"}), 201)
    holder = Admin(node.address, key["secret"])
    assert [entry["id"] for entry in ok(holder.request("GET", "/environments"))["environments"]] == [environment]
    assert ok(operator.request("GET", f"/organizations/{organization}/keys"))["keys"][0]["lastUsedAt"] > 0
    assert operator.request("DELETE", f"/organizations/{organization}/keys/{key['id']}").status_code == 204
    assert_problem(holder.request("GET", "/environments"), 401, "KEY_INVALID")


def test_sessions_are_listed_and_ended(node, operator, organization):
    here = join(node, operator, organization, "s@tea.example", "viewer")
    there = sign_in(node, "s@tea.example")
    sessions = ok(here.request("GET", "/account/sessions"))["sessions"]
    assert sorted(session["current"] for session in sessions) == [False, True]
    other = next(session for session in sessions if not session["current"])
    assert here.request("DELETE", f"/account/sessions/{other['id']}").status_code == 204
    assert_problem(there.request("GET", "/account"), 401)
    assert here.request("DELETE", "/account/sessions/current").status_code == 204
    assert_problem(here.request("GET", "/account"), 401)


def test_what_was_done_is_written_down(node, operator, organization):
    admin = join(node, operator, organization, "audit@tea.example", "admin")
    environment = ok(admin.request("POST", "/environments", json={"name": "shop", "organization": organization}), 201)["id"]
    ok(admin.request("PATCH", f"/environments/{environment}/settings", json={"wechat": {"appId": "wx1", "appSecret": "very secret"}}))
    ok(admin.request("PATCH", f"/environments/{environment}", json={"name": "tea shop"}))
    answer = admin.request("GET", f"/organizations/{organization}/audit")
    entries = ok(answer)["entries"]
    assert "very secret" not in answer.text
    renamed = entries[0]
    assert renamed["action"] == "PATCH /admin/v1/environments/{env}"
    assert (renamed["before"]["name"], renamed["after"]["name"]) == ("shop", "tea shop")
    assert renamed["actor"]["name"] == "audit@tea.example"
    assert renamed["environment"] == environment
    assert [entry["action"] for entry in entries[:3]] == [
        "PATCH /admin/v1/environments/{env}", "PATCH /admin/v1/environments/{env}/settings", "POST /admin/v1/environments",
    ]  # fmt: skip
    only = ok(admin.request("GET", f"/organizations/{organization}/audit?action=settings&limit=1"))
    assert only["entries"] == [entries[1]]
    viewer = join(node, operator, organization, "curious@tea.example", "developer")
    assert_problem(viewer.request("GET", f"/organizations/{organization}/audit"), 403)


def test_guessing_is_slowed_down(node, operator, organization):
    join(node, operator, organization, "target@tea.example", "viewer")
    for email in ("target@tea.example", "absent@tea.example"):
        codes = [post(node, "/sessions", {"email": email, "password": f"guess number {n}"}).json()["code"] for n in range(7)]
        assert codes[:6] == ["SIGN_IN_FAILED"] * 6, codes
        assert codes[6] == "TOO_MANY_TRIES"
    refused = post(node, "/sessions", {"email": "target@tea.example", "password": PASSWORD})
    assert_problem(refused, 429, "TOO_MANY_TRIES")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_a_restart_keeps_people_signed_in(node, operator, organization):
    person = join(node, operator, organization, "stay@tea.example", "viewer")
    node.stop()
    node.start()
    assert ok(person.request("GET", "/account"))["email"] == "stay@tea.example"
