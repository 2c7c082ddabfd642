"""The disk and the database under it: killed while an index is made, full, and wanted by two servers."""

import errno
import json
import subprocess
import threading
import time

import pytest
import requests
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.engines import ENGINES, variables_of
from harness.server import Server, plain_environment, program

DOCUMENTS = 100_000
BATCH = 1000
KILLS = 3


def fill(environment, collection, count):
    environment.create_collection(collection)
    for start in range(0, count, BATCH):
        documents = [{"_id": str(n), "k": n % 100, "n": n} for n in range(start, min(start + BATCH, count))]
        environment.database("add", collection, data=documents)


def explained(environment, **query):
    return environment.database("get", "goods", explain=True, **query)["explain"]


@pytest.fixture(params=ENGINES)
def server_of_either_engine(request, tmp_path):
    """A server that the test may do anything to, with its documents in files or in a PostgreSQL."""
    running = Server(tmp_path, variables=variables_of(request.param)).start()
    yield running
    running.kill()


@pytest.mark.timeout(300)
def test_an_index_that_was_being_made_when_the_server_died_is_made_whole(server_of_either_engine):
    server = server_of_either_engine
    environment = Admin(server.address, server.operator_key).create_environment()
    fill(environment, "goods", DOCUMENTS)
    assert_queries_are_right(environment, DOCUMENTS)

    request = threading.Thread(target=ask_for_index, args=(environment,))
    request.start()
    added = 0
    for _ in range(KILLS):
        wait_until(lambda: is_known(environment), every=0.005)
        assert_queries_are_right(environment, DOCUMENTS + added)
        server.kill()
        server.start()
        # What is written beside the half of it belongs to it as well.
        environment.database("add", "goods", data={"_id": f"later-{added}", "k": 7, "n": DOCUMENTS + added})
        added += 1
    request.join()

    def is_whole():
        assert_queries_are_right(environment, DOCUMENTS + added)
        return explained(environment, where={"k": 7}, limit=10)["plan"] == "index"

    wait_until(is_whole, seconds=120)
    assert_queries_are_right(environment, DOCUMENTS + added)
    [index] = ok(environment.request("GET", "/collections/goods"))["indexes"]
    assert not index.get("building")
    assert server.stop() == 0


def ask_for_index(environment):
    try:
        environment.request("POST", "/collections/goods/indexes", json={"name": "by_k", "keys": [["k", "asc"]]})
    except requests.exceptions.RequestException:
        return  # the server was killed, which is what this is about


def is_known(environment):
    return ok(environment.request("GET", "/collections/goods"))["indexes"]


def assert_queries_are_right(environment, count):
    later = count - DOCUMENTS
    assert environment.database("count", "goods", where={"k": 7})["total"] == DOCUMENTS // 100 + later
    assert environment.database("count", "goods", where={"k": {"$gte": 98}})["total"] == DOCUMENTS // 50


def test_a_second_server_on_the_same_folder_refuses_at_once(own_server):
    began = time.monotonic()
    second = subprocess.run(
        [program(), "serve", "--data", own_server.data, "--host", "127.0.0.1", "--port", "0"],
        capture_output=True, text=True, timeout=30, check=False, env=plain_environment(),
    )  # fmt: skip
    assert time.monotonic() - began < 10
    assert second.returncode != 0
    assert str(own_server.data) in second.stdout + second.stderr
    assert own_server.process.poll() is None
    Admin(own_server.address, own_server.operator_key).create_environment()


# A full disk.


@pytest.fixture
def small_disk(tmp_path):
    """A server whose data lies on a file system of 24 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    server = Server(disk)
    server.log = tmp_path / "server.log"
    try:
        yield server.start(), disk
    finally:
        server.kill()
        subprocess.run(["umount", "--lazy", disk], check=True)


def occupy(disk):
    """Takes all the room that is left."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return disk / "ballast"


def test_a_full_disk_refuses_writes_and_nothing_else(small_disk):
    server, disk = small_disk
    environment = Admin(server.address, server.operator_key).create_environment()
    fill(environment, "goods", 2000)
    ballast = occupy(disk)

    kept, refused = [], []
    for number in range(200):
        documents = [{"_id": f"{number}-{part}", "text": "x" * 2000} for part in range(5)]
        response = environment.request("POST", "/database", json={"op": "add", "collection": "goods", "data": documents})
        if response.status_code == 200:
            kept.append(number)
            continue
        problem = response.json()
        assert (response.status_code, problem["code"]) == (507, "STORAGE_FULL"), response.text
        refused.append(number)
        # Reading goes on.
        assert environment.database("count", "goods", where={"n": {"$gte": 0}})["total"] == 2000
        if len(refused) >= 20:
            break
    assert len(refused) >= 20, "the disk was never full"
    assert_all_or_nothing(environment, kept, refused)

    ballast.unlink()
    assert_writes_work_again(environment)
    assert server.stop() == 0
    server.start()
    environment = Admin(server.address, server.operator_key).environment(environment.id)
    assert_all_or_nothing(environment, kept, refused)
    assert environment.database("get", "goods", id="after")["data"]["n"] == 1


def assert_all_or_nothing(environment, kept, refused):
    for numbers, expected in ((kept, 5), (refused, 0)):
        for number in numbers:
            ids = [f"{number}-{part}" for part in range(5)]
            assert environment.database("count", "goods", where={"_id": {"$in": ids}})["total"] == expected


def assert_writes_work_again(environment):
    ok(environment.request("POST", "/database", json={"op": "set", "collection": "goods", "id": "after", "data": {"n": 1}}))
    assert json.dumps(environment.database("get", "goods", id="after")["data"]["n"]) == "1"
