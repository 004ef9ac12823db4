"""Fixed parameter grids, as constants: what `exact` ranges over and where asymptotic ratios are read."""

from __future__ import annotations

from verify.judge import grid

# every maze small enough for an exact solve of its full directed-edge chain
TINY = grid(W=range(1, 4), K=range(1, 4), L=range(1, 4))
SMALL = grid(W=range(1, 5), K=range(1, 5), L=range(1, 5))
# every maze on which a closed form is compared with another
WIDE = grid(W=range(1, 13), K=range(1, 13), L=range(1, 9))
# W and K alone
PLANE = grid(W=range(1, 17), K=range(1, 17))
# K doubling, for limits
DEEP = [{"W": 3, "K": K, "L": 3} for K in (10, 20, 40, 80)]
