"""Forks in a row: where the gap against restarts comes back, and what search is worth there.

Setting as in `theory.nested`: M forks in a row, one way on at each, rows the same in every branch, forks memoryless.
*Onward*: a fork is left by one of its W branches only. *With the way back*: by the way it was reached, too. The
claimed optimum M(2W-1)(2K+1) belongs to the first; in the second the walker with all rows 1 needs M((M+1)W-1)(2K+1)
and is not the best there is. Restarts begin anew at the first fork, unless said otherwise.

Checked exactly by walks on the multigraph (`verify.nests`); where formulas of `theory.nested` are compared, on more
mazes than the multigraph reaches, the check is called computed.
Not covered: as `theory.nested`; the best policy with the way back; search of base, which strands at one fork already.
"""

from __future__ import annotations

import math
from typing import Any

from theory import closed_forms, nested, wrappers
from theory.claim import FORKS, Domain, claim
from theory.closed_forms import parameter
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Policy

DERIVED = ("derived", "forks taken one by one")
CROSSED = ("derived", "a chain over the forks")
ROWS = Domain("M >= 1, every maze and tied policy with rows in (0, 1]")
NESTED = Domain("M, W, K >= 1")
DEEPER = Domain("M, W >= 2, K >= 1", lambda M, W, **_: M >= 2 and W >= 2)


# -- onward -----------------------------------------------------------------------------------------------------

@claim("expected steps on M forks in a row, onward", source=DERIVED, domain=ROWS, stands_on=("hitting_time",),
       control=lambda M, maze, policy: M * expected_steps(maze, policy) + M - 1,
       control_words="a step more at each further fork")
def nested_onward(M: int, maze: Maze, policy: Policy) -> Any:
    """Where no fork is left backwards, M forks in a row cost every walker M times what one costs: the gap between SFT
    and the optimum is that of one fork."""
    return nested.onward_steps(M, maze, policy)


@claim("expected steps of the optimum on M forks in a row, onward", source=DERIVED, domain=NESTED, symbolic=True,
       stands_on=("nested_onward", "optimum_cost"), control=lambda M, W, K: M * (2 * W - 1) * (2 * K + 1) + M - 1,
       control_words="a step more at each further fork")
def nested_optimum(M: Any, W: Any, K: Any) -> Any:
    """On M forks in a row, each with one way on and never left backwards, the optimum needs M(2W-1)(2K+1) steps."""
    return M * (2 * W - 1) * (2 * K + 1)


@claim("expected steps of a walker restarted at the first dead end, M forks in a row, onward", source=DERIVED,
       domain=ROWS, stands_on=("restart_dead_end",),
       control=lambda M, maze, policy: fraction(exact(nested.restart_onward(1, maze, policy)) * maze.W ** (M - 1)),
       control_words="W^M attempts of one branch each")
def nested_restarts(M: int, maze: Maze, policy: Policy) -> Any:
    """Restarted at the first dead end, a walker needs W + W^2 + .. + W^M times what it needs in a maze of one branch:
    SFT and the optimum both (2K+1)(W + .. + W^M). All M choices must be right at once."""
    return nested.restart_onward(M, maze, policy)


@claim("expected steps of the SFT limit restarted at the first dead end, over those with one fork less, onward",
       source=DERIVED, relation="tends to", domain=FORKS, stands_on=("nested_restarts",),
       control=lambda W: W + exact(1) / 100, control_words="W + 1/100")
def nested_restart_rate(W: int) -> int:
    """Against restarts the separation is exponential again, in the number of forks: in the limit
    each multiplies the cost by W, before it by more."""
    return W


@claim("least M at which SFT restarted at the first dead end needs more steps than the optimum, onward", source=DERIVED,
       domain=FORKS, stands_on=("nested_restarts", "nested_optimum"), control=lambda W, K, L: 3 if W <= 3 else 2,
       control_words="3 for W = 3 too")
def nested_losing(W: int, K: int, L: int) -> int:
    """Restarts lose to the optimum from M = 2 forks on, or M = 3 when W = 2 (at M = 2 they draw), whatever K and L: at
    M = 2 they need (W-1)(W-2)(2K+1) steps more, and a further fork multiplies them by more than W >= 2, but the
    optimum's by (M+1)/M."""
    return 3 if W == 2 else 2


