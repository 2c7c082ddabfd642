"""The console in a real browser: a first visit, daily work, and every page in both languages, themes and widths."""

import gzip
import json
import re
from urllib.parse import urlsplit

import pytest
import requests
from harness.admin import wait_until
from harness.browser import DESK, PHONE, chromium
from harness.client import ok
from harness.console import AXE, Console
from harness.coupons import Merchant
from harness.server import ROOT, Server

PARTS = ROOT / "share" / "console"

# Every page below an environment, with something in it; a capability adds its own here.
PAGES = {
    "home": "",
    "functions": "/functions",
    "function": "/functions/greet",
    "executions": "/functions/greet?status=failed",
    "database": "/database",
    "backups": "/database/+backups",
    "backup": "/database/+backups/{backup}",
    "collection": "/database/goods",
    "filtered": "/database/goods?field=price&is=%24lt&value=1000&sort=price",
    "document": "/database/notes/document?id=%22first%22",
    "new-document": "/database/notes/document",
    "files": "/files",
    "coupons": "/coupons",
    "coupon-new": "/coupons/new",
    "coupon-batch": "/coupons/batches/{batch}",
    "coupon-edit": "/coupons/batches/{batch}/edit",
    "coupons-of-batch": "/coupons/batches/{batch}/coupons",
    "coupons-of-user": "/coupons/of",
    "folder": "/files?folder=pictures%2F",
    "users": "/users",
    "logs": "/logs",
    "searched-logs": "/logs?text=greeting&function=greet&minutes=60",
    "settings": "/settings",
    "usage": "/usage",
    "keys": "/keys",
    "nothing": "/no/such/page",
}

# Every page beside the environments.
PLATFORM_PAGES = {
    "environments": "/console",
    "account": "/console/account",
    "organizations": "/console/organizations",
    "organization": "/console/organizations/{organization}",
    "people-list": "/console/people",
    "people": "/console/people/{organization}",
    "audit": "/console/people/{organization}/audit",
    "operator": "/console/operator",
    "operator-environments": "/console/operator/environments",
    "operator-accounts": "/console/operator/accounts",
}

GREET = """
exports.main = async (event) => {
  console.log('greeting', event.name)
  if (event.fail) throw new Error('asked to fail')
  return { hello: event.name, version: VERSION }
}
"""


@pytest.fixture(scope="module")
def shop(admin):
    """An environment with the sample shop, a function that ran, files, keys, and a collection of its own."""
    environment = admin.create_environment("Corner shop")
    ok(environment.request("POST", "/samples/retail"), (200, 201))
    for version in (1, 2):
        environment.deploy("greet", GREET.replace("VERSION", str(version)), variables={"TONE": "warm"}, httpPath="/greet")
    for name in ("Ada", "Lin"):
        environment.invoke("greet", {"name": name})
    environment.try_invoke("greet", {"fail": True})
    environment.create_collection("notes")
    environment.database("add", "notes", data={"_id": "first", "text": "hello", "tags": ["a", "b"]})
    environment.user("shopper").upload("pictures/cup.txt", b"a cup")
    environment.create_key("management", "CI")
    environment.change_settings(variables={"API_BASE": "https://example.com"})
    wait_until(lambda: len(environment.executions(function="greet")) >= 3)
    return environment


def address_of(name, shop):
    """The path of a page by its name."""
    if name in PAGES:
        path = PAGES[name]
        if "{backup}" in path:
            found = ok(shop.request("GET", "/backups"))["backups"] or [ok(shop.request("POST", "/backups"), 201)]
            path = path.format(backup=found[0]["id"])
        if "{batch}" in path:
            found = {batch["name"]: batch["id"] for batch in ok(shop.request("GET", "/coupons/batches"))["batches"]}
            path = path.format(batch=found.get("Five off") or Merchant(shop).published(name="Five off"))
        return f"/console/env/{shop.id}{path}"
    return PLATFORM_PAGES[name].format(organization=ok(shop.request("GET", ""))["organization"])


@pytest.fixture(params=[(DESK, "zh-CN"), (PHONE, "en")], ids=["desk-zh", "phone-en"])
def console(request, server):
    size, language = request.param
    with chromium(size, language=language) as opened:
        yield Console(opened, server).sign_in()


