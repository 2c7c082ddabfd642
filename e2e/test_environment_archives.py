"""Archives of environments: everything in open formats, read back with Python's tarfile."""

import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from harness.admin import Admin, Environment, wait_until
from harness.client import ok
from harness.coupons import Merchant, claimed
from harness.problems import assert_problem

LONG = "/".join(f"part{number:02}-" + "长" * 40 for number in range(7)) + "/文件.txt"
LARGE = bytes(range(256)) * 4096 * 5


@pytest.fixture(scope="module")
def shop(admin):
    environment = admin.create_environment(
        "茶 shop/1", variables={"SHOP": "tea"}, wechat={"appId": "wx1", "appSecret": "top secret"}, anonymousLogin=True
    )
    environment.create_collection("empty", "ADMINONLY")
    environment.create_collection("goods", "READONLY")
    index = {"name": "by", "keys": [["price", "desc"]], "unique": False}
    ok(environment.request("POST", "/collections/goods/indexes", json=index), 201)
    for start in range(0, 3000, 1000):
        goods = [{"_id": f"g{start + n}", "price": n, "名": "杯子\n" + "x" * (n % 900)} for n in range(1000)]
        environment.database("add", "goods", data=goods)
    code = {"lib/深/a.js": "// a\n", "config.json": "{}"}
    environment.deploy("pay", {**code, "index.js": "exports.main = async () => 1"}, variables={"PIN": "4711"})
    environment.deploy("pay", {**code, "index.js": "exports.main = async () => 2"}, httpPath="/pay")
    user = environment.user("alice")
    environment.anonymous()
    for path, content in {"a.txt": b"", "b/c.bin": b"x" * 512, "large.bin": LARGE, LONG: b"long", "空 格.txt": "中".encode()}.items():
        ok(user.upload(path, content))
    return environment


def archive(environment):
    response = environment.request("GET", "/archive")
    assert response.status_code == 200, response.text[:500]
    assert response.headers["Content-Type"] == "application/x-tar"
    return response


def members(response):
    with tarfile.open(fileobj=io.BytesIO(response.content), mode="r:") as tar:
        return {member.name: (member, tar.extractfile(member).read()) for member in tar}