@claim("least M at which SFT restarted at the first dead end needs more steps than SFT left alone, onward",
       source=DERIVED, domain=FORKS, stands_on=("nested_restarts", "nested_onward"),
       control=lambda W, K, L: nested.useless_depth(Maze(W, K, L)) + 1, control_words="one fork more")
def nested_useless(W: int, K: int, L: int) -> int:
    """Restarts cost SFT more than walking on does from the least M with (W + .. + W^M)(2K+1) > M H, H its cost at one
    fork."""
    return nested.useless_depth(Maze(W, K, L))


@claim("expected steps of a walker restarted after M(2K+1) steps, M forks in a row, onward", source=DERIVED,
       domain=ROWS, stands_on=("restart_shortest",),
       control=lambda M, maze, policy: fraction(exact(nested.budget_onward(M, maze, policy)) / M),
       control_words="2K+1 steps an attempt")
def nested_budget(M: int, maze: Maze, policy: Policy) -> Any:
    """Restarted after M(2K+1) steps, the shortest path, a walker needs M(2K+1) (W / prod P_x)^M steps: more than with
    restarts at the first dead end, W^M attempts all the same."""
    return nested.budget_onward(M, maze, policy)


@claim("expected steps of a walker restarted at each dead end from the last fork it reached, onward", source=DERIVED,
       domain=ROWS, stands_on=("nested_restarts",),
       control=lambda M, maze, policy: nested.checkpoints(M, maze, policy) + M - 1,
       control_words="a step more at each further fork")
def nested_checkpoints(M: int, maze: Maze, policy: Policy) -> Any:
    """Restarts that remember the last fork reached close the gap again: M W times the cost of a maze of one branch,
    M W (2K+1) for SFT, less than the optimum without restarts for W >= 2."""
    return nested.checkpoints(M, maze, policy)


@claim("expected steps of the SFT limit under search, M forks in a row, onward", source=DERIVED, symbolic=True,
       domain=Domain("M, W, K, L >= 1"), stands_on=("search_sft",),
       control=lambda M, W, K, L: M * wrappers.search_sft(W, K, L) + M - 1,
       control_words="a step more at each further fork")
def nested_search_sft(M: Any, W: Any, K: Any, L: Any) -> Any:
    """Search stays polynomial on nested forks: onward, it costs SFT M((W-1)/2 (K(L+3)+2) + 2K+1) steps, M times what
    it costs at one fork. What decides is memory, not restarts."""
    return M * wrappers.search_sft(W, K, L)


@claim("expected steps of the optimum under search, M forks in a row, onward", source=DERIVED, symbolic=True,
       domain=NESTED, stands_on=("search_optimum",), control=lambda M, W, K: M * W * (2 * K + 1) + M - 1,
       control_words="a step more at each further fork")
def nested_search_optimum(M: Any, W: Any, K: Any) -> Any:
    """Onward, search costs the optimum M W (2K+1) steps."""
    return M * W * (2 * K + 1)


# -- with the way back ------------------------------------------------------------------------------------------

@claim("chance to cross a branch from its far end over the chance from its fork", source=CROSSED,
       domain=Domain("every maze and tied policy with rows in (0, 1]"), stands_on=("entry_success",),
       control=lambda maze, policy: fraction(exact(nested.crossing(maze, policy).beta) * (1 + exact(1) / 10**9)),
       control_words="a factor 1 + 1e-9")
def crossing_balance(maze: Maze, policy: Policy) -> Any:
    """A branch is crossed backwards prod Q_x/P_x times as easily as forwards: equally by balanced walkers such as base
    and the optimum, and rho^-K times by the SFT limit."""
    return nested.crossing(maze, policy).beta


@claim("expected steps on M forks in a row with the way back", source=CROSSED, domain=ROWS,
       stands_on=("hitting_time", "crossing_balance"),
       control=lambda M, maze, policy: nested.way_back_steps(M, maze, policy) + M - 1,
       control_words="a step more at each further fork")
