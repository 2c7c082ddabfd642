"""What was answered is kept: the server and its workers are killed again and again while they work."""

import itertools
import json
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from harness.admin import Admin, wait_until
from harness.client import ok
from harness.server import Server, command_line

KILLS = 20
WRITERS = 6


class Writer(threading.Thread):
    """Writes as fast as it is answered, and remembers what was answered, until the server is gone."""

    def __init__(self, client, number, round_number):
        super().__init__()
        self.client = client
        self.number = number
        self.round_number = round_number
        self.single = []
        self.batches = []
        self.increments = 0
        self.unexpected = []

    def run(self):
        try:
            for count in itertools.count():
                self.write(f"{self.round_number}-{self.number}-{count}", count)
        except requests.exceptions.RequestException:
            return  # the server was killed, which is what ends a writer

    def write(self, name, count):
        single = self.client.database("add", "ledger", data={"_id": name, "text": "x" * 200})
        self.keep(single, lambda: self.single.append(name))
        if count % 3 == 0:
            batch = [{"_id": f"{name}-{part}", "batch": name} for part in range(3)]
            self.keep(self.client.database("add", "ledger", data=batch), lambda: self.batches.append(name))
        counter = self.client.database("update", "counters", id=f"writer-{self.number}", update={"$inc": {"n": 1}})
        self.keep(counter, self.count_increment)

    def count_increment(self):
        self.increments += 1

    def keep(self, response, remember):
        if response.status_code == 200:
            remember()
        else:
            self.unexpected.append((response.status_code, response.text[:200]))


@pytest.mark.timeout(300)
def test_no_acknowledged_write_is_lost_when_the_server_is_killed(own_server):
    environment = Admin(own_server.address, own_server.operator_key).create_environment()
    for name in ("ledger", "counters"):
        environment.create_collection(name, "PRIVATE")
    clients = [environment.user(f"writer-{number}") for number in range(WRITERS)]
    for number, client in enumerate(clients):
        ok(client.database("add", "counters", data={"_id": f"writer-{number}", "n": 0}))
    chance = random.Random(20)
    single, batches, increments = set(), set(), [0] * WRITERS

    for round_number in range(KILLS):
        writers = [Writer(client, number, round_number) for number, client in enumerate(clients)]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.1, 0.5))
        own_server.kill()
        for writer in writers:
            writer.join()
            assert not writer.unexpected
            single.update(writer.single)
            batches.update(writer.batches)
            increments[writer.number] += writer.increments
        own_server.start()

        stored = stored_documents(environment)
        assert single <= stored.keys(), f"lost in round {round_number}: {sorted(single - stored.keys())[:5]}"
        assert_batches_are_whole(stored, batches)
        for number in range(WRITERS):
            counted = environment.database("get", "counters", id=f"writer-{number}")["data"]["n"]
            # Between a kill and its answer one write of each round may have been kept that nobody was told of.
            assert increments[number] <= counted <= increments[number] + round_number + 1
    assert len(single) > KILLS * WRITERS, "too few writes were answered for this to mean anything"
    assert own_server.stop() == 0


def stored_documents(environment):
    response = environment.request("GET", "/export", params={"collection": "ledger"})
    assert response.status_code == 200
    documents = [json.loads(line) for line in response.text.splitlines()]
    return {document["_id"]: document for document in documents}


def assert_batches_are_whole(stored, acknowledged):
    parts = {}
    for document in stored.values():
        if "batch" in document:
            parts[document["batch"]] = parts.get(document["batch"], 0) + 1
    assert acknowledged <= parts.keys()
    assert set(parts.values()) <= {3}, "a batch is written whole or not at all"


RECORD_ONCE = """
const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
exports.main = async (event) => {
  await new Promise(done => setTimeout(done, 30))
  await cloud.database().collection('done').doc('n' + event.n).set({ data: { n: event.n } })
}"""


@pytest.fixture
def queue(own_server):
    environment = Admin(own_server.address, own_server.operator_key).create_environment()
    environment.create_collection("done", "ADMINONLY")
    environment.deploy("record", RECORD_ONCE)
    environment.invoke("record", {"n": -1})
    return environment


def queue_many(environment, count):
    with ThreadPoolExecutor(4) as pool:
        identifiers = list(pool.map(lambda n: environment.invoke_later("record", {"n": n}), range(count)))
    assert len(set(identifiers)) == count


def wait_until_done(environment, count):
    wait_until(lambda: environment.database("count", "done", where={"n": {"$gte": 0}})["total"] == count, seconds=90, every=0.3)


@pytest.mark.timeout(240)
def test_no_invocation_is_lost_when_workers_are_killed(own_server, queue):
    killed = 0
    stop = threading.Event()

    def kill_workers():
        nonlocal killed
        while not stop.wait(0.4) and killed < 12:
            for pid in own_server.workers():
                if command_line(pid):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1

    killer = threading.Thread(target=kill_workers)
    killer.start()
    queue_many(queue, 200)
    wait_until(lambda: killed >= 3, seconds=30)
    stop.set()
    killer.join()
    wait_until_done(queue, 200)


@pytest.mark.timeout(240)
def test_no_invocation_is_lost_when_the_server_is_killed(own_server, queue):
    queue_many(queue, 100)
    own_server.kill()
    own_server.start()
    wait_until_done(queue, 100)


def test_workers_end_with_their_server(own_server, queue):
    workers = wait_until(own_server.workers)
    own_server.kill()
    wait_until(lambda: not [pid for pid in workers if command_line(pid)], seconds=10)


def test_a_version_survives_a_kill(own_server, queue):
    queue.deploy("constant", "exports.main = async () => 7", variables={"SECRET": "x"})
    token = queue.user("alice").login_answer["accessToken"]
    own_server.kill()
    own_server.start()
    assert ok(queue.client(token).call("constant")) == 7


def test_a_stopped_server_lets_running_calls_finish(own_server, queue):
    queue.deploy("slow", "exports.main = async () => { await new Promise(done => setTimeout(done, 1500)); return 'done' }")
    queue.invoke("record", {"n": -2})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(queue.invoke, "slow")
        time.sleep(0.7)
        assert own_server.stop() == 0
        assert running.result() == "done"


def test_two_servers_never_share_a_folder(own_server):
    second = Server(own_server.data.parent)
    second.log = own_server.data.parent / "second.log"
    with pytest.raises(RuntimeError):
        second.start()
    assert own_server.process.poll() is None
