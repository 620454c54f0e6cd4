#!/usr/bin/env python3
"""Makes README's picture: the page in Chromium while it replays the paper's base run.

    picture.py PAGE.html PICTURE.png
"""

import sys
from pathlib import Path

from browser import Browser

BASE = Path(__file__).resolve().parent.parent.parent / "bundles/golden/base.tar.zst"

with Browser(width=960, height=540) as browser:
    browser.open(Path(sys.argv[1]).resolve().as_uri())
    browser.files("#file", str(BASE))
    # Validation accuracy rises here, between T_mem and T_grok.
    browser.wait("Math.max(...page.pictures?.[0]?.values[0].keys() ?? []) >= 1200", 900)
    browser.evaluate("scrollTo(0, document.querySelector('#file').closest('label, div, p')"
                     ".getBoundingClientRect().top + scrollY - 16)")
    browser.settle()
    browser.screenshot(sys.argv[2])
