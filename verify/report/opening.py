"""How each note of paper_notes/ opens: the statements that belong to it, their verdicts, code, checks and commands.

Setting. `NOTES` says which claims a note shows in full (by the paper's number or by label) and which it lists: claims
named in `more`, and of its `topics` all those that no note names. So every claim belongs to a note, and a reader goes
from "Theorem 4" to note, statement, code and check in one step each. These parts of a note are made here, and put
between `<!-- generated: NAME -->` and `<!-- end -->` by `verify.report.docs`:

    opening            the block under the title
    verdicts A B ..    a list: each of these claims with its verdict, code and checks
    numbers            every number of the paper, the summaries and the critics, with its note and claims

Links into sources carry line numbers; they are made again with the rest. Not covered: the critique note's sentences
(`verify.report.note`).
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from theory.claim import Claim, claims
from theory.numbering import NUMBERS, labels_of, number_of
from theory.numeric import InputError
from theory.proofs import line_of, proofs, sources
from verify.evidence import OPEN, RANK, ROOT, Verdict, unexpected

PAPER, TOLD, GROUND, CHECKS = ("Theorems, corollary, figure", "What readers and critics are told",
                               "Model, notation, proofs", "How it is checked")


@dataclass(frozen=True)
class Note:
    """What a note answers, in one line, and its claims: shown in full, listed, listed by topic."""

    group: str
    answers: str
    main: tuple[str, ...]
    more: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


NOTES = {
    "theorem2.md": Note(PAPER, "What does SFT on golden paths move, how fast, and what can it not move?",
                        ("Theorem 2",), topics=("imitation",)),
    "theorem3.md": Note(PAPER, "Does RLVR reach the optimum, in how many steps, and when does it unlearn retreat?",
                        ("Theorem 3",), ("rlvr_step_size_quoted", "rlvr_step_size", "grpo_unlearns"),
                        ("truncation", "penalties")),
    "theorem4.md": Note(PAPER, "How far apart are SFT and the optimum, exactly, and what does L^K stand for?",
                        ("Theorem 4",), (
                            "base_cost", "sft_cost", "optimum_cost", "homogeneous_cost", "balanced_cost", "sft_growth",
                            "sft_constant", "balance_exponent", "balance_lower_bound", "potential_lower",
                            "potential_upper", "no_gap_without_wrong_branch")),
    "theorem5.md": Note(PAPER, "What does a student of RLVR's traces inherit, and how many traces does it take?",
                        ("Theorem 5",), topics=("distillation", "samples")),
    "corollary1.md": Note(PAPER, "What do search, restarts and several walks at inference do to the gap?",
                          ("Corollary 1",), topics=("wrappers", "attempts")),
    "figure3.md": Note(PAPER, "What protocol gives Figure 3, is 4WK its target, and where does the protocol fail?",
                       ("Figure 3",), ("rlvr_signs_quoted", "rlvr_signs", "rlvr_signs_criterion", "rlvr_no_penalty")),
    "public_statements.md": Note(TOLD, "Where does each number come from, how was it read, and what was wrong in our "
                                 "own brief?", ()),
    "summaries.md": Note(TOLD, "What are S1 to S8, and what is left of each?",
                         ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8")),
    "critique.md": Note(TOLD, "Where does the critique bite: what does the gap need, and at which dial does it die?",
                        ("C1", "C2", "C3"), (
                            "critique_by_construction_quoted", "critique_topology_quoted",
                            "critique_pessimistic_sft_quoted"),
                        ("nesting", "fork", "sharing", "noise", "data", "practice", "deployment", "conditions",
                         "topology", "critique")),
    "model.md": Note(GROUND, "What are the maze, the walker and the cost, and how is the cost computed?",
                     ("lumping", "hitting_time", "recursion", "gradient"), topics=("model", "walk")),
    "notation.md": Note(GROUND, "What does each letter mean, in which unit, and what is it called in the code?",
                        ("maze_nodes", "maze_arcs", "base_rows", "prompt_edge")),
    "proofs.md": Note(GROUND, "Why is each main result true, what has a kernel checked, and what is an argument on "
                      "paper?", ("hitting_time", "sft_cost", "separation", "blind_optimum", "rlvr_path",
                                    "distillation_covered", "restart_best")),
    "sample_bounds.md": Note(CHECKS, "How many rollouts, traces and steps does each learner need?",
                             ("sign_rollouts_base", "sign_rollouts_sft", "sign_rollouts_in_turn", "bill_distillation",
                              "bill_restarts", "bill_rlvr", "bill_sft_rlvr"), topics=("signs", "bill")),
    "statistics.md": Note(CHECKS, "How does a simulated check decide, how often is it wrong, and what does a verdict "
                          "mean?", ("rlvr_sampled", "search_sft", "estimator_mean", "recursion")),
    "mutation.md": Note(CHECKS, "If a constant in the theory were wrong, would a check turn red?",
                        ("balance_lower_bound", "potential_lower", "sft_forward_a", "sft_forward_c")),
}


# -- which claims are whose -------------------------------------------------------------------------------------

def expanded(names: Iterable[str]) -> list[str]:
    """Labels from labels and numbers; `InputError` for what is neither."""
    found: list[str] = []
    for name in names:
        labels = [name] if name in claims() else labels_of(name)
        if not labels:
            raise InputError(f"a note names {name!r}, which is neither a claim nor a number")
        found += labels
    return found


@functools.cache
def listed() -> dict[str, tuple[str, ...]]:
    """Note -> the labels it lists beside those shown in full: its `more`, and what is left of its topics."""
    taken = {label for note in NOTES.values() for label in expanded((*note.main, *note.more))
             if note.topics or note.more or any(name in NUMBERS.values() for name in note.main)}
    return {name: (*expanded(note.more), *(label for label, claim in claims().items()
                                           if _topic(claim) in note.topics and label not in taken))
            for name, note in NOTES.items()}


def _topic(claim: Claim) -> str:
    return claim.body.__module__.removeprefix("theory.")


# -- pieces -----------------------------------------------------------------------------------------------------

def plain(text: str) -> str:
    """`text` with what Markdown would read as markup escaped; what stands in backticks stays."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([|*_\[\]])", r"\\\1", part).replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def short(verdict: Verdict) -> str:
    """The verdict with its smallest counterexample, but without the ranges behind it."""
    text = re.sub(r" \(among [^)]*\)", "", verdict.text)
    parts = [part for part in text.split("; ") if not part.startswith("searched")] if verdict.kind in (
        "proved", "exact") else text.split("; ")
    return "; ".join([*parts, *verdict.flags])


