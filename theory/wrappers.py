"""Corollary 1 and its neighbours: what a search, restarts or walks side by side do to the gap.

Setting. A *search* crosses no directed edge twice, choices at the fork included: branches are drawn without
replacement. Where only choices of probability 0 are open, one of them is drawn uniformly. *Charged* search pays a
step for every proposal of a crossed edge. A *restart* gives up an attempt, after B steps or at a wrong leaf, and begins
anew at the fork, which costs no step. q = 1 - 1/W is the probability of a wrong branch. Proofs: in
paper_notes/corollary1.md.

Search is checked exactly on small mazes and by sampled walks on large ones; restarts by the chain of clock and state.
Not covered: nested forks, which are in `theory.nesting`; memory that outlives a restart.
"""

from __future__ import annotations

import math
from typing import Any

from theory import closed_forms, restarts
from theory.claim import FORKS, MAZES, Domain, claim
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.numeric import INFINITY, exact, fraction
from theory.policy import Policy

DERIVED = ("derived", "counted by hand")
COROLLARY = ("paper", "Corollary 1, by public statements of it")
POSITIVE = Domain("every maze, target and policy with rows in (0, 1]")
LONG_ENOUGH = Domain("W, K >= 1 and B >= 2K+1, the shortest path", lambda W, K, B, **_: B >= 2 * K + 1)


def _half(value: Any) -> Any:
    """value/2, exactly for ints too."""
    return fraction(parameter(value) / 2)


@claim("expected steps of the SFT limit under search", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K, L: _half((W - 1) * (K * (L + 2) + 2)) + 2 * K + 1, control_words="L + 2 for L + 3")
def search_sft(W: Any, K: Any, L: Any) -> Any:
    """With search that never crosses a directed edge twice, SFT needs (W-1)/2 (K(L+3)+2) + 2K+1 steps, if it turns
    round where going on is struck out, though a = c = 1 (the limit of training); else it strands from L = 2 on."""
    return _half((W - 1) * (K * (L + 3) + 2)) + 2 * K + 1


def _certain(maze: Maze, policy: Policy, target: int, crossed: int) -> Any:
    total = exact(0)
    for i in range(maze.W):
        trips = exact(0)
        for d in policy.branch(i).expanded(maze.K)["d"]:
            again = exact(1)
            for m in range(1, maze.L):
                left = exact(maze.L - m + 1 - crossed) / maze.L           # share of the parallel edges open outwards
                again *= (1 - d) * left / (d + (1 - d) * left)
                trips += again
        total += 0 if i == target else 2 * maze.K + 1 + trips
    return fraction(total + 2 * maze.K + 1)


@claim("expected steps of a forward-certain walker (a = c = 1) under search", source=DERIVED,
       domain=Domain("every maze and target, a = c = 1, any b and d"),
       control=lambda maze, policy, target: _certain(maze, policy, target, crossed=0),
       control_words="the edge just come by still open")
def search_certain(maze: Maze, policy: Policy, target: int) -> Any:
    """Under search a walker with a = c = 1 visits each wrong branch with probability 1/2, for 4K+2 steps and 2 more for
    each useless round trip: in a diamond with row d there are sum_i prod_{m<=i} (1-d)l_m / (d + (1-d)l_m) of those,
    l_m = (L-m)/L, i < L. From (L-1)/2 for SFT to 0 for the optimum, whatever row b."""
    return _certain(maze, policy, target, crossed=1)


@claim("variance of the steps of the SFT limit under search", source=DERIVED, symbolic=True,
       control=lambda W, K, L: search_sft_variance(W, K, L, lengths=4), control_words="K(L^2-1)/4 for K(L^2-1)/3")
def search_sft_variance(W: Any, K: Any, L: Any, lengths: int = 3) -> Any:
    """Under search the SFT limit visits N wrong branches, N uniform on 0 .. W-1, each for 4K+2 steps and 2 more for
    each of U_1 + .. + U_K useless round trips, U_j independent and uniform on 0 .. L-1: so its variance is
    (W-1)/2 K(L^2-1)/3 + (W^2-1)/12 (K(L+3)+2)^2."""
    W, K, L = map(parameter, (W, K, L))
    return fraction((W - 1) / 2 * K * (L**2 - 1) / lengths + (W**2 - 1) / 12 * (K * (L + 3) + 2) ** 2)


