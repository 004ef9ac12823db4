"""The sentences above the report's charts: what to see in them, with numbers from the data and words from the verdicts.

Setting. A sentence that a claim stands behind is written as a clause, and `said` puts it as the claim's verdict allows:
plainly with the kind of evidence where the run at hand supports it, as refuted with the counterexample where it does
not hold, and as open where the run has not settled it. Counts are taken over the values of the critique map's dials,
which were chosen by hand: they say where the critique bites, not how likely it is.

Not covered: the headline of the page (`verify.report.headline`); the map's own words (`verify.dials.map`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theory import critique as objections
from theory.claim import claims
from theory.numbering import number_of
from theory.numeric import Steps, fraction
from theory.tables import rounded
from verify.dials.dial import VERDICTS
from verify.dials.map import Row
from verify.evidence import Verdict
from verify.report import grounds
from verify.report.bill import DELTA, SEEDS
from verify.report.headline import holds

CLOSE = 1.05                             # a curve is near its goal within this factor
# what critics object -> its title, the clause of it as told, the clause of what is left of it, the dials it is about
CRITICS = {
    "by_construction": ("The theorem is true by construction",
                        "any data on the backward rows, or any weights in common, would close the gap",
                        "the exponential hangs on backward rows that golden paths leave alone, a choice of data and "
                        "weights",
                        (*objections.SFT_DATA, *objections.SIGNALS)),
    "topology": ("The exponential leans on the chosen topology",
                 "the exponential is gone in every other maze",
                 "of the maze it needs one wrong branch that is deep and was the target of other problems",
                 objections.MAZE_DIALS),
    "pessimistic_sft": ("The definition of SFT is pessimistic",
                        "any kindness to imitation, stopping early, a temperature, a memory, a restart or a search, "
                        "closes the gap",
                        "on a single fork a restart at the first dead end undoes it, on several in a row it does not",
                        (*objections.KIND, "nested-forks")),
}
COUNTED = {"survives": "survives at {}", "shrinks to a polynomial": "shrinks to a polynomial at {}",
           "closes": "closes at {}", "reverses": "reverses at {}", "undefined": "is undefined at {}"}


def said(verdict: Verdict, clause: str) -> str:
    """A clause as a sentence that says no more than the verdict does.

    >>> said(Verdict("proved", "proved for all K"), "the gap is exponential")
    'The gap is exponential (proved for all K).'
    >>> said(Verdict("stated", "stated"), "the gap is exponential")
    'This run has not settled whether the gap is exponential (stated).'
    """
    if holds(verdict):
        return f"{clause[0].upper()}{clause[1:]} ({verdict.brief})."
    if verdict.kind == "REFUTED":
        return f"Refuted: {clause} ({_case(verdict)})."
    return f"This run has not settled whether {clause} ({verdict.brief})."


def _case(verdict: Verdict) -> str:
    """The counterexample of a refutation, without the range it was found in, nor what a yes or no says already."""
    text = verdict.text.split(" (among ")[0].removeprefix("REFUTED, ")
    return re.sub(r": claimed equals (True|False), is (True|False)$", "", text)


def short(number: Mapping[str, Any]) -> str:
    """A `number` of the curves for a sentence: exact up to six digits, else four digits and a power of ten."""
    text = number["exact"]
    return str(text) if text and "/" not in text and len(text) <= 6 else rounded(fraction(Steps.of(text).value), 4)


# -- Figure 3 and the separation --------------------------------------------------------------------------------

def figures(curves: Mapping[str, Any], found: Mapping[str, Verdict]) -> dict[str, list[str]]:
    """{'descent': sentences, 'separation': sentences} for `verify.report.curves.curves()`."""
    return {"descent": _figure3(curves["descent"], found), "separation": _separation(curves["separation"], found)}


def _figure3(data: Mapping[str, Any], found: Mapping[str, Verdict]) -> list[str]:
    values, last = data["values"], len(data["values"]) - 1
    near = next((step for step, value in enumerate(values) if value <= CLOSE * data["optimum"]), None)
    within = f"; from step {near} on it is within 5 % of it" if near is not None else "; it does not come within 5 %"
    W, K = data["W"], data["K"]
    here = f"as it is here, {W} = {K}" if W == K else f"as it is not here, {W} and {K}"
    return [
        f"Sign descent on the exact gradient brings the expected steps from {data['base']}, the base model, down to "
        f"{values[-1]:.4f} at step {last}. The optimum, counted from the prompt as the figure does, is "
        f"{data['optimum']}{within}.",
        said(found["figure3_target"], "the optimum, so counted, is 4WK + 2W - 2K") + " "
        + said(found["figure3_diagonal"], f"the figure's target 4WK = {data['quoted']} is the optimum exactly when "
               f"W = K, {here}")]


def _separation(data: Mapping[str, Any], found: Mapping[str, Verdict]) -> list[str]:
    costs = {curve["key"]: curve["points"] for curve in data["costs"]}
    gap = {curve["key"]: curve["points"] for curve in data["gap"]}
    exact = {key: [fraction(Steps.of(point["exact"]).value) for point in points] for key, points in costs.items()}
    at = data["K"].index(data["figure3_K"])
    worse = next(K for K, mine, base in zip(data["K"], exact["sft"], exact["base"], strict=True) if mine > base)
    factor, more = float(exact["sft"][-1] / exact["sft"][-2]), exact["optimum"][-1] - exact["optimum"][-2]
    loose = exact["sft"][-1] / exact["quoted"][-1]
    return [
        f"Straight up against nearly flat: at K = {data['K'][at]} the SFT limit needs {short(costs['sft'][at])} "
        f"expected steps, the base model {short(costs['base'][at])}, the optimum {short(costs['optimum'][at])}. One "
        f"diamond more multiplies the first by {factor:.3g} (ρ = {data['rho']}) and adds {more} steps to the last; "
        f"from K = {worse} on imitation is worse than no training.",
        said(found["separation"], "the gap is at least ρ^K/(2K+1) wherever there is a wrong branch, W ≥ 2")
        + f" At K = {data['K'][at]} the gap is {short(gap['ratio'][at])}, the bound {short(gap['bound'][at])}.",
        said(found["separation_sft_lower"], "W L^K, as quoted to readers, is a lower bound on imitation's cost")
        + f" It is not the rate: at K = {data['K'][-1]} imitation costs {rounded(loose, 3)} times as much."]


# -- the critique -----------------------------------------------------------------------------------------------

def critique(rows: Sequence[Row], found: Mapping[str, Verdict]) -> dict[str, Any]:
    """What the map answers: 'answer' (two sentences), 'counts' of verdicts, 'grounds' of letters, 'objections'.

    'known': sentences on how the letters are known and where the maze shown does not bear them out.

    Without rows there is no map, and the answer says so.
    """
    counts = count(rows)
    values = sum(counts.values())
    if not rows:
        answer = ["The critique map was not computed in this run.", _left(found)]
    else:
        answer = [f"{len(rows)} assumptions were changed one at a time, to {values} values in all: the gap "
                  f"{listed(counts)}.", _left(found)]
    known = grounds.count(rows)
    return {"answer": answer, "counts": counts, "dials": len(rows), "values": values, "grounds": known,
            "known": _known(known),
            "objections": [_objection(name, rows, found) for name in CRITICS]}


def count(rows: Iterable[Row]) -> dict[str, int]:
    """How many values of the dials have each verdict, in the order of VERDICTS."""
    seen = Counter(gap["verdict"] for row in rows for gap in row["gap"])
    return {verdict: seen[verdict] for verdict in VERDICTS}


def listed(counts: Mapping[str, int]) -> str:
    """'survives at 9, closes at 2 and reverses at 1'; verdicts that do not occur are left out."""
    parts = [COUNTED[verdict].format(n) for verdict, n in counts.items() if n]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _known(n: Mapping[str, int]) -> list[str]:
    """How the map's letters are known, and how many the costs on the mazes shown do not bear out."""
    far = f", {n['far']} of them showing only far out, which their notes say" if n["far"] else ""
    known = (f"Of the {n['letters']} letters {n['exact']} follow from formulas for both growths{far}; {n['bound']} "
             f"follow from a rigorous bound on one cost, on the side the verdict needs ({grounds.SIGNS['bound']}); "
             f"the other {n['computed']} rest on growths that were computed, sampled or argued, as the notes of the "
             f"dial's table say ({grounds.SIGNS['computed']}, dashed).")
    if not n["unseen"]:
        return [known]
    return [known, f"A letter is about K → ∞. At {n['unseen']} values the costs on the maze shown do not bear it out "
            f"({grounds.UNSEEN}): a gap that survives is less than {grounds.SEEN} times there, or another verdict is "
            f"not what the ratio says; at {n['against']} of these the ratio points the other way."]


