"""A page of another origin that watches with the SDK, in a real browser, through a restart of the server."""

import pytest
from harness.admin import Admin
from harness.browser import PHONE, chromium
from harness.client import ok
from harness.server import ROOT, Server

PAGE = """<!doctype html><meta charset="utf-8"><title>watch</title>
<script src="{sdk}"></script>
<script>
  const seen = [], errors = [];
  sampan.init({{ env: '{env}', endpoint: '{endpoint}', user: 'ada' }});
  const goods = sampan.database().collection('goods');
  const watcher = goods.where({{ price: sampan.database().command.lt(10) }}).orderBy('price', 'desc').watch({{
    onChange: (snapshot) => seen.push(snapshot),
    onError: (error) => errors.push(String(error.errMsg || error.message || error)),
  }});
</script>
"""


@pytest.fixture
def restartable(tmp_path):
    server = Server(tmp_path).start()
    yield server
    server.kill()


def test_a_page_follows_a_query_through_a_restart(restartable, tmp_path):
    server = restartable
    place = Admin(server.address, server.operator_key).create_environment()
    ok(place.request("PATCH", "/settings", json={"developmentLogin": True}))
    place.create_collection("goods", "READONLY")
    place.database("add", "goods", data=[{"_id": "a", "price": 1}, {"_id": "b", "price": 20}])
    page = tmp_path / "page.html"
    page.write_text(
        PAGE.format(sdk=(ROOT / "sdk/client/sampan.js").as_uri(), env=place.id, endpoint=server.address), encoding="utf-8"
    )
    with chromium(PHONE) as browser:

        def last():
            """What the page was told last: what kind of snapshot, which changes, and the whole result in its order."""
            return browser.driver.execute_script(
                "const one = seen[seen.length - 1];"
                "return one && [one.type || '', one.docChanges.map((c) => `${c.queueType} ${c.docId}`), one.docs.map((d) => d._id)]"
            )

        browser.open(page.as_uri())
        browser.wait_until(lambda: last() == ["init", ["init a"], ["a"]])
        place.database("add", "goods", data={"_id": "c", "price": 5})
        browser.wait_until(lambda: last() == ["", ["enqueue c"], ["c", "a"]])

        server.kill()
        server.start()
        place.database("update", "goods", id="b", update={"$set": {"price": 9}})
        browser.wait_until(lambda: last() == ["", ["enqueue b"], ["b", "c", "a"]])

        browser.driver.execute_script("watcher.close()")
        place.database("remove", "goods", id="c")
        assert browser.driver.execute_script("return [seen.length, errors]") == [3, []]
