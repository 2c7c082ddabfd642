"""Files of documents: progress, broken connections, SIGKILL in the middle, and every format there and back."""

import itertools
import json
import socket

import pytest
from harness.admin import Admin, wait_until
from harness.client import ok

LINES = 60_000
_numbers = itertools.count(1)


@pytest.fixture
def collection():
    return f"goods-{next(_numbers)}"


def lines(count):
    documents = ({"_id": f"d{number}", "n": number, "name": f"包子 {number}"} for number in range(count))
    return "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents).encode()


def begin(environment, collection, data, **query):
    answer = environment.request("POST", "/imports", params={"collection": collection, **query}, data=data)
    return ok(answer, 201)["id"]


def ended(environment, identifier):
    def over():
        shown = ok(environment.request("GET", f"/imports/{identifier}"))
        return shown if shown["state"] not in ("receiving", "running") else None

    return wait_until(over, seconds=60, every=0.02)


def count(environment, collection):
    return environment.database("count", collection)["total"]


def announce(environment, collection, size):
    """An import whose file is still to come."""
    return ok(environment.request("POST", "/imports", params={"collection": collection}, headers={"Upload-Length": str(size)}), 201)


def test_a_broken_upload_is_taken_up_again(environment, collection):
    data = lines(1000)
    begun = announce(environment, collection, len(data))
    assert (begun["state"], begun["received"]) == ("receiving", 0)
    path = f"/imports/{begun['id']}"

    def received():
        return ok(environment.request("GET", path))["received"]

    # A client that announces all of it and is gone after a part.
    host, port = environment.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = (
            f"PATCH /admin/v1/environments/{environment.id}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {environment.admin.key}\r\n"
            f"Upload-Offset: 0\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        connection.sendall(head.encode() + data[:20_000])
        wait_until(lambda: received() == 20_000)

    def rest():
        answer = environment.request("PATCH", path, headers={"Upload-Offset": str(received())}, data=data[20_000:])
        return answer if answer.status_code != 409 else None

    ok(wait_until(rest))
    assert ended(environment, begun["id"])["inserted"] == 1000
    assert count(environment, collection) == 1000


def test_a_wrong_offset_is_told_the_right_one(environment, collection):
    begun = announce(environment, collection, 10)
    answer = environment.request("PATCH", f"/imports/{begun['id']}", headers={"Upload-Offset": "4"}, data=b"x")
    assert (answer.status_code, answer.json()["code"], answer.json()["received"]) == (409, "IMPORT_OFFSET", 0)


def test_what_is_refused_can_be_left_out_afterwards(environment, collection):
    identifier = begin(environment, collection, b'{"_id":"a"}\n{"_id":"a"}\n{"_id":"b"}\n')
    failed = ended(environment, identifier)
    assert (failed["state"], failed["error"]["line"], failed["mayResume"], count(environment, collection)) == ("failed", 2, True, 0)
    ok(environment.request("POST", f"/imports/{identifier}/resume", json={"onError": "skip"}))
    done = ended(environment, identifier)
    assert (done["state"], done["inserted"], done["refused"], done["refusals"][0]["line"]) == ("done", 2, 1, 2)
    assert count(environment, collection) == 2


def test_sigkill_in_the_middle_leaves_nothing_out_and_nothing_twice(own_server):
    environment = Admin(own_server.address, own_server.operator_key).create_environment("imports")
    # Without ids of their own: what came twice would be there twice.
    data = "".join(f'{{"n":{number}}}\n' for number in range(LINES)).encode()
    identifier = begin(environment, "goods", data)
    for part in (1, 2, 3):
        wait_until(lambda part=part: ok(environment.request("GET", f"/imports/{identifier}"))["documents"] > LINES * part // 5, 60, 0.005)
        own_server.kill()
        own_server.start()
    done = ended(environment, identifier)
    assert (done["state"], done["inserted"]) == ("done", LINES)
    exported = environment.request("GET", "/export?collection=goods").text.splitlines()
    assert [json.loads(line)["n"] for line in exported] == list(range(LINES))


@pytest.mark.parametrize("form", ["jsonl", "ejson", "ejson-canonical", "bson"])
def test_a_collection_comes_back_as_it_was(environment, collection, form):
    ok(environment.request("POST", f"/import?collection={collection}", data=lines(700)))
    file = environment.request("GET", f"/export?collection={collection}&format={form}")
    assert file.headers["Sampan-Documents"] == "700"
    assert ended(environment, begin(environment, f"{collection}-again", file.content))["inserted"] == 700
    first, again = (environment.request("GET", f"/export?collection={name}").content for name in (collection, f"{collection}-again"))
    assert first == again


def test_a_table_for_a_spreadsheet(environment, collection):
    table = "\ufeffname,price,from.city\r\n=1+1,3,杭州\r\n\"a, b\",4.5,\r\n".encode()
    assert ended(environment, begin(environment, collection, table, fileName="goods.csv"))["inserted"] == 2
    documents = environment.database("get", collection)["data"]
    assert [(d["name"], d["price"], d.get("from")) for d in documents] == [("=1+1", 3, {"city": "杭州"}), ("a, b", 4.5, None)]
    file = environment.request("GET", f"/export?collection={collection}&format=csv&fields=name,price,from.city").content
    assert file.decode("utf-8-sig").splitlines() == ["name,price,from.city", "'=1+1,3,杭州", '"a, b",4.5,']
