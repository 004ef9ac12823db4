"""Where DAgger ends when its expert knows the target and the learner does not: the fixed point, and what it costs.

Setting. The learner's rows are the same whatever the target: tied across branches, or each branch's own under uniform
targets, which by symmetry comes to the same. The expert names the next edge of a shortest path: in the target's branch
always away from the fork, in a wrong branch always towards it. So a row is labelled now one way, now the other, and at
a fixed point it is the share of its visits in which the label said persist. Count the crossings of one walk:

    n_x    of the edge from x to x+1 away from the fork in the target's branch, n_0 = Z, n_2K = 1; n_x - 1 towards it
    M_x    of the same edges in wrong branches, either way; M_0 = (W-1) Z

    P_x = n_{x-1}/(n_{x-1} + M_{x-1}),    Q_x = M_x/(M_x + n_x - 1),    x = 1 .. 2K.

What flows through node x gives M_x Q_x = P_x M_{x-1} and (n_x - 1) Q_x = P_x n_{x-1} - 1; their sum is
M_x = n_{x-1} - 1. So with A = n_{x-1} - 1, y = n_x - 1, B = A y/(A + y),

    n_{x-2} = n_{x-1}^2/(1 + B) - n_{x-1} + 1   (x >= 2),        n_0 = W (1 + B at x = 1),

a recursion from n_2K = 1 and s = n_{2K-1} down, and one equation for s. The steps are all crossings,

    H = 2(W-1) n_0 + 1 + sum_{x < 2K} (4 n_x - 3).

Far from the leaf n_{x-1}/n_x tends to g with g = W - 1 by the last equation, so P -> 1/W and Q -> (W-1)/W: what is
learnt is how likely the branch is the target's, and the cost grows as (W-1)^2 a diamond, whatever L. For W = 2 the
ratio is 1 and the cost a polynomial.

Balls by bisection in s: each is a proof that a fixed point lies there. That there is only one, and that DAgger goes
there, is checked and not proved. Not covered: experts that do not know the target, finite rollouts.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import flint

from theory.numeric import InputError, ball_precision, integer


class FixedPoint(NamedTuple):
    """n_0 .. n_2K (balls), and the expected steps H of a walk with the rows at the fixed point (a ball)."""

    n: list[flint.arb]
    steps: flint.arb

    def rows(self, W: int) -> tuple[list[flint.arb], list[flint.arb]]:
        """(P, Q): persistence away from and towards the fork at x = 1 .. 2K."""
        n = self.n
        M = [(W - 1) * n[0], *(v - 1 for v in n[:-1])]
        return ([n[x - 1] / (n[x - 1] + M[x - 1]) for x in range(1, len(n))],
                [M[x] / (M[x] + n[x] - 1) for x in range(1, len(n))])


def _backwards(W: int, K: int, s: flint.arb) -> tuple[list[flint.arb], flint.arb]:
    """(n_0 .. n_2K from n_{2K-1} = s, what is left of the equation at the fork); positive when s is too large."""
    n = [flint.arb(1), s]                                  # from the leaf inwards
    for _ in range(2 * K - 1):
        A, y = n[-1] - 1, n[-2] - 1
        n.append(n[-1] ** 2 / (1 + A * y / (A + y)) - n[-1] + 1)
    A, y = n[-1] - 1, n[-2] - 1
    return n[::-1], n[-1] - W * (1 + A * y / (A + y))


@functools.cache
def fixed_point(W: int, K: int, digits: int = 15) -> FixedPoint:
    """The fixed point on W >= 2 branches of K diamonds, the steps to at least `digits` digits; any L.

    Errors: `InputError` for W < 2, or when the balls do not settle.

    >>> fixed_point(4, 2).steps.str(8, radius=False)
    '1673.6762'
    """
    integer(W, "W", least=2), integer(K, "K")
    bits = 128 + 16 * K
    while bits <= 1 << 14:
        with ball_precision(bits):
            # at s = 1 all n are 1 and what is left is 1 - W < 0
            low, high = flint.arb(1), flint.arb(W + 1)
            if not _backwards(W, K, high)[1] > 0:
                raise InputError(f"W = {W}, K = {K}: no fixed point is bracketed by s = {W + 1}")
            while True:
                middle = ((low + high) / 2).mid()
                left = _backwards(W, K, middle)[1]
                if left > 0:
                    high = middle
                elif left < 0:
                    low = middle
                else:
                    break                                  # the ball does not tell: the bits are used up
                if (high - low) < flint.arb(2) ** (16 - bits):
                    break
            n, _ = _backwards(W, K, low.union(high))
            steps = 2 * (W - 1) * n[0] + 1 + sum((4 * v - 3 for v in n[:-1]), flint.arb(0))
            if steps.rel_accuracy_bits() >= 3.33 * digits:
                return FixedPoint(n, steps)
        bits *= 2
    raise InputError(f"W = {W}, K = {K}: the fixed point did not settle to {digits} digits")
