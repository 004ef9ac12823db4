"""The recursion's inner loops: plain enough to run on any number type, and to be compiled as they stand.

Setting and derivation in `theory.hitting`. P and Q are the persistence of one branch at x = 1 .. 2K, stored from index
0; costs are per state; results go into lists or arrays that the caller provides. No loop subtracts.

Not covered: infinite costs (a caller cuts the branch and decides first); anything about mazes or policies.
"""

from __future__ import annotations

from typing import Any

import flint


def excursion(P: Any, Q: Any, away: Any, back: Any, leaf: Any, D: Any) -> Any:
    """Fill D[0 .. 2K], the differences across the edges of a wrong branch, and return D[0] = E.

    P, Q: persistence, length n = 2K; away, back: cost of a step from A_x, B_x; leaf: cost of the reflection.
    """
    n = len(P)
    D[n] = leaf
    for x in range(n, 0, -1):
        if P[x - 1] == 0:                       # the walker never passes x: what lies beyond is irrelevant
            D[x - 1] = away[x - 1]
        else:
            D[x - 1] = away[x - 1] + P[x - 1] / Q[x - 1] * (back[x - 1] + D[x])
    return D[0]


def approach(P: Any, P_not: Any, Q: Any, away: Any, back: Any, first: Any, N: Any) -> Any:
    """Fill N[0 .. 2K] for the target branch from N[0] = first = F, and return A_1.

    P_not is 1 - P, given separately so that a caller who knows it to full precision does not lose it.
    """
    N[0] = first
    total = first * 0
    for x in range(1, len(P) + 1):
        total = total + (away[x - 1] + P_not[x - 1] * N[x - 1]) / P[x - 1]
        N[x] = back[x - 1] + Q[x - 1] / P[x - 1] * (away[x - 1] + N[x - 1])
    return total


def sensitivity(P: Any, P_not: Any, Q: Any, zeta: Any) -> Any:
    """Fill zeta[x] = dA_{x+1}/dN_x for x = 0 .. 2K, and return Z = 1 + zeta[0] = 1/R = dH/dF."""
    n = len(P)
    zeta[n] = P[0] * 0
    for x in range(n, 0, -1):
        zeta[x - 1] = (P_not[x - 1] + Q[x - 1] * zeta[x]) / P[x - 1]
    return 1 + zeta[0]


def excursion_gradient(P: Any, Q: Any, D: Any, weight: Any, dP: Any, dQ: Any) -> None:
    """Add weight * dE/dP_x and weight * dE/dQ_x to dP and dQ; D as `excursion` left it with unit costs."""
    product = weight
    for x in range(1, len(P) + 1):
        slope = product * (1 + D[x]) / Q[x - 1]
        dP[x - 1] += slope
        dQ[x - 1] -= slope * P[x - 1] / Q[x - 1]
        product = product * P[x - 1] / Q[x - 1]


def approach_gradient(P: Any, Q: Any, N: Any, zeta: Any, dP: Any, dQ: Any) -> None:
    """Add dH/dP_x and dH/dQ_x at fixed F to dP and dQ; N, zeta from `approach` (unit costs), `sensitivity`."""
    for x in range(1, len(P) + 1):
        slope = (1 + N[x - 1]) / P[x - 1]
        dP[x - 1] -= slope * (1 + Q[x - 1] * zeta[x]) / P[x - 1]
        dQ[x - 1] += slope * zeta[x]


def geometric(q: Any, n: int) -> tuple[Any, Any, Any]:
    """(q^n, [n], sum_{j<n} [j]) with [j] = 1 + q + ... + q^(j-1), in O(log n) and without subtraction.

    By doubling: [2n] = [n](1 + q^n), and the double sum likewise; so q = 1 is no special case. Rationals may
    subtract without loss, and the textbook quotients then spare them 20 reductions of million-digit fractions.
    """
    if isinstance(q, flint.fmpq) and q != 1:
        power = q**n
        total = (power - 1) / (q - 1)
        return power, total, (total - n) / (q - 1)
    power, total, double, m = q**0, q * 0, q * 0, 0
    for bit in bin(n)[2:]:
        double = double * (1 + power) + m * total
        power, total, m = power * power, total * (1 + power), 2 * m
        if bit == "1":
            double, total, power, m = double + total, total + power, power * q, m + 1
    return power, total, double
