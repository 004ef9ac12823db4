"""Checks of `theory.practice`: walks enumerated one by one, chains of their own, and a DAgger that runs.

What kept walks teach is summed here over every single walk; the claims' bodies push visits and credit through time
instead. A verifier's dead ends and a memory at the fork get chains of their own, solved exactly. The DAgger that runs
differs from `verify.learners.own_walks` in its expert, who in a wrong branch names the way back to the fork.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import strategies as st

from theory import accepted, dynamics, hitting, kept, practice, truncated
from theory.chain import START, TARGET, Chain, lumped_chain
from theory.maze import Maze
from theory.numeric import exact, fraction
from theory.policy import Branch, Policy
from theory.rewards import Reward
from verify import forward, measures
from verify.judge import grid
from verify.learners.edges import EdgePolicy
from verify.learners.learning import Used
from verify.learners.own_walks import DAgger, labels

# -- walks, one by one --------------------------------------------------------------------------------------------

INSIDE = st.integers(2, 12).flatmap(lambda q: st.integers(1, q - 1).map(lambda p: Fraction(p, q)))
FIXED = [Policy.of(Branch(*[[Fraction(1 + (7 * i + 5 * j + 3 * seed) % 9, 10) for j in range(K)] for i in range(4)]))
         for seed in (0, 1) for K in (1, 2)]
CUT: list[dict[str, Any]] = [
    {"maze": Maze(W, len(p.branches[0].a), 2), "policy": p, "T": 2 * len(p.branches[0].a) + more}
    for W in (1, 2, 3) for p in FIXED for more in (1, 3, 7)]


@st.composite
def cut(draw):
    """A small maze, tied rows inside (0, 1), and a horizon from 2K+1 to 2K+7."""
    maze = Maze(draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 3)))
    entries = st.lists(INSIDE, min_size=maze.K, max_size=maze.K)
    return {"maze": maze, "policy": Policy.of(draw(st.builds(Branch, entries, entries, entries, entries))),
            "T": draw(st.integers(maze.shortest, maze.shortest + 6))}


def walks(maze, policy, T):
    """(probability, arrival step or None, scores by row entry) of every walk of up to T steps of the lumped chain."""
    rows = lumped_chain(maze, policy).nonzero()
    ahead: list[Any] = [(exact(1), START, 0, {})]
    while ahead:
        mass, state, t, scores = ahead.pop()
        if state == TARGET or t == T:
            yield mass, t if state == TARGET else None, scores
            continue
        for to, p in rows[state].items():
            new = scores
            if state != START and state[1] <= 2 * maze.K:
                name, j = kept.row_of(state)
                persisted = (to == TARGET or (to != START and to[1] > state[1])) == state[2]
                # persists - p visits, p the probability of persisting
                new = {**scores, f"{name}_{j}": scores.get(f"{name}_{j}", 0) + (1 - p if persisted else p - 1)}
            ahead.append((mass * p, to, t + 1, new))


def total(maze, policy, T, weight):
    """The sum over walks of probability, weight(arrival step or None), and score, by row entry."""
    sums = {f"{name}_{j}": exact(0) for name in "abcd" for j in range(1, maze.K + 1)}
    for mass, t, scores in walks(maze, policy, T):
        for key, score in scores.items():
            sums[key] += mass * exact(weight(t)) * score
    return {key: fraction(value) for key, value in sums.items()}


def _kept(maze, policy, T, weight=lambda t: int(t is not None)):
    law = sum((mass for mass, t, _ in walks(maze, policy, T) if t is not None), exact(0))
    return {key: fraction(exact(value) / law) for key, value in total(maze, policy, T, weight).items()}


def test_rejection_short__exact(check):
    check.exhaust(CUT, _kept)


def test_rejection_short__searched(check):
    check.search(cut(), _kept, max_examples=25)


def test_rejection_short__control(check):
    check.exhaust(CUT, _kept)


def _least(maze, policy):
    return _kept(maze, policy, maze.shortest)


LEAST = [{"maze": case["maze"], "policy": case["policy"]} for case in CUT]


def test_rejection_golden__exact(check):
    check.exhaust(LEAST, _least)


def test_rejection_golden__control(check):
    check.exhaust(LEAST, _least)


def _share_signs(maze, policy, q):
    """Signs of the mean score over the shortest share q, by exact derivatives of the arrival law; ties shared out."""
    horizon = 8 * maze.K + 3
    while True:
        law, slopes = forward.arrival_law(maze, policy, horizon)
        if sum(law, exact(0)) >= exact(q):
            break
        horizon *= 2
    signs = {}
    for (_, row, j), series in slopes.items():
        if row in "bd":
            left, sum_ = exact(q), exact(0)
            for mass, slope in zip(law, series, strict=True):
                if mass != 0 and left > 0:
                    sum_ += slope * (min(left, mass) / mass)
                    left -= min(left, mass)
            signs[f"{row}_{j + 1}"] = practice._sign(sum_)
    return signs


SHARES = [{"maze": Maze(W, K, L), "policy": Policy(1, b, 1, d), "q": q}
          for W, K, L in ((1, 1, 2), (2, 1, 2), (3, 1, 1), (2, 2, 2), (4, 1, 3))
          for b, d in ((Fraction(2, 3), Fraction(1, 3)), (Fraction(9, 10), Fraction(4, 5)))
          for q in (Fraction(1, 2 * W), Fraction(1, W), Fraction(10001, 10000 * W), Fraction(W + 1, 2 * W))
          if q < 1]


def test_rejection_share__exact(check):
    check.exhaust(SHARES, _share_signs)


def test_rejection_share__control(check):
    check.exhaust(SHARES, _share_signs)


def _per_step(maze, policy, T):
    return _kept(maze, policy, T, lambda t: Fraction(1, t) if t else 0)


def test_rejection_per_step__exact(check):
    check.exhaust(CUT, _per_step)


def test_rejection_per_step__searched(check):
    check.search(cut(), _per_step, max_examples=25)


def test_rejection_per_step__control(check):
    check.exhaust(CUT, _per_step)


def _per_step_signs(W, K, L):
    """Signs of the float gradient where its error bound leaves no doubt; 9 where it does."""
    maze = Maze(W, K, L)
    _, slope, error = truncated.objective(maze, dynamics.base_log_odds(maze), kept.PerStep("outcome", 40 * K * K))
    signs = np.where(np.abs(slope) > error, np.sign(slope), 9).astype(int)
    return {f"b_{j + 1}": signs[1, j] for j in range(K)} | {f"d_{j + 1}": signs[3, j] for j in range(1, K)}


AT_BASE = grid(W=(2, 8, 300), K=(2, 3, 5), L=(1, 5))


def test_rejection_per_step_unlearns__computed(check):
    check.exhaust(AT_BASE, _per_step_signs)


def test_rejection_per_step_unlearns__control(check):
    check.exhaust(AT_BASE, _per_step_signs)


# -- sign of the sample, verifiers ----------------------------------------------------------------------------------

def _failures(maze, policy, T):
    return total(maze, policy, T, lambda t: -int(t is None))


def test_sample_sign__exact(check):
    check.exhaust(CUT, _failures)


def test_sample_sign__searched(check):
    check.search(cut(), _failures, max_examples=25)


def test_sample_sign__control(check):
    check.exhaust(CUT, _failures)


def _squares(maze, policy, T, row):
    """Over walks one by one; the mean reward of all of them is the baseline of both."""
    found = [(mass, int(t is not None), scores.get(row, 0)) for mass, t, scores in walks(maze, policy, T)]
    F = sum(mass * reward for mass, reward, _ in found)
    weights = {"successes": lambda r: r, "failures": lambda r: 1 - r, "both": lambda r: r - F}
    return {name: fraction(sum((m * exact(w(r)) ** 2 * s * s for m, r, s in found), exact(0)))
            for name, w in weights.items()}


ROWS = [{**case, "row": row} for case in CUT[1::3] for row in ("a_1", "b_1", "c_1", "d_1")]


def test_sample_sign_noise__exact(check):
    check.exhaust(ROWS, _squares)


def test_sample_sign_noise__control(check):
    check.exhaust(ROWS, _squares)


FLIPS = [{**case, "p": p, "q": q} for case in CUT[1::3]
         for p, q in ((0, 0), (Fraction(1, 10), Fraction(1, 5)), (Fraction(1, 2), Fraction(1, 2)), (1, Fraction(1, 4)))]


def _noisy(maze, policy, T, p, q):
    return total(maze, policy, T, lambda t: p if t is None else 1 - q)


def test_verifier_flips__exact(check):
    check.exhaust(FLIPS, _noisy)


def test_verifier_flips__control(check):
    check.exhaust(FLIPS, _noisy)


class Turned(Reward):
    """The outcome, held against the learner: (1 - p - q) < 0 times it moves the same way."""

    def of_success(self, t):
        """Minus 1 for arriving, at any step."""
        return -np.ones(np.shape(t))[()]


TURNED = [{"W": W, "K": K, "L": L} for W, K, L in ((1, 1, 1), (5, 1, 20), (1, 1, 1000), (3, 3, 2), (15, 6, 5))]


def _turned(W, K, L):
    run = truncated.ascent(Maze(W, K, L), Turned("outcome", max(6 * K + 3, 2 * K * K)), 3000, 0.01)
    return float(run.steps_to_target[-1])


def test_verifier_turned__computed(check):
    check.exhaust(TURNED, _turned)


def test_verifier_turned__tight(check):
    check.tight(TURNED, _turned, factor=2.3)


def test_verifier_turned__control(check):
    check.exhaust(TURNED, _turned)


def accepted_steps(maze, policy, p):
    """Expected steps until accepted: the lumped chain, a wrong leaf passed with probability p on arriving there."""
    rows = {}
    for state, row in lumped_chain(maze, policy).rows.items():
        new: dict[Any, Any] = {}
        for to, mass in row.items():
            if to not in (START, TARGET) and to[1] == maze.shortest:
                new[TARGET] = new.get(TARGET, 0) + mass * exact(p)
                mass = mass * (1 - exact(p))
            new[to] = new.get(to, 0) + mass
        rows[state] = new
    return Chain(rows).hitting_time()


PASSING = [{"maze": Maze(W, K, 2), "policy": policy, "p": p} for W in (1, 2, 5) for K in (1, 2)
           for policy in (Policy.base(2), Policy.sft_limit(2), Policy.optimum(), *FIXED[K - 1::2])
           for p in (Fraction(1, 1000), Fraction(1, 3), 1)]


def test_verifier_steps__exact(check):
    check.exhaust(PASSING, accepted_steps)


@st.composite
def passing(draw):
    """A small maze, tied rows in (0, 1], and a passing rate."""
    maze = Maze(draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    rows = st.lists(st.one_of(INSIDE, st.just(Fraction(1))), min_size=maze.K, max_size=maze.K)
    return {"maze": maze, "policy": Policy(*draw(st.tuples(rows, rows, rows, rows))), "p": draw(INSIDE)}


def test_verifier_steps__searched(check):
    check.search(passing(), accepted_steps)


def test_verifier_steps__control(check):
    check.exhaust(PASSING, accepted_steps)


def _descended(W, K, L):
    """The chain's steps at the rows where sign descent ends."""
    maze, p = Maze(W, K, L), Fraction(1, 2 * (2 * K * W + 1))
    return float(accepted_steps(maze, dynamics.policy_of(accepted.descent(maze, p).log_odds), p))