def test_everything_is_in_it(shop):
    response = archive(shop)
    found = members(response)
    content = {name: content for name, (_, content) in found.items()}
    assert len(response.content) % 512 == 0 and response.content[-1024:] == bytes(1024)
    about = json.loads(content["environment.json"])
    assert about["format"] == "sampan-environment" and about["environment"] == ok(shop.request("GET", ""))
    # Settings without secrets, of variables the names.
    settings = json.loads(content["settings.json"])
    assert settings["wechat"] == {"appId": "wx1", "gateway": "https://api.weixin.qq.com", "appSecretSet": True}
    assert settings["variables"] == ["SHOP"]
    everything = b"".join(content.values())
    assert b"top secret" not in everything and b"4711" not in everything
    # The database as a seed folder has it.
    collections = json.loads(content["collections.json"])
    listed = ok(shop.request("GET", "/collections"))["collections"]
    assert collections == [{name: each[name] for name in ("name", "permission", "indexes")} for each in listed]
    assert content["documents/empty.jsonl"] == b""
    assert content["documents/goods.jsonl"] == shop.request("GET", "/export", params={"collection": "goods"}).content
    assert len(content["documents/goods.jsonl"].splitlines()) == 3000
    # Functions with the code that calls reach.
    manifest = json.loads(content["functions/pay.json"])
    assert (manifest["version"], manifest["httpPath"], manifest["variables"]) == (2, "/pay", ["PIN"])
    assert content["functions/pay/index.js"] == b"exports.main = async () => 2"
    assert content["functions/pay/lib/深/a.js"] == b"// a\n"
    # Files and users.
    files = {name.removeprefix("files/"): body for name, body in content.items() if name.startswith("files/")}
    assert files == {"a.txt": b"", "b/c.bin": b"x" * 512, "large.bin": LARGE, LONG: b"long", "空 格.txt": "中".encode()}
    users = [json.loads(line) for line in content["users.jsonl"].splitlines()]
    assert users == sorted(ok(shop.request("GET", "/users"))["users"], key=lambda user: user["openid"])
    times = {file["path"]: file["updatedAt"] // 1000 for file in ok(shop.request("GET", "/files"))["files"]}
    assert {name.removeprefix("files/"): member.mtime for name, (member, _) in found.items() if name.startswith("files/")} == times


def test_coupons_with_each_of_their_steps(admin):
    environment = admin.create_environment()
    merchant = Merchant(environment)
    batch = merchant.published()
    user = environment.user("ann")
    coupon = claimed(user, batch)
    ok(merchant.move("redeem", coupon, order="o"))
    content = {
        name: [json.loads(line) for line in content.splitlines()]
        for name, (_, content) in members(archive(environment)).items()
        if "coupons/" in name
    }
    assert content["coupons/batches.jsonl"][0]["accounts"]["redeemed"] == 1
    assert [(each["id"], each["user"], each["status"]) for each in content["coupons/coupons.jsonl"]] == [(coupon, user.openid, "redeemed")]
    assert [step["step"] for step in content["coupons/entries.jsonl"]] == ["batch", "batch", "batch", "claim", "redeem"]


def test_its_name(shop):
    told = archive(shop).headers["Content-Disposition"]
    assert re.fullmatch(rf"""attachment; filename="{shop.id}\.tar"; filename\*=UTF-8''%E8%8C%B6%20shop-1-\d{{4}}-\d\d-\d\d\.tar""", told), (
        told
    )


def test_it_is_written_down(shop):
    archive(shop)
    organization = ok(shop.request("GET", ""))["organization"]
    entries = ok(shop.admin.request("GET", f"/organizations/{organization}/audit", params={"environment": shop.id}))["entries"]
    assert entries[0]["action"] == "GET /admin/v1/environments/{env}/archive"
    assert entries[0]["target"] == f"archive of {shop.id}"


def test_suspended_and_deleted_environments_too(admin):
    environment = admin.create_environment("going")
    environment.database("add", "notes", data={"_id": "1"})
    ok(environment.user("alice").upload("a", b"a"))
    ok(environment.request("POST", "/suspend"))
    assert "files/a" in members(archive(environment))
    ok(environment.request("DELETE", ""))
    found = members(archive(environment))
    assert found["documents/notes.jsonl"][1] == b'{"_id":"1"}\n' and "files/a" in found
    ok(environment.request("POST", "/restore"))
    assert environment.database("get", "notes")["data"] == [{"_id": "1"}]


def test_of_a_suspended_organization_too(admin):
    organization = ok(admin.request("POST", "/organizations", json={"name": "late payer", "kind": "merchant"}), 201)["id"]
    key = ok(admin.request("POST", f"/organizations/{organization}/keys", json={"name": "k", "role": "owner"}), 201)["secret"]
    owner = Admin(admin.address, key)
    environment = Environment(owner, ok(owner.request("POST", "/environments", json={"name": "e"}), 201)["id"])
    ok(admin.request("POST", f"/organizations/{organization}/suspend"))
    assert "environment.json" in members(archive(environment))
    assert_problem(environment.request("POST", "/copies", json={"name": "x"}), 403, "ORGANIZATION_SUSPENDED")


def test_nothing_is_left_of_what_was_written_aside(admin, server, shop):
    archive(shop)
    # Somebody who leaves in the middle.
    with admin.session.get(f"{admin.address}/admin/v1/environments/{shop.id}/archive", stream=True, timeout=30) as response:
        next(response.iter_content(1000))
    wait_until(lambda: not list((server.data / "archives").iterdir()), seconds=10)


def test_only_a_few_at_once(admin, shop):
    url = f"{admin.address}/admin/v1/environments/{shop.id}/archive"
    open_ones = []
    try:
        for _ in range(12):
            response = admin.session.get(url, stream=True, timeout=30)
            open_ones.append(response)
            if response.status_code != 200:
                break
        assert_problem(open_ones[-1], 503, "COPIES_BUSY")
        assert len(open_ones) == 3 and int(open_ones[-1].headers["Retry-After"]) > 0
    finally:
        for response in open_ones:
            response.close()
    wait_until(lambda: admin.session.get(url, timeout=30).status_code == 200, seconds=10)


def test_memory_stays_small_however_much_there_is(own_server):
    environment = Admin(own_server.address, own_server.operator_key).create_environment()
    user = environment.user("alice")
    for number in range(3):
        ok(user.upload(f"large{number}", bytes(60 << 20)))
    for _ in range(6):
        environment.database("add", "notes", data=[{"text": "x" * 10_000} for _ in range(1000)])

    def resident():
        status = Path(f"/proc/{own_server.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) >> 10

    before, peak, size = resident(), 0, 0
    with environment.request("GET", "/archive", stream=True) as response:
        for piece in response.iter_content(1 << 20):
            size += len(piece)
            peak = max(peak, resident())
    assert size > 230 << 20
    assert peak - before < 80, (before, peak)