def nested_way_back(M: int, maze: Maze, policy: Policy) -> Any:
    """With the way back, passing fork m costs h_m = (W+1+(W-1)E) Z + Y + beta (Y' + h_{m-1}) steps: the cost is
    quadratic in M for balanced walkers, linear for SFT, exponential for one that retreats more readily than it goes
    on."""
    return nested.way_back_steps(M, maze, policy)


def _persistent(M: Any, W: Any, K: Any, forks: Any) -> Any:
    return M * (forks * W - 1) * (2 * K + 1)


@claim("expected steps with all rows 1 on M forks in a row with the way back", source=CROSSED, domain=NESTED,
       symbolic=True, stands_on=("nested_way_back",), control=lambda M, W, K: _persistent(M, W, K, 2),
       control_words="M(2W-1)(2K+1), its cost onward")
def nested_way_back_ones(M: Any, W: Any, K: Any) -> Any:
    """With the way back, the walker with all rows 1 needs M((M+1)W-1)(2K+1) steps: quadratic in M."""
    return _persistent(M, W, K, M + 1)


@claim("expected steps of base on M forks in a row with the way back", source=CROSSED, symbolic=True,
       domain=Domain("M, W, K, L >= 1"), stands_on=("nested_way_back",),
       control=lambda M, W, K, L: M * closed_forms.base_steps(W, K, L), control_words="M times its cost at one fork")
def nested_way_back_base(M: Any, W: Any, K: Any, L: Any) -> Any:
    """With the way back, the simple random walk needs M((M+1)W-1) times what it needs in a maze of one branch."""
    return fraction(parameter(M * ((M + 1) * W - 1)) * parameter(closed_forms.base_steps(1, K, L)))


@claim("expected steps of the SFT limit on M forks in a row with the way back", source=CROSSED,
       domain=Domain("M, W, K, L >= 1"), stands_on=("nested_way_back",),
       control=lambda M, W, K, L: fraction(M * exact(closed_forms.sft_steps(W, K, L))),
       control_words="M times its cost at one fork")
def nested_way_back_sft(M: int, W: int, K: int, L: int) -> Any:
    """With the way back, the SFT limit pays for each further fork at most alpha/(1 - rho^-K), hardly more than at the
    first: it all but never crosses a branch backwards. Its cost is still of the order W rho^K, and linear in M."""
    return nested.sft_way_back(M, W, K, L)


@claim("slope of the expected steps in row b_K at all rows 1, M forks in a row with the way back", source=CROSSED,
       domain=DEEPER, symbolic=True, stands_on=("nested_way_back",),
       control=lambda M, W, K: _slope(M, W, K) - (2 * M - 2), control_words="h_m by 2 less for m >= 2")
def nested_way_back_slope(M: Any, W: Any, K: Any) -> Any:
    """With the way back, all rows 1 is not the optimum from M = 2 on: the cost rises with b_K, by
    2M - W M(M+1) + (2K+1) W (M-1)M(M+1)/3 > 0. Turning round at the far end of a branch keeps a walker from going
    back over forks it has passed."""
    return _slope(M, W, K)


def _slope(M: Any, W: Any, K: Any) -> Any:
    M, W, K = map(parameter, (M, W, K))
    return fraction(2 * M - W * M * (M + 1) + (2 * K + 1) * W * (M - 1) * M * (M + 1) / 3)


@claim("expected steps with b_K = 1/2, all other rows 1, M forks in a row with the way back", source=CROSSED,
       domain=NESTED, stands_on=("nested_way_back",), control=lambda M, W, K: _turning(M, W, K) + M - 1,
       control_words="a step more at each further fork")
def nested_way_back_turning(M: int, W: int, K: int) -> Any:
    """Turning round half the time at the far end of each branch makes the cost linear in M again, even with the way
    back: M(8W(K+1)-2K-3) - 8W(K+1)(1 - 2^-M)."""
    return _turning(M, W, K)


def _turning(M: int, W: int, K: int) -> Any:
    return fraction(exact(M * (8 * W * (K + 1) - 2 * K - 3)) - 8 * W * (K + 1) * (1 - exact(1) / 2**M))


@claim("expected steps of a walker restarted at the first dead end, M forks in a row with the way back", source=CROSSED,
       domain=ROWS, stands_on=("restart_dead_end", "crossing_balance"),
       control=lambda M, maze, policy: nested.restart_way_back(M, maze, policy) + M - 1,
       control_words="a step more at each further fork")