TRAPPED = [{"W": W, "K": K, "L": L} for W, K, L in ((2, 8, 1), (2, 8, 50), (15, 8, 5), (200, 8, 2), (15, 15, 5),
                                                    (3, 20, 50))]


def test_verifier_trap__computed(check):
    check.exhaust(TRAPPED, _descended, within=1e-6)


def test_verifier_trap__needed(check):
    check.exhaust(grid(W=(2, 15), K=(1, 3), L=(1, 5)), _descended, within=1e-6)


def test_verifier_trap__control(check):
    check.exhaust(TRAPPED, _descended, within=1e-6)


def _soonest(W, K, p):
    """The least over all policies of rows 0 and 1, tied across branches."""
    rows = list(product((0, 1), repeat=K))
    return min(accepted_steps(Maze(W, K, 1), Policy(a, b, c, d), p) for a, c in product(rows, repeat=2)
               for b, d in product(rows, repeat=2))


PASSED = grid(W=(2, 3, 7), K=(1, 2), p=(Fraction(1, 1000), Fraction(1, 14), Fraction(1, 4), 1))


def test_verifier_dead_end__exact(check):
    check.exhaust(PASSED, _soonest)


def test_verifier_dead_end__tight(check):
    check.tight(PASSED, _soonest, factor=1.0)


