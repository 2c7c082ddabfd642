"""The console as somebody uses it in a browser: coming in, looking, and what is true of every page."""

import pytest
import requests
from selenium.common.exceptions import StaleElementReferenceException

from harness.admin import Admin
from harness.browser import DESK, PHONE
from harness.client import ok
from harness.server import ROOT

PICTURES = ROOT / ".build" / "test-reports"
AXE = ROOT / ".deps" / "axe" / "axe.min.js"
PASSWORD = "seven hens on a bridge"

BOTH = pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")], ids=["desk-zh", "phone-en"])
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["script", "plain"])
# Without a script, Chromium's driver waits for ever for a touch: the plain way is walked at a desk.
WAYS = pytest.mark.parametrize(
    ("size", "language", "scripts"), [(DESK, "zh-CN", True), (PHONE, "en", True), (DESK, "en", False)], ids=["desk-zh", "phone-en", "plain"]
)


class Console:
    """A browser that has signed in."""

    def __init__(self, browser, server):
        self.browser = browser
        self.server = server
        self.driver = browser.driver

    def sign_in(self):
        self.browser.open(f"{self.server.address}/console/sign-in")
        self.browser.click(".sign-in details summary")
        self.browser.find("#key").send_keys(self.server.operator_key)
        self.browser.click(".sign-in details button")
        self.browser.find("body.with-side main")
        return self

    def open(self, path):
        self.browser.open(self.server.address + path)
        self.browser.find("main")

    def confirm(self):
        self.browser.click("#question button[value=yes]")

    def text(self, selector):
        def read():
            try:
                return (self.browser.find(selector).text,)
            except StaleElementReferenceException:
                # It stood on the page before, which is gone now.
                return None

        return self.browser.wait_until(read)[0]

    def set(self, selector, value):
        """Writes into a field as a script would: fast, and with the events that the page listens for."""
        self.driver.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
            self.browser.find(selector),
            value,
        )

    def settle(self):
        """Waits until nothing on the page is still on its way."""
        self.browser.wait_until(
            lambda: self.driver.execute_script("""
                const waiting = ['.htmx-request', '#attention-runs .skeleton',
                  '#latency-chart:not([hidden], [data-drawn])', '[data-activity] .skeleton']
                return document.readyState === 'complete' && !document.querySelector(waiting.join())
                """)
        )

    def look(self, name):
        """Keeps a picture, and holds the page to what is true of all of them."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.settle()
        width = self.driver.execute_script("return innerWidth")
        self.browser.picture(PICTURES / f"console-{width}-{name}.png")
        assert self.browser.overflow() <= 0, f"the page {name} is wider than its window"
        assert self.browser.broken_images() == []
        assert self.browser.complaints() == []
        assert self.browser.policy_violations() == []


def look(console, name):
    """Keeps a picture, and scans the page for what keeps people out."""
    console.look(name)
    assert console.browser.accessibility_findings(AXE) == []


def choose(console, name, value):
    """Takes one of the choices that stand beside each other."""
    console.browser.click(f".choice:has([name={name}][value='{value}'])")


def submitted(console, selector, confirmed=False):
    """Sends a form, answers its question, and waits for the toast."""
    console.browser.click(selector)
    if confirmed:
        console.confirm()
    return console.browser.toast()


def fetched(console, address):
    """As the browser would get it, with its cookies."""
    cookies = {cookie["name"]: cookie["value"] for cookie in console.driver.get_cookies()}
    return requests.get(address, cookies=cookies, timeout=60)


def signed_in(browser, server):
    """With the operator's key."""
    return Console(browser, server).sign_in()


def accept(browser, link, name):
    browser.open(link)
    browser.find("#name").send_keys(name)
    browser.find("#password").send_keys(PASSWORD)
    browser.click(".sign-in button.primary")
    browser.find("main h1")


def join(node, operator, email, role="owner"):
    """Somebody new, with a session of the management API."""
    organization = ok(operator.request("GET", "/organizations"))["organizations"][0]["id"]
    invitation = ok(operator.request("POST", f"/organizations/{organization}/invitations", json={"email": email, "role": role}), 201)
    body = {"token": invitation["token"], "name": email.split("@")[0], "password": PASSWORD}
    joined = ok(operator.session.post(f"{node.address}/admin/v1/invitations/accept", json=body, headers={"Authorization": None}), 201)
    return Admin(node.address, joined["token"])


def enter(browser, node, email, password=PASSWORD, code=""):
    browser.open(f"{node.address}/console/sign-in")
    browser.find("#email").send_keys(email)
    browser.find("#password").send_keys(password)
    browser.find("#code").send_keys(code)
    browser.click(".sign-in form button.primary")


def entered(browser, node, email, **more):
    enter(browser, node, email, **more)
    browser.find("body.with-side main")
    return Console(browser, node)