def _left(found: Mapping[str, Verdict]) -> str:
    """One sentence on the three objections, from the verdicts of the claims that answer them."""
    told = [found[f"critique_{name}_quoted"].kind for name in CRITICS]
    true = {name: found[f"critique_{name}"] for name in CRITICS}
    if all(kind == "REFUTED" for kind in told):
        first = "None of the three objections holds as told"
    else:
        first = f"{told.count('REFUTED')} of the three objections are refuted as told, the others are not settled here"
    parts = [CRITICS[name][2] for name, verdict in true.items() if holds(verdict)]
    missing = [number_of(f"critique_{name}") for name, verdict in true.items() if not holds(verdict)]
    if parts:
        first += ", and each has something in it: " if not missing else ", and something is left: "
        first += "; ".join(parts)
    if missing:
        first += f"; what is left of {', '.join(missing)} is not settled in this run"
    return first + "."


def _objection(name: str, rows: Sequence[Row], found: Mapping[str, Verdict]) -> dict[str, Any]:
    """One objection: as told and as it is, each with its claim's verdict, and its share of the map."""
    title, told, _, dials = CRITICS[name]
    about = [row for row in rows if row["dial"] in dials]
    counts = count(about)
    quoted, true = f"critique_{name}_quoted", f"critique_{name}"
    lines = [{"label": label, "kind": found[label].kind, "clause": clause, "verdict": found[label].brief
              if found[label].kind != "REFUTED" else _case(found[label])}
             for label, clause in ((quoted, told), (true, claims()[true].statement.rstrip(".")))]
    share = (f"On the {len(about)} dials about it, {sum(counts.values())} values, the gap {listed(counts)}."
             if about else "No dial about it was computed in this run.")
    return {"key": number_of(true), "title": title, "quoted": lines[0], "true": lines[1], "counts": counts,
            "share": share, "dials": [row["dial"] for row in about]}


