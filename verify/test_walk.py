"""Checks of `theory.walk`: the recursion and its parts against Bellman solves, closed forms against both and proved."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import strategies as st

from theory import closed_forms, dynamics, hitting, moments
from theory.closed_forms import parameter
from theory.maze import Maze
from theory.policy import Policy
from verify import measures, questions, solver, strategies
from verify.learners import sft
from verify.learners.learning import Budget
from verify.rollouts import rollouts
from verify.sampling import Law
from verify.sweeps import DEEP, SMALL, WIDE

# -- parts --------------------------------------------------------------------------------------------------------


def test_difference_recursion__searched(check):
    check.search(strategies.excursions(), measures.differences)


def _differences_asked(check):
    """The Bellman equations of a branch of K = 1, 2 diamonds: no rows and no costs-to-go solve them otherwise; and at
    one node of any branch they give the recursion.

    A_x, B_x: cost-to-go at node x, having come from the fork's side, from the leaf's; P_x, Q_x: persistence there.
    """
    asked = []
    for K in (1, 2):
        rows = {name: [sympy.Symbol(f"{name}{j}") for j in range(1, K + 1)] for name in "abcd"}
        A, B = ([sympy.Symbol(f"{name}{x}") for x in range(2 * K + 2)] for name in "AB")
        P = [rows[name][j] for j in range(K) for name in "ca"]
        Q = [rows[name][j] for j in range(K) for name in "db"]
        equations = [sympy.Eq(A[2 * K + 1], 1 + B[2 * K])]
        for x in range(1, 2 * K + 1):
            p, q = P[x - 1], Q[x - 1]
            equations += [sympy.Eq(A[x], 1 + p * A[x + 1] + (1 - p) * B[x - 1]),
                          sympy.Eq(B[x], 1 + q * B[x - 1] + (1 - q) * A[x + 1])]
        claimed = check.body(maze=Maze(2, K, 1), policy=Policy(**rows), branch=1)

        def witness(case, K=K):
            policy = Policy(**{name: [case[f"{name}{j}"] for j in range(1, K + 1)] for name in "abcd"})
            case = {"maze": Maze(2, K, 1), "policy": policy, "branch": 1}
            wrong = check.body(**case) != measures.differences(**case)
            return f"{policy}, K = {K}: the differences solve no Bellman equations" if wrong else None

        inside = [relation for p in P + Q for relation in (p > 0, p <= 1)]
        asked.append(solver.Question(f"K = {K}", [*equations, *inside],
                                     [sympy.Eq(A[x + 1] - B[x], D) for x, D in enumerate(claimed)], witness=witness))
    p, q, D, a, b, beyond, before = (sympy.Symbol(name) for name in ("p", "q", "D", "a", "b", "A", "B"))
    asked.append(solver.Question("any node", [
        p > 0, p <= 1, q > 0, q <= 1, sympy.Eq(a, 1 + p * beyond + (1 - p) * before),
        sympy.Eq(b, 1 + q * before + (1 - q) * beyond), sympy.Eq(beyond - b, D)],
        [sympy.Eq(a - before, 1 + p / q * (1 + D))]))
    solver.settle(check, asked, "K <= 2 and all rows in (0, 1], and from any node to the next (z3, Bellman equations)")


def test_difference_recursion__solver(check):
    _differences_asked(check)


@pytest.mark.parametrize("route", ["solve", "solver"])
def test_difference_recursion__control(check, route):
    if route == "solver":
        _differences_asked(check)
    else:
        check.search(strategies.excursions(), measures.differences)


def test_excursion__searched(check):
    check.search(strategies.excursions(), measures.excursion)


def test_excursion__control(check):
    check.search(strategies.excursions(), measures.excursion)


def test_entry_success__searched(check):
    check.search(strategies.walks(), measures.entry_success)


def test_entry_success__control(check):
    check.search(strategies.walks(), measures.entry_success)


def test_entry_length__searched(check):
    check.search(strategies.walks(), measures.entry_length)


def test_entry_length__control(check):
    check.search(strategies.walks(), measures.entry_length)


# -- the whole ----------------------------------------------------------------------------------------------------


def test_hitting_time__searched(check):
    check.search(strategies.walks(), measures.bellman, max_examples=200)


def _storm(maze, policy, target):
    from theory.chain import full_chain
    from verify import storm

    return storm.hitting_time(full_chain(maze, policy, target=target))


def test_hitting_time__control(check):
    check.search(strategies.walks(), measures.bellman)


@pytest.mark.parametrize("witness", ["bellman", "storm"])
def test_recursion__searched(check, witness):
    """Storm's exact engine is a third witness that shares no code with us; it takes rows in (0, 1] only."""
    if witness == "bellman":
        return check.search(strategies.walks(zero=True), measures.bellman, max_examples=200)
    if check.profile != "thorough":
        pytest.skip("Storm is asked in the thorough profile only")
    pytest.importorskip("stormpy", reason="stormpy is not installed (extra: bench)")
    check.search(strategies.walks(), _storm, max_examples=200)


