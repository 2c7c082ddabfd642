"""Alipay's own client SDK from PyPI, unchanged but for its endpoint, and what happens when its wire is abused."""

import hashlib
import hmac
import json
import time

import pytest
import requests
from alipay_faas_client_sdk import Cloud
from harness.admin import Admin
from harness.problems import NOT_TOLD


@pytest.fixture(scope="module")
def key(environment):
    environment.deploy("add-user", """
        exports.main = async (event) => {
          if (event.fail) throw new Error('no room')
          return { greeting: 'hello ' + event.name, age: event.age + 1 } }""")
    return environment.create_key("access")


@pytest.fixture(scope="module")
def cloud(environment, key):
    return Cloud("2021001234567890", environment.id, key["id"], key["secret"], environment.address)


def test_the_sdk_calls_a_function(cloud):
    result = cloud.callFunction("add-user", {"name": "王小明", "age": 23})
    assert result.status == 200
    assert result.data == {"greeting": "hello 王小明", "age": 24}
    assert (result.err_code, result.err_msg) == ("", "")


def test_the_sdk_calls_without_data(cloud):
    assert cloud.callFunction("add-user", {}).data["greeting"] == "hello undefined"


def test_errors_have_the_sdks_shape(cloud):
    missing = cloud.callFunction("nobody", {})
    assert missing.status >= 400
    assert missing.err_code
    assert "nobody" in missing.err_msg
    failed = cloud.callFunction("add-user", {"fail": True})
    assert "no room" in failed.err_msg


class Wire:
    """The gateway's wire written out by hand, so that each part of it can be spoiled."""

    names = ["x-client-timestamp", "x-from-env-id", "x-to-env-id", "x-to-function-name"]

    def __init__(self, environment, key):
        self.environment = environment
        self.key = key

    def headers(self, body, *, timestamp=None, names=None, secret=None, function="add-user", environment=None):
        names = names or self.names
        headers = {
            "x-client-timestamp": timestamp or str(int(time.time() * 1000)),
            "x-from-env-id": self.environment.id,
            "x-to-env-id": environment or self.environment.id,
            "x-to-function-name": function,
        }
        signed = "".join(f"{name}:{headers[name]}\n" for name in names)
        digest = hashlib.sha256(body).hexdigest()
        canonical = f"POST\n/functions/invokeFunction\n\n{signed}\n{';'.join(names)}\n{digest}\n"
        text = f"HMAC-SHA256\n{headers['x-client-timestamp']}\n{hashlib.sha256(canonical.encode()).hexdigest()}\n"
        signature = hmac.new((secret or self.key["secret"]).encode(), text.encode(), hashlib.sha256).hexdigest()
        headers["Authorization"] = (
            f"HMAC-SHA256 Credential={self.key['id']}, SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return headers

    def send(self, body, headers):
        address = f"{self.environment.address}/functions/invokeFunction"
        return requests.post(address, data=body, headers={"Content-Type": "application/json", **headers}, timeout=20)


@pytest.fixture
def wire(environment, key):
    return Wire(environment, key)


BODY = json.dumps({"name": "bob", "age": 1}).encode()


def assert_refused(response, status=401, code="SIGNATURE_INVALID"):
    assert response.status_code == status, response.text
    body = response.json()
    assert body["errCode"] == code
    assert body["errMsg"]
    assert not [word for word in NOT_TOLD if word in response.text]


def test_any_order_of_signed_headers_is_followed(wire):
    for names in (wire.names, list(reversed(wire.names))):
        assert wire.send(BODY, wire.headers(BODY, names=names)).json()["age"] == 2


def test_a_replay_is_refused(wire):
    headers = wire.headers(BODY)
    assert wire.send(BODY, headers).status_code == 200
    assert_refused(wire.send(BODY, headers), code="SIGNATURE_REPLAYED")


def test_a_forged_signature_is_refused(wire):
    assert_refused(wire.send(BODY, wire.headers(BODY, secret="guess")))


def test_another_body_is_refused(wire):
    assert_refused(wire.send(BODY.replace(b"bob", b"eve"), wire.headers(BODY)))


def test_another_function_is_refused(wire):
    assert_refused(wire.send(BODY, {**wire.headers(BODY), "x-to-function-name": "other"}))


def test_headers_that_matter_must_be_signed(wire):
    headers = wire.headers(BODY, names=["x-client-timestamp", "x-from-env-id"])
    assert_refused(wire.send(BODY, {**headers, "x-to-function-name": "add-user"}))


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 365])
def test_an_old_timestamp_is_refused(wire, minutes):
    stamp = str(int((time.time() + minutes * 60) * 1000))
    assert_refused(wire.send(BODY, wire.headers(BODY, timestamp=stamp)), code="SIGNATURE_EXPIRED")


@pytest.mark.parametrize("stamp", [ "now", "1e400", "99999999999999999999999"])
def test_a_timestamp_that_is_none_is_refused(wire, stamp):
    assert_refused(wire.send(BODY, wire.headers(BODY, timestamp=stamp)))


def test_another_environment_is_refused(wire, other_environment):
    assert_refused(wire.send(BODY, wire.headers(BODY, environment=other_environment.id)), 403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    "authorization",
    [
        "", "HMAC-SHA256", "HMAC-SHA256 Credential=, SignedHeaders=, Signature=", "Bearer x",
        "HMAC-SHA256 Credential=no-such-key, SignedHeaders=x-client-timestamp, Signature=00",
    ],
    ids=lambda text: text[:30] or "empty",
)  # fmt: skip
def test_an_authorization_that_is_none_is_refused(wire, authorization):
    assert_refused(wire.send(BODY, {**wire.headers(BODY), "Authorization": authorization}))


def test_a_restart_does_not_let_old_requests_in_again(own_server):
    """Which signatures were used is not kept; what was signed before the start is refused instead."""
    environment = Admin(own_server.address, own_server.operator_key).create_environment()
    environment.deploy("add-user", "exports.main = async (event) => ({ ...event, age: event.age + 1 })")
    wire = Wire(environment, environment.create_key("access"))
    headers = wire.headers(BODY)
    assert wire.send(BODY, headers).status_code == 200
    own_server.kill()
    own_server.start()
    again = wire.send(BODY, headers)
    assert_refused(again, code="SIGNATURE_EXPIRED")
    assert wire.send(BODY, wire.headers(BODY)).status_code == 200
