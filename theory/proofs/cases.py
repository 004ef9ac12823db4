"""Cases: a Coq term at small mazes against what a claim's Python body gives there, with symbols for the rows.

Setting. For bodies that cannot run at symbols for W and K, because they loop over rows, or take a maze or a policy. A
case names W, K and the body's whole-number parameters; its rows are a symbol for each entry of each branch, or, with
`numbers`, a fraction that no other entry has.

Not covered: which cases are enough. A term that agrees with a body at a few mazes for all rows may differ at others;
the theorem itself holds for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from theory.claim import claims
from theory.maze import Maze
from theory.policy import Branch, Policy
from theory.proofs import Proof
from theory.proofs.formulas import coq


def instance(proof: Proof, body: Callable[..., Any], case: Mapping[str, Any], numbers: int, relation: str = "=",
              joined: str = " /\\ ") -> str:
    """The Coq term and the body's value at one case, with symbols for the rows or with numbers."""
    wanted = claims()[proof.label].parameters
    W, K, branches = case.get("W", 1), case.get("K", 1), []
    if {"policy", "rows"} & set(wanted):
        tied = case.get("tied") or not {"branch", "target", "rows"} & set(wanted)
        branches = [_rows(K, i, numbers) for i in range(1 if tied else W)]
    values: dict[str, Any] = {name: case[name] for name in wanted if name in case}
    if "maze" in wanted:
        values["maze"] = Maze(W, K, case.get("L", 1))
    sides = [branch.persistence(K) for branch in branches]
    if "policy" in wanted:
        values["policy"] = Policy.of(*branches)
    if "rows" in wanted:
        values["rows"] = sides
    here = case.get("branch", case.get("target", 0)) if len(sides) > 1 else 0
    shown = {name: str(value) for name, value in case.items()}
    if sides:
        shown |= {"P": _function(sides[here][0]), "Q": _function(sides[here][1]),
                  "Ps": _table([P for P, _ in sides]), "Qs": _table([Q for _, Q in sides])}
    result = body(**values)
    if isinstance(result, Mapping):
        goals = [f"{proof.of.format(**shown, s=_place(s, K), z=_place(z, K))} {relation} {coq(moves[z])}"
                 for s, moves in result.items() for z in moves]         # the others are 0: each row sums to 1
        return _given(branches) + joined.join(goals)
    goals = [f"{proof.of.format(**shown, x=x)} {relation} {coq(value)}"
             for x, value in enumerate(result if isinstance(result, list) else [result])]
    return _given(branches) + joined.join(goals)


def _given(branches: list[Branch]) -> str:
    """'forall a1_0 .. : R, a1_0 <> 0 -> ..': the symbols in the rows, none of which is 0."""
    rows = sorted({str(symbol) for branch in branches for value in branch.numbers()
                   for symbol in getattr(value, "free_symbols", ())})
    return f"forall {' '.join(rows)} : R, {''.join(f'{name} <> 0 -> ' for name in rows)}" if rows else ""


def _place(state: Any, K: int) -> str:
    """A state of the lumped chain as Coq's chain calls it: the target's branch is 0, the wrong ones are 1."""
    if isinstance(state, str):
        return {"start": "fork", "target": f"(away 0 {2 * K + 1})"}[state]
    side, x, outward = state
    return f"({'away' if outward else 'back'} {int(side == 'wrong')} {x})"


def _rows(K: int, branch: int, numbers: int) -> Branch:
    """Rows of one branch: a symbol for each entry, or a fraction that no other entry has.

    numbers: 1 for fractions that rise from a to d, so that walkers retreat more readily than they go on; 2 for the
    contrary.
    """
    def entry(name: str, j: int) -> Any:
        if not numbers:
            return sympy.Symbol(f"{name}{j + 1}_{branch}", positive=True)
        place = 4 * (K * branch + j) + ("dcba" if numbers == 2 else "abcd").index(name)
        return f"{place + 1}/{place + 8}" if numbers == 2 else f"{place + 2}/{place + 5}"

    return Branch(*([entry(name, j) for j in range(K)] for name in "abcd"))


def _function(entries: list[Any]) -> str:
    """A function of the node, 1 .. 2K."""
    arms = " ".join(f"| {x}%nat => {coq(value)}" for x, value in enumerate(entries, 1))
    return f"(fun x : nat => match x with {arms} | _ => 0 end)"


def _table(sides: list[list[Any]]) -> str:
    arms = " ".join(f"| {i}%nat => {_function(entries)}" for i, entries in enumerate(sides))
    return f"(fun i : nat => match i with {arms} | _ => fun _ => 0 end)"