@st.composite
def passed(draw):
    """A verifier that passes dead ends with probability p, and any tied rows."""
    K = draw(st.integers(1, 3))
    rows = st.lists(st.one_of(INSIDE, st.just(Fraction(1))), min_size=K, max_size=K)
    return {"W": draw(st.integers(2, 5)), "K": K, "p": draw(INSIDE), "rows": draw(st.tuples(rows, rows, rows, rows))}


def test_verifier_dead_end__searched(check):
    check.search(passed(), lambda W, K, p, rows: accepted_steps(Maze(W, K, 1), Policy(*rows), p))


def test_verifier_dead_end__control(check):
    check.exhaust(PASSED, _soonest)


def _sooner(W, K, p):
    """By the chain: every row 1, against every row 1 but b_K = 0."""
    retreating = accepted_steps(Maze(W, K, 1), Policy.optimum(), p)
    insisting = accepted_steps(Maze(W, K, 1), Policy(1, [1] * (K - 1) + [0], 1, 1), p)
    return practice._sign(insisting - retreating)


NEAR = [{"W": W, "K": K, "p": practice.hacked_from(W, K) * factor} for W in (2, 5, 15) for K in (1, 4, 15)
        for factor in (Fraction(1, 2), Fraction(9999, 10000), 1, Fraction(10001, 10000))]


