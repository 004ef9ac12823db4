"""Random streams, compiled: one xoshiro256++ generator a run, to be inlined in the loops that walk.

Setting. Run number i of a seed has a stream of its own, xoshiro256++ (Blackman and Vigna) whose four words are
SplitMix64's output on the seed and i, so a sample does not depend on how runs are grouped. The parts are compiled
inline: a loop keeps the four words in registers.

Not covered: tests of the generator's quality; jumps ahead in a stream.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Streams(NamedTuple):
    """Functions for numba loops: rotated(x, k); started(seed, run) -> (s0, s1, s2, s3); and drawn(s0, s1, s2, s3) ->
    (64 random bits, s0, s1, s2, s3)."""

    rotated: Callable[..., Any]
    started: Callable[..., Any]
    drawn: Callable[..., Any]


@functools.cache
def streams() -> Streams:
    """The generator's parts; numba is imported on first use."""
    import numba

    u64 = np.uint64

    @numba.njit(inline="always")
    def mixed(z: Any) -> Any:                                      # SplitMix64's output function
        z = (z ^ (z >> u64(30))) * u64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> u64(27))) * u64(0x94D049BB133111EB)
        return z ^ (z >> u64(31))

    @numba.njit(inline="always")
    def rotated(x: Any, k: int) -> Any:
        return (x << u64(k)) | (x >> u64(64 - k))

    @numba.njit(inline="always")
    def started(seed: Any, run: int) -> Any:
        step = u64(0x9E3779B97F4A7C15)
        key = mixed(mixed(seed + step) + u64(run))
        return mixed(key + step), mixed(key + step * u64(2)), mixed(key + step * u64(3)), mixed(key + step * u64(4))

    @numba.njit
    def drawn(s0: Any, s1: Any, s2: Any, s3: Any) -> Any:
        draw = rotated(s0 + s3, 23) + s0
        shifted = s1 << u64(17)
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        return draw, s0, s1, s2, rotated(s3, 45)

    return Streams(rotated, started, drawn)
