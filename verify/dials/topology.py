"""Dials that change the maze: unequal depths, unequal widths, trees of corridors, random mazes, dead ends never sought.

Setting. Of Maze(W, K, L) each dial makes another maze (its notes say how), with the path-star at one of its values.
"RLVR" is never turning back, its optimum on a path-star and on a star of equal depths. Where depths differ, and on
trees, a blind policy can do better in the mean (`early_turn`; on one small random tree policy gradient found 38 %
less), so what is printed there is the cost of one policy that it can represent, and which side of the best blind
policy's it lies on: on a star, where the cost to branch 0 is printed, either; on trees above.
Where branches are never sought it turns round in those at once.
Costs on stars are to a target in branch 0, not means; on trees they are means over all dead ends, each sought equally
often. What is not a bound is exact. Searching strands with positive probability where an inner fork leads back.

Random skeletons come from networkx's seeded generator, the seed being part of the dial's value; no other randomness.
Not covered: nested forks whose ways all lead on (`verify.dials.wrappers`), mazes with loops.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import networkx as nx

from theory import closed_forms
from theory.maze import Maze
from theory.mazes_general import corridor_tree, leaf, path_star, rooms
from theory.numeric import InputError, exact, fraction
from theory.topology import early_turn, never_targets_optimum, never_targets_steps, star_costs
from theory.tree_walk import Tree, complete_steps
from verify.dials.common import BASE, LINEAR, log10, standard
from verify.dials.dial import FIGURE3, Cost, Critical, Dial, Growth, Phase, check_learner, verdict

SOURCE = "critique C2: the exponential leans on the chosen topology"
Widths = list[list[int]]


def _value(dial: str, value: Any, values: Any) -> Any:
    if value not in values:
        raise InputError(f"{dial} = {value!r}: not one of {', '.join(map(str, values))}")
    return value


# -- stars of unequal branches ----------------------------------------------------------------------------------

def _star(learner: str, widths: Widths, growth: Growth) -> Cost:
    """A learner's cost to branch 0 of a star."""
    own, wrong = widths[0], widths[1:]
    if learner in ("base", "SFT"):
        return Cost(star_costs(widths, 0)[learner], growth)
    if learner == "SFT + restarts":                 # W - 1 attempts fail on average, each wrong branch equally often
        return Cost(fraction(exact(sum(2 * len(b) + 1 for b in wrong) + 2 * len(own) + 1)), growth)
    if learner == "SFT + search":                   # each wrong branch comes first with chance 1/2
        return Cost(fraction(exact(sum(sum(L + 3 for L in b) + 2 for b in wrong)) / 2 + 2 * len(own) + 1), growth)
    return _blind(star_costs(widths, 0)["never back"], widths, growth)


def _blind(steps: Any, widths: Widths, growth: Growth) -> Cost:
    """Never turning back as a bound on the best blind policy's cost to branch 0; all wrong branches are equally deep.

    With entries that succeed with chances R that policy costs (2W + 4 sum of the wrong K_i R_i)/R_0 + 2K_0 - 1
    (`blind_lower`). Its mean is convex in log R, so the wrong branches share one R, and the greatest R is 1.
    """
    wrong = widths[1:]
    if wrong and early_turn(widths) < 0:                            # R_0 < 1
        return Cost(steps, growth, "at least", "the cost of never turning back, to branch 0 only; the best blind "
                    "policy turns round in branch 0, and is cheaper in the mean over the targets only")
    if wrong and early_turn([wrong[0], widths[0], *wrong[1:]]) < 0:
        return Cost(steps, growth._replace(how="at most"), "at most", "the cost of never turning back, to branch 0 "
                    "only; the best blind policy turns round in the other branches, and is cheaper")
    return Cost(steps, growth, words="the cost of never turning back, the best blind policy here")


def _rho(L: int, times: int = 1) -> Any:
    return fraction(exact(closed_forms.sft_rate(L)) ** times)


