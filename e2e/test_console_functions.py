"""A function's page and the logs: what its forms do with a script and without one, and what they keep apart."""

import json

import pytest
from harness.admin import wait_until
from harness.browser import DESK, chromium
from harness.client import ok
from harness.console import BOTH, SCRIPTS, WAYS, signed_in

GREET = """
exports.main = async (event) => {
  for (const word of event.words || ['greeting ' + event.name]) console.log(word)
  if (event.fail) throw new Error('asked to fail')
  return { hello: event.name }
}
"""


@pytest.fixture
def place(admin):
    """An environment with a function of two versions."""
    environment = admin.create_environment()
    for tone in ("warm", "cool"):
        environment.deploy("greet", GREET, variables={"TONE": tone})
    return environment


def confirm(console, scripts):
    """Answers the question: in its dialog, or on the page that asks where there is no script."""
    if scripts:
        console.confirm()
    else:
        console.browser.click("main form button.danger-fill")


def write(console, selector, text):
    field = console.browser.find(selector)
    field.clear()
    field.send_keys(text)


def choose(console, selector, value):
    console.browser.click(f"{selector} option[value='{value}']")


@SCRIPTS
def test_calls_are_divided(server, place, scripts):
    with chromium(DESK, language="en", scripts=scripts) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/functions/greet")
        write(console, "#share-1", "25")
        write(console, "#share-2", "75")
        if scripts:
            assert "100" in console.text("#traffic-sum")
        browser.click("#traffic-form button")
        browser.toast()
        assert {share["version"]: share["weight"] for share in place.function("greet")["traffic"]} == {1: 25, 2: 75}
        browser.click("#versions form[action$='/current']:has(input[value='1']) button")
        confirm(console, scripts)
        browser.toast()
        assert [(share["version"], share["weight"]) for share in place.function("greet")["traffic"]] == [(1, 100)]


@WAYS
def test_triggers(server, place, size, language, scripts):
    """One that is chosen, one that is written and refused at first; both run, and each is removed alone."""
    with chromium(size, language=language, scripts=scripts) as browser:
        console = signed_in(browser, server)
        console.open(f"/console/env/{place.id}/functions/greet")
        write(console, "#trigger-name", "minutely")
        choose(console, "#trigger-preset", "0 * * * * *")
        browser.click("#trigger-form button")
        browser.toast()
        [trigger] = place.function("greet")["triggers"]
        assert (trigger["name"], trigger["config"], trigger["catchUp"]) == ("minutely", "0 * * * * *", "once")
        assert console.text("#triggers tbody time")

        write(console, "#trigger-name", "second")
        write(console, "#trigger-schedule", "every second")
        write(console, "#trigger-argument", "stock")
        choose(console, "#trigger-catch-up", "skip")
        browser.click("#trigger-form button")
        assert "every second" in console.text("#trigger-problem")
        assert browser.find("#trigger-argument").get_attribute("value") == "stock"
        browser.complaints()  # the refusal's status
        if scripts:
            console.look(f"trigger-refused-{language}")
        write(console, "#trigger-schedule", "* * * * * *")
        browser.click("#trigger-form button")
        browser.toast()
        second = place.function("greet")["triggers"][1]
        assert (second["config"], second["argument"], second["catchUp"]) == ("* * * * * *", "stock", "skip")
        wait_until(lambda: [run for run in place.executions(function="greet") if run["source"] == "timer"])
        if scripts:
            console.look(f"triggers-{language}")

        browser.click("#triggers form:has(input[value='minutely']) button")
        confirm(console, scripts)
        browser.toast()
        assert [left["name"] for left in place.function("greet")["triggers"]] == ["second"]


def test_it_is_run_without_a_script(server, place):
    with chromium(DESK, language="en", scripts=False) as browser:
        console = signed_in(browser, server)
        page = f"/console/env/{place.id}/functions/greet"
        console.open(page)
        assert not browser.find("#run-form").find_element("css selector", "#save-event").is_displayed()
        write(console, "#event", '{"name": "Mei"}')
        browser.click("#run-form button.primary")
        assert json.loads(console.text("#run-output")) == {"hello": "Mei"}
        assert "greeting Mei" in console.text("#run-lines")
        assert json.loads(browser.find("#event").get_attribute("value")) == {"name": "Mei"}
        write(console, "#event", '{"fail": true}')
        browser.click("#run-form button.primary")
        assert "asked to fail" in console.text("#run-output")
        write(console, "#event", "{")
        browser.click("#run-form button.primary")
        assert "JSON" in console.text("#run-output")
        assert len(place.executions(function="greet")) == 2


def test_saved_events_stay_in_the_browser(server, place):
    """Kept by name across visits, loaded into the form, forgotten one by one; another function has its own."""
    place.deploy("other", GREET)
    page = f"/console/env/{place.id}/functions/greet"
    saved = "return [...document.querySelectorAll('#saved option')].slice(1).map(o => o.value)"
    with chromium(DESK, language="en") as browser:
        console = signed_in(browser, server)
        console.open(page)
        for name in ("Ada", "Lin"):
            console.set("#event", json.dumps({"name": name}))
            console.set("#event-name", name)
            browser.click("#save-event")
        console.open(page)
        assert browser.driver.execute_script(saved) == ["Ada", "Lin"]
        choose(console, "#saved", "Ada")
        assert json.loads(browser.find("#event").get_attribute("value")) == {"name": "Ada"}
        browser.click("#run-form button.primary")
        browser.wait_until(lambda: "Ada" in console.text("#run-output"))
        browser.click("#forget-event")
        console.open(page)
        assert browser.driver.execute_script(saved) == ["Lin"]
        assert json.loads(browser.find("#event").get_attribute("value")) == {"name": "Ada"}, "the last one that was run"
        console.open(page.replace("greet", "other"))
        assert browser.driver.execute_script(saved) == []


