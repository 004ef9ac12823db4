"""Benchmark: the expected hitting time, this project's routes against seven other programs' ways.

Over K diamonds at W = 15, L = 5, for the base model, the SFT limit and the optimum, every method's time (building
its input, then solving), its time as a multiple of the exact recursion's, and its *wrong digits* against the exact
rational. The reference is the rational solve of the Bellman equations (`theory.chain`) as far as WITNESS_UP_TO, and
the closed doubling of `expected_steps` beyond. Ratios compare solving alone, which favours the others: ours start
from W, K, L and the rows, theirs from a chain already lumped and a matrix or model already built.

A method is skipped where its own last two timings, extrapolated by a power of the size, say that it would take over
LIMIT seconds. Not covered: unequal rows or branches, gradients, chains for which no recursion is known.

Run: python tests/bench/hitting.py
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))       # run as a file, the repository is not on the path

from tests.bench import foreign
from tests.bench.measure import console, header, rational, relative_error, table, timed, wrong_digits
from theory.chain import lumped_chain
from theory.dynamics import cost_and_gradient
from theory.hitting import expected_steps, float_steps, recursive_steps
from theory.maze import Maze
from theory.numeric import InputError, Steps
from theory.policy import ROWS, Policy
from verify import storm
from verify.storm import Entries

W, L = 15, 5
KS = (5, 10, 15, 18, 30, 100, 1000)
POLICIES = {"base": Policy.base(L), "SFT limit": Policy.sft_limit(L), "optimum": Policy.optimum()}
WITNESS_UP_TO = 30    # the dense rational solve is cubic, in growing numbers
LIMIT = 10.0          # seconds
SOUND = "Storm sound, double"


def compiled(maze: Maze, policy: Policy) -> Callable[[], float]:
    """The float recursion as the training loops run it, gradient included."""
    import numpy as np

    z = policy.to_logits(maze.K)
    log_odds = np.array([z[row] for row in ROWS])
    return lambda: cost_and_gradient(maze, log_odds)[0]


OURS = {
    "recursion, exact": partial(partial, recursive_steps),
    "closed doubling, exact": partial(partial, expected_steps),
    "recursion, float with bound": partial(partial, float_steps),
    "recursion compiled, with gradient": compiled,
}

THEIRS: dict[str, Callable[[int, Entries], Callable[[], Any]]] = {
    "flint fmpq_mat.solve": foreign.flint_dense,
    "SymPy sparse rref over QQ": foreign.sympy_rref,
    "Storm exact": partial(storm.checker, environment="exact"),
    "Storm elimination, double": partial(storm.checker, environment="elimination"),
    SOUND: partial(storm.checker, environment="sound"),
    "numpy.linalg.solve": foreign.numpy_dense,
    "scipy.sparse spsolve": foreign.scipy_sparse,
    "PyDTMC mean_absorption_times": foreign.pydtmc_absorption,
    "PyDTMC hitting_times": foreign.pydtmc_hitting,
    "QuantEcon gth_solve": foreign.quantecon_gth,
}


def installed() -> set[str]:
    """The methods that run, after a first run of each on a tiny chain: imports and compilation happen there."""
    maze, policy = Maze(2, 1, 2), Policy.base(2)
    for build in OURS.values():
        build(maze, policy)()
    out = set()
    for name, build in THEIRS.items():
        try:
            build(*storm.entries(lumped_chain(maze, policy)))()
            out.add(name)
        except ImportError:
            pass
    return out


class Pace:
    """A method's times so far, and the time they predict: a power of the size, of the last two sizes' exponent."""

    def __init__(self) -> None:
        self.past: list[tuple[float, float]] = []       # (size, seconds)

    def predict(self, size: float) -> float:
        if not self.past:
            return 0.0
        last, spent = self.past[-1]
        exponent = 1.0
        if len(self.past) > 1:
            earlier, less = self.past[-2]
            exponent = max(1.0, math.log(spent / less) / math.log(last / earlier))
        return spent * (size / last) ** exponent


def judged(answer: Any, reference: Any) -> str:
    """The wrong digits of an answer; of (answer, bound) whether the bound holds as well."""
    if not isinstance(answer, tuple):
        return wrong_digits(answer, reference)
    value, bound = answer
    holds = "bound" if relative_error(value, reference) <= bound else "BROKEN BOUND"
    return f"{wrong_digits(value, reference)}, {holds} {bound:.1e}"


def compare(name: str, policy: Policy, K: int, usable: set[str], paces: dict[str, Pace]) -> None:
    """Print one table: every method on one chain."""
    maze = Maze(W, K, L)
    chain = lumped_chain(maze, policy)
    n, rows = storm.entries(chain)
    reference = rational(chain.hitting_time() if K <= WITNESS_UP_TO else expected_steps(maze, policy))
    steps = Steps.of(reference)
    out = table(f"{name}, K = {K}: {n} states, log10 H = {steps.log10:.4g}",
                "method", "build", "solve", "median", "runs", "solve, ratio", "wrong digits")
    unit = 0.0
    for method, make in OURS.items():
        try:
            answer, timing = timed(partial(make, maze, policy))
        except InputError:
            out.add_row(method, *[""] * 5, "declined: out of float64's range")
            continue
        unit = unit or timing.best
        out.add_row(method, *timing.cells(unit), judged(answer, reference))
    for method, build in THEIRS.items():
        # Storm's sound solver iterates until the mass has left: about H rounds over n states
        size = n * min(float(steps), 1e300) if method == SOUND else float(n)
        predicted = paces[method].predict(size)
        if method not in usable:
            out.add_row(method, *[""] * 5, "not installed")
        elif predicted > LIMIT:
            out.add_row(method, *[""] * 5, f"skipped: about {predicted:.2g} s expected")
        else:
            answer, timing = timed(partial(build, n, rows))
            paces[method].past.append((size, timing.build + timing.best))
            out.add_row(method, *timing.cells(unit), judged(answer, reference))
    console.print(out, "")


def main() -> None:
    header("Expected hitting time, W = 15, L = 5", ["python-flint", "sympy", "stormpy", "numpy", "scipy", "pydtmc",
                                                    "quantecon", "numba"])
    console.print("ratio: to 'recursion, exact', solving only; wrong digits: of 16, against the exact rational\n")
    usable = installed()
    for name, policy in POLICIES.items():
        paces = {method: Pace() for method in THEIRS}
        for K in KS:
            compare(name, policy, K, usable, paces)


if __name__ == "__main__":
    main()