def _shaped(learner: str, maze: Maze, widths: Widths, rate: Any, **degrees: Growth) -> Cost:
    """A star's cost; its growth is the path-star's but for the given learners."""
    check_learner(learner)
    if maze.W == 1:                                 # no wrong branch: every learner that goes forward is perfect
        growth = BASE if learner == "base" else LINEAR
        return _star(learner, widths, degrees.get("base", growth) if learner == "base" else growth)
    usual = {"base": Growth(K=2, W=1, L=1), "SFT": Growth(rate, W=1), "SFT + search": Growth(K=1, W=1, L=1)}
    key = learner.replace(" + ", "_")
    return _star(learner, widths, degrees.get(key, usual.get(learner, LINEAR)))


DEPTHS = {"equal": "target and dead ends K diamonds deep", "target 2K": "the target twice as deep as the dead ends",
          "target 1": "the target one diamond deep, the dead ends K", "dead ends 2K": "dead ends twice as deep",
          "dead ends 1": "dead ends one diamond deep, the target K"}


def unequal_depth(learner: str, value: str, maze: Maze) -> Cost:
    """A learner's cost where the target and the dead ends lie at the depths that DEPTHS says."""
    W, K, L = maze.W, maze.K, maze.L
    _value("unequal-depth", value, DEPTHS)
    own, wrong = {"equal": (K, K), "target 2K": (2 * K, K), "target 1": (1, K), "dead ends 2K": (K, 2 * K),
                  "dead ends 1": (K, 1)}[value]
    widths = [[L] * own, *[[L] * wrong] * (W - 1)]
    degrees = {}
    if value == "target 1":
        degrees["base"] = Growth(K=1 if W > 1 else 0, W=1, L=1)
    if value == "dead ends 1":
        degrees["SFT"] = Growth(K=1, W=1, L=1)
    if W == 1 and value == "target 1":
        return _star(check_learner(learner), widths, degrees["base"] if learner == "base" else Growth(W=1))
    return _shaped(learner, maze, widths, _rho(L, 2 if value == "dead ends 2K" else 1), **degrees)


def _depth_critical(profile: str) -> Critical:
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    depth = 0
    while True:
        depth += 1
        costs = star_costs([[L] * K, *[[L] * depth] * (W - 1)], 0)
        if costs["SFT"] > costs["base"]:
            words = (f"diamonds a dead end at which imitation first costs more than base, the target {K} deep "
                     f"(W = {W}, L = {L}); the target's own depth adds 2 steps a diamond")
            return Critical(depth, "exact", words)


def _depth_phase(profile: str) -> Phase:
    xs, ys, W, L = tuple(range(1, 21)), tuple(range(1, 21)), 3, 5
    cells = []
    for own in ys:
        row = []
        for wrong in xs:
            costs = star_costs([[L] * own, *[[L] * wrong] * (W - 1)], 0)
            row.append(log10(costs["SFT"]) - log10(costs["never back"]))
        cells.append(tuple(row))
    return Phase("unequal-depth", f"Imitation over the optimum (log10), W = {W}, L = {L}", "diamonds a dead end",
                 "diamonds before the target", xs, ys, tuple(cells), "columns, not rows, change it")


WIDTHS = {"equal": "L edges in every diamond", "dead ends single-file": "dead ends of L = 1, the target's branch of L",
          "target single-file": "the target's branch of L = 1", "first wide": "the first diamond of each branch L, "
          "the others 1"}


def unequal_width(learner: str, value: str, maze: Maze) -> Cost:
    """A learner's cost where the diamonds have the widths that WIDTHS says."""
    W, K, L = maze.W, maze.K, maze.L
    _value("unequal-width", value, WIDTHS)
    plain, single, first = [L] * K, [1] * K, [L, *[1] * (K - 1)]
    own, wrong = {"equal": (plain, plain), "dead ends single-file": (plain, single),
                  "target single-file": (single, plain), "first wide": (first, first)}[value]
    degrees = {}
    if value == "target single-file" and W == 1:
        degrees["base"] = Growth(K=2, W=1)
    if value == "dead ends single-file":
        degrees["SFT_search"] = LINEAR
    if value == "first wide":
        degrees["SFT"] = Growth(_rho(1), W=1, L=1)
    rate = _rho(1 if value == "dead ends single-file" else L)
    return _shaped(learner, maze, [own, *[wrong] * (W - 1)], rate, **degrees)


