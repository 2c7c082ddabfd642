"""The platform in the console: usage and quotas, copies and archives of environments, everybody's accounts."""

import io
import re
import tarfile

import pytest
import requests
from harness.admin import Environment
from harness.browser import chromium
from harness.client import ok
from harness.console import BOTH, Console, entered, join, look


@pytest.fixture(scope="module")
def shop(operator):
    environment = operator.create_environment("Tea shop")
    environment.create_collection("goods")
    environment.database("add", "goods", data={"_id": "tea", "price": 12})
    environment.user("mei").upload("pictures/cup.txt", b"a cup")
    environment.deploy("greet", "exports.main = async () => 'hello'")
    return environment


@BOTH
def test_usage_and_quotas(node, operator, shop, size, language):
    """Everybody sees what is used; the operator sets a quota, which holds at once and is said where it is met."""
    join(node, operator, f"viewer-{language.lower()}@tea.example", role="viewer")
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        page = f"/console/env/{shop.id}/usage"
        console.open(page)
        console.set("#quota-collections", "1")
        console.set("#quota-fileBytes", "0.5")
        browser.click("form[action$='/usage/quotas'] button")
        browser.toast()
        quotas = ok(shop.request("GET", "/quotas"))["quotas"]
        assert quotas == {"collections": 1, "fileBytes": 524_288}
        look(console, f"usage-{language}")
        assert browser.find("#quota-fileBytes").get_attribute("value") == "0.5"
        console.open(f"/console/env/{shop.id}/database")
        console.set("#collection-name", "orders")
        browser.click("form[action$='/database'] button")
        assert "QUOTA_EXCEEDED" in console.text(".notice.bad")

        # Somebody else changes them meanwhile: what this page shows is no longer so.
        console.open(page)
        ok(shop.request("PATCH", "/quotas", json={"functions": 50}))
        console.set("#quota-files", "9")
        browser.click("form[action$='/usage/quotas'] button")
        assert "CHANGED_MEANWHILE" in console.text(".notice.bad")
        assert "files" not in ok(shop.request("GET", "/quotas"))["quotas"]
        ok(shop.request("PATCH", "/quotas", json={"functions": None, "collections": None, "fileBytes": None}))
    with chromium(size, language=language) as browser:
        console = entered(browser, node, f"viewer-{language.lower()}@tea.example")
        console.open(page)
        look(console, f"usage-viewer-{language}")
        assert not browser.all("#quota-files")


@BOTH
def test_a_copy_and_an_archive(node, operator, shop, size, language):
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        console.open(f"/console/env/{shop.id}/settings")
        look(console, f"copy-{language}")
        name = f"Copy {language}"
        console.set("#copy-name", name)
        browser.click("form[action$='/settings/copy'] input[name=files]")
        browser.click("form[action$='/settings/copy'] button")
        browser.toast()
        assert name in console.text("main h1")
        [made] = [each for each in ok(operator.request("GET", "/environments"))["environments"] if each["name"] == name]
        copy = Environment(operator, made["id"])
        assert copy.database("get", "goods")["data"] == [{"_id": "tea", "price": 12}]
        assert copy.invoke("greet", {}) == "hello"
        assert ok(copy.request("GET", "/files"))["files"] == []

        console.open(f"/console/env/{shop.id}/settings")
        link = browser.find("a[href$='/archive']").get_attribute("href")
        cookies = {cookie["name"]: cookie["value"] for cookie in browser.driver.get_cookies()}
        archive = requests.get(link, cookies=cookies, timeout=30)
        with tarfile.open(fileobj=io.BytesIO(archive.content)) as unpacked:
            names = unpacked.getnames()
        assert any(name.endswith("documents/goods.jsonl") for name in names), names
        assert any(name.endswith("files/pictures/cup.txt") for name in names), names


@BOTH
def test_accounts(node, operator, size, language):
    """Somebody who has forgotten everything gets in again by a link that the operator hands over, and leaves for good."""
    email = f"lin-{language.lower()}@tea.example"
    join(node, operator, email, role="developer")
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        console.open(f"/console/operator/accounts?q={email}")
        look(console, f"accounts-{language}")
        browser.click("form[action$='/reset'] button")
        console.confirm()
        browser.find(".notice.good")
        link = re.search(r"https?://\S+token=\S+", console.text(".notice.good")).group(0)
        token = link.rpartition("=")[2]
        look(console, f"reset-link-{language}")
        new = "nine geese in a kitchen"
        changed = requests.put(f"{node.address}/admin/v1/password-resets", json={"token": token, "password": new}, timeout=10)
        assert changed.status_code == 204
        signed_in = requests.post(f"{node.address}/admin/v1/sessions", json={"email": email, "password": new}, timeout=10)
        assert signed_in.status_code == 201

        console.open(f"/console/operator/accounts?q={email}")
        browser.click("form[action$='/remove'] button")
        console.confirm()
        browser.toast()
        headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
        assert requests.get(f"{node.address}/admin/v1/whoami", headers=headers, timeout=10).status_code == 401
        assert ok(operator.request("GET", f"/accounts?search={email}"))["accounts"] == []