def test_recursion__control(check):
    check.search(strategies.walks(), measures.bellman)


def _law(maze, policy, horizon):
    return Law(*moments.reach_curve(maze, policy, horizon))


LEARNT = {
    "base": lambda maze: Policy.base(maze.L),
    "sft": lambda maze: sft.Population(0.1).train(maze, budget=Budget(133)).policy.lumped(),
    "rlvr": lambda maze: dynamics.policy_of(dynamics.descent(maze, 150, 0.01).log_odds),
}


@pytest.mark.parametrize("policy", LEARNT)
def test_recursion__simulated(check, policy):
    """Sampled walks follow the exact law; the twin's walker persists at u, moving back, less often by a quarter."""
    maze = Maze(4, 3, 3)
    policy = LEARNT[policy](maze)
    rows = policy.branches[0].expanded(maze.K)
    twin = Policy(rows["a"], rows["b"], rows["c"], [d * 3 / 4 for d in rows["d"]])
    law = _law(maze, policy, 4000)
    # the law that is sampled is the claim's: its mean, summed up to where the law ends, is what the body says
    assert float((1 - law.F).sum()) <= float(check.body(maze, policy, 0)) * (1 + 1e-9)
    second = float(moments.second_moment(maze, policy))
    assert float(check.body(maze, policy, 0)) - float((1 - law.F).sum()) <= second / 4000
    check.sample(law, _law(maze, twin, 4000),
                 lambda seed: rollouts(maze, policy, 40_000, seed=seed, limit=10**6))


def _counted(maze, policy, target, n):
    """E[min(T, n)] = sum of P(T > m), m < n."""
    return float((1 - moments.reach_curve(maze, policy, n, target=target)[0]).sum())


COUNTED = [{"maze": Maze(2, 1, 2), "policy": Policy("1/2", "2/3", "3/4", "4/5"), "target": 1, "n": n}
           for n in (10, 100, 1000)]


def test_expected_limit__sweep(check):
    check.sweep(COUNTED, _counted, 1e-9)


def test_expected_limit__control(check):
    check.sweep(COUNTED, _counted, 1e-9)


def test_gradient__searched(check):
    check.search(strategies.walks(maze=strategies.mazes(3, 3, 2)), measures.gradient)


def test_gradient__control(check):
    check.search(strategies.walks(maze=strategies.mazes(3, 3, 2)), measures.gradient)


def test_second_moment__searched(check):
    check.search(strategies.walks(), measures.second_moment)


def test_second_moment__control(check):
    check.search(strategies.walks(), measures.second_moment)


def _timed():
    return st.builds(lambda case, t: {**case, "t": t},
                     strategies.walks(zero=True, maze=strategies.mazes(3, 2, 2)), st.integers(1, 25))


def test_reach_probability__searched(check):
    check.search(_timed(), measures.reach_probability)


def test_reach_probability__control(check):
    check.search(_timed(), measures.reach_probability)


# -- closed forms -------------------------------------------------------------------------------------------------


def test_base_cost__proved(check):
    check.certificate(lambda form: closed_forms.residuals(form, "base"), "all W, K, L (certificate)")


def test_base_cost__exact(check):
    check.exhaust(SMALL, measures.base_walk_steps)


def test_base_cost__searched(check):
    check.search(strategies.sizes(), lambda W, K, L: hitting.recursive_steps(Maze(W, K, L), Policy.base(L)))


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_base_cost__control(check, route):
    if route == "certificate":
        check.certificate(lambda form: closed_forms.residuals(form, "base"), "")
    else:
        check.exhaust(SMALL, measures.base_walk_steps)


