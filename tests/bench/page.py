"""Benchmark: how long the report's page takes to open from disk, against the same page without its scripts.

The page is opened anew in a fresh context of headless Chromium, and asked for its own clock: the first paint, the load
event, and when the explorer, opened by its address, has its first view. The alternative is the same file with every
script taken out: what the text and styles alone cost in the same browser.

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


# the page notes by its own clock, once a frame, when its explorer is there: playwright's travelling is not the reader's
WATCH = """const watch = () => {
    if (document.querySelector('#explorer[data-started="yes"]')) window.explored = performance.now();
    else requestAnimationFrame(watch);
};
requestAnimationFrame(watch)"""
CLOCK = """() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,
    performance.getEntriesByType('navigation')[0].loadEventEnd]"""


def opened(browser: Any, path: Path, hash: str = "") -> list[float]:
    """Seconds from the start of the navigation to the first paint and the load event, or to the explorer at `hash`."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    if hash:
        page.add_init_script(WATCH)
    page.goto(path.as_uri() + hash)
    if hash:
        page.wait_for_function("window.explored")
    else:
        page.wait_for_timeout(200)                           # loadEventEnd is written when the event is over
    found = [page.evaluate("window.explored")] if hash else page.evaluate(CLOCK)
    context.close()
    return [value / 1000 for value in found]


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
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):                              # in turn, so that a busy machine is busy for all
            for names, path, hash in ((("without scripts: first paint", "without scripts: load event"), bare, ""),
                                      (("first paint", "load event"), whole, ""),
                                      (("explorer's first view, by its address",), whole, "#explorer")):
                for name, value in zip(names, opened(browser, path, hash), strict=True):
                    found.setdefault(name, []).append(value)
        browser.close()
        size = whole.stat().st_size
    plain = statistics.median(found["without scripts: load event"])
    out = table(f"{size / 1e6:.2f} MB, {ROUNDS} rounds", "until", "median", "least", "most", "ratio of medians")
    for name, times in found.items():
        middle = statistics.median(times)
        out.add_row(name, seconds(middle), seconds(min(times)), seconds(max(times)), ratio(middle, plain))
    console.print(out)


if __name__ == "__main__":
    main()