@claim("expected steps of the optimum under search", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K: (2 * W - 1) * (2 * K + 1), control_words="its cost without search")
def search_optimum(W: Any, K: Any) -> Any:
    """With search that never crosses a directed edge twice, the optimum needs W(2K+1) steps."""
    return W * (2 * K + 1)


@claim("expected steps of SFT under search over those of the optimum under search, W = K growing", source=COROLLARY,
       relation="tends to", stands_on=("search_sft", "search_optimum"),
       control=lambda W, K, L: (L + 2) / 4, control_words="(L+2)/4")
def search_narrows(W: Any, K: Any, L: Any) -> Any:
    """A search that avoids duplicate states brings imitation from exponential to (L+3)/4 of the searching optimum, in
    large mazes with W = K."""
    return (L + 3) / 4


@claim("expected steps of SFT under search", source=("derived", "closed forms compared"), relation="at least",
       stands_on=("search_sft", "search_optimum"), control=lambda W, K, L: search_optimum(W, K) + 1,
       control_words="at least one step more")
def search_gap(W: Any, K: Any, L: Any) -> Any:
    """Under search, SFT needs at least as many steps as the optimum under search, and the same when L = 1."""
    return search_optimum(W, K)


@claim("least L at which the SFT limit under search needs at least as many steps as the optimum without", domain=FORKS,
       source=("derived", "closed forms compared"), stands_on=("search_sft", "optimum_cost"),
       control=lambda W, K: 6, control_words="6 for K = 1 too")
def search_threshold(W: int, K: int) -> int:
    """The SFT limit under search needs at least as many steps as the optimum without search exactly when K(L-5) >= 2,
    for every W >= 2: from L = 6 on, or L = 7 when K = 1. At L = 5, as in Figure 3, it needs W-1 steps less."""
    return 7 if K == 1 else 6


@claim("depths of the nodes at which a search may strand", source=("derived", "every other node has as many exits as "
       "entries"), domain=POSITIVE, control=lambda maze, policy, target: [0, maze.shortest],
       control_words="at a leaf too")
def search_strands(maze: Maze, policy: Policy, target: int) -> list[int]:
    """A search strands at the fork or nowhere: when it has left the target's branch without arriving, which a walker
    sure to go on in that branch never does."""
    P, _ = policy.branch(target).persistence(maze.K)
    return [] if all(p == 1 for p in P) else [0]


def _passes(maze: Maze, policy: Policy, target: int, open_copies: int) -> Any:
    rows, L, arrive = policy.branch(target).expanded(maze.K), maze.L, exact(1)
    for a, c, d in zip(rows["a"], rows["c"], rows["d"], strict=True):
        here, passed = exact(1), exact(0)
        for m in range(1, L + 1):
            left = exact(L - m + open_copies) / L           # share of the parallel edges open at visit m, either way
            here *= c if m == 1 else (1 - d) * left / (d + (1 - d) * left)
            on = a / (a + (1 - a) * left)
            passed, here = passed + here * on, here * (1 - on)
        arrive *= passed
    return fraction(arrive)


@claim("probability that a search arrives", source=DERIVED, domain=POSITIVE, stands_on=("search_strands",),
       control=lambda maze, policy, target: _passes(maze, policy, target, open_copies=2),
       control_words="one parallel edge more open at each visit")
def search_arrives(maze: Maze, policy: Policy, target: int) -> Any:
    """A search arrives with a probability that is a product over the diamonds of the target's branch and knows nothing
    of W or row b: at the m-th visit of u, of v, L-m+1 parallel edges are open; a diamond is passed when v is left by
    the single edge before u is."""
    return _passes(maze, policy, target, open_copies=1)


@claim("probability that the base model under search arrives", source=DERIVED, symbolic=True,
       stands_on=("search_arrives",), control=lambda W, K, L: fraction((parameter(1) / 2) ** K),
       control_words="2^-K")
def search_base(W: Any, K: Any, L: Any) -> Any:
    """Search does not help the base model, it ruins it: it arrives with probability (L/(2(L+1)))^K, for every W."""
    L = parameter(L)
    return fraction((L / (2 * (L + 1))) ** K)


