#!/usr/bin/env python3
"""Checks in Chromium that the charts of a report, of a diff's page and of the claims' page answer.

    Tests/Page/charts.py REGROK

The read-out, by pointer and by keys, must show what the sealed traces say. Curves can be hidden,
and axes turned. Without scripts the pages show what is in the file. Their policy forbids nothing
that they do.
"""

import base64
import csv
import json
import math
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from browser import Browser

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "bundles/golden/base.tar.zst"
OTHER = ROOT / "bundles/law/00c6dcd49af6379b.tar.zst"
PROGRAM = next((ROOT / "bundles/programs/perceptron").glob("*.tar.zst"))
COLUMNS = {
    "Accuracy": ("validation_accuracy", "train_accuracy"),
    "Loss": ("validation_loss", "train_loss"), "V = ‖θ‖²": ("squared_norm",)}

# The numbers in the picture, and what else is visible in it now.
PICTURE = """figure => {
  const svg = figure.querySelector("svg"), number = e => ["x", "y", "cx", "cy"].map(
    k => Number(e.getAttribute(k) ?? 0));
  return {
    texts: [...svg.querySelectorAll("text")].map(e => [e.textContent, e.getAttribute(
      "text-anchor"), ...number(e)]),
    paths: [...svg.querySelectorAll("path:not(.cursor path)")].map(
      e => [e.getAttribute("class"), e.getAttribute("d")]),
    circles: [...svg.querySelectorAll("circle:not(.cursor circle)")].map(number)};
}"""

# Labels of marks that touch one another or a curve.
TOUCHING = """figure => {
  const svg = figure.querySelector("svg"), box = e => e.getBoundingClientRect();
  const labels = [...svg.querySelectorAll(".mark + text")];
  const plot = Math.min(...[...svg.querySelectorAll("g path, g circle")].map(e => box(e).top));
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top
    || b.bottom <= a.top;
  return labels.filter((one, i) => box(one).bottom > plot + 1
    || labels.slice(i + 1).some(two => !apart(box(one), box(two)))).map(e => e.textContent);
}"""


def die(message):
    sys.exit(f"charts: {message}")


def expect(is_so, message):
    if not is_so:
        die(message)


def equal(found, expected, what):
    expect(found == expected, f"{what}: {found!r}, not {expected!r}")


def near(found, expected, tolerance, what):
    expect(abs(found - expected) <= tolerance, f"{what}: {found}, not {expected}")


