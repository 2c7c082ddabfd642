"""How the server starts, and that nothing keeps it from stopping."""

import time
from pathlib import Path

import pytest
from harness.admin import Admin, wait_until
from harness.server import Server


@pytest.fixture
def environment(own_server):
    made = Admin(own_server.address, own_server.operator_key).create_environment()
    made.deploy("talk", "exports.main = async (event) => { console.log('said ' + event.n) }")
    return made


def test_a_follower_does_not_keep_the_server_from_stopping(own_server, environment):
    with environment.request("GET", "/logs/follow", stream=True, timeout=30) as stream:
        environment.invoke("talk", {"n": 1})
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith(b"data:"))
        began = time.monotonic()
        assert own_server.stop() == 0
        assert time.monotonic() - began < 8


def states_of_connections(port):
    """The states of the server's connections, as /proc/net/tcp numbers them: 01 established, 08 the other side has left."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[3] for row in rows if row[1].endswith(f":{port:04X}") and row[3] != "0A"]


def test_a_follower_that_leaves_is_let_go(own_server, environment):
    environment.admin.session.close()
    with environment.request("GET", "/logs/follow", stream=True, timeout=30) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith(b":")
        assert "01" in states_of_connections(own_server.port)
    environment.admin.session.close()
    # No log line is written, so only the leaving itself can end the stream.
    wait_until(lambda: not set(states_of_connections(own_server.port)) & {"01", "08"}, seconds=5)


def start(folder, *arguments):
    """What a server says that refuses to start."""
    with pytest.raises(RuntimeError) as refusal:
        Server(folder, *arguments).start()
    return str(refusal.value)


def test_without_node_it_does_not_start(tmp_path):
    said = start(tmp_path, "--node", "/nowhere/node")
    assert "/nowhere/node" in said
    assert "Node.js 18" in said


def test_an_old_node_is_refused(tmp_path):
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v12.22.0\n")
    node.chmod(0o755)
    said = start(tmp_path, "--node", node)
    assert "v12.22.0" in said
    assert "--node" in said


def test_without_the_runtime_it_does_not_start(tmp_path):
    assert "worker.js" in start(tmp_path, "--home", tmp_path)
