"""Cloud functions in every style that the two platforms' developers write them in, called as a client calls them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.admin import wait_until
from harness.client import ok
from harness.problems import assert_problem


@pytest.fixture(scope="module")
def user(environment):
    return environment.user("alice")


STYLES = {
    "exports-main": "exports.main = async (event, context) => ({ got: event.n + 1 })",
    "synchronous": "exports.main = (event) => ({ got: event.n + 1 })",
    "callback-style": "exports.main = function (event, context) { return Promise.resolve({ got: event.n + 1 }) }",
    "module-exports": "module.exports = async ctx => ({ got: ctx.args.n + 1 })",
    "alipay-sdk": """
        const cloud = require('@alipay/faas-server-sdk')
        cloud.init()
        exports.main = async (event, context) => ({ got: event.n + 1 })""",
    "cloudbase-sdk": """
        const tcb = require('@cloudbase/node-sdk')
        const app = tcb.init({ env: tcb.SYMBOL_CURRENT_ENV })
        exports.main = async (event) => ({ got: event.n + 1 })""",
}


@pytest.mark.parametrize("style", STYLES)
def test_handler_styles(environment, user, style):
    environment.deploy(style, STYLES[style])
    assert ok(user.call(style, {"n": 41})) == {"got": 42}


@pytest.mark.parametrize(
    "expression",
    ["null", "0", "false", '""', '"text"', "[1,[2],{}]", '{"a":{"b":[null]}}', "1.5e300", '"\\u4e2d\\ud83d\\ude00"'],
)
def test_return_values_come_back_as_they_are(environment, user, expression):
    environment.deploy("constant", "exports.main = async (event) => JSON.parse(event.text)")
    response = user.call("constant", {"text": expression})
    assert response.json() == json.loads(expression)


def test_undefined_becomes_null(environment, user):
    environment.deploy("silent", "exports.main = async () => {}")
    assert user.call("silent").text == "null"


def test_an_empty_body_is_an_empty_event(environment, user):
    environment.deploy("mirror", "exports.main = async (event) => event")
    assert ok(environment.request("POST", "/functions/mirror/invoke")) == {}
    assert set(ok(user.request("POST", "/v1/functions/mirror"))) <= {"userInfo"}


def test_handlers_may_live_in_other_files(environment, user):
    files = {"lib/shop.js": "exports.open = async () => require('./price.json').value", "lib/price.json": '{"value":7}'}
    environment.deploy("shop", files, handler="lib/shop.open")
    assert ok(user.call("shop")) == 7


def test_own_node_modules_come_first(environment, user):
    files = {
        "index.js": "exports.main = async () => [require('lodash').VERSION, require('left').name]",
        "node_modules/lodash/index.js": "exports.VERSION = 'own'",
        "node_modules/left/package.json": '{"main":"main.js"}',
        "node_modules/left/main.js": "exports.name = 'left'",
    }
    environment.deploy("modules", files)
    assert ok(user.call("modules")) == ["own", "left"]


@pytest.mark.parametrize("package", ["axios", "lodash", "moment", "request", "uuid", "ws", "xml2js"])
def test_the_base_layer_has_the_usual_packages(environment, user, package):
    environment.deploy("layer", "exports.main = async (event) => typeof require(event.package)")
    assert ok(user.call("layer", {"package": package})) in ("function", "object")


def test_the_base_layer_serves_es_modules_too(environment, user):
    source = "import lodash from 'lodash'; import axios from 'axios'\nexport const main = async () => [lodash.add(1, 2), typeof axios.get]"
    environment.deploy("modern", {"index.mjs": source})
    assert ok(user.call("modern")) == [3, "function"]


def test_a_missing_package_is_named_with_its_remedy(environment, user):
    environment.deploy("needy", "const x = require('no-such-package'); exports.main = async () => x")
    problem = assert_problem(user.call("needy"), 502, "FUNCTION_LOAD_FAILED")
    assert "no-such-package" in problem["detail"]
    assert problem["remedy"]


def test_a_missing_handler_is_named(environment, user):
    environment.deploy("handlerless", "exports.other = 1")
    problem = assert_problem(user.call("handlerless"), 502, "FUNCTION_LOAD_FAILED")
    assert "main" in problem["detail"]


def test_a_syntax_error_says_where(environment, user):
    environment.deploy("crooked", "exports.main = async () => {\n  return ((\n}")
    problem = assert_problem(user.call("crooked"), 502, "FUNCTION_LOAD_FAILED")
    assert "index.js" in problem["detail"] + str(problem.get("error"))


def test_what_a_function_throws_reaches_the_caller(environment, user):
    code = "exports.main = async () => { throw Object.assign(new TypeError('no stock'), { code: 'SOLD_OUT' }) }"
    environment.deploy("thrower", code)
    problem = assert_problem(user.call("thrower"), 500, "FUNCTION_ERROR")
    assert "no stock" in problem["detail"]
    assert problem["error"]["name"] == "TypeError"
    assert problem["error"]["code"] == "SOLD_OUT"


def test_throwing_something_that_is_no_error(environment, user):
    environment.deploy("odd", "exports.main = async () => { throw 'just text' }")
    assert "just text" in assert_problem(user.call("odd"), 500, "FUNCTION_ERROR")["detail"]


def test_an_unknown_function(user):
    problem = assert_problem(user.call("nobody"), 404, "FUNCTION_NOT_FOUND")
    assert "nobody" in problem["detail"]


def test_errors_speak_the_callers_language(user):
    chinese = user.call("nobody", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).json()
    english = user.call("nobody", headers={"Accept-Language": "en"}).json()
    assert chinese["code"] == english["code"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese["detail"])
    assert english["detail"].isascii()


def test_a_request_id_may_be_brought_along(user):
    response = user.call("nobody", headers={"x-request-id": "my-own-id-1"})
    assert response.headers["x-request-id"] == "my-own-id-1"
    bad = user.call("nobody", headers={"x-request-id": "no spaces or <tags>"})
    assert bad.headers["x-request-id"] != "no spaces or <tags>"


def test_a_timeout_ends_the_call_and_nothing_else(environment, user):
    code = "exports.main = async (e) => { if (e.loop) for (;;); if (e.wait) await new Promise(() => {}); return 1 }"
    environment.deploy("slow", code, timeoutSeconds=1)
    for event in ({"wait": True}, {"loop": True}):
        began = time.monotonic()
        assert_problem(user.call("slow", event), 504, "FUNCTION_TIMEOUT")
        assert 0.9 < time.monotonic() - began < 5
        assert ok(user.call("slow")) == 1


def test_a_crash_ends_the_call_and_nothing_else(environment, user):
    environment.deploy("crasher", "exports.main = async (e) => { if (e.die) process.exit(3); return 1 }")
    assert_problem(user.call("crasher", {"die": True}), 502, "FUNCTION_CRASHED")
    assert ok(user.call("crasher")) == 1


def test_environment_variables_reach_the_function(environment, user):
    code = "exports.main = async () => process.env.GREETING"
    environment.deploy("variables", code, variables={"GREETING": "你好"})
    assert ok(user.call("variables")) == "你好"


@pytest.mark.parametrize("name", ["1A", "A B", "", "A-B", "A" * 129])
def test_names_of_variables_are_checked_alike_for_functions_and_environments(environment, name):
    code = {"index.js": "exports.main = async () => 1"}
    assert_problem(environment.try_deploy("variables", code, variables={name: "x"}), 400, "BAD_MEMBER")
    assert_problem(environment.request("PATCH", "/settings", json={"variables": {name: "x"}}), 400, "BAD_MEMBER")


def test_functions_call_functions(environment, user):
    environment.deploy("inner", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async (event) => ({ twice: event.n * 2, openid: cloud.getWXContext().OPENID })""")
    environment.deploy("outer", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async (event) => (await cloud.callFunction({ name: 'inner', data: { n: event.n } })).result""")
    answer = ok(user.call("outer", {"n": 4}))
    assert answer["twice"] == 8
    assert answer["openid"] == user.openid


def test_alipay_context_knows_the_caller(environment, user):
    environment.deploy("alipay-context", """
        const cloud = require('@alipay/faas-server-sdk'); cloud.init()
        exports.main = async () => cloud.getAlipayContext()""")
    context = ok(user.call("alipay-context"))
    assert context["OPENID"] == user.openid
    assert context["ENV"] == environment.id


def test_payments_say_that_they_are_not_configured(environment, user):
    environment.deploy("payer", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async () => cloud.cloudPay.unifiedOrder({ body: 'tea', outTradeNo: '1', totalFee: 1 })""")
    assert "config" in assert_problem(user.call("payer"), 500, "FUNCTION_ERROR")["detail"].lower()


