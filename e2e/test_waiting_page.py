"""The waiting room in a browser: its page at a desk, on a phone and without a script, and the shop's SDK behind it."""

import time

import pytest
import requests

from harness.admin import wait_until
from harness.browser import DESK, PHONE, chromium
from harness.client import ok
from harness.console import AXE, PICTURES

WAYS = pytest.mark.parametrize(
    ("size", "language", "scripts"),
    [(DESK, "zh-CN", True), (DESK, "en", True), (PHONE, "zh-CN", True), (PHONE, "en", True), (DESK, "zh-CN", False), (DESK, "en", False)],
    ids=["desk-zh", "desk-en", "phone-zh", "phone-en", "plain-zh", "plain-en"],
)
PAGE = "exports.main = async () => ({ statusCode: 200, headers: { 'content-type': 'text/html' }, body: '<h1 id=shop>Tea</h1>' })"
WORDS = {"zh-CN": ("正在排队", "人人有茶"), "en": ("You are in line", "Tea for all")}


@pytest.fixture(scope="module")
def shop(admin):
    environment = admin.create_environment()
    environment.url = ok(environment.request("POST", "/samples/retail"), (200, 201))["url"]
    environment.deploy("page", PAGE, httpPath="/sale")
    return environment


@pytest.fixture
def line(shop):
    """A line with some people in it."""

    def opened(rate, people, **more):
        crowd = f"{time.monotonic_ns()}"
        settings = {"mode": "on", "ratePerMinute": rate, "message": {"en": "Tea for all & all.", "zh": "人人有茶。"}, **more}
        ok(shop.request("PATCH", "/waiting-room", json=settings))
        for number in range(people):
            ok(shop.user(f"{crowd}-{number}").post("/v1/waiting-room/tickets", {}))
        return shop

    yield opened
    ok(shop.request("PATCH", "/waiting-room", json={"mode": "off", "opensAt": None}))
    ok(shop.request("POST", "/waiting-room/close"))


def look(browser, name, scripts=True):
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.picture(PICTURES / f"waiting-{name}.png")
    if scripts:
        assert browser.overflow() <= 0
        assert browser.accessibility_findings(AXE) == []
        assert browser.policy_violations() == []
    assert browser.complaints() == []


@WAYS
def test_waiting_and_going_on(line, size, language, scripts, request):
    shop = line(60, 6)
    title, message = WORDS[language]
    with chromium(size, language, scripts) as browser:
        browser.open(f"{shop.address}/http/{shop.id}/sale?from=ad")
        assert browser.find("h1").text == title
        assert "/waiting/" in browser.driver.current_url
        assert message in browser.find(".shop").text
        assert browser.find("#time").text and browser.find("#ahead").text
        look(browser, f"{request.node.callspec.id}", scripts)
        wait_until(lambda: browser.all("#shop"), seconds=60)
        assert browser.driver.current_url.endswith(f"/http/{shop.id}/sale?from=ad")
        browser.open(f"{shop.address}/http/{shop.id}/sale")
        assert browser.all("#shop"), "with the pass there is no line any more"


def test_it_tells_how_long_and_keeps_the_place(line):
    shop = line(6, 30)
    with chromium(DESK, "en") as browser:
        address = f"{shop.address}/waiting/{shop.id}?to=/http/{shop.id}/sale"
        browser.open(address)
        browser.wait_until(lambda: "minutes" in browser.find("#time").text and "people" in browser.find("#ahead").text)
        room = browser.find("#room").get_attribute("data-number")
        browser.open(address)
        assert browser.find("#room").get_attribute("data-number") == room, "reloading keeps the place"
        assert browser.driver.execute_script("return document.cookie") == "", "no script reads the ticket"
        assert browser.find("#time").text.startswith("about ")
        wait_until(lambda: browser.driver.execute_script("return document.getElementById('spoken').textContent"))
        browser.driver.execute_cdp_cmd("Network.enable", {})
        browser.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/v1/waiting-room*"]})
        wait_until(lambda: browser.all("#trouble:not([hidden])"), seconds=40)
        assert "your place is kept" in browser.find("#trouble").text
        browser.picture(PICTURES / "waiting-trouble.png")


def test_before_the_beginning(line):
    shop = line(600, 0, opensAt=int((time.time() + 12) * 1000))
    wait_until(lambda: requests.get(f"{shop.address}/v1/waiting-room?env={shop.id}", timeout=5).json()["phase"] == "lobby")
    with chromium(PHONE, "zh-CN") as browser:
        browser.open(f"{shop.address}/http/{shop.id}/sale")
        browser.wait_until(lambda: "后开始" in browser.find("#time").text)
        assert "抽签" in browser.find("#ahead").text
        browser.picture(PICTURES / "waiting-lobby.png")
        wait_until(lambda: browser.all("#shop"), seconds=40)


def test_the_sample_shop_behind_a_line(line):
    """The page waits once; its calls go on with the page's pass."""
    shop = line(30, 4)
    with chromium(PHONE, "zh-CN") as browser:
        browser.open(shop.address + shop.url)
        assert browser.find("h1").text == "正在排队"
        wait_until(lambda: browser.all(".goods-card"), seconds=60)
        assert not browser.all("dialog.waiting-room[open]")
        status = requests.get(f"{shop.address}/v1/waiting-room?env={shop.id}", timeout=5).json()
        assert status["lines"]["general"]["waiting"] >= 0


def test_the_sdk_waits_in_a_page_that_is_open_already(line, shop):
    """A single page that was loaded before: its next call stands in line, the component shows it, and the call is answered in the end."""
    with chromium(PHONE, "en") as browser:
        browser.open(shop.address + shop.url + "&lang=en")
        browser.find(".goods-card")
        line(30, 6)
        browser.driver.execute_script("location.hash = '#/orders'")
        browser.find("dialog.waiting-room[open]")
        assert browser.accessibility_findings(AXE) == []
        browser.picture(PICTURES / "waiting-component.png")
        wait_until(lambda: not browser.all("dialog.waiting-room[open]"), seconds=60)
        browser.find("#page .view > *")
