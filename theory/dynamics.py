"""Population training dynamics: SFT's flow in closed form, RLVR's exact gradient as a flow, descent or sign descent.

Setting. A policy is a softmax over next edges, one logit an edge; by symmetry the L parallel edges of a diamond keep
equal logits, so a row is described by its log-odds z of persisting. Moving every edge logit of a row along the
gradient of a function of p = 1/(1+exp(-z)) with slope g moves z by (1 + 1/L) g p (1-p); moving every edge logit by
lr along the gradient's *sign* moves z by 2 lr.

SFT minimises the cross-entropy of golden paths, a row being visited at rate w. With D the logit gap between a
golden edge and another one, started from D = 0:

    row a (one golden edge of L+1):     e^D + L D = 1 + w (L+1) t,        a = e^D/(e^D + L)
    row c (L golden edges of L+1):      D + L e^D = L + w (1+1/L) t,      c = L e^D/(L e^D + 1)

so that x = a/(1-a) = e^D/L solves x + log x = (1 + w(L+1)t)/L - log L, and x = c/(1-c) = L e^D solves
x + log x = L + w(1+1/L)t + log L: the Wright omega function. Rows b and d get no data and never move.

RLVR maximises outcome - penalty * steps. Untruncated, the outcome is 1 for every policy that surely arrives, so what
is left is descent on penalty * H; with penalty 0 nothing moves. Rows are tied across branches, which is the same as
untied rows under uniform targets up to a factor 1/W in the gradient.

Stands on `theory.hitting`, whose loops (`theory.loops`) are compiled here as they stand. Not covered: sampling;
truncated rollouts.
Floats: log-odds carry p and 1-p to full precision, and no step subtracts, so H is good to about 40K roundings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import flint
import numpy as np

from theory import hitting, loops
from theory.maze import Maze
from theory.numeric import InputError, ball_precision, exact, integer
from theory.policy import ROWS, Policy

Array = np.ndarray
RULES = ("sign", "gradient", "normalised")        # how a step is made of a gradient


# -- SFT --------------------------------------------------------------------------------------------------------

def sft_odds(t: Any, L: int, w: float = 1.0) -> tuple[Array, Array]:
    """(a/(1-a), c/(1-c)) at training time t (float or array) of the population flow from base, in float64.

    w: visits of the row per unit of time (1 when every datum passes it; 1/W untied with uniform targets).
    Errors: `InputError` for t < 0 or w < 0.

    >>> a, c = sft_odds(0.0, 5)
    >>> round(float(a), 9), round(float(c), 9)
    (0.2, 5.0)
    """
    from scipy.special import wrightomega

    t = np.asarray(t, dtype=float)
    if not (np.all(t >= 0) and w >= 0):
        raise InputError(f"training time {t.min()} and visiting rate {w} must not be negative")
    return (wrightomega((1 + w * (L + 1) * t) / L - np.log(L)),
            wrightomega(L + w * (1 + 1 / L) * t + np.log(L)))


def sft_policy(t: Any, L: int, w: Any = 1, bits: int = 128) -> Policy:
    """The SFT policy at training time t as balls of `bits` bits: a and c by Lambert's W, b and d exactly base.

    t, w: any number `exact` reads, as long as they are rational. Errors as `sft_odds`.

    >>> round(float(sft_policy(10, 5).branches[0].a.mid()), 6)
    0.894244
    """
    t, w, L = exact(t, "t"), exact(w, "w"), integer(L, "L")
    if t < 0 or w < 0:
        raise InputError(f"training time {t} and visiting rate {w} must not be negative")
    grown = w * (L + 1) * t
    with ball_precision(bits + int(grown.p // grown.q).bit_length()):    # the exponential's error is its argument's
        a_odds = (flint.arb((1 + grown) / L).exp() / L).lambertw()
        c_odds = (flint.arb(L + grown / L).exp() * L).lambertw()
        return Policy(a=a_odds / (1 + a_odds), b=flint.fmpq(L, L + 1), c=c_odds / (1 + c_odds),
                      d=flint.fmpq(1, L + 1))


def sft_flow_steps(maze: Maze, t: Any, w: Any = 1, digits: int = 16) -> flint.arb:
    """Expected steps at training time t of the SFT flow, as a ball with at least `digits` correct digits.

    >>> sft_flow_steps(Maze(15, 15, 5), 1).str(12, radius=False)
    '18226901.2100'
    """
    bits = 64
    while bits <= 1 << 20:
        bits *= 2
        with ball_precision(bits):
            H = hitting.expected_steps(maze, sft_policy(t, maze.L, w, bits))
            if H.rel_accuracy_bits() >= 3.33 * digits:
                return H
    raise InputError(f"t = {t}: H did not settle to {digits} digits")


# -- RLVR -------------------------------------------------------------------------------------------------------

def length(slope: Array) -> float:
    """The Euclidean length of a gradient, without overflow or underflow on the way; compiled by who needs it.

    >>> float(length(np.array([3e200, 4e200]))) / 1e200
    5.0
    """
    largest = np.abs(slope).max()
    return largest * np.sqrt(((slope / largest) ** 2).sum()) if 0 < largest < np.inf else largest


class _Kernel(NamedTuple):
    """The compiled functions: z -> (H, dH/dz), and a run of descent steps."""

    cost_and_slope: Callable[..., float]
    descend: Callable[..., int]


@functools.cache
def _kernel() -> _Kernel:
    """Compile `theory.loops` into z -> (H, dH/dz), the heart of every descent.

    Compiled on first use (seconds), so that importing this module stays cheap.
    """
    import numba

    # numpy's error model: a row that rounds to 0 makes H infinite; it raises nothing
    compiled: Callable[..., Any] = numba.njit(error_model="numpy")
    excursion, approach, sensitivity, excursion_gradient, approach_gradient = map(compiled, (
        loops.excursion, loops.approach, loops.sensitivity,
        loops.excursion_gradient, loops.approach_gradient))
    norm = compiled(length)

    @compiled
    def cost_and_slope(z: Array, W: int, slope: Array) -> float:
        """H at log-odds z (4 x K, rows a b c d); writes dH/dz = p(1-p) dH/dp to `slope` (4 x K)."""
        K = z.shape[1]
        n = 2 * K
        P, P_not, Q, Q_not = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
        for j in range(K):
            P[2 * j], P_not[2 * j] = 1 / (1 + np.exp(-z[2, j])), 1 / (1 + np.exp(z[2, j]))
            P[2 * j + 1], P_not[2 * j + 1] = 1 / (1 + np.exp(-z[0, j])), 1 / (1 + np.exp(z[0, j]))
            Q[2 * j], Q_not[2 * j] = 1 / (1 + np.exp(-z[3, j])), 1 / (1 + np.exp(z[3, j]))
            Q[2 * j + 1], Q_not[2 * j + 1] = 1 / (1 + np.exp(-z[1, j])), 1 / (1 + np.exp(z[1, j]))
        ones, D, N, zeta = np.ones(n), np.empty(n + 1), np.empty(n + 1), np.empty(n + 1)
        dP, dQ = np.zeros(n), np.zeros(n)
        first = 1.0 * W
        if W > 1:                     # not merely times W - 1 = 0: with one branch Q may go to 0, and E to infinity
            first += (W - 1) * excursion(P, Q, ones, ones, 1.0, D)
        H = first + approach(P, P_not, Q, ones, ones, first, N)
        Z = sensitivity(P, P_not, Q, zeta)
        approach_gradient(P, Q, N, zeta, dP, dQ)
        if W > 1:
            excursion_gradient(P, Q, D, (W - 1) * Z, dP, dQ)
        for j in range(K):
            slope[0, j] = dP[2 * j + 1] * P[2 * j + 1] * P_not[2 * j + 1]
            slope[1, j] = dQ[2 * j + 1] * Q[2 * j + 1] * Q_not[2 * j + 1]
            slope[2, j] = dP[2 * j] * P[2 * j] * P_not[2 * j]
            slope[3, j] = dQ[2 * j] * Q[2 * j] * Q_not[2 * j]
        return H

    @compiled
    def descend(z: Array, W: int, steps: int, scale: float, rule: int, trace: Array) -> int:
        """Run up to `steps` steps in place, trace[i] = H before step i; returns how many were run."""
        slope = np.empty_like(z)
        for step in range(steps):
            H = cost_and_slope(z, W, slope)
            if not np.isfinite(H):
                trace[step] = np.inf
                return step
            trace[step] = H
            size = norm(slope) if rule == 2 else 1.0
            by = scale / size if size > 0 else 0.0
            for i in range(z.shape[0]):
                for j in range(z.shape[1]):
                    z[i, j] -= by * (np.sign(slope[i, j]) if rule == 0 else slope[i, j])
        H = cost_and_slope(z, W, slope)
        trace[steps] = H if np.isfinite(H) else np.inf
        return steps

    return _Kernel(cost_and_slope, descend)


def base_log_odds(maze: Maze) -> Array:
    """Log-odds of persisting of the base model: 4 x K, rows a, b, c, d; -log L, log L, log L, -log L.

    >>> base_log_odds(Maze(3, 2, 1)).shape
    (4, 2)
    """
    return np.log(maze.L) * np.array([[-1.0], [1.0], [1.0], [-1.0]]) * np.ones((4, maze.K))


def policy_of(log_odds: Array) -> Policy:
    """The policy with these log-odds (4 x K), rows rounded to floats.

    >>> policy_of(base_log_odds(Maze(3, 2, 1)))
    Policy(a=[1/2, 1/2], b=[1/2, 1/2], c=[1/2, 1/2], d=[1/2, 1/2])
    """
    return Policy.from_logits(dict(zip(ROWS, log_odds, strict=True)))


class Training(NamedTuple):
    """A training run: `steps_to_target[i]` is H after step (or at time) `at[i]`; the last log-odds, 4 x K.

    >>> Training(np.arange(2.0), np.array([9.0, 8.0]), np.zeros((4, 1))).steps_to_target[-1].item()
    8.0
    """

    at: Array
    steps_to_target: Array
    log_odds: Array

    def _repr_html_(self) -> str:
        from theory.notebook import training_html

        return training_html(self)


def cost_and_gradient(maze: Maze, log_odds: Array) -> tuple[float, Array]:
    """(H, dH/dz) at log-odds z of persisting, 4 x K: the derivative along the log-odds themselves.

    Errors: `InputError` when H or a slope leaves float64's range; `theory.hitting.expected_steps` has none.

    >>> maze = Maze(15, 15, 5)
    >>> H, slope = cost_and_gradient(maze, base_log_odds(maze))
    >>> round(H, 6), slope.shape
    (50141.0, (4, 15))
    """
    slope = np.empty((4, maze.K))
    H = _kernel().cost_and_slope(_log_odds(maze, log_odds), maze.W, slope)
    if not (np.isfinite(H) and np.all(np.isfinite(slope))):
        raise InputError(f"the expected steps or their slope leave float64's range on {maze}; use expected_steps")
    return H, slope


def descent(maze: Maze, steps: int, lr: float, *, rule: str = "sign", penalty: float = 1.0,
            start: Array | None = None) -> Training:
    """RLVR on the exact gradient: `steps` steps on the log-odds z (4 x K), from base or from `start`.

    rule: 'sign' (Figure 3: every z moves by lr), 'gradient' (z moves by lr * penalty * dH/dz) or 'normalised' (by lr
    along dH/dz over its Euclidean length), all downhill.
    Errors: `InputError` for an unknown rule, lr <= 0 or penalty < 0; a run whose H overflows is cut there.

    >>> run = descent(Maze(15, 15, 5), steps=1200, lr=0.01)
    >>> [round(float(run.steps_to_target[i]) + 1, 4) for i in (0, 1, 100, 1200)]
    [50142.0, 49658.0633, 20239.8814, 900.4437]
    """
    integer(steps, "steps", least=0)
    if rule not in RULES:
        raise InputError(f"rule {rule!r}: not one of {', '.join(RULES)}")
    if not (lr > 0 and np.isfinite(lr)):
        raise InputError(f"lr = {lr}: must be positive")
    _check_penalty(penalty)
    z = _log_odds(maze, start)
    scale = lr * penalty if rule == "gradient" else lr * np.sign(penalty)
    trace = np.full(steps + 1, np.inf)
    done = _kernel().descend(z, maze.W, steps, float(scale), RULES.index(rule), trace)
    return Training(np.arange(done + 1.0), trace[:done + 1], z)


def gradient_flow(maze: Maze, times: Array, *, penalty: float = 1.0, start: Array | None = None,
                  rtol: float = 1e-9) -> Training:
    """RLVR's gradient flow, dz/dt = -penalty * dH/dz, at increasing `times` >= 0.

    Integrated by scipy's LSODA to relative tolerance `rtol` on the log-odds. Errors: `InputError` for bad times, a
    negative penalty, or when the integrator gives up.

    >>> run = gradient_flow(Maze(2, 1, 1), [0, 1e6])
    >>> [round(float(H), 2) for H in run.steps_to_target]
    [27.0, 9.0]
    """
    from scipy.integrate import solve_ivp

    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or not len(times) or not np.all(np.isfinite(times)) or times[0] < 0 or np.any(
            np.diff(times) <= 0):
        raise InputError("times: an increasing list of numbers from 0 is needed")
    _check_penalty(penalty)
    z0, kernel, slope = _log_odds(maze, start), _kernel().cost_and_slope, np.empty((4, maze.K))

    def velocity(_: float, z: Array) -> Array:
        kernel(z.reshape(4, -1), maze.W, slope)
        return -penalty * slope.ravel()

    states = np.repeat(z0.reshape(1, -1), len(times), axis=0)
    if times[-1] > 0:
        result = solve_ivp(velocity, (0, times[-1]), z0.ravel(), method="LSODA", t_eval=times, rtol=rtol, atol=rtol)
        if not result.success:
            raise InputError(f"the gradient flow could not be integrated to {times[-1]}: {result.message}")
        states = result.y.T
    H = np.array([kernel(np.ascontiguousarray(z.reshape(4, -1)), maze.W, slope) for z in states])
    return Training(times, H, states[-1].reshape(4, -1))


def _check_penalty(penalty: float) -> None:
    if not (penalty >= 0 and np.isfinite(penalty)):
        raise InputError(f"penalty = {penalty}: must not be negative")


def _log_odds(maze: Maze, start: Array | None) -> Array:
    z = base_log_odds(maze) if start is None else np.array(start, dtype=float, order="C")
    if z.shape != (4, maze.K):
        raise InputError(f"log-odds of shape {z.shape}: 4 x K = 4 x {maze.K} are needed")
    if np.any(np.isnan(z)):
        raise InputError("log-odds: nan is not a number")
    return z
