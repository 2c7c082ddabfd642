"""Files: upload, temporary link, range, delete; from clients and from functions."""

import os
import string
import time

import pytest
import requests
from harness.client import ok
from harness.problems import assert_problem


@pytest.fixture(scope="module")
def user(environment):
    return environment.user("alice")


def link_of(user, file_id):
    return ok(user.post("/v1/files/urls", {"fileList": [file_id]}))["fileList"][0]["tempFileURL"]


def test_a_file_goes_up_and_comes_down(environment, user):
    content = os.urandom(200_000)
    answer = ok(user.upload("pictures/猫 1.png", content))
    assert answer["size"] == len(content)
    assert answer["fileID"] == f"cloud://{environment.id}/pictures/猫 1.png"
    link = link_of(user, answer["fileID"])
    got = requests.get(link, timeout=10)
    assert got.content == content
    assert got.headers["Content-Type"] == "image/png"


def test_part_of_a_file(user):
    file_id = ok(user.upload("letters.txt", b"abcdefghij"))["fileID"]
    got = requests.get(link_of(user, file_id), headers={"Range": "bytes=2-4"}, timeout=10)
    assert (got.status_code, got.content) == (206, b"cde")
    assert got.headers["Content-Range"] == "bytes 2-4/10"
    beyond = requests.get(link_of(user, file_id), headers={"Range": "bytes=50-"}, timeout=10)
    assert beyond.status_code == 416


def test_head_tells_of_a_file_and_leaves_the_connection_in_order(user):
    file_id = ok(user.upload("told.txt", b"abcdefghij"))["fileID"]
    link = link_of(user, file_id)
    with requests.Session() as one:
        one.trust_env = False
        for _ in range(2):
            told = one.head(link, timeout=10)
            got = one.get(link, timeout=10)
            assert (told.status_code, told.content, told.headers["Content-Length"]) == (200, b"", "10")
            assert got.content == b"abcdefghij"
            differing = {name for name in got.headers if got.headers[name] != told.headers.get(name)}
            assert differing <= {"x-request-id", "Date"}
            # A refusal has no body either: what follows it on this connection would be read as part of the next answer.
            assert one.head(link.replace("told", "untold"), timeout=10).status_code == 403


def test_a_link_is_for_one_file_and_one_time(user):
    file_id = ok(user.upload("one.txt", b"1"))["fileID"]
    ok(user.upload("two.txt", b"2"))
    link = link_of(user, file_id)
    # Every other last character: some of them decode to the same bytes.
    ends = [link[:-1] + end for end in string.ascii_letters + string.digits + "-_" if end != link[-1]]
    for spoiled in (link.replace("one.txt", "two.txt"), *ends, link.split("?")[0], link.replace("e=", "e=9")):
        assert_problem(requests.get(spoiled, timeout=10), 403, "URL_INVALID")


def test_an_expired_link_is_refused(user):
    file_id = ok(user.upload("brief.txt", b"1"))["fileID"]
    answer = ok(user.post("/v1/files/urls", {"fileList": [{"fileID": file_id, "maxAge": 1}]}))["fileList"][0]
    assert answer["maxAge"] == 1
    assert requests.get(answer["tempFileURL"], timeout=10).status_code == 200
    time.sleep(2.1)
    assert_problem(requests.get(answer["tempFileURL"], timeout=10), 403, "URL_EXPIRED")


def test_a_missing_file_says_so_in_its_row(environment, user):
    rows = ok(user.post("/v1/files/urls", {"fileList": [f"cloud://{environment.id}/nothing.txt"]}))["fileList"]
    assert rows[0]["status"] == 1
    assert not rows[0].get("tempFileURL")


def test_deleting(environment, user):
    file_id = ok(user.upload("gone.txt", b"1"))["fileID"]
    link = link_of(user, file_id)
    rows = ok(user.post("/v1/files/delete", {"fileList": [file_id]}))["fileList"]
    assert (rows[0]["fileID"], rows[0]["status"]) == (file_id, 0)
    assert_problem(requests.get(link, timeout=10), 404)
    assert "gone.txt" not in [entry["path"] for entry in ok(environment.request("GET", "/files"))["files"]]


def test_only_fifty_at_once(environment, user):
    many = [f"cloud://{environment.id}/{n}" for n in range(51)]
    for path in ("/v1/files/urls", "/v1/files/delete"):
        assert_problem(user.post(path, {"fileList": many}), (400, 422))


@pytest.mark.parametrize(
    "path", ["../up.txt", "/root.txt", "a//b", "a/../../b", "", "x" * 300, "a\x00b", ".", "a/.."], ids=lambda path: repr(path[:12])
)
def test_paths_that_are_not_allowed(user, path):
    assert_problem(user.upload(path, b"x"), (400, 422))


def test_files_of_another_environment_are_out_of_reach(other_environment, user):
    theirs = ok(other_environment.user("zoe").upload("private.txt", b"secret"))["fileID"]
    rows = user.post("/v1/files/urls", {"fileList": [theirs]})
    assert rows.status_code in (400, 403, 404) or ok(rows)["fileList"][0]["status"] != 0
    user.post("/v1/files/delete", {"fileList": [theirs]})
    assert "private.txt" in [entry["path"] for entry in ok(other_environment.request("GET", "/files"))["files"]]


def test_functions_handle_files(environment, user):
    environment.deploy("filer", """
        const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
        exports.main = async () => {
          const up = await cloud.uploadFile({ cloudPath: 'from/function.bin', fileContent: Buffer.from([0, 1, 255]) })
          const down = await cloud.downloadFile({ fileID: up.fileID })
          const links = await cloud.getTempFileURL({ fileList: [up.fileID] })
          const gone = await cloud.deleteFile({ fileList: [up.fileID] })
          return { id: up.fileID, bytes: [...down.fileContent], link: links.fileList[0].tempFileURL, gone: gone.fileList[0].status }
        }""")
    answer = ok(user.call("filer"))
    assert answer["id"] == f"cloud://{environment.id}/from/function.bin"
    assert answer["bytes"] == [0, 1, 255]
    assert answer["link"].startswith("http")
    assert answer["gone"] == 0
