"""What every unit test may use: `fails`, a working precision that no other test left behind, and the report's page.

The page is opened in the system's Chromium; where there is none its tests are skipped, or fail where they must run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flint
import mpmath
import pytest

from theory.numeric import InputError

if TYPE_CHECKING:
    from verify.evidence import Evidence


@pytest.fixture(autouse=True)
def _precision() -> Iterator[None]:
    before = mpmath.mp.prec, flint.ctx.prec
    yield
    mpmath.mp.prec, flint.ctx.prec = before


@pytest.fixture
def fails() -> Callable[..., None]:
    """fails(call, *pieces): the call raises `InputError` in one line, which shows every piece."""
    def check(call: Callable[[], Any], *pieces: str) -> None:
        with pytest.raises(InputError) as caught:
            call()
        message = str(caught.value)
        assert message and "\n" not in message
        for piece in pieces:
            assert piece in message, message

    return check


# -- the page in a real browser ---------------------------------------------------------------------------------

HEADLESS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
                    "--disable-sync", "--no-first-run")


def needs(what: str, present: object) -> None:
    """Skip the test where `what` ('chromium', 'latex') is not there; fail it where BACKTRACK_NEEDS lists it."""
    if present:
        return
    if what in os.environ.get("BACKTRACK_NEEDS", "").split(","):
        pytest.fail(f"{what} is not installed, and BACKTRACK_NEEDS asks for it")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium, headless; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    needs("chromium", path)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(HEADLESS))
        yield chromium
        chromium.close()


def _shipped(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in line.items() if name != "sources"} for line in lines]


def shipped_evidence() -> list[Evidence]:
    """The shipped evidence, whatever sources it was made from."""
    from verify.evidence import SHIPPED, Evidence

    return [Evidence(**line) for line in _shipped(SHIPPED)]


def shipped_rows() -> list[dict[str, Any]]:
    """The shipped critique map, judged by the shipped evidence."""
    from theory.claim import claims
    from verify.dials.kept import SHIPPED_ROWS
    from verify.dials.map import judged
    from verify.evidence import verdicts

    evidence = shipped_evidence()
    found = verdicts(claims(), evidence)
    return [judged(line["row"], found, evidence) for line in _shipped(SHIPPED_ROWS)]


def shipped_page() -> str:
    """The page from the shipped evidence and map; seconds."""
    from theory.claim import claims
    from verify.evidence import verdicts
    from verify.report import bill
    from verify.report.page import page_data, render

    evidence = shipped_evidence()
    return render(page_data(verdicts(claims(), evidence), evidence, shipped_rows(), bill.rows(measured=False)))


@pytest.fixture(scope="session")
def report_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of `shipped_page`, made once for all processes of a run."""
    from filelock import FileLock

    base = tmp_path_factory.getbasetemp()
    home = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    page = home / "index.html"
    with FileLock(home / "index.lock"):
        if not page.exists():
            page.write_text(shipped_page(), encoding="utf-8")
    return page


@pytest.fixture
def open_page(browser: Any, report_page: Path) -> Iterator[Callable[..., Any]]:
    """open_page(hash, width=, height=, dark=, media=): the page, ready and alone; its console stays empty."""
    contexts, said = [], []

    def load(hash: str = "", *, width: int = 1280, height: int = 900, dark: bool = False, media: str = "screen",
             page: Path = report_page) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce",
                                      color_scheme="dark" if dark else "light", offline=True)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: said.append(f"error: {error}"))
        tab.emulate_media(media=media)
        tab.goto(page.as_uri() + hash)
        tab.wait_for_selector('html[data-ready="yes"]')
        return tab

    yield load
    for context in contexts:
        context.close()
    assert not said, said
