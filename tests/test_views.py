"""The explorer's numbers (theory.views, theory.printing) against routes that share no code with them; its command."""

from __future__ import annotations

import json
import random
import shlex
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import mpmath
import pytest
from click.testing import CliRunner

from theory import dynamics, perturbed, restarts, views, wrappers
from theory.chain import lumped_chain
from theory.maze import Maze
from theory.numeric import INFINITY, InputError, exact
from theory.policy import Policy
from theory.printing import Quantity, tex
from theory.views import View

OWN = ("0.7", "1/3", "4/5", "1/6")


def exactly(fraction: Fraction, digits: int) -> Decimal:
    """A fraction rounded half up to `digits` digits, by the standard library's decimal."""
    context = Context(prec=digits, rounding=ROUND_HALF_UP)
    return context.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))


def random_rows(draw, zeros=True):
    return tuple(draw.choice(["1", "1/2", f"{draw.randint(1, 9)}/10", f"0.{draw.randint(1, 999):03}",
                              *(["0"] if zeros else [])]) for _ in range(4))


# -- costs --------------------------------------------------------------------------------------------------------

def test_costs_of_random_rows_are_the_linear_solves():
    draw, infinite = random.Random(1), 0
    for _ in range(80):
        maze, own = Maze(draw.randint(1, 4), draw.randint(1, 3), draw.randint(1, 3)), random_rows(draw)
        cost = View(maze.W, maze.K, maze.L, "own", own=own).cost
        solved = lumped_chain(maze, Policy(*own)).hitting_time()
        infinite += solved == INFINITY
        assert cost.value == solved
        assert cost.text() == ("oo" if solved == INFINITY else cost.text())
    assert 10 < infinite < 70


def test_named_rows_and_the_limits_of_training_are_the_policies_they_say():
    assert View(3, 2, 2, "sft").policy() == View(3, 2, 2, "mixture", eps="0").policy() == Policy.sft_limit(2)
    assert View(3, 2, 2, "mixture", eps="1e-9").policy() == View(3, 2, 2, "optimum").policy() == Policy.optimum()
    assert View(1, 2, 2, "mixture", eps="1").policy() == Policy.sft_limit(2)        # no branch is left backwards
    assert View(3, 2, 2, "sft", "0").policy() == View(3, 2, 2, "mixture", "0").policy() == Policy.base(2)


def by_mpmath(W, K, L, t, w):
    """Cost at training time t by mpmath's Lambert function and a linear solve in rationals."""
    with mpmath.workdps(80):
        t, w = mpmath.mpf(t), mpmath.mpf(w)

        def rows(rate):
            a = mpmath.lambertw(mpmath.exp((1 + rate * (L + 1) * t) / L) / L).real
            c = mpmath.lambertw(mpmath.exp(L + rate * (1 + mpmath.mpf(1) / L) * t) * L).real
            return a / (1 + a), c / (1 + c)

        (a, c), (d, b) = rows(1 + w), rows(w)
        return lumped_chain(Maze(W, K, L), Policy(a, b, c, d)).hitting_time()


@pytest.mark.parametrize("W, K, L, t, eps", [
    (3, 2, 2, "0.5", None), (2, 3, 1, "1e-9", None), (1, 2, 3, "7", None), (2, 2, 3, "40", "1/4"),
    (3, 1, 2, "1e-3", "1"), (4, 2, 1, "1e3", "0.01")])
def test_costs_at_a_training_time_print_only_right_digits(W, K, L, t, eps):
    view = View(W, K, L, "sft" if eps is None else "mixture", t, eps or "0.1")
    solved = by_mpmath(W, K, L, t, 0 if eps is None else mpmath.mpf(str(float(Fraction(eps)))) * (W - 1))
    for digits in (6, 10, 17):
        assert Decimal(view.cost.text(digits)) == exactly(solved, digits)
    log = mpmath.log10(solved.numerator) - mpmath.log10(solved.denominator)
    assert float(view.cost.log10) == pytest.approx(float(log))
    w = 0 if eps is None else perturbed.retreat_rate(W, eps)
    ball = perturbed.mixed_steps(view.maze, t, w) if eps else dynamics.sft_flow_steps(view.maze, t)
    assert abs(exact(view.cost.text()) / ball.mid().fmpq() - 1) < exact("1e-15")


