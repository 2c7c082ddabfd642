"""Input that is broken or hostile: a clear 4xx with code and request id, nothing written, nothing told."""

import json
import socket
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from harness.admin import Admin
from harness.client import ok
from harness.problems import assert_problem

REFUSED = (400, 403, 404, 409, 413, 414, 415, 422, 431)


@pytest.fixture(scope="module")
def user(environment):
    environment.create_collection("safe", "PRIVATE")
    environment.deploy("mirror", "exports.main = async (event) => event")
    return environment.user("mallory")


@pytest.fixture(autouse=True)
def nothing_is_written(environment, user):
    """Whatever a test of this module sends, the documents are as they were."""
    before = documents_of(environment)
    yield
    assert documents_of(environment) == before


def documents_of(environment):
    collections = ok(environment.request("GET", "/collections"))["collections"]
    return {entry["name"]: entry["documents"] for entry in collections}


BROKEN_JSON = [
    b"", b"{", b'{"op":}', b"[1,", b"nul", b'{"op":"get",}', b"{'op':'get'}", b'{"op":"get" "collection":"safe"}',
    b'{"op":"get","collection":"safe"}}', b'{"a":1,"a":2,"op":', b"\x00", b'"\\ud800"', b'{"op":"\\x"}', b"\xff\xfe{\x00}\x00",
    b'{"op":"get","collection":"\xff\xfe"}', b'{"op":"add","collection":"safe","data":{"n":"\xc0\xaf"}}',
    b'{"op":"add","collection":"safe","data":{"n":"\xed\xa0\x80"}}', b'{"op":"add","collection":"safe","data":{"n":1e}}',
    b'{"op":"add","collection":"safe","data":{"n":01}}', b'{"op":"add","collection":"safe","data":{"n":NaN}}',
    b'{"op":"add","collection":"safe","data":{"n":"tab\there"}}', b"true", b"[]", b'"get"', b"1",
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN_JSON, ids=lambda body: repr(body[:30]))
def test_broken_json(user, body):
    headers = {"Content-Type": "application/json"}
    assert_problem(user.request("POST", "/v1/database", data=body, headers=headers), REFUSED)


BROKEN_EVENTS = [
    b"{", b"\xff", b'{"a":"\xff"}', b"{]", b"[1,]", b'{"a"}', b'{"a":1,}', b"01", b"1.", b"-", b"nul", b'"a', b'"\\x"', b'"\\u12g4"',
    b'"\x01"', b"{} {}", b"\x00", b"[" * 5000 + b"]" * 5000, b'{"a":' * 101 + b"1" + b"}" * 101,
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN_EVENTS, ids=lambda body: repr(body[:20]))
def test_broken_events(environment, user, body):
    sent = user.request("POST", "/v1/functions/mirror", data=body)
    assert_problem(sent, 400, "MALFORMED_JSON")
    managed = environment.request("POST", "/functions/mirror/invoke", data=body)
    assert_problem(managed, 400, "MALFORMED_JSON")
    assert not environment.executions(requestId=sent.headers["x-request-id"]), "the function ran all the same"


SOUND_EVENTS = [
    b" {} ", b'{"a":[1,-0,1.5e+3,true,false,null,"\\u00e9\\n\xc3\xa9",{},[]],"b":{"c":"d"}}', b"[[],[[]]]", b"null", b"0", b'""',
    b"[" * 100 + b"]" * 100,
]  # fmt: skip


@pytest.mark.parametrize("body", SOUND_EVENTS, ids=lambda body: repr(body[:20]))
def test_sound_events_arrive_as_they_are(environment, user, body):
    assert ok(environment.request("POST", "/functions/mirror/invoke", data=body)) == json.loads(body)
    assert user.request("POST", "/v1/functions/mirror", data=body).status_code == 200


# One operation a line, each wrong in one way.
WRONG_OPERATIONS = [
    json.loads(line) for line in (Path(__file__).parent / "fixtures/wrong-operations.jsonl").read_text().splitlines()
]
ENDLESS_OPERATIONS = [
    {"op": "add", "collection": "safe", "data": [{"n": n} for n in range(1001)]},
    {"op": "aggregate", "collection": "safe", "pipeline": [{"$match": {}}] * 5000},
    {"op": "get", "collection": "safe", "where": {"$or": [{"n": n} for n in range(200_000)]}},
]