def test_verifier_hacked__exact(check):
    check.exhaust(NEAR, _sooner)


def test_verifier_hacked__control(check):
    check.exhaust(NEAR, _sooner)


# -- an expert who knows the target -----------------------------------------------------------------------------------

def _visits(walk):
    """Expected visits of every state of a chain, by one exact solve of the transposed system."""
    states = walk.visited()
    at = {state: i for i, state in enumerate(states)}
    matrix = [[flint.fmpq(int(i == j)) for j in range(len(states))] for i in range(len(states))]
    for state in states:
        for to, p in walk.rows[state].items():
            if to != TARGET:
                matrix[at[to]][at[state]] -= p
    found = flint.fmpq_mat(matrix).solve(flint.fmpq_mat([[int(state == START)] for state in states]))
    return {state: found[at[state], 0] for state in states}


def _one_target(W, K):
    """DAgger counted: expected visits of every row, each labelled by whether it brings the walker nearer to the
    target's leaf (shortest paths on the star), imitated; from base, three rounds added up."""
    leaf = 2 * K + 1

    def away_from_leaf(i, x):
        return leaf - x if i == 0 else leaf + x

    policy = Policy.untied([Policy.base(2).branches[0]] * W)
    chosen: dict[Any, Any] = {}
    seen: dict[Any, Any] = {}
    for _ in range(3):
        visits = _visits(_untied_chain(W, K, policy))
        for i in range(W):
            for x in range(1, leaf):
                for outwards in (True, False):
                    onwards = x + 1 if outwards else x - 1
                    nearer = away_from_leaf(i, onwards) < away_from_leaf(i, x)
                    key, mass = (i, x, outwards), visits.get((i, x, outwards), 0)
                    chosen[key] = chosen.get(key, 0) + mass * nearer
                    seen[key] = seen.get(key, 0) + mass
        # nobody comes back from the target: its last row is never asked, and stays as it is
        share = {key: fraction(exact(chosen[key] / seen[key])) if seen[key] else Fraction(1, 2) for key in seen}
        policy = Policy.untied([Branch(*([share[i, x, outwards] for x in range(first, leaf, 2)] for first, outwards in (
            (2, True), (2, False), (1, True), (1, False)))) for i in range(W)])
    return hitting.expected_steps(Maze(W, K, 2), policy)