def test_restarts_are_the_sum_over_the_branches():
    """The same rows as untied branches go another way: Z (W + sum Y_i/Z_i)."""
    draw = random.Random(2)
    for _ in range(30):
        maze, own = Maze(draw.randint(1, 5), draw.randint(1, 4), draw.randint(1, 3)), random_rows(draw, zeros=False)
        untied = Policy.untied([Policy(*own)] * maze.W)
        assert View(maze.W, maze.K, maze.L, "own", own=own, wrapper="restarts").cost.value == (
            restarts.dead_end_steps(maze, untied))


def test_search_is_the_claims_formula():
    draw = random.Random(3)
    for _ in range(30):
        maze = Maze(draw.randint(1, 5), draw.randint(1, 4), draw.randint(1, 6))
        rows = Policy(1, "1/3", 1, [f"{draw.randint(0, 9)}/9" for _ in range(maze.K)])
        assert views.search_steps(maze, rows) == wrappers._certain(maze, rows, 0, crossed=1)
        untied = Policy.untied([rows if i % 2 else Policy.optimum() for i in range(maze.W)])
        target = draw.randrange(maze.W)
        assert views.search_steps(maze, untied, target=target) == wrappers._certain(maze, untied, target, crossed=1)
        W, K, L = maze.W, maze.K, maze.L
        assert View(W, K, L, "sft", wrapper="search").cost.value == wrappers.search_sft(W, K, L)
        assert View(W, K, L, "optimum", wrapper="search").cost.value == wrappers.search_optimum(W, K)


def test_the_prompts_edge_counts_once():
    for rows, wrapper in (("base", "none"), ("sft", "restarts"), ("optimum", "search")):
        plain, edge = (View(3, 2, 2, rows, wrapper=wrapper, prompt_edge=more).cost.value for more in (False, True))
        assert edge == plain + 1
    plain, edge = (exact(View(3, 2, 2, "sft", "2", prompt_edge=more).cost.text()) for more in (False, True))
    assert abs(edge - plain - 1) < exact("1e-13")


def test_the_comparison_is_the_closed_forms():
    from theory import closed_forms

    W, K, L = 4, 6, 3
    values = {name: exact(quantity.value) for name, quantity in views.comparison(W, K, L)}
    assert values["base"] == exact(closed_forms.base_steps(W, K, L)) == values["base + restarts"] * (2 * W - 1) / W
    assert values["SFT limit"] == exact(closed_forms.sft_steps(W, K, L))
    assert values["optimum"] == (2 * W - 1) * (2 * K + 1)
    assert values["SFT limit + restarts"] == values["optimum + search"] == W * (2 * K + 1)
    assert values["SFT limit / optimum"] == values["SFT limit"] / values["optimum"]


# -- growth ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("settings", [
    {"rows": "base"}, {"rows": "sft"}, {"rows": "optimum"}, {"rows": "own", "own": OWN},
    {"rows": "own", "own": ("1/3", "1/2", "1/3", "1")}, {"rows": "own", "own": ("1/2", "1", "1/2", "1/4")},
    {"rows": "own", "own": ("1", "0.99", "1", "1")}, {"rows": "sft", "t": "0.3"},
    {"rows": "mixture", "eps": "1/3", "t": "0.3"}])
@pytest.mark.parametrize("W", [1, 3])
@pytest.mark.parametrize("wrapper", ["none", "restarts"])
def test_growth_is_what_the_cost_does_when_K_grows(settings, W, wrapper):
    """H(K+1)/H(K) at K = 400 for an exponential; H(2K)/H(K), 2 or 4, for a polynomial."""
    view = View(W, 400, 2, wrapper=wrapper, **settings)

    def cost(K):
        return exact(View(W, K, 2, wrapper=wrapper, **settings).cost.text())

    growth = view.growth
    if growth.words.startswith("exponential"):
        rate = float(exact(growth.rate.text(10)))
        assert float(cost(401) / cost(400)) == pytest.approx(rate, rel=1e-2) and rate > 1
        assert float(growth.exponent) == pytest.approx(mpmath.log(rate), rel=1e-8)
    else:
        power = 2 if "quadratic" in growth.words else 1
        assert float(cost(3200) / cost(1600)) == pytest.approx(2**power, rel=3e-2) and growth.exponent == "0"
    assert growth.order.startswith("W ") == (W > 1)


