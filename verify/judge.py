"""The judge: holds a claim's body against a measurement and says held, refuted or undecided.

A check test asks the fixture `check` for one kind of comparison. Which body is compared, and which outcome
the test expects, follow from the aspect in the test's name: `__control` compares the claim's false twin and fails
unless it is refuted; `__needed` compares the claim outside its domain and fails unless it breaks there; the other
aspects compare the claim itself, which must hold, or, where it is quoted to be refuted, must not.

Simulated checks are judged by `verify.sampling`: held needs more than not being refuted, the same data must refute a
twin. Random seeds derive from the check's name, never from Hypothesis.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint
import hypothesis
import numpy as np
from hypothesis.strategies import SearchStrategy

from theory.claim import Claim
from theory.maze import Maze
from theory.numeric import InputError, Steps, ball_precision, exact
from verify.evidence import Evidence
from verify.sampling import ALPHA, Law, decide, decide_mean, decide_share

Case = Mapping[str, Any]
Measure = Callable[..., Any]


# -- comparing two values ---------------------------------------------------------------------------------------

def agrees(relation: str, claimed: Any, measured: Any, within: float = 0.0) -> bool:
    """Whether `measured` bears out `claimed`. Exact unless `within` > 0: then up to within * max(1, |claimed|)."""
    if isinstance(claimed, Mapping):
        return isinstance(measured, Mapping) and claimed.keys() == measured.keys() and all(
            agrees(relation, claimed[key], measured[key], within) for key in claimed)
    if isinstance(claimed, (Sequence, np.ndarray)) and not isinstance(claimed, str):
        return len(claimed) == len(measured) and all(
            agrees(relation, c, m, within) for c, m in zip(claimed, measured, strict=True))
    if within and not (math.isinf(claimed) or math.isinf(measured)):
        slack = within * max(1.0, abs(float(claimed)))
        difference = float(measured) - float(claimed)
        return {"equals": abs(difference) <= slack, "at most": difference <= slack,
                "at least": difference >= -slack}[relation]
    if isinstance(claimed, flint.arb) or isinstance(measured, flint.arb):
        # balls answer True only when they are sure, so a comparison that cannot be decided counts against the claim
        with ball_precision(1024):
            claimed, measured = (v if isinstance(v, flint.arb) else flint.arb(exact(v)) for v in (claimed, measured))
    if relation == "equals":
        return bool(measured == claimed)
    return bool(measured <= claimed if relation == "at most" else measured >= claimed)


def ratio(claimed: Any, measured: Any) -> float | None:
    """measured / claimed as a float where both are positive finite numbers."""
    try:
        over, under = (v if isinstance(v, flint.arb) else flint.arb(exact(v)) for v in (measured, claimed))
    except InputError:
        return None
    value = float((over / under).mid()) if under > 0 else 0.0
    return value if math.isfinite(value) and value > 0 else None


def show(value: Any) -> str:
    """A value as it appears in a counterexample: short, exact where that is short."""
    if isinstance(value, Fraction) or (isinstance(value, int) and not isinstance(value, bool)):
        steps = Steps.of(value)
        return steps.exact if len(steps.exact or "") <= 24 else steps.decimal  # type: ignore[return-value]
    if isinstance(value, (Mapping, Sequence, np.ndarray)) and not isinstance(value, str) and len(value) > 6:
        return f"{len(value)} values"
    return str(value)


def size(case: Case) -> tuple[Any, ...]:
    """Order of the search for the smallest counterexample: directed edges of the maze, then W, K, L."""
    if all(name in case for name in "WKL"):
        return (Maze(case["W"], case["K"], case["L"]).arcs, case["W"], case["K"], case["L"])
    return (math.prod(case[name] for name in "WK" if name in case), *[case[n] for n in "WKL" if n in case])


def describe(case: Case) -> str:
    """'W = 1, K = 1, L = 4'."""
    return ", ".join(f"{name} = {show(value)}" for name, value in case.items())


def grid(**ranges: Iterable[Any]) -> list[dict[str, Any]]:
    """Every combination of the named ranges, smallest maze first."""
    cases: list[dict[str, Any]] = [{}]
    for name, values in ranges.items():
        cases = [{**case, name: value} for case in cases for value in list(values)]
    return sorted(cases, key=size)


def scope(cases: Sequence[Case]) -> str:
    """The range a list of cases covers: 'W <= 5, K <= 4, L <= 4, 80 cases'."""
    def bounds(name: str) -> str:
        values = [case[name] for case in cases]
        low, high = min(values), max(values)
        return f"{name} <= {high}" if low == 1 else f"{name} = {low}" if low == high else f"{low} <= {name} <= {high}"

    names = [name for name in ("M", "W", "K", "L") if cases and name in cases[0]]
    return ", ".join([*map(bounds, names), f"{len(cases)} cases"])


def seed_of(name: str) -> int:
    """The random seed of a check: derived from its name, so that nothing can go looking for a lucky one."""
    return zlib.crc32(name.encode())


# -- the fixture ------------------------------------------------------------------------------------------------

class Check:
    """One check of one claim: compares, records its evidence, and asserts the expected outcome."""

    def __init__(self, claim: Claim, aspect: str, name: str, profile: str, record: Callable[[Evidence], None]):
        self.claim, self.aspect, self.name, self.profile, self._record = claim, aspect, name, profile, record
        self._start, self._asked = time.perf_counter(), False

    @property
    def body(self) -> Callable[..., Any]:
        """What this check compares: the claim's body, or its control."""
        self._asked = True
        if self.aspect == "control":
            assert self.claim.control is not None, f"{self.claim.label} has no control"
            return self.claim.control
        return self.claim.body

    def exhaust(self, cases: Sequence[Case], measure: Measure, within: float = 0.0) -> None:
        """Compare on every case inside the domain, smallest first; the first failure is the smallest."""
        inside = [case for case in cases if self._in_domain(case)]
        assert inside, "no case lies in the domain"
        best: tuple[float, str] | None = None
        for case in inside:
            claimed, measured = self._values(case, measure)
            if not agrees(self.claim.relation, claimed, measured, within):
                return self._finish("refuted", n=len(inside), scope=scope(inside),
                                    case=self._counterexample(case, claimed, measured))
            best = self._record_ratio(best, case, claimed, measured)
        words = scope(inside) if self.aspect == "exact" else f"within {within:g}"
        self._finish("held", n=len(inside), scope=words, discarded=len(cases) - len(inside),
                     tightest=best[0] if best else None, case=best[1] if best else "")

    def tight(self, cases: Sequence[Case], measure: Measure, factor: float) -> None:
        """An inequality that holds on every case, and on one of them by no more than `factor`: it is not idle."""
        best: tuple[float, str] | None = None
        for case in cases:
            claimed, measured = self._values(case, measure)
            if not agrees(self.claim.relation, claimed, measured):
                return self._finish("refuted", n=len(cases), case=self._counterexample(case, claimed, measured))
            best = self._record_ratio(best, case, claimed, measured)
        assert best, "no case gives a ratio"
        outcome = "held" if abs(math.log(best[0])) <= math.log(factor) else "refuted"
        self._finish(outcome, n=len(cases), case=best[1], tightest=best[0])

    def search(self, instances: SearchStrategy[Case], measure: Measure, within: float = 0.0,
               max_examples: int | None = None) -> None:
        """Let Hypothesis look for a failing case; the last failure it replays is the one it shrank to."""
        tried, discarded = 0, 0
        best: tuple[float, str] | None = None
        failure: list[str] = []

        class Refuted(Exception):
            pass

        # a false twin only has to fall; the claim itself is owed its smallest counterexample
        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        if self.aspect != "control":
            phases.append(hypothesis.Phase.shrink)

        examples = max_examples or hypothesis.settings.default.max_examples  # type: ignore[union-attr]

        @hypothesis.settings(max_examples=examples, database=None, phases=phases,
                             report_multiple_bugs=False, print_blob=False,
                             suppress_health_check=list(hypothesis.HealthCheck))
        @hypothesis.given(instances)
        def probe(case: Case) -> None:
            nonlocal tried, discarded, best
            if not self._in_domain(case):
                discarded += 1
                hypothesis.reject()
            claimed, measured = self._values(case, measure)
            tried += 1
            if not agrees(self.claim.relation, claimed, measured, within):
                failure[:] = [self._counterexample(case, claimed, measured)]
                raise Refuted
            best = self._record_ratio(best, case, claimed, measured)

        try:
            probe()
        except Refuted:
            self._finish("refuted", n=tried, case=failure[0], discarded=discarded)
        else:
            self._finish("held", n=tried, discarded=discarded, tightest=best[0] if best else None,
                         case=best[1] if best else "")

    def certificate(self, residuals: Callable[[Callable[..., Any]], dict[str, Any]], words: str) -> None:
        """Prove by cancellation: `residuals(body)` must all be exactly zero."""
        left = {name: value for name, value in residuals(self.body).items() if value != 0}
        if left:
            self._finish("refuted", n=1, case=f"residual of '{next(iter(left))}' does not cancel")
        else:
            self._finish("held", n=1, scope=words)

    def kernel(self, accepted: Callable[[Callable[..., Any]], bool], words: str) -> None:
        """Prove by a proof checker's word: whether it accepted what the body says, or the contrary."""
        if accepted(self.body):
            self._finish("held", n=1, scope=words)
        else:
            self._finish("refuted", n=1, case=words)

    def settle(self, outcome: str, n: int, case: str = "", words: str = "") -> None:
        """Leave what a solver answered to n questions about `body`: held, refuted with a case, or undecided."""
        self._finish(outcome, n=n, case=case, **({"scope": words} if words else {}))

    def sweep(self, points: Sequence[Case], measure: Measure, within: float) -> None:
        """An asymptotic claim: measured/claimed along growing points must approach 1, ending within `within`."""
        off = []
        for case in points:
            claimed, measured = self._values(case, measure)
            off.append(abs(float(measured) / float(claimed) - 1))
        approaching = all(later <= earlier for earlier, later in zip(off, off[1:], strict=False))
        last = {name: value for name, value in points[-1].items() if points[0][name] != value}
        words = f"{describe(points[0])} up to {describe(last)}: off by {off[-1]:.1e} at the end"
        if approaching and off[-1] <= within:
            self._finish("held", n=len(points), scope=words)
        else:
            self._finish("refuted", n=len(points), case=words)

    def sample(self, law: Law, twin: Law, draw: Callable[[int], np.ndarray]) -> None:
        """A simulated check: `draw(seed)` gives the sample that should follow `law`, and not `twin`."""
        sample = draw(seed_of(self.name))
        outcome, power = decide(law, twin, sample)
        self._finish(outcome, n=len(sample), alpha=ALPHA, power=power, case=f"p = {law.p_value(sample):.2g}")

    def share(self, claimed: float, twin: float, draw: Callable[[int], np.ndarray], relation: str = "") -> None:
        """A simulated check: `draw(seed)` gives booleans; `relation` (the claim's by default) is one on P(True).

        claimed, twin: the probabilities; for an inequality the twin is the opposite one (`decide_share`).
        """
        sample = draw(seed_of(self.name))
        outcome, power = decide_share(claimed, twin, relation or self.claim.relation, sample)
        self._finish(outcome, n=len(sample), alpha=ALPHA, power=power,
                     case=f"share {np.count_nonzero(sample)}/{len(sample)}, claimed {claimed:.6g}, twin {twin:.6g}")

    def mean(self, mean: float, deviation: float, twin: float, draw: Callable[[int], np.ndarray]) -> None:
        """A simulated check: `draw(seed)` gives i.i.d. draws with this exact mean and standard deviation."""
        sample = draw(seed_of(self.name))
        outcome, power = decide_mean(mean, deviation, twin, sample)
        self._finish(outcome, n=len(sample), alpha=ALPHA, power=power,
                     case=f"mean {np.mean(sample):.6g}, claimed {mean:.6g}, twin {twin:.6g}")

    # -- inside ------------------------------------------------------------------------------------------------

    def _in_domain(self, case: Case) -> bool:
        inside = bool(self.claim.domain.holds(**case))
        return not inside if self.aspect == "needed" else inside

    def _values(self, case: Case, measure: Measure) -> tuple[Any, Any]:
        return self.body(**{name: case[name] for name in self.claim.parameters}), measure(**case)

    def _counterexample(self, case: Case, claimed: Any, measured: Any) -> str:
        return f"{describe(case)}: claimed {self.claim.relation} {show(claimed)}, is {show(measured)}"

    def _record_ratio(self, best: tuple[float, str] | None, case: Case, claimed: Any, measured: Any) -> Any:
        if self.claim.relation not in ("at most", "at least"):
            return None
        value = ratio(claimed, measured)
        if value is None or (best and abs(math.log(value)) >= abs(math.log(best[0]))):
            return best
        return value, describe(case)

    def _finish(self, outcome: str, **seen: Any) -> None:
        evidence = Evidence(self.claim.label, self.aspect, outcome, self.name, profile=self.profile,
                            seconds=round(time.perf_counter() - self._start, 3), **seen)
        # a sample that was not held against what the claim computes says nothing of the claim
        assert self._asked, f"{self.name}: the claim's body was never asked"
        self._record(evidence)
        expected = "refuted" if self.aspect in ("control", "needed") or not self.claim.should_hold else "held"
        words = f"{self.claim.label}, {self.aspect}: {outcome}, expected {expected}. {evidence.case}"
        assert outcome == expected, words