def _untied_chain(W, K, policy):
    """The walk on the star with rows of each branch's own; branch 0 is the target's."""
    leaf = 2 * K + 1
    rows: dict[Any, dict[Any, Any]] = {START: {(i, 1, True): exact(1) / W for i in range(W)}}
    for i in range(W):
        for x, (p, q) in enumerate(zip(*policy.branch(i).persistence(K), strict=True), 1):
            on = TARGET if (i, x + 1) == (0, leaf) else (i, x + 1, True)
            home = START if x == 1 else (i, x - 1, False)
            rows[i, x, True] = {on: exact(p), home: 1 - exact(p)}
            rows[i, x, False] = {home: exact(q), on: 1 - exact(q)}
        if i:
            rows[i, leaf, True] = {(i, leaf - 1, False): exact(1)}
    return Chain({state: {to: p for to, p in row.items() if p != 0} for state, row in rows.items()})


def test_dagger_one_target__exact(check):
    check.exhaust(grid(W=range(2, 7), K=range(1, 6)), _one_target)


def test_dagger_one_target__control(check):
    check.exhaust(grid(W=range(2, 7), K=range(1, 6)), _one_target)


def _asked_for(W, K):
    """Shares of visits labelled persist under the fixed point's own rows, rounded to rationals."""
    claimed = practice.dagger_fixed_point(W, K)
    P, Q = ([claimed[f"{name}_{x}"] for x in range(1, 2 * K + 1)] for name in "PQ")
    visits = _visits(lumped_chain(Maze(W, K, 1), Policy(P[1::2], Q[1::2], P[::2], Q[::2])))
    shares = {}
    for x in range(1, 2 * K + 1):
        away, back = ([visits.get((side, x, way), 0) for side in ("target", "wrong")] for way in (True, False))
        shares[f"P_{x}"], shares[f"Q_{x}"] = float(away[0] / sum(away)), float(back[1] / sum(back))
    return shares


POINTS = grid(W=(2, 3, 5), K=(1, 2, 4))


def test_dagger_fixed_point__computed(check):
    check.exhaust(POINTS, _asked_for, within=1e-9)


def test_dagger_fixed_point__control(check):
    check.exhaust(POINTS, _asked_for, within=1e-9)


def _iterated(W, K):
    """Steps after 4000 rounds of DAgger on expected visits, those of all rounds added up, from base with L = 2."""
    x = np.arange(2 * K)
    P, Q = np.where(x % 2 == 0, 2 / 3, 1 / 3), np.where(x % 2 == 0, 1 / 3, 2 / 3)
    goal, wrong, strayed, back = np.zeros((4, 2 * K))
    for _ in range(4000):
        m = np.concatenate([[1], np.cumprod(P / Q)])
        s = np.concatenate([[1], np.cumprod(Q / P)])
        n = [1 + ((1 - P) / P * s[:-1]).sum()]
        M = (W - 1) * n[0] * m
        for p, q in zip(P, Q, strict=True):
            n.append(1 + (p * n[-1] - 1) / q)
        goal += n[:-1]
        wrong += M[:-1]
        strayed += np.array(n[1:]) - 1
        back += M[1:]
        P, Q = goal / (goal + wrong), back / (back + strayed)
    return float(2 * np.array(n).sum() - len(n) + 2 * M.sum())


