r"""One view of the explorer: a maze, its rows and a wrapper, turned into the numbers and texts that are shown.

Setting. The rows of a view are the same in every diamond and branch:

    base, optimum      as in `theory.policy`
    sft                golden paths learnt until training time t, or for ever (t = inf): `theory.dynamics`
    mixture            a share eps of the data are an optimum's traces, until t or for ever: `theory.perturbed`; in the
                       limit any eps > 0 is the optimum, since W >= 2 branches are then all seen backwards
    own                four numbers a, b, c, d

and the wrapper is none, restarts (at the first wrong leaf, free of charge; W times the cost in a maze with one branch)
or search (no directed edge twice; exact where a = c = 1). There each of the W-1 wrong branches is visited with
probability 1/2, for 4K+2 steps and 2 S(d) more a diamond, S(d) = sum over i < L of prod over m <= i of
(1-d) l_m / (d + (1-d) l_m), l_m = (L-m)/L, so H = W(2K+1) + (W-1) K S(d). S is (L-1)/2 at base's d and 0 at d = 1.

Growth in K, with r = ac/(bd) and kappa = (1-c)/c + (d/c)(1-a)/a (proofs in `theory.growth`, `theory.closed_forms`):

    W >= 2, no wrapper    r > 1: r^K.   r < 1: r^-K, as r < 1 makes kappa > 0.   r = 1: K^2, or K where kappa = 0.
    W = 1, or restarts    the same, but r > 1 costs K only: nothing is ever walked back from a wrong leaf.
    search                K, by the formula above.

In the limit of training r = rho. At 0 < t < inf r > 1, because the flows of a and c grow with the rate at which their
rows are visited, 1 + w against w or against none, so "balanced" is decided without a number.

Numbers. Rational rows give a rational cost, exactly. At 0 < t < inf the cost is a ball, made smaller until every number
in it is printed alike: all printed digits are right. The page of the report does the same in the browser; a test
compares them. Stands on `theory.hitting`, `theory.restarts`, `theory.dynamics`, `theory.perturbed`. Not covered: rows
that differ between diamonds or branches (but for `cost`), targets other than branch 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import flint

from theory import dynamics, hitting, perturbed, restarts
from theory.maze import Maze
from theory.numeric import INFINITY, InputError, exact, fraction, integer
from theory.policy import ROWS, Policy
from theory.printing import SHORT, Quantity, number, printed, tex

KINDS = ("base", "sft", "mixture", "optimum", "own")
WRAPPERS = ("none", "restarts", "search")
FOREVER = "inf"
TIMES = tuple(f"1e{k}" for k in range(-3, 7))               # the training times whose costs are printed


@dataclass(frozen=True)
class View:
    """The settings of one view, numbers as the reader wrote them; `InputError` in one line for a wrong one.

    t: training time, "inf" for the limit; eps: the mixture's share; own: the rows a, b, c, d.

    >>> View(15, 15, 5, "sft").command
    'backtrack hitting -W 15 -K 15 -L 5 --policy sft'
    """

    W: int
    K: int
    L: int
    rows: str = "base"
    t: str = FOREVER
    eps: str = "0.1"
    own: tuple[str, str, str, str] = ("1/6", "5/6", "5/6", "1/6")
    wrapper: str = "none"
    prompt_edge: bool = False

    def __post_init__(self) -> None:
        Maze(self.W, self.K, self.L)
        for name, value, known in (("rows", self.rows, KINDS), ("wrapper", self.wrapper, WRAPPERS)):
            if value not in known:
                raise InputError(f"{name} {value!r}: not one of {', '.join(known)}")
        if self.learns and self.t != FOREVER:
            number(self.t, "t")
        if self.rows == "mixture":
            perturbed.share(number(self.eps, "eps"), "eps")
        if self.rows == "own":
            for name, text in zip(ROWS, self.own, strict=True):
                if number(text, f"row {name}") > 1:
                    raise InputError(f"row {name}: {text} is not a probability")
        if self.wrapper == "search" and not all(p == 1 for p in self._ends()):
            raise InputError(f"search: its exact cost is known where a = c = 1, as in the SFT limit and the optimum; "
                             f"not for {self.name}")

    @property
    def maze(self) -> Maze:
        """The maze."""
        return Maze(self.W, self.K, self.L)

    @property
    def learns(self) -> bool:
        """Whether the rows have a training time."""
        return self.rows in ("sft", "mixture")

    @property
    def rational(self) -> bool:
        """Whether the rows are rational: all but those at a training time in (0, inf)."""
        return not self.learns or self.t == FOREVER or number(self.t, "t") == 0

    def _ends(self) -> tuple[Any, Any]:
        """Rows a and c, or 0 where they are not rational: never 1."""
        branch = self.policy().branch(0) if self.rational else None
        return (branch.a, branch.c) if branch else (0, 0)

    def policy(self, bits: int = 128) -> Policy:
        """The rows, rational or balls of about `bits` bits."""
        if self.rows == "own":
            return Policy(*(number(text, name) for name, text in zip(ROWS, self.own, strict=True)))
        if not self.learns:
            return Policy.named(self.rows, self.L)
        w = perturbed.retreat_rate(self.W, number(self.eps, "eps")) if self.rows == "mixture" else exact(0)
        if self.t == FOREVER:
            return Policy.optimum() if w > 0 else Policy.sft_limit(self.L)
        t = number(self.t, "t")
        if t == 0:
            return Policy.base(self.L)
        return perturbed.mixed_policy(self.L, t, w, bits) if w > 0 else dynamics.sft_policy(t, self.L, bits=bits)

    # -- texts -----------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The rows in words."""
        when = "in the limit" if self.t == FOREVER else f"at t = {self.t}"
        return {"base": "base", "optimum": "the optimum", "sft": f"SFT {when}",
                "mixture": f"SFT on a mixture, eps = {self.eps}, {when}",
                "own": "the rows " + ", ".join(self.own)}[self.rows]

    @property
    def settings(self) -> list[tuple[str, str]]:
        """The settings that matter, in the order in which the page's address has them."""
        pairs = [("W", str(self.W)), ("K", str(self.K)), ("L", str(self.L)), ("rows", self.rows)]
        pairs += [("eps", self.eps)] if self.rows == "mixture" else []
        pairs += [("t", self.t)] if self.learns else []
        pairs += list(zip(ROWS, self.own, strict=True)) if self.rows == "own" else []
        return [*pairs, ("wrapper", self.wrapper), ("edge", "1" if self.prompt_edge else "0")]

    @property
    def address(self) -> str:
        """What stands behind the page's file name in the address of this view."""
        return "#explorer?" + "&".join(f"{name}={value}" for name, value in self.settings)

    @property
    def command(self) -> str:
        """The command that prints the view's numbers."""
        words = f"backtrack hitting -W {self.W} -K {self.K} -L {self.L}"
        words += f" --rows {','.join(self.own)}" if self.rows == "own" else (
            f" --policy {'sft' if self.learns else self.rows}")
        words += f" --mixture {self.eps}" if self.rows == "mixture" else ""
        words += f" --time {self.t}" if self.learns and self.t != FOREVER else ""
        words += f" --wrapper {self.wrapper}" if self.wrapper != "none" else ""
        return words + (" --prompt-edge" if self.prompt_edge else "")

    # -- numbers ---------------------------------------------------------------------------------------------------

    @property
    def cost(self) -> Quantity:
        """Expected steps from the fork (or the prompt) to the target."""
        if self.rational:
            return Quantity(exact_cost(self.maze, self.policy(), self.wrapper, prompt_edge=self.prompt_edge))
        return Quantity(None, lambda bits: exact_cost(self.maze, self.policy(bits), self.wrapper,
                                                      prompt_edge=self.prompt_edge))

    @property
    def growth(self) -> Growth:
        """How the cost grows with K; see the module docstring."""
        W = "W " if self.W > 1 else ""
        if self.rational and self.cost.value is INFINITY:
            return Growth(Quantity(INFINITY), "oo", "infinite", "the target may never be reached")
        alone = self.W == 1 or self.wrapper == "restarts"
        if self.wrapper == "search" or (alone and not self.rational):
            return Growth(Quantity(exact(1)), "0", f"{W}K", "linear in K")
        if not self.rational:
            rate = Quantity(None, self._ratio)
            log = Quantity(None, lambda bits: self._ratio(bits).log())
            return Growth(rate, log.text(10), f"{W}exp({log.text(10)} K)", "exponential in K")
        rows = self.policy().branch(0)
        up, down = rows.a * rows.c, rows.b * rows.d
        if up == down and not rows.a == rows.c == 1:
            return Growth(Quantity(exact(1)), "0", f"{W}K^2", "quadratic in K: balanced, ac = bd")
        if up == down or (alone and up > down):
            return Growth(Quantity(exact(1)), "0", f"{W}K", "linear in K")
        rate = Quantity(max(up / down, down / up))
        log = Quantity(None, lambda bits: (flint.arb(rate.value.p) / rate.value.q).log())
        power = f"({rate.exact})^K" if len(str(rate.exact)) <= SHORT else f"exp({log.text(10)} K)"
        return Growth(rate, log.text(10), W + power, "exponential in K")

    def _ratio(self, bits: int) -> flint.arb:
        rows = self.policy(bits).branch(0)
        return rows.a * rows.c / (rows.b * rows.d)

    @property
    def latex_row(self) -> str:
        """A row for a table, with its columns in a comment."""
        when = "limit" if self.t == FOREVER else f"$t = {_setting(self.t)}$"
        own = ", ".join(f"${name} = {_setting(text)}$" for name, text in zip(ROWS, self.own, strict=True))
        rows = {"base": "base", "optimum": "optimum", "sft": f"SFT, {when}", "own": own,
                "mixture": rf"mixture, $\varepsilon = {_setting(self.eps)}$, {when}"}[self.rows]
        cells = (str(self.W), str(self.K), str(self.L), rows, self.wrapper, tex(self.cost.text(10)),
                 tex(self.growth.exponent))
        edge = ", the prompt's edge counted" if self.prompt_edge else ""
        return " & ".join(cells) + rf" \\ % W, K, L, rows, wrapper, expected steps{edge}, growth exponent"


