"""Organizations in the console: apps, keys, handing over, the platform's operator, and an environment's own life."""

import pytest
from harness.admin import Admin
from harness.browser import DESK, PHONE, chromium
from harness.client import Client, ok
from harness.console import BOTH, Console, accept, entered, join, look

# The parts of an organization's page, and of an environment's settings, that a role is shown.
EVERYTHING = {"apps", "add-app", "keys", "create-key", "rename", "transfer"}
SHOWN = {
    "owner": EVERYTHING,
    "admin": EVERYTHING - {"transfer"},
    "developer": {"apps", "keys", "create-key"},
    "operator": {"apps"},
    "analyst": {"apps"},
    "viewer": {"apps"},
}
CONTROLS = {"this-environment", "end"}


@pytest.fixture(scope="module")
def owner(node, operator):
    return join(node, operator, "owner@tea.example")


def members(operator, organization):
    return {member["email"]: member for member in ok(operator.request("GET", f"/organizations/{organization}/members"))["members"]}


def parts(browser, names):
    return {name for name in names if browser.all(f"#{name}")}


def choose(browser, selector, value):
    """Chooses in a list as a person does: by the value's own line."""
    browser.click(f"{selector} option[value='{value}']")


@BOTH
def test_apps(node, operator, owner, organization, size, language):
    """An app is added, gets its ids, an environment is put into it; it is only removed when none is left in it."""
    with chromium(size, language=language) as browser:
        console = entered(browser, node, "owner@tea.example")
        console.open("/console/organizations")
        page = f"/console/organizations/{organization}"
        console.open(page)
        look(console, f"organization-empty-{language}")
        console.set("#app-name", "街角茶馆")
        console.set("#app-wechat", "wx0000000000000001")
        browser.click("#add-app button")
        browser.toast()
        apps = f"/organizations/{organization}/apps"
        [app] = ok(owner.request("GET", apps))["apps"]
        assert (app["name"], app["wechatAppId"], app["alipayAppId"]) == ("街角茶馆", "wx0000000000000001", "")

        browser.click("#apps ~ ul details summary")
        console.set(f"#{app['id']}-alipay", "2021000000000001")
        console.set(f"#{app['id']}-wechat", "")
        browser.click(f"form[action$='/apps/{app['id']}'] button")
        browser.toast()
        [app] = ok(owner.request("GET", apps))["apps"]
        assert (app["wechatAppId"], app["alipayAppId"]) == ("", "2021000000000001")

        made = ok(operator.request("POST", "/environments", json={"name": f"Tea {language}"}), 201)["id"]
        console.open(f"/console/env/{made}/settings")
        choose(browser, "#environment-app", app["id"])
        browser.click("form[action$='/settings/environment'] button")
        browser.toast()
        assert ok(owner.request("GET", f"/environments/{made}"))["app"] == app["id"]
        console.open(page)
        assert f"Tea {language}" in console.text("#apps ~ ul .chip")
        look(console, f"organization-apps-{language}")

        browser.click("#apps ~ ul form[action$='/remove'] button")
        console.confirm()
        assert "APP_IN_USE" in console.text(".notice.bad")
        console.open(f"/console/env/{made}/settings")
        choose(browser, "#environment-app", "")
        browser.click("form[action$='/settings/environment'] button")
        browser.toast()
        assert "app" not in ok(owner.request("GET", f"/environments/{made}"))
        console.open(page)
        browser.click("#apps ~ ul form[action$='/remove'] button")
        console.confirm()
        browser.find("#apps ~ .empty")
        assert ok(owner.request("GET", apps))["apps"] == []
        ok(operator.request("DELETE", f"/environments/{made}"))


