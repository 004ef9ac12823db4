"""The README's pictures of the page: `python -m tests.pictures report/index.html`, from the report that was just made.

    paper_notes/pictures/page.png       the verdict and the maze
    paper_notes/pictures/critique.png   the critique map
    paper_notes/pictures/explorer.png   the explorer, on Figure 3's maze

Not covered: looking at them, which is what they are for.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.conftest import HEADLESS

PICTURES = Path(__file__).parents[1] / "paper_notes" / "pictures"
# name -> (address, what stands at the top, height)
VIEWS = {"page": ("", "h1", 1000), "critique": ("#critique", "#critique .legend, #critique .map", 900),
         "explorer": ("#explorer", "#explorer", 900)}


def main(report: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None or not report.exists():
        sys.exit(f"{report} or chromium is missing: make report, apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(HEADLESS))
        for name, (hash, top, height) in VIEWS.items():
            page = browser.new_page(viewport={"width": 1180, "height": height}, offline=True, reduced_motion="reduce")
            page.goto(report.resolve().as_uri() + hash)
            page.wait_for_selector('html[data-ready="yes"]')
            page.wait_for_timeout(1500)
            page.locator(top).first.evaluate("box => box.scrollIntoView()")
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()
        browser.close()
    print(f"{len(VIEWS)} pictures in {PICTURES}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "report/index.html"))
