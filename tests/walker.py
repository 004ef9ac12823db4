"""The walker in plain Python: what the compiled samplers of `verify.rollouts` are held to, step for step.

Written from the definitions alone: SplitMix64 and xoshiro256++ on Python's integers, nodes as (branch, depth), the
policy asked for a row at every step. Slow on purpose; the benchmark calls it plain Python.
"""

from __future__ import annotations

MASK = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15


def _mixed(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def _rotated(x, k):
    return (x << k | x >> 64 - k) & MASK


class Xoshiro:
    """xoshiro256++; stream `run` of a seed."""

    def __init__(self, seed, run):
        key = _mixed((seed + GAMMA) & MASK) + run & MASK
        key = _mixed(key)
        self.s = [_mixed(key + i * GAMMA & MASK) for i in (1, 2, 3, 4)]

    def draw(self):
        s = self.s
        result = _rotated(s[0] + s[3] & MASK, 23) + s[0] & MASK
        shifted = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = _rotated(s[3], 45)
        return result


def lumped_walk(maze, P, Q, seed, run, limit=10**9):
    """Steps of one walk on the lumped chain, and its states (side, x, away): rows P, Q as floats, x = 1 .. 2K."""
    rng, n = Xoshiro(seed, run), len(P)
    side, x, away, seen = None, 0, True, []
    while len(seen) < limit:
        if x == 0:
            side, x, away = (0 if rng.draw() < threshold(1 / maze.W) else 1), 1, True
        elif x == n + 1:
            rng.draw()                           # the table walker draws for a forced move too
            x, away = n, False
        else:
            if rng.draw() >= threshold((P if away else Q)[x - 1]):
                away = not away
            x += 1 if away else -1
        seen.append((side, x, away))
        if (side, x) == (0, n + 1):
            break
    return len(seen), seen


def threshold(p):
    """floor(2^64 p), at most 2^64 - 1."""
    return min(int(p * 2.0**64), MASK)


def graph_walk(policy, target, seed, run, limit=10**9):
    """(steps, reached, choices): one walk on the multigraph; choices as (branch, x - 1, edge come by, edge left by)."""
    maze, p = policy.maze, policy.probabilities()
    rng, n, L = Xoshiro(seed, run), 2 * maze.K, maze.L
    branch, x, came, choices = 0, 0, 0, []
    for t in range(1, limit + 1):
        if x == n + 1:
            x, came = n, L
            continue
        draw = rng.draw()
        if x == 0:
            branch, x, came = int((draw >> 11) * 2.0**-53 * maze.W), 1, 0
            continue
        row, total, edge = p[policy.block(branch), x - 1, came], 0.0, 0
        for k in range(L):
            total += row[k]
            edge += draw >= threshold(total)
        choices.append((branch, x - 1, came, edge))
        back = maze.copies(x - 1)
        if edge < back:
            x -= 1
            came = (maze.copies(x - 1) if x else 0) + edge
        else:
            x, came = x + 1, edge - back
            if x == n + 1 and branch == target:
                return t, True, choices
    return limit, False, choices
