"""Claims about the model itself: the maze's sizes, the base rows, the exactness of four rows a diamond.

Setting as in `theory.maze` and `theory.policy`. These are the facts of THEORY sections 2: what the walker walks on,
what the base model is on the multigraph, and that parallel edges and wrong branches may be merged without error.

Stands on nothing. Not covered: costs (see `theory.walk`).
"""

from __future__ import annotations

from typing import Any

from theory.chain import lumped_chain
from theory.claim import claim
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Branch, Policy

AUDIT = ("audit", "graph, rows and recurrence of a public finite-graph reproduction")


@claim("number of nodes of the multigraph", source=AUDIT, symbolic=True,
       control=lambda W, K, L: W * (2 * K + 2), control_words="a fork for each branch: W(2K+2)")
def maze_nodes(W: Any, K: Any, L: Any) -> Any:
    """The path-star maze has W(2K+1) + 1 nodes."""
    return W * (2 * K + 1) + 1


@claim("number of directed edges of the multigraph", source=AUDIT, symbolic=True,
       control=lambda W, K, L: 2 * W * (K * (L + 1)), control_words="without the edges to the leaves: 2WK(L+1)")
def maze_arcs(W: Any, K: Any, L: Any) -> Any:
    """The path-star maze has 2W(K(L+1)+1) directed edges, which are the walker's states."""
    return 2 * W * (K * (L + 1) + 1)


@claim("number of shortest paths from the fork to the target", source=AUDIT, symbolic=True,
       control=lambda W, K, L: L * K, control_words="one choice of edge a path: LK")
def golden_paths(W: Any, K: Any, L: Any) -> Any:
    """There are L^K golden (shortest) paths to a target, each 2K+1 steps long."""
    return L**K


@claim("persistence (a, b, c, d) of the simple random walk on the multigraph", source=AUDIT,
       control=lambda W, K, L: tuple(map(fraction, (exact(L) ** -1, *[1 - 1 / exact(L + 1)] * 2, exact(L) ** -1))),
       control_words="turning round never takes the edge just crossed back: a = d = 1/L")
def base_rows(W: Any, K: Any, L: Any) -> Any:
    """The base model, the simple random walk on the multigraph, persists with a = d = 1/(L+1), b = c = L/(L+1)."""
    single = 1 / exact(L + 1)
    return tuple(map(fraction, (single, L * single, L * single, single)))


def _nudged(maze: Maze, policy: Policy, target: int) -> Any:
    """The lumped chain with every row a moved by one part in 10^9 (towards 1/2, to stay a probability)."""
    def move(p: Any) -> Any:
        return p + (exact("1/2") - p) / 10**9 if p != exact("1/2") else p + exact("1/1000000000")

    def nudge(branch: Branch) -> Branch:
        return Branch([move(p) for p in branch.expanded(maze.K)["a"]], branch.b, branch.c, branch.d)

    return lumped_chain(maze, Policy.of(*map(nudge, policy.branches)), target=target).nonzero()


@claim("transition probabilities between blocks of directed edges", source=AUDIT,
       control=_nudged, control_words="row a moved by one part in 10^9")
def lumping(maze: Maze, policy: Policy, target: int) -> Any:
    """Merging the parallel edges of a diamond, and all wrong branches that share their rows, is an exact (strong)
    lumping of the directed-edge chain: every state of a block moves to each block with the same probability."""
    return lumped_chain(maze, policy, target=target).nonzero()


@claim("expected steps counted from the prompt, one edge before the fork", source=AUDIT,
       control=lambda maze, policy, target: expected_steps(maze, policy, target=target),
       control_words="the prompt's edge not counted", stands_on=("recursion",))
def prompt_edge(maze: Maze, policy: Policy, target: int) -> Any:
    """The paper's figure counts one step more than the walk from the fork: the prompt's edge into it."""
    return expected_steps(maze, policy, target=target, prompt_edge=True)