@pytest.mark.parametrize(("size", "first", "chosen"), [(DESK, "en", "zh-CN"), (PHONE, "zh-CN", "en")], ids=["desk-zh", "phone-en"])
def test_the_first_visit(tmp_path, size, first, chosen):
    """One link, a language, one button: the shop runs, and every page has something to show."""
    server = Server(tmp_path).start()
    try:
        with chromium(size, language=first) as browser:
            console = Console(browser, server)
            browser.open(server.listening["signInURL"])
            browser.find(".environment")
            if size is PHONE:
                browser.click("#drawer")
            browser.click(".side button[name=lang]")
            browser.wait_until(lambda: browser.lang() == chosen)
            browser.go(".environment h2 a")
            console.look("welcome")
            browser.click(".welcome button.primary")
            browser.find(".toast a")
            console.look("deployed")
            shop = browser.find(".toast a").get_attribute("href")
            environment = urlsplit(browser.driver.current_url).path
            browser.open(shop)
            assert len(browser.wait_until(lambda: browser.all(".goods-card"))) > 3
            rows = {
                "/functions": "tbody tr", "/functions/order": "#executions tbody tr", "/database": "tbody tr",
                "/database/goods": ".dense tbody tr", "/database/orders": ".dense tbody tr", "/files": "tbody tr",
                "/users": "tbody tr", "/logs": ".lines li", "/usage": "tbody tr",
            }  # fmt: skip
            for path, row in rows.items():
                console.open(environment + path)
                assert browser.wait_until(lambda row=row: browser.all(row)), path
            assert browser.policy_violations() == []
    finally:
        assert server.stop() == 0


def test_a_document_is_edited(console, shop):
    console.open(f"/console/env/{shop.id}/database/notes")
    console.browser.click("tbody th a")
    console.set("#body", '{"_id": "first", "text": "hello"')
    console.browser.click("#document-form button.primary")
    assert "JSON" in console.text("#body-problem")
    console.look("bad-document")
    console.set("#body", '{"_id": "first", "text": "good morning"}')
    console.browser.click("#document-form button.primary")
    console.browser.toast()
    assert shop.database("get", "notes", id="first")["data"] == {"_id": "first", "text": "good morning"}

    console.open(f"/console/env/{shop.id}/database/notes/document")
    console.set("#body", '{"_id": "second", "text": "to be deleted"}')
    console.browser.click("#document-form button.primary")
    console.browser.toast()
    console.browser.click(".page-head .danger")
    console.look("question")
    console.confirm()
    console.browser.find("#documents")
    assert [note["_id"] for note in shop.database("get", "notes")["data"]] == ["first"]


def test_traffic_is_divided_and_rolled_back(console, shop):
    shop.set_traffic("greet", (2, 100))
    console.open(f"/console/env/{shop.id}/functions/greet")
    console.set("#share-1", "30")
    console.set("#share-2", "70")
    assert "100" in console.text("#traffic-sum")
    console.browser.click("#traffic-form button")
    console.browser.toast()
    traffic = {share["version"]: share["weight"] for share in shop.function("greet")["traffic"]}
    assert traffic == {1: 30, 2: 70}
    console.browser.wait_until(lambda: "30%" in console.text("#versions table"))
    console.browser.click("#versions form[action$='/current']:has(input[value='1']) button")
    console.confirm()
    console.browser.toast()
    assert [(share["version"], share["weight"]) for share in shop.function("greet")["traffic"]] == [(1, 100)]
    shop.set_traffic("greet", (2, 100))


def test_a_function_is_run_with_a_saved_event(console, shop):
    page = f"/console/env/{shop.id}/functions/greet"
    console.open(page)
    console.set("#event", '{"name": "Mei"}')
    console.set("#event-name", "Mei")
    console.browser.click("#save-event")
    console.browser.click("#run-form button.primary")
    console.browser.wait_until(lambda: "Mei" in console.text("#run-output"))
    console.browser.wait_until(lambda: "greeting Mei" in console.text("#run-lines"))
    console.open(page)
    console.set("#event", "{")
    console.browser.click("#run-form button.primary")
    assert "JSON" in console.text("#run-output")
    console.driver.execute_script(
        "const saved = document.getElementById('saved'); saved.value = 'Mei'; saved.dispatchEvent(new Event('change'))"
    )
    assert json.loads(console.browser.find("#event").get_attribute("value")) == {"name": "Mei"}
    console.look("run")


@pytest.mark.parametrize("path", ["/logs", "/functions/greet"])
def test_logs_are_followed_live(console, shop, path):
    console.open(f"/console/env/{shop.id}{path}")
    console.settle()
    console.browser.click(".switch:has(#follow)")
    console.browser.find("#follow[data-open]")
    name = f"live{console.driver.execute_script('return innerWidth')}{len(path)}"
    shop.invoke("greet", {"name": name})
    assert f"greeting {name}" in console.browser.wait_until(lambda: [line.text for line in console.browser.all(".lines li.new")])[0]
    # The open answer must not keep the page from being left; what the form writes has a space in it.
    console.open(f"/console/env/{shop.id}{path}")
    console.set("#log-text", f"greeting {name}")
    console.browser.click("#log-search > button, #log-filter > button")
    console.browser.wait_until(lambda: "text=" in console.driver.current_url)
    console.browser.wait_until(lambda: [name in line.text for line in console.browser.all("#log-lines li")] == [True])


