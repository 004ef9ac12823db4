"""The paper-to-proof table: claim, statement in words, theorem with file and line, axioms, seconds, differences.

Setting. One row a proof of `theory.proofs`, in the order of the paper's numbers. What the kernel said is passed in: the
word kept for these very sources, or None, and then every row says *not run*. Used by the README and the notes
(`verify.report.docs`), the page and `backtrack claims`.

Not covered: the checks (`verify/test_proofs.py`); claims without a proof (paper_notes/proofs.md says why).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from theory.claim import claims
from theory.numbering import number_of, number_place
from theory.proofs import beside, line_of, proofs, sources
from verify.kernel import HOW, Words, axioms_in_words

NOT_RUN = "not run"
ELSEWHERE = " where this package was made, not run here"


def rows(words: Words | None, here: bool = True) -> list[dict[str, Any]]:
    """A row for each proof. here: whether there is a Coq on this machine; else what is kept is said to be kept only.

    Keys: label, number, statement, words, should_hold, theorem, file, line, text (the theorem's), differs, tie (how it
    is held to the claim's Python: formula, cases, by hand), axioms, seconds, said (accepted by Coq .., refused: ..,
    not run). axioms and seconds are '' where the kernel did not accept.
    """
    texts, known = sources(), claims()
    found = []
    for label, proof in sorted(proofs().items(), key=lambda pair: number_place(number_of(pair[0]))):
        word = words.accepted.get(label) if words else None
        said = NOT_RUN if words is None else f"accepted by Coq {words.coq}{'' if here else ELSEWHERE}" if word else \
            f"refused: {words.refused.get(label, 'not compiled')}"
        line = line_of(proof, texts)
        found.append({
            "label": label, "number": number_of(label), "statement": known[label].statement, "words": proof.words,
            "should_hold": known[label].should_hold, "theorem": proof.theorem, "file": f"theory/proofs/{proof.file}.v",
            "line": line, "text": theorem_text(texts[proof.file], line), "differs": proof.differs, "tie": proof.tie,
            "said": said, "axioms": axioms_in_words(word.axioms) if word else "",
            "seconds": f"{word.seconds:.2f}" if word else ""})
    return found


def others(words: Words | None) -> list[dict[str, Any]]:
    """A row for each theorem that no claim states: theorem, file, line, words, said, axioms."""
    texts, found = sources(), []
    for item in beside():
        axioms = words.beside.get(item.theorem) if words else None
        said = NOT_RUN if words is None else f"accepted by Coq {words.coq}" if axioms is not None else "refused"
        found.append({"theorem": item.theorem, "file": f"theory/proofs/{item.file}.v", "line": line_of(item, texts),
                      "words": item.words, "said": said,
                      "axioms": axioms_in_words(axioms) if axioms is not None else ""})
    return found


def theorem_text(text: str, line: int) -> str:
    """The theorem that begins on a line of a source, without its proof."""
    found: list[str] = []
    for row in text.splitlines()[line - 1:]:
        if row.startswith("Proof"):
            break
        found.append(row)
    return "\n".join(found).rstrip()


def summary(words: Words | None, here: bool = True) -> str:
    """One sentence on the run; here: as in `rows`."""
    if words is None:
        return (f"{NOT_RUN} on these sources: `make prove` asks Coq (Debian, Ubuntu: apt-get install coq); "
                f"{len(proofs())} claims have a proof to check.")
    names = sorted({axiom.split(".")[-1] for word in words.accepted.values() for axiom in word.axioms})
    refused = f", {len(words.refused)} REFUSED" if words.refused else ""
    kept = "" if here else f"Not run here: {HOW}. Kept from where the package was made, for these sources: "
    return (f"{kept}{len(words.accepted)} claims accepted by the kernel of Coq {words.coq}{refused}, in "
            f"{words.seconds:.0f} seconds, sources {words.sources}; axioms used, all of the standard library's reals "
            f"and logic: {', '.join(names)}.")


def markdown(words: Words | None, root: str, labels: Iterable[str] | None = None) -> str:
    """The table in Markdown; root: the way from the document to the repository. labels: only these."""
    from verify.report.opening import plain

    wanted = None if labels is None else set(labels)
    lines = ["| paper | claim | proved for | theorem | axioms | seconds | held to the claim by | differs from the "
             "paper's setting |", "|---|---|---|---|---|--:|---|---|"]
    for row in rows(words):
        if wanted is not None and row["label"] not in wanted:
            continue
        holds = row["words"] if row["should_hold"] else f"its negation: {row['words']}"
        standing = row["axioms"].removeprefix("axioms: ") or row["said"]
        lines.append(
            f"| {row['number']} | {plain(row['statement'])} `{row['label']}` | {plain(holds)} "
            f"| [{plain(row['theorem'])}]({root}{row['file']}#L{row['line']}) | {plain(standing)} "
            f"| {row['seconds']} | {row['tie']} | {plain(row['differs'])} |")
    return "\n".join(lines) + "\n"


def others_markdown(words: Words | None, root: str) -> str:
    """The theorems that no claim states, in Markdown."""
    from verify.report.opening import plain

    lines = ["| theorem | what it says | axioms |", "|---|---|---|"]
    lines += [f"| [{plain(row['theorem'])}]({root}{row['file']}#L{row['line']}) | {plain(row['words'])} "
              f"| {plain(row['axioms'].removeprefix('axioms: ') or row['said'])} |" for row in others(words)]
    return "\n".join(lines) + "\n"