@pytest.mark.parametrize("operation", WRONG_OPERATIONS + ENDLESS_OPERATIONS, ids=lambda operation: json.dumps(operation)[:70])
def test_wrong_operations(user, operation):
    assert_problem(user.post("/v1/database", operation), REFUSED)


HOSTILE_NAMES = [
    "safe; DROP TABLE documents", "safe' OR '1'='1", 'safe"', "safe--;", "../safe", "/etc/passwd", "..", ".", "a/b", "a\x00b", "a b",
    "system.users", "sqlite_master", "x" * 65, "中文", "%s%n", "`id`", "$(id)", "__proto__\x00", "\n", "a;b",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: repr(name)[:30])
def test_hostile_names_of_collections(environment, user, name):
    for op in ({"op": "get"}, {"op": "add", "data": {"n": 1}}, {"op": "count"}):
        assert_problem(user.post("/v1/database", {**op, "collection": name}), REFUSED)
    if name not in ("..", ".", "sqlite_master"):  # odd, but names like any other
        assert_problem(environment.request("POST", "/collections", json={"name": name}), REFUSED)


@pytest.mark.parametrize("name", ["../mirror", "mirror/..", "%2e%2e", "a b", "x" * 200, "';--", "%00", "constructor\x00"], ids=repr)
def test_hostile_names_of_functions(user, name):
    assert_problem(user.call(name), (*REFUSED, 405))


@pytest.mark.parametrize("field", ["a'); DROP TABLE documents;--", 'a"]', "a\x00b", "$[a]", "a.$**", "json('1')"])
def test_hostile_names_of_fields(environment, user, field):
    for members in ({"where": {field: 1}}, {"orderBy": [[field, "asc"]]}, {"projection": {field: True}}):
        response = user.database("get", "safe", **members)
        assert response.status_code == 200 and response.json() == {"data": []} or response.status_code in REFUSED, response.text


def test_prototype_keys_are_only_names(environment, user):
    hostile = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}'
    environment.deploy("polluted", """
        exports.main = async (event) => ({ polluted: {}.polluted === true, keys: Object.keys(event).sort() })""")
    answer = ok(user.request("POST", "/v1/functions/polluted", data=hostile))
    assert answer["polluted"] is False
    assert ok(user.call("polluted"))["polluted"] is False

    body = f'{{"op":"add","collection":"safe","data":{hostile}}}'
    response = user.request("POST", "/v1/database", data=body)
    if response.status_code == 200:
        identifier = response.json()["id"]
        stored = ok(user.database("get", "safe", id=identifier))["data"]
        assert stored["__proto__"] == {"polluted": True}
        ok(user.database("remove", "safe", id=identifier))
    else:
        assert_problem(response, REFUSED)


def test_too_deep(user):
    for opening, closing in (('{"a":', "}"), ("[", "]")):
        deep = opening * 5000 + "1" + closing * 5000
        body = f'{{"op":"add","collection":"safe","data":{{"x":{deep}}}}}'
        assert_problem(user.request("POST", "/v1/database", data=body), REFUSED)
        assert_problem(user.request("POST", "/v1/functions/mirror", data=deep), REFUSED)
    query = '{"op":"get","collection":"safe","where":' + '{"$and":[' * 3000 + "{}" + "]}" * 3000 + "}"
    assert_problem(user.request("POST", "/v1/database", data=query), REFUSED)


def test_too_large(user):
    big = "x" * (600 << 10)
    assert_problem(user.database("add", "safe", data={"big": big}), (400, 413))
    body = b'{"op":"get","collection":"safe","where":{"a":"' + b"x" * (17 << 20) + b'"}}'
    assert_problem(user.request("POST", "/v1/database", data=body), 413)


def test_a_regular_expression_cannot_hold_the_server(environment, user):
    identifier = ok(user.database("add", "safe", data={"s": "a" * 5000 + "!"}))["id"]
    began = time.monotonic()
    response = user.database("get", "safe", where={"s": {"$regex": "^(a+)+$"}})
    assert time.monotonic() - began < 12
    assert response.status_code in (200, *REFUSED)
    ok(user.database("remove", "safe", id=identifier))


