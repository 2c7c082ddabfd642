"""Signing in through both platforms' gateways, as a developer and as nobody; tokens and their end."""

import base64
import json
import string
import time
import uuid

import pytest
from harness.client import ok
from harness.problems import assert_problem

WHO_AM_I = """
const cloud = require('wx-server-sdk')
cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
exports.main = async () => cloud.getWXContext()
"""


@pytest.fixture(scope="module")
def shop(environment, wechat, alipay):
    """An environment joined to both platforms, with a function that tells who calls it."""
    environment.change_settings(wechat=wechat.settings, alipay=alipay.settings())
    environment.deploy("whoami", WHO_AM_I)
    return environment


def fresh_code(name):
    return f"code-{name}-{uuid.uuid4().hex}"


def test_wechat_code_becomes_a_session(shop, wechat):
    client = shop.client()
    answer = client.login(platform="wechat", code=fresh_code("mei")).login_answer
    assert answer["openid"] == "wx-openid-mei"
    assert answer["anonymous"] is False
    assert 0 < answer["expiresIn"] <= 7200
    assert answer["refreshToken"]
    context = ok(client.call("whoami"))
    assert context["OPENID"] == "wx-openid-mei"
    assert context["UNIONID"] == "wx-unionid-mei"
    assert context["APPID"] == wechat.app_id
    assert context["ENV"] == shop.id


def test_the_session_key_never_leaves_the_server(shop):
    answer = shop.client().try_login(platform="wechat", code=fresh_code("mei"))
    assert "session" not in answer.text.lower().replace("sessiontoken", "")


def test_wechat_code_works_once(shop):
    code = fresh_code("mei")
    shop.client().login(platform="wechat", code=code)
    problem = assert_problem(shop.client().try_login(platform="wechat", code=code), 401, "LOGIN_REFUSED")
    assert problem["platformCode"] == "40029"
    assert problem["platformMessage"]
    assert problem["remedy"]


def test_wrong_settings_are_not_the_users_fault(admin, wechat):
    environment = admin.create_environment(wechat={**wechat.settings, "appSecret": "wrong"})
    problem = assert_problem(environment.client().try_login(platform="wechat", code=fresh_code("mei")), 502, "PLATFORM_REFUSED")
    assert problem["platformCode"] == "40125"


@pytest.mark.parametrize("private_format", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("pem", [False, True], ids=["base64", "pem"])
def test_alipay_code_becomes_a_session(shop, alipay, private_format, pem):
    shop.change_settings(alipay=alipay.settings(private_format, pem))
    answer = shop.client().login(platform="alipay", code=fresh_code("wang")).login_answer
    assert answer["openid"] == "alipay-openid-wang"
    method, path, parameters, _ = alipay.requests[-1]
    assert parameters["method"] == "alipay.system.oauth.token"
    assert path == "/gateway.do"


def test_alipay_refuses_a_bad_code(shop):
    problem = assert_problem(shop.client().try_login(platform="alipay", code="stolen"), 401, "LOGIN_REFUSED")
    assert problem["platformCode"] == "isv.code-invalid"
    assert "授权码" in problem["platformMessage"]


def test_an_answer_that_alipay_did_not_sign_is_refused(shop, alipay):
    alipay.forge = True
    try:
        assert_problem(shop.client().try_login(platform="alipay", code=fresh_code("wang")), 502, "PLATFORM_REFUSED")
    finally:
        alipay.forge = False


def test_a_gateway_that_does_not_answer_is_named(admin):
    settings = {"appId": "wx1", "appSecret": "s", "gateway": "http://127.0.0.1:1"}
    environment = admin.create_environment(wechat=settings)
    began = time.monotonic()
    assert_problem(environment.client().try_login(platform="wechat", code="code-x"), 502, "PLATFORM_UNREACHABLE")
    assert time.monotonic() - began < 5


def test_a_platform_without_settings_is_named(other_environment):
    assert_problem(other_environment.client().try_login(platform="wechat", code="code-x"), 501, "PLATFORM_NOT_CONFIGURED")


def test_development_login_is_only_there_when_it_is_on(admin):
    environment = admin.create_environment(developmentLogin=False)
    assert_problem(environment.client().try_login(platform="development", user="alice"), 403, "LOGIN_NOT_ALLOWED")


def test_anonymous_login_is_only_there_when_it_is_on(admin):
    environment = admin.create_environment(anonymousLogin=False)
    assert_problem(environment.client().try_login(platform="anonymous"), 403, "LOGIN_NOT_ALLOWED")


def test_development_users_keep_their_openid(environment):
    assert environment.user("alice").openid == environment.user("alice").openid
    assert environment.user("alice").openid != environment.user("bob").openid


def test_anonymous_users_are_each_their_own(environment):
    first, second = environment.anonymous(), environment.anonymous()
    assert first.login_answer["anonymous"] is True
    assert first.openid != second.openid


def test_refreshing_ends_the_old_refresh_token(environment):
    client = environment.user("carol")
    first = client.login_answer["refreshToken"]
    second = ok(client.post("/v1/login/refresh", {"refreshToken": first}))
    assert second["openid"] == client.openid
    assert second["refreshToken"] != first
    assert_problem(client.post("/v1/login/refresh", {"refreshToken": first}), 401, "REFRESH_TOKEN_INVALID")
    fresh = environment.client(second["accessToken"])
    assert ok(fresh.database("count", "nothing_here"), (200, 404)) is not None


def test_refresh_tokens_belong_to_their_environment(environment, other_environment):
    own = environment.user("dora").login_answer["refreshToken"]
    elsewhere = other_environment.client().post("/v1/login/refresh", {"refreshToken": own})
    assert_problem(elsewhere, 403, "ENVIRONMENT_MISMATCH")
    assert ok(environment.client().post("/v1/login/refresh", {"refreshToken": own}))["openid"] == "dev-dora"


def forgeries(token):
    """The token with each of its parts changed, and things that never were one."""
    parts = token.split(".")
    # Every other last character: some of them decode to the same bytes.
    yield from (token[:-1] + end for end in string.ascii_letters + string.digits + "-_" if end != token[-1])
    for index, part in enumerate(parts):
        flipped = ("A" if part[0] != "A" else "B") + part[1:]
        yield ".".join([*parts[:index], flipped, *parts[index + 1 :]])
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    yield f"{header}.{parts[-1]}."
    yield from ("", "x", "..", "é", token + "A", token[:-2], token * 40)


def test_forged_tokens_are_refused(environment):
    user = environment.user("eve")
    for forged in forgeries(user.login_answer["accessToken"]):
        client = environment.client()
        client.session.headers["Authorization"] = f"Bearer {forged}".encode()
        assert_problem(client.database("count", "goods"), 401, ("TOKEN_INVALID", "TOKEN_MISSING"))


def test_a_token_of_one_environment_opens_no_other(environment, other_environment):
    token = environment.user("frank").login_answer["accessToken"]
    assert_problem(other_environment.client(token).database("count", "goods"), 403, "ENVIRONMENT_MISMATCH")


def test_without_a_token_nothing_opens(environment):
    assert_problem(environment.client().database("count", "goods"), 401)
    assert_problem(environment.client().call("whoami"), 401)
