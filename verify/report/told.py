"""The sentences above the report's charts: what to see in them, with numbers from the data and words from the verdicts.

Setting. A sentence that claims stand behind is written as a clause, and `verify.report.wording` puts it as their
verdicts allow. Words that compare numbers are chosen by the numbers. Counts are taken over the values of the critique
map's dials, which were chosen by hand: they say where the critique bites, not how likely it is.

Not covered: the headline of the page (`verify.report.headline`); the map's own words (`verify.dials.map`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theory import closed_forms
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
from verify.report.headline import listed as joined
from verify.report.wording import case, onward, said, short, supported

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
                 "of the maze the exponential needs one wrong branch that is deep and was the target of other problems",
                 objections.MAZE_DIALS),
    "pessimistic_sft": ("The definition of SFT is pessimistic",
                        "any kindness to imitation, stopping early, a temperature, a memory, a restart or a search, "
                        "closes the gap",
                        "on a single fork a restart at the first dead end undoes the exponential, on several in a row "
                        "it does not",
                        (*objections.KIND, "nested-forks")),
}
COUNTED = {"survives": "survives at {}", "shrinks to a polynomial": "shrinks to a polynomial at {}",
           "closes": "closes at {}", "reverses": "reverses at {}", "undefined": "is undefined at {}"}


# -- Figure 3 and the separation --------------------------------------------------------------------------------

def figures(curves: Mapping[str, Any], found: Mapping[str, Verdict]) -> dict[str, list[str]]:
    """{'descent': sentences, 'separation': sentences} for `verify.report.curves.curves()`."""
    return {"descent": _figure3(curves["descent"], found), "separation": _separation(curves["separation"], found)}


def _figure3(data: Mapping[str, Any], found: Mapping[str, Verdict]) -> list[str]:
    values, last, optimum, quoted = data["values"], len(data["values"]) - 1, data["optimum"], data["quoted"]
    near = onward([value <= CLOSE * optimum for value in values])
    within = f"{100 * (CLOSE - 1):g} %"
    reached = f"from step {near} on they are within {within} of the optimum" if near is not None else (
        f"they do not stay within {within} of the optimum")
    return [
        supported(found, ("figure3_curve", "base_cost", "figure3_target"),
                  f"sign descent on the exact gradient brings the expected steps from {data['base']}, the base model, "
                  f"to {values[-1]:.4f} at step {last}; {reached}"),
        said(found["figure3_target"], "the optimum, counted from the prompt as the figure does, is 4WK + 2W - 2K, here "
             f"{optimum}", "figure3_target"),
        said(found["figure3_diagonal"], "4WK is the optimum, so counted, exactly when W = K", "figure3_diagonal")
        + f" Here W = {data['W']} and K = {data['K']}: the figure's target line 4WK is {quoted}, 4WK + 2W - 2K is "
        f"{optimum}."]


def _separation(data: Mapping[str, Any], found: Mapping[str, Verdict]) -> list[str]:
    costs = {curve["key"]: curve["points"] for curve in data["costs"]}
    gap = {curve["key"]: curve["points"] for curve in data["gap"]}
    exact = {key: [fraction(Steps.of(point["exact"]).value) for point in points] for key, points in costs.items()}
    depths, at = data["K"], data["K"].index(data["figure3_K"])
    worse = onward([mine > base for mine, base in zip(exact["sft"], exact["base"], strict=True)])
    against = f"imitation costs more than no training from K = {depths[worse]} to K = {depths[-1]}" if (
        worse is not None) else f"imitation costs no more than no training at K = {depths[-1]}"
    factor, more = float(exact["sft"][-1] / exact["sft"][-2]), exact["optimum"][-1] - exact["optimum"][-2]
    loose = exact["sft"][-1] / exact["quoted"][-1]
    return [
        supported(found, ("sft_cost", "base_cost", "optimum_cost"),
                  f"at K = {depths[at]} the SFT limit needs {short(costs['sft'][at])} expected steps, the base model "
                  f"{short(costs['base'][at])}, the optimum {short(costs['optimum'][at])}; the last diamond, K = "
                  f"{depths[-1]}, multiplies the first by {factor:.3g} (ρ = {data['rho']}) and adds {more} steps to "
                  f"the last; {against}"),
        said(found["separation"], "the gap is at least ρ^K/(2K+1) wherever there is a wrong branch, W ≥ 2: at K = "
             f"{depths[at]} the gap is {short(gap['ratio'][at])}, the bound {short(gap['bound'][at])}", "separation"),
        said(found["separation_sft_lower"], "W L^K, as quoted to readers, is a lower bound on imitation's cost: at K = "
             f"{depths[-1]} that costs {rounded(loose, 3)} times as much", "separation_sft_lower")]


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
        same = sum(unchanged(row, place) for row in rows for place in range(len(row["values"])))
        leaving = f", {same} of which leave both costs on the maze shown as they were" if same else ""
        answer = [f"{len(rows)} assumptions were changed one at a time, to {values} values in all{leaving}: the gap "
                  f"{listed(counts)}.", _left(found)]
    known = grounds.count(rows)
    return {"answer": answer, "counts": counts, "dials": len(rows), "values": values, "grounds": known,
            "known": _known(known),
            "objections": [_objection(name, rows, found) for name in CRITICS]}


def count(rows: Iterable[Row]) -> dict[str, int]:
    """How many values of the dials have each verdict, in the order of VERDICTS."""
    seen = Counter(gap["verdict"] for row in rows for gap in row["gap"])
    return {verdict: seen[verdict] for verdict in VERDICTS}


def unchanged(row: Row, place: int) -> bool:
    """Whether SFT and RLVR cost on the row's maze what they do with nothing changed, as at a dial's own setting."""
    W, K, L = row["maze"].values()
    plain = {"SFT": closed_forms.sft_steps(W, K, L), "RLVR": closed_forms.optimum_steps(W, K)}
    costs = {who: row["learners"][who]["cost"][place] for who in (row["challenger"], row["champion"])}
    return all(who in plain and cost is not None and cost["decimal"] == Steps.of(plain[who]).decimal
               for who, cost in costs.items())


def listed(counts: Mapping[str, int]) -> str:
    """'survives at 9, closes at 2 and reverses at 1'; verdicts that do not occur are left out."""
    return joined([COUNTED[verdict].format(n) for verdict, n in counts.items() if n])


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


def _sorted(found: Mapping[str, Verdict], end: str = "") -> dict[str, list[str]]:
    """The objections by what became of the claim that puts them as told (end '_quoted') or as they are."""
    lists: dict[str, list[str]] = {"refuted": [], "holds": [], "open": []}
    for name in CRITICS:
        verdict = found[f"critique_{name}{end}"]
        lists["refuted" if verdict.kind == "REFUTED" else "holds" if verdict.holds else "open"].append(name)
    return lists


def _left(found: Mapping[str, Verdict]) -> str:
    """One sentence on the three objections, from the verdicts of the claims that answer them."""
    told, true = _sorted(found, "_quoted"), _sorted(found)
    numbers = {name: number_of(f"critique_{name}") for name in CRITICS}

    def have(names: Sequence[str], one: str, more: str) -> list[str]:
        return [f"{joined([str(numbers[name]) for name in names])} {more if len(names) > 1 else one}"] if names else []

    if len(told["refuted"]) == len(CRITICS):
        first = "None of the three objections holds as told"
    else:
        first = "As told, " + joined([*have(told["refuted"], "is refuted", "are refuted"),
                                      *have(told["holds"], "holds", "hold"),
                                      *have(told["open"], "is not settled in this run", "are not settled in this run")])
    if len(true["holds"]) == len(CRITICS):
        return f"{first}, and each has something in it: {'; '.join(CRITICS[name][2] for name in true['holds'])}."
    left = [f"what is left of {numbers[name]}: {CRITICS[name][2]}" for name in true["holds"]]
    left += [f"what was taken to be left of {words}"
             for words in (*have(true["refuted"], "is refuted", "is refuted"),
                           *have(true["open"], "is not settled in this run", "is not settled in this run"))]
    return "; ".join([first, *left]) + "."


def _objection(name: str, rows: Sequence[Row], found: Mapping[str, Verdict]) -> dict[str, Any]:
    """One objection: as told and as it is, each with its claim's verdict, and its share of the map."""
    title, told, _, dials = CRITICS[name]
    about = [row for row in rows if row["dial"] in dials]
    counts = count(about)
    quoted, true = f"critique_{name}_quoted", f"critique_{name}"
    named = "As it is" if found[true].holds else "Put in its place, but refuted" if (
        found[true].kind == "REFUTED") else "Put in its place, not settled"
    lines = [{"label": label, "kind": found[label].kind, "named": words, "clause": clause,
              "verdict": found[label].known_by if found[label].kind != "REFUTED" else case(found[label], label)}
             for label, words, clause in ((quoted, "As told", told),
                                          (true, named, claims()[true].statement.rstrip(".")))]
    share = (f"On the {len(about)} dials about it, {sum(counts.values())} values, the gap {listed(counts)}."
             if about else "No dial about it was computed in this run.")
    return {"key": number_of(true), "title": title, "quoted": lines[0], "true": lines[1], "counts": counts,
            "share": share, "dials": [row["dial"] for row in about]}


