"""A real Chromium, at a desk's or a phone's size."""

import base64
import shutil
from contextlib import contextmanager

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_SECONDS = 15


class Browser:
    """What a person does with a page, by what the page shows."""

    def __init__(self, driver):
        self.driver = driver
        # A page, or a part of one, that is exchanged while somebody looks is looked at again; the driver has several words for that.
        self.wait = WebDriverWait(driver, PATIENCE_SECONDS, ignored_exceptions=[WebDriverException])

    def open(self, address):
        self.driver.get(address)

    def find(self, selector):
        """Waits for an element to be seen."""
        return self.wait.until(expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, selector)))

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector):
        """Clicks as soon as the element can take a click."""
        element = self.wait.until(expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector)))
        self.driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
        self.wait.until(expected_conditions.element_to_be_clickable((By.CSS_SELECTOR, selector)))
        element.click()
        return element

    def go(self, selector):
        """Clicks on what leads to another page, and waits for that: a picture of a page that is leaving may never come."""
        self.driver.execute_script("document.documentElement.dataset.leaving = ''")
        self.click(selector)
        self.wait_until(self._is_another_page)

    def _is_another_page(self):
        script = "return document.readyState === 'complete' && document.documentElement.dataset.leaving === undefined"
        try:
            return self.driver.execute_script(script)
        except WebDriverException:
            # Asked while one page goes and the next one comes.
            return False

    def toast(self):
        """Waits for a message that has not been seen yet: the one before may still stand there."""
        element = self.find(".toast:not([data-seen])")
        self.driver.execute_script("arguments[0].dataset.seen = ''", element)
        return element

    def wait_until(self, check):
        return self.wait.until(lambda _: check())

    def path(self):
        """The part of the address after the `#`."""
        return self.driver.execute_script("return location.hash")

    def overflow(self):
        """By how many pixels the page is wider than its window."""
        script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return self.driver.execute_script(script)

    def broken_images(self):
        script = "return [...document.images].filter(i => i.complete && i.naturalWidth === 0).map(i => i.src)"
        return self.driver.execute_script(script)

    def complaints(self):
        """Errors that the page or the browser wrote to its console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self, path):
        """Keeps a picture of the whole page."""
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(taken["data"]))

    def lang(self):
        return self.driver.execute_script("return document.documentElement.lang")

    def watch_policy(self):
        """Remembers, from now on, what each page's Content-Security-Policy refused and how its parts moved."""
        script = """
            window.refusedByPolicy = []; window.shifted = 0;
            document.addEventListener('securitypolicyviolation',
              e => refusedByPolicy.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
            new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) shifted += e.value })
              .observe({ type: 'layout-shift', buffered: true });
        """
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    def policy_violations(self):
        return self.driver.execute_script("return window.refusedByPolicy")

    def layout_shift(self):
        """How much of the page moved while it was loading (Cumulative Layout Shift)."""
        return self.driver.execute_script("return window.shifted")

    def accessibility_findings(self, axe):
        """What axe-core calls serious or critical, as `rule: element`."""
        self.driver.execute_script(axe.read_text(encoding="utf-8"))
        report = self.driver.execute_async_script("axe.run(document, { resultTypes: ['violations'] }).then(arguments[0])")
        return [
            f"{found['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for found in report["violations"]
            if found["impact"] in ("serious", "critical")
            for node in found["nodes"]
        ]


@contextmanager
def chromium(size, language="zh-CN", scripts=True):
    """A fresh browser, closed at the end. Nothing is fetched: browser and driver are the system's."""
    options = Options()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={size['width']},{size['height']}")
    options.add_argument(f"--lang={language}")
    settings = {"intl.accept_languages": language}
    if not scripts:
        settings["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", settings)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if size == PHONE:
        metrics = {"deviceMetrics": {**size, "pixelRatio": 2, "touch": True, "mobile": True}}
        options.add_experimental_option("mobileEmulation", metrics)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        opened = Browser(driver)
        opened.watch_policy()
        yield opened
    finally:
        driver.quit()