@claim("expected steps of the optimum under charged search", source=DERIVED, symbolic=True,
       control=lambda W, K: search_optimum(W, K), control_words="rejected proposals at the fork not charged")
def charged_optimum(W: Any, K: Any) -> Any:
    """Charged search costs the optimum (W-1)/2 steps more than search, all of them at the fork."""
    return search_optimum(W, K) + _half(W - 1)


@claim("expected steps of the SFT limit under charged search", source=DERIVED,
       control=lambda W, K, L: search_sft(W, K, L) + _half(W - 1) * (2 * K + 1), control_words="finite for L >= 2 too")
def charged_sft(W: int, K: int, L: int) -> Any:
    """Charged search costs the SFT limit (3W-1)(2K+1)/2 steps when L = 1 and infinitely many when W, L >= 2: at a right
    node, moving away, it proposes the crossed single edge for ever."""
    return INFINITY if W > 1 and L > 1 else _half((3 * W - 1) * (2 * K + 1))


@claim("(1-a) times the expected steps of SFT under charged search until it arrives or strands, as a and c go to 1",
       source=DERIVED, relation="tends to", domain=Domain("W, L >= 2, K >= 1", lambda W, L, **_: W > 1 and L > 1),
       control=lambda W, K, L: _half((W - 1) * K * L), control_words="L for L - 1")
def charged_rate(W: Any, K: Any, L: Any) -> Any:
    """The longer SFT trains, the more charged search costs: about (W-1)K(L-1)/2 steps over the forward error 1-a."""
    return _half((W - 1) * K * (L - 1))


@claim("expected steps of the SFT limit restarted at the first dead end", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K: (2 * W - 1) * (2 * K + 1), control_words="the optimum's cost without restarts")
def restart_sft(W: Any, K: Any) -> Any:
    """Restarted at the first dead end, the SFT limit needs W(2K+1) steps: less than the optimum without restarts."""
    return W * (2 * K + 1)


@claim("expected steps of a walker restarted at the first dead end", source=DERIVED, domain=POSITIVE,
       stands_on=("entry_success", "entry_length"),
       control=lambda maze, policy, target: fraction(
           exact(restarts.dead_end_steps(maze, policy, target=target)) + maze.W - 1),
       control_words="a step back to the fork for each wrong branch")
def restart_dead_end(maze: Maze, policy: Policy, target: int) -> Any:
    """Restarted at the first dead end, a walker needs Z (W + sum over branches of Y_i/Z_i) steps; with tied rows, W
    times what it needs in a maze with one branch. So base, too, is halved: W/(2W-1) of its cost, like the optimum."""
    return restarts.dead_end_steps(maze, policy, target=target)


@claim("expected steps of a walker restarted after B steps, infinite included", source=DERIVED,
       domain=Domain("every maze, target, policy and B >= 1"), stands_on=("reach_probability",),
       control=lambda maze, policy, target, B: _returning(maze, policy, target, B),
       control_words="each restart costs a step")
def restart_budget(maze: Maze, policy: Policy, target: int, B: int) -> Any:
    """Restarted after B steps an attempt, a walker needs E[min(T, B)]/P(T <= B) steps."""
    return restarts.budget_steps(maze, policy, B, target=target)


def _returning(maze: Maze, policy: Policy, target: int, B: int) -> Any:
    cost = restarts.budget_steps(maze, policy, B, target=target)
    F = restarts.exact_law(maze, policy, B, target=target).F[B]
    return -1 if cost is INFINITY else fraction(exact(cost) + (1 - F) / F)


@claim("expected steps of a walker restarted after 2K+1 steps", source=DERIVED, domain=POSITIVE,
       stands_on=("restart_budget",), control=lambda maze, policy, target: maze.W * maze.shortest,
       control_words="as if every forward row were 1")
def restart_shortest(maze: Maze, policy: Policy, target: int) -> Any:
    """Restarted after 2K+1 steps, a walker needs W(2K+1) / prod P_x steps: only its forward rows matter, those that SFT
    trains. Base: W(2K+1) rho^K; the SFT limit and the optimum: W(2K+1)."""
    product = exact(1)
    for p in policy.branch(target).persistence(maze.K)[0]:
        product *= p
    return fraction(maze.W * maze.shortest / product)


