"""The sample shop's coupons in a real browser: a countdown, a claim, the best for a bag, paid, redeemed in the ledger, refunded and back."""

import time
from pathlib import Path

import pytest
from harness.browser import DESK, PHONE, chromium
from harness.client import ok
from harness.coupons import DAY, Merchant, now

PICTURES = Path(__file__).resolve().parents[1] / ".build" / "test-reports"
SAMPLES = {"cpb-sample-welcome", "cpb-sample-bread", "cpb-sample-tart", "cpb-sample-teatime"}


@pytest.fixture(scope="module")
def shop(admin):
    environment = admin.create_environment("shop-coupons")
    environment.url = ok(environment.request("POST", "/samples/retail"), (200, 201))["url"]
    environment.merchant = Merchant(environment)
    return environment


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

    def fill_bag(self, **goods):
        lines = [{"id": name.replace("_", "-"), "quantity": quantity} for name, quantity in goods.items()]
        self.go("")
        self.browser.find(".goods-card")
        self.browser.driver.execute_script(
            "const env = new URLSearchParams(location.search).get('env'); localStorage.setItem(`${env}:cart`, JSON.stringify(arguments[0]))", lines
        )


@pytest.fixture(params=[(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")], ids=["desk-zh", "desk-en", "phone-zh", "phone-en"])
def customer(request, shop):
    size, language = request.param
    with chromium(size, "zh-CN" if language == "zh" else "en") as opened:
        yield Customer(opened, shop, language, size["width"])


def ticket(batch):
    return f'.ticket-place[data-batch="{batch}"]'


def state(browser, batch):
    return browser.find(ticket(batch)).get_attribute("data-state")


def test_the_samples_are_made_once_and_say_so(shop):
    ok(shop.request("POST", "/samples/retail"), (200, 201))
    batches = ok(shop.merchant.ask("GET", "/batches"))["batches"]
    samples = [batch for batch in batches if batch["id"] in SAMPLES]
    assert {batch["id"] for batch in samples} == SAMPLES and len(samples) == 4
    assert {(batch["status"], batch["submittedBy"], batch["approvedBy"]) for batch in samples} == {("published", "sample", "sample")}
    goods = {good["_id"]: good["category"] for good in shop.database("get", "goods", limit=100)["data"]}
    for batch in samples:
        scope = batch.get("scope", {})
        assert set(scope.get("goods", [])) <= set(goods) and set(scope.get("categories", [])) <= set(goods.values())


def test_from_the_countdown_to_the_refund(shop, customer):
    browser, merchant = customer.browser, shop.merchant
    rush = merchant.published(name="整点券", minimumSpend=None, stock=3, claim={"from": now() + 9000, "until": now() + DAY}, value={"type": "amount", "amount": 300},
        stacking={"group": "rush", "with": []})  # fmt: skip

    customer.go("")
    browser.find(".coupon-entry")
    browser.wait_until(lambda: ":" in browser.find(".coupon-entry span").text)
    customer.look("home")
    browser.click(".coupon-entry")
    browser.find(f"{ticket(rush)} .countdown-digits b")
    customer.look("launch")
    opens = merchant.batch(rush)["claim"]["from"]
    browser.find(f"{ticket(rush)} .button:not(.quiet)")
    assert opens <= now() <= opens + 3000, "the button came with the server's moment, without a reload"
    browser.click(f"{ticket(rush)} .button:not(.quiet)")
    browser.wait_until(lambda: state(browser, rush) == "claimed")
    for batch in ("cpb-sample-welcome", "cpb-sample-bread", "cpb-sample-tart"):
        browser.click(f"{ticket(batch)} .button:not(.quiet)")
        browser.wait_until(lambda batch=batch: state(browser, batch) == "claimed" or browser.all(f"{ticket(batch)} .button:not(.quiet):not(:disabled)"))
    customer.look("claimed")
    assert merchant.accounts(rush)["held"] == 1

    customer.go("my-coupons")
    browser.wait_until(lambda: len(browser.all(".ticket")) == 4)
    customer.look("mine")

    customer.fill_bag(egg_tarts=1, pineapple_bun=2, jasmine_milk_tea=2)
    customer.go("confirm")
    browser.wait_until(lambda: len(browser.all('.choose-row[aria-checked="true"]')) == 3)
    assert browser.all('.choose-row[aria-checked="false"]'), "the one that does not go with the others can be chosen instead"
    customer.look("confirm")
    browser.click('.choose-row[aria-checked="true"]')
    browser.wait_until(lambda: len(browser.all('.choose-row[aria-checked="true"]')) == 2)
    browser.click(".way")
    browser.wait_until(lambda: len(browser.all('.choose-row[aria-checked="true"]')) == 3)
    browser.click(".summary .button")

    browser.find(".order-state.unpaid")
    browser.find(".reductions b")
    customer.look("order")
    number = browser.path().rsplit("/", 1)[1]
    order = shop.database("get", "orders", id=number)["data"]
    assert order["couponState"] == "locked" and len(order["coupons"]) == 3
    assert order["total"] == order["subtotal"] - order["discount"] and order["discount"] == sum(item["discount"] for item in order["items"])
    coupons = {each["id"]: each["discount"] for each in order["coupons"]}
    assert {merchant.coupon(coupon)["status"] for coupon in coupons} == {"locked"}

    browser.click(".action-bar .button:not(.quiet)")
    browser.find(".order-state.paid")
    for coupon, discount in coupons.items():
        shown = merchant.coupon(coupon)
        assert shown["status"] == "redeemed" and shown["uses"] == [{"order": number, "amount": discount, "refunded": False}]
    customer.look("paid")

    browser.click(".action-bar .button.quiet")
    browser.click(".sheet button[value=yes]")
    browser.find(".order-state.refunded")
    assert {merchant.coupon(coupon)["status"] for coupon in coupons} == {"held"}
    customer.look("refunded")
    for batch in SAMPLES:
        merchant.accounts(batch)
    complaints = browser.complaints()
    assert complaints == [], complaints
