#!/usr/bin/env python3
"""README's picture: the page in Chromium while it performs the paper's base run again.

    picture.py PAGE.html PICTURE.png
"""

import sys
from pathlib import Path

from browser import Browser

BASE = Path(__file__).resolve().parent.parent.parent / "bundles/golden/base.tar.zst"

with Browser(width=960, height=540) as browser:
    browser.open(Path(sys.argv[1]).resolve().as_uri())
    browser.files("#file", str(BASE))
    # Validation accuracy is on its way up: between T_mem and T_grok.
    browser.wait("page.pictures?.[0]?.x.at(-1) >= 1200", 900)
    browser.evaluate("scrollTo(0, document.querySelector('#file').closest('label, div, p').getBoundingClientRect().top"
                     " + scrollY - 16)")
    browser.settle()
    browser.screenshot(sys.argv[2])
