"""Schemathesis reads `/openapi.yaml` and sends what it describes and what it does not: never a 5xx."""

import copy
import subprocess
import sys

import pytest
import requests
import yaml
from harness.admin import Admin
from harness.server import plain_environment

# A function that fails answers 5xx by design, a stream does not end, and these would end the environment of the test.
LEFT_OUT = [
    ("post", "/v1/functions/{name}"), ("*", "/http/{env}/{path}"), ("post", "/functions/invokeFunction"),
    ("post", "/admin/v1/environments/{env}/functions/{name}/invoke"), ("get", "/admin/v1/environments/{env}/logs/follow"),
    ("delete", "/admin/v1/environments/{env}"), ("post", "/admin/v1/environments/{env}/suspend"),
]  # fmt: skip
SECONDS = 90


@pytest.fixture(scope="module")
def description(server):
    response = requests.get(server.address + "/openapi.yaml", timeout=10)
    assert response.status_code == 200
    return yaml.safe_load(response.text)


def test_the_description_is_of_openapi_3_1(description):
    assert description["openapi"].startswith("3.1")
    assert description["info"]["version"]


def for_environment(description, environment):
    """The description with a real environment's id in its paths, without what this test leaves out."""
    paths = {}
    for path, item in copy.deepcopy(description["paths"]).items():
        kept = {
            key: value for key, value in item.items() if (key, path) not in LEFT_OUT and ("*", path) not in LEFT_OUT
        }
        for holder in (kept, *(value for value in kept.values() if isinstance(value, dict))):
            if "parameters" in holder:
                holder["parameters"] = [each for each in holder["parameters"] if not is_environment(each)]
            content = holder.get("requestBody", {}).get("content", {})
            if "application/x-ndjson" in content:
                # A media type that Schemathesis cannot write; the server reads the same lines from any text.
                content["text/plain"] = content.pop("application/x-ndjson")
        if any(key in kept for key in ("get", "post", "put", "patch", "delete")):
            paths[path.replace("{env}", environment.id)] = kept
    return {**description, "paths": paths}


def is_environment(parameter):
    return parameter.get("name") == "env" or parameter.get("$ref", "").rsplit("/", 1)[-1].lower() in ("env", "environment")


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize(("kind", "included"), [("admin", "^/admin/"), ("client", "^/(v1|files|functions|alipay)")])
def test_no_request_makes_the_server_fail(own_server, wechat, alipay, description, tmp_path, kind, included):
    """Bounded in time and in requests; with the operator's key for management and a user's token for clients."""
    admin = Admin(own_server.address, own_server.operator_key)
    # Joined to the platforms: a login without them answers 501 by design.
    environment = admin.create_environment(wechat=wechat.settings, alipay=alipay.settings())
    environment.create_collection("goods", "PRIVATE")
    key = own_server.operator_key if kind == "admin" else environment.user("fuzz").login_answer["accessToken"]
    place = tmp_path / f"{kind}.yaml"
    place.write_text(yaml.safe_dump(for_environment(description, environment), allow_unicode=True), encoding="utf-8")
    result = run_schemathesis(own_server, place, key, included, environment.id)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    assert own_server.process.poll() is None


def run_schemathesis(server, description, key, included, environment):
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", description, "--url", server.address,
        "--checks", "not_a_server_error", "--max-examples", "20", "--max-time", str(SECONDS // 2), "--seed", "7",
        "--include-path-regex", included, "--header", f"Authorization: Bearer {key}", "--header", f"x-sampan-env: {environment}",
        "--request-timeout", "20", "--continue-on-failure", "--generation-database", "none", "--no-shrink",
        "--suppress-health-check", "all", "--warnings", "off", "--no-color",
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=description.parent, env=plain_environment(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