class Pictures(HTMLParser):
    """The pictures in a file: their elements with attributes, and their texts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.depth = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "svg":
            self.found.append([])
            self.depth = 1
        if self.depth:
            self.found[-1].append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag == "svg":
            self.depth = 0

    def handle_data(self, data):
        if self.depth:
            self.found[-1].append(data)


ELEMENTS = """[...document.querySelectorAll("svg")].map(svg => {
  const all = [], walk = node => {
    if (node.nodeType === 3) { all.push(node.data); return; }
    all.push([node.localName, Object.fromEntries([...node.attributes].map(
      a => [a.localName === "viewBox" ? "viewbox" : a.name, a.value]))]);
    node.childNodes.forEach(walk);
  };
  walk(svg);
  return all;
})"""


def places(data):
    """The points of a path, whose commands are those that the pages use."""
    found, x, y = [], 0.0, 0.0
    for letter, rest in re.findall(r"([MLlhVH])([^MLlhVH]*)", data):
        numbers = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if letter in "MLl":
            for dx, dy in zip(numbers[::2], numbers[1::2]):
                x, y = (x + dx, y + dy) if letter == "l" else (dx, dy)
                found.append((x, y))
    return found


class Page:
    """An open page, and its figures by title."""

    def __init__(self, browser, path):
        self.browser, self.path = browser, path
        self.text = path.read_text()
        browser.open(path)
        self.clean("when it was opened")

    def clean(self, when):
        equal(self.browser.faults, [], f"{self.path.name} {when}")

    def titles(self):
        return self.browser.evaluate(
            "[...document.querySelectorAll('figure h3')].map(e => e.textContent)")

    def on(self, title, function):
        return self.browser.evaluate(
            f"({function})([...document.querySelectorAll('figure')].find("
            f"e => e.querySelector('h3').textContent === {json.dumps(title)}))")

    def data(self, title):
        """The data of a figure: series with their values, decoded here and not by the script."""
        data = json.loads(self.on(title, "f => f.querySelector('script').textContent"))

        def values(text):
            raw = base64.b64decode(text, validate=True)
            return list(struct.unpack(f"<{len(raw) // 8}d", raw))
        columns = [values(text) for text in data["columns"]]
        for series in data["series"]:
            series["y"] = values(series["y"])
            series["x"] = columns[series["x"]][:len(series["y"])]
        return data

    def box(self, title):
        return self.on(title, """f => { f.querySelector("svg").scrollIntoView({block: "center"});
          const b = f.querySelector("svg").getBoundingClientRect();
          return [b.x, b.y, b.width]; }""")

    def point(self, title, x, y):
        """Moves the pointer to a place of the picture."""
        left, top, width = self.box(title)
        self.browser.move(left + x * width / 640, top + y * width / 640)

    def readout(self, title):
        """The head and the lines of the read-out; None if it is hidden."""
        return self.on(title, """f => { const r = f.querySelector(".readout");
          return r.hidden ? null : [r.querySelector("b").textContent,
            [...r.querySelectorAll("li")].map(e => [...e.querySelectorAll("span")].map(
              s => s.textContent))]; }""")

    def said(self, title):
        """What a screen reader gets: the whole read-out, if keys have moved it; otherwise None."""
        return self.on(title, """f => { const r = f.querySelector("[role=status]");
          return r.ariaLive === "polite" ? r.textContent : null; }""")

    def focus(self, title):
        """Gives a figure the focus with the keyboard: Tab, from the heading on."""
        self.on(title, """f => { const h = f.querySelector("h3"); h.tabIndex = -1;
          h.focus(); h.removeAttribute("tabindex"); }""")
        self.browser.press("Tab")
        focused = self.browser.evaluate("document.activeElement.localName")
        equal(focused, "svg", "what has the focus")

    def press(self, title, label):
        """Clicks the button with this text in a figure."""
        x, y = self.on(title, f"""f => {{ const b = [...f.querySelectorAll("button")].find(
          e => e.textContent === {json.dumps(label)}); b.scrollIntoView({{block: "center"}});
          const r = b.getBoundingClientRect();
          return [r.x + r.width / 2, r.y + r.height / 2]; }}""")
        self.browser.click(x, y)

    def pressed(self, title):
        return self.on(title, """f => Object.fromEntries([...f.querySelectorAll("button")].filter(
          e => !e.hidden).map(e => [e.textContent, e.getAttribute("aria-pressed")]))""")

    def displayed(self, title):
        return self.on(title, """f => [...f.querySelectorAll("svg g:not(.cursor) path")].map(
          e => getComputedStyle(e).display !== "none")""")


# MARK: Checks

def check_still(browser, path):
    """Without scripts the page shows what the file says, and nothing comes from the script."""
    browser.scripts(False)
    page = Page(browser, path)
    equal(browser.evaluate("document.querySelectorAll('figure button, .readout').length"), 0,
          f"{path.name}: buttons without script")
    expected = [[e if isinstance(e, str) else [e[0].lower(), e[1]] for e in picture]
                for picture in Pictures(page.text).found]
    found = [[e if isinstance(e, str) else [e[0].lower(), e[1]] for e in picture]
             for picture in browser.evaluate(ELEMENTS)]
    equal(len(found), len(expected), f"{path.name}: pictures")
    for one, two in zip(found, expected):
        equal(one, two, f"{path.name}: a picture without script")
    still = [page.on(title, PICTURE) for title in page.titles()]
    browser.scripts(True)
    page = Page(browser, path)
    for title, before in zip(page.titles(), still):
        equal(page.on(title, PICTURE), before, f"{path.name}: {title}, with the script")
        equal(page.on(title, TOUCHING), [], f"{path.name}: {title}: labels that touch")


def check_data(page, traces):
    """The values of each curve are those of the trace, to the last bit."""
    for title, columns in COLUMNS.items():
        series = page.data(title)["series"]
        equal(len(series), len(columns) * len(traces), f"{title}: curves")
        for place, one in enumerate(series):
            rows = traces[place // len(columns)]
            equal(one["x"], [float(r["step"]) for r in rows], f"{title}: steps")
            column = columns[place % len(columns)]
            equal(one["y"], [float(r[column]) for r in rows], f"{title}: {column}")


def check_lines(page, title, traces, names, head, lines):
    """The lines of a read-out must be the values at its step."""
    name, step = head.rsplit(" ", 1)
    equal(name, "step", f"{title}: the head of the read-out")
    expected = []
    columns = COLUMNS[title]
    for run, rows in zip(names, traces):
        row = next((r for r in rows if r["step"] == step), None)
        for column in columns if row else ():
            kind = "training" if column.startswith("train") else "validation"
            expected.append((f"{run} {kind}" if len(columns) > 1 else run, float(row[column])))
    equal([line[0] for line in lines], [e[0] for e in expected], f"{title}, {head}: the runs")
    for (label, text), (_, value) in zip(lines, expected):
        near(float(text), value, abs(value) * 5.1e-6, f"{title}, {head}: {label}")
    return int(step)


def check_readout(page, title, traces, names):
    steps = sorted({int(r["step"]) for rows in traces for r in rows})
    found = []
    for x in range(104, 629, 4):
        page.point(title, x, 200)
        found.append(check_lines(page, title, traces, names, *page.readout(title)))
        equal(page.said(title), None, f"{title}: what is said of the pointer's way")
    equal(found, sorted(found), f"{title}: steps from left to right")
    expect(found[0] == steps[0] and found[-1] == steps[-1], f"{title}: the ends of the read-out")
    # At a label of the axis, the label's step is read out.
    labels = {"0": 0, "200": 200, "1k": 1000, "2k": 2000}
    for text, _, x, y, *_ in page.on(title, PICTURE)["texts"]:
        if y == 376 and labels.get(text) in steps:
            page.point(title, x, 100)
            equal(page.readout(title)[0], f"step {labels[text]}", f"{title}: at the label {text}")
    page.browser.move(1, 1)
    equal(page.readout(title), None, f"{title}: the read-out after the pointer left")

    page.focus(title)
    for keys, step in [
            ([], steps[-1]), (["Home"], steps[0]), (["ArrowRight"], steps[1]),
            (["ArrowRight"] * 2, steps[3]), (["ArrowLeft"], steps[2]), (["End"], steps[-1]),
            (["ArrowRight"], steps[-1])]:
        page.browser.press(*keys)
        head, lines = page.readout(title)
        equal(check_lines(page, title, traces, names, head, lines), step, f"{title}: after {keys}")
        equal(page.said(title), head + "".join("".join(line) for line in lines),
              f"{title}: what is said")
    page.browser.press("Escape")
    equal(page.readout(title), None, f"{title}: the read-out after Escape")
    page.point(title, 300, 200)
    equal(page.said(title), None, f"{title}: what is said of the pointer after keys")


def check_toggles(page, title, count):
    keys = page.on(title, "f => [...f.querySelectorAll('.key')].map(e => e.textContent)")
    shown = page.displayed(title)
    expect(all(shown), f"{title}: all curves are shown at first")
    page.press(title, keys[0])
    per = len(shown) // count
    equal(page.displayed(title), [i >= per for i in range(len(shown))], f"{title}: hidden curves")
    equal(page.pressed(title)[keys[0]], "false", f"{title}: the pressed button")
    page.focus(title)
    page.browser.press("Home")
    names = [line[0] for line in page.readout(title)[1]]
    expect(names and not any(name.startswith("A") for name in names),
           f"{title}: read of hidden curves: {names}")
    # The keyboard brings it back.
    page.on(title, "f => f.querySelector('.key').focus()")
    page.browser.press(" ")
    expect(all(page.displayed(title)), f"{title}: curves that came back")
    equal(page.pressed(title)[keys[0]], "true", f"{title}: the button again")


def scale(texts, is_x):
    """The labels of an axis: pairs of place and value."""
    found = []
    for text, anchor, x, y, *_ in texts:
        if (y == 376) if is_x else (anchor == "end" and x == 96):
            value = float(text[:-1]) * 1000 if text.endswith("k") else float(text)
            found.append((x if is_x else y - 6, value))
    return found


def check_scale(texts, is_x, is_log, what):
    """Labels lie where their values say; on a logarithmic axis, all but 0."""
    labels = [p for p in scale(texts, is_x) if not is_log or p[1] > 0]
    expect(len(labels) >= 2, f"{what}: labels {labels}")
    turned = math.log10 if is_log else float
    (a, first), (b, last) = labels[0], labels[-1]
    unit = (b - a) / (turned(last) - turned(first))
    for place, value in labels:
        near(place, a + (turned(value) - turned(first)) * unit, 0.3, f"{what}: label {value}")
    return lambda value: a + (turned(value) - turned(first)) * unit


def check_axes(page, title, button, is_x):
    """Turns an axis: labels and curves move together, and then back to where they were."""
    before = page.on(title, PICTURE)
    was_log = page.pressed(title)[button] == "true"
    page.press(title, button)
    equal(page.pressed(title)[button], str(not was_log).lower(), f"{title}: {button}")
    after = page.on(title, PICTURE)
    expect(after["paths"] != before["paths"], f"{title}: {button} moved nothing")
    place = check_scale(after["texts"], is_x, not was_log, f"{title}, {button}")
    curves = [places(d) for name, d in after["paths"] if re.match("line|dashes", name)]
    for series, curve in zip(page.data(title)["series"], curves):
        equal(len(curve), len(series["x"]), f"{title}, {button}: the points of a curve")
        for (x, y), step, value in zip(curve, series["x"], series["y"]):
            if is_x and (step > 0 or was_log):
                near(x, place(step), 0.3, f"{title}, {button}: step {step}")
            if not is_x:
                near(y, place(value), 0.3, f"{title}, {button}: {value} at step {step}")
    equal(page.on(title, TOUCHING), [], f"{title}, {button}: labels that touch")
    page.press(title, button)
    back = page.on(title, PICTURE)
    for (text, _, *one), (label, _, *two) in zip(back["texts"], before["texts"]):
        equal(text, label, f"{title}, {button} and back: labels")
        near(math.dist(one, two), 0, 12, f"{title}, {button} and back: {text}")


def check_narrow(browser, path):
    """On a phone nothing is wider than the window, not even the read-out at any place."""
    browser.size(375, 700)
    page = Page(browser, path)
    equal(browser.overflow(), 0, f"{path.name} at 375 px: overflow")
    for title in page.titles()[:3]:
        for x in (104, 300, 366, 500, 628):
            page.point(title, x, 180)
            left, right = page.on(title, """f => { const r = f.querySelector(".readout")
              .getBoundingClientRect(); return [r.left, r.right]; }""")
            expect(0 <= left and right <= 375, f"{path.name}: a read-out from {left} to {right}")
        equal(browser.overflow(), 0, f"{path.name}: overflow with a read-out")
    browser.media(kind="print")
    equal(page.browser.evaluate("""[...document.querySelectorAll(".axes, .readout, .cursor")]
      .filter(e => getComputedStyle(e).display !== "none").length"""), 0,
          f"{path.name}: printed buttons")
    browser.media()
    browser.size(1280, 900)
    page.clean("at 375 px")


def check_points(page):
    """Figures of points: each can be read, its place fits its values, and Enter leads to its
    bundle."""
    title = next(t for t in page.titles() if t.startswith("Sparse parity"))
    data = page.data(title)
    points = [(x, y) for s in data["series"] if s["form"] == "points"
              for x, y in zip(s["x"], s["y"])]
    circles = page.on(title, PICTURE)["circles"]
    equal(len(circles), len(points), f"{title}: points")
    for (_, _, cx, cy), (x, y) in list(zip(circles, points))[::7]:
        page.point(title, cx, cy)
        head, [(_, value)] = page.readout(title)
        name, fact = head.rsplit(" ", 1)
        equal(name, data["x"]["name"], f"{title}: the name of the abscissa")
        at = page.on(title, """f => { const c = f.querySelector(".cursor circle");
          return [c.getAttribute("cx"), c.getAttribute("cy")].map(Number); }""")
        near(math.dist(at, (cx, cy)), 0, 0.2, f"{title}: the ring")
        # Points may lie on each other; then one of them is read.
        found = [(a, b) for (_, _, u, v), (a, b) in zip(circles, points) if (u, v) == (cx, cy)]
        expect(any(math.isclose(float(fact), a, rel_tol=5.1e-6)
                   and math.isclose(float(value), b, rel_tol=5.1e-6) for a, b in found),
               f"{title}: read {fact}, {value} at {found}")
    page.focus(title)
    page.browser.press("Home", "Enter")
    target = page.browser.evaluate("location.hash")
    expect(re.fullmatch("#b-[0-9a-f]{20}", target), f"{title}: Enter led to {target!r}")
    page.clean("when its points were read")


def check_crowd(page):
    """With many curves the nearest are read out, and the keys reach each curve."""
    title = page.titles()[0]
    page.point(title, 300, 200)
    equal(len(page.readout(title)[1]), 9, f"{title}: lines of a crowd")
    expect(re.fullmatch(r"and \d+ more", page.readout(title)[1][-1][0]), "what is left out is said")
    page.focus(title)
    page.browser.press("Home")
    current = """f => f.querySelector(".current").textContent"""
    found = set()
    page.browser.press(*["ArrowUp"] * 30)
    for _ in range(30):
        found.add(page.on(title, current))
        page.browser.press("ArrowDown")
    series = page.data(title)["series"]
    expect(len(found) >= len(series) - 4, f"{title}: keys reached {len(found)} of {len(series)}")
    page.clean("when a crowd was read")


# The data that the head of chart.js asks of a live page.
LIVE = {
    "x": {"name": "step", "log": True},
    "y": {"name": "accuracy", "span": [0, 1], "isFixed": True},
    "series": [
        {"key": 0, "form": "line", "color": "s0", "label": "sealed",
         "x": [0, 10, 100], "y": [0, 0.5, 1]},
        {"key": 1, "form": "dashes", "color": "s1", "label": "again", "x": [], "y": []}],
    "marks": [{"x": 10, "label": "T_mem", "color": "s0"}]}


def check_live(browser, path):
    """A page lets a curve grow: it is drawn with the next frame, on the same axes as the other."""
    style, script = (
        "".join((ROOT / "Sources/page" / name).read_text() for name in names)
        for names in [("picture.css", "chart.css"), ("chart.js",)])
    path.write_text(f"""<!doctype html><title>live</title><style>{style}</style><figure>
