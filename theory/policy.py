"""Policies: how likely the walker is to persist, given the directed edge it just crossed.

By symmetry of the parallel edges a policy has four rows a branch, one entry a diamond j = 1 .. K:

    a_j  at v_j, moving away from the fork    persisting = leave by the single edge     base 1/(L+1)
    b_j  at v_j, moving towards the fork      persisting = cross back                   base L/(L+1)
    c_j  at u_j, moving away from the fork    persisting = cross by a parallel edge     base L/(L+1)
    d_j  at u_j, moving towards the fork      persisting = leave by the single edge     base 1/(L+1)

Not persisting is turning round, over any of the edges behind, the one just crossed included. The rows may be
shared by all branches (tied) or given for each. At node x = 1 .. 2K (u_1, v_1, u_2, ...) the persistence moving
away is P_x = c, a, c, a, ... and towards the fork Q_x = d, b, d, b, ...

A row's complement is always computed from the row itself: rounding 1/6 and 5/6 separately moves the SFT answer by
0.65 % at K = 15.

Not covered: policies that depend on more than the last directed edge, and rows that tell parallel edges apart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flint

from theory.maze import Maze
from theory.numeric import InputError, exact, integer, number_kind, shown

ROWS = ("a", "b", "c", "d")
Row = Any             # one number for every diamond, or a tuple of K numbers


def _probability(value: Any, where: str) -> Any:
    p = exact(value, where)
    # a symbolic row decides nothing; a ball is refused only when it lies wholly outside
    outside = (p < 0, p > 1) if not hasattr(p, "free_symbols") or p.is_number else (False, False)
    if outside[0] == True or outside[1] == True:  # noqa: E712  (SymPy's truth values)
        raise InputError(f"{where}: {shown(value)} is not a probability")
    return p


def _row(name: str, value: Any) -> Row:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            raise InputError(f"row {name} has no entries")
        return tuple(_probability(v, f"row {name}, diamond {j}") for j, v in enumerate(value, 1))
    return _probability(value, f"row {name}")


@dataclass(frozen=True)
class Branch:
    """The four rows of one branch; each a number, or a tuple of K numbers (entry j-1 for diamond j).

    >>> Branch(a=1, b='2/3', c=1, d='1/3').persistence(1)
    ([1, 1], [1/3, 2/3])
    """

    a: Row
    b: Row
    c: Row
    d: Row

    def __post_init__(self) -> None:
        for name in ROWS:
            object.__setattr__(self, name, _row(name, getattr(self, name)))

    @property
    def homogeneous(self) -> bool:
        """Whether each row is one number, the same for every diamond."""
        return not any(isinstance(getattr(self, name), tuple) for name in ROWS)

    def numbers(self) -> list[Any]:
        """Every number in the rows."""
        return [v for name in ROWS for v in _entries(getattr(self, name))]

    def expanded(self, K: int) -> dict[str, list[Any]]:
        """{'a': [a_1 .. a_K], ...}; `InputError` when a row has another length than K."""
        out = {}
        for name in ROWS:
            row = getattr(self, name)
            if isinstance(row, tuple):
                if len(row) != K:
                    raise InputError(f"row {name} has {len(row)} entries, the maze has K = {K} diamonds")
                out[name] = list(row)
            else:
                out[name] = [row] * K
        return out

    def persistence(self, K: int) -> tuple[list[Any], list[Any]]:
        """(P, Q), lists of length 2K: P = c_1, a_1, c_2, a_2, ...; Q = d_1, b_1, d_2, b_2, ..."""
        rows = self.expanded(K)
        return ([p for pair in zip(rows["c"], rows["a"], strict=True) for p in pair],
                [q for pair in zip(rows["d"], rows["b"], strict=True) for q in pair])


def _single(L: Any) -> Any:
    """1/(L+1), the chance of the single edge; `InputError` unless L is an integer from 1 or an expression."""
    return 1 / exact((L if hasattr(L, "free_symbols") else integer(L, "L")) + 1)


def _entries(row: Row) -> tuple[Any, ...]:
    return row if isinstance(row, tuple) else (row,)


class Policy:
    """A policy on the path-star maze: rows a, b, c, d, tied across branches or one set a branch.

    `Policy(a, b, c, d)` ties the branches; `Policy.untied([...])` gives each branch its own rows. Each row is one
    number or K numbers. 0 and 1 are legal.

    Errors: `InputError` naming the row and showing the value, when a row is no probability or has no entries.

    >>> Policy(a="1/6", b=1, c=[1, 0.5], d=0).branches[0].c
    (1, 1/2)
    """

    def __init__(self, a: Row, b: Row, c: Row, d: Row):
        self._take((Branch(a, b, c, d),))

    def _take(self, branches: tuple[Branch, ...]) -> None:
        self.branches = branches
        self.kind = number_kind(v for branch in branches for v in branch.numbers())

    @classmethod
    def of(cls, *branches: Branch) -> Policy:
        """A policy from its branches: one for a tied policy, W for an untied one."""
        if not branches:
            raise InputError("a policy needs at least one branch")
        policy = cls.__new__(cls)
        policy._take(branches)
        return policy

    @classmethod
    def untied(cls, branches: Iterable[Branch | Policy]) -> Policy:
        """One set of rows a branch, branch 0 first; `InputError` when there are none, or a branch is untied itself."""
        rows = []
        for i, b in enumerate(branches):
            if isinstance(b, Policy) and not b.tied:
                raise InputError(f"branch {i}: has {len(b.branches)} branches itself, not one set of rows")
            rows.append(b.branches[0] if isinstance(b, Policy) else b)
        return cls.of(*rows)

    @property
    def tied(self) -> bool:
        """Whether all branches share one set of rows."""
        return len(self.branches) == 1

    def branch(self, i: int) -> Branch:
        """The rows of branch i."""
        return self.branches[0] if self.tied else self.branches[i]

    def check(self, maze: Maze) -> None:
        """`InputError` unless the rows fit the maze's W and K."""
        if not self.tied and len(self.branches) != maze.W:
            raise InputError(f"the policy has {len(self.branches)} branches, the maze has W = {maze.W}")
        for branch in self.branches:
            for name in ROWS:
                row = getattr(branch, name)
                if isinstance(row, tuple) and len(row) != maze.K:
                    raise InputError(f"row {name} has {len(row)} entries, the maze has K = {maze.K} diamonds")

    # -- named policies ------------------------------------------------------------------------------------

    @classmethod
    def base(cls, L: Any) -> Policy:
        """The simple random walk on the multigraph: a = d = 1/(L+1), b = c = L/(L+1). L: int or SymPy."""
        single = _single(L)
        return cls(a=single, b=L * single, c=L * single, d=single)

    @classmethod
    def sft_limit(cls, L: Any) -> Policy:
        """Golden paths learnt for ever: a = c = 1, while b and d, never visited, stay as in base."""
        single = _single(L)
        return cls(a=1, b=L * single, c=1, d=single)

    @classmethod
    def optimum(cls) -> Policy:
        """Never turn round except at a wrong leaf: all rows 1."""
        return cls(1, 1, 1, 1)

    @classmethod
    def named(cls, name: str, L: Any) -> Policy:
        """'base', 'sft' or 'optimum'; `InputError` for another name."""
        makers = {"base": cls.base, "sft": cls.sft_limit, "optimum": lambda _: cls.optimum()}
        if name not in makers:
            raise InputError(f"policy {name!r}: not one of {', '.join(makers)}")
        return makers[name](L)

    # -- logits --------------------------------------------------------------------------------------------

    @classmethod
    def from_logits(cls, logits: dict[str, Any]) -> Policy:
        """Rows 1/(1+exp(-z)) from log-odds z of persisting, a float or K floats a row.

        The sum of the exponentiated edge logits on the persisting side over that on the other is exp(z): with
        equal logits on the parallel edges, z is their gap plus or minus log L. Rows are rounded to floats, then
        exact. *Not valid when* a complement below 1e-16 matters: beyond z = 37 the row rounds to 1; see
        `theory.dynamics`, which carries both.
        """
        def sigmoid(z: float) -> float:
            return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))

        def row(z: Any) -> Any:
            z = z.tolist() if hasattr(z, "tolist") else z
            return [sigmoid(v) for v in z] if isinstance(z, Sequence) else sigmoid(z)

        return cls(**{name: row(logits[name]) for name in ROWS})

    def to_logits(self, K: int) -> dict[str, list[float]]:
        """Log-odds of persisting, K floats a row, ±inf at 1 and 0; for a tied policy with numeric rows."""
        if not self.tied or self.kind == "symbolic":
            raise InputError("logits are for tied policies with numeric rows")

        def odds(p: Any) -> float:
            if p == 0 or p == 1:
                return -math.inf if p == 0 else math.inf
            return float((flint.arb(p) / flint.arb(1 - p)).log())

        return {name: [odds(p) for p in row] for name, row in self.branches[0].expanded(K).items()}

    # -- files ---------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """{'a': 'p/q' or a list of them, ...}, or {'branches': [...]} when untied; rationals only."""
        if self.kind != "rational":
            raise InputError(f"a {self.kind} policy has no exact JSON form")

        def row(value: Row) -> Any:
            return [str(v) for v in value] if isinstance(value, tuple) else str(value)

        rows = [{name: row(getattr(branch, name)) for name in ROWS} for branch in self.branches]
        return rows[0] if self.tied else {"branches": rows}

    @classmethod
    def from_json(cls, data: Any, source: str = "policy") -> Policy:
        """Read what `to_json` writes; a JSON number is taken as the decimal it is written as.

        Errors: `InputError` naming `source` for missing or unknown rows.
        """
        if isinstance(data, dict) and set(data) == {"branches"} and isinstance(data["branches"], list):
            branches = [cls.from_json(branch, f"{source}, branch {i}") for i, branch in enumerate(data["branches"])]
            try:
                return cls.untied(branches)
            except InputError as error:
                raise InputError(f"{source}: {error}") from None
        if not isinstance(data, dict) or set(data) != set(ROWS):
            keys = sorted(data) if isinstance(data, dict) else type(data).__name__
            raise InputError(f"{source}: needs exactly the rows a, b, c, d; has {keys}")
        try:
            return cls(**data)
        except InputError as error:
            raise InputError(f"{source}: {error}") from None

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read a policy file; `InputError` in one line for a missing or malformed one."""
        try:
            # numbers as text, so that 0.1 in the file means one tenth
            data = json.loads(Path(path).read_text(encoding="utf-8"), parse_float=str, parse_int=str)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: not JSON: {error}") from None
        return cls.from_json(data, str(path))

    def save(self, path: str | Path) -> None:
        """Write the policy as JSON, exactly."""
        Path(path).write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self.branches == other.branches

    def __hash__(self) -> int:
        return hash(self.branches)

    def _repr_html_(self) -> str:
        from theory.notebook import policy_html

        return policy_html(self)

    def __repr__(self) -> str:
        def row(value: Row) -> str:
            return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, tuple) else str(value)

        return "Policy(" + " | ".join(", ".join(f"{n}={row(getattr(b, n))}" for n in ROWS)
                                      for b in self.branches) + ")"