@functools.cache
def _checks() -> dict[str, tuple[str, int, tuple[str, ...]]]:
    """Label -> file, line of the first check, aspects; read off verify/test_*.py, whether they were run or not."""
    found: dict[str, tuple[str, int, tuple[str, ...]]] = {}
    for path in sorted(ROOT.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and "__" in node.name:
                label, _, aspect = node.name.removeprefix("test_").rpartition("__")
                file, line, aspects = found.get(label, (path.name, node.lineno, ()))
                found[label] = file, line, (*aspects, *([aspect] if aspect not in aspects else []))
    return found


def code(label: str) -> str:
    """Where a claim stands, relative to paper_notes/: '../theory/walk.py#L7'."""
    body = claims()[label].body
    return f"../{body.__module__.replace('.', '/')}.py#L{inspect.getsourcelines(body)[1]}"


def check(label: str) -> str:
    """Where its first check stands; InputError for a claim without one."""
    if label not in _checks():
        raise InputError(f"the claim {label!r} has no check in verify/test_*.py")
    file, line, _ = _checks()[label]
    return f"../verify/{file}#L{line}"


def links(label: str, words: str = "checks: ") -> str:
    """'[walk.py](..#L7), [checks: exact, control](..#L70)'."""
    proof = f", {proof_link(label, '../')}" if label in proofs() else ""
    return (f"[{_topic(claims()[label])}.py]({code(label)}), "
            f"[{words}{', '.join(_checks()[label][2])}]({check(label)}){proof}")


@functools.cache
def _coq() -> dict[str, str]:
    return sources()


def proof_link(label: str, root: str) -> str:
    """'[proof](../theory/proofs/Separation.v#L40)'; root: the way from the document to the repository."""
    proof = proofs()[label]
    return f"[proof]({root}theory/proofs/{proof.file}.v#L{line_of(proof, _coq())})"


def tally(labels: Iterable[str], found: Mapping[str, Verdict]) -> str:
    """'7 hold (3 proved, 4 exact), 2 REFUTED, as expected', and which claims came out otherwise."""
    labels = list(dict.fromkeys(labels))
    kinds = Counter(found[label].kind for label in labels)
    held = [f"{kinds[kind]} {kind}" for kind in sorted(RANK, key=lambda k: -RANK[k])
            if kinds[kind] and kind not in OPEN]
    wrong = [label for label in labels if unexpected(claims()[label], found[label])]
    number = sum(kinds[k] for k in kinds if k not in OPEN)
    only = held[0].split(" ", 1)[1] if len(held) == 1 else ", ".join(held)
    parts = [f"{number} hold{'s' if number == 1 else ''} ({only})" if held else "",
             f"{kinds['REFUTED']} REFUTED" + ("" if wrong else ", as expected") if kinds["REFUTED"] else "",
             *(f"{kinds[kind]} {kind}" for kind in OPEN[1:] if kinds[kind]),
             "not as expected: " + ", ".join(f"`{label}`" for label in wrong) if wrong else ""]
    return ", ".join(part for part in parts if part)


def entry(label: str, found: Mapping[str, Verdict]) -> str:
    """A claim in full: number, label, statement, verdict, code, checks, command."""
    claim, number = claims()[label], number_of(label)
    true = f" True form: `{claim.true_form}`." if claim.true_form else ""
    return (f"- **{number + ', ' if number else ''}`{label}`.** {plain(claim.statement)}{true}<br>\n"
            f"  *Verdict:* {plain(short(found[label]))}.<br>\n  {links(label)}, `backtrack verify {label}`\n")


# -- the generated parts ----------------------------------------------------------------------------------------

def opening(name: str, found: Mapping[str, Verdict]) -> str:
    """The block under the title of a note."""
    note, main, rest = NOTES[name], expanded(NOTES[name].main), listed()[name]
    if not main:
        return f"Claims with a number, in all: {tally(NUMBERS, found)}.\n"
    command = " ".join(f'"{item}"' if " " in item else item for item in note.main)
    lines = [f"{len(main)} claims in full: {tally(main, found)}. Rerun them: `backtrack verify {command}`.\n\n",
             *(entry(label, found) for label in main)]
    if rest:
        topics = dict.fromkeys(_topic(claims()[label]) for label in rest)
        lines.append(f"\n<details><summary>{len(rest)} more claims of this note: {tally(rest, found)}</summary>\n\n")
        for topic in topics:
            lines.append(f"*{topic}*\n\n" if len(topics) > 1 else "")
            lines += [f"- `{label}`: {found[label].kind}; {links(label)}\n" for label in rest
                      if _topic(claims()[label]) == topic]
            lines.append("\n")
        lines.append("</details>\n")
    return "".join(lines)


def standing(labels: str, found: Mapping[str, Verdict]) -> str:
    """Some claims, in a list, with their verdicts; `labels` separated by spaces."""
    return "".join(f"- `{label}`: {plain(short(found[label]))}; {links(label, '')}\n"
                   for label in expanded(labels.split()))


def home_of(number: str) -> str:
    """The note that shows a number in full."""
    return next(name for name, note in NOTES.items() if number in note.main)


def numbers(found: Mapping[str, Verdict]) -> str:
    """Number -> note -> claims, as a table."""
    lines = ["| number | note | claims | verdicts |", "|---|---|---|---|"]
    for number in sorted(set(NUMBERS.values()), key=_order):
        labels = [label for label in claims() if number_of(label) == number]
        named = "<br>".join(f"[`{label}`]({code(label)}), [checks]({check(label)})"
                            + (f", {proof_link(label, '../')}" if label in proofs() else "") for label in labels)
        lines.append(f"| {number} | [{home_of(number)}]({home_of(number)}) | {named} | {tally(labels, found)} |")
    return "\n".join(lines) + "\n"


def _order(number: str) -> tuple[int, str]:
    return ("Theorem", "Corollary", "Figure", "S", "C").index(re.sub(r"[ \d]", "", number)), number