class Growth(NamedTuple):
    """The factor a diamond, its logarithm to ten digits, the cost's order in W and K, and words."""

    rate: Quantity
    exponent: str
    order: str
    words: str


def _setting(text: str) -> str:
    """A number as the reader wrote it, its exponent as a power of ten."""
    mantissa, *exponent = re.split("[eE]", text)
    return rf"{mantissa}\times 10^{{{int(exponent[0])}}}" if len(exponent) == 1 and "/" not in text else text


# -- costs --------------------------------------------------------------------------------------------------------

def exact_cost(maze: Maze, policy: Policy, wrapper: str = "none", *, target: int = 0, prompt_edge: bool = False) -> Any:
    """Expected steps of any policy under a wrapper, in the policy's number type; one more for the prompt's edge.

    Errors: `InputError` for another wrapper, and for search where a row a or c is not 1.
    """
    if wrapper == "none":
        return hitting.expected_steps(maze, policy, target=target, prompt_edge=prompt_edge)
    if wrapper not in WRAPPERS:
        raise InputError(f"wrapper {wrapper!r}: not one of {', '.join(WRAPPERS)}")
    walk = restarts.dead_end_steps if wrapper == "restarts" else search_steps
    steps = walk(maze, policy, target=target)
    return steps if steps is INFINITY else steps + (1 if prompt_edge else 0)


