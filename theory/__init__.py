"""What the paper claims, exactly: no randomness, no simulation, no reports.

The walk on the path-star maze of Wei and Kim (arXiv 2606.22938), its exact expected hitting times, the
population training dynamics, and the registry of claims. Nothing here samples; `verify` does.

    >>> from theory import Maze, Policy, Steps, claims, descent, expected_steps
    >>> maze = Maze(W=15, K=15, L=5)
    >>> expected_steps(maze, Policy.base(L=5))
    Fraction(50141, 1)

Imitation of golden paths for ever makes it worse, by a factor exponential in K; the optimum is linear:

    >>> print(Steps.of(expected_steps(maze, Policy.sft_limit(L=5))), expected_steps(maze, Policy.optimum()))
    431844824909799.86 899

Where the walk of RLVR goes, by sign steps of 0.01 on the exact gradient (Figure 3 counts one step more):

    >>> run = descent(maze, steps=1200, lr=0.01)
    >>> [round(float(run.steps_to_target[i]), 2) for i in (0, 100, 1200)]
    [50141.0, 20238.88, 899.44]

What is claimed, with its formula, which takes numbers and symbols alike:

    >>> claim = claims()["separation_rlvr_upper"]
    >>> print(claim.statement)
    A walker that always persists needs at most 6WK steps: linear in W and in K.
    >>> claim.relation, claim.body(15, 15), claim.latex()
    ('at most', 1350, '6 K W')

In a notebook `maze`, a policy, `Steps`, `run` and `claim` are shown as a drawing, tables and formulas.
"""

from theory.claim import Claim, claims
from theory.dynamics import Training, descent, sft_flow_steps, sft_policy
from theory.hitting import expected_steps
from theory.maze import Maze
from theory.moments import reach_probability, second_moment
from theory.numeric import InputError, Steps
from theory.policy import Policy

__version__ = "0.2.0"
__all__ = ["Claim", "InputError", "Maze", "Policy", "Steps", "Training", "claims", "descent", "expected_steps",
           "reach_probability", "second_moment", "sft_flow_steps", "sft_policy"]
