"""Teacher's traces followed draw by draw: the witness of the coverage laws, which go by inclusion and exclusion.

Setting. Of W branches one is the target. What one trace adds to the branches already retreated from is read off single
draws: the next branch that is neither seen nor the target comes before the target with probability k/(k+1), k of them
left. So the number of branches unseen is a Markov chain over traces (`states`), and the whole data set's picture of
each branch has an exact distribution (`kinds`). Exact rationals; no formula of `theory.coverage` is used.

Not covered: parallel edges, which no draw decides here; golden paths.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import flint

from theory.numeric import exact, fraction


@cache
def one_trace(W: int, fixed: bool, eps: Any) -> list[list[flint.fmpq]]:
    """rows[u][v]: probability that one trace takes u unseen branches to v unseen ones, from single draws."""
    m = W - 1 if fixed else W
    rows = [[flint.fmpq(0)] * (m + 1) for _ in range(m + 1)]
    for u in range(m + 1):
        rows[u][u] += 1 - eps
        # the target is one of the unseen branches, and stays unseen; or it is not
        for share, open_ in ((flint.fmpq(u, W), u - 1), (flint.fmpq(W - u, W), u)) if not fixed else (
                (flint.fmpq(1), u),):
            going, left = eps * share, u
            while open_ >= 0:
                rows[u][left] += going / (open_ + 1)       # the target comes before any of the open_ new ones
                going *= flint.fmpq(open_, open_ + 1)
                open_, left = open_ - 1, left - 1
    return rows


def states(W: int, fixed: bool, eps: Any = 1) -> Iterator[list[flint.fmpq]]:
    """The distribution of the number of unseen branches after 0, 1, 2, ... traces."""
    rows = one_trace(W, fixed, exact(eps))
    now = [flint.fmpq(0)] * (len(rows) - 1) + [flint.fmpq(1)]
    while True:
        yield now
        now = [sum((now[u] * rows[u][v] for u in range(v, len(rows))), flint.fmpq(0)) for v in range(len(rows))]


def covered(W: int, n: int, fixed: bool, eps: Any = 1) -> Any:
    """P(no branch is unseen after n traces)."""
    return fraction(next(itertools.islice(states(W, fixed, eps), n, None))[0])


def failure(W: int, n: int, fixed: bool) -> Any:
    """P(some branch is unseen after n traces)."""
    return 1 - covered(W, n, fixed)


def least(W: int, delta: Any, fixed: bool, eps: Any = 1) -> int:
    """Least n with failure at most delta, walking the chain one trace at a time."""
    delta = exact(delta)
    return next(n for n, now in enumerate(states(W, fixed, eps)) if 1 - now[0] <= delta)


def thinned(W: int, n: int, eps: Any, fixed: bool) -> Any:
    """P(no branch is unseen) in mixed data: of n traces a binomial number are the teacher's, pure data for each."""
    eps, total = exact(eps), flint.fmpq(0)
    for b, now in zip(range(n + 1), states(W, fixed), strict=False):
        total += int(flint.fmpz(n).bin_uiui(n, b)) * eps**b * (1 - eps) ** (n - b) * now[0]
    return fraction(total)


def mean_traces(W: int, eps: Any, fixed: bool) -> Any:
    """Expected time to absorption of the chain on the number of unseen branches, by first steps."""
    h = [flint.fmpq(0)]
    rows = one_trace(W, fixed, exact(eps))
    for u in range(1, len(rows)):
        h.append((1 + sum((rows[u][v] * h[v] for v in range(u)), flint.fmpq(0))) / (1 - rows[u][u]))
    return fraction(h[-1])


@cache
def kinds(W: int, n: int, fixed: bool) -> dict[str, flint.fmpq]:
    """Distribution, after n traces, of what each branch was seen as: '.' nothing, 't' a target only, 'r' retreated."""
    one: dict[Any, flint.fmpq] = {}
    for target in range(1 if fixed else W):
        stack: dict[Any, flint.fmpq] = {frozenset(): flint.fmpq(1, 1 if fixed else W)}
        while stack:
            later: dict[Any, flint.fmpq] = {}
            for seen, p in stack.items():
                new = [i for i in range(W) if i != target and i not in seen]
                one[target, seen] = p / (len(new) + 1)
                for i in new:
                    later[seen | {i}] = later.get(seen | {i}, 0) + p / (len(new) + 1)
            stack = later
    law = {"." * W: flint.fmpq(1)}
    for _ in range(n):
        after: dict[str, flint.fmpq] = {}
        for picture, p in law.items():
            for (target, seen), q in one.items():
                to = "".join("r" if i in seen or kind == "r" else "t" if i == target else kind
                             for i, kind in enumerate(picture))
                after[to] = after.get(to, 0) + p * q
        law = after
    return law
