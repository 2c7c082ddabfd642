"""Documents and files in the console: two editors of one document, and forms with a file, with a script and without one."""

import json

import pytest
import requests
from harness.browser import DESK, chromium
from harness.client import ok
from harness.console import BOTH, SCRIPTS, WAYS, signed_in


@pytest.fixture
def place(admin):
    environment = admin.create_environment()
    environment.create_collection("goods")
    environment.database("add", "goods", data={"_id": "cup", "name": "Cup", "price": 10})
    return environment


def save(console, document):
    console.set("#body", json.dumps(document))
    console.browser.click("#document-form button.primary")


@BOTH
def test_two_editors_of_one_document(server, place, size, language):
    """The second one keeps what was typed, sees what is stored, and replaces it only knowing."""
    stored = lambda: place.database("get", "goods", id="cup")["data"]  # noqa: E731
    with chromium(size, language=language) as one, chromium(size, language=language) as other:
        first, second = signed_in(one, server), signed_in(other, server)
        for console in (first, second):
            console.open(f"/console/env/{place.id}/database/goods")
            console.browser.click("tbody th a")
        save(first, {"_id": "cup", "name": "Cup", "price": 12})
        one.toast()
        save(second, {"_id": "cup", "name": "Blue cup", "price": 10})
        other.find("#conflict")
        assert json.loads(other.find("#body").get_attribute("value"))["name"] == "Blue cup"
        assert json.loads(second.text("#stored"))["price"] == 12
        assert stored() == {"_id": "cup", "name": "Cup", "price": 12}
        other.complaints()  # the refusal's status
        second.look(f"conflict-{language}")
        save(second, {"_id": "cup", "name": "Blue cup", "price": 12})
        other.toast()
        assert stored() == {"_id": "cup", "name": "Blue cup", "price": 12}

        # What the first one has open is old now, and then gone.
        save(first, {"_id": "cup", "name": "Red cup"})
        one.find("#conflict")
        one.click("section a.button")
        one.wait_until(lambda: "Blue cup" in one.find("#body").get_attribute("value"))
        place.database("remove", "goods", id="cup")
        save(first, {"_id": "cup", "name": "Red cup"})
        one.find("#conflict")
        assert not one.all("#stored")
        one.complaints()
        first.look(f"deleted-meanwhile-{language}")
        one.click("#document-form button.primary")
        one.toast()
        assert stored() == {"_id": "cup", "name": "Red cup"}


@WAYS
def test_an_import(server, place, tmp_path, size, language, scripts):
    lines = "".join(json.dumps({"_id": f"n{number:03}", "number": number}) + "\n" for number in range(70))
    (tmp_path / "good.jsonl").write_text(lines)
    (tmp_path / "bad.jsonl").write_text('{"_id": "last"}\nno json\n')
    with chromium(size, language=language, scripts=scripts) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/database/goods")
        browser.find("#import-file").send_keys(str(tmp_path / "bad.jsonl"))
        browser.click("#import-form button")
        browser.wait_until(lambda: "2" in console.text("#list .notice.bad"))
        if scripts:
            console.look(f"import-refused-{language}")
        # What is refused is left out, and the rest is there.
        browser.click("#list form:has([value=skip]) button")
        browser.wait_until(lambda: browser.all("#list details li"))
        console.open(f"/console/env/{place.id}/database/goods")
        browser.find("#import-file").send_keys(str(tmp_path / "good.jsonl"))
        browser.click("#import-form button")
        browser.wait_until(lambda: "70" in console.text(".toast"))
        assert len(browser.all(".dense tbody tr")) == 50
        assert place.database("count", "goods")["total"] == 72
        if scripts:
            # The page that took the old one's place works as if it had been opened.
            browser.find("#import-file").send_keys(str(tmp_path / "good.jsonl"))
            browser.click("#import-form button")
            browser.wait_until(lambda: "70" in console.text(".toast") and " 0 " in console.text(".toast"))


