"""The platforms' open APIs, called by functions through the server: forms, pictures, tokens, and where parameters stand."""

import json
import uuid

import pytest
from harness.admin import Admin
from harness.client import ok
from harness.gateways import PICTURE
from harness.problems import assert_problem


@pytest.fixture(scope="module")
def joined(environment, wechat, alipay):
    """An environment of both platforms, with a function that calls any of WeChat's APIs and one for Alipay's."""
    environment.change_settings(wechat=wechat.settings, alipay=alipay.settings())
    environment.deploy("wechat", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async ({ part, name, parameters, picture }) => {
          if (picture) parameters.media = { contentType: picture.type, value: Buffer.from(picture.text) }
          const answer = await cloud.openapi[part][name](parameters).catch((error) => ({ errCode: error.errCode }))
          return Buffer.isBuffer(answer.buffer) ? { type: answer.contentType, bytes: answer.buffer.toString('hex') } : answer
        }""")
    environment.deploy("alipay", """
        const cloud = require('@alipay/faas-server-sdk'); cloud.init()
        exports.main = async ({ api, parameters }) => cloud.getOpenapiCaller().execute(api, parameters)""")
    return environment


def call_wechat(environment, part, name, parameters=None, picture=None):
    return environment.invoke("wechat", {"part": part, "name": name, "parameters": parameters or {}, "picture": picture})


def test_a_picture_is_sent_as_a_form(joined, wechat):
    answer = call_wechat(joined, "security", "imgSecCheck", picture={"type": "image/jpeg", "text": "a \r\n--cat"})
    assert answer["errCode"] == 0
    method, path, parameters, form = wechat.requests[-1]
    assert (method, path) == ("POST", "/wxa/img_sec_check")
    assert parameters == {"access_token": wechat.token}
    assert form == {"media": ("image/jpeg", b"a \r\n--cat")}


def test_a_picture_that_wechat_refuses_keeps_wechats_number(joined):
    assert call_wechat(joined, "security", "imgSecCheck", picture={"type": "image/png", "text": "risky"}) == {"errCode": 87014}


def test_a_type_cannot_end_the_header_of_its_form(joined, wechat):
    call_wechat(joined, "security", "imgSecCheck", picture={"type": "image/gif\r\nX-Evil: 1", "text": "cat"})
    assert wechat.requests[-1][3]["media"][1] == b"cat"


def test_a_picture_comes_back_as_it_was_sent(joined, wechat):
    answer = call_wechat(joined, "wxacode", "getUnlimited", {"scene": "a=1", "page": "pages/index"})
    assert answer == {"type": "image/png", "bytes": PICTURE.hex()}
    assert json.loads(wechat.requests[-1][3]) == {"scene": "a=1", "page": "pages/index"}


def test_a_token_that_another_program_has_replaced_is_fetched_anew(joined, wechat):
    check = ("security", "msgSecCheck", {"content": "tea"})
    assert call_wechat(joined, *check)["errCode"] == 0
    given, wechat.token = wechat.tokens_given, "given to another program"
    assert call_wechat(joined, *check)["errCode"] == 0
    assert wechat.tokens_given == given + 1
    assert call_wechat(joined, *check)["errCode"] == 0
    assert wechat.tokens_given == given + 1


def call_alipay(environment, api, parameters):
    return environment.invoke("alipay", {"api": api, "parameters": parameters})


def test_alipays_oldest_methods_take_their_parameters_at_the_top(joined, alipay):
    code = f"code-wang-{uuid.uuid4().hex}"
    answer = call_alipay(joined, "alipay.system.oauth.token", {"grant_type": "authorization_code", "code": code})
    assert answer["open_id"] == "alipay-openid-wang"
    sent = alipay.requests[-1][2]
    assert (sent["grant_type"], sent["code"]) == ("authorization_code", code)
    assert "biz_content" not in sent

    call_alipay(joined, "alipay.user.info.share", {"auth_token": "user-token"})
    sent = alipay.requests[-1][2]
    assert (sent["method"], sent["auth_token"]) == ("alipay.user.info.share", "user-token")
    assert "biz_content" not in sent


def test_alipays_other_methods_take_them_as_biz_content(joined, alipay):
    call_alipay(joined, "alipay.trade.query", {"out_trade_no": "1", "code": "stays inside"})
    sent = alipay.requests[-1][2]
    assert json.loads(sent["biz_content"]) == {"out_trade_no": "1", "code": "stays inside"}
    assert "code" not in sent


def test_the_owner_of_an_environment_does_not_choose_its_gateways(joined, wechat):
    owner = Admin(joined.address, joined.create_key("management")["secret"])
    place = f"/environments/{joined.id}/settings"
    for change in ({"wechat": {"gateway": "http://127.0.0.1:1"}}, {"alipay": {"gateway": None}}, {"wechat": None}):
        assert_problem(owner.request("PATCH", place, json=change), 403, "PERMISSION_DENIED")
    assert ok(owner.request("GET", place))["wechat"]["gateway"] == wechat.address
    assert ok(owner.request("PATCH", place, json={"wechat": {"appSecret": None}}))["wechat"]["appSecretSet"] is False
    joined.change_settings(wechat=wechat.settings)