# -- trees of corridors -----------------------------------------------------------------------------------------

LEVELS = (1, 2, 3)


@functools.lru_cache(maxsize=4096)
def _tree_mean(skeleton: str, W: int, K: int, L: int, kind: str, restart: bool = False) -> Any:
    """The mean cost in the maze of a skeleton's name: 'levels M' of W ways, or 'seed s' hung W times at the start."""
    if skeleton.startswith("levels"):               # every dead end is like every other
        return complete_steps(W, int(skeleton.split()[1]), K, L, kind, restart)
    walk = corridor_tree(random_skeleton(skeleton), 0, K, L)
    first = {arc[1]: W for arc in walk.leaving[0]}  # the first rooms at the start stand for those of all copies
    return Tree(walk, kind, restart, first).mean()


def _tree_cost(learner: str, skeleton: str, maze: Maze, deepest: int, W: int) -> Cost:
    """A learner's mean cost; `deepest` is how many corridors the longest wrong way has, `W` the degree in W."""
    check_learner(learner)
    size = skeleton, maze.W, maze.K, maze.L
    if learner == "base":
        return Cost(_tree_mean(*size, "base"), Growth(K=2, W=W, L=1))
    if learner == "SFT":
        return Cost(_tree_mean(*size, "SFT"), Growth(_rho(maze.L, deepest), W=W) if deepest else Growth(K=1, W=W))
    if learner == "SFT + restarts":
        return Cost(_tree_mean(*size, "SFT", True), Growth(K=1, W=W))
    if learner == "SFT + search":
        legs = _legs(skeleton, maze.W)
        if not legs:
            return Cost(math.inf, None, words="a fork may lead back before the target was tried, and that way closes")
        visit = [2 * leg * (2 * maze.K + 1) + leg * maze.K * (maze.L - 1) for leg in legs]
        walked = exact(sum(visit)) * (len(legs) - 1) / 2 + (2 * maze.K + 1) * sum(legs)
        return Cost(fraction(walked / len(legs)), Growth(K=1, W=W, L=1))
    return Cost(_tree_mean(*size, "never back"), Growth(K=1, W=W, how="at most"), "at most",
                "the cost of never turning back: the best blind policy costs no more")


def trees(learner: str, value: int, maze: Maze) -> Cost:
    """A learner's cost on the complete tree of `value` levels, W ways at each fork, K diamonds a corridor."""
    _value("trees", value, LEVELS)
    if value == 1 or (maze.W == 1 and learner == "SFT + search"):
        return standard(learner, maze if value == 1 else Maze(1, maze.K, maze.L))
    return _tree_cost(learner, f"levels {value}", maze, value if maze.W > 1 else 0, value)


SKELETONS = ("star", "seed 1", "seed 2", "seed 3", "seed 4")
PLACES = 9


@functools.cache
def random_skeleton(name: str) -> nx.Graph:
    """'star': one corridor. 'seed s': the uniform random labelled tree of 9 places that networkx draws from s."""
    _value("skeleton", name, SKELETONS)
    return nx.path_graph(2) if name == "star" else nx.random_labeled_tree(PLACES, seed=int(name.split()[1]))


def _legs(skeleton: str, copies: int) -> list[int]:
    """Corridors of each leg where only the start branches; none where there are inner forks."""
    if skeleton.startswith("levels"):
        return []
    tree = random_skeleton(skeleton)
    if any(tree.degree(node) > 2 for node in tree if node != 0):
        return []
    depth = nx.single_source_shortest_path_length(tree, 0)
    return [depth[node] for node in tree if node and tree.degree(node) == 1] * copies