@BOTH
def test_a_key_of_the_organization(node, owner, organization, size, language):
    """Made with a role and an end, used, seen to be used, and refused at once when it is revoked."""
    name = f"CI {language}"
    with chromium(size, language=language) as browser:
        console = entered(browser, node, "owner@tea.example")
        console.open(f"/console/organizations/{organization}")
        console.set("#key-name", name)
        choose(browser, "#key-role", "viewer")
        choose(browser, "#key-expires", "30")
        browser.click("#create-key button")
        secret = console.text(".notice code")
        look(console, f"organization-key-{language}")
        caller = Admin(node.address, secret)
        assert ok(caller.request("GET", "/environments"))["environments"]
        assert caller.request("POST", "/environments", json={"name": "no"}).status_code == 403
        console.open(f"/console/organizations/{organization}")
        assert secret not in browser.driver.page_source
        row = browser.find("#keys ~ table tbody tr")
        assert name in row.text and len(row.find_elements("css selector", "time")) == 3, "made, ends, last used"
        [key] = [key for key in ok(owner.request("GET", f"/organizations/{organization}/keys"))["keys"] if key["name"] == name]
        assert key["role"] == "viewer" and 29 < (key["expiresAt"] - key["createdAt"]) / 86_400_000 <= 30.01
        browser.click(f"form[action$='/{key['id']}/revoke'] button")
        console.confirm()
        browser.toast()
        assert caller.request("GET", "/environments").status_code == 401


def test_an_environments_key_has_a_role_and_an_end(node, operator, owner):
    environment = ok(operator.request("GET", "/environments"))["environments"][0]["id"]
    with chromium(DESK, language="zh-CN") as browser:
        console = entered(browser, node, "owner@tea.example")
        console.open(f"/console/env/{environment}/keys")
        console.set("#key-name", "partner")
        choose(browser, "#key-role", "analyst")
        choose(browser, "#key-expires", "90")
        browser.click("form[action$='/keys'] button")
        caller = Admin(node.address, console.text(".notice code"))
        assert ok(caller.request("GET", f"/environments/{environment}/collections"))["collections"] == []
        assert caller.request("GET", f"/environments/{environment}/logs").status_code == 403
        console.open(f"/console/env/{environment}/keys")
        look(console, "environment-keys")


@pytest.mark.parametrize("role", SHOWN)
def test_each_role_sees_its_part(node, operator, organization, role):
    environment = ok(operator.request("GET", "/environments"))["environments"][0]["id"]
    email = f"{role}@parts.example"
    join(node, operator, email, role)
    with chromium(DESK, language="en") as browser:
        console = entered(browser, node, email)
        console.open(f"/console/organizations/{organization}")
        assert parts(browser, EVERYTHING) == SHOWN[role]
        look(console, f"organization-{role}")
        console.open("/console")
        assert bool(browser.all("form[action='/console/environments']")) == (role in ("owner", "admin", "developer"))
        assert bool(browser.all("form[action$='/samples/retail']")) == (role in ("owner", "admin", "developer"))
        browser.open(f"{node.address}/console/env/{environment}/settings")
        assert parts(browser, CONTROLS) == (CONTROLS if role in ("owner", "admin") else set())
        browser.open(f"{node.address}/console/operator")
        assert "PERMISSION_DENIED" in console.text("main")
        assert not browser.all("nav a[href^='/console/operator']")


def test_handing_over(node, operator):
    made = ok(operator.request("POST", "/organizations", json={"name": "Family shop"}), 201)["id"]
    for email in ("grandmother@family.example", "daughter@family.example"):
        role = "owner" if email.startswith("g") else "developer"
        path = f"/organizations/{made}/invitations"
        link = ok(operator.request("POST", path, json={"email": email, "role": role}), 201)["link"]
        with chromium(DESK, language="en") as browser:
            accept(browser, node.address + link[link.index("/console") :], email.split("@")[0])
            console = Console(browser, node)
            console.open(f"/console/organizations/{made}")
            if role == "owner":
                assert browser.all("#transfer ~ .empty"), "there is nobody yet"
                look(console, "transfer-nobody")
    with chromium(DESK, language="zh-CN") as browser:
        console = entered(browser, node, "grandmother@family.example")
        console.open(f"/console/organizations/{made}")
        browser.click("form[action$='/transfer'] button")
        look(console, "transfer-question")
        console.confirm()
        assert "daughter" in console.text(".toast")
        assert not browser.all("#transfer"), "an admin cannot hand it over"
        roles = {email: member["role"] for email, member in members(operator, made).items()}
        assert roles == {"grandmother@family.example": "admin", "daughter@family.example": "owner"}