def test_growth_of_a_trap_and_of_search():
    assert View(2, 3, 2, "own", own=("1", "0", "1", "1")).growth[1:3] == ("oo", "infinite")
    assert View(1, 3, 2, "own", own=("1", "0", "1", "1")).growth.order == "K"
    assert View(2, 3, 2, "own", own=("1", "0", "1", "1"), wrapper="restarts").growth.order == "W K"
    assert View(2, 3, 2, "sft", wrapper="search").growth.order == "W K"
    assert View(15, 15, 5, "sft").growth.order == "W (36/5)^K"


# -- texts ----------------------------------------------------------------------------------------------------------

def test_numbers_are_rounded_half_up_whatever_their_size():
    draw = random.Random(4)
    for _ in range(300):
        value = Fraction(draw.randint(1, 10**draw.randint(1, 40)), draw.randint(1, 10**draw.randint(1, 40)))
        digits = draw.choice((2, 6, 10, 17))
        text = Quantity(value).text(digits)
        assert Decimal(text) == exactly(value, digits)
        assert len(text.split("e")[0].replace(".", "").lstrip("0")) <= digits
    assert Quantity(exact(9999995)).text(6) == "1.00000e+7" and Quantity(INFINITY).text() == "oo"


def test_digits_that_balls_never_decide_are_refused(fails):
    """2.5 as a real: no ball around it, however small, says which way its one digit is rounded."""
    import flint

    fails(lambda: Quantity(None, lambda bits: flint.arb("2.5", flint.arb(2) ** -bits)).text(1), "bits")


def test_latex_and_address():
    view = View(2, 3, 4, "mixture", "1e-3", "1/7", wrapper="restarts", prompt_edge=True)
    assert view.address == "#explorer?W=2&K=3&L=4&rows=mixture&eps=1/7&t=1e-3&wrapper=restarts&edge=1"
    assert view.latex_row.startswith(
        r"2 & 3 & 4 & mixture, $\varepsilon = 1/7$, $t = 1\times 10^{-3}$ & restarts & $")
    assert tex("1.5e+20") == r"$1.5\times 10^{20}$" and tex("oo") == r"$\infty$"
    assert View(2, 3, 4, "own", own=OWN).latex_row.startswith("2 & 3 & 4 & $a = 0.7$, $b = 1/3$")


@pytest.mark.parametrize("settings, shown", [
    ({"W": 0}, "W = 0"), ({"K": 1.5}, "K = 1.5"), ({"rows": "best"}, "'best'"), ({"wrapper": "luck"}, "'luck'"),
    ({"rows": "sft", "t": "-1"}, "'-1'"), ({"rows": "sft", "t": "1_0"}, "'1_0'"),
    ({"rows": "sft", "t": "nan"}, "'nan'"),
    ({"rows": "sft", "t": "1/0"}, "'1/0'"), ({"rows": "sft", "t": "٣"}, "'٣'"), ({"rows": "sft", "t": ""}, "''"),
    ({"rows": "sft", "t": "1e99999"}, "1e99999"), ({"rows": "mixture", "eps": "2"}, "eps = 2"),
    ({"rows": "own", "own": ("1", "1.01", "1", "1")}, "row b: 1.01"),
    ({"rows": "own", "own": ("1", "x", "1", "1")}, "'x'"),
    ({"rows": "base", "wrapper": "search"}, "not for base"),
    ({"rows": "sft", "t": "5", "wrapper": "search"}, "not for SFT at t = 5")])
def test_wrong_settings_are_refused_in_one_line(fails, settings, shown):
    fails(lambda: View(**{"W": 3, "K": 2, "L": 2, **settings}), shown)


