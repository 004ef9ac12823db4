"""Forks in a row: what a maze with M forks costs any tied policy, with and without restarts.

Setting. M forks in a row, each with W branches of K diamonds with L parallel edges. At each fork one branch is the way
on: its far end *is* the next fork, and the last one's is the target. The far ends of the others are leaves, where the
walker is reflected. Inside branches it walks by its rows, the same in every branch; at a fork it draws an exit
uniformly, every time, with no memory. What is an exit of fork m >= 2 is read in two ways:

    onward      the W branches that begin there, whichever way the walker came: a fork once reached is never left
                backwards. Then forks are independent, and all costs are M times, or powers of, those of one fork
    way back    the end of the branch that leads to fork m from fork m-1 too: W + 1 exits, as for the simple random walk

With Z, Y, E of `theory.hitting` for a branch entered at its fork, and Z', Y' for the way on entered at its far end, the
chance to cross it is 1/Z forwards and 1/Z' backwards, and Z/Z' = prod Q_x/P_x =: beta (the difference equation across
an edge, without its constant terms, multiplies P_x/Q_x along the branch). Let h_m be the expected steps from fork m
until fork m+1 is first reached. A visit of fork m enters a wrong branch, the way on or the way back, so

    h_1 = (W + (W-1)E) Z + Y = H,     h_m = (W + 1 + (W-1)E) Z + Y + beta (Y' + h_{m-1}),     cost = h_1 + .. + h_M.

beta = 1 for balanced rows (the cost is quadratic in M), rho^-K for the SFT limit (linear in M), and above 1, so that
the cost is exponential in M, for a walker that retreats more readily than it goes on.

Restarted at wrong leaves, let y_m be the expected steps from the start less those from fork m. Then y_1 = 0 and

    y_2 = W (Z + Y) =: g,     y_{m+1} = Z (W+1) + W Y + beta Y' + (W + beta) y_m - beta y_{m-1},     cost = y_{M+1},

in the second reading; in the first y_{m+1} = g + W y_m, so the cost is g (W^M - 1)/(W - 1).

Exact over rational rows. Stands on `theory.hitting`. The witness, which walks on the multigraph, is `verify.nests`.
Not covered: rows that differ between branches or forks; learnt exits of a fork (a learner that learns never to take the
way back brings the second reading to the first); trees of forks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from theory.hitting import entry, excursion_steps, expected_steps
from theory.maze import Maze
from theory.numeric import InputError, exact, fraction, integer
from theory.policy import Branch, Policy


class Crossing(NamedTuple):
    """A branch of a tied policy from both ends: Z, Y and E forwards, Z and Y backwards, beta = prod Q_x/P_x.

    >>> crossing(Maze(2, 1, 2), Policy.optimum()).E
    Fraction(5, 1)
    """

    Z: Any
    Y: Any
    E: Any
    Z_back: Any
    Y_back: Any
    beta: Any


def backwards(rows: Branch, K: int) -> Branch:
    """The rows of a branch as seen by a walker that enters it at its far end.

    >>> backwards(Branch(a=1, b='2/3', c=1, d='1/3'), 1)
    Branch(a=(1/3,), b=(1,), c=(2/3,), d=(1,))
    """
    given = rows.expanded(K)
    # the first node met is v_K, where b plays the part of c; then u_K, where d plays that of a
    return Branch(*(tuple(reversed(given[name])) for name in "dcba"))


def crossing(maze: Maze, policy: Policy) -> Crossing:
    """What it takes to cross a branch either way, exactly.

    Errors: `InputError` for untied rows, or rows with an entry 0.

    >>> crossing(Maze(2, 1, 2), Policy.sft_limit(2)).beta
    Fraction(2, 9)
    """
    policy.check(maze)
    if not policy.tied or policy.kind != "rational":
        raise InputError("nested forks need one set of numeric rows for all branches")
    if any(p == 0 for p in policy.branches[0].numbers()):
        raise InputError("a row has an entry 0: the walker cannot pass there")
    Z, Y = entry(maze, policy)
    Z_back, Y_back = entry(maze, Policy.of(backwards(policy.branches[0], maze.K)))
    beta = exact(1)
    for p, q in zip(*policy.branches[0].persistence(maze.K), strict=True):
        beta *= q / p
    return Crossing(Z, Y, excursion_steps(maze, policy), Z_back, Y_back, fraction(beta))


# -- no wrapper -------------------------------------------------------------------------------------------------

def onward_steps(M: int, maze: Maze, policy: Policy) -> Any:
    """Expected steps on M forks in a row that are never left backwards: M times those of one fork.

    >>> onward_steps(3, Maze(15, 15, 5), Policy.optimum())
    Fraction(2697, 1)
    """
    return integer(M, "M") * expected_steps(maze, policy)


def passages(M: int, maze: Maze, policy: Policy) -> list[Any]:
    """h_1 .. h_M: expected steps from fork m until fork m+1 is first reached, the way back being an exit.

    >>> passages(3, Maze(2, 1, 1), Policy.optimum())
    [Fraction(9, 1), Fraction(21, 1), Fraction(33, 1)]
    """
    Z, Y, E, _, Y_back, beta = crossing(maze, policy)
    W, h = maze.W, [expected_steps(maze, policy)]
    for _ in range(integer(M, "M") - 1):
        h.append((W + 1 + (W - 1) * E) * Z + Y + beta * (Y_back + h[-1]))
    return h


def way_back_steps(M: int, maze: Maze, policy: Policy) -> Any:
    """Expected steps on M forks in a row, the way back being an exit of every fork but the first.

    >>> way_back_steps(2, Maze(2, 1, 1), Policy.optimum()), onward_steps(2, Maze(2, 1, 1), Policy.optimum())
    (Fraction(30, 1), Fraction(18, 1))
    """
    return sum(passages(M, maze, policy))


def sft_way_back(M: int, W: Any, K: int, L: Any) -> Any:
    """`way_back_steps` of the SFT limit in closed form: h_m tends to alpha/(1 - q), q = rho^-K, geometrically.

    alpha = W + 1 + (W-1)E + 2K + (2 (2L+1)/(L+1) (1 - q)/(1 - 1/rho) - 1 + q - 2K q).

    >>> sft_way_back(2, 2, 1, 1) == way_back_steps(2, Maze(2, 1, 1), Policy.sft_limit(1))
    True
    """
    W, L = exact(W), exact(L)
    rho = (L + 1) ** 2 / L
    q, E = rho ** -K, 1 + 2 * (L + 1) * (2 * L + 1) / (L**2 + L + 1) * (rho**K - 1)
    trip = 2 * (2 * L + 1) / (L + 1) * (1 - q) / (1 - 1 / rho) - 1 + q - 2 * K * q
    first, limit = W + (W - 1) * E + 2 * K, (W + 1 + (W - 1) * E + 2 * K + trip) / (1 - q)
    return fraction(M * limit + (first - limit) * (1 - q**M) / (1 - q))


# -- restarts ---------------------------------------------------------------------------------------------------

def powers(W: Any, M: Any) -> Any:
    """1 + W + .. + W^(M-1), for numbers or symbols (where W != 1).

    >>> powers(3, 4)
    40
    """
    if hasattr(W, "free_symbols") or hasattr(M, "free_symbols"):
        return (W**M - 1) / (W - 1)
    return sum((exact(W) ** m for m in range(M)), exact(0))


def restart_onward(M: int, maze: Maze, policy: Policy) -> Any:
    """Expected steps when a walker is put back to the *first* fork at every wrong leaf; first reading.

    >>> restart_onward(3, Maze(2, 1, 1), Policy.sft_limit(1))
    Fraction(42, 1)
    """
    return fraction(exact(_alone(maze, policy)) * maze.W * powers(maze.W, integer(M, "M")))


def restart_way_back(M: int, maze: Maze, policy: Policy) -> Any:
    """Expected steps when a walker is put back to the *first* fork at every wrong leaf; second reading.

    >>> restart_way_back(3, Maze(2, 1, 1), Policy.sft_limit(1))
    Fraction(917, 16)
    """
    Z, Y, _, _, Y_back, beta = crossing(maze, policy)
    W, before, here = maze.W, 0, maze.W * (Z + Y)
    for _ in range(integer(M, "M") - 1):
        before, here = here, Z * (W + 1) + W * Y + beta * Y_back + (W + beta) * here - beta * before
    return here


def budget_onward(M: int, maze: Maze, policy: Policy) -> Any:
    """Expected steps when attempts are given up after M(2K+1) steps, the shortest path; first reading.

    >>> budget_onward(2, Maze(2, 1, 1), Policy.optimum())
    Fraction(24, 1)
    """
    product = exact(1)
    for p in policy.branch(0).persistence(maze.K)[0]:
        product *= p
    return fraction(M * maze.shortest * (maze.W / product) ** integer(M, "M"))


def checkpoints(M: int, maze: Maze, policy: Policy) -> Any:
    """Expected steps when a walker is put back to the *last* fork it reached at every wrong leaf; first reading.

    >>> checkpoints(3, Maze(2, 1, 1), Policy.sft_limit(1))
    Fraction(18, 1)
    """
    return integer(M, "M") * maze.W * _alone(maze, policy)


def _alone(maze: Maze, policy: Policy) -> Any:
    """Expected steps to the end of a branch without a fork, Z + Y."""
    return expected_steps(Maze(1, maze.K, maze.L), policy)


# -- where restarts lose ------------------------------------------------------------------------------------------

def first_to_lose(dearer: Callable[[int], bool], most: int = 10_000) -> int:
    """The least M >= 1 with dearer(M).

    Errors: `InputError` when there is none up to `most`.

    >>> first_to_lose(lambda M: 2**M > 100)
    7
    """
    for M in itertools.count(1):
        if dearer(M):
            return M
        if M >= most:
            raise InputError(f"no M up to {most} is dearer")
    raise AssertionError


def losing_depth(maze: Maze, *, way_back: bool = False) -> int:
    """Least M at which SFT restarted at wrong leaves needs more steps than the walker with all rows 1, W >= 2.

    >>> [losing_depth(Maze(W, 15, 5)) for W in (2, 3, 15)]
    [3, 2, 2]
    """
    restarted, steps = (restart_way_back, way_back_steps) if way_back else (restart_onward, onward_steps)
    sft, ones = Policy.sft_limit(maze.L), Policy.optimum()
    if maze.W < 2:
        raise InputError("W = 1: there are no wrong leaves, and restarts never lose")
    return first_to_lose(lambda M: restarted(M, maze, sft) > steps(M, maze, ones), 100)


def useless_depth(maze: Maze) -> int:
    """Least M at which SFT restarted at wrong leaves needs more steps than SFT left alone, W >= 2; first reading.

    >>> useless_depth(Maze(15, 15, 5))
    13
    """
    sft = Policy.sft_limit(maze.L)
    if maze.W < 2:
        raise InputError("W = 1: there are no wrong leaves, and restarts never lose")
    alone = expected_steps(maze, sft)
    return first_to_lose(lambda M: restart_onward(M, maze, sft) > M * alone)
