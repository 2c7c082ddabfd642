"""One's own account in the console: name, password, second factor, sessions that end at once."""

import base64
import ctypes
import hashlib
import hmac
import re
import struct
import time
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from harness.browser import DESK, PHONE, chromium
from harness.client import ok
from harness.console import BOTH, PASSWORD, Console, enter, entered, join, look

STEP_SECONDS = 30


def code_of(secret, steps=0):
    """What an authenticator app shows (RFC 6238), now or some steps of 30 seconds away."""
    counter = struct.pack(">Q", int(time.time()) // STEP_SECONDS + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    number = struct.unpack(">I", digest[digest[19] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def await_calm_step():
    """Lets a step that is about to end pass, so that a code is still fresh when it arrives."""
    left = STEP_SECONDS - time.time() % STEP_SECONDS
    if left < 10:
        time.sleep(left)


def read_picture(markup):
    """The text of the QR code in the page, read as a phone would; None where no reader is installed."""
    try:
        zbar = ctypes.CDLL("libzbar.so.0")
    except OSError:
        return None
    width = int(re.search(r'viewBox="0 0 (\d+)', markup)[1])
    scale = 4
    pixels = bytearray(b"\xff" * (width * scale) ** 2)
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", markup):
        for line in range(int(row) * scale, (int(row) + 1) * scale):
            start = line * width * scale + int(column) * scale
            pixels[start : start + int(length) * scale] = bytes(int(length) * scale)
    for name in ("zbar_image_scanner_create", "zbar_image_create", "zbar_image_first_symbol"):
        getattr(zbar, name).restype = ctypes.c_void_p
    zbar.zbar_symbol_get_data.restype = ctypes.c_char_p
    scanner, image = ctypes.c_void_p(zbar.zbar_image_scanner_create()), ctypes.c_void_p(zbar.zbar_image_create())
    zbar.zbar_image_set_format(image, ctypes.c_ulong(int.from_bytes(b"Y800", "little")))
    zbar.zbar_image_set_size(image, width * scale, width * scale)
    content = bytes(pixels)
    zbar.zbar_image_set_data(image, content, ctypes.c_ulong(len(content)), None)
    assert zbar.zbar_scan_image(scanner, image) == 1, "the picture holds no readable code"
    return zbar.zbar_symbol_get_data(ctypes.c_void_p(zbar.zbar_image_first_symbol(image))).decode()


@BOTH
def test_the_second_factor(node, operator, size, language):
    """Set up with the picture or the secret, signed in with, recovered from, taken off with the password."""
    email = f"hua-{language.lower()}@factor.example"
    join(node, operator, email)
    with chromium(size, language=language) as browser:
        console = entered(browser, node, email)
        console.open("/console/account")
        look(console, f"account-{language}")
        browser.click("form[action$='/second-factor'] button.primary")
        secret = browser.find("#secret").text.replace(" ", "")
        look(console, f"second-factor-{language}")
        picture = read_picture(browser.find(".qr").get_attribute("innerHTML"))
        if picture is not None:
            address = urlsplit(picture)
            assert parse_qs(address.query)["secret"] == [secret] and email in unquote(address.path)

        # A wrong code keeps the picture and says why.
        browser.find("#code").send_keys("000000")
        browser.click("form[action$='/confirm'] button.primary")
        assert browser.find("#code-problem").text
        assert browser.find("#secret").text.replace(" ", "") == secret
        look(console, f"second-factor-refused-{language}")
        await_calm_step()
        browser.find("#code").send_keys(code_of(secret, -1))
        browser.click("form[action$='/confirm'] button.primary")
        codes = [code.text for code in browser.wait_until(lambda: browser.all("#codes code"))]
        assert len(set(codes)) == 10
        assert browser.find("[data-copy]").get_attribute("data-copy").split("\n") == codes
        look(console, f"recovery-codes-{language}")
        browser.click("main a.primary")
        browser.find("form[action$='/second-factor/remove']")
        look(console, f"account-with-factor-{language}")
        assert codes[0] not in browser.driver.page_source, "recovery codes are shown once"

    with chromium(size, language=language) as browser:
        console = Console(browser, node)
        enter(browser, node, email)
        assert "SECOND_FACTOR" not in browser.find("[role=alert]").text
        browser.complaints()  # the refusal's status
        look(console, f"code-needed-{language}")
        enter(browser, node, email, code="000000")
        browser.find("[role=alert]")
        entered(browser, node, email, code=code_of(secret))
    with chromium(size, language=language) as browser:
        enter(browser, node, email, code=code_of(secret))
        browser.find("[role=alert]")  # that code was used
        entered(browser, node, email, code=codes[0])
    with chromium(size, language=language) as browser:
        enter(browser, node, email, code=codes[0])
        browser.find("[role=alert]")  # and that recovery code
        console = entered(browser, node, email, code=codes[1])
        console.open("/console/account")
        remove = "form[action$='/second-factor/remove']"
        browser.find("#factor-password").send_keys("not the password")
        browser.click(f"{remove} button")
        assert browser.find(".notice.bad").text
        browser.find("#factor-password").send_keys(PASSWORD)
        browser.click(f"{remove} button")
        browser.toast()
        browser.find("form[action$='/second-factor'] button.primary")
    with chromium(size, language=language) as browser:
        entered(browser, node, email)


@BOTH
def test_another_session_ends_at_once(node, operator, size, language):
    email = f"ning-{language.lower()}@sessions.example"
    join(node, operator, email)  # with a session of the API
    with chromium(size, language=language) as here, chromium(DESK, language="en") as there:
        console, other = entered(here, node, email), entered(there, node, email)
        other.open("/console/account")
        console.open("/console/account")
        look(console, f"sessions-{language}")
        rows = here.all(".sessions > li")
        assert len(rows) == 3 and sum(1 for row in rows if row.find_elements("css selector", ".badge")) == 1
        assert "Chrome" in rows[0].text and "127.0.0.1" in rows[0].text
        for _ in range(2):
            count = len(here.all(".sessions > li"))
            here.click(".sessions form button")
            console.confirm()
            here.wait_until(lambda count=count: len(here.all(".sessions > li")) == count - 1)
        other.open("/console/account")
        assert "/console/sign-in" in there.driver.current_url
        console.open("/console/account")
        assert len(here.all(".sessions > li")) == 1


def test_all_other_sessions_end(node, operator):
    email = "ping@sessions.example"
    caller = join(node, operator, email)
    with chromium(DESK, language="en") as browser:
        console = entered(browser, node, email)
        assert caller.request("GET", "/account").status_code == 200
        console.open("/console/account")
        browser.click("form[action$='/end-others'] button")
        console.confirm()
        browser.toast()
        assert len(browser.all(".sessions > li")) == 1
        assert caller.request("GET", "/account").status_code == 401


def test_name_and_password(node, operator):
    email = "lan@names.example"
    caller = join(node, operator, email)
    changed = "nine geese under a bridge"
    with chromium(PHONE, language="zh-CN") as browser:
        console = entered(browser, node, email)
        console.open("/console/account")
        console.set("#account-name", "兰兰")
        browser.click("form[action$='/name'] button")
        browser.toast()
        assert ok(caller.request("GET", "/account"))["name"] == "兰兰"
        assert "兰兰" in browser.all(".person-name")[0].get_attribute("textContent")

        for old, new, is_taken in (("not the password", changed, False), (PASSWORD, "password1234", False), (PASSWORD, changed, True)):
            browser.find("#old-password").send_keys(old)
            browser.find("#new-password").send_keys(new)
            browser.click("form[action$='/password'] button")
            browser.find(".toast" if is_taken else ".notice.bad")
        assert caller.request("GET", "/account").status_code == 401, "all other sessions end"
        console.open("/console/account")
        assert browser.find("#account-name").get_attribute("value") == "兰兰"
    with chromium(PHONE) as browser:
        enter(browser, node, email)
        browser.find("[role=alert]")
        entered(browser, node, email, password=changed)


@BOTH
def test_who_comes_with_the_operators_key_is_told_to_get_an_account(node, size, language):
    with chromium(size, language=language) as browser:
        console = Console(browser, node).sign_in()
        console.open("/console/account")
        look(console, f"no-account-{language}")
        browser.click(".empty a.primary")
        assert "/console/people" in browser.driver.current_url


def test_an_account_is_only_its_owners_to_change(node, operator):
    """Without a session nothing is shown; with one, nobody else's session can be ended."""
    mine, theirs = join(node, operator, "mine@own.example"), join(node, operator, "theirs@own.example")
    session = ok(theirs.request("GET", "/account/sessions"))["sessions"][0]["id"]
    visitor = requests.Session()
    assert "/console/sign-in" in visitor.get(f"{node.address}/console/account", timeout=60).url
    visitor.post(f"{node.address}/console/sign-in", data={"email": "mine@own.example", "password": PASSWORD}, timeout=60)
    page = visitor.get(f"{node.address}/console/account", timeout=60).text
    token = re.search(r'data-form-token="(\w+)"', page)[1]
    fields = {"form-token": token, "confirmed": "yes"}
    end = f"{node.address}/console/account/sessions/{session}/end"
    answer = visitor.post(end, data=fields, timeout=60, headers={"Origin": node.address})
    assert "SESSION_NOT_FOUND" in answer.text
    assert theirs.request("GET", "/account").status_code == mine.request("GET", "/account").status_code == 200
