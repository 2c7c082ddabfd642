"""Coupons in the console: designed, reckoned, approved by a second person, claimed, watched, and what is wrong told beside its field."""

import time

import pytest
from harness.browser import DESK, chromium
from harness.client import ok
from harness.console import BOTH, SCRIPTS, choose, entered, fetched, look, submitted
from harness.coupons import claimed
from harness.tea_house import TeaHouse


@pytest.fixture
def shop(operator):
    return TeaHouse(operator)


def nobody_looks_at_what_nobody_sees(browser):
    """The part that lives is left alone while the page is hidden, and looked at as soon as it is seen again."""
    browser.driver.execute_script("""
        window.looks = 0
        document.addEventListener('htmx:beforeRequest', () => (window.looks += 1))
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.isHidden })
        window.isHidden = true
        """)
    time.sleep(4)  # longer than it waits between two looks
    assert browser.driver.execute_script("return looks") == 0
    browser.driver.execute_script("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    browser.wait_until(lambda: browser.driver.execute_script("return looks") == 1)


@BOTH
def test_from_the_design_to_the_live_view(node, shop, size, language):
    first, second = shop.join(name="Mei"), shop.join(name="Lin")
    with chromium(size, language=language) as one, chromium(size, language=language) as other:
        mei, lin = entered(one, node, first), entered(other, node, second)
        mei.open(shop.home)
        look(mei, f"coupons-empty-{language}")
        one.go("a[href$='/coupons/new']")
        look(mei, f"coupon-new-{language}")

        # The design, and what it may cost: nobody has saved anything yet.
        mei.set("#name", "满 50 减 9.90")
        mei.set("#amount", "9.90")
        mei.set("#stock", "1,000")
        mei.set("#budget", "5000")
        mei.set("#order0", "68.00")
        mei.set("#assumeMargin", "35")
        one.click("#reckon")
        assert mei.text("#worst") == "¥5,000.00"
        assert mei.text("#expected") == "¥1,999.80", "505 coupons fit the budget, 202 of them are used"
        assert one.all("#estimate .notice"), "the budget ends before the stock"
        look(mei, f"coupon-estimate-{language}")
        assert shop.batches() == []
        submitted(mei, "#save")
        [batch] = shop.batches()
        assert batch["value"] == {"type": "amount", "amount": 990} and batch["stock"] == 1000 and batch["budget"] == 500_000
        assert batch["minimumSpend"] == 5000 and batch["limits"]["perUser"] == 1 and batch["claim"]["public"] is True
        look(mei, f"coupon-draft-{language}")

        # Whoever submits it waits; somebody else approves it.
        submitted(mei, "#next-step form[action$='/submit'] button")
        assert not one.all("form[action$='/approve']")
        look(mei, f"coupon-waits-{language}")
        lin.open(shop.home)
        other.go("tbody th a")
        look(lin, f"coupon-to-approve-{language}")
        assert "Mei" in lin.text("#next-step")
        submitted(lin, "form[action$='/approve'] button", confirmed=True)
        assert "Mei" in lin.text("#who-did") and "Lin" in lin.text("#who-did")
        [batch] = shop.batches()
        assert batch["status"] == "published" and "" != batch["submittedBy"] != batch["approvedBy"]

        # A user claims: the page that is open shows it by itself.
        lin.open(f"{shop.home}/batches/{batch['id']}")
        assert lin.text("#live-claimed") == "0"
        user = shop.environment.user("alice")
        coupon = claimed(user, batch["id"])
        other.wait_until(lambda: lin.text("#live-claimed") == "1")
        assert lin.text("#live-left") == "999"
        ok(shop.merchant.move("redeem", coupon, order="order-1", amount=800))
        other.wait_until(lambda: "¥8.00" in lin.text("#live"))
        assert "1 = 0 + 0 + 1 + 0 + 0; 1 + 999 = 1,000" in lin.text("#adds-up")
        look(lin, f"coupon-live-{language}")
        was = lin.text("#standing")
        shop.merchant.step(batch["id"], "pause")
        other.wait_until(lambda: lin.text("#standing") != was)
        shop.merchant.step(batch["id"], "resume")
        nobody_looks_at_what_nobody_sees(other)
        lin.open(shop.home)
        look(lin, f"coupons-{language}")

        # Paused, given more of, and said who did it.
        lin.open(f"{shop.home}/batches/{batch['id']}")
        submitted(lin, "form[action$='/pause'] button", confirmed=True)
        assert shop.batches()[0]["status"] == "paused"
        lin.set("#more-stock", "500")
        submitted(lin, "#add-stock button")
        lin.set("#more-budget", "1000.50")
        submitted(lin, "#add-budget button")
        [batch] = shop.batches()
        assert batch["stock"] == 1500 and batch["budget"] == 600_050
        look(lin, f"coupon-paused-{language}")


@BOTH
def test_what_is_wrong_is_said_beside_its_field(node, shop, size, language):
    with chromium(size, language=language) as browser:
        console = entered(browser, node, shop.join("owner"))
        console.open(f"{shop.home}/new")
        wrong = {"name": "", "amount": "10.005", "minimumSpend": "-1", "stock": "many", "until": "", "perUser": "0", "budget": "1e3"}
        for field, value in wrong.items():
            console.set(f"#{field}", value)
        browser.go("#save")
        for field, value in wrong.items():
            assert browser.find(f".wrong #{field}").get_attribute("value") == value
            assert console.text(f"#{field}-hint .bad-text")
        assert len(browser.all("#problems li")) == len(wrong)
        assert browser.all("#description") and not browser.all(".wrong #days")
        browser.complaints()  # the refusal's status
        look(console, f"coupon-wrong-{language}")
        assert shop.batches() == []

        # What several fields show only together.
        for field, value in {"name": "x", "amount": "60", "minimumSpend": "50", "stock": "10", "perUser": "", "budget": ""}.items():
            console.set(f"#{field}", value)
        console.set("#until", "2001-01-01T00:00")
        browser.go("#save")
        assert console.text("#amount-hint .bad-text") and console.text("#until-hint .bad-text")
        assert len(browser.all("#problems li")) == 2
        assert not browser.all("#estimate li")
        # The estimate says what it needs, and nothing is lost.
        console.set("#amount", "5")
        browser.click("#reckon")
        browser.wait_until(lambda: browser.all("#estimate li a[href='#until']"))
        browser.complaints()
        choose(console, "kind", "discount")
        browser.find("#percentOff")
        assert not browser.all("#amount")[0].is_displayed()
        console.set("#percentOff", "15.5")
        console.set("#until", "2090-01-01T00:00")
        console.set("#budget", "100")
        browser.go("#save")
        assert console.text("#budget-hint .bad-text"), "a budget needs a bound"
        browser.complaints()
        console.set("#ceiling", "20")
        submitted(console, "#save")
        [batch] = shop.batches()
        assert batch["value"] == {"type": "discount", "percentOff": 15.5, "ceiling": 2000} and batch["limits"]["perUser"] is None


@BOTH
def test_one_coupon_is_looked_after(node, shop, size, language):
    """Found by its user, frozen, unfrozen, voided; its steps are told, and who did that is written down."""
    batch = shop.merchant.published(budget=100_000)
    user = shop.environment.user("carol")
    coupon = claimed(user, batch)
    with chromium(size, language=language) as browser:
        console = entered(browser, node, shop.join("owner", "Ann"))
        console.open(f"{shop.home}/batches/{batch}")
        console.set("#find-coupon", user.openid)
        browser.go("form[action$='/of'] button")
        look(console, f"coupons-of-user-{language}")
        browser.go("tbody th a")
        assert user.openid in console.text("dl.facts")
        status = lambda: shop.merchant.coupon(coupon)  # noqa: E731
        submitted(console, "form[action$='/freeze'] button", confirmed=True)
        assert status()["frozen"] is True
        look(console, f"coupon-frozen-{language}")
        submitted(console, "form[action$='/unfreeze'] button")
        assert "frozen" not in status()
        submitted(console, "form[action$='/void'] button", confirmed=True)
        assert status()["status"] == "voided" and not browser.all("form[action$='/void']")
        assert len(browser.all("#steps li")) == 4
        look(console, f"coupon-voided-{language}")
        console.open(f"{shop.home}/of?q={coupon}")
        assert coupon in console.text("tbody")
        console.open(f"{shop.home}/of?q=nobody")
        look(console, f"coupons-of-nobody-{language}")

        # All of a batch, and those that stand somewhere.
        console.open(f"{shop.home}/batches/{batch}/coupons")
        look(console, f"coupons-of-batch-{language}")
        browser.click("#coupon-status option[value=held]")
        browser.wait_until(lambda: browser.all("#list .empty"))

        # A link with its picture, and what can be taken away.
        console.open(f"{shop.home}/batches/{batch}")
        console.set("#link-page", "https://tea.example/claim?from=poster")
        console.set("#link-channel", "poster")
        browser.click("#share form button")
        browser.wait_until(lambda: "channel=poster" in console.text("#shared code"))
        assert console.text("#shared code").startswith(f"https://tea.example/claim?from=poster&batch={batch}&")
        assert browser.all("#share-picture svg")
        look(console, f"coupon-shared-{language}")
        for link in browser.all("a[download]"):
            answer = fetched(console, link.get_attribute("href"))
            assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv"), link.text
            assert coupon in answer.text or "net" in answer.text


@BOTH
def test_one_person_alone(node, shop, size, language):
    """Nobody else may approve: it is said, and written down; a draft is changed, and what was published only in what may change."""
    batch = shop.merchant.draft(
        useTimes={"weekdays": [6, 7], "hours": [{"from": "10:00", "until": "24:00"}], "excludedDates": ["2026-10-01"]},
        scope={"goods": ["tea"], "levels": ["gold"]}, limits={"perUser": 3, "perDay": 1},
        stacking={"group": "goods", "with": ["order", "shop"], "perOrder": 2},
    )  # fmt: skip
    before = shop.merchant.batch(batch)
    with chromium(size, language=language) as browser:
        console = entered(browser, node, shop.join("owner", "Ann"))
        # A draft that is saved as it was opened stays what it was.
        console.open(f"{shop.home}/batches/{batch}/edit")
        look(console, f"coupon-edit-{language}")
        submitted(console, "#save")
        unchanged = lambda shown: {name: value for name, value in shown.items() if name != "revision"}  # noqa: E731
        assert unchanged(shop.merchant.batch(batch)) == unchanged(before)
        # Somebody else was faster: nothing of theirs is written over.
        console.open(f"{shop.home}/batches/{batch}/edit")
        ok(shop.merchant.ask("PATCH", f"/batches/{batch}", {"stock": 77}))
        console.set("#stock", "5")
        browser.go("#save")
        browser.complaints()
        assert console.text("#problems") and browser.find("#stock").get_attribute("value") == "5"
        assert shop.merchant.batch(batch)["stock"] == 77

        console.open(f"{shop.home}/batches/{batch}")
        submitted(console, "form[action$='/submit'] button")
        look(console, f"coupon-alone-{language}")
        submitted(console, "form[action$='/approve'] button", confirmed=True)
        assert console.text("#who-did").count("Ann") == 1
        console.open(f"{shop.home}/batches/{batch}/edit")
        assert not browser.all("[name=kind]")
        console.set("#name", "周末茶券")
        console.set("#stock", "500")
        look(console, f"coupon-change-{language}")
        submitted(console, "#save")
        changed = shop.merchant.batch(batch)
        assert changed["name"] == "周末茶券" and changed["stock"] == 500
        assert all(changed[name] == before[name] for name in ("value", "scope", "useTimes", "limits", "validity", "stacking", "claim"))
        history = [item.text for item in browser.all("#history li strong")]
        assert len(history) >= 5, history
        look(console, f"coupon-history-{language}")
        submitted(console, "form[action$='/stop'] button", confirmed=True)
        assert shop.merchant.batch(batch)["status"] == "stopped"
        assert not browser.all("#live[hx-get]"), "nothing of it changes any more, so nobody looks"


@BOTH
def test_codes_are_made_and_brought(node, shop, size, language):
    with chromium(size, language=language) as browser:
        console = entered(browser, node, shop.join("owner"))
        console.open(f"{shop.home}/new")
        console.set("#name", "Codes")
        browser.click("#when-title ~ details summary")
        choose(console, "needs", "code")
        console.set("#codesCount", "25")
        submitted(console, "#save")
        [batch] = shop.batches()
        assert batch["claim"]["needs"] == "code" and batch["codes"] == {"source": "generated", "count": 25}
        codes = fetched(console, browser.find("#codes a[download]").get_attribute("href")).text.split()
        assert len(set(codes)) == 25

        console.open(f"{shop.home}/new")
        console.set("#name", "Tills")
        browser.click("#when-title ~ details summary")
        browser.click(".not-code")
        submitted(console, "#save")
        own = shop.batches()[0]
        assert own["codes"] == {"source": "uploaded"}
        console.set("#pasted-codes", "T-0001\nT-0002\nT-0003\n")
        submitted(console, "#add-codes button")
        assert shop.merchant.batch(own["id"])["uploadedCodes"] == 3
        look(console, f"coupon-codes-{language}")


@SCRIPTS
def test_without_a_script(node, shop, scripts):
    """The same pages, drawn whole."""
    shop.merchant.published()
    with chromium(DESK, language="en", scripts=scripts) as browser:
        console = entered(browser, node, shop.join("owner"))
        console.open(f"{shop.home}/new")
        browser.find("#name").send_keys("Plain")
        browser.click("#reckon")
        assert console.text("#worst") == "¥10,000.00"
        assert browser.find("#name").get_attribute("value") == "Plain"
        if not scripts:
            browser.click("#save")
            browser.find("#next-step")
            assert {batch["name"] for batch in shop.batches()} == {"Plain", "满50减5"}
            console.open(f"{shop.home}/batches/{shop.batches()[1]['id']}")
            browser.click("form[action$='/pause'] button")
            browser.click(".danger-fill")
            browser.find("form[action$='/resume']")


def test_who_only_reads(node, shop):
    """An analyst sees batches and coupons and is offered nothing that would change them."""
    batch = shop.merchant.published()
    coupon = claimed(shop.environment.user("dora"), batch)
    with chromium(DESK, language="en") as browser:
        console = entered(browser, node, shop.join("analyst", "Ann"))
        for path in ("", f"/batches/{batch}", f"/coupon/{coupon}", f"/batches/{batch}/coupons", "/of?q=dora"):
            console.open(shop.home + path)
            assert not browser.all("main form[method=post], main a[href$='/new'], main a[href$='/edit'], #share, #history"), path
        for path in ("/new", f"/batches/{batch}/edit"):
            console.open(shop.home + path)
            assert "PERMISSION_DENIED" in console.text("main")
        browser.complaints()