HEADERS = [
    {"Idempotency-Key": "k" * 129}, {"Idempotency-Key": ""}, {"x-sampan-env": "env-nobody"}, {"x-sampan-env": "../.."},
    {"x-sampan-env": ""}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"},
]  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_hostile_headers(user, headers):
    response = user.post("/v1/database", {"op": "add", "collection": "nowhere", "data": {}}, headers=headers)
    assert_problem(response, (*REFUSED, 401))


UNKNOWN = [
    ("GET", "/v1/nothing"), ("GET", "/v1/database"), ("DELETE", "/v1/login"), ("POST", "/admin/v1/nothing"), ("GET", "/.."),
    ("GET", "/v1/database/safe/%00"), ("GET", "/v1/database/safe/" + "x" * 5000), ("GET", "/files/../operator.key"),
    ("GET", "/files/%2e%2e/%2e%2e/operator.key"), ("GET", "/samples/retail/..%2f..%2foperator.key"), ("TRACE", "/healthz"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNKNOWN, ids=lambda value: value[:40])
def test_unknown_places(server, user, method, path):
    response = user.request(method, path, allow_redirects=False)
    assert response.status_code in (*REFUSED, 401, 405), response.status_code
    assert server.operator_key not in response.text


RAW_REQUESTS = [
    b"GET / HTTP/1.1\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    b"POST /v1/database HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/database HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/database HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("request_bytes", RAW_REQUESTS, ids=lambda data: repr(data[:40]))
def test_requests_that_are_not_http(server, request_bytes):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 5"), answer
    assert server.process.poll() is None


ADMIN_BODIES = [
    ("POST", "", {}), ("POST", "", {"name": 5}), ("POST", "", {"name": ""}), ("POST", "", {"name": "x" * 10_000}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), ADMIN_BODIES, ids=str)
def test_environments_need_a_name(admin, method, path, body):
    assert_problem(admin.request(method, f"/environments{path}", json=body), REFUSED)


ENVIRONMENT_BODIES = [
    ("PATCH", "/settings", {"developmentLogin": "yes"}),
    ("PATCH", "/settings", {"wechat": {"gateway": "file:///etc/passwd"}}),
    ("PATCH", "/settings", {"wechat": []}),
    ("PATCH", "/settings", {"variables": {"A=B": "x"}}),
    ("PATCH", "/settings", {"variables": {"A": [1]}}),
    ("POST", "/keys", {"name": "x", "kind": "root"}),
    ("POST", "/keys", {}),
    ("DELETE", "/keys/nothing", None),
    ("POST", "/collections", {"name": "x", "permission": "EVERYTHING"}),
    ("PATCH", "/collections/safe", {"permission": 1}),
    ("PATCH", "/collections/nothing", {"permission": "PRIVATE"}),
    ("DELETE", "/collections/nothing", None),
    ("POST", "/collections/safe/indexes", {"name": "x", "keys": []}),
    ("POST", "/collections/safe/indexes", {"name": "x", "keys": [["a", "up"]]}),
    ("DELETE", "/collections/safe/indexes/nothing", None),
    ("POST", "/blobs/missing", {"hashes": "x"}),
    ("POST", "/blobs/missing", {"hashes": ["zz"]}),
    ("POST", "/blobs/missing", {"hashes": ["0" * 64] * 10_001}),
    ("POST", "/functions/x/versions", {}),
    ("POST", "/functions/x/versions", {"files": []}),
    ("POST", "/functions/bad name/versions", {"files": []}),
    ("PUT", "/functions/nothing/traffic", {"traffic": []}),
    ("PUT", "/functions/nothing/triggers", {"triggers": []}),
    ("POST", "/functions/nothing/invoke", {}),
    ("GET", "/functions/nothing", None),
    ("GET", "/logs?limit=-1", None),
    ("GET", "/logs?limit=x", None),
    ("GET", "/logs?since=yesterday", None),
    ("GET", "/executions?limit=99999999", None),
    ("GET", "/export?collection=nothing", None),
    ("GET", "/export", None),
    ("POST", "/import?collection=safe&mode=overwrite", {}),
    ("POST", "/samples/nothing", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ENVIRONMENT_BODIES, ids=lambda value: str(value)[:50])
def test_management_refuses_nonsense(environment, user, method, path, body):
    assert_problem(environment.request(method, path, json=body), REFUSED)


@pytest.mark.parametrize(
    "index", [{"name": "x'; --", "keys": [["a", "asc"]]}, {"name": "x", "keys": [["a') --", "asc"]]}], ids=str
)
def test_hostile_names_of_indexes_are_refused_or_only_names(environment, user, index):
    response = environment.request("POST", "/collections/safe/indexes", json=index)
    assert response.status_code in (200, 201) or assert_problem(response, REFUSED)
    assert ok(user.database("get", "safe", where={index["keys"][0][0]: 1})) == {"data": []}
    if response.status_code in (200, 201):
        path = f"/collections/safe/indexes/{quote(index['name'], safe='')}"
        ok(environment.request("DELETE", path), (200, 204))


@pytest.mark.parametrize("settings", [
    {"timeoutSeconds": 0}, {"timeoutSeconds": 10**9}, {"timeoutSeconds": "5"}, {"memoryMB": 1}, {"memoryMB": 10**9}, {"concurrency": 0},
    {"handler": "../../x.main"}, {"handler": ""}, {"handler": 1}, {"variables": {"PATH\x00": "x"}},
    {"httpPath": "no-slash"},
    {"triggers": "x"}, {"triggers": [{"name": "t", "type": "comet", "config": "* * * * * *"}]},
], ids=str)  # fmt: skip
def test_function_settings_that_make_no_sense(environment, settings):
    assert_problem(environment.try_deploy("tuned", {"index.js": "exports.main = async () => 1"}, **settings), REFUSED)


def test_an_import_with_a_bad_line_writes_nothing(environment):
    body = b'{"_id":"a"}\n{"_id":\n{"_id":"c"}\n'
    assert_problem(environment.request("POST", "/import?collection=safe&mode=insert", data=body), REFUSED)


def test_keys_of_one_environment_open_no_other(admin, environment, other_environment):
    secret = environment.create_key("management")["secret"]
    holder = Admin(environment.address, secret)
    me = ok(holder.request("GET", "/whoami"))
    assert (me["kind"], me["environment"], me["operator"]) == ("key", environment.id, False)
    assert ok(holder.request("GET", f"/environments/{environment.id}"))["id"] == environment.id
    for method, path in (
        ("GET", f"/environments/{other_environment.id}"), ("GET", f"/environments/{other_environment.id}/functions"),
        ("GET", f"/environments/{other_environment.id}/logs"), ("DELETE", f"/environments/{other_environment.id}"),
        ("POST", f"/environments/{other_environment.id}/keys"), ("POST", "/environments"),
    ):  # fmt: skip
        assert_problem(holder.request(method, path, json={"name": "x", "kind": "management"}), (403, 404))
    listed = holder.request("GET", "/environments")
    assert listed.status_code == 403 or [entry["id"] for entry in ok(listed)["environments"]] == [environment.id]


@pytest.mark.parametrize("key", ["", "sk-", "sk-" + "0" * 40, "Bearer", "operator"])
def test_wrong_keys(server, key):
    assert_problem(Admin(server.address, key).request("GET", "/whoami"), 401)


def test_a_deleted_key_opens_nothing(environment):
    made = environment.create_key("management")
    holder = Admin(environment.address, made["secret"])
    ok(holder.request("GET", "/whoami"))
    ok(environment.request("DELETE", f"/keys/{made['id']}"), (200, 204))
    assert_problem(holder.request("GET", "/whoami"), 401)


def test_secrets_are_never_read_back(environment):
    made = environment.create_key("management")
    environment.change_settings(wechat={"appId": "wx1", "appSecret": "very-secret-word", "gateway": "http://127.0.0.1:1"})
    for path in ("/settings", "/keys", ""):
        text = environment.request("GET", path).text
        assert "very-secret-word" not in text
        assert made["secret"] not in text
    assert ok(environment.request("GET", "/settings"))["wechat"]["appSecretSet"] is True
