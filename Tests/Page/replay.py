#!/usr/bin/env python3
"""Tests the page that replays runs, in Chromium.

    replay.py REGROK PAGE.html [PICTURES]

The tests are: sound runs with each of the page's two programs, a run that says something false, a
damaged one, one bit turned on the way, a fork, statements that are saved, a phone, and what the
page's policy forbids. With a directory for PICTURES the page is drawn in each state.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import Browser

GOLDEN = Path(__file__).resolve().parent.parent.parent / "bundles/golden"
TINY, DIVERGED, FORK = (
    GOLDEN / f"{name}.tar.zst" for name in ("tiny-addition-adamw", "diverged", "tiny-fork"))
regrok, page = sys.argv[1], Path(sys.argv[2]).resolve()
pictures = Path(sys.argv[3]) if len(sys.argv) > 3 else None
faults = []


def check(what, holds, found=""):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", "" if holds else found)
    if not holds:
        faults.append(what)


def native(*arguments):
    done = subprocess.run([regrok, *map(str, arguments), "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return json.loads(done.stdout.decode().splitlines()[-1])


def false_run(folder):
    """A sealed run with one changed loss: it is sound, but not what its config gives."""
    run = Path(folder) / "false"
    subprocess.run([regrok, "extract", TINY, "-o", Path(folder) / "bag"], check=True,
                   stdout=subprocess.DEVNULL)
    (Path(folder) / "bag/data").rename(run)
    rows = (run / "trace/metrics.csv").read_text().splitlines()
    cells = rows[9].split(",")
    cells[1] = repr(float(cells[1]) * 1.5)
    rows[9] = ",".join(cells)
    (run / "trace/metrics.csv").write_text("\n".join(rows) + "\n")
    # Its list would tell.
    (run / "expected-sha256.txt").unlink()
    bundle = Path(folder) / "false.tar.zst"
    subprocess.run([regrok, "pack", run, "-o", bundle], check=True, stdout=subprocess.DEVNULL)
    return bundle, int(cells[0])


class Page:
    def __init__(self, browser, query=""):
        self.browser = browser
        browser.open(f"{page.as_uri()}{query}")

    @property
    def state(self):
        return self.browser.evaluate("document.body.dataset.state")

    def text(self, selector):
        return self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def give(self, path, seconds=60):
        self.browser.files("#file", str(path))
        self.browser.wait("!['empty', 'opening', 'running'].includes(document.body.dataset.state)",
                          seconds)

    def answers(self):
        return [json.loads(self.text(place) or "null") for place in ("#verified", "#replayed")]

    def save(self):
        """Presses the button that saves a statement; returns the file's name and its text."""
        self.browser.evaluate(
            "window.saved = null;"
            "URL.createObjectURL = blob => { window.saving = blob; return 'data:,'; };"
            "HTMLAnchorElement.prototype.click = function () {"
            "  window.saving.text().then(text => { window.saved = [this.download, text]; }); };"
            "document.querySelector('#verdict button').click()")
        self.browser.wait("window.saved !== null", 30)
        return self.browser.evaluate("window.saved")

    def draw(self, name):
        if pictures:
            self.browser.settle()
            self.browser.screenshot(str(pictures / f"{name}.png"), whole=True)