def test_open_api_of_wechat(environment, user, wechat):
    environment.change_settings(wechat=wechat.settings)
    environment.deploy("notify", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async (event) => cloud.openapi.subscribeMessage.send({
          touser: 'o1', templateId: 't1', page: 'index', data: { thing1: { value: event.text } } })""")
    ok(user.call("notify", {"text": "tea is ready"}))
    method, path, parameters, body = wechat.requests[-1]
    assert (method, path) == ("POST", "/cgi-bin/message/subscribe/send")
    sent = json.loads(body)
    assert sent["template_id"] == "t1"
    assert sent["data"]["thing1"]["value"] == "tea is ready"
    given = wechat.tokens_given
    ok(user.call("notify", {"text": "again"}))
    assert wechat.tokens_given == given, "the access token is kept while it is good"


def test_generic_open_api_of_alipay(environment, user, alipay):
    environment.change_settings(alipay=alipay.settings())
    environment.deploy("generic", """
        module.exports = async ctx =>
          ctx.cloud.util.generic.execute('alipay.user.certify.query', { certify_id: ctx.args.id })""")
    answer = user.call("generic", {"id": "c-1"})
    assert "c-1" in ok(answer).__repr__()
    assert alipay.requests[-1][2]["method"] == "alipay.user.certify.query"


def test_logs_belong_to_their_invocation(environment, user):
    environment.deploy("talker", """
        exports.main = async (event) => {
          console.log('log line', event.word, { a: 1 }); console.error('error line'); console.warn('warn line')
          process.stdout.write('raw line\\n'); await new Promise(done => setTimeout(done, 20)); console.info('late line') }""")
    request_id = user.call("talker", {"word": "needle"}).headers["x-request-id"]
    other_id = user.call("talker", {"word": "haystack"}).headers["x-request-id"]
    lines = wait_until(lambda: [line for line in environment.logs(requestId=request_id) if "late" in line["text"]]
                       and environment.logs(requestId=request_id))
    texts = " | ".join(line["text"] for line in lines)
    for wanted in ("log line needle", "error line", "warn line", "raw line", "late line"):
        assert wanted in texts
    assert "haystack" not in texts
    assert {line["function"] for line in lines} == {"talker"}
    assert {line["level"] for line in lines} >= {"error", "warn", "info"}
    assert [line["requestId"] for line in wait_until(lambda: environment.logs(text="haystack"))] == [other_id]
    assert [line["at"] for line in lines] == sorted((line["at"] for line in lines), reverse=True)


def test_logs_can_be_followed(environment, user):
    environment.deploy("live", "exports.main = async (event) => { console.log('live ' + event.n) }")
    parameters = {"function": "live"}
    with environment.request("GET", "/logs/follow", params=parameters, stream=True, timeout=15) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        ok(user.call("live", {"n": 1}))
        for line in stream.iter_lines():
            if line.startswith(b"data:") and b"live 1" in line:
                return
    raise AssertionError("the line never came")


def test_executions_tell_how_it_went(environment, user):
    environment.deploy("judged", "exports.main = async (e) => { if (e.bad) throw new Error('bad'); return 1 }")
    good = user.call("judged").headers["x-request-id"]
    bad = user.call("judged", {"bad": True}).headers["x-request-id"]
    found = wait_until(lambda: len(environment.executions(function="judged")) == 2 and environment.executions(function="judged"))
    by_request = {execution["requestId"]: execution for execution in found}
    assert by_request[good]["status"] == "success"
    assert by_request[good]["cold"] is True
    assert by_request[bad]["status"] == "failed"
    assert by_request[bad]["cold"] is False
    assert "bad" in str(by_request[bad]["error"])
    assert all(execution["durationMs"] >= 0 and execution["memoryMB"] > 0 for execution in found)
    assert [e["requestId"] for e in environment.executions(function="judged", status="failed")] == [bad]


def test_many_calls_at_once_each_get_their_own_answer(environment):
    environment.deploy("waiter", """
        exports.main = async (event) => { await new Promise(done => setTimeout(done, event.ms)); return event.n }""")
    users = [environment.user(f"user-{index}") for index in range(8)]

    def call(n):
        return ok(users[n % 8].call("waiter", {"n": n, "ms": (n * 7) % 30}))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(200))) == list(range(200))


def test_invoking_as_a_user_through_the_management_api(environment):
    environment.deploy("who", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async () => cloud.getWXContext().OPENID || 'nobody'""")
    assert environment.invoke("who") == "nobody"
    assert environment.invoke("who", openid="openid-of-mine") == "openid-of-mine"
