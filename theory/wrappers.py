"""Corollary 1 and its neighbours: what a search or a restart at inference does to the gap.

Setting. A search that never crosses the same directed edge twice draws branches without replacement and cannot turn
back into a diamond for ever; a restart abandons the walk at the first dead end; nested forks put M forks in a row.

Search and restarts are checked exactly on small mazes. The nested formula is registered and says `stated`.
"""

from __future__ import annotations

from typing import Any

from theory.claim import MAZES, Domain, claim
from theory.closed_forms import parameter
from theory.numeric import fraction

DERIVED = ("derived", "counted by hand")
COROLLARY = ("paper", "Corollary 1, by public statements of it")
NESTED = Domain("M forks in a row, W, K >= 1")


def _half(value: Any) -> Any:
    """value/2, exactly for ints too."""
    return fraction(parameter(value) / 2)


@claim("expected steps of the SFT limit under search", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K, L: _half((W - 1) * (K * (L + 2) + 2)) + 2 * K + 1, control_words="L + 2 for L + 3")
def search_sft(W: Any, K: Any, L: Any) -> Any:
    """With search that never crosses a directed edge twice, SFT needs (W-1)/2 (K(L+3)+2) + 2K+1 steps, if it turns
    round where going on is struck out, though a = c = 1 (the limit of training); else it strands from L = 2 on."""
    return _half((W - 1) * (K * (L + 3) + 2)) + 2 * K + 1


@claim("expected steps of the optimum under search", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K: (2 * W - 1) * (2 * K + 1), control_words="its cost without search")
def search_optimum(W: Any, K: Any) -> Any:
    """With search that never crosses a directed edge twice, the optimum needs W(2K+1) steps."""
    return W * (2 * K + 1)


@claim("expected steps of SFT under search over those of the optimum under search, W = K growing", source=COROLLARY,
       relation="tends to", stands_on=("search_sft", "search_optimum"),
       control=lambda W, K, L: (L + 2) / 4, control_words="(L+2)/4")
def search_narrows(W: Any, K: Any, L: Any) -> Any:
    """A search that avoids duplicate states brings imitation from exponential to (L+3)/4 of the searching optimum."""
    return (L + 3) / 4


@claim("expected steps of SFT under search", source=("derived", "closed forms compared"), relation="at least",
       stands_on=("search_sft", "search_optimum"), control=lambda W, K, L: search_optimum(W, K) + 1,
       control_words="at least one step more")
def search_gap(W: Any, K: Any, L: Any) -> Any:
    """Under search, SFT needs at least as many steps as the optimum under search, and the same when L = 1."""
    return search_optimum(W, K)


@claim("expected steps of the SFT limit restarted at the first dead end", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K: (2 * W - 1) * (2 * K + 1), control_words="the optimum's cost without restarts")
def restart_sft(W: Any, K: Any) -> Any:
    """Restarted at the first dead end, the SFT limit needs W(2K+1) steps: less than the optimum without restarts."""
    return W * (2 * K + 1)


@claim("expected steps of the optimum on M forks in a row", source=DERIVED, domain=NESTED, symbolic=True,
       control=lambda M, W, K: M * (2 * W - 1) * 2 * K, control_words="2K for 2K+1")
def nested_optimum(M: Any, W: Any, K: Any) -> Any:
    """On M forks in a row, each with one way on, the optimum needs M(2W-1)(2K+1) steps."""
    return M * (2 * W - 1) * (2 * K + 1)