@BOTH
def test_the_operator_makes_suspends_and_resumes(node, operator, size, language):
    """From a new organization to its owner, who sees why nothing answers while it is suspended."""
    email = f"host-{language.lower()}@inn.example"
    with chromium(size, language=language) as browser, chromium(size, language=language) as theirs:
        console = Console(browser, node).sign_in()
        console.open("/console/operator")
        console.set("#new-name", f"Inn {language}")
        choose(browser, "#new-kind", "merchant")
        browser.click("form[action$='/operator/organizations'] button")
        console.set("#invite-email", email)
        choose(browser, "#invite-role", "owner")
        browser.click("form[action$='/invite'] button")
        label = console.text(".notice .copy-line .faint")
        assert label == ("邀请链接" if language == "zh-CN" else "Link")
        accept(theirs, console.text(".notice code"), "Host")
        guest = Console(theirs, node)
        guest.open("/console")
        look(guest, f"new-owner-{language}")
        guest.set("#name", "Inn")
        theirs.click("form[action='/console/environments'] button")
        theirs.find(".tiles")
        environment = theirs.driver.current_url.split("/env/")[1].split("/")[0]
        assert Client(node.address, environment).try_login(platform="anonymous").status_code == 200

        made = next(o["id"] for o in ok(operator.request("GET", "/organizations"))["organizations"] if o["name"] == f"Inn {language}")
        action = f"form[action$='/operator/organizations/{made}"
        console.open(f"/console/operator?q=Inn+{language}")
        assert len(browser.all("#list tbody tr")) == 1
        look(console, f"operator-{language}")
        guest.open(f"/console/organizations/{made}")  # a page from before
        browser.click(f"{action}/suspend'] button")
        console.confirm()
        browser.toast()
        look(console, f"operator-suspended-{language}")
        assert Client(node.address, environment).try_login(platform="anonymous").status_code == 403
        guest.set("#organization-name", "Other name")
        theirs.click("form[action$='/name'] button")
        assert "ORGANIZATION_SUSPENDED" in guest.text("main .failure")
        theirs.complaints()  # the refusal's status
        for path in ("/console", f"/console/env/{environment}", f"/console/organizations/{made}"):
            guest.open(path)
            assert f"Inn {language}" in guest.text("main > .notice.bad")
        look(guest, f"suspended-{language}")
        assert parts(theirs, EVERYTHING) == {"apps", "keys"}
        guest.open("/console")
        assert not theirs.all("form[action='/console/environments']")
        look(guest, f"suspended-environments-{language}")

        console.open(f"/console/operator?q={made}")
        browser.click(f"{action}/resume'] button")
        console.confirm()
        browser.toast()
        assert Client(node.address, environment).try_login(platform="anonymous").status_code == 200
        guest.open("/console")
        assert not theirs.all("main > .notice.bad")


