"""Members and roles in the console: an invitation by link, what each role sees, and access that ends at once."""

import re

import pytest
import requests
from harness.browser import DESK, chromium
from harness.client import ok
from harness.console import BOTH, PASSWORD, Console, accept, look

# What the navigation of an environment has for a role.
SEEN = {
    "admin": {"functions", "database", "files", "logs", "settings", "keys"},
    "developer": {"functions", "database", "files", "logs", "settings", "keys"},
    "operator": {"functions", "database", "files", "logs", "settings"},
    "analyst": {"functions", "database", "files"},
    "viewer": {"functions"},
}


@pytest.fixture(scope="module")
def environment(operator):
    return ok(operator.request("GET", "/environments"))["environments"][0]["id"]


def sections(console, node, environment):
    """The parts of the environment that the navigation offers."""
    console.open(f"/console/env/{environment}")
    paths = console.driver.execute_script("return [...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))")
    found = (re.fullmatch(rf"/console/env/{environment}/(\w+)", path or "") for path in paths)
    return {match.group(1) for match in found if match} & set(SEEN["admin"])


@BOTH
def test_a_role_in_one_app(node, operator, organization, environment, size, language):
    """Whoever is invited to one app works in its environments, and is told of no other."""
    app = ok(operator.request("POST", f"/organizations/{organization}/apps", json={"name": f"Tea {language}"}), 201)["id"]
    inside = ok(operator.request("POST", "/environments", json={"name": "inside", "app": app}), 201)["id"]
    email = f"one-app-{language.lower()}@tea.example"
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        console.open(f"/console/people/{organization}")
        console.set("#invite-email", email)
        browser.click("#invite-role option[value=developer]")
        browser.click(f"#invite-app option[value={app}]")
        browser.go("form[action$='/invite'] button")
        look(console, f"in-app-{language}")
        link = re.search(r"https?://\S+token=\S+", console.text(".notice.good")).group(0)
    with chromium(size, language=language) as browser:
        accept(browser, link, "Ming")
        console = Console(browser, node)
        console.open("/console")
        assert "inside" in console.text("main")
        assert environment not in browser.driver.page_source
        console.open(f"/console/env/{inside}/functions")
        look(console, f"in-app-functions-{language}")
        console.open(f"/console/env/{environment}")
        assert "ENVIRONMENT_NOT_FOUND" in console.text("main")
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        console.open(f"/console/people/{organization}")
        members = f"/organizations/{organization}/members?search={email}"
        [member] = ok(operator.request("GET", members))["members"]
        browser.click(f"form[action$='/members/{member['account']}/remove'] button")
        console.confirm()
        browser.toast()
        assert ok(operator.request("GET", members))["members"] == []


@BOTH
def test_inviting_in_the_console(node, operator, organization, size, language):
    """From the operator's first sign-in to a colleague who works under her own name."""
    email = f"mei-{language.lower()}@tea.example"
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        console.open(f"/console/people/{organization}")
        look(console, f"empty-{language}")
        console.set("#invite-email", email)
        browser.click("form[action$='/invite'] button")
        link = browser.find(".notice code, .notice input, .notice .secret").text
        assert link.startswith(f"{node.address}/console/invitation?token=inv-"), link
        look(console, f"invited-{language}")
    with chromium(size, language=language) as browser:
        browser.open(link)
        colleague = Console(browser, node)
        look(colleague, f"invitation-{language}")
        accept(browser, link, "Mei")
        colleague.open("/console")
        look(colleague, f"colleague-{language}")
    with chromium(size, language=language) as browser:
        browser.open(f"{node.address}/console/sign-in")
        returning = Console(browser, node)
        look(returning, f"sign-in-{language}")
        browser.find("#email").send_keys(email)
        browser.find("#password").send_keys("not the password")
        browser.click(".sign-in form button.primary")
        assert browser.find("[role=alert]").text
        browser.find("#password").send_keys(PASSWORD)
        browser.click(".sign-in form button.primary")
        browser.wait_until(lambda: "sign-in" not in browser.driver.current_url)
        returning.open(f"/console/people/{organization}")
        assert email in browser.find("main").text
    done = ok(operator.request("GET", f"/organizations/{organization}/audit?actor={email}"))["entries"]
    assert [entry["action"] for entry in done] == ["sign-in", "invitation-accepted"], "as the API writes them down"


