r"""A formula that fits its column: in display style where it is short, else in text style with brackets that break.

TeX breaks no line between \left( and \right); in a long formula they become \bigl( and \bigr), with a break allowed
before the next bracket. Not covered: fractions, which no line breaks: in text style they are small.
"""

from __future__ import annotations

import re

BROAD = 34                            # letters of a formula in display style
BRACKETS = {r" \left(": r"\allowbreak \bigl(", r"\left(": r"\bigl(", r"\right)": r"\bigr)"}


def _group(formula: str, start: int) -> int:
    """Behind the brace that closes the one at `start`."""
    depth = 0
    for i in range(start, len(formula)):
        depth += {"{": 1, "}": -1}.get(formula[i], 0)
        if not depth:
            return i + 1
    return len(formula)


def _breadth(formula: str) -> int:
    r"""About how many letters wide a formula is: a \frac is as wide as the wider of its two, + and - are two."""
    total = at = 0
    while at < len(formula):
        if formula.startswith(r"\frac{", at):
            middle = _group(formula, at + 5)
            end = _group(formula, middle)
            total += max(_breadth(formula[at + 6:middle - 1]), _breadth(formula[middle + 1:end - 1]))
            at = end
        else:
            token = re.compile(r"\\(?:left|right)|[{}_^ ]|(\\[A-Za-z]+|.)").match(formula, at)
            total += (1 + (token[0] in "+-=")) * bool(token[1]) if token else 0
            at = token.end() if token else at + 1
    return total


def styled(formula: str) -> str:
    """The formula in display style, or, where it would not fit its column, in text style with brackets that break."""
    if _breadth(formula) <= BROAD:
        return rf"\displaystyle {formula}"
    out, at = r"\textstyle ", 0
    while at < len(formula):                          # what stands in braces, a fraction's halves, stays as it is
        if formula[at] == "{":
            end = _group(formula, at)
            out, at = out + formula[at:end], end
            continue
        bracket = next((b for b in BRACKETS if formula.startswith(b, at)), formula[at])
        out, at = out + BRACKETS.get(bracket, bracket), at + len(bracket)
    return out
