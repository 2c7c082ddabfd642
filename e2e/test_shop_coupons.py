"""The sample shop's coupons in a real browser: a countdown, a claim, the best for a bag, paid, redeemed, refunded and back."""

import pytest
from harness.browser import DESK, PHONE, chromium
from harness.client import ok
from harness.coupons import DAY, Merchant, claimed, now
from harness.sample_shop import PATIENCE, Customer, open_sample, state, ticket

SAMPLES = {"cpb-sample-welcome", "cpb-sample-bread", "cpb-sample-tart", "cpb-sample-teatime"}


@pytest.fixture(scope="module")
def shop(admin):
    environment = admin.create_environment("shop-coupons")
    open_sample(environment)
    environment.merchant = Merchant(environment)
    return environment


@pytest.fixture(params=[(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")], ids=["desk-zh", "desk-en", "phone-zh", "phone-en"])
def customer(request, shop):
    size, language = request.param
    with chromium(size, "zh-CN" if language == "zh" else "en") as opened:
        yield Customer(opened, shop, language, size["width"])


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


def test_the_samples_customers_have_taken_and_used_coupons(admin):
    environment = admin.create_environment("shop-customers", developmentLogin=True)
    ok(environment.request("POST", "/samples/retail", json={"customers": True}), (200, 201))
    accounts = Merchant(environment).accounts("cpb-sample-welcome")
    assert (accounts["held"], accounts["redeemed"], accounts["spent"]) == (2, 1, 500)


def test_the_timer_ends_what_nobody_pays(shop):
    """An order of a quarter of an hour ago, and one whose function died before it could lock its coupons."""
    merchant, user = shop.merchant, shop.user("forgetful")
    orders = {}
    for name in ("waits", "died"):
        coupon = claimed(user, merchant.published(minimumSpend=None))
        event = {"action": "create", "items": [{"id": "egg-tarts", "quantity": 1}], "coupons": [coupon], "token": f"token-{name}"}
        orders[name] = (ok(user.call("order", event))["order"]["_id"], coupon)
    stock = shop.database("get", "goods", id="egg-tarts")["data"]["stock"]
    earlier = {"$date": now() - 20 * 60_000}
    shop.database("update", "orders", id=orders["waits"][0], update={"$set": {"createdAt": earlier}})
    ok(merchant.move("release", orders["died"][1], order=orders["died"][0]))
    died = {"createdAt": {"$date": now() - 2 * 60_000}, "couponState": "locking"}
    shop.database("update", "orders", id=orders["died"][0], update={"$set": died})
    # At most five minutes later its timer does this; the next time finds nothing to do.
    for withdrawn, finished in ((1, 1), (0, 0)):
        told = shop.invoke("order", {"Type": "Timer", "TriggerName": "tidy"})
        assert (told["withdrawn"], told["finished"]) == (withdrawn, finished)
    assert [merchant.coupon(coupon)["status"] for _, coupon in orders.values()] == ["held", "locked"]
    ended = shop.database("get", "orders", id=orders["waits"][0])["data"]
    assert (ended["status"], ended["couponState"]) == ("cancelled", "released")
    assert shop.database("get", "goods", id="egg-tarts")["data"]["stock"] == stock + 1
    assert [trigger["name"] for trigger in ok(shop.request("GET", "/functions/order"))["triggers"]] == ["tidy"]


def test_from_the_countdown_to_the_refund(shop, customer):
    browser, merchant = customer.browser, shop.merchant
    rush = merchant.published(
        name="整点券", minimumSpend=None, stock=3, value={"type": "amount", "amount": 300}, stacking={"group": "rush", "with": []},
        claim={"from": now() + 9000, "until": now() + DAY},
    )  # fmt: skip

    customer.go("")
    browser.find(".coupon-entry")
    browser.wait_until(lambda: ":" in browser.find(".coupon-entry span").text)
    customer.look("home")
    browser.click(".coupon-entry")
    browser.find(f"{ticket(rush)} .countdown-digits b")
    customer.look("launch")
    opens = merchant.batch(rush)["claim"]["from"]
    browser.find(f"{ticket(rush)} .button:not(.quiet)")
    assert opens <= now() <= opens + PATIENCE, "the button came with the server's moment, without a reload"
    browser.click(f"{ticket(rush)} .button:not(.quiet)")
    browser.wait_until(lambda: state(browser, rush) == "claimed")
    for batch in ("cpb-sample-welcome", "cpb-sample-bread", "cpb-sample-tart"):
        browser.click(f"{ticket(batch)} .button:not(.quiet)")
        browser.find("#toast.shown")
        browser.wait_until(lambda: not browser.all(".ticket .button:disabled"))
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
    customer.go("member")
    browser.wait_until(lambda: "4" in browser.find(".menu a small").text)
    customer.look("member")
    merchant.step(rush, "stop")
    assert browser.complaints() == []


@pytest.fixture
def visitor(shop):
    """Somebody with a phone, in Chinese."""
    with chromium(PHONE) as opened:
        yield Customer(opened, shop, "zh", "phone")


def test_what_cannot_be_claimed_says_why(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    last, paused, stopped = merchant.published(name="只有一张", stock=1), merchant.published(name="暂停中"), merchant.published(name="停了")
    visitor.go("coupons")
    browser.find(f"{ticket(last)} .button")
    # While the page stands there, somebody else takes the last one, and the merchant ends the others.
    ok(merchant.give(last, "quick"))
    merchant.step(paused, "pause")
    merchant.step(stopped, "stop")
    for batch, end, told in ((last, "soldOut", "领完"), (paused, "paused", "暂停"), (stopped, "closed", "结束")):
        browser.click(f"{ticket(batch)} .button:not(.quiet)")
        browser.wait_until(lambda batch=batch, end=end: state(browser, batch) == end)
        assert told in browser.find("#toast.shown").text and told in browser.find(f"{ticket(batch)} .ticket-state").text
        assert browser.all(f"{ticket(batch)} .button:not(.quiet)") == []
    visitor.look("refused")
    assert merchant.accounts(last)["claimed"] == 1 and merchant.accounts(paused)["claimed"] == 0


def test_a_link_opens_one_batch(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    hidden = merchant.published(name="扫码领取", claim={"from": now() - 1000, "until": now() + DAY})
    visitor.go(f"coupons/{hidden}")
    browser.click(f"{ticket(hidden)} .button:not(.quiet)")
    browser.wait_until(lambda: state(browser, hidden) == "claimed")
    assert len(browser.all(".ticket")) == 1
    visitor.look("link")
    visitor.go("coupons/cpb-nothing")
    assert "没有找到" in browser.find(".message h2").text


def test_two_tabs_get_one_coupon(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    batch = merchant.published(name="两个窗口", limits={"perUser": 3})
    visitor.go(f"coupons/{batch}")
    browser.find(f"{ticket(batch)} .button")
    # This tab is not told that it comes back to the front, so that it still shows what was so before.
    browser.driver.execute_script("addEventListener('visibilitychange', event => event.stopImmediatePropagation(), true)")
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    for handle in (browser.driver.current_window_handle, first):
        browser.driver.switch_to.window(handle)
        if handle != first:
            visitor.go(f"coupons/{batch}")
        assert browser.find(f"{ticket(batch)} .button:not(.quiet)").text == "立即领取"
        browser.click(f"{ticket(batch)} .button:not(.quiet)")
        browser.wait_until(lambda: browser.find(f"{ticket(batch)} .button:not(.quiet)").text == "再领一张")
    assert merchant.accounts(batch)["claimed"] == 1


def test_who_comes_back_to_the_page_sees_what_is_so_now(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    batch = merchant.published(name="回来看看", stock=1)
    visitor.go(f"coupons/{batch}")
    browser.find(f"{ticket(batch)} .button")
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    ok(merchant.give(batch, "quick"))
    browser.driver.switch_to.window(first)
    browser.wait_until(lambda: state(browser, batch) == "soldOut")


def test_a_claim_whose_answer_is_lost_is_taken_once(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    batch = merchant.published(name="断线", limits={"perUser": 3})
    visitor.go(f"coupons/{batch}")
    browser.find(f"{ticket(batch)} .button")
    # The claim arrives; its answer does not. The SDK sends it again.
    browser.driver.execute_script("""
        const send = window.fetch; window.lost = 0
        window.fetch = async (...request) => {
          const answer = await send(...request)
          if (String(request[0]).includes('/claim') && window.lost === 0) { window.lost += 1; throw new TypeError('Failed to fetch') }
          return answer
        }
    """)
    browser.click(f"{ticket(batch)} .button:not(.quiet)")
    browser.wait_until(lambda: "再领" in browser.find(f"{ticket(batch)} .button:not(.quiet)").text)
    assert browser.driver.execute_script("return window.lost") == 1
    assert merchant.accounts(batch)["claimed"] == 1


def test_the_countdown_runs_by_the_servers_clock(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    opens = now() + 6000
    batch = merchant.published(name="时钟", claim={"from": opens, "until": opens + DAY})
    script = "const real = Date.now; Date.now = () => real() + 3600000"
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    visitor.go(f"coupons/{batch}")
    # They change while somebody looks: read in one go.
    browser.find(f"{ticket(batch)} .countdown-digits")
    script = f"return document.querySelector('{ticket(batch)} .countdown-digits').textContent"
    assert browser.driver.execute_script(script).startswith("00:00:0")
    browser.find(f"{ticket(batch)} .button:not(.quiet)")
    assert opens <= now() <= opens + PATIENCE, "an hour's difference of the phone's clock changes nothing"


def test_an_order_of_a_page_that_is_out_of_date_is_refused_and_shown_anew(shop, visitor):
    """The coupon goes with another order of the same user while the page stands there."""
    browser, merchant = visitor.browser, shop.merchant
    batch = merchant.published(name="只够一单", minimumSpend=None, value={"type": "amount", "amount": 100})
    visitor.go(f"coupons/{batch}")
    browser.click(f"{ticket(batch)} .button:not(.quiet)")
    browser.wait_until(lambda: state(browser, batch) == "claimed")
    visitor.fill_bag(egg_tarts=1)
    visitor.go("confirm")
    browser.find('.choose-row[aria-checked="true"]')
    coupon = browser.driver.execute_async_script("sampan.coupons.mine().then(({ coupons }) => arguments[0](coupons[0].id))")
    ok(merchant.move("lock", coupon, order="another"))
    stock = shop.database("get", "goods", id="egg-tarts")["data"]["stock"]
    browser.click(".summary .button")
    browser.wait_until(lambda: "订单占用" in browser.driver.page_source and not browser.all('.choose-row[aria-checked="true"]'))
    browser.wait_until(lambda: browser.all(".summary .button:not(:disabled)"))
    assert shop.database("get", "goods", id="egg-tarts")["data"]["stock"] == stock
    browser.click(".summary .button")
    browser.find(".order-state.unpaid")
    order = shop.database("get", "orders", id=browser.path().rsplit("/", 1)[1])["data"]
    assert (order["discount"], order["couponState"]) == (0, "none")


def test_codes_links_and_invitations(shop, visitor):
    browser, merchant = visitor.browser, shop.merchant
    window = {"from": now() - 1000, "until": now() + DAY}
    coded = merchant.published(name="凭码", claim={**window, "needs": "code"}, codes={"source": "generated", "count": 5})
    linked = merchant.published(name="活动页", claim={**window, "needs": "link"})
    invited = merchant.published(name="好友", claim={**window, "needs": "invitation"})
    visitor.go("coupons")
    for batch, needs in ((coded, "兑换码"), (linked, "活动链接"), (invited, "好友邀请")):
        assert needs in browser.find(f"{ticket(batch)} .ticket-state").text and browser.all(f"{ticket(batch)} .button") == []
    code = merchant.ask("GET", f"/batches/{coded}/codes/file").text.split()[0]
    for typed, told in (("WRONG", "没有这个"), (code, "券包")):
        field = browser.find(".code-form input")
        field.clear()
        field.send_keys(typed)
        browser.click(".code-form .button")
        browser.wait_until(lambda told=told: told in browser.find("#toast").text)
    browser.wait_until(lambda: state(browser, coded) == "claimed")

    visitor.go(f"coupons/{linked}")
    assert "活动链接" in browser.find(f"{ticket(linked)} .ticket-state").text
    link = ok(merchant.ask("GET", f"/batches/{linked}/link", params={"channel": "门口海报"}))
    visitor.go(f"coupons/{linked}?{link['query']}")
    browser.click(f"{ticket(linked)} .button:not(.quiet)")
    browser.wait_until(lambda: state(browser, linked) == "claimed")

    friend = shop.user("friend")
    first = merchant.published(name="请朋友", claim=window)
    ok(friend.post(f"/v1/coupons/batches/{first}/claim", {}))
    invitation = ok(friend.post(f"/v1/coupons/batches/{first}/invitation", {}))["invitation"]
    visitor.go(f"coupons/{first}?invitation={invitation}")
    browser.click(f"{ticket(first)} .button:not(.quiet)")
    browser.wait_until(lambda: state(browser, first) == "claimed")
    browser.wait_until(lambda: ok(friend.post(f"/v1/coupons/batches/{first}/invitation", {}))["invited"] == 1)
    # Who has one invites with it: the link that is copied, or shown where there is no clipboard.
    browser.driver.execute_script("navigator.clipboard.writeText = async text => { window.copied = text }")
    browser.click(f"{ticket(first)} .ticket-share")
    browser.wait_until(lambda: "invitation=inv-" in (browser.driver.execute_script("return window.copied") or ""))
    visitor.look("invited")
