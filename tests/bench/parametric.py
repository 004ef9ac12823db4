"""Benchmark: the cost as a rational function of the four rows a, b, c, d, against Storm's parametric engine.

At W = 15, with the same four free rows in every diamond, K = 1 .. 15. The answer is a polynomial over
(ab)^K (cd)^K, that is one fraction of polynomials in four variables, expanded. Ours: the loops of `theory.hitting`
as they stand, on SymPy's field of rational functions; and the same recursion with numerator and denominator carried
apart as flint polynomials, which needs no gcd because every denominator is a known monomial. Storm gets the lumped
chain, and either its default exact solver or state elimination.

Every method has a process of its own, killed when a K takes longer than LIMIT seconds, repetitions not counted
(the first run over, no more are begun). Every answer is evaluated at a rational point and compared with
`expected_steps` there. Not covered: rows that differ between diamonds, and Storm's region refinement.

Run: python tests/bench/parametric.py
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import flint

sys.path.insert(0, str(Path(__file__).parents[2]))       # run as a file, the repository is not on the path

from tests.bench.measure import Timing, console, header, rational, table, timed, wrong_digits
from theory import hitting, loops
from theory.chain import lumped_chain
from theory.maze import Maze
from theory.policy import ROWS, Policy
from verify import storm

W = 15
KS = range(1, 16)
LIMIT = 10.0          # seconds a K
POINT = dict(zip(ROWS, (flint.fmpq(1, 3), flint.fmpq(2, 5), flint.fmpq(3, 7), flint.fmpq(1, 2)), strict=True))

# A maker turns K into a function that solves and returns another, the answer's value at POINT.
Evaluate = Callable[[], Any]


def sympy_field(K: int) -> Callable[[], Evaluate]:
    """theory.hitting's own loops on rational functions over the integers."""
    from sympy import QQ
    from sympy.polys.fields import field

    _, a, b, c, d = field(ROWS, QQ)
    one, P, Q = a / a, [c, a] * K, [d, b] * K

    def solve() -> Evaluate:
        ones, scratch = [one] * 2 * K, [one] * (2 * K + 1)
        first = W + (W - 1) * loops.excursion(P, Q, ones, ones, one, scratch)
        H = first + loops.approach(P, [1 - p for p in P], Q, ones, ones, first, scratch)
        values = [QQ(int(v.p), int(v.q)) for v in POINT.values()]
        return lambda: H.numer(*values) / H.denom(*values)
    return solve


def flint_polynomials(K: int) -> Callable[[], Evaluate]:
    """The recursion with numerators and denominators apart: D = up/low, N = up/low, steps so far = total/low."""
    a, b, c, d = flint.fmpq_mpoly_ctx.get(ROWS, "degrevlex").gens()
    P, Q = [c, a] * K, [d, b] * K

    def solve() -> Evaluate:
        up = low = a**0
        for p, q in zip(reversed(P), reversed(Q), strict=True):
            up, low = q * low + p * (low + up), q * low
        up = total = W * low + (W - 1) * up
        for p, q in zip(P, Q, strict=True):
            total, up, low = total * p + low + (1 - p) * up, p * low + q * (low + up), low * p
        return lambda: total(*POINT.values()) / low(*POINT.values())
    return solve


def storm_parametric(K: int, environment: str) -> Callable[[], Evaluate]:
    """Storm's parametric engine on the lumped chain with symbols for probabilities."""
    import stormpy
    import sympy
    from stormpy.numbers import Variable
    from stormpy.numbers.developer.cln import create_factorized_polynomial

    symbols, variables = dict(zip(ROWS, sympy.symbols(ROWS), strict=True)), {row: Variable(row) for row in ROWS}
    coefficient = stormpy.RationalFunctionCoefficient
    n, rows = storm.entries(lumped_chain(Maze(W, K, 1), Policy(**symbols)))

    def constant(p: flint.fmpq) -> Any:
        return stormpy.RationalFunction(stormpy.Polynomial(coefficient(int(p.p)) / coefficient(int(p.q))))

    known = {}
    for row, symbol in symbols.items():
        polynomial = create_factorized_polynomial(stormpy.RawPolynomial(variables[row]))
        known[symbol] = stormpy.RationalFunction(polynomial)
        known[1 - symbol] = constant(flint.fmpq(1)) - known[symbol]
    point = {variables[row]: coefficient(int(v.p)) / coefficient(int(v.q)) for row, v in POINT.items()}
    check = storm.model(n, rows, stormpy.RationalFunction, lambda p: known[p] if p in known else constant(p))

    def solve() -> Evaluate:
        answer = check(environment)
        return lambda: answer.evaluate(point)
    return solve


METHODS = {
    "recursion on SymPy's field": sympy_field,
    "recursion on flint polynomials": flint_polynomials,
    "Storm parametric, exact": partial(storm_parametric, environment="exact"),
    "Storm parametric, elimination": partial(storm_parametric, environment="elimination"),
}


def work(name: str, pipe: Connection) -> None:
    """Send 'ready' after a warm-up (None: not installed), then the timing and the verdict for each K."""
    try:
        METHODS[name](1)()()
    except ImportError:
        pipe.send(None)
        return
    pipe.send("ready")
    for K in KS:
        evaluate, timing = timed(partial(METHODS[name], K))
        exact = rational(hitting.expected_steps(Maze(W, K, 1), Policy(**POINT)))
        pipe.send((timing, wrong_digits(evaluate(), exact)))


def results(name: str) -> list[tuple[Timing, str] | str]:
    """One entry a K, the last a word on why there are no more."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(name, theirs))
    process.start()
    theirs.close()
    out: list[tuple[Timing, str] | str] = []
    try:
        if ours.recv() is None:
            return ["not installed"]
        for _ in KS:
            if not ours.poll(LIMIT):
                return [*out, f"over {LIMIT:.0f} s, larger K not tried"]
            out.append(ours.recv())
        return out
    except EOFError:
        return [*out, "the process died"]
    finally:
        process.kill()
        process.join()


def main() -> None:
    header("The cost as a rational function of a, b, c, d, W = 15", ["python-flint", "sympy", "stormpy"])
    console.print("ratio: to the recursion on SymPy's field at the same K, solving only; the value at a rational point "
                  "against the exact one\n")
    units: list[float] = []
    for name in METHODS:
        with console.status(name):
            rows = results(name)
        out = table(name, "K", "build", "solve", "median", "runs", "solve, ratio", "value")
        for i, (K, row) in enumerate(zip(KS, rows, strict=False)):
            if isinstance(row, str):
                out.add_row(str(K), *[""] * 5, row)
                continue
            timing, verdict = row
            if len(units) == i:                     # the first method is the unit
                units.append(timing.best)
            out.add_row(str(K), *timing.cells(units[i]), verdict)
        console.print(out, "")


if __name__ == "__main__":
    main()