def test_sft_cost__proved(check):
    check.certificate(lambda form: closed_forms.residuals(form, "sft"), "all W, K, L (certificate)")


def test_sft_cost__exact(check):
    check.exhaust(SMALL, measures.sft_steps)


def test_sft_cost__searched(check):
    check.search(strategies.sizes(), lambda W, K, L: hitting.recursive_steps(Maze(W, K, L), Policy.sft_limit(L)))


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_sft_cost__control(check, route):
    if route == "certificate":
        check.certificate(lambda form: closed_forms.residuals(form, "sft"), "")
    else:
        check.exhaust(SMALL, measures.sft_steps)


def test_optimum_cost__proved(check):
    check.certificate(lambda form: closed_forms.residuals(form, "optimum"), "all W, K (certificate)")


def test_optimum_cost__exact(check):
    check.exhaust(SMALL, measures.optimum_steps)


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_optimum_cost__control(check, route):
    if route == "certificate":
        check.certificate(lambda form: closed_forms.residuals(form, "optimum"), "")
    else:
        check.exhaust(SMALL, measures.optimum_steps)


def _sized(case):
    return {**case, "W": case["maze"].W, "K": case["maze"].K}


def _steps_of(maze, policy, **_):
    return hitting.recursive_steps(maze, policy)


ONES = [_sized({"maze": Maze(W, K, 1), "policy": Policy.optimum()}) for W in (1, 2) for K in (1, 2)]


def test_optimum_least__searched(check):
    check.search(strategies.tied_walks().map(_sized), _steps_of)


def test_optimum_least__tight(check):
    check.tight(ONES, _steps_of, 1)


def test_optimum_least__control(check):
    check.exhaust(ONES, _steps_of)


def _least(maze, policy):
    return hitting.recursive_steps(maze, policy) == closed_forms.optimum_steps(maze.W, maze.K)


@st.composite
def _nearly_ones(draw):
    """Rows that are 1 nearly everywhere, of any maze, one branch included."""
    maze = draw(strategies.mazes())
    entries = st.lists(st.sampled_from([1, 1, 1, Fraction(1, 2)]), min_size=maze.K, max_size=maze.K)
    return {"maze": maze, "policy": Policy(*(draw(entries) for _ in "abcd"))}


def test_optimum_only__searched(check):
    check.search(_nearly_ones(), _least)


def test_optimum_only__control(check):
    check.search(_nearly_ones(), _least)


def _homogeneous():
    return st.builds(lambda case, rows: {"W": case["W"], "K": case["K"], **rows},
                     strategies.sizes(4, 6, 1), strategies.rows())


def test_homogeneous_cost__proved(check):
    check.certificate(lambda form: closed_forms.residuals(form, "homogeneous"),
                      "all W, K and rows with ac != bd (certificate)")


def test_homogeneous_cost__searched(check):
    check.search(_homogeneous(), measures.homogeneous_steps)


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_homogeneous_cost__control(check, route):
    if route == "certificate":
        check.certificate(lambda form: closed_forms.residuals(form, "homogeneous"), "")
    else:
        check.search(_homogeneous(), measures.homogeneous_steps)


def _balanced():
    return st.builds(lambda case, rows: {"W": case["W"], "K": case["K"], **rows},
                     strategies.sizes(4, 6, 1), strategies.balanced_rows())


def test_balanced_cost__proved(check):
    check.certificate(lambda form: closed_forms.residuals(form, "balanced"),
                      "all W, K and rows with ac = bd (certificate)")


def test_balanced_cost__searched(check):
    check.search(_balanced(), measures.balanced_steps)


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_balanced_cost__control(check, route):
    if route == "certificate":
        check.certificate(lambda form: closed_forms.residuals(form, "balanced"), "")
    else:
        check.search(_balanced(), measures.balanced_steps)


# -- growth -------------------------------------------------------------------------------------------------------


def _growth(W, K, L):
    h = [hitting.recursive_steps(Maze(W, K + i, L), Policy.sft_limit(L)) for i in range(3)]
    return (h[2] - h[1] - 2) / (h[1] - h[0] - 2)


def test_sft_growth__proved(check):
    check.certificate(closed_forms.growth_residual, "all W, K, L (identity in rho^K)")


