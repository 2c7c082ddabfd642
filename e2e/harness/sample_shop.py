"""The sample shop's pages, as a customer of it uses them."""

import time

from harness.client import ok
from harness.console import AXE, PICTURES

# In milliseconds, for a browser on a busy machine; the buttons themselves come within a tick.
PATIENCE = 10_000


def open_sample(environment):
    """Deploys the sample shop; from then on the environment has the path of its pages."""
    environment.url = ok(environment.request("POST", "/samples/retail"), (200, 201))["url"]


class Customer:
    """Somebody in the shop, at a desk or with a phone, in one language."""

    def __init__(self, browser, shop, language, width):
        self.browser = browser
        self.address = f"{shop.address}{shop.url}&lang={language}"
        self.name = f"{width}-{language}"

    def go(self, path):
        """Opens a page of the shop, as a link from outside would: loaded anew."""
        self.browser.open("about:blank")
        self.browser.open(f"{self.address}#/{path}")

    def look(self, name):
        """Keeps a picture, and holds each page to what is true of all of them."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        time.sleep(0.3)
        self.browser.picture(PICTURES / f"shop-coupons-{self.name}-{name}.png")
        assert self.browser.overflow() <= 0, f"the page {name} is wider than its window"
        assert self.browser.broken_images() == []
        assert self.browser.policy_violations() == []
        found = self.browser.accessibility_findings(AXE)
        assert found == [], found

    def fill_bag(self, **goods):
        lines = [{"id": name.replace("_", "-"), "quantity": quantity} for name, quantity in goods.items()]
        self.go("")
        self.browser.find(".goods-card")
        self.browser.driver.execute_script(
            "localStorage.setItem(`${new URLSearchParams(location.search).get('env')}:cart`, JSON.stringify(arguments[0]))", lines
        )


def ticket(batch):
    return f'.ticket-place[data-batch="{batch}"]'


def state(browser, batch):
    return browser.find(ticket(batch)).get_attribute("data-state")
