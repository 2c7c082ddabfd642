"""What a browser lets pages of other origins do: everything that clients use, and nothing that managers use."""

import pytest
import requests
from harness.client import ok

ORIGIN = {"Origin": "https://shop.example"}
ASKED = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


def words(header):
    return {word.strip().lower() for word in header.split(",")}


@pytest.mark.parametrize("path", ["/v1/login", "/v1/database", "/v1/functions/x", "/v1/files", "/files/env-x/a.png", "/http/env-x/site"])
def test_a_browser_may_send(server, path):
    answer = requests.options(server.address + path, headers=ASKED, timeout=10)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert words(answer.headers["Access-Control-Allow-Headers"]) >= {"authorization", "content-type"}
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_headers_of_the_client_api_may_be_sent(server):
    allowed = requests.options(server.address + "/v1/database", headers=ASKED, timeout=10).headers["Access-Control-Allow-Headers"]
    assert words(allowed) >= {"authorization", "content-type", "x-sampan-env", "x-request-id", "idempotency-key", "accept-language"}


def test_pages_may_read_answers_and_refusals(environment, user_session):
    answer = user_session.request("POST", "/v1/login", json={"platform": "anonymous"}, headers=ORIGIN)
    ok(answer)
    refusal = user_session.request("POST", "/v1/functions/nothing", json={}, headers=ORIGIN)
    assert refusal.status_code == 404
    for response in (answer, refusal):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert words(response.headers["Access-Control-Expose-Headers"]) >= {"x-request-id", "retry-after"}


@pytest.fixture
def user_session(environment):
    return environment.user("alice")


@pytest.mark.parametrize("path", ["/admin/v1/whoami", "/admin/v1/environments", "/console/", "/functions/invokeFunction"])
def test_managers_pages_stay_closed(server, path):
    for answer in (
        requests.options(server.address + path, headers=ASKED, timeout=10),
        requests.get(server.address + path, headers=ORIGIN, timeout=10, allow_redirects=False),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_function_may_choose_its_origins(environment):
    environment.deploy("choosy", """
        exports.main = async () => ({ statusCode: 200, headers: { 'access-control-allow-origin': 'https://own.example' }, body: 'x' })
        """, httpPath="/choosy")
    answer = requests.get(f"{environment.address}/http/{environment.id}/choosy", headers=ORIGIN, timeout=20)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://own.example"
