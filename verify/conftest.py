"""How the checks run: profiles, the fixture `check`, the rule for names, the table of verdicts at the end.

A check is `test_<label>__<aspect>`; collection fails on a label that is not registered or an aspect that is not one of
`verify.evidence.ASPECTS`. Every check leaves evidence; `--evidence FILE` keeps it, `--undone` leaves out what FILE
holds already, `--claims A,B` runs the checks of some claims only, `--profile quick|ci|thorough` says how deep to look.
Evidence travels with the reports, so that `-n 2` (several processes) leaves the same.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flint
import hypothesis
import mpmath
import pytest

from theory.claim import claims
from theory.numbering import number_of
from verify import evidence
from verify.evidence import Evidence
from verify.judge import Check

PROFILES = {
    "quick": hypothesis.settings(max_examples=60, deadline=None, derandomize=True),
    "ci": hypothesis.settings(max_examples=200, deadline=None, derandomize=True),
    "thorough": hypothesis.settings(max_examples=2000, deadline=None),
}
LIBRARIES = ("numpy", "scipy", "sympy", "mpmath", "python-flint", "hypothesis", "numba")
COLLECTED = pytest.StashKey[list[Evidence]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("claims")
    group.addoption("--profile", choices=sorted(PROFILES), default=os.environ.get("BACKTRACK_PROFILE", "quick"),
                    help="how deep the checks search (default: quick)")
    group.addoption("--evidence", type=Path, help="append the evidence of every check to this file")
    group.addoption("--undone", action="store_true",
                    help="leave out the checks whose evidence, of this profile and no error, that file holds already")
    group.addoption("--claims", default="", help="labels, separated by commas: run only their checks")


def pytest_configure(config: pytest.Config) -> None:
    for name, settings in PROFILES.items():
        hypothesis.settings.register_profile(name, settings)
    hypothesis.settings.load_profile(config.getoption("--profile"))
    config.stash[COLLECTED] = []
    config.pluginmanager.register(Collector(config.stash[COLLECTED]))


class Collector:
    """Gathers the evidence from the reports: also from those that other processes sent."""

    def __init__(self, collected: list[Evidence]):
        self.collected = collected

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            self.collected += [Evidence(**value) for name, value in report.user_properties  # type: ignore[arg-type]
                               if name == "evidence"]


def pytest_report_header(config: pytest.Config) -> list[str]:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return [f"profile: {config.getoption('--profile')}; sources {evidence.fingerprint()}",
            f"python {platform.python_version()}, {libraries}"]


def check_name(path: str | Path, test: str) -> str:
    """'verify/test_walk.py::test_x': how a check is called in its evidence, wherever pytest was started."""
    return f"verify/{Path(path).name}::{test}"


def _done(config: pytest.Config) -> set[str]:
    """The checks that `--undone` leaves out."""
    if not config.getoption("--undone"):
        return set()
    if not config.getoption("--evidence"):
        raise pytest.UsageError("--undone needs --evidence FILE")
    profile = config.getoption("--profile")
    return {item.check for item in evidence.load(config.getoption("--evidence"))
            if item.profile == profile and item.outcome != "error"}


def _parts(item: pytest.Item) -> tuple[str, str] | None:
    """(label, aspect) of a check; None for a test outside verify/."""
    if Path(item.path).parent != Path(__file__).parent:
        return None
    name = getattr(item, "originalname", item.name)
    label, _, aspect = name.removeprefix("test_").rpartition("__")
    return label, aspect


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    known, wanted = claims(), [label for label in config.getoption("--claims").split(",") if label]
    for label in wanted:
        if label not in known:
            raise pytest.UsageError(f"--claims: {label!r} is not the label of a claim")
    done = _done(config)
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        parts = _parts(item)
        if parts and (parts[0] not in known or parts[1] not in evidence.ASPECTS):
            raise pytest.UsageError(f"{item.nodeid}: test_<label>__<aspect> with a registered label is needed; "
                                    f"'{parts[0]}' or '{parts[1]}' is not known")
        asked = not wanted or (parts and parts[0] in wanted)
        (kept if asked and check_name(item.path, item.name) not in done else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Check:
    """The comparison of one claim that this test makes; see `verify.judge.Check`."""
    parts = _parts(request.node)
    assert parts, "the fixture is for checks of claims"

    def record(item: Evidence) -> None:
        request.node.user_properties.append(("evidence", asdict(item)))
        path = request.config.getoption("--evidence")
        if path:
            evidence.append(path, item)

    name = check_name(request.node.path, request.node.name)
    return Check(claims()[parts[0]], parts[1], name, request.config.getoption("--profile"), record)


@pytest.fixture(autouse=True)
def _precision() -> Iterator[None]:
    """No check inherits another's working precision."""
    before = mpmath.mp.prec, flint.ctx.prec
    yield
    mpmath.mp.prec, flint.ctx.prec = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = yield
    parts = _parts(item)
    if parts and report.failed and not any(name == "evidence" for name, _ in item.user_properties):
        # a check that broke before it could say anything still says that
        reason = str(call.excinfo.value).split("\n")[0] if call.excinfo else report.when
        broken = Evidence(*parts, "error", item.nodeid, case=f"{call.excinfo and call.excinfo.typename}: {reason}")
        report.user_properties.append(("evidence", asdict(broken)))
        path = item.config.getoption("--evidence")
        if path:
            evidence.append(path, broken)
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    collected = config.stash[COLLECTED]
    if not collected:
        return
    known = claims()
    found = evidence.verdicts(known, collected)
    touched = {item.label for item in collected}
    terminalreporter.section("verdicts")
    width = max(map(len, known))
    for label, verdict in found.items():
        if label in touched or (verdict.kind == "stated" and 2 * len(touched) > len(known)):
            # a run of a few checks has nothing to say of the other claims
            terminalreporter.write_line(f"{number_of(label):<12}{label:<{width}}  {verdict}")
    simulated = [item for item in collected if item.alpha]
    terminalreporter.write_line(
        f"{len(touched)} of {len(known)} claims checked; total false-alarm rate of {len(simulated)} simulated checks: "
        f"at most {sum(item.alpha or 0 for item in simulated):.0e}")
