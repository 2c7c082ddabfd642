"""Limits that whoever runs a server sets."""

import pytest
from harness.admin import Admin
from harness.client import ok
from harness.server import Server


def test_limits_are_set(tmp_path):
    server = Server(tmp_path, "--limits", "queryRowsDefault=2,queryRowsMax=3", variables={"SAMPAN_LIMITS": "queryRowsMax=9"}).start()
    try:
        environment = Admin(server.address, server.operator_key).create_environment()
        environment.create_collection("goods", "PRIVATE")
        environment.database("add", "goods", data=[{"_id": str(number)} for number in range(5)])
        found = environment.database("get", "goods")
        assert len(found["data"]) == 2 and found["more"] is True
        assert len(environment.database("get", "goods", limit=3)["data"]) == 3
        body = {"op": "get", "collection": "goods", "limit": 4}
        refused = environment.request("POST", "/database", json=body)
        assert refused.status_code == 400 and "3" in ok(refused, 400)["detail"]
    finally:
        server.stop()


@pytest.mark.parametrize("text", ["queryRowsMax=0", "rows=5", "queryRowsMax"])
def test_a_server_does_not_start_with_limits_that_make_no_sense(tmp_path, text):
    server = Server(tmp_path, "--limits", text)
    with pytest.raises(RuntimeError, match="sampan: --limits: "):
        server.start()
