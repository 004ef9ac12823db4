"""Checks of `theory.distillation`: the coverage law, from exact probabilities of entering a branch."""

from fractions import Fraction

from theory.maze import Maze
from theory.policy import Policy
from verify.judge import grid
from verify.wrapped import entered_before_target


def _unseen(W, n):
    """W times the n-th power of the chance that one trace leaves branch 0 without a retreat; targets uniform, K = 2.

    A trace whose target is branch 0 enters it, but never moves back in it, so it leaves the backward rows unseen.
    """
    maze = Maze(W, 2, 2)
    wrong = [entered_before_target(maze, Policy.optimum(), 0, target) for target in range(1, W)]
    return W * ((1 + sum(1 - p for p in wrong)) / Fraction(W)) ** n


COVERED = grid(W=range(2, 7), n=range(1, 6))


def test_distillation_coverage__exact(check):
    check.exhaust(COVERED, _unseen)


def test_distillation_coverage__control(check):
    check.exhaust(COVERED, _unseen)
