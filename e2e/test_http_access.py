"""Functions that answer plain HTTP, with the integration request and response."""

import pytest
import requests
from harness.problems import assert_problem


@pytest.fixture(scope="module")
def call(environment):
    """Calls a path of the environment's HTTP access."""
    environment.deploy("site", """
        exports.main = async (event) => {
          if (event.path.endsWith('/text')) return 'plain'
          if (event.path.endsWith('/number')) return 42
          if (event.path.endsWith('/image')) return { statusCode: 201, isBase64Encoded: true,
            headers: { 'content-type': 'image/png', 'x-own': 'yes' }, body: Buffer.from([137, 80, 0, 255]).toString('base64') }
          if (event.path.endsWith('/moved')) return { statusCode: 302, headers: { location: '/elsewhere' }, body: '' }
          if (event.path.endsWith('/bad')) return { statusCode: 99999, headers: { 'bad\\r\\nname': 'x' }, body: 'x' }
          if (event.path.endsWith('/throw')) throw new Error('private words')
          return event }""", httpPath="/site")
    environment.deploy("deeper", "exports.main = async () => 'deeper'", httpPath="/site/deep")

    def send(method, path, **options):
        options.setdefault("allow_redirects", False)
        return requests.request(method, f"{environment.address}/http/{environment.id}{path}", timeout=20, **options)

    return send


def test_the_event_holds_the_whole_request(call):
    event = call("POST", "/site/orders/7?color=red&size=%E5%A4%A7", data="body text", headers={"X-Mine": "1"}).json()
    assert event["httpMethod"] == "POST"
    assert event["path"].endswith("/orders/7")
    assert event["queryStringParameters"] == {"color": "red", "size": "大"}
    assert {name.lower(): value for name, value in event["headers"].items()}["x-mine"] == "1"
    assert event["body"] == "body text"
    assert event["isBase64Encoded"] is False


def test_bytes_that_are_no_text_come_as_base64(call):
    event = call("PUT", "/site/upload", data=b"\x89PNG\x00\xff").json()
    assert event["isBase64Encoded"] is True
    assert event["body"] == "iVBORwD/"


def test_text_and_numbers_are_plain_text(call):
    for path, expected in (("/site/text", "plain"), ("/site/number", "42")):
        response = call("GET", path)
        assert response.text == expected
        assert response.headers["Content-Type"].startswith("text/plain")


def test_integration_response(call):
    response = call("GET", "/site/image")
    assert response.status_code == 201
    assert response.content == b"\x89P\x00\xff"
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Own"] == "yes"
    moved = call("GET", "/site/moved")
    assert (moved.status_code, moved.headers["Location"]) == (302, "/elsewhere")


def test_the_longest_path_wins(call):
    assert call("GET", "/site/deep/below").text == "deeper"
    assert call("GET", "/site/deeply").json()["path"].endswith("/deeply")


def test_an_unbound_path_is_not_found(call):
    assert_problem(call("GET", "/nothing"), 404)
    assert_problem(call("GET", "/sitemap"), 404)


def test_a_response_that_breaks_http_is_refused(call):
    response = call("GET", "/site/bad")
    assert response.status_code >= 500
    assert "bad" not in {name.lower()[:3] for name in response.headers}


def test_an_error_is_a_problem(call):
    assert_problem(call("GET", "/site/throw"), 500, "FUNCTION_ERROR")