@pytest.mark.parametrize("role", SEEN)
def test_each_role_sees_its_work(node, operator, organization, environment, role):
    place = f"/organizations/{organization}"
    invitation = ok(operator.request("POST", f"{place}/invitations", json={"email": f"{role}@seen.example", "role": role}), 201)
    with chromium(DESK, language="en") as browser:
        accept(browser, invitation["link"].replace("127.0.0.1:9800", node.address.split("//")[1]), role)
        console = Console(browser, node)
        assert sections(console, node, environment) == SEEN[role]
        look(console, f"home-{role}")
        hidden = set(SEEN["admin"]) - SEEN[role]
        for part in sorted(hidden):
            browser.open(f"{node.address}/console/env/{environment}/{part}")
            assert "PERMISSION_DENIED" in browser.find("main").text
        browser.complaints()  # the browser notes each refused page
        other = ok(operator.request("POST", "/organizations", json={"name": "Other"}), 201)["id"]
        foreign = ok(operator.request("POST", "/environments", json={"name": "foreign", "organization": other}), 201)["id"]
        for name in (foreign, "env-unknown"):
            browser.open(f"{node.address}/console/env/{name}")
            assert "ENVIRONMENT_NOT_FOUND" in browser.find("main").text
        browser.complaints()
        console.open("/console")
        assert "foreign" not in browser.find("main").text
        # Taken away: the next click is refused.
        member = next(m for m in ok(operator.request("GET", f"{place}/members"))["members"] if m["email"] == f"{role}@seen.example")
        assert operator.request("DELETE", f"{place}/members/{member['account']}").status_code == 204
        browser.open(f"{node.address}/console/env/{environment}")
        assert "ENVIRONMENT_NOT_FOUND" in browser.find("main").text


def test_what_was_done_can_be_read(node, operator, organization, environment):
    ok(operator.request("PATCH", f"/environments/{environment}", json={"name": "Renamed shop"}))
    with chromium(DESK, language="en") as browser:
        console = Console(browser, node).sign_in()
        console.open(f"/console/people/{organization}/audit")
        browser.click(".entries-of-audit details summary")
        first = browser.find(".entries-of-audit li").text
        assert f"environment {environment}" in first
        assert "PATCH /admin/v1/environments/{env}" in first
        assert "Renamed shop" in first
        look(console, "audit")


@BOTH
def test_a_forgotten_password_says_what_it_needs(node, size, language):
    """Without mail the page says so; with a wrong link the form stays, with the reason."""
    with chromium(size, language=language) as browser:
        console = Console(browser, node)
        browser.open(f"{node.address}/console/sign-in")
        browser.click(".sign-in form a")
        browser.find("#email").send_keys("mei@tea.example")
        look(console, f"forgotten-{language}")
        browser.click(".sign-in form button")
        assert "SAMPAN_SMTP_URL" in browser.find("[role=alert]").text
        browser.complaints()  # the browser notes the refused form
        browser.open(f"{node.address}/console/password?token=pr-wrong")
        browser.find("#password").send_keys(PASSWORD)
        look(console, f"new-password-{language}")
        browser.click(".sign-in form button")
        assert browser.find("[role=alert]").text


def test_another_site_signs_nobody_in(node):
    page = f"{node.address}/console/sign-in"
    fields = {"key": node.operator_key}
    refused = requests.post(page, data=fields, headers={"Sec-Fetch-Site": "cross-site"}, timeout=60, allow_redirects=False)
    assert refused.status_code >= 400 and "sampan_session" not in refused.cookies
    taken = requests.post(page, data=fields, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60, allow_redirects=False)
    assert taken.status_code == 303 and "sampan_session" in taken.cookies