@BOTH
def test_indexes_and_permission(server, place, size, language):
    with chromium(size, language=language) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/database/goods")
        console.set("#index-fields", "name, -price")
        browser.click("form[action$='/indexes'] button")
        browser.toast()
        assert [chip.text for chip in browser.all("#indexes .chip")] == ["name ↑", "price ↓"]
        [index] = ok(place.request("GET", "/collections/goods"))["indexes"]
        assert index["keys"] == [["name", "asc"], ["price", "desc"]]
        browser.click("#permission option[value='READONLY']")
        browser.click("form[action$='/permission'] button")
        browser.toast()
        assert ok(place.request("GET", "/collections/goods"))["permission"] == "READONLY"
        console.look(f"collection-managed-{language}")


@WAYS
def test_files(server, place, tmp_path, size, language, scripts):
    """Uploaded into a folder, found by browsing, downloaded as it was, deleted after a question."""
    content = bytes(range(256)) * 40_000
    (tmp_path / "cup.bin").write_bytes(content)
    place.user("shopper").upload("images/2026/old.txt", b"old")
    with chromium(size, language=language, scripts=scripts) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/files")
        for folder in ("images/", "2026/"):
            assert [link.text for link in browser.all("#list th a")] == [folder]
            browser.click("#list th a")
            browser.wait_until(lambda folder=folder: console.text("h1") == folder[:-1])
        if scripts:
            console.look(f"folder-{language}")
        browser.find("#upload-file").send_keys(str(tmp_path / "cup.bin"))
        if not scripts:
            browser.find("#upload-path").send_keys("cup.bin")
        assert browser.find("#upload-path").get_attribute("value") == "images/2026/cup.bin"
        browser.click("#upload-form button")
        browser.toast()
        assert [link.text for link in browser.all("#list th a")] == ["cup.bin", "old.txt"]
        link = browser.find("#list th a").get_attribute("href")
        cookies = {cookie["name"]: cookie["value"] for cookie in browser.driver.get_cookies()}
        assert requests.get(link, cookies=cookies, timeout=10).content == content
        browser.click("form:has(input[value='images/2026/cup.bin']) button")
        if scripts:
            console.confirm()
        else:
            browser.click("main form button.danger-fill")
        browser.toast()
        assert [link.text for link in browser.all("#list th a")] == ["old.txt"]
        browser.find("#prefix").send_keys("images/2")
        browser.find("#prefix").submit()
        browser.wait_until(lambda: [link.text for link in browser.all("#list th a")] == ["images/2026/old.txt"])


@SCRIPTS
def test_a_file_that_is_too_large_is_refused(server, place, tmp_path, scripts):
    """Long before all of it has come; the page says so, and nothing is left."""
    ok(place.request("PATCH", "/quotas", json={"fileBytes": 1 << 20}))
    with (tmp_path / "big.bin").open("wb") as big:
        big.truncate(60 << 20)
    with chromium(DESK, language="en", scripts=scripts) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/files")
        browser.find("#upload-path").send_keys("big.bin")
        browser.find("#upload-file").send_keys(str(tmp_path / "big.bin"))
        browser.click("#upload-form button")
        refusal = ".transfer-state" if scripts else ".notice.bad"
        browser.wait_until(lambda: "QUOTA_EXCEEDED" in console.text(refusal))
        assert ok(place.request("GET", "/files"))["files"] == []


@BOTH
def test_validation_structure_and_the_past(server, place, size, language):
    """A validator refuses what a form saves; the structure is shown; a deleted collection comes back."""
    with chromium(size, language=language) as browser:
        console = signed_in(browser, server)
        home = f"/console/env/{place.id}/database"
        console.open(f"{home}/goods")
        console.set("#validator-rule", json.dumps({"$jsonSchema": {"properties": {"price": {"minimum": 0}}}}))
        browser.click("#validator-form button")
        browser.toast()
        console.look(f"validation-{language}")
        refused = place.request("POST", "/database", json={"op": "add", "collection": "goods", "data": {"price": -1}})
        assert refused.status_code == 422
        assert refused.json()["field"] == "price" and refused.json()["rule"] == "minimum"
        console.open(f"{home}/goods/schema")
        assert "price" in console.text("#schema")
        console.look(f"structure-{language}")
        assert place.request("DELETE", "/collections/goods").status_code == 204
        console.open(home)
        assert "goods" in console.text("#dropped")
        console.look(f"dropped-{language}")
        browser.click("#dropped form button")
        browser.toast()
        assert place.database("get", "goods", id="cup")["data"]["price"] == 10