def deepest_wrong_way(tree: nx.Graph, root: Any, copies: int) -> int:
    """Corridors on the longest way down from a wrong turning, `copies` of the tree hung at the root."""
    depth = nx.single_source_shortest_path_length(tree, root)
    if copies > 1:
        return max(depth.values())
    parent = {child: near for near, child in nx.bfs_edges(tree, root)}
    height = {node: 0 for node in tree}
    for node in reversed(list(parent)):
        height[parent[node]] = max(height[parent[node]], height[node] + 1)
    on = {node: tree.degree(node) - (node != root) for node in tree}
    return max((height[node] + 1 for node in parent if on[parent[node]] > 1), default=0)


def random_mazes(learner: str, value: str, maze: Maze) -> Cost:
    """A learner's mean cost on W copies of a random tree of corridors, hung together at the start."""
    _value("random-mazes", value, SKELETONS)
    if value == "star":
        return standard(learner, maze)
    return _tree_cost(learner, value, maze, deepest_wrong_way(random_skeleton(value), 0, maze.W), 1)


def _rooms_phase(profile: str) -> Phase:
    """Random trees of rooms without any fork: how much dearer than base imitation is."""
    sizes, seeds = (10, 20, 40, 80, 160) if profile == "quick" else (10, 20, 40, 80, 160, 320, 640), tuple(range(6))
    cells = []
    for seed in seeds:
        walks = [rooms(nx.random_labeled_tree(size, seed=seed), 0) for size in sizes]
        cells.append(tuple(log10(Tree(walk, "SFT").mean()) - log10(Tree(walk, "base").mean()) for walk in walks))
    return Phase("random-rooms", "Imitation over base (log10), random trees of rooms", "rooms", "seed", sizes, seeds,
                 tuple(cells), "uniform random labelled trees, every dead end a target, no forks")


# -- dead ends that are never targets -----------------------------------------------------------------------------

SHARES = {"one": "one branch only is ever a target", "two": "two branches are",
          "half": "half of the branches, rounded up", "all": "every branch: the paper's"}