# -- the bill ---------------------------------------------------------------------------------------------------

def bill(data: Mapping[str, Any]) -> list[str]:
    """Two or three sentences on `verify.report.curves.bill`: the largest maze by formulas, the smallest as measured."""
    drawn = [place for place, maze in enumerate(data["mazes"]) if maze["drawn"]]
    if not drawn:
        return ["The bill was not computed in this run."]
    small, large = drawn[0], drawn[-1]
    first = (f"On {_maze(data, large)}, bringing inference within {float(1 + DELTA):g} of the optimum takes "
             f"{_paid(data, large, 'distillation', 'exact')} tokens of the optimum's own traces, at most "
             f"{_paid(data, large, 'RLVR from base, one sign step', 'bound')} steps walked by RLVR from base (a bound, "
             "for one sign step), and from the SFT limit at least "
             f"{_paid(data, large, 'RLVR from the SFT limit, one rollout', 'needed')} steps for the first rollout.")
    stuck = _cell(data, large, "SFT on golden paths", "never", "over the optimum")
    second = f"No number of golden paths is enough for SFT: at its limit inference costs {stuck} times the optimum."
    run = _row(data, small, "REINFORCE from base", "measured")
    if run is None:
        return [first, second]
    bound = _paid(data, small, "RLVR from base, one sign step", "bound")
    return [first, second,
            f"Bounds are not bills: on {_maze(data, small)} REINFORCE from base was there after "
            f"{_paid(data, small, 'REINFORCE from base', 'measured')} steps (median of {SEEDS} runs), where the bound "
            f"for sure signs is {bound}."]


def _row(data: Mapping[str, Any], maze: int, learner: str, how: str) -> Mapping[str, Any] | None:
    return next((row for row in data["rows"]
                 if (row["maze"], row["learner"], row["how"]) == (maze, learner, how)), None)


def _cell(data: Mapping[str, Any], maze: int, learner: str, how: str, column: str) -> str:
    row = _row(data, maze, learner, how)
    return "?" if row is None else str(row["cells"][data["columns"].index(column)])


def _paid(data: Mapping[str, Any], maze: int, learner: str, how: str) -> str:
    return _cell(data, maze, learner, how, "steps or tokens")


def _maze(data: Mapping[str, Any], place: int) -> str:
    return "W = {W}, K = {K}, L = {L}".format(**data["mazes"][place])
