"""Benchmark: how long the report's page takes to open from disk, against the same page without its scripts.

The page is opened anew in a fresh context of headless Chromium, cold of any cache. Until `ready` is the time from the
start of the navigation until the page answers (formulas, charts and drawings are made when they come near the screen);
until `explorer` until its explorer has drawn its first view, opened by its address. The alternative is the same file
with every script taken out: what the text and styles alone cost in the same browser.

Not covered: networks, other browsers. Needs Chromium: `apt-get install chromium`.

Run: python tests/bench/page.py [report/index.html]; without a report the page is made from what the package ships.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))       # run as a file, the repository is not on the path

from tests.bench.measure import console, header, ratio, seconds, table
from tests.conftest import HEADLESS, shipped_page

ROUNDS = 9


def took(browser: Any, path: Path, hash: str, until: str) -> float:
    """From the start of the navigation until the selector `until` is there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(path.as_uri() + hash)
    page.wait_for_selector(until, state="attached")
    # the clock of the page itself: playwright's own travelling is not the reader's
    spent = float(page.evaluate("performance.now()")) / 1000
    context.close()
    return spent


def main() -> None:
    chromium = shutil.which("chromium")
    header("The page opened from disk", ["playwright"])
    if chromium is None:
        return console.print("no Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        whole, bare = Path(folder) / "index.html", Path(folder) / "bare.html"
        whole.write_text(Path(sys.argv[1]).read_text("utf-8") if len(sys.argv) > 1 else shipped_page(), "utf-8")
        bare.write_text(re.sub(r"<script.*?</script>", "", whole.read_text("utf-8"), flags=re.S), "utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(HEADLESS))
        cases = {"without scripts": (bare, "", "footer"), "until ready": (whole, "", 'html[data-ready="yes"]'),
                 "until the explorer": (whole, "#explorer", '#explorer[data-started="yes"]')}
        found: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):                              # in turn, so that a busy machine is busy for all of them
            for name, case in cases.items():
                found[name].append(took(browser, *case))
        browser.close()
        size = whole.stat().st_size
    plain = statistics.median(found["without scripts"])
    out = table(f"{size / 1e6:.2f} MB, {ROUNDS} rounds", "page", "median", "least", "most", "ratio of medians")
    for name, times in found.items():
        middle = statistics.median(times)
        out.add_row(name, seconds(middle), seconds(min(times)), seconds(max(times)), ratio(middle, plain))
    console.print(out)


if __name__ == "__main__":
    main()
