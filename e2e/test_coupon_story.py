"""The life of a batch in browsers: designed, reckoned, approved by a second person, claimed in the shop, used, settled, refunded."""

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from harness.admin import wait_until
from harness.browser import DESK, PHONE, chromium
from harness.client import ok
from harness.console import entered, fetched, look, submitted
from harness.coupons import now, table
from harness.sample_shop import PATIENCE, Customer, open_sample, state, ticket
from harness.tea_house import TeaHouse

CHINA = timezone(timedelta(hours=8))
# So long it takes at most from the moment at which the design is saved until a customer stands before the countdown.
OPENS_AFTER = 15_000
AMOUNT, STOCK, BUDGET = 3330, 200, 500_000
# One tin at 88 yuan and two cups at 18: the coupon is split by what each line costs, to the fen.
SUBTOTAL, SHARES = 12_400, {"white-tea-tin": 2363, "jasmine-milk-tea": 967}
# What the report says after each of the two steps.
USED = {"redeemed": 1, "redeemedAmount": AMOUNT, "refunded": 0, "refundedAmount": 0, "net": AMOUNT}
RETURNED = {"redeemed": 1, "redeemedAmount": AMOUNT, "refunded": 1, "refundedAmount": AMOUNT, "net": 0}

STORIES = pytest.mark.parametrize(
    ("size", "language", "name"), [(PHONE, "zh-CN", "开业满减"), (DESK, "en", "Opening week")], ids=["phone-zh", "desk-en"]
)


@pytest.fixture
def house(operator):
    """A merchant whose environment has the sample shop, with the batches that come with it."""
    house = TeaHouse(operator)
    house.environment.change_settings(anonymousLogin=True)
    open_sample(house.environment)
    assert house.batches(), "the sample brings batches of its own"
    return house


@STORIES
def test_from_the_design_to_the_settlement(node, house, size, language, name):
    first, second = house.join(name="Mei"), house.join(name="Lin")
    with chromium(DESK, language) as one, chromium(PHONE, language) as other, chromium(size, language) as third:
        mei, lin = entered(one, node, first), entered(other, node, second)
        customer = Customer(third, house.environment, language[:2], size["width"])
        customer.go("")
        batch = designed(mei, house, language, name)
        approved(lin, house, language, name)

        third.click(".coupon-entry")
        counted_down(customer, house, batch)
        mei.open(f"{house.home}/batches/{batch}")
        coupon = claimed_by(customer, house, batch, name)
        one.wait_until(lambda: mei.text("#live-claimed") == "1")

        order = ordered(customer, house, batch, coupon, name)
        paid(customer, house, order, coupon)
        watched(mei, "0 + 0 + 1 + 0 + 0", "¥33.30")
        look(mei, f"story-redeemed-{language}")
        settled(lin, house, batch, coupon, order, USED)
        look(lin, f"story-coupon-{language}")

        refunded(customer, house, order, coupon, name)
        watched(mei, "1 + 0 + 0 + 0 + 0", "¥0.00")
        look(mei, f"story-refunded-{language}")
        settled(lin, house, batch, coupon, order, RETURNED)
        look(lin, f"story-coupon-back-{language}")
        accounts = house.merchant.accounts(batch)
        assert (accounts["held"], accounts["reserved"], accounts["spent"]) == (1, AMOUNT, 0)
        assert third.complaints() == []


# The merchant's people