def test_the_operator_finds_environments_and_sees_how_they_do(node, operator):
    busy = operator.create_environment("Busy shop")
    busy.deploy("greet", "exports.main = async (event) => { if (event.fail) throw new Error('no'); return 1 }")
    for event in ({}, {}, {"fail": True}):
        busy.try_invoke("greet", event)
    quiet = ok(operator.request("POST", "/environments", json={"name": "Quiet shop", "stage": "production"}), 201)["id"]
    with chromium(DESK, language="en") as browser:
        console = Console(browser, node).sign_in()
        console.open("/console/operator/environments?q=shop&sort=-name")
        names = [row.text for row in browser.all("#list tbody th a")]
        assert names == sorted(names, reverse=True) and {"Busy shop", "Quiet shop"} <= set(names)
        busy_row, quiet_row = (f"#list tr:has(a[href$='{id}'])" for id in (busy.id, quiet))
        browser.wait_until(lambda: not browser.all("[data-activity] .skeleton"))
        assert "3 runs 1 failed" in console.text(busy_row) and "0 runs" in console.text(quiet_row)
        assert "Production" in console.text(quiet_row)
        look(console, "operator-environments")
        console.set("#list-search", "quiet")
        browser.wait_until(lambda: [row.text for row in browser.all("#list tbody th a")] == ["Quiet shop"])
        browser.wait_until(lambda: "0 runs" in console.text(quiet_row))  # also where htmx put the row


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh-CN"), (DESK, "en")], ids=["phone-zh", "desk-en"])
def test_the_life_of_an_environment(node, operator, owner, size, language):
    """Renamed, taken into production, suspended, deleted by its name only, and restored as it was."""
    made = ok(operator.request("POST", "/environments", json={"name": "Draft"}), 201)["id"]
    state = lambda: ok(owner.request("GET", f"/environments/{made}"))  # noqa: E731
    settings = f"/console/env/{made}/settings"
    with chromium(size, language=language) as browser:
        console = entered(browser, node, "owner@tea.example")
        console.open(settings)
        console.set("#environment-name", f"Tea house {language}")
        choose(browser, "#environment-stage", "production")
        browser.click("form[action$='/settings/environment'] button")
        browser.toast()
        assert (state()["name"], state()["stage"]) == (f"Tea house {language}", "production")

        browser.click("form[action$='/suspend'] button")
        console.confirm()
        browser.toast()
        assert state()["status"] == "suspended"
        console.open(settings)
        look(console, f"settings-suspended-{language}")
        browser.click("form[action$='/resume'] button")
        browser.toast()
        assert state()["status"] == "active"

        console.open(settings)
        browser.find("#typed").send_keys("Tea")
        browser.click("form[action$='/delete'] button")
        console.confirm()
        assert "NAME_DIFFERS" in console.text(".notice.bad") and state()["status"] == "active"
        look(console, f"settings-delete-{language}")
        browser.find("#typed").send_keys(f"Tea house {language}")
        browser.click("form[action$='/delete'] button")
        console.confirm()
        browser.toast()
        assert state()["status"] == "deleted"
        console.open("/console")
        look(console, f"environments-deleted-{language}")
        console.open(settings)
        look(console, f"settings-deleted-{language}")
        assert not browser.all("#this-environment") and not browser.all("form[action$='/delete']")
        console.open("/console")
        browser.click(f"form[action='{settings}/restore'] button")
        browser.toast()
        assert state()["status"] == "active" and "deleteAfter" not in state()


def test_what_was_deleted_is_restored_by_who_may_remove_not_resumed(node, operator, owner):
    """The form of resuming does nothing to a deleted environment, whatever its page offered."""
    made = ok(operator.request("POST", "/environments", json={"name": "Gone"}), 201)["id"]
    with chromium(DESK, language="en") as browser:
        console = entered(browser, node, "owner@tea.example")
        ok(owner.request("POST", f"/environments/{made}/suspend"))
        console.open(f"/console/env/{made}/settings")
        ok(owner.request("DELETE", f"/environments/{made}"))
        browser.click("form[action$='/resume'] button")
        assert "WRONG_STATUS" in console.text(".notice.bad")
        assert ok(owner.request("GET", f"/environments/{made}"))["status"] == "deleted"


def test_somebody_in_two_organizations_says_where(node, operator):
    """Environments name their organization, and a new one is asked for it."""
    email = "agent@agency.example"
    agent = join(node, operator, email)
    second = ok(operator.request("POST", "/organizations", json={"name": "Agency", "kind": "isv"}), 201)["id"]
    invitation = ok(operator.request("POST", f"/organizations/{second}/invitations", json={"email": email, "role": "owner"}), 201)
    ok(agent.request("POST", "/invitations/accept", json={"token": invitation["token"]}))
    with chromium(PHONE, language="en") as browser:
        console = entered(browser, node, email)
        console.open("/console/organizations")
        assert len(browser.all("main .rows li")) == 2
        look(console, "organizations")
        console.open("/console")
        console.set("#name", "Ours")
        choose(browser, "#organization", second)
        choose(browser, "#stage", "production")
        browser.click("form[action='/console/environments'] button")
        browser.find(".tiles")
        made = browser.driver.current_url.split("/env/")[1].split("/")[0]
        found = ok(agent.request("GET", f"/environments/{made}"))
        assert (found["organization"], found["stage"]) == (second, "production")
        console.open("/console")
        assert "Agency" in console.text(f".environment:has(a[href$='{made}'])")