# -- the bill ---------------------------------------------------------------------------------------------------

def bill(data: Mapping[str, Any], found: Mapping[str, Verdict]) -> list[str]:
    """Sentences on `verify.report.curves.bill`: the largest maze by formulas, the smallest as measured, if it was."""
    drawn = [place for place, maze in enumerate(data["mazes"]) if maze["drawn"]]
    if not drawn:
        return ["The bill was not computed in this run."]
    small, large = drawn[0], drawn[-1]
    signs, step = ("bill_rlvr", "bill_one_step"), "RLVR from base, one sign step"
    sentences = [
        supported(found, ("bill_distillation", "distillation_covered"),
                  f"on {_maze(data, large)}, bringing inference within {float(1 + DELTA):g} of the optimum takes "
                  f"{_paid(data, large, 'distillation', 'exact')} tokens of the optimum's own traces"),
        supported(found, signs, f"RLVR from base walks at most {_paid(data, large, step, 'bound')} steps for that, by "
                  "one sign step"),
        supported(found, ("bill_sft_rlvr", "sft_cost"), "from the SFT limit it walks at least "
                  f"{_paid(data, large, 'RLVR from the SFT limit, one rollout', 'needed')} steps for the first "
                  "rollout alone"),
        supported(found, ("sft_frozen", "sft_cost", "optimum_cost"), "no number of golden paths is enough for SFT: at "
                  f"its limit inference costs {_cell(data, large, 'SFT on golden paths', 'never', 'over the optimum')}"
                  " times the optimum")]
    if _row(data, small, "REINFORCE from base", "measured"):
        sentences += [
            f"On {_maze(data, small)} REINFORCE from base was there after "
            f"{_paid(data, small, 'REINFORCE from base', 'measured')} steps (measured, median of {SEEDS} runs).",
            supported(found, signs, f"the bound for sure signs is {_paid(data, small, step, 'bound')} steps there")]
    return sentences


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
