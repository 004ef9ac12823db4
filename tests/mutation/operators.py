"""What is planted: one constant, sign, operator, comparison or index changed, by cosmic-ray's operators and two more.

Cosmic-ray replaces every binary operator by each of eleven others; `x << y` for `x + y` dies of its type and tells
nothing, so of the binary ones only arithmetic is replaced by arithmetic. Two operators are added: `+=` for `-=`, and
one row, direction or size for its neighbour (`a` for `b`, `P` for `Q`, `W` for `K`), which is what a wrong index looks
like in formulas whose indices are letters.

Not planted: anything in an annotation, in the text of an error, in an f-string (formatting, not formulas) or in the
keywords of a call; imports, exceptions and decorators themselves (the lambdas inside `@claim` are formulas, and stay).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

ARITHMETIC = {"Add": ("Sub", "Mul"), "Sub": ("Add",), "Mul": ("Add", "Div"), "Div": ("Mul",), "Pow": ("Mul",),
              "FloorDiv": ("Mul",), "Mod": ("FloorDiv",)}
COMPARISONS = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
STOCK = [
    "core/NumberReplacer", "core/ReplaceTrueWithFalse", "core/ReplaceFalseWithTrue", "core/ReplaceAndWithOr",
    "core/ReplaceOrWithAnd", "core/AddNot", "core/ReplaceUnaryOperator_Delete_USub",
    "core/ReplaceUnaryOperator_Delete_Not",
    *[f"core/ReplaceBinaryOperator_{a}_{b}" for a, others in ARITHMETIC.items() for b in others],
    *[f"core/ReplaceComparisonOperator_{a}_{b}" for a in COMPARISONS for b in COMPARISONS if a != b],
]
NEIGHBOURS = {"a": "b", "b": "a", "c": "d", "d": "c", "P": "Q", "Q": "P", "P_not": "Q_not", "Q_not": "P_not",
              "r": "s", "s": "r", "W": "K", "K": "W", "L": "K", "away": "back", "back": "away", "D": "N", "N": "D",
              "dP": "dQ", "dQ": "dP", "outward": "inward", "inward": "outward", "Z": "Y", "Y": "Z", "A": "B", "B": "A",
              "X": "R", "R": "X", "r_u": "r_v", "r_v": "r_u"}
# parents in which a name is bound or is a label, not read
BINDING = ("param", "funcdef", "classdef", "keyword_argument", "import_from", "import_name", "import_as_name",
           "dotted_name", "global_stmt")
OUTSIDE = ("raise_stmt", "fstring", "annassign", "tfpdef", "import_from", "import_name")


class _Plain(Operator):
    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        return ()


class SwapAugmented(_Plain):
    """`x += y` for `x -= y` and the other way round."""

    SIGNS = {"+=": "-=", "-=": "+="}

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "operator" and node.value in self.SIGNS:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.value = self.SIGNS[node.value]
        return node


class SwapNeighbour(_Plain):
    """A row, direction or size for its neighbour, where it is read: the name `a` or the string "a"."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "name" and node.value in NEIGHBOURS and not _bound(node):
            yield node.start_pos, node.end_pos
        elif node.type == "string" and node.value[1:-1] in NEIGHBOURS:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        old = node.value.strip("\"'")
        node.value = node.value.replace(old, NEIGHBOURS[old])
        return node


def _bound(name: Any) -> bool:
    if name.is_definition(include_setitem=False) or name.parent.type in BINDING:
        return True
    following, before = name.get_next_sibling(), name.get_previous_sibling()
    label = name.parent.type == "argument" and _keyword(name.parent) is not None and following is not None
    attribute = before is not None and before.type == "operator" and before.value == "."
    return label or (attribute and name.value not in ("P", "Q", "P_not", "Q_not", "away", "back", "a", "b", "c", "d"))


OWN = {"own/SwapAugmented": SwapAugmented, "own/SwapNeighbour": SwapNeighbour}
OPERATORS = [*STOCK, *OWN]


def operator(name: str) -> Operator:
    """The operator of this name."""
    return OWN[name]() if name in OWN else get_operator(name)()


def site_kind(leaf: Any) -> str | None:
    """'formula', 'control' (inside the false twin of a claim), 'guard' (when an error is raised); None: not planted."""
    kind, node, in_lambda = "formula", leaf, False
    while node.parent is not None:
        parent = node.parent
        if parent.type in OUTSIDE:
            return None
        if parent.type == "funcdef" and node is not parent.children[-1] and node.type != "parameters":
            return None                                     # the return annotation
        if parent.type == "param" and parent.default is not node:
            return None
        if parent.type == "lambdef":
            in_lambda = True
        if parent.type == "decorator" and not in_lambda:
            return None                                     # what a claim says about itself is no formula
        if parent.type == "argument" and _keyword(parent) == "control":
            kind = "control"
        if parent.type == "if_stmt" and _only_raises(parent, node):
            kind = "guard"
        node = parent
    return kind


def _only_raises(statement: Any, test: Any) -> bool:
    i = statement.children.index(test)
    suite = statement.children[i + 2] if statement.children[i - 1].type == "keyword" else None
    return suite is not None and suite.type == "suite" and any(
        line.type == "simple_stmt" and line.children[0].type == "raise_stmt" for line in suite.children)


def _keyword(argument: Any) -> str | None:
    first, second = argument.children[:2]
    return first.value if first.type == "name" and second.type == "operator" and second.value == "=" else None


def sites(source: str) -> Iterator[dict[str, Any]]:
    """Every change that can be planted in a module: where, of what kind, in which statement and function."""
    tree = parso.parse(source)
    for name in OPERATORS:
        planted, occurrence = operator(name), 0
        for node in _walk(tree):
            for start, _ in planted.mutation_positions(node):
                leaf = tree.get_leaf_for_position(start)
                # a bare * or ** before a parameter or an unpacked value is no operator
                unary = leaf.type == "operator" and leaf.value in "**" and leaf.parent.type in (
                    "parameters", "param", "argument", "star_expr", "dictorsetmaker", "atom", "arglist")
                kind = None if unary else site_kind(leaf)
                if kind:
                    yield {"operator": name, "occurrence": occurrence, "line": start[0], "column": start[1],
                           "kind": kind, **_around(leaf)}
                occurrence += 1


def _around(leaf: Any) -> dict[str, Any]:
    """The statement (its lines; of a compound one those before its first block), and the outermost function."""
    node, inside, function, first, last = leaf, False, "", 0, 0
    while node is not None:
        if node.type == "lambdef":
            inside = True
        if not first and node.parent is not None and node.parent.type in ("suite", "file_input"):
            first, last = node.start_pos[0], _last_line(node)
            blocks = [child.start_pos[0] for child in getattr(node, "children", []) if child.type == "suite"]
            last = max(leaf.line, min(blocks)) if blocks else last
        if node.type == "funcdef":
            function = node.name.value
        if node.type == "decorated" and not function:
            function, first, last = "", node.start_pos[0], _last_line(node.children[0])
        node = node.parent
    return {"first": first, "last": last, "in_lambda": inside, "function": function}


def _last_line(node: Any) -> int:
    line, column = node.end_pos
    return line if column else line - 1


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", []):
        yield from _walk(child)
