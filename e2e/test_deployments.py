"""Versions, traffic between them, rolling back, and what a deployment may not hold."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import ok
from harness.problems import assert_problem


def version(n):
    return f"exports.main = async () => {n}"


def test_only_what_is_missing_is_uploaded(environment):
    first = environment.upload_blobs([b"shared by two", b"only in the first"])
    second = environment.upload_blobs([b"shared by two", b"only in the second"])
    assert (first, second) == (2, 1)


def test_the_same_content_is_the_same_version(environment):
    first = environment.try_deploy("same", {"index.js": version(1)})
    again = environment.try_deploy("same", {"index.js": version(1)})
    changed = environment.try_deploy("same", {"index.js": version(2)})
    assert (first.status_code, first.json()["version"], first.json()["reused"]) == (201, 1, False)
    assert (again.status_code, again.json()["version"], again.json()["reused"]) == (200, 1, True)
    assert (changed.status_code, changed.json()["version"]) == (201, 2)


def test_other_settings_are_another_version(environment):
    environment.deploy("tuned", version(1), timeoutSeconds=5)
    assert environment.deploy("tuned", version(1), timeoutSeconds=6)["version"] == 2
    assert environment.deploy("tuned", version(2))["version"] == 3
    assert environment.function("tuned")["timeoutSeconds"] == 6, "absent settings keep the previous version's"


def test_null_puts_a_setting_back(environment):
    timer = {"name": "t", "type": "timer", "config": "0 0 0 1 1 *"}
    given = {"timeoutSeconds": 5, "onSuccess": "after", "onFailure": "alarm", "variables": {"A": "1"}}
    environment.deploy("cleared", version(1), httpPath="/cleared", triggers=[timer], **given)
    nothing = {name: None for name in ("timeoutSeconds", "onSuccess", "onFailure", "variables", "httpPath", "triggers")}
    environment.deploy("cleared", version(1), **nothing)
    shown = environment.function("cleared")
    assert shown["timeoutSeconds"] == 20 and shown["triggers"] == [] and shown["versions"][0]["variables"] == []
    assert not {"onSuccess", "onFailure", "httpPath"} & set(shown)
    ok(environment.request("PUT", "/functions/cleared/triggers", json={"triggers": [timer]}))
    assert ok(environment.request("PUT", "/functions/cleared/triggers", json={"triggers": None}))["triggers"] == []
    assert_problem(environment.request("PUT", "/functions/cleared/triggers", json={}), 400, "BAD_MEMBER")


def test_rolling_back_is_immediate_and_whole(environment):
    for n in (1, 2, 3):
        environment.deploy("rolled", version(n))
    assert environment.invoke("rolled") == 3
    environment.set_traffic("rolled", (2, 100))
    assert {environment.invoke("rolled") for _ in range(20)} == {2}
    kept = environment.function("rolled")
    assert [entry["version"] for entry in kept["versions"]] in ([1, 2, 3], [3, 2, 1])
    assert kept["traffic"] == [{"version": 2, "weight": 100}]


def test_a_version_that_is_not_activated_gets_no_traffic(environment):
    environment.deploy("waiting", version(1))
    environment.deploy("waiting", version(2), activate=False)
    assert {environment.invoke("waiting") for _ in range(20)} == {1}


def test_traffic_is_split_by_weight(environment):
    environment.deploy("split", version(1))
    environment.deploy("split", version(2))
    environment.set_traffic("split", (1, 80), (2, 20))
    calls = 300
    share = sum(environment.invoke("split") == 2 for _ in range(calls)) / calls
    assert 0.1 < share < 0.3


def test_running_calls_finish_on_their_version(environment):
    slow = "exports.main = async () => { await new Promise(done => setTimeout(done, 800)); return 1 }"
    environment.deploy("moving", slow)
    environment.invoke("moving")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(environment.invoke, "moving")
        environment.deploy("moving", version(2))
        assert environment.invoke("moving") == 2
        assert running.result() == 1


@pytest.mark.parametrize(
    "weights",
    [[], [(9, 100)], [(1, 0)], [(1, -1)], [(1, 60), (1, 40)], [(1, 100.5)]],
    ids=["none", "unknown", "nothing", "negative", "twice", "fraction"],
)
def test_traffic_that_makes_no_sense_is_refused(environment, weights):
    environment.deploy("sane", version(1))
    traffic = [{"version": number, "weight": weight} for number, weight in weights]
    assert_problem(environment.request("PUT", "/functions/sane/traffic", json={"traffic": traffic}), (400, 404, 422))
    assert environment.invoke("sane") == 1


def test_a_deleted_function_is_gone(environment):
    environment.deploy("short-lived", version(1))
    ok(environment.request("DELETE", "/functions/short-lived"), (200, 204))
    assert_problem(environment.try_invoke("short-lived"), 404, "FUNCTION_NOT_FOUND")
    assert "short-lived" not in [entry["name"] for entry in ok(environment.request("GET", "/functions"))["functions"]]


ESCAPES = [
    "../outside.js", "a/../../outside.js", "/etc/outside", "..", ".", "", "a//b.js", "a/./b.js", "a\\..\\b.js",
    "a\x00b.js", "a/", "x" * 300, "/".join(["d"] * 600),
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES, ids=lambda path: repr(path[:16]))
def test_paths_that_leave_the_folder_are_refused(environment, path):
    environment.upload_blobs([b"evil"])
    files = [{"path": path, "hash": hashlib.sha256(b"evil").hexdigest()}]
    response = environment.request("POST", "/functions/escape/versions", json={"files": files, "handler": "index.main"})
    assert_problem(response, (400, 422))
    assert_problem(environment.request("GET", "/functions/escape"), 404)


def test_a_path_may_not_be_a_file_and_a_folder(environment):
    environment.upload_blobs([b"x"])
    digest = hashlib.sha256(b"x").hexdigest()
    for paths in (["a", "a/b"], ["a", "a"]):
        files = [{"path": path, "hash": digest} for path in paths]
        response = environment.request("POST", "/functions/clash/versions", json={"files": files, "handler": "index.main"})
        assert_problem(response, (400, 422))


def test_a_version_needs_its_files_uploaded(environment):
    files = [{"path": "index.js", "hash": hashlib.sha256(b"never uploaded").hexdigest()}]
    response = environment.request("POST", "/functions/hollow/versions", json={"files": files, "handler": "index.main"})
    assert_problem(response, (400, 409, 422))


def test_a_blob_must_be_what_its_name_says(environment):
    wrong = environment.request("PUT", f"/blobs/{'0' * 64}", data=b"something else")
    assert_problem(wrong, 422)
    for name in ("zz", "0" * 63, "../../operator.key", "%2e%2e%2foperator.key"):
        assert_problem(environment.request("PUT", f"/blobs/{name}", data=b"x"), (400, 404, 405, 422))


def test_blobs_of_another_environment_cannot_be_used(environment, other_environment):
    secret = b"exports.main = async () => 'their secret price list'"
    other_environment.upload_blobs([secret])
    digest = hashlib.sha256(secret).hexdigest()
    assert ok(environment.request("POST", "/blobs/missing", json={"hashes": [digest]}))["missing"] == [digest]
    body = {"files": [{"path": "index.js", "hash": digest}], "handler": "index.main"}
    assert_problem(environment.request("POST", "/functions/thief/versions", json=body), (400, 409, 422))
