"""Shared weights: what golden paths teach the backward rows when rows are tied, and the best that tied rows can do.

Setting. A row's *gap* is the logit of a persisting edge less that of a turning one; base has gap 0. Golden paths move
the forward gaps x (row a) and y (row c) as in `theory.dynamics`: with X = e^x and Y = e^y,

    X + L x = 1 + w(L+1)t,    y + L Y = L + w(1+1/L)t;    a = X/(X+L),  c = L Y/(L Y + 1).

A tie makes the backward gaps a multiple lambda of forward ones. (It ties gaps, not logits edge by edge: at v a walker
that moves away persists by 1 edge of L+1, one that moves back by L of them.) Two readings:

    node     b's gap is lambda x, d's is lambda y: the same node, the other direction      (a with b, c with d)
    shape    b's gap is lambda y, d's is lambda x: the same choice, one edge or L of them  (a with d, c with b)

lambda is the cosine of the two states' embeddings: with phi_b = lambda phi_a + sqrt(1-lambda^2) phi_new, golden paths
move the weights along phi_a alone. lambda = 0 is the table; 1 shares the weights of both directions; and -1, by node,
is the *direction-blind* walker, one row a node, for whom going outwards is persisting on one way and turning on the
other. Rows of a class are all tables for |lambda| < 1, those with b = b(a), d = d(c) for |lambda| = 1.

Balance under the node tie, lambda = 1: ac/(bd) = (L X + 1)(Y + L)/((X + L)(L Y + 1)), since L^2 - 1 times X - Y is
what numerator and denominator differ by. Under the shape tie, lambda = 1: a = d and b = c, so ac = bd at all times.

Direction-blind policies are walks on weighted edges: w_0 = 1, w_x = w_{x-1} p_x/(1-p_x), p_x the probability of going
outwards at node x = 1 .. 2K, n = 2K+1 edges. A wrong branch weighs S = sum w. Crossing edge x of the target branch for
the first time takes 1 + 2 F_x/w_x steps, F_x = (W-1) S + sum_{i<x} w_i the weight behind it; w_x = F_{x+1} - F_x, so

    H = sum_x (F_{x+1} + F_x)/(F_{x+1} - F_x) = sum_x coth(log(F_{x+1}/F_x)/2) >= n coth(log(W/(W-1))/(2n)),

by Jensen: coth is convex on (0, inf) and the logarithms add up to log(F_n/F_0) = log(W/(W-1)). Equality when they are
equal: w_x = q^x, q = (W/(W-1))^(1/n). In log w each term w_i/w_x is convex, so every descent ends there.

Log-linear learners. Gaps are inner products of weights with features; trained from base on golden paths (any order,
batch or step), the weights are a combination of forward features, so backward gaps = K_bf K_ff^-1 forward gaps at all
times, K the inner products (`generalised`). By the flow all forward gaps grow as log t, and backward ones as
`tendency` = K_bf e, K_ff e = 1, provided that e > 0.

Stands on `theory.dynamics`, `theory.hitting`. Not covered: networks (`verify.learners.features`), sampled data,
direction-blind rows that differ between branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from theory import closed_forms, dynamics, hitting
from theory.maze import Maze
from theory.numeric import InputError, ball_precision, exact, fraction, integer
from theory.policy import Policy

READINGS = ("node", "shape")


# -- ties of the two directions ---------------------------------------------------------------------------------

def share_of(lam: Any) -> Any:
    """lambda as an exact number in [-1, 1], or `InputError`.

    >>> share_of("-1/2")
    -1/2
    """
    lam = exact(lam, "lambda")
    if not -1 <= lam <= 1:
        raise InputError(f"lambda = {lam}: a cosine lies between -1 and 1")
    return lam


def tied_policy(t: Any, L: int, lam: Any, reading: str = "node", w: Any = 1, bits: int = 128) -> Policy:
    """SFT's policy at training time t when backward gaps are lambda times forward ones; rows as balls.

    Errors: `InputError` for t, w < 0, lambda outside [-1, 1] or an unknown reading.

    >>> rows = tied_policy(3, 5, 1, 'shape').branches[0]
    >>> rows.a.overlaps(rows.d), rows.b.overlaps(rows.c)
    (True, True)
    """
    lam = share_of(lam)
    if reading not in READINGS:
        raise InputError(f"reading {reading!r}: not one of {', '.join(READINGS)}")
    table = dynamics.sft_policy(t, L, w, bits).branches[0]
    with ball_precision(bits + 64):
        X, Y = (odds.log() for odds in _exponentials(table, L))
        back_v, back_u = ((lam * gap).exp() for gap in ((X, Y) if reading == "node" else (Y, X)))
        return Policy(a=table.a, b=L * back_v / (L * back_v + 1), c=table.c, d=back_u / (back_u + L))


def _exponentials(table: Any, L: int) -> tuple[Any, Any]:
    """(e^x, e^y) of forward rows."""
    return L * table.a / (1 - table.a), table.c / (1 - table.c) / L


def _settled(value: Any, what: str, digits: int = 16) -> flint.arb:
    """value(bits) at the first precision that gives so many digits."""
    bits = 64
    while bits < 1 << 15:
        bits *= 2
        with ball_precision(bits):
            result = value(bits)
            if result.rel_accuracy_bits() >= 3.33 * digits:
                return result
    raise InputError(f"{what} did not settle to {digits} digits")


def tied_steps(maze: Maze, t: Any, lam: Any, reading: str = "node", w: Any = 1) -> flint.arb:
    """Expected steps at training time t under the tie, a ball of 16 digits or more.

    >>> round(float(tied_steps(Maze(15, 15, 5), 10**6, 1).mid()), 1)
    899.2
    """
    return _settled(lambda bits: hitting.expected_steps(maze, tied_policy(t, maze.L, lam, reading, w, bits)),
                    f"t = {t}, lambda = {lam}: H")


def ratio(t: Any, L: int, lam: Any, reading: str = "node", w: Any = 1) -> flint.arb:
    """ac/(bd) at training time t under the tie: the factor a diamond by which the cost grows, if above 1.

    >>> ratio(3, 5, 1, 'shape').str(6, radius=False)
    '1.00000'
    """
    def value(bits: int) -> flint.arb:
        rows = tied_policy(t, L, lam, reading, w, bits).branches[0]
        return rows.a * rows.c / (rows.b * rows.d)

    return _settled(value, f"t = {t}, lambda = {lam}: the ratio")


def node_ratio(t: Any, L: int, w: Any = 1) -> flint.arb:
    """ac/(bd) at training time t when both directions of a node share weights: 1 + (L^2-1)(X-Y)/((X+L)(L Y+1)).

    >>> node_ratio(3, 5).overlaps(ratio(3, 5, 1))
    True
    """
    def value(bits: int) -> flint.arb:
        X, Y = _exponentials(dynamics.sft_policy(t, L, w, bits).branches[0], L)
        return 1 + (L**2 - 1) * (X - Y) / ((X + L) * (L * Y + 1))

    return _settled(value, f"t = {t}: the ratio")


def decay(L: Any, lam: Any) -> Any:
    """lim t^lambda log(ac/(bd)) for t to infinity, node tie, 0 < lambda <= 1, w = 1; a ball.

    Since X ~ (L+1)t and Y ~ (L+1)t/L^2, -log b ~ X^-lambda/L and -log d ~ L Y^-lambda; at lambda = 1 the forward rows
    count too, -log a ~ L/X and -log c ~ 1/(L Y).

    >>> decay(5, 1).str(6, radius=False)
    '19.2000'
    """
    lam, L = share_of(lam), exact(L, "L")
    if lam <= 0:
        raise InputError(f"lambda = {lam}: the ratio does not go to 1")
    grown = ((1 + L).log() if isinstance(L, flint.arb) else flint.arb(1 + L).log()) * lam
    value = ((flint.arb(L).log() * 2 * lam).exp() * L + 1 / flint.arb(L)) / grown.exp()
    return value - 2 * L / (L + 1) if lam == 1 else value


def tied_limit(L: int, lam: Any) -> Policy:
    """SFT's policy at t = infinity under either tie: all rows 1, the table's limit, or b = d = 0; by lambda's sign.

    >>> tied_limit(5, 1) == Policy.optimum(), tied_limit(5, 0) == Policy.sft_limit(5)
    (True, True)
    """
    lam = share_of(lam)
    return Policy.optimum() if lam > 0 else Policy(1, 0, 1, 0) if lam < 0 else Policy.sft_limit(L)


# -- direction-blind policies -----------------------------------------------------------------------------------

def blind_steps(W: int, weights: Sequence[Any]) -> Any:
    """Expected steps of the direction-blind walk with edge weights w_0 .. w_2K in every branch; exact for rationals.

    Errors: `InputError` for an even number of weights or one that is not positive.

    >>> blind_steps(3, [1, 2, 1, 2, 1])          # base of W = 3, K = 2, L = 2
    Fraction(140, 1)
    """
    weights = [exact(w, "weight") for w in weights]
    if len(weights) % 2 == 0 or any(not w > 0 for w in weights):
        raise InputError(f"{len(weights)} weights: an odd number of positive ones is needed")
    behind, total = (integer(W, "W") - 1) * sum(weights, exact(0)), exact(0)
    for w in weights:
        total += 1 + 2 * behind / w
        behind += w
    return fraction(total)


def blind_policy(odds: Any) -> Policy:
    """The direction-blind policy with these odds of going outwards at every inner node.

    >>> blind_policy(2)
    Policy(a=2/3, b=1/3, c=2/3, d=1/3)
    """
    outwards = exact(odds) / (1 + exact(odds))
    return Policy(a=outwards, b=1 - outwards, c=outwards, d=1 - outwards)


def blind_tilt(W: int, K: int) -> flint.arb:
    """q = (W/(W-1))^(1/(2K+1)), the best odds of going outwards of a direction-blind walker; W >= 2.

    >>> blind_tilt(2, 1).str(6, radius=False)
    '1.25992'
    """
    W, K = integer(W, "W", least=2), integer(K, "K")
    return ((flint.arb(W) / (W - 1)).log() / (2 * K + 1)).exp()


def blind_optimum(W: int, K: int) -> flint.arb:
    """The least expected steps of a direction-blind policy: n coth(log(W/(W-1))/(2n)), n = 2K+1; n for W = 1.

    >>> round(float(blind_optimum(2, 1).mid()), 6)
    26.083933
    """
    n = 2 * integer(K, "K") + 1
    if integer(W, "W") == 1:
        return flint.arb(n)
    with ball_precision(256):
        return n * ((flint.arb(W) / (W - 1)).log() / (2 * n)).coth()


def blind_geometric(W: Any, n: Any, q: Any, grown: Any) -> Any:
    """Steps of the direction-blind walk with weights q^x, x < n, given grown = q^n; any field, q not 1.

    n + 2(W-1) S R + 2 sum_{i<x} q^(i-x), S = (q^n - 1)/(q - 1), R = q(1 - q^-n)/(q - 1), and the sum is (n - R)/(q-1).

    >>> blind_geometric(2, 3, exact(2), exact(2) ** 3)
    30
    """
    S, R = (grown - 1) / (q - 1), q * (1 - 1 / grown) / (q - 1)
    return n + 2 * (W - 1) * S * R + 2 * (n - R) / (q - 1)


def blind_imitator(W: int, K: int) -> Any:
    """Steps of a direction-blind student of the (direction-aware) optimum's traces, exactly; W >= 2.

    A trace enters W-1 wrong branches in the mean, each node is passed outwards and inwards once for each of them, and
    outwards once more in the target's branch: so the student goes outwards with odds W/(W-1).

    >>> blind_imitator(2, 1)
    Fraction(30, 1)
    """
    W, n = exact(integer(W, "W", least=2)), 2 * integer(K, "K") + 1
    q = W / (W - 1)
    return fraction(blind_geometric(W, n, q, q**n))


def blind_residuals(form: Any) -> dict[str, Any]:
    """form(n, q) less the cost at weights q^x, and the stationarity in every log w_k, where q^n = W/(W-1); 0 iff so.

    In the field of n, q, Q = q^n and X = q^k, with W = Q/(Q-1).

    >>> blind_residuals(lambda n, q: n * (q + 1) / (q - 1))
    {'cost': 0, 'stationarity': 0}
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, n, q, Q, X = field("n,q,Q,X", QQ)
    W = Q / (Q - 1)
    S, R = (Q - 1) / (q - 1), q * (1 - 1 / Q) / (q - 1)
    behind, ahead = (X - 1) / (q - 1), (1 / (q * X) - 1 / Q) / (1 - 1 / q)      # sums over i < k, 1/w over x > k
    return {"cost": form(n, q) - blind_geometric(W, n, q, Q),
            "stationarity": X * ((W - 1) * R + ahead) - ((W - 1) * S + behind) / X}


