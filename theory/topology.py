"""The maze itself as a dial: unequal branches, trees, dead ends that are never targets; what carries the exponential.

Setting. A critic says that the exponential leans on the chosen topology. Here the path-star is one of a family: a star
whose branch i has diamonds of widths L_i1 .. L_iK_i; any tree of bundles of parallel edges, with forks or without; any
connected multigraph. Golden data come from problems whose targets are drawn uniformly from the targets the maze ever
has. What follows from the two recursions of `theory.tree_walk`:

  * An excursion under imitation lasts 2 sum_x prod m steps over the nodes x below a wrong turning, m = q + l_c/l_v
    where base has l_c/l_v: to the odds of falling forward again is added the certainty q with which golden paths went
    forward there. So the length of wrong branches carries the exponential, not the target's depth, nor the diamonds.
  * q needs data: a branch that is never any problem's target keeps q = 0 and costs what it costs base.
  * On trees of n rooms with T targets the mean cost is X, the greatest prod (1 + q) below a wrong turning, up to a
    factor 2n(1 + 2 log T) above and T/4 below. Above: F(c) <= 2 n_c X off the way, so b_i <= b_{i-1} + 3 + sum F(c) +
    sum q_c t_c <= 4nX and H = sum (1 + sum q_c t_c + (1 - q_i) b_i) <= 2nX + 4nX sum (1 - q_i); 1 - q_i <= -log q_i,
    and prod q_i = 1/T on the way to any target. Below: let c, of share q at its parent, be the wrong turning before X.
    A target beside c is drawn with chance B(1 - q), B >= 1/T the chance that it lies below the parent. Until its way
    is entered, c is entered 3q/(2 - q) times or more on average (from the parent with odds q : 1 - q, from elsewhere
    1 : 1), 2q at the start. As q lies in 1/b .. 1 - 1/b, b = BT, c is entered 1/T times at least in the mean, and
    F(c) >= 4X - 2, for no factor exceeds 2.
  * Each diamond more adds 2 prod (1 - 1/L) >= 0 to E - 4 prod (L+1)^2/L + 3, which is 0 without diamonds: so an
    excursion lasts at least 4 prod - 3 steps, exactly that in single file.
  * The complete tree of rooms has W^M dead ends, so its excursions are polynomial in its size for W >= 2, of degree
    log(W+1)/log W, and exponential for W = 1 only.

A blind policy does not know which target its problem has. If its entries into branch i of a star succeed with chance
R_i where the leaf is the target, then E_i >= 1 + 4 K_i R_i, since an entry that sees the leaf takes 4K_i + 1 steps to
come back, Z = 1/R and Y >= 2K + 1/R - 1: that is `blind_lower`. For equal depths R_i/R_j + R_j/R_i >= 2 ends the proof
that never turning round is best, whatever the rows (`blind_optimum`). For unequal depths it is not (`early_turn`).
With branches never sought E_i >= 1 still holds there at R_i = 0, so by the same inequality no blind policy costs less
than `never_targets_optimum`: an argument, which no check here tests.

Not covered: mazes with loops beyond base's bound; optimal blind policies of trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint
import networkx as nx

from theory import closed_forms
from theory.claim import MAZES, Domain, claim
from theory.maze import Maze
from theory.multigraph import Node, Walk
from theory.numeric import exact, fraction
from theory.policy import Policy
from theory.tree_walk import Tree

TOPOLOGY = ("critique", "C2")
STARS = Domain("every star with at least one wrong branch, K_i >= 1, L_ij >= 1", lambda widths, **_: len(widths) >= 2)
TREES = Domain("every tree of bundles, with forks or without")
ROOMS = Domain("every tree of rooms without forks, its dead ends the targets, equally often, two at least",
               lambda walk, **_: not walk.forks and len(walk.targets) > 1 and walk.edges == len(walk.graph) - 1
               and set(walk.targets) == {node for node, degree in walk.graph.degree if degree == 1} - {walk.start})
Widths = Sequence[Sequence[int]]


# -- stars ------------------------------------------------------------------------------------------------------

def base_excursion(widths: Sequence[int]) -> Any:
    """E of a branch under base: 2m - 1 for m = 1 + sum (L_j + 1) edges."""
    return fraction(exact(2 * (1 + sum(L + 1 for L in widths)) - 1))


def sft_excursion(widths: Sequence[int]) -> Any:
    """E of a branch whose forward rows are golden: 1 + 2 sum_j rho_1 .. rho_{j-1} (L_j + 1 + rho_j)."""
    total, product = exact(1), exact(1)
    for L in widths:
        rho = exact((L + 1) ** 2) / L
        total += 2 * product * (L + 1 + rho)
        product *= rho
    return fraction(total)


def worst(widths: Widths, target: int) -> Any:
    """The greatest product of (L+1)^2/L over the diamonds of a wrong branch."""
    products = []
    for i, branch in enumerate(widths):
        if i != target:
            product = exact(1)
            for L in branch:
                product *= exact((L + 1) ** 2) / L
            products.append(product)
    return fraction(max(products))


def star_costs(widths: Widths, target: int, shorter: int = 0) -> dict[str, Any]:
    """Expected steps to the leaf of branch `target`: base, SFT's limit, never turning back. See `star_cost`."""
    W, own = len(widths), widths[target]
    wrong = [branch for i, branch in enumerate(widths) if i != target]
    behind, base = exact(sum(1 + sum(L + 1 for L in branch) for branch in wrong)), exact(0)
    for x in range(2 * len(own) + 1):
        copies = own[x // 2] if x % 2 else 1
        base += 2 * behind / copies + 1
        behind += copies
    return {"base": fraction(base),
            "SFT": fraction(W + 2 * len(own) + sum((exact(sft_excursion(b)) - shorter for b in wrong), exact(0))),
            "never back": fraction(exact(2 * W - 1 + 2 * len(own) + 4 * sum(map(len, wrong))))}


@claim("expected steps on a path-star, by elimination on its multigraph", source=("derived", "two routes"),
       stands_on=("base_cost", "sft_cost", "optimum_cost"),
       control=lambda W, K, L: general_star(W, K, L) | {"never back": 4 * W * K}, control_words="4WK for the optimum")
def general_star(W: int, K: int, L: int) -> dict[str, Any]:
    """As one multigraph among all, the path-star costs base, SFT's limit and never turning back what its closed forms
    say."""
    return {"base": closed_forms.base_steps(W, K, L), "SFT": closed_forms.sft_steps(W, K, L),
            "never back": closed_forms.optimum_steps(W, K)}


@claim("expected steps on a star of unequal branches", source=TOPOLOGY, domain=STARS,
       control=lambda widths, target: star_costs(widths, target, shorter=1),
       control_words="SFT's excursions one step shorter")
def star_cost(widths: Widths, target: int) -> dict[str, Any]:
    """On a star of branches of any depths and widths, SFT's limit costs W + 2K_t + sum of E_i over the wrong branches,
    E_i = 1 + 2 sum_j rho_1 .. rho_{j-1} (L_j + 1 + rho_j); never turning back 2W - 1 + 2K_t + 4 sum of the wrong K_i;
    base sum of 2 (edges behind)/L + 1 along the way."""
    return star_costs(widths, target)


@claim("expected steps of SFT's limit on a star", source=TOPOLOGY, relation="at least", domain=STARS,
       stands_on=("star_cost",), control=lambda widths, target: 4 * worst(widths, target) + 2,
       control_words="one step more")
def star_sft_lower(widths: Widths, target: int) -> Any:
    """Imitation costs at least four times the product of (L+1)^2/L over the diamonds of any one wrong branch, and one
    step more."""
    return 4 * worst(widths, target) + 1


def _upper(widths: Widths, target: int, factor: Any) -> Any:
    wrong = (branch for i, branch in enumerate(widths) if i != target)
    return fraction(len(widths) + 2 * len(widths[target]) + sum(
        (1 + factor * exact(worst([branch], -1)) for branch in wrong), exact(0)))


@claim("expected steps of SFT's limit on a star", source=TOPOLOGY, relation="at most", domain=STARS,
       stands_on=("star_cost",), control=lambda widths, target: _upper(widths, target, exact(30) / 7),
       control_words="30/7 for 56/13: the supremum over widths taken at L = 2")
def star_sft_upper(widths: Widths, target: int) -> Any:
    """Imitation costs at most W + 2K_t + sum of 1 + (56/13) prod (L+1)^2/L over the wrong branches: with wrong branches
    of bounded depth it is linear, however deep the target lies."""
    return _upper(widths, target, exact(56) / 13)


@claim("what one more diamond in the target's branch adds to SFT's limit", source=TOPOLOGY, domain=STARS,
       stands_on=("star_cost",), control=lambda widths, target, L: 3, control_words="three steps")
def target_depth(widths: Widths, target: int, L: int) -> int:
    """One more diamond before the target costs imitation exactly 2 steps, whatever its width and the wrong branches."""
    return 2


# -- blind policies ---------------------------------------------------------------------------------------------

def entry_chance(P: Sequence[Any], Q: Sequence[Any]) -> Any:
    """R = 1/Z: the chance that an entry into the target's branch ends at its leaf."""
    Z, product = exact(1), exact(1)
    for p, q in zip(P, Q, strict=True):
        p, q = exact(p), exact(q)
        Z += (1 - p) / p * product
        product *= q / p
    return 1 / Z


@claim("mean cost over the targets, of any policy on a star", source=TOPOLOGY, relation="at least",
       domain=Domain("every star, rows in (0, 1], each branch with its own; the first n branches are the targets",
                     lambda rows, n: 1 <= n <= len(rows)),
       control=lambda rows, n: blind_lower(rows, n, again=1), control_words="one step more an excursion")
def blind_lower(rows: Sequence[tuple[Sequence[Any], Sequence[Any]]], n: int, again: int = 0) -> Any:
    """A policy whose entries into branch i succeed with chance R_i costs, in the mean over n targets drawn uniformly,
    at least the mean of (2W + 4 sum of the other K_i R_i)/R_t + 2K_t - 1; rows that turn round only on entering a
    branch attain it."""
    W, R = len(rows), [entry_chance(P, Q) for P, Q in rows]
    K = [exact(len(P)) / 2 for P, _ in rows]
    total = exact(0)
    for t in range(n):
        others = sum((4 * K[i] * R[i] + again for i in range(W) if i != t), exact(0))
        total += (2 * W + others) / R[t] + 2 * K[t] - 1
    return fraction(total / n)


@claim("mean cost over the targets, of any policy on a path-star", source=TOPOLOGY, relation="at least", domain=MAZES,
       stands_on=("blind_lower", "optimum_cost"),
       control=lambda maze, policy: closed_forms.optimum_steps(maze.W, maze.K) + 1, control_words="one step more")
def blind_optimum(maze: Maze, policy: Policy) -> Any:
    """No policy over directed edges that does not know the target, its rows tied or not, costs less than (2W-1)(2K+1)
    in the mean over the W targets: never turning round is the optimum."""
    return closed_forms.optimum_steps(maze.W, maze.K)


@claim("slope of the mean cost in the chance of turning round on entering branch 0, from never turning back",
       source=TOPOLOGY, domain=STARS, stands_on=("star_cost", "blind_lower"),
       control=lambda widths: early_turn(widths) - fraction(exact(2) / len(widths)),
       control_words="W - 1 for W: the entry's own step forgotten")
def early_turn(widths: Widths) -> Any:
    """Turning round with a small chance on entering branch 0 changes the mean cost at the rate
    (2W + 4 sum of the other K_i - 4(W-1) K_0)/W: it pays exactly when K_0 exceeds the mean of the others by more than
    W/(2(W-1)), so with unequal depths never turning round is not the optimum."""
    W, (own, *others) = len(widths), map(len, widths)
    return fraction(exact(2 * W + 4 * sum(others) - 4 * (W - 1) * own) / W)


# -- trees ------------------------------------------------------------------------------------------------------

@claim("expected steps on a tree, base and SFT's limit", source=TOPOLOGY, domain=TREES,
       control=lambda walk, target: _tree_costs(Walk(walk.graph, walk.start, walk.targets), target),
       control_words="the same tree with its forks taken for rooms")
def tree_cost(walk: Walk, target: Node) -> dict[str, Any]:
    """On any tree of bundles, with forks or without and any set of targets, one pass from the leaves and one to the
    target give the expected steps of base and of SFT's limit."""
    return _tree_costs(walk, target)


def _tree_costs(walk: Walk, target: Node) -> dict[str, Any]:
    return {"base": Tree(walk, "base").steps(target), "SFT": Tree(walk, "SFT").steps(target)}


@claim("expected steps of an excursion into a subtree under SFT's limit", source=TOPOLOGY, domain=TREES,
       stands_on=("tree_cost",), control=lambda walk, node: Tree(walk, "base").product(node) - 1,
       control_words="the same sum with the base's odds")
def tree_excursion(walk: Walk, node: Node) -> Any:
    """An excursion into a subtree lasts 2 sum_x prod (q + l_c/l_v) - 1 steps, the product along the way down to x:
    base's odds, each plus the certainty with which golden paths went forward there."""
    return Tree(walk, "SFT").product(node) - 1


@claim("mean cost of SFT's limit on a tree of rooms", source=TOPOLOGY, relation="at most", domain=ROOMS,
       stands_on=("tree_cost", "tree_excursion"), control=lambda walk: fraction(3 * _n_x(walk)),
       control_words="3nX, without the logarithm")
def tree_sft_upper(walk: Walk) -> Any:
    """On a tree of n rooms with T targets imitation costs at most 2nX(1 + 2 log T), X the greatest product of 1 + q
    below a wrong turning: polynomial in n where log X is of the order of log n."""
    return _n_x(walk) * 2 * (1 + 2 * flint.arb(len(walk.targets)).log())


def _n_x(walk: Walk) -> Any:
    return len(walk.graph) * exact(Tree(walk, "SFT").potential())


@claim("mean cost of SFT's limit on a tree of rooms", source=TOPOLOGY, relation="at least", domain=ROOMS,
       stands_on=("tree_cost", "tree_excursion"), control=lambda walk: _below(walk, exact(401) / 100),
       control_words="4.01 for 4")
def tree_sft_lower(walk: Walk) -> Any:
    """On a tree of rooms with T targets imitation costs at least 1 + (4X - 2)/T, X the greatest product of 1 + q below
    a wrong turning: exponential where the forward certainties of one wrong way add up."""
    return _below(walk, 4)


def _below(walk: Walk, factor: Any) -> Any:
    return fraction(1 + (factor * exact(Tree(walk, "SFT").potential()) - 2) / len(walk.targets))


@claim("expected steps of an excursion into a child of the root of a complete tree of rooms, SFT's limit",
       source=TOPOLOGY, domain=Domain("W >= 1 ways, M >= 1 levels"), stands_on=("tree_excursion",), symbolic=True,
       control=lambda W, M: complete_tree_excursion(W, M) + 1, control_words="one step more")
def complete_tree_excursion(W: Any, M: Any) -> Any:
    """In the complete tree of rooms with W ways and M levels an excursion from the root lasts 2((W+1)^M - 1)/W - 1
    steps under imitation."""
    W = closed_forms.parameter(W)
    return fraction(2 * (closed_forms.power(W + 1, closed_forms.parameter(M)) - 1) / W - 1)


@claim("expected steps of the simple random walk", source=("derived", "commute times"), relation="at most",
       domain=Domain("every connected multigraph"), control=lambda walk, target: _commute(walk, target, 2),
       control_words="2m - 2 times the distance")
def base_bound(walk: Walk, target: Node) -> int:
    """On any connected multigraph with m edges base costs at most 2m - 1 times the distance to the target, never
    exponential: there and back is 2m times the effective resistance, which is at most the distance, and the way back
    takes the distance at least."""
    return _commute(walk, target, 1)


def _commute(walk: Walk, target: Node, less: int) -> int:
    return (2 * walk.edges - less) * nx.shortest_path_length(walk.graph, walk.start, target)


@claim("steps of the wall follower", source=TOPOLOGY, relation="at most",
       domain=Domain("every tree, forks learnt", lambda walk, **_: walk.edges == len(walk.graph) - 1),
       control=lambda walk, target: 2 * walk.edges - 2, control_words="at most 2m - 2")
def wall_follower_bound(walk: Walk, target: Node) -> int:
    """On any tree with m edges one policy over directed edges, without memory, reaches every target in at most 2m - 1
    steps: keep a hand on the wall. It needs forks that do not choose at random."""
    return 2 * walk.edges - 1


# -- dead ends that are never targets -----------------------------------------------------------------------------

def never_targets_steps(W: Any, K: Any, L: Any, sought: Any) -> Any:
    """SFT's limit where `sought` of the W branches are ever targets, to one of those."""
    branch = [L] * K
    return fraction(exact(W + 2 * K) + (sought - 1) * exact(sft_excursion(branch))
                    + (W - sought) * exact(base_excursion(branch)))


@claim("expected steps of SFT's limit where only some branches are ever targets", source=TOPOLOGY,
       domain=Domain("1 <= n <= W", lambda W, n, **_: n <= W), stands_on=("star_cost",),
       control=lambda W, K, L, n: never_targets_steps(W, K, L, n) + 1, control_words="one step more")
def never_targets(W: int, K: int, L: int, n: int) -> Any:
    """If the targets of all problems lie in n of the W branches, imitation costs
    W + 2K + (n-1) E_SFT + (W-n)(2K(L+1) + 1): a dead end that is never a target costs what it costs base."""
    return never_targets_steps(W, K, L, n)


@claim("expected steps of the policy that turns round at once in branches never sought, and nowhere else",
       source=TOPOLOGY, domain=Domain("1 <= n <= W", lambda W, n, **_: n <= W), stands_on=("blind_lower",),
       control=lambda W, K, n: closed_forms.optimum_steps(W, K) - 4 * K * (W - n) + 1, control_words="one step more")
def never_targets_optimum(W: int, K: int, n: int) -> Any:
    """If the targets lie in n of the W branches, turning round at once in the others, and nowhere else, costs
    2W - 1 + 2K + 4K(n-1)."""
    return fraction(exact(2 * W - 1 + 2 * K + 4 * K * (n - 1)))


@claim("expected steps of SFT's limit where only one branch is ever a target", source=TOPOLOGY, relation="at most",
       domain=MAZES, stands_on=("never_targets", "base_cost"),
       control=lambda W, K, L: W * (2 * K * (L + 1) + 1), control_words="1 for 2")
def never_targets_one(W: int, K: int, L: int) -> Any:
    """If one branch only is ever a target, imitation is polynomial, linear in each of W, K and L: at most
    W(2K(L+1) + 2)."""
    return W * (2 * K * (L + 1) + 2)


@claim("expected steps of SFT's limit where n branches are ever targets", source=TOPOLOGY, relation="at least",
       domain=Domain("2 <= n <= W", lambda W, n, **_: 2 <= n <= W), stands_on=("never_targets",),
       control=lambda W, K, L, n: never_targets_two(W, K, L, n) + 1, control_words="one step more")
def never_targets_two(W: int, K: int, L: int, n: int) -> Any:
    """From the second branch that is ever a target on imitation is exponential: at least
    (n-1)(4 rho^K - 3) + n + 2."""
    return fraction((n - 1) * (4 * exact(closed_forms.sft_rate(L)) ** K - 3) + n + 2)