def test_sft_growth__exact(check):
    check.exhaust(WIDE, _growth)


def _growth_asked(check):
    def growth(W, K, L):
        h = [parameter(closed_forms.sft_steps(W, K + i, L)) for i in range(3)]
        return (h[2] - h[1] - 2) / (h[1] - h[0] - 2)

    solver.settle(check, questions.comparison(
        check, growth, lambda K, L: [closed_forms.sft_rate(L) ** K > 0], questions.powers), "all W >= 2, K, L (z3)")


def test_sft_growth__solver(check):
    _growth_asked(check)


@pytest.mark.parametrize("route", ["certificate", "solve", "solver"])
def test_sft_growth__control(check, route):
    if route == "solver":
        _growth_asked(check)
    elif route == "certificate":
        check.certificate(closed_forms.growth_residual, "")
    else:
        check.exhaust(WIDE, _growth)


def _scaled(W, K, L):
    return hitting.recursive_steps(Maze(W, K, L), Policy.sft_limit(L)) / (Fraction((L + 1) ** 2, L) ** K)


def test_sft_constant__sweep(check):
    check.sweep(DEEP, _scaled, within=1e-9)


def test_sft_constant__control(check):
    check.sweep(DEEP, _scaled, within=1e-9)


def _per_diamond(W, K, a, b, c, d):
    from theory.numeric import Steps

    rows = Policy(a, b, c, d)
    low, high = (Steps.of(hitting.recursive_steps(Maze(W, n, 1), rows)).log10 for n in (K, 2 * K))
    return (high - low) / K * 2.302585092994046


OUTWARD = [{"W": 2, "K": K, "a": "2/3", "b": "1/2", "c": "3/4", "d": "1/3"} for K in (10, 20, 40, 80)]
INWARD = [{"W": 2, "K": K, "a": "1/3", "b": "2/3", "c": "1/2", "d": "3/4"} for K in (10, 20, 40, 80)]


@pytest.mark.parametrize("points", [OUTWARD, INWARD], ids=["persists", "retreats too readily"])
def test_balance_exponent__sweep(check, points):
    check.sweep(points, _per_diamond, within=1e-3)


@pytest.mark.parametrize("points", [OUTWARD, INWARD], ids=["persists", "retreats too readily"])
def test_balance_exponent__control(check, points):
    check.sweep(points, _per_diamond, within=1e-3)


def test_balance_lower_bound__searched(check):
    check.search(_homogeneous(), measures.homogeneous_steps)


LEANING = [{"W": W, "K": K, "a": Fraction(1, i), "b": Fraction(2, 3), "c": Fraction(1, j), "d": Fraction(3, 4)}
           for W in (2, 9) for K in (1, 2, 6) for i in (1, 2, 9) for j in (1, 2, 9)]


def test_balance_lower_bound__exact(check):
    """Rows on both sides of balance, r from 2 down to 2/81."""
    check.exhaust(LEANING, measures.homogeneous_steps)


def test_balance_lower_bound__tight(check):
    """For r small the last term of 1/R is nearly all of the cost: within a tenth."""
    rare, sure = Fraction(1, 10**4), Fraction(1)
    check.tight([{"W": 50, "K": 3, "a": rare, "b": sure, "c": rare, "d": sure}], measures.homogeneous_steps, factor=1.1)


def test_balance_lower_bound__control(check):
    check.search(_homogeneous(), measures.homogeneous_steps)


def _tied_steps(maze, policy):
    return measures.solved(maze, policy)


def test_potential_lower__searched(check):
    check.search(strategies.tied_walks(), _tied_steps)


def test_potential_lower__tight(check):
    """A trap at the end of the branch: E = 1 + 2r + ..., so H is twice (W-1) M m and no more."""
    check.tight([{"maze": Maze(9, 1, 1), "policy": Policy(1, Fraction(1, 10**6), 1, 1)}], _tied_steps, factor=2.001)


def test_potential_lower__control(check):
    check.search(strategies.tied_walks(), _tied_steps, max_examples=300)


def test_potential_upper__searched(check):
    check.search(strategies.tied_walks(), _tied_steps)


def test_potential_upper__control(check):
    check.search(strategies.tied_walks(), _tied_steps)
