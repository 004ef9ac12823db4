"""What a mutation run showed that nothing pinned: edges of domains, quoted constants, the ends of compiled arrays.

Each test here turns red for a planted error that the checks of verify/ had let live (paper_notes/mutation.md).
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product

import pytest

from theory.claim import claims
from theory.closed_forms import base_steps, optimum_steps, sft_steps
from theory.reinforcement import figure3_target_quoted, rlvr_signs, rlvr_signs_quoted
from theory.separation import separation_sft_order_quoted

SIZES = list(product(range(1, 24), repeat=2))


def _by_sizes(words: str) -> bool:
    """Whether the words of a domain are comparisons of W, K and L alone: 'W >= 2, K >= 8, L >= 1'."""
    try:
        return isinstance(eval(words, {}, {"W": 2, "K": 2, "L": 2}), tuple)
    except (SyntaxError, NameError):
        return False


SIZED = [label for label, claim in claims().items() if _by_sizes(claim.domain.words)]


@pytest.mark.parametrize("label", SIZED)
def test_the_predicate_of_a_domain_is_its_words(label):
    """A predicate that is narrower than its words would leave the claim unchecked where it is made."""
    domain = claims()[label].domain
    for W, K in SIZES:
        said = all(eval(domain.words, {}, {"W": W, "K": K, "L": 1}))
        assert domain.holds(W=W, K=K, L=1) == said, (label, W, K)


def test_some_domains_are_read():
    assert {"rlvr_reaches", "rlvr_rows", "rlvr_signs", "early_stopping", "sft_worse_than_base"} <= set(SIZED)


def test_the_domain_of_balanced_rows_ends_where_d_is_1():
    holds = claims()["balanced_cost"].domain.holds
    assert holds(a=0.5, c=0.5, b=0.25)
    assert not holds(a=0.5, c=0.5, b=0.125)


def test_a_quoted_statement_is_right_where_it_was_read_off():
    """What is refuted in general must be the statement as quoted, and no easier one."""
    assert all(figure3_target_quoted(n, n) == optimum_steps(n, n) + 1 for n in range(1, 20))
    assert all(rlvr_signs_quoted(W, K, 2) == rlvr_signs(W, K, 2) for W, K in ((2, 1), (2, 2), (5, 4)))
    for L in (20, 100, 1000):
        assert 3 < 1000 * sft_steps(7, 4, L) / separation_sft_order_quoted(7, 4, L) < 6


def test_compiled_loops_stay_inside_their_arrays():
    """Compiled code does not look where it writes; the same loops, run uncompiled, do."""
    code = ("from theory import dynamics\nfrom theory.maze import Maze\n"
            "for W in (1, 3):\n"
            "    maze = Maze(W, 2, 2)\n"
            "    H, slope = dynamics.cost_and_gradient(maze, dynamics.base_log_odds(maze))\n"
            "    print(round(H, 9))\n")
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [str(float(base_steps(W, 2, 2))) for W in (1, 3)]
