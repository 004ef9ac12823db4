"""Corollary 1 and its neighbours: what a search or a restart at inference does to the gap.

Setting. A search that never crosses the same directed edge twice draws branches without replacement and cannot turn
back into a diamond for ever; a restart abandons the walk at the first dead end; nested forks put M forks in a row.

These formulas are registered with their controls and are not checked yet: their verdict says `stated`.
"""

from __future__ import annotations

from typing import Any

from theory.claim import MAZES, Domain, claim

DERIVED = ("derived", "counted by hand; simulated in first experiments, not checked here")
COROLLARY = ("paper", "Corollary 1, by public statements of it")
NESTED = Domain("M forks in a row, W, K >= 1")


@claim("expected steps of the SFT limit under search", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K, L: (W - 1) * (K * (L + 2) + 2) / 2 + 2 * K + 1, control_words="L + 2 for L + 3")
def search_sft(W: Any, K: Any, L: Any) -> Any:
    """With search that never crosses a directed edge twice, SFT needs (W-1)/2 (K(L+3)+2) + 2K+1 steps."""
    return (W - 1) * (K * (L + 3) + 2) / 2 + 2 * K + 1


@claim("expected steps of the optimum under search", source=DERIVED, domain=MAZES, symbolic=True,
       control=lambda W, K: (2 * W - 1) * (2 * K + 1), control_words="its cost without search")
def search_optimum(W: Any, K: Any) -> Any:
    """With search that never crosses a directed edge twice, the optimum needs W(2K+1) steps."""
    return W * (2 * K + 1)


@claim("whether search closes the gap", source=COROLLARY, relation="states", stands_on=("search_sft", "search_optimum"))
def search_narrows(W: Any, K: Any, L: Any) -> None:
    """A search that avoids duplicate states brings imitation from exponential to a factor of about (L+3)/4 of the
    searching optimum."""


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