# -- log-linear learners ----------------------------------------------------------------------------------------

def _inner(first: Sequence[Sequence[Any]], second: Sequence[Sequence[Any]]) -> flint.fmpq_mat:
    return flint.fmpq_mat([[sum((exact(p) * exact(q) for p, q in zip(f, g, strict=True)), exact(0)) for g in second]
                           for f in first])


def generalised(forward: Sequence[Sequence[Any]], backward: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """K_bf K_ff^-1: the backward gaps of a log-linear learner of golden paths are this matrix times the forward ones.

    forward, backward: one list of rational features a state. Errors: `InputError` when forward states are dependent.

    >>> generalised([[1, 0], [0, 2]], [[1, 1]])
    [[Fraction(1, 1), Fraction(1, 2)]]
    """
    try:
        solution = _inner(forward, forward).solve(_inner(forward, backward))
    except ZeroDivisionError:
        raise InputError(f"{len(forward)} forward states: their features are linearly dependent") from None
    return [[fraction(solution[i, j]) for i in range(len(forward))] for j in range(len(backward))]


def tendency(forward: Sequence[Sequence[Any]], backward: Sequence[Sequence[Any]]) -> list[Any]:
    """lim gap/log t of each backward state, for a log-linear learner on the flow of golden paths.

    K_bf e with K_ff e = 1, the least such e. Errors: `InputError` when there is none, or an e is not positive: then
    some forward gap grows faster.

    >>> tendency([[1, 0], [0, 1]], [[1, 1]])
    [Fraction(2, 1)]
    """
    n = len(forward)
    kernel = _inner(forward, forward)
    square = kernel * kernel
    reduced, rank = flint.fmpq_mat([[*(square[i, j] for j in range(n)), exact(1)] for i in range(n)]).rref()
    z = flint.fmpq_mat(n, 1)
    for i in range(rank):                              # e = K z solves K e = 1 even where K is singular
        pivot = next(j for j in range(n + 1) if reduced[i, j] != 0)
        if pivot == n:
            raise InputError(f"{n} forward states: no weights give all of them gap 1")
        z[pivot, 0] = reduced[i, n]
    e = kernel * z
    if any(not e[i, 0] > 0 for i in range(n)):
        raise InputError("features: the forward gaps do not all grow as log t")
    product = _inner(backward, forward) * e
    return [fraction(product[i, 0]) for i in range(len(backward))]


# -- certificates -----------------------------------------------------------------------------------------------

def shape_slopes(bound: Any) -> dict[str, Any]:
    """Negative coefficients of bound - dH/dX and bound - dH/dY on the shape tie's rows; none: no slope is above it.

    a = d = X/(X+L), b = c = L Y/(L Y + 1), so X = Y = 1 is base; X = 1+s, Y = 1+t, W = 1+w, K = 1+k, L = 1+l.

    >>> len(shape_slopes(lambda W, K, L, X, Y: 0 * W)), len(shape_slopes(lambda W, K, L, X, Y: -W)) > 0
    (0, True)
    """
    from sympy import QQ
    from sympy.polys.fields import field

    _, w, k, l, s, t = field("w,k,l,s,t", QQ)
    W, K, L, X, Y = 1 + w, 1 + k, 1 + l, 1 + s, 1 + t
    alpha, beta = X / (X + L), L * Y / (L * Y + 1)
    H = closed_forms.balanced_form(W, K, alpha, beta, beta, alpha)
    found: dict[str, Any] = {}
    for name, slope in (("X", H.diff(s)), ("Y", H.diff(t))):
        margin = bound(W, K, L, X, Y) - slope
        found |= {f"dH/d{name}, {part} coefficient of {powers}": value
                  for part, terms in (("numerator", margin.numer.terms()), ("denominator", margin.denom.terms()))
                  for powers, value in terms if value < 0}
    return found


# -- shared diamonds --------------------------------------------------------------------------------------------

def shared_threshold(K: Any, L: Any) -> tuple[Any, Any]:
    """What W must exceed for the gradient of row b, and of row d, to have the right sign at base, diamonds shared.

    The sum over j of `theory.sign_path.margins` at y = 1 is linear in W; these are its roots. Rows a, c are right.

    >>> shared_threshold(5, 5)
    (Fraction(227, 83), Fraction(252, 103))
    """
    K, L = exact(K), exact(L)
    M = (L + 1) ** 2
    return (fraction(((K**2 + 3 * K) * M - 4 * L**2 + 4 * L + 2) / (3 * (K * M - L**2 + 2 * L + 1))),
            fraction((K + 1) * (K + 2) * M / (3 * (K * M + L**2 + 1))))