def nested_way_back_restarts(M: int, maze: Maze, policy: Policy) -> Any:
    """With the way back, the cost of restarts at the first dead end obeys
    y_{m+1} = Z(W+1) + WY + beta Y' + (W + beta) y_m - beta y_{m-1}."""
    return nested.restart_way_back(M, maze, policy)


@claim("expected steps of a walker restarted at the first dead end, over those with one fork less, with the way back",
       source=CROSSED, relation="tends to", domain=Domain("W >= 2"), stands_on=("nested_way_back_restarts",),
       control=lambda maze, policy: float((b := maze.W + nested.crossing(maze, policy).beta) + (maze.W - b) / b),
       control_words="b - beta/b, b = W + beta, which is right up to beta^2/b^3")
def nested_way_back_rate(maze: Maze, policy: Policy) -> float:
    """With the way back, each further fork multiplies the cost of restarts by the larger root of z^2 - (W + beta) z +
    beta: nearly W for SFT, and for the walker with all rows 1 by more, (3 + sqrt 5)/2 for W = 2."""
    beta = float(nested.crossing(maze, policy).beta)
    b = maze.W + beta
    return (b + math.sqrt(b * b - 4 * beta)) / 2


@claim("least M at which SFT restarted at the first dead end needs more steps than with all rows 1, with the way back",
       source=("derived", "bounds of the recursion, and a polynomial in L for W = K = 2"), domain=FORKS,
       stands_on=("nested_way_back_restarts", "nested_way_back_ones"),
       control=lambda W, K, L: {2: 5 - (K == 1 or (K == 2 and L <= 7)), 3: 3, 4: 3}.get(W, 2),
       control_words="L <= 7 for L <= 8 at W = K = 2")
def nested_way_back_losing(W: int, K: int, L: int) -> int:
    """With the way back, restarts lose to the walker with all rows 1 from M = 2 forks on when W >= 5, M = 3 when W is 3
    or 4, M = 5 when W = 2; M = 4 when W = 2 and K = 1, or K = 2 and L <= 8. Argued on paper for all W, K, L, and
    compared exactly on those listed."""
    # With s = 2K+1, q = rho^-K, u = 1 + beta Y': y_2 = Ws, y_{m+1} = Ws + u + (W+q) y_m - q y_{m-1}, where for SFT
    # u = 2(2L+1)/(L+1) (1-q)/(1-1/rho) + q(1-2K) lies in [11/4, 56/13]; all rows 1 costs M((M+1)W-1)s. As y grows,
    # y_{M+1} > (W + .. + W^M)s. Without u and q that is more than all rows 1 costs at M = 2 for W >= 5, at M = 3 for
    # W = 3, 4, at M = 5 for W = 2. For the cases below those, y_3 = (W + W^2)s + u + qWs is too small for W = 2, 3, 4,
    # y_4 = 14s + 3u + 8qs + qu + 2q^2 s is below 21s for W = 2. At W = 2 and M = 4, y_5 > 36s is the question:
    # y_5 = 30s + 7u + terms in q, so yes for K = 1 (7u > 18), no for K >= 3; at K = 2 it is the sign of a polynomial
    # in L with one root beyond 1, between 8 and 9 (tests/test_nested.py, with the other bounds on a grid).
    if W == 2:
        return 4 if K == 1 or (K == 2 and L <= 8) else 5
    return 3 if W <= 4 else 2


@claim("probability that a forward-certain walker (a = c = 1) under search arrives, M forks in a row with the way back",
       source=CROSSED, domain=Domain("M, W, K, L >= 1, a = c = 1"), stands_on=("search_strands",),
       control=lambda M: exact(1) / (M + 1), control_words="1/(M+1)")
def nested_search_arrives(M: int) -> Any:
    """With the way back, a search that crosses no directed edge twice strands: it arrives with probability 2^-(M-1).
    Whoever draws the way back before the way on returns to the start, and the way on there is used up."""
    # a search that goes back only when nothing else is open would arrive surely: no claim, and not checked
    return fraction(exact(1) / 2 ** (M - 1))
