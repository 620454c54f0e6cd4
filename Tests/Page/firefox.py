#!/usr/bin/env python3
"""Tests the page that replays runs in Firefox, with relaxed SIMD and with it switched off.

    firefox.py PAGE.html

Each time three golden runs must be identical, and the page must say which of its programs
performed them.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent.parent / "bundles/golden"
RUNS = [GOLDEN / f"{name}.tar.zst" for name in ("tiny-addition-adamw", "diverged", "tiny-fork")]


class Firefox:
    """A headless Firefox, driven by Marionette: JSON messages, each preceded by its length."""

    def __init__(self, settings):
        self._profile = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {"marionette.port": port, **settings}
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n"
                 for key, value in settings.items()]
        (Path(self._profile.name) / "user.js").write_text("".join(lines))
        self._process = subprocess.Popen(
            ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile",
             self._profile.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._buffer = b""
        self._number = 0
        for _ in range(600):
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("firefox.py: Firefox does not answer")
        self._receive()
        self.command("WebDriver:NewSession", capabilities={})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._profile.cleanup()

    def _receive(self):
        def more():
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise SystemExit("firefox.py: Firefox has ended")
            self._buffer += piece

        while b":" not in self._buffer:
            more()
        length, self._buffer = self._buffer.split(b":", 1)
        while len(self._buffer) < int(length):
            more()
        text, self._buffer = self._buffer[:int(length)], self._buffer[int(length):]
        return json.loads(text)

    def command(self, name, **parameters):
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, value = self._receive()
        if error:
            raise SystemExit(f"firefox.py: {name}: {error['message']}")
        return value

    def evaluate(self, script):
        return self.command("WebDriver:ExecuteScript", script=f"return {script}", args=[])["value"]

    def give(self, path, seconds=120):
        found = self.command("WebDriver:FindElement", using="css selector", value="#file")["value"]
        self.command("WebDriver:ElementSendKeys", id=next(iter(found.values())), text=str(path))
        end = time.monotonic() + seconds
        while self.evaluate("document.body.dataset.state") in ("empty", "opening", "running"):
            if time.monotonic() > end:
                raise SystemExit(f"firefox.py: {path.name} takes more than {seconds} s")
            time.sleep(0.1)


faults = 0
page = Path(sys.argv[1]).resolve().as_uri()
for has, says in ((True, "fused multiply-adds of relaxed SIMD"), (False, "the exact program")):
    with Firefox({"javascript.options.wasm_relaxed_simd": has}) as firefox:
        for path in RUNS:
            firefox.command("WebDriver:Navigate", url=page)
            firefox.give(path)
            state = firefox.evaluate("document.body.dataset.state")
            text = firefox.evaluate("document.querySelector('#verdict').textContent")
            holds = state == "identical" and says in text
            faults += not holds
            print("ok  " if holds else "FAIL",
                  f"relaxed SIMD {'on' if has else 'off'}: {path.name} is {state} by "
                  f"{says}", "" if holds else text)
sys.exit(bool(faults))
