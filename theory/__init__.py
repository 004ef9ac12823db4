"""What the paper claims, exactly: no randomness, no simulation, no reports.

The walk on the path-star maze of Wei and Kim (arXiv 2606.22938), its exact expected hitting times, the
population training dynamics, and the registry of claims. Nothing here samples; `verify` does.

    >>> from theory import Maze, Policy, expected_steps
    >>> expected_steps(Maze(W=15, K=15, L=5), Policy.base(L=5))
    Fraction(50141, 1)
"""

from theory.hitting import expected_steps
from theory.maze import Maze
from theory.moments import second_moment
from theory.numeric import InputError, Steps
from theory.policy import Policy

__version__ = "0.2.0"
__all__ = ["InputError", "Maze", "Policy", "Steps", "expected_steps", "second_moment"]