def test_other_wrappers_are_refused(fails):
    fails(lambda: views.exact_cost(Maze(2, 1, 1), Policy.base(1), "luck"), "'luck'")
    fails(lambda: views.search_steps(Maze(2, 2, 2), Policy(1, 1, [1, "1/2"], 1)), "a = c = 1")


# -- the command ------------------------------------------------------------------------------------------------------

def backtrack(command: str):
    from verify.cli import cli

    return CliRunner().invoke(cli, shlex.split(command)[1:])


@pytest.mark.parametrize("view", [
    View(15, 15, 5, "sft"), View(3, 4, 2, "sft", "0.25", wrapper="restarts"), View(3, 4, 2, "mixture", "1e2", "1/3"),
    View(3, 4, 2, "mixture", eps="1"), View(3, 4, 2, "own", own=OWN, prompt_edge=True), View(2, 3, 2, "base"),
    View(3, 4, 2, "optimum", wrapper="search"), View(2, 3, 2, "own", own=("1", "0", "1", "1"))])
def test_the_command_of_a_view_prints_its_numbers(view):
    shown = json.loads(backtrack(view.command + " --json").output)
    assert shown["steps"]["exact"] == view.cost.exact and shown["steps"]["decimal"] == view.cost.text()
    assert shown["growth"]["exponent"] == view.growth.exponent and shown["growth"]["order"] == view.growth.order
    assert backtrack(view.command + " --latex").output == view.latex_row + "\n"
    lines = backtrack(view.command).output.splitlines()
    assert lines[0] == f"expected steps  {view.cost.text()}" and lines[2] == f"log10           {view.cost.log10}"


@pytest.mark.parametrize("options, shown", [
    ("--policy base --time 3", "--time 3"), ("--mixture 1/2", "--mixture 1/2"), ("--rows 1,2,3", "--rows 1,2,3"),
    ("--rows 1,1,1,1 --policy sft", "give one of them"), ("--rows 1,1,1,2", "row d: 2"),
    ("--policy sft --time x", "'x'"),
    ("--policy sft --time ''", "''"), ("--wrapper search", "not for base"), ("--policy rows.json --latex", "rows.json"),
    ("--policy none.json", "none.json"), ("--target 9", "target branch 9"), ("--policy sft --mixture 3", "eps = 3")])
def test_wrong_options_are_refused_in_one_line(options, shown):
    error = backtrack(f"backtrack hitting -W 3 -K 2 -L 2 {options}").exception
    assert isinstance(error, InputError) and shown in str(error) and "\n" not in str(error)


def test_a_file_of_rows_takes_the_wrappers_too(tmp_path):
    file = tmp_path / "rows.json"
    file.write_text('{"a": 1, "b": ["1/2", 1], "c": 1, "d": "1/3"}')
    rows = Policy(1, ["1/2", 1], 1, "1/3")
    for wrapper in views.WRAPPERS:
        command = f"backtrack hitting -W 3 -K 2 -L 2 --policy {file} --wrapper {wrapper} --json"
        shown = json.loads(backtrack(command).output)
        assert shown["steps"]["exact"] == str(views.exact_cost(Maze(3, 2, 2), rows, wrapper))
        assert "growth" not in shown


# -- the curves -------------------------------------------------------------------------------------------------------

def test_the_curves_begin_and_end_where_they_should():
    view = View(15, 15, 5)
    flow = dict(views.flow(view))
    assert tuple(flow) == views.TIMES and flow["1e-2"] == "49926.7"
    late = View(15, 15, 5, "sft", "1e6").cost.text(6)
    assert flow["1e6"] == late and 0 < 1 - float(late) / float(exact(View(15, 15, 5, "sft").cost.value)) < 1e-3
    walk = dict(views.descent(view, 1200, 0.01))
    assert walk[0] == "50141" and walk[1] == "49657.1" and walk[1200] == "899.444"
    assert dict(views.descent(View(15, 15, 5, prompt_edge=True), 1, 0.01)) == {0: "50142", 1: "49658.1"}
