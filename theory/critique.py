"""What critics object, C1 to C3, each as claims that rest on dials: assumptions changed one at a time.

Setting. A dial changes one assumption; at each of its values the gap between imitation and RLVR survives (imitation's
cost grows exponentially faster with the depth), shrinks to a polynomial, closes, reverses, or is not defined. What the
verdict is follows from the growths of exact costs (`verify.dials`), and `map_growth` holds those growths against the
costs themselves. Each objection is put here twice: as told, which some dial refutes, and as what is left of it, with
the dials and values where it bites.

    C1  by construction    SFT's backward rows have no data and no weights in common with rows that have
    C2  the topology       wrong branches that are deep, and that other problems' targets made golden
    C3  pessimistic SFT    no wrapper: neither restarts nor search, one walk that must arrive

The sentences are ours, written from public summaries. Not covered: other learners and mazes than the dials'.
"""

from __future__ import annotations

from typing import Any

from theory.claim import Domain, claim

SFT_DATA = ("messy-traces", "recoveries", "shared-directions")
SIGNALS = ("noisy-expert", "dagger", "shared-features")
MAZE_DIALS = ("W", "L", "unequal-depth", "unequal-width", "trees", "random-mazes", "dead-ends-never-targets")
KIND = ("early-stopping", "temperature", "fork-memory", "restarts", "search")
# what a wrong branch must be for imitation to be exponential, and the value of a dial at which it is not
SHALLOW = {("W", 1): "there is none", ("unequal-depth", "dead ends 1"): "it is not deep",
           ("dead-ends-never-targets", "one"): "it was never golden"}


def _objection(number: str) -> tuple[str, str]:
    return ("critique", number)


def _on(dials: tuple[str, ...], words: str = "") -> Domain:
    return Domain(f"the dials {', '.join(dials)}{words}", lambda dial, **_: dial in dials)


@claim("log2 of a learner's cost on a maze twice as deep (wide, thick) over that on the maze of size n, less n log2 of "
       "its rate along K", source=("derived", "the growths by which the map's verdicts are computed"),
       domain=Domain("every dial, value and learner whose growth is said to be exact, less the slow ones; n up to 512"),
       control=lambda degree: degree + 0.25, control_words="a quarter more in the degree")
def map_growth(degree: int) -> float:
    """The growths on the critique map are those of its costs: doubling K multiplies a cost by rate^K 2^k, doubling W
    by 2^w, and doubling L, where the rate is 1, by 2^l, up to what vanishes in large mazes."""
    return float(degree)


# -- C1 -----------------------------------------------------------------------------------------------------------

@claim("whether the gap survives, imitation trained to its limit", source=_objection("C1"),
       domain=_on(SIGNALS, "; values at which backward rows have data, or weights in common with rows that have"),
       stands_on=("map_growth", "expert_rate", "dagger_rate", "span_rule"), control=lambda dial, value: True,
       control_words="it survives at all of them", should_hold=False, true_form="critique_by_construction")
def critique_by_construction_quoted(dial: str, value: Any) -> bool:
    """The central theorem is close to true by construction, read as: any data on the backward rows, and any weights in
    common, would close the gap."""
    return False


@claim("verdict on the gap, imitation trained to its limit", source=_objection("C1"), domain=_on(SFT_DATA),
       stands_on=("map_growth", "sft_frozen", "messy_flow", "messy_visits", "tie_limit"),
       control=lambda dial, value: _closing(dial != "recoveries" or value != 1, value),
       control_words="it survives one recovery a trace")
def critique_by_construction(dial: str, value: Any) -> str:
    """The exponential hangs on the backward rows' being left alone, and that is a choice of data and weights: in the
    limit of training any share of traces with recoveries, one recovery a trace, or any part of a backward row's weight
    that is the forward row's, closes the gap; none, or a part of the wrong sign, leaves it."""
    return _closing(True, value)


def _closing(closes: bool, value: Any) -> str:
    return "closes" if closes and _learnt(value) else "survives"


def _learnt(value: Any) -> bool:
    return value == "all" or value > 0


# -- C2 -----------------------------------------------------------------------------------------------------------

@claim("whether the gap survives", source=_objection("C2"), domain=_on(MAZE_DIALS),
       stands_on=("map_growth", "separation", "star_cost", "tree_excursion"), control=lambda dial, value: True,
       control_words="it survives wherever the maze is another", should_hold=False, true_form="critique_topology")
def critique_topology_quoted(dial: str, value: Any) -> bool:
    """The exponential leans on the chosen topology, read as: it is gone in every other maze."""
    return False


@claim("whether the gap survives", source=_objection("C2"), domain=_on(MAZE_DIALS),
       stands_on=("map_growth", "separation", "no_gap_without_wrong_branch", "star_sft_lower", "star_sft_upper",
                  "never_targets_one", "never_targets_two", "tree_sft_upper", "tree_sft_lower"),
       control=lambda dial, value: (dial, value) not in SHALLOW or dial == "dead-ends-never-targets",
       control_words="it survives where the dead ends were never targets")
def critique_topology(dial: str, value: Any) -> bool:
    """What the exponential needs of the maze is one wrong branch that is deep and that was the target of other
    problems: any width from L = 1 on, two branches, unequal branches, trees and mazes drawn at random have it; one
    branch, shallow dead ends, and dead ends that are never targets do not."""
    return (dial, value) not in SHALLOW


# -- C3 -----------------------------------------------------------------------------------------------------------

@claim("whether the gap survives", source=_objection("C3"), domain=_on(KIND, "; imitation given something"),
       stands_on=("map_growth", "early_rate", "temperature_rate", "fork_memory"), control=lambda dial, value: True,
       control_words="it survives all of them", should_hold=False, true_form="critique_pessimistic_sft")
def critique_pessimistic_sft_quoted(dial: str, value: Any) -> bool:
    """The separation leans on a deliberately pessimistic definition of SFT, read as: any kindness, be it stopping
    early, another temperature, a memory at the fork, a restart or a search, closes it."""
    return False


@claim("sign of the cost of SFT restarted at dead ends less that of RLVR, on M forks in a row, no fork left backwards",
       source=_objection("C3"), domain=Domain("M >= 1, W >= 2, K, L >= 1", lambda W, **_: W >= 2),
       stands_on=("map_growth", "restart_sft", "nested_restarts", "nested_losing", "nested_optimum"),
       control=lambda M, W: -1 if M <= 2 else 1, control_words="restarts still win with two forks")
def critique_pessimistic_sft(M: int, W: int) -> int:
    """On one fork the definition carries the separation: imitation restarted at its first dead end costs less than
    RLVR. On two forks in a row it costs more, with W = 2 the same; on three or more it always costs more."""
    return -1 if M == 1 else 0 if M == W == 2 else 1
