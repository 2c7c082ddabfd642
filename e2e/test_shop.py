"""The sample shop in a real browser: a customer looks around, buys, pays and finds the order again."""

import time
from pathlib import Path

import pytest
from harness.admin import wait_until
from harness.browser import DESK, PHONE, chromium
from harness.client import ok

PICTURES = Path(__file__).resolve().parents[1] / ".build" / "test-reports"


@pytest.fixture(scope="module")
def shop(admin):
    environment = admin.create_environment("shop")
    environment.url = ok(environment.request("POST", "/samples/retail"), (200, 201))["url"]
    return environment


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def browser(request, shop):
    with chromium(request.param) as opened:
        opened.open(shop.address + shop.url)
        yield opened


def look_at(browser, name):
    """Keeps a picture, and holds each page to what is true of all of them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.driver.save_screenshot(str(PICTURES / f"shop-{browser.driver.execute_script('return innerWidth')}-{name}.png"))
    assert browser.overflow() <= 0, f"the page {name} is wider than its window"
    assert browser.broken_images() == []
    assert browser.complaints() == []


def stock_of(environment, good):
    return environment.database("get", "goods", id=good)["data"]["stock"]


def test_buying(shop, browser):
    good = browser.find(".goods-card:not(.sold-out) h3 a").get_attribute("href").rsplit("/", 1)[1]
    look_at(browser, "home")
    before = stock_of(shop, good)

    browser.click(".goods-card:not(.sold-out) h3 a")
    browser.find(".goods-detail h2")
    look_at(browser, "good")
    browser.click(".action-bar button.quiet")
    browser.find("#toast.shown")

    browser.driver.get(browser.driver.current_url.split("#")[0] + "#/cart")
    browser.find(".row .stepper")
    browser.click(".row .stepper button:last-child")
    browser.wait_until(lambda: browser.find(".row .stepper output").text == "2")
    look_at(browser, "bag")
    browser.click(".summary a.button")

    browser.find(".choices .choice")
    look_at(browser, "confirm")
    browser.click(".summary button.button")

    browser.find(".order-state.unpaid")
    number = browser.path().rsplit("/", 1)[1]
    look_at(browser, "order")
    browser.click(".action-bar .button:not(.quiet)")
    assert len(browser.find(".order-state.paid .code strong").text) == 4
    look_at(browser, "paid")

    browser.driver.get(browser.driver.current_url.split("#")[0] + "#/orders")
    browser.find(f".order-card[href$='{number}'] .state.paid")
    look_at(browser, "orders")

    order = shop.database("get", "orders", id=number)["data"]
    assert order["status"] == "paid"
    assert [(item["id"], item["quantity"]) for item in order["items"]] == [(good, 2)]
    assert stock_of(shop, good) == before - 2
    wait_until(lambda: shop.logs(function="order", text=order["no"]))


def test_the_other_language(browser):
    browser.find(".goods-card")
    assert browser.driver.execute_script("return document.documentElement.lang") == "zh-CN"
    next(button for button in browser.all("button.language") if button.is_displayed()).click()
    browser.wait_until(lambda: browser.driver.execute_script("return document.documentElement.lang") == "en")
    assert "Bag" in browser.driver.page_source
    look_at(browser, "english")


def test_an_order_of_somebody_else_is_not_shown(shop, browser):
    foreign = "somebody-elses-order"
    shop.database("set", "orders", id=foreign, data={"_openid": "somebody-else", "status": "paid", "items": []})
    browser.driver.get(browser.driver.current_url.split("#")[0] + f"#/orders/{foreign}")
    browser.find(".message h2")
    assert browser.all(".order-state") == []


def test_what_can_be_done_stands_still_while_a_page_comes_in(shop):
    """On a phone the bar of buttons is at the window's edge from the first moment on: a tap meets what it was meant for."""
    with chromium(PHONE) as browser:
        browser.open(shop.address + shop.url)
        browser.find(".goods-card")
        browser.driver.execute_script("""
            window.seen = new Set()
            const watch = () => {
              const bar = document.querySelector('.action-bar')
              if (bar) seen.add(innerHeight - Math.round(bar.getBoundingClientRect().bottom))
              requestAnimationFrame(watch)
            }
            watch()
            location.hash = '#/goods/white-tea-tin'
            """)
        browser.find(".action-bar")
        time.sleep(0.5)
        assert browser.driver.execute_script("return [...seen]") == [0]