@SCRIPTS
def test_executions_are_narrowed_and_paged(server, place, scripts):
    for number in range(23):
        place.try_invoke("greet", {"name": str(number), "fail": number % 23 == 5})
    wait_until(lambda: len(place.executions(function="greet")) == 23)
    with chromium(DESK, language="en", scripts=scripts) as browser:
        console = signed_in(browser, server)
        page = f"/console/env/{place.id}/functions/greet"
        rows = "#executions tbody tr:not(.under)"
        console.open(page)
        assert len(browser.all(rows)) == 20
        browser.click("#older-runs")
        browser.wait_until(lambda: len(browser.all(rows)) == 3)
        choose(console, "#execution-status", "failed")
        browser.click("#execution-filter button")
        browser.wait_until(lambda: len(browser.all(rows)) == 1)
        assert "asked to fail" in console.text("#executions tbody .under")
        if not scripts:
            return
        # The chart is that of the list, and is still there after a run.
        console.settle()
        assert browser.all("#latency-chart[data-status=failed]")
        console.look("failed-runs")
        console.open(page)
        console.set("#event", '{"name": "again"}')
        browser.click("#run-form button.primary")
        browser.wait_until(lambda: "again" in console.text("#run-output"))
        browser.find("#run-form button.primary:enabled")
        browser.wait_until(lambda: browser.all("#latency-chart[data-drawn] canvas, #latency-chart[hidden]"))
        choose(console, "#execution-status", "timeout")
        browser.click("#execution-filter button")
        browser.find("#executions .empty a")


@SCRIPTS
def test_all_logs(server, place, scripts):
    """The newest lines come with the page; older ones are a link, or come in place."""
    place.invoke("greet", {"name": "x", "words": [f"line {number}" for number in range(130)]})
    wait_until(lambda: len(place.logs(limit=1000)) == 130)
    with chromium(DESK, language="en", scripts=scripts) as browser:
        console = signed_in(browser, server)
        page = f"/console/env/{place.id}/logs"
        lines = lambda: [line.text for line in browser.all("#log-lines li > span")]  # noqa: E731
        console.open(page)
        assert lines() == [f"line {number}" for number in range(129, 29, -1)]
        browser.click("#older")
        rest = [f"line {number}" for number in range(29, -1, -1)]
        if scripts:
            browser.wait_until(lambda: len(lines()) == 130)
            assert lines()[100:] == rest and not browser.find("#log-search").find_elements("css selector", "#older")
            browser.wait_until(lambda: not browser.all("#older:not([hidden])"))
        else:
            assert lines() == rest
            browser.click(".pages a")
            assert lines()[0] == "line 129"
        console.open(page)
        write(console, "#log-text", "line 7")
        choose(console, "#log-minutes", "15")
        browser.click("#log-search > button")
        browser.wait_until(lambda: len(lines()) == 11)
        write(console, "#log-function", "nobody")
        browser.click("#log-search > button")
        browser.wait_until(lambda: lines() == [] and browser.find("#no-lines").is_displayed())
        console.open(page)
        browser.click("#log-lines li:first-child a:first-of-type")
        browser.find("#run-form")


@SCRIPTS
def test_a_function_is_deleted(server, place, scripts):
    ok(place.request("PATCH", "", json={"stage": "production"}))
    with chromium(DESK, language="en", scripts=scripts) as browser:
        console = signed_in(browser, server)
        page = f"/console/env/{place.id}/functions/greet"
        for typed in ("great", "greet"):
            console.open(page)
            write(console, "#typed", typed)
            browser.click("#delete-form button")
            confirm(console, scripts)
            browser.find(".notice.bad, .toast")
        assert "/functions/greet" not in browser.driver.current_url
        assert place.request("GET", "/functions/greet").status_code == 404


@BOTH
def test_two_people_at_one_function(server, place, size, language):
    """Whoever comes second is told, and sees what the first one did; the console's change is written down."""
    with chromium(size, language=language) as one, chromium(size, language=language) as other:
        first, second = signed_in(one, server), signed_in(other, server)
        for console in (first, second):
            console.open(f"/console/env/{place.id}/functions/greet")
        for console, weight in ((first, "40"), (second, "90")):
            write(console, "#share-1", weight)
            console.browser.click("#traffic-form button")
            console.browser.find(".toast, .notice.bad")
        assert "CHANGED_MEANWHILE" in second.text(".notice.bad")
        assert second.browser.find("#share-1").get_attribute("value") == "40"
        second.look(f"changed-meanwhile-{language}")
        assert {share["version"]: share["weight"] for share in place.function("greet")["traffic"]} == {1: 40, 2: 100}
        write(second, "#share-1", "90")
        other.click("#traffic-form button")
        other.toast()
        assert {share["version"]: share["weight"] for share in place.function("greet")["traffic"]} == {1: 90, 2: 100}
    organization = ok(place.request("GET", ""))["organization"]
    entries = ok(place.admin.request("GET", f"/organizations/{organization}/audit?environment={place.id}"))["entries"]
    assert [entry["target"] for entry in entries[:2]] == ["function greet"] * 2
    assert entries[0]["after"]["traffic"][0] == {"version": 1, "weight": 90}