<h3>Accuracy</h3><svg viewBox="0 0 640 420" role="img" aria-label="Accuracy"><g></g></svg>
<p class="keys"><span class="key s0"><i class="line"></i>sealed</span>
<span class="key s1"><i class="dashes"></i>again</span></p></figure>
<script>{script}</script>
<script>const data = document.createElement("script");
data.type = "application/json";
data.textContent = {json.dumps(json.dumps(LIVE))};
const figure = document.querySelector("figure");
figure.append(data);
const chart = new Chart(figure);
chart.draw();</script>""")
    page = Page(browser, path)

    def curve(name):
        found = dict(page.on("Accuracy", PICTURE)["paths"])
        return places(found[name] or "")
    sealed = curve("line s0")
    equal([len(sealed), len(curve("dashes s1"))], [3, 0], "points of live curves at first")
    equal(sealed[-1], (628, 38), "the last of the sealed curve, below a line of labels")
    for count in (1, 2, 3):
        browser.evaluate(f"chart.set(1, [0, 10, 100].slice(0, {count}), "
                         f"[0, 0.5, 1].slice(0, {count}))")
        browser.settle()
        equal(curve("dashes s1"), sealed[:count], f"a live curve of {count} points")
    page.focus("Accuracy")
    equal(page.readout("Accuracy"), ["step 100", [["sealed", "1"], ["again", "1"]]],
          "the read-out of live curves")
    browser.evaluate("chart.set(1, [0, 1000], new Float64Array([0, 1]))")
    browser.settle()
    equal(curve("dashes s1")[-1], (628, 38), "a curve that grew beyond the axis")
    expect(curve("line s0")[-1][0] < 500, "the sealed curve gave way")
    browser.evaluate("chart.marks[0].x = 1e6; chart.draw()")
    equal(places(dict(page.on("Accuracy", PICTURE)["paths"])["mark s0"])[0][0], 628,
          "a mark beyond the curves")
    expect(curve("dashes s1")[-1][0] < 500, "the curves gave way to the mark")
    page.press("Accuracy", "again")
    equal(page.displayed("Accuracy"), [True, False], "a live curve that is hidden")
    page.clean("while its curve grew")


def check_policy(path):
    """Checks the policy word by word, and that no text of the page can be a script or a style."""
    text = path.read_text()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', text)[1]
    expect(re.fullmatch(
        r"default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; "
        r"img-src data:; base-uri 'none'; form-action 'none'", policy), f"the policy is {policy}")
    equal(text.count("<script>"), 1, "scripts")
    equal(re.findall(r"<[^>]*\s(?:style|on\w+)=", re.sub(
        r"<script>.*?</script>", "", text, flags=re.S)), [], "inline styles and handlers")


def main():
    program = Path(sys.argv[1]).resolve()
    folder = Path(tempfile.mkdtemp(prefix="charts-"))

    def regrok(*words, status=(0,)):
        done = subprocess.run([program, *map(str, words)], cwd=folder, capture_output=True)
        expect(done.returncode in status, f"{words}: {done.returncode}: {done.stderr.decode()}")

    def trace(bundle, name):
        regrok("extract", bundle, "data/trace/metrics.csv", "-o", name)
        with open(folder / name / "data/trace/metrics.csv") as file:
            return list(csv.DictReader(file))

    traces = [trace(BASE, "a"), trace(OTHER, "b")]
    # A name that a stranger might choose, mostly without a place to break the line.
    strange = "<img src=x onerror=document.title='broken'>\"'&" + "x" * 180 + ".tar.zst"
    (folder / "strange").mkdir()
    shutil.copy(BASE, folder / "strange" / strange)
    regrok("report", BASE, OTHER, "-o", "report.html")
    regrok("diff", BASE, OTHER, "--html", "diff.html", status=(1,))
    regrok("claims", ROOT / "bundles/paper", "-o", "claims.html")
    regrok("report", *sorted((ROOT / "bundles/golden").glob("tiny-*.zst")), "-o", "crowd.html")
    regrok("report", folder / "strange", "-o", "strange.html")
    regrok("diff", folder / "strange" / strange, OTHER, "--html", "names.html", status=(1,))
    regrok("diff", folder / "strange" / strange, PROGRAM, "--html", "across.html", status=(4,))
    try:
        with Browser() as browser:
            for path in sorted(folder.glob("*.html")):
                check_policy(path)
                check_still(browser, path)
                check_narrow(browser, path)
            for path, names in [("report.html", "12"), ("diff.html", "AB")]:
                page = Page(browser, folder / path)
                equal(page.titles(), list(COLUMNS), f"{path}: figures")
                check_data(page, traces)
                for title in COLUMNS:
                    check_readout(page, title, traces, names)
                    check_axes(page, title, "log step", True)
                check_axes(page, "Loss", "log loss", False)
                expect("log accuracy" not in page.pressed("Accuracy"), "accuracies have one axis")
                page.clean("after all this")
            check_toggles(page, "Accuracy", 2)
            check_points(Page(browser, folder / "claims.html"))
            check_crowd(Page(browser, folder / "crowd.html"))
            check_live(browser, folder / "live.htm")
            page = Page(browser, folder / "strange.html")
            equal(browser.evaluate("document.title"), "1 run", "the strange page's title")
            expect(any(strange in key for key in page.pressed("Accuracy")),
                   "a strange name as text")
    finally:
        shutil.rmtree(folder)
    print("charts: reports, diffs and claims answer what their bundles hold")


main()
