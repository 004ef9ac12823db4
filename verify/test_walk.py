"""Checks of `theory.walk`: the recursion and its parts against Bellman solves, closed forms against both and proved."""

from fractions import Fraction

import pytest
from hypothesis import strategies as st

from theory import closed_forms, dynamics, hitting, moments
from theory.maze import Maze
from theory.policy import Policy
from verify import measures, strategies
from verify.learners import sft
from verify.learners.learning import Budget
from verify.rollouts import rollouts
from verify.sampling import Law
from verify.sweeps import DEEP, SMALL, WIDE

# -- parts --------------------------------------------------------------------------------------------------------


def test_difference_recursion__searched(check):
    check.search(strategies.excursions(), measures.differences)


def test_difference_recursion__control(check):
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


@pytest.mark.parametrize("route", ["certificate", "solve"])
def test_sft_growth__control(check, route):
    if route == "certificate":
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