def designed(mei, house, language, name):
    """Writes the design, asks what it may cost, saves and submits it; answers the batch."""
    before = {batch["id"] for batch in house.batches()}
    mei.open(house.home)
    mei.browser.go("a[href$='/coupons/new']")
    fields = {"name": name, "amount": "33.30", "minimumSpend": "88", "stock": "200", "budget": "5000", "perUser": "1", "perDay": "1"}
    for field, value in fields.items():
        mei.set(f"#{field}", value)
    mei.browser.click("#reckon")
    assert mei.text("#worst") == "¥5,000.00"
    assert mei.text("#expected") == "¥1,998.00", "150 coupons fit the budget, 60 of them are used"
    look(mei, f"story-design-{language}")
    assert {batch["id"] for batch in house.batches()} == before, "nobody has saved anything yet"

    opens = now() + OPENS_AFTER
    mei.set("#from", datetime.fromtimestamp(opens // 1000, CHINA).strftime("%Y-%m-%dT%H:%M:%S"))
    submitted(mei, "#save")
    submitted(mei, "#next-step form[action$='/submit'] button")
    [batch] = [batch for batch in house.batches() if batch["name"] == name]
    assert batch["id"] not in before and batch["status"] == "submitted"
    assert (batch["value"], batch["minimumSpend"]) == ({"type": "amount", "amount": AMOUNT}, 8800)
    assert (batch["stock"], batch["budget"], batch["claim"]["from"]) == (STOCK, BUDGET, opens // 1000 * 1000)
    assert (batch["limits"]["perUser"], batch["limits"]["perDay"]) == (1, 1)
    assert not mei.browser.all("form[action$='/approve']"), "who submits does not approve"
    return batch["id"]


def approved(lin, house, language, name):
    """The second person finds the batch by its name, sees the same costs, and lets it out."""
    lin.open(house.home)
    [link] = [link for link in lin.browser.all("tbody th a") if link.text == name]
    lin.open(urlsplit(link.get_attribute("href")).path)
    assert "Mei" in lin.text("#next-step") and lin.text("#worst") == "¥5,000.00"
    look(lin, f"story-to-approve-{language}")
    submitted(lin, "form[action$='/approve'] button", confirmed=True)
    assert "Mei" in lin.text("#who-did") and "Lin" in lin.text("#who-did")
    [batch] = [batch for batch in house.batches() if batch["name"] == name]
    assert batch["status"] == "published" and batch["submittedBy"] != batch["approvedBy"]


def watched(mei, accounts, spent):
    """The page that stands open shows by itself where the one coupon is and what it has cost."""
    mei.browser.wait_until(lambda: f"1 = {accounts}; 1 + 199 = 200" in mei.text("#adds-up"))
    assert spent in mei.text("#live .money div:last-child")


def settled(lin, house, batch, coupon, order, sums):
    """The report behind the page's link, as CSV and as JSON, the ledger and the coupon's own page agree with the order."""
    lin.open(f"{house.home}/batches/{batch}")
    report = lin.browser.find("a[download][href*='/report?']").get_attribute("href")
    ledger = lin.browser.find("a[download][href*='/entries?']").get_attribute("href")
    days = table(fetched(lin, report))
    assert {name: sum(int(day[name]) for day in days) for name in sums} == sums
    address = urlsplit(report)
    plain = address._replace(query=urlencode([pair for pair in parse_qsl(address.query) if pair[0] != "format"]))
    told = ok(fetched(lin, plain.geturl()))
    assert (told["batch"], told["total"]["claimed"], told["accounts"]["spent"]) == (batch, 1, sums["net"])
    assert {name: told["total"][name] for name in sums} == sums

    steps = [step for step in table(fetched(lin, ledger)) if step["order"] == order["_id"] and step["step"] in ("redeem", "refund")]
    assert [step["step"] for step in steps] == ["redeem", "refund"][: sums["redeemed"] + sums["refunded"]]
    assert {(step["coupon"], int(step["amount"])) for step in steps} == {(coupon, order["discount"])}
    lin.open(f"{house.home}/coupon/{coupon}")
    assert order["_id"] in lin.text("[aria-labelledby=uses-title]") and "¥33.30" in lin.text("[aria-labelledby=uses-title]")


# The customer


def counted_down(customer, house, batch):
    """The launch page counts, and its button comes with the server's moment, without a reload."""
    browser, opens = customer.browser, house.merchant.batch(batch)["claim"]["from"]
    browser.find(f"{ticket(batch)} .countdown-digits")
    # The digits change while somebody looks: read in one go, with the time by which they must be right.
    shown = browser.driver.execute_script("return document.querySelector(arguments[0])?.textContent", f"{ticket(batch)} .countdown-digits")
    assert shown and shown.startswith("00:00:"), f"the batch was to open after {OPENS_AFTER} ms; on this machine the way there took longer"
    assert abs(opens - now() - 1000 * int(shown[-2:])) < 3000
    assert not browser.all(f"{ticket(batch)} .button:not(.quiet)")
    customer.look("story-countdown")
    wait_until(lambda: now() >= opens - 1000, seconds=OPENS_AFTER / 1000)
    browser.find(f"{ticket(batch)} .button:not(.quiet)")
    assert opens <= now() <= opens + PATIENCE


def claimed_by(customer, house, batch, name):
    """Takes the coupon, and one of the sample's that will be the lesser choice; answers the coupon, which is the customer's now."""
    browser = customer.browser
    for each in (batch, "cpb-sample-welcome"):
        browser.click(f"{ticket(each)} .button:not(.quiet)")
        browser.wait_until(lambda each=each: state(browser, each) == "claimed")
    assert not browser.all(f"{ticket(batch)} .button:not(.quiet)"), "one for each"
    customer.look("story-claimed")
    browser.click(".ticket-links a[href$='my-coupons']")
    assert "¥33.30" in mine(customer, name).text
    customer.look("story-mine")
    [coupon] = ok(house.merchant.ask("GET", f"/batches/{batch}/coupons"))["coupons"]
    assert coupon["status"] == "held"
    return coupon["id"]


def mine(customer, name):
    """The ticket of this name on the page that is open."""
    return customer.browser.wait_until(lambda: next((each for each in customer.browser.all(".ticket") if name in each.text), None))


def ordered(customer, house, batch, coupon, name):
    """Puts goods into the bag, sees why this coupon is the best, and places the order; answers its document."""
    browser = customer.browser
    for good, more in (("white-tea-tin", 0), ("jasmine-milk-tea", 1)):
        customer.go(f"goods/{good}")
        for _ in range(more):
            browser.click(".goods-main .stepper button:last-child")
        browser.click(".goods-main .action-bar button.quiet")
        browser.find("#toast.shown")
    customer.go("cart")
    browser.wait_until(lambda: len(browser.all(".row .stepper")) == 2)
    customer.look("story-bag")
    browser.click(".summary a.button")

    best = browser.find('.choose-row[aria-checked="true"]').text
    assert name in best and "−¥33.30" in best and "−¥23.63" in best and "−¥9.67" in best, "what it takes off, line by line"
    assert browser.find(".choose-coupons h2 small").text in ("已为你选好最省的组合", "The best combination, chosen for you")
    [other] = browser.all('.choose-row[aria-checked="false"]')
    assert f"“{name}”" in other.find_element("css selector", "small").text, "and why the other does not go with it"
    assert "90.70" in browser.find(".summary-total").text
    customer.look("story-checkout")
    browser.click(".summary .button")

    browser.find(".order-state.unpaid")
    assert "−¥33.30" in browser.find(".reductions").text
    order = house.environment.database("get", "orders", id=browser.path().rsplit("/", 1)[1])["data"]
    assert (order["subtotal"], order["discount"], order["total"]) == (SUBTOTAL, AMOUNT, SUBTOTAL - AMOUNT)
    assert [(each["id"], each["discount"]) for each in order["coupons"]] == [(coupon, AMOUNT)]
    assert {item["id"]: item["discount"] for item in order["items"]} == SHARES
    shown = house.merchant.coupon(coupon)
    assert (shown["status"], shown["batch"], order["couponState"]) == ("locked", batch, "locked")
    return order


def paid(customer, house, order, coupon):
    browser = customer.browser
    assert "90.70" in browser.find(".action-bar .button:not(.quiet)").text
    browser.click(".action-bar .button:not(.quiet)")
    browser.find(".order-state.paid")
    customer.look("story-paid")
    shown = house.merchant.coupon(coupon)
    assert shown["status"] == "redeemed"
    assert shown["uses"] == [{"order": order["_id"], "amount": order["discount"], "refunded": False}]


def refunded(customer, house, order, coupon, name):
    """The order goes back, and the customer has the coupon again."""
    browser = customer.browser
    browser.click(".action-bar .button.quiet")
    browser.click(".sheet button[value=yes]")
    browser.find(".order-state.refunded")
    assert browser.find(".reductions small").text in ("已退回券包", "back among yours")
    customer.look("story-refunded")
    after = house.environment.database("get", "orders", id=order["_id"])["data"]
    assert (after["status"], after["couponState"], after["coupons"][0]["after"]) == ("refunded", "refunded", "held")
    shown = house.merchant.coupon(coupon)
    assert shown["status"] == "held" and [use["refunded"] for use in shown["uses"]] == [True]
    customer.go("my-coupons")
    assert "¥33.30" in mine(customer, name).text and not browser.all(".ticket.locked")
    customer.look("story-mine-again")