def test_a_file_is_uploaded_and_deleted(console, shop, tmp_path):
    path = f"uploads/note-{console.driver.execute_script('return innerWidth')}.txt"
    (tmp_path / "note.txt").write_text("kept")
    console.open(f"/console/env/{shop.id}/files")
    console.browser.find("#upload-file").send_keys(str(tmp_path / "note.txt"))
    console.set("#upload-path", path)
    console.browser.click("#upload-form button")
    # The page becomes that of the folder in which it lies now.
    console.browser.wait_until(lambda: "folder=uploads" in console.driver.current_url)
    console.browser.toast()
    assert path.split("/")[1] in console.text("#list")
    assert console.browser.find("#upload-path").get_attribute("value") == "uploads/"
    console.look("uploaded")
    link = console.browser.find(f"a[href$='{path.replace('/', '%2F')}']").get_attribute("href")
    cookies = {cookie["name"]: cookie["value"] for cookie in console.driver.get_cookies()}
    assert requests.get(link, cookies=cookies, timeout=10).text == "kept"
    console.browser.click(f"form:has(input[value='{path}']) button")
    console.confirm()
    console.browser.toast()
    assert path.split("/")[1] not in console.text("#list")


def test_documents_are_imported_with_progress_and_exported(console, shop, tmp_path):
    collection = f"imports{console.driver.execute_script('return innerWidth')}"
    shop.create_collection(collection)
    lines = "".join(json.dumps({"_id": f"n{number:03}", "number": number}) + "\n" for number in range(120))
    (tmp_path / "numbers.jsonl").write_text(lines)
    console.open(f"/console/env/{shop.id}/database/{collection}")
    console.browser.find("#import-file").send_keys(str(tmp_path / "numbers.jsonl"))
    console.browser.click("#import-form button")
    assert "120" in console.text(".toast")
    console.browser.wait_until(lambda: len(console.browser.all(".dense tbody tr")) == 50)
    console.browser.click(".pages a[rel=next]")
    console.browser.wait_until(lambda: "n050" in console.text(".dense tbody tr"))
    console.look("second-page")
    console.browser.click(".menu summary")
    console.look("exports")
    export = console.browser.find("a[download]").get_attribute("href")
    cookies = {cookie["name"]: cookie["value"] for cookie in console.driver.get_cookies()}
    assert len(requests.get(export, cookies=cookies, timeout=10).text.splitlines()) == 120


def test_a_backup_is_made_planned_and_restored(console, shop):
    collection = f"kept{console.driver.execute_script('return innerWidth')}"
    shop.create_collection(collection)
    shop.database("add", collection, data=[{"_id": f"k{number}"} for number in range(30)])
    console.open(f"/console/env/{shop.id}/database")
    console.browser.click("a[href$='+backups']")
    before = len(ok(shop.request("GET", "/backups"))["backups"])
    console.browser.click("form[action$='+backups'] button")
    assert console.browser.toast().text
    assert len(ok(shop.request("GET", "/backups"))["backups"]) == before + 1
    console.look("backups")
    console.set("#plan-hour", "19")
    console.browser.click("form[action$=plan] button")
    assert console.browser.toast().text
    assert ok(shop.request("GET", "/settings"))["backups"] == {"hour": 19, "keep": 14}
    shop.database("remove", collection, where={})
    console.browser.click(".rows a[href*=backups]")
    console.set("#restore-what", collection)
    console.look("backup")
    console.browser.click("form[action$=restore] button")
    console.confirm()
    assert "30" in console.browser.toast().text
    assert shop.database("count", collection)["total"] == 30
    console.look("restored")
    shop.change_settings(backups=None)


def test_a_list_is_searched_and_sorted_in_place(console, shop):
    if not PARTS.is_dir():
        pytest.skip("htmx is fetched by scripts/setup.sh run")
    console.open(f"/console/env/{shop.id}/functions")
    console.driver.execute_script("window.stayed = true")
    console.set("#list-search", "gre")
    console.browser.wait_until(lambda: [row.text for row in console.browser.all("tbody th a")] == ["greet"])
    console.set("#list-search", "")
    console.browser.wait_until(lambda: len(console.browser.all("tbody tr")) > 3)
    console.browser.click("thead a")
    console.browser.find("th[aria-sort=ascending] a")
    names = [row.text for row in console.browser.all("tbody th a")]
    assert names == sorted(names)
    assert "sort=name" in console.driver.current_url
    assert console.driver.execute_script("return window.stayed") is True


