"""Drives Chromium by the DevTools protocol through two pipes, with Python's standard library alone.

    with Browser() as browser:
        browser.open("/tmp/page.html")
        browser.evaluate("document.title")          # values come back as Python's
        browser.press("Tab", "ArrowRight", "End")
        browser.move(*browser.middle("figure svg"))
        browser.click(*browser.middle("button"))
        browser.screenshot("/tmp/page.png")
        assert not browser.faults                   # errors, and what a policy forbade

A command that the browser refuses, and a script that throws, raise BrowserError. The browser is
told to download nothing.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path


class BrowserError(Exception):
    pass


# What the protocol needs for a key that writes no letter: its code and its legacy number.
KEYS = {
    "Tab": ("Tab", 9), "Enter": ("Enter", 13), " ": ("Space", 32), "Escape": ("Escape", 27),
    "ArrowLeft": ("ArrowLeft", 37), "ArrowUp": ("ArrowUp", 38),
    "ArrowRight": ("ArrowRight", 39), "ArrowDown": ("ArrowDown", 40),
    "Home": ("Home", 36), "End": ("End", 35),
    "PageUp": ("PageUp", 33), "PageDown": ("PageDown", 34),
}
SHIFT = 8


class Browser:
    def __init__(self, width=1280, height=900, program=None, timeout=30, engine=""):
        """A browser with one empty page. `timeout`: the seconds that any one answer may take;
        `engine`: flags of the JavaScript engine."""
        names = [program] if program else ["chromium", "chromium-browser", "google-chrome"]
        path = next((p for p in map(shutil.which, names) if p), None)
        if path is None:
            raise BrowserError("there is no Chromium")
        self.timeout = timeout
        # Errors of scripts and workers, and what a page's policy forbade: one line each.
        self.faults = []
        # What console.log and its like wrote.
        self.console = []
        self._profile = tempfile.TemporaryDirectory(
            prefix="browser-", ignore_cleanup_errors=True)
        # The browser reads its file descriptor 3 and writes 4; a shell connects the pipes to these.
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        flags = [
            "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--force-color-profile=srgb", "--font-render-hinting=none",
            f"--js-flags={engine}", f"--user-data-dir={self._profile.name}", "about:blank",
        ]
        redirect = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["bash", "-c", redirect, "browser", path, *flags],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._buffer = b""
        self._answers = {}
        # Commands whose answers are ignored.
        self._unasked = set()
        self._events = []
        self._session = None
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        answer = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = answer["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM", "Audits"):
            self.command(domain + ".enable")
        self.command(
            "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        self.size(width, height)

    @property
    def process(self):
        """The process id of the browser's first process, which started the others."""
        return self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self._session = None
            self.command("Browser.close")
            self._process.wait(10)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        for file in (self._in, self._out):
            os.close(file)
        self._profile.cleanup()

    # MARK: The protocol

    def _send(self, method, parameters, session):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data):]
        return self._number

    def command(self, method, **parameters):
        """Sends a command to the page (at first: to the browser) and waits for the answer."""
        number = self._send(method, parameters, self._session)
        end = time.monotonic() + self.timeout
        while number not in self._answers:
            if not self._receive(end - time.monotonic()):
                raise BrowserError(f"{method}: no answer in {self.timeout} s")
        answer = self._answers.pop(number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def _receive(self, seconds):
        """Takes the next message; False if none comes in time."""
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], max(seconds, 0))[0]:
                return False
            data = os.read(self._in, 1 << 20)
            if not data:
                raise BrowserError("the browser ended")
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(message)
        if "method" not in message:
            if message["id"] in self._unasked:
                self._unasked.discard(message["id"])
            else:
                self._answers[message["id"]] = message
        else:
            self._note(message["method"], message["params"])
        return True

    def _note(self, method, event):
        self._events.append(method)
        if method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            thrown = details.get("exception", {}).get("description") or details["text"]
            self.faults.append(f"uncaught: {thrown}")
        elif method == "Runtime.consoleAPICalled":
            text = " ".join(
                str(a.get("value", a.get("description", a["type"]))) for a in event["args"])
            self.console.append(f"{event['type']}: {text}")
            if event["type"] in ("error", "assert"):
                self.faults.append(f"console.{event['type']}: {text}")
        elif method == "Log.entryAdded" and event["entry"]["level"] == "error":
            self.faults.append(f"{event['entry']['source']}: {event['entry']['text']}")
        elif method == "Audits.issueAdded":
            issue = event["issue"]
            if issue["code"] == "ContentSecurityPolicyIssue":
                self.faults.append(f"policy: {json.dumps(issue['details'])}")
        elif method == "Target.attachedToTarget":
            # A worker: its errors count as the page's.
            for domain in ("Runtime", "Log"):
                self._unasked.add(self._send(domain + ".enable", {}, event["sessionId"]))

    # MARK: The page

    def open(self, page):
        """Loads a file (a path) or an address, and forgets the faults of the page before."""
        address = str(page)
        if "://" not in address and not address.startswith(("about:", "data:")):
            address = Path(address).resolve().as_uri()
        self.faults.clear()
        self.console.clear()
        self._events.clear()
        answer = self.command("Page.navigate", url=address)
        if answer.get("errorText"):
            raise BrowserError(f"{address}: {answer['errorText']}")
        end = time.monotonic() + self.timeout
        while "Page.loadEventFired" not in self._events:
            if not self._receive(end - time.monotonic()):
                raise BrowserError(f"{address}: not loaded in {self.timeout} s")

    def evaluate(self, script):
        """The value of an expression on the page; a promise is waited for."""
        answer = self.command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True,
            userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            thrown = details.get("exception", {}).get("description") or details["text"]
            raise BrowserError(f"{script[:200]}: {thrown}")
        return answer["result"].get("value")

    def wait(self, condition, seconds=10):
        """Waits until the expression is true, and gives its value."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(condition)):
            if time.monotonic() > end:
                raise BrowserError(f"not true in {seconds} s: {condition}")
            time.sleep(0.02)
        return value

    def settle(self):
        """Waits until two frames are drawn, so that what a script asked for has been done."""
        self.evaluate("new Promise(done => requestAnimationFrame(() =>"
                      " requestAnimationFrame(() => done(true))))")

    def scripts(self, enabled):
        """Whether pages run scripts, from the next `open` on. `evaluate` always works."""
        self.command("Emulation.setScriptExecutionDisabled", value=not enabled)

    def size(self, width, height, scale=1, mobile=False):
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=scale, mobile=mobile)

    def media(self, scheme="light", kind="", motion="no-preference", contrast="no-preference"):
        """`scheme`: light or dark. `kind`: print, or nothing. `motion`: reduce."""
        features = {
            "prefers-color-scheme": scheme, "prefers-reduced-motion": motion,
            "prefers-contrast": contrast}
        self.command(
            "Emulation.setEmulatedMedia", media=kind,
            features=[{"name": n, "value": v} for n, v in features.items()])

    def screenshot(self, path, whole=False):
        """Writes what is visible, or the whole page, as a PNG."""
        image = self.command(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole,
            **({"clip": self._whole()} if whole else {}))
        Path(path).write_bytes(base64.b64decode(image["data"]))

    def _whole(self):
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth")

    # MARK: Pointer, keys and files

    def box(self, selector):
        """Left, top, width and height in the window, after scrolling there."""
        return self.evaluate(
            f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
            if (!e) throw new Error("there is no such element");
            e.scrollIntoView({{block: "center", behavior: "instant"}});
            const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; }})()""")

    def middle(self, selector):
        x, y, width, height = self.box(selector)
        return x + width / 2, y + height / 2

    def move(self, x, y):
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x, y):
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.command(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, *keys, shift=False):
        """Keys by name ("Tab", "ArrowLeft", "Enter", " "), or letters."""
        for key in keys:
            code, number = KEYS.get(key, ("Key" + key.upper(), ord(key.upper()[0])))
            text = {"Enter": "\r", " ": " "}.get(key, key if key not in KEYS else "")
            event = dict(
                key=key, code=code, windowsVirtualKeyCode=number,
                modifiers=SHIFT if shift else 0)
            self.command(
                "Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown",
                **event, **({"text": text} if text else {}))
            self.command("Input.dispatchKeyEvent", type="keyUp", **event)

    def files(self, selector, *paths):
        """Chooses files in an `<input type=file>`."""
        root = self.command("DOM.getDocument", depth=0)["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        if not node:
            raise BrowserError(f"there is no {selector}")
        self.command(
            "DOM.setFileInputFiles", nodeId=node, files=[str(Path(p).resolve()) for p in paths])

    def drop(self, x, y, *paths):
        """Drops files on a place in the window."""
        data = {
            "items": [], "files": [str(Path(p).resolve()) for p in paths],
            "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.command("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