def sought(value: str, W: int) -> int:
    """How many of W branches are ever targets."""
    return {"one": 1, "two": min(2, W), "half": -(-W // 2), "all": W}[_value("dead-ends-never-targets", value, SHARES)]


def dead_ends(learner: str, value: str, maze: Maze) -> Cost:
    """A learner's cost where only some branches are ever targets, to one of those."""
    W, K, L, n = maze.W, maze.K, maze.L, sought(value, maze.W)
    if learner == "base" or n == W:
        return standard(learner, maze)
    unsought = Growth(K=1, W=1, L=1)
    if learner == "SFT":
        exponential = Growth(closed_forms.sft_rate(L), W=1, how="exact; the degree in W shows once W passes rho^K"
                             if value == "two" else "exact")
        return Cost(never_targets_steps(W, K, L, n), exponential if n > 1 else unsought)
    if learner == "SFT + restarts":
        return Cost(_restarted(W, K, L, n), unsought)
    if learner == "SFT + search":
        # in a branch never sought the walker may turn anywhere; each of its arcs is crossed once at most
        most = exact((n - 1) * (K * (L + 3) + 2) + (W - n) * 2 * (K * (L + 1) + 1)) / 2 + 2 * K + 1
        return Cost(fraction(most), unsought._replace(how="at most"), "at most")
    check_learner(learner)
    return Cost(never_targets_optimum(W, K, n), LINEAR, words="it turns round at once in branches never sought")


@functools.lru_cache(maxsize=4096)
def _restarted(W: int, K: int, L: int, n: int) -> Any:
    return Tree(path_star(Maze(W, K, L), range(n)), "SFT", restart=True).steps(leaf(0))


def _share_critical(profile: str) -> Critical:
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    base = closed_forms.base_steps(W, K, L)
    n = next(n for n in range(1, W + 1) if never_targets_steps(W, K, L, n) > base)
    return Critical(n, "exact", f"branches ever sought, of {W}, at which imitation first costs more than base "
                                f"(K = {K}, L = {L}); one alone is polynomial for every maze")


def _share_phase(profile: str) -> Phase:
    xs, ys, W, L = tuple(range(1, 16)), tuple(range(1, 9)), 8, 5
    cells = tuple(tuple(log10(never_targets_steps(W, K, L, n)) - log10(closed_forms.base_steps(W, K, L)) for K in xs)
                  for n in ys)
    return Phase("never-sought", f"Imitation over base (log10), W = {W}, L = {L}", "diamonds a branch",
                 "branches ever sought", xs, ys, cells, "below 0 in the lowest row only, once K is not small")


def _first_change(cost: Callable[[str, Any, Maze], Cost], values: tuple[Any, ...], maze: Maze, words: str
                  ) -> Callable[[str], Critical]:
    """The first value whose verdict is not that of the first value, the paper's; None where all verdicts agree."""
    def found(profile: str) -> Critical:
        verdicts = [verdict(cost("SFT", value, maze), cost("RLVR", value, maze)) for value in values]
        changed = [value for value, said in zip(values, verdicts, strict=True) if said != verdicts[0]]
        if changed:
            return Critical(changed[0], f"the verdict at each of {len(values)} values", "where the verdict changes")
        return Critical(None, f"the verdict at each of {len(values)} values is '{verdicts[0]}'", words)
    return found


DIALS = (
    Dial("unequal-depth", 21, "Must the dead ends be as deep as the target?", SOURCE, "depths", tuple(DEPTHS),
         unequal_depth, ("star_cost", "star_sft_lower", "star_sft_upper", "target_depth", "early_turn"),
         _depth_critical, maze=Maze(2, 15, 2), phases=(_depth_phase,), words=DEPTHS,
         notes="A star whose target lies in branch 0. The exponent is that of the deepest wrong branch; the target's "
               "depth adds 2 steps a diamond."),
    Dial("unequal-width", 21, "Must every diamond be L wide?", SOURCE, "widths", tuple(WIDTHS), unequal_width,
         ("star_cost", "star_sft_lower", "star_sft_upper", "blind_lower"),
         _first_change(unequal_width, tuple(WIDTHS), FIGURE3, "never: each diamond of a wrong branch costs the "
                       "factor 4 at least, whatever its width (`star_sft_lower`)"), words=WIDTHS,
         notes="A star whose target lies in branch 0. The exponent is the sum of log((L_j+1)^2/L_j) over the worst "
               "wrong branch, at least log 4 a diamond."),
    Dial("trees", 21, "Is one fork needed, or does a tree of forks do the same?", SOURCE, "levels M", LEVELS, trees,
         ("tree_cost", "tree_excursion", "complete_tree_excursion", "base_bound"),
         _first_change(trees, LEVELS, FIGURE3, "never: M levels of corridors give the rate rho^M a diamond"),
         positions=(1.0, 2.0, 3.0),
         notes="The complete tree with W ways a fork, M levels, K diamonds a corridor; an inner fork also chooses the "
               "way back. Costs are means over the dead ends, all of them targets."),
    Dial("random-mazes", 21, "Do trees of corridors drawn at random show the gap?", SOURCE, "skeleton", SKELETONS,
         random_mazes,
         ("tree_cost", "tree_excursion", "tree_sft_upper", "tree_sft_lower", "base_bound"),
         _first_change(random_mazes, SKELETONS, Maze(2, 4, 5), "never for a tree with a wrong way: the rate is rho "
                       "to the number of corridors of the longest one"),
         maze=Maze(2, 4, 5), phases=(_rooms_phase,),
         notes="W copies of a uniform random labelled tree of 9 places, hung together at the start, K diamonds a "
               "corridor; branching places are forks. The seed is the value. Costs are means over the dead ends."),
    Dial("dead-ends-never-targets", 21, "Are the dead ends ever targets?", SOURCE, "branches ever sought",
         tuple(SHARES), dead_ends,
         ("never_targets", "never_targets_one", "never_targets_two", "never_targets_optimum", "blind_lower"),
         _share_critical, maze=Maze(5, 15, 5), phases=(_share_phase,), words=SHARES,
         notes="The path-star, where golden data lead to the targets of some branches only. A forward row of a dead "
               "end is learnt from the problems whose target lies there."),
)