def test_keys_and_variables(console, shop):
    console.open(f"/console/env/{shop.id}/keys")
    console.set("#key-name", "throwaway")
    console.browser.click("form[action$='/keys'] button")
    assert console.text(".notice code").startswith("sk-")
    console.look("new-key")
    console.browser.click("tr:has(th:not(:empty)) form button[aria-label$='throwaway']")
    console.confirm()
    console.browser.toast()
    assert "throwaway" not in console.text("#list")


@pytest.fixture(scope="module", params=[(DESK, "zh-CN"), (PHONE, "en")], ids=["desk-zh", "phone-en"])
def visitor(request, server):
    size, language = request.param
    with chromium(size, language=language) as opened:
        yield Console(opened, server).sign_in()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PLATFORM_PAGES, *PAGES])
def test_every_page_is_accessible(visitor, shop, name, theme):
    visitor.driver.add_cookie({"name": "theme", "value": theme, "path": "/"})
    visitor.open(address_of(name, shop))
    # A page that is not there is shown as one: the browser notes its status.
    if name == "nothing":
        visitor.browser.complaints()
    visitor.look(f"{name}-{theme}")
    assert visitor.browser.accessibility_findings(AXE) == []
    assert visitor.browser.layout_shift() < 0.1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_needs_no_session_is_accessible(server, theme):
    for size in (DESK, PHONE):
        with chromium(size) as browser:
            console = Console(browser, server)
            console.open("/console/sign-in")
            browser.driver.add_cookie({"name": "theme", "value": theme, "path": "/"})
            console.open("/console/sign-in?token=not-a-token")
            browser.find(".notice.bad")
            browser.complaints()  # the refusal's status
            console.look(f"sign-in-{theme}")
            assert browser.accessibility_findings(AXE) == []


def test_the_other_language_says_everything(console, shop):
    """No Chinese is left on an English page, except in names that people gave and in the switch."""
    console.driver.add_cookie({"name": "lang", "value": "en", "path": "/"})
    for name in (*PLATFORM_PAGES, *PAGES):
        if name in ("collection", "filtered"):
            continue  # the sample's goods have Chinese names
        console.open(address_of(name, shop))
        console.settle()
        text = console.browser.find("body").text.replace("中文", "")
        for batch in ok(shop.request("GET", "/coupons/batches"))["batches"]:
            text = text.replace(batch["name"], "")
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], name


def test_a_page_is_reached_by_keyboard(server, shop):
    from selenium.webdriver.common.keys import Keys

    with chromium(PHONE, language="en") as browser:
        console = Console(browser, server).sign_in()
        console.open(f"/console/env/{shop.id}")
        focused = lambda: browser.driver.switch_to.active_element  # noqa: E731
        body = browser.find("body")
        body.send_keys(Keys.TAB)
        assert focused().get_attribute("class") == "skip"
        focused().send_keys(Keys.TAB)  # the brand
        focused().send_keys(Keys.TAB)
        assert focused().get_attribute("id") == "drawer"
        focused().send_keys(Keys.SPACE)
        browser.find("#side .entries a")
        console.look("drawer")
        focused().send_keys(Keys.ESCAPE)
        browser.wait_until(lambda: not browser.all("#side .entries a")[0].is_displayed())


def test_it_works_without_scripts(server, shop):
    with chromium(DESK, language="en", scripts=False) as browser:
        console = Console(browser, server).sign_in()
        console.open(f"/console/env/{shop.id}/database/notes/document")
        browser.find("#body").clear()
        browser.find("#body").send_keys('{"_id": "plain", "text": "x"}')
        browser.click("#document-form button.primary")
        browser.toast()
        browser.click(".page-head .danger")
        browser.click("main form button.danger-fill")
        browser.find("#documents")
        assert [note["_id"] for note in shop.database("get", "notes")["data"]] == ["first"]
        console.open(f"/console/env/{shop.id}/functions?sort=-name&q=e")
        names = [row.text for row in browser.all("tbody th a")]
        assert names == sorted(names, reverse=True)


def test_the_first_load_is_light(server, shop):
    """Everything that a first page needs, compressed as it is sent or could be: 300 KB at most, charts aside."""
    session = requests.Session()
    session.post(f"{server.address}/console/sign-in", data={"key": server.operator_key}, timeout=10)
    page = session.get(f"{server.address}/console/env/{shop.id}", timeout=10).text
    linked = set(re.findall(r'(?:href|src)="(/console/assets/[^"#]+)', page))
    base = next(iter(linked)).rsplit("/", 1)[0]
    scripts = {f"{base}/{name}" for name in ("console.js", "lines.js", "events.js", "icons.svg", "chevron.svg", "menu.svg")}
    total = len(page)
    for path in linked | scripts:
        answer = session.get(server.address + path, timeout=10)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"], path
        total += len(gzip.compress(answer.content)) if answer.headers.get("Content-Encoding") == "gzip" else len(answer.content)
    assert total < 300_000