def search_steps(maze: Maze, policy: Policy, *, target: int = 0) -> Any:
    """Expected steps when no directed edge is crossed twice, for rows a = c = 1 (module docstring).

    Errors: `InputError` where a row a or c is not 1: such a search may strand, and its cost is not known here.

    >>> search_steps(Maze(15, 15, 5), Policy.sft_limit(5)), search_steps(Maze(15, 15, 5), Policy.optimum())
    (Fraction(885, 1), Fraction(465, 1))
    """
    policy.check(maze)
    maze.check_target(target)
    total = exact(maze.W * maze.shortest)
    for i in range(1 if policy.tied else maze.W):
        P, Q = policy.branch(i).persistence(maze.K)
        if not all(p == 1 for p in P):
            raise InputError("search: its exact cost is known where a = c = 1, as in the SFT limit and the optimum")
        known: dict[Any, Any] = {}
        for d in Q[0::2]:
            if d not in known:
                known[d] = useless_trips(maze.L, d)
            total += known[d] * (maze.W - 1 if policy.tied else int(i != target))
    return fraction(total) if policy.kind == "rational" else total


def useless_trips(L: int, d: Any) -> Any:
    """S(d): half the steps that a search wastes in one diamond with row d of a wrong branch."""
    again, trips = d * 0 + 1, d * 0
    for m in range(1, integer(L, "L")):
        left = exact(L - m) / L
        again = again * (1 - d) * left / (d + (1 - d) * left)
        trips = trips + again
    return trips


def comparison(W: int, K: int, L: int, prompt_edge: bool = False) -> list[tuple[str, Quantity]]:
    """The costs that a maze is judged by, and the ratio of SFT to the optimum; all rational."""
    def cost(rows: str, wrapper: str = "none") -> Any:
        return View(W, K, L, rows, wrapper=wrapper, prompt_edge=prompt_edge).cost.value

    rows = [("base", cost("base")), ("SFT limit", cost("sft")), ("optimum", cost("optimum")),
            ("base + restarts", cost("base", "restarts")), ("SFT limit + restarts", cost("sft", "restarts")),
            ("SFT limit + search", cost("sft", "search")), ("optimum + search", cost("optimum", "search")),
            ("SFT limit / optimum", cost("sft") / cost("optimum"))]
    return [(name, Quantity(value)) for name, value in rows]


# -- the training curves --------------------------------------------------------------------------------------------

def flow(view: View, digits: int = 6) -> list[tuple[str, str]]:
    """[(t, expected steps without a wrapper)] at `TIMES` along SFT's flow, or the mixture's where the view has one."""
    rows = "mixture" if view.rows == "mixture" else "sft"
    return [(t, View(view.W, view.K, view.L, rows, t, view.eps, prompt_edge=view.prompt_edge).cost.text(digits))
            for t in TIMES]


def descent(view: View, steps: int, lr: float, digits: int = 6) -> list[tuple[int, str]]:
    """[(n, expected steps after n sign steps of lr from base)] at 0, 1 and twelve more n; 'oo' past float64's range.

    Float64, as `theory.dynamics.descent`: about 1e-11 of relative error before the first step at which a slope is too
    near 0 for its sign to be sure (the page says which); step 0 is exact.
    """
    trace = dynamics.descent(view.maze, steps, lr).steps_to_target + (1 if view.prompt_edge else 0)
    at = sorted({0, min(1, steps), *(steps * i // 12 for i in range(1, 13))})
    base = View(view.W, view.K, view.L, prompt_edge=view.prompt_edge).cost
    return [(n, base.text(digits) if n == 0 else "oo" if n >= len(trace) or trace[n] == INFINITY
             else printed(exact(float(trace[n])), digits)) for n in at]