def witness(key):
    """Makes a key and, beside it, a list of signers with this key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    (key.parent / "allowed").write_text(f"somebody@example.org {public}")


def sign(folder, name, text, key):
    """Signs what the page saved, and names the file, as SPEC.md, 3.18 says; returns the file."""
    kind, public, *_ = key.with_suffix(".pub").read_text().split()
    digests = [hashlib.sha256(content).hexdigest()[:8]
               for content in (base64.b64decode(public), text.encode())]
    file = folder / name.replace("unsigned", ".".join(digests))
    file.write_text(text)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "regrok-replay", "-f", key, file],
                   check=True, stderr=subprocess.DEVNULL)
    return file


def same(native, page, keys):
    return [key for key in keys if native.get(key) != page.get(key)]


VERIFIED = ["sound", "reason", "run", "bundle_sha256", "result_sha256", "checkpoints", "members",
            "payload_bytes", "kind", "thin", "signed", "agent", "file_bytes"]
REPLAYED = ["verdict", "rows_compared", "checkpoints_compared", "outcome_compared", "diverged_by",
            "run", "bundle_sha256", "result_sha256", "first_difference"]

with tempfile.TemporaryDirectory() as folder, Browser() as browser:
    forged, step = false_run(folder)
    damaged = Path(folder) / "damaged.tar.zst"
    content = bytearray(TINY.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)

    for name, query in (("relaxed", ""), ("exact", "?exact")):
        shown = Page(browser, query)
        check(f"{name}: the page begins empty", shown.state == "empty", shown.state)
        shown.draw(f"{name}-empty")
        for path in (TINY, DIVERGED, FORK):
            shown.give(path)
            verified, replayed = shown.answers()
            check(f"{name}: {path.name} is identical", shown.state == "identical",
                  shown.text("#verdict"))
            check(f"{name}: and the answers are the native ones",
                  not same(native("verify", path), verified, VERIFIED)
                  and not same(native("replay", path, "--jobs", "1"), replayed or {},
                               [*REPLAYED, "steps_executed"]),
                  (verified, replayed))
            says = "fused" if name == "relaxed" else "exact program"
            check(f"{name}: it says which program it was", says in shown.text("#verdict"),
                  shown.text("#verdict"))
        shown.draw(f"{name}-identical")
        shown.give(forged)
        verified, replayed = shown.answers()
        check(f"{name}: a false loss is found at its step", shown.state == "different"
              and replayed["first_difference"]["step"] == step, shown.text("#verdict"))
        last = shown.text("#ledger tbody tr:last-child")
        check(f"{name}: the list of digests ends with that row", last.startswith(str(step))
              and "✗" in last, last)
        differs = same(native("replay", forged, "--jobs", "1"), replayed, REPLAYED)
        check(f"{name}: and natively the same is found", not differs, differs)
        shown.draw(f"{name}-different")
        shown.give(damaged)
        verified, replayed = shown.answers()
        expected = native("verify", damaged)
        check(f"{name}: a damaged one is refused for the native reason", shown.state == "damaged"
              and replayed is None
              and verified["reason"] == expected["reason"]
              and verified["member"] == expected["member"], verified)
        shown.draw(f"{name}-damaged")

    shown = Page(browser)
    shown.give(TINY)
    browser.evaluate("document.querySelector('#break [name=step]').value = 101")
    browser.evaluate("document.querySelector('#break').requestSubmit()")
    browser.wait("/Found at/.test(document.querySelector('#break .found').textContent)", 30)
    found = shown.text("#break .found")
    check("one bit that is turned after step 101 is found in the next row",
          "Found at step 110" in found, found)
    browser.evaluate("document.querySelector('#fork').requestSubmit()")
    browser.wait("/λ = .* from step/.test(document.querySelector('#fork .found').textContent)", 30)
    rows = browser.evaluate("page.pictures[0].values[1].size")
    check("a fork draws its own curve", rows > 0, rows)
    shown.draw("trials")

    # The fork is the run that regrok gives for such a config.
    at = browser.evaluate("document.querySelector('#fork [name=step]').value")
    config = f"{folder}/fork.yaml"
    subprocess.run([regrok, "extract", TINY, "data/config.json", "-o", f"{folder}/c"], check=True,
                   stdout=subprocess.DEVNULL)
    changed = json.loads(Path(f"{folder}/c/data/config.json").read_text())
    decay = changed["optimizer"]["weight_decay"] / 2
    changed["at"] = [{"set": {"optimizer.weight_decay": decay}, "step": int(at)}]
    Path(f"{folder}/c/data/config.json").write_text(json.dumps(changed, sort_keys=True,
        separators=(",", ":")))
    subprocess.run([regrok, "run", f"{folder}/c/data/config.json", "-o", f"{folder}/forked"],
                   check=True, stdout=subprocess.DEVNULL)
    last = Path(f"{folder}/forked/trace/metrics.csv").read_text().splitlines()[-1].split(",")
    drawn = browser.evaluate("[...page.pictures[2].values[1]].sort((a, b) => a[0] - b[0]).at(-1)")
    check("and ends where regrok's own ends", drawn == [int(last[0]), float(last[5])],
          (drawn, last))

    # ssh-keygen signs what the page saves, which then counts like any other statement.
    keys = Path(folder) / "keys"
    keys.mkdir()
    witness(keys / "key")
    for path, says, status in ((TINY, "identical", 0), (forged, "different", 1)):
        shown.give(path)
        name, text = shown.save()
        statements = Path(folder) / f"statements-{says}"
        statements.mkdir()
        signed = sign(statements, name, text, keys / "key")
        done = subprocess.run(
            [regrok, "verify", path, "--replays", statements, "--allowed-signers",
             keys / "allowed", *(["--at-least", "1"] if status == 0 else []), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        facts = json.loads(text)["predicate"]["configuration"][1]["annotations"]
        check(f"a statement that says {says} is in the form that regrok reads",
              facts["verdict"] == says and done.returncode == status,
              (done.returncode, done.stdout, done.stderr, signed.name))

    # Two segments run at once, and one ends before the other: the gap must have no line.
    browser.evaluate("page.pictures[0].values[0] = new Map([[0, 0.1], [10, 0.2], [110, 0.3], "
                     "[120, 0.4]])")
    browser.evaluate("page.pictures[0].draw(false)")
    browser.settle()
    drawn = browser.evaluate("page.pictures[0].chart.series[1].shapes[0].getAttribute('d')")
    check("rows that were not performed leave a gap in the curve",
          drawn.count("M") == 2 and drawn.count("L") == 2, drawn)

    browser.size(375, 812, scale=2, mobile=True)
    shown = Page(browser)
    shown.give(TINY)
    check("on a phone nothing is wider than the screen", browser.overflow() in (0, [], None, False),
          browser.overflow())
    shown.draw("phone")
    browser.media("dark")
    shown.draw("phone-dark")
    browser.size(1280, 900)
    shown.draw("dark")
    browser.media("light")
    browser.evaluate("location.hash = 'paper/a%20b.tar.zst'")
    browser.wait("!document.querySelector('#wanted').hidden")
    check("a report's link says which file it means",
          shown.text("#wanted code") == "paper/a b.tar.zst",
          shown.text("#wanted"))
    check("no script failed, and nothing was asked for that the policy forbids", not browser.faults,
          browser.faults)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.read_text())[1]
    shape = re.sub(r"'sha256-[A-Za-z0-9+/=]*'", "H", policy)
    check("the policy is the one that is promised",
          shape == "default-src 'none'; script-src H 'wasm-unsafe-eval'; "
          "worker-src blob:; style-src H; img-src data:; base-uri 'none'; form-action 'none'",
          shape)
    check("the page is below 1 MB", page.stat().st_size < 1_000_000, page.stat().st_size)

# An engine that knows relaxed SIMD, on a processor that rounds twice. `firefox.py` has one that
# does not know it.
with Browser(engine="--no-enable-fma3") as browser:
    shown = Page(browser)
    shown.give(TINY)
    check("the faster program can be compiled where there is no FMA",
          browser.evaluate("programs.then(m => m.relaxed !== null)"))
    check("and the page takes the exact program, and is right", shown.state == "identical"
          and "exact program" in shown.text("#verdict"), shown.text("#verdict"))

sys.exit(bool(faults))