@claim("expected steps of a forward-certain walker (a = c = 1) restarted after B steps", source=DERIVED,
       relation="at least", domain=Domain("every maze, a = c = 1, any b, d and B"), stands_on=("restart_budget",),
       control=lambda maze, policy, B: maze.W * maze.shortest + 1, control_words="at least one step more")
def restart_best(maze: Maze, policy: Policy, B: int) -> Any:
    """No budget brings a walker that surely goes on below W(2K+1) steps, whatever its backward rows: restarts close the
    gap between SFT and RLVR completely at one fork."""
    return maze.W * maze.shortest


@claim("the best budget of the SFT limit, over all B", source=DERIVED, domain=FORKS, stands_on=("restart_best",),
       control=lambda W, K, L: 2 * K + 2, control_words="2K+2")
def restart_best_budget(W: int, K: int, L: int) -> int:
    """The best budget for the SFT limit is 2K+1, the shortest path."""
    return 2 * K + 1


@claim("expected steps of the optimum restarted after B steps", source=DERIVED, domain=LONG_ENOUGH,
       stands_on=("restart_budget",), control=lambda W, K, B: restart_optimum(W, K, B + 1),
       control_words="B + 1 for B")
def restart_optimum(W: int, K: int, B: int) -> Any:
    """With s = 2K+1, m = floor((B/s + 1)/2) entries end within the budget, and the optimum restarted after B steps
    needs (s + 2sq(1 - q^(m-1))W + (B - (2m-1)s)q^m) / (1 - q^m) steps: Ws at B = s, up to (2W-1)s as B grows."""
    s, q = 2 * K + 1, 1 - exact(1) / W
    m = (B // s + 1) // 2
    return fraction((s + 2 * s * q * (1 - q ** (m - 1)) * W + (B - (2 * m - 1) * s) * q**m) / (1 - q**m))


@claim("expected steps of the base model restarted after the best number of steps", source=("derived", "computed"),
       relation="at least", domain=FORKS, stands_on=("restart_budget", "restart_dead_end"),
       control=lambda W, K, L: 6 * restart_base(W, K, L) / 5, control_words="at least 6/5 of that")
def restart_base(W: int, K: int, L: int) -> Any:
    """No budget brings base below what restarts at the first dead end cost it, W/(2W-1) of its cost without: so budgets
    gain it less than a factor 2."""
    return W * closed_forms.base_steps(1, K, L)


@claim("expected steps of the SFT limit under Luby's universal sequence, unit 1", relation="at most",
       source=("derived", "computed; Luby, Sinclair and Zuckerman guarantee 192 l (log2 l + 5) for any walk"),
       stands_on=("restart_best",), control=lambda W, K, L: luby_guarantee(W, K, L) / 2, control_words="half of it")
def luby_guarantee(W: int, K: int, L: int) -> float:
    """Luby's sequence, which knows nothing of the maze, costs the SFT limit at most 2 l (log2 l + 5) steps, where
    l = W(2K+1) is what the best budget costs."""
    least = W * (2 * K + 1)
    return 2 * least * (math.log2(least) + 5)


@claim("expected steps until one of k SFT walks side by side arrives, all begun anew after 2K+1 steps", source=DERIVED,
       domain=Domain("every maze, k >= 1"), symbolic=True, stands_on=("restart_shortest",),
       control=lambda W, K, k: parallel_sft(W, K, k + 1), control_words="k + 1 walks")
def parallel_sft(W: Any, K: Any, k: Any) -> Any:
    """k walks of the SFT limit side by side, of 2K+1 steps each, need (2K+1)/(1 - q^k) steps until one arrives, and k
    times that together: at least W(2K+1), as walks one after the other."""
    return fraction((2 * K + 1) / (1 - (1 - 1 / parameter(W)) ** k))


@claim("expected steps until one of k walks of the optimum side by side arrives", source=DERIVED, symbolic=True,
       domain=Domain("every maze, k >= 1"), control=lambda W, K, k: parallel_optimum(W, K, k + 1),
       control_words="k + 1 walks")
def parallel_optimum(W: Any, K: Any, k: Any) -> Any:
    """k walks of the optimum side by side, without restarts, need (2K+1)(1 + q^k)/(1 - q^k) steps until one arrives."""
    missed = (1 - 1 / parameter(W)) ** k
    return fraction((2 * K + 1) * (1 + missed) / (1 - missed))