def _chained(W, K):
    """Steps of the fixed point's rows on the full or lumped chain, exactly for the rounded rows."""
    claimed = practice.dagger_fixed_point(W, K)
    P, Q = ([claimed[f"{name}_{x}"] for x in range(1, 2 * K + 1)] for name in "PQ")
    return float(measures.solved(Maze(W, K, 1), Policy(P[1::2], Q[1::2], P[::2], Q[::2])))


@pytest.mark.parametrize("route", ["chain", "rounds"])
def test_dagger_cost__computed(check, route):
    """By the chain; and DAgger goes there, in rounds on expected visits from base."""
    if route == "chain":
        check.exhaust(POINTS, _chained, within=1e-9)
    else:
        check.exhaust(grid(W=(2, 3, 5), K=(1, 2)), _iterated, within=1e-3)


def test_dagger_cost__control(check):
    check.exhaust(POINTS, _chained, within=1e-9)


def _growth(W, K):
    """Of the chain's cost, at the fixed point's rows rounded to rationals; not by the formula of dagger_cost."""
    return _chained(W, K + 1) / _chained(W, K)


@pytest.mark.parametrize("W, depths", [(3, (2, 4, 8, 12)), (4, (2, 4, 8)), (6, (1, 2, 4, 6))])
def test_dagger_rate__sweep(check, W, depths):
    check.sweep([{"W": W, "K": K} for K in depths], _growth, within=1e-6)


def test_dagger_rate__control(check):
    check.sweep([{"W": 4, "K": K} for K in (2, 4, 8)], _growth, within=1e-6)


@dataclass(frozen=True)
class KnowingExpert(DAgger):
    """DAgger whose expert names the next edge of a shortest path everywhere: in a wrong branch that is back."""

    def update(self, policy, seed, used, memory):
        """Walk, ask, imitate the answers of all rounds."""
        seen, targets = self.walk(policy, seed, used, apart=True)
        visits = seen.counts.sum(axis=-1)
        _, ahead = labels(policy)
        behind = np.where(ahead > 0, 0.0, 1.0)
        chosen = (visits[:, 1:].sum(axis=0)[..., None] * (behind / behind.sum(axis=-1, keepdims=True))
                  + visits[:, :1].sum(axis=0)[..., None] * ahead)
        memory["chosen"] = memory.get("chosen", 0.0) + chosen.astype(float)
        self.imitate(policy, memory["chosen"], used.samples + self.rollouts)
        return Used(self.rollouts, int(seen.steps.sum()))


def test_dagger_fixed_point__simulated(check):
    """Runs on sampled walks of the full multigraph end with row d_1 within 0.05 of the fixed point's: nine of ten."""
    maze, claimed = Maze(3, 2, 2), check.body(3, 2)["Q_1"]

    def draw(seed):
        ends = []
        for run in range(24):
            policy, used = EdgePolicy(maze, tied=True), Used()
            memory: dict[str, Any] = {}
            for _ in range(12):
                more = KnowingExpert(1.0, rollouts=50, horizon=10**5, converged=True).update(
                    policy, seed + run, used, memory)
                used = Used(used.samples + more.samples, used.steps + more.steps)
            ends.append(abs(float(policy.rows()["d"][0, 0].mean()) - claimed) < 0.05)
        return np.array(ends)

    check.share(0.9, 0.1, draw, relation="at least")
