"""The tables: rows from claims x grid.

    bounds_symbolic   every claim with a closed formula: relation, formula, domain, verdict
    bounds_numbers    the costs over a grid of W, K, L, exactly, from the claims' bodies
    claims            every claim: statement, source, verdict, control
    figure3           H + 1 along Figure 3's sign descent

Formulas and statements are read from the registry, never retyped. Verdicts come in as label -> text, since `theory`
does not know how they are computed; where one is missing, the table says that the check was not run.

Not covered: punctuation and files (`theory.formats`), what a verdict means (`verify.evidence`), figures and pages
(`verify.report`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from theory.claim import Claim, claims
from theory.formats import FORMATS, Cell, Column, Piece, Table, write, write_file
from theory.maze import Maze
from theory.numbering import number_of
from theory.numeric import InputError, Steps, decimal, exact, integer

__all__ = ["FORMATS", "GRID", "Column", "Table", "all_tables", "write", "write_file"]
NOT_RUN = "not run on these sources"
GREEK = {"eps": r"\varepsilon"}
GRID = {"W": (2, 5, 15), "K": (1, 2, 3, 5, 10, 15, 30), "L": (1, 2, 5)}
FIGURE3, FIGURE3_LR = Maze(15, 15, 5), 0.01
FIGURE3_STEPS = (0, 1, 25, 50, 100, 200, 300, 400, 600, 800, 1000, 1200)
SIGNS = {"equals": "=", "at most": "<=", "at least": ">=", "tends to": "->"}
COSTS = {"base": "base_cost", "SFT limit": "sft_cost", "optimum": "optimum_cost",
         "optimum, from the prompt": "figure3_target", "W L^K": "separation_sft_lower"}


# -- formulas and numbers ---------------------------------------------------------------------------------------

def expression(claim: Claim) -> tuple[Any, dict[Any, str]]:
    """(formula of a symbolic claim as SymPy, {symbol: its LaTeX}), in the order of the claim's parameters.

    A power of (L+1)^2/L is written as one of rho, L + 1/L as Lambda, and numbers common to a factor come before it; the
    value is the body's, which a test holds it to.
    """
    import sympy

    # named by position, because SymPy prints in the order of names: W L^K, not L^K W
    symbols = {name: sympy.Symbol(f"{i}{name}", positive=True) for i, name in enumerate(claim.parameters)}
    rho, pair = (sympy.Symbol(f"{len(symbols)}{name}", positive=True) for name in ("rho", "Lambda"))
    value = sympy.sympify(claim.body(*symbols.values()))
    if "L" in symbols:
        rate = claims()["sft_growth"].body(1, 1, symbols["L"])
        value = value.replace(lambda e: e.is_Pow and e.exp.free_symbols and e.base == rate, lambda e: rho**e.exp)
        both = {symbols["L"], 1 / symbols["L"]}
        value = value.replace(lambda e: e.is_Add and both <= set(e.args),
                              lambda e: sympy.Add(pair, *(term for term in e.args if term not in both)))
    value = value.replace(lambda e: e.is_Mul, lambda e: sympy.Mul(
        *(sympy.factor_terms(factor) if factor.is_Add else factor for factor in e.args)))
    return value, {symbol: GREEK.get(name, name) for name, symbol in symbols.items()} | {
        rho: r"\rho", pair: r"\Lambda"}


def formula(claim: Claim) -> str:
    """LaTeX of a symbolic claim's formula, tidier than `Claim.latex`: rho for (L+1)^2/L, letters in their order."""
    import sympy

    value, names = expression(claim)
    return sympy.latex(value, symbol_names=names)


def number(value: Any, digits: int = 10) -> str:
    """A number for a cell: exact when short ('50141', '1051.03125', '170/3'), else `digits` digits and an exponent.

    >>> number(50141), number(exact("8408.25")), number(exact("170/3")), number(10**15 + 1)
    ('50141', '8408.25', '170/3', '1.000000000e+15')
    """
    steps = Steps.of(value)
    if steps.exact == "oo":
        return "oo"
    for text in (steps.decimal, str(steps.exact)):
        if len(text) <= digits + 2 and "e" not in text and exact(text) == steps.value:
            return text
    return f"{Decimal(decimal(steps.value, digits)):.{digits - 1}e}"


def rounded(value: Any, digits: int = 6) -> str:
    """`digits` significant digits, with an exponent where plain digits would claim more than that."""
    text = decimal(exact(value), digits)
    return text if -1 <= Decimal(text).adjusted() < digits else f"{Decimal(text):.{digits - 1}e}"


# -- the four tables --------------------------------------------------------------------------------------------

def all_tables(verdicts: Mapping[str, str], W: Sequence[int] = GRID["W"], K: Sequence[int] = GRID["K"],
               L: Sequence[int] = GRID["L"]) -> list[Table]:
    """The four tables; `verdicts` is label -> text, empty when nothing was run.

    Errors: `InputError` when a grid is empty or holds anything but integers from 1.
    """
    return [bounds_symbolic(verdicts), bounds_numbers(verdicts, W, K, L), claims_table(verdicts), figure3(verdicts)]


def bounds_symbolic(verdicts: Mapping[str, str]) -> Table:
    """Every claim with a closed formula, in the registry's order."""
    rows = tuple((number_of(label), label, entry.quantity, SIGNS[entry.relation], formula(entry), entry.domain.words,
                  verdicts.get(label, NOT_RUN)) for label, entry in claims().items() if entry.symbolic)
    columns = (Column("number", share=.07), Column("label", "code", .13), Column("quantity", share=.18),
               Column("relation", "sign", .05), Column("formula", "math", .26), Column("domain", share=.11),
               Column("verdict", share=.20))
    return Table("bounds_symbolic", "Bounds, symbolic", columns, rows, (
        ("text", "Each quantity, its relation and the formula, where"),
        ("math", rf"\rho = {_formula('sft_growth')},"), ("math", r"\Lambda = L + 1/L"),
        ("text", "and H is the expected number of steps from the fork to the target. A formula whose verdict is "
                 "REFUTED stands here because it is told; its true form is among the others. What was checked and how "
                 "far is the last column.")))


def bounds_numbers(verdicts: Mapping[str, str], W: Sequence[int], K: Sequence[int], L: Sequence[int]) -> Table:
    """Costs of base, SFT limit and optimum on every maze of the grid, each from its claim's body."""
    for name, values in zip("WKL", (W, K, L), strict=True):
        if not values:
            raise InputError(f"{name}: the grid has no value")
        for value in values:
            integer(value, name)
    known = claims()

    def row(**maze: int) -> tuple[Cell, ...]:
        costs = {name: known[label].body(**{p: maze[p] for p in known[label].parameters})
                 for name, label in COSTS.items()}
        rate = exact(known["sft_growth"].body(**maze)) ** maze["K"]
        gap = exact(costs["SFT limit"]) / exact(costs["optimum"])
        return (*maze.values(), *map(number, costs.values()), number(rate), rounded(gap))

    math = {"W L^K": _formula("separation_sft_lower")}
    columns = (*(Column(name, "number", math=name) for name in "WKL"),
               *(Column(name, "number", math=math.get(name, "")) for name in COSTS),
               Column("rho^K", "number", math=r"\rho^{K}"), Column("SFT/optimum", "number"))
    return Table("bounds_numbers", "Bounds, numbers", columns,
                 tuple(row(W=w, K=k, L=l) for w in W for k in K for l in L), (
        ("text", "Expected steps from the fork to the target of the base model, the SFT limit and the "
                 "optimum, beside the rates"), ("math", _formula("separation_sft_lower")), ("text", "and"),
        ("math", rf"\rho^{{K}}, \rho = {_formula('sft_growth')}."),
        ("text", "A number with an exponent is rounded to ten digits and the last column to six; every other one is "
                 "exact. Checked:"), *_checked(verdicts, list(COSTS.values()))))


def claims_table(verdicts: Mapping[str, str]) -> Table:
    """Every claim with its source, verdict and control."""
    rows = tuple((number_of(label), label, entry.statement, ": ".join(entry.source), verdicts.get(label, NOT_RUN),
                  entry.control_words or "none") for label, entry in claims().items())
    run = sum(label in verdicts and verdicts[label] != "stated" for label in claims())
    columns = (Column("number", share=.07), Column("label", "code", .13), Column("statement", share=.31),
               Column("source", share=.13), Column("verdict", share=.22), Column("control", share=.14))
    return Table("claims", "Claims and verdicts", columns, rows, (
        ("text", f"{run} of {len(rows)} claims were checked; no check has run on those with the verdict"),
        ("code", "stated"), ("text", ". The control is a false twin of the claim, which the same check must refute. "
                                     "The sentences are ours, not the paper's.")))


def figure3(verdicts: Mapping[str, str]) -> Table:
    """H + 1 (the prompt's edge included) after sign steps from base, over the optimum too; compiles on first use."""
    from theory.dynamics import descent

    trace = descent(FIGURE3, max(FIGURE3_STEPS), FIGURE3_LR).steps_to_target + 1
    goal = claims()["figure3_target"].body(FIGURE3.W, FIGURE3.K)
    rows = tuple((step, f"{trace[step]:.4f}", f"{trace[step] / float(goal):.4f}") for step in FIGURE3_STEPS)
    columns = (Column("step", "number"), Column("H + 1", "number", math="H + 1"),
               Column("over the optimum", "number"))
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    return Table("figure3", "Figure 3", columns, rows, (
        ("text", f"Sign descent of H from the base model, W = {W}, K = {K}, L = {L}, step {FIGURE3_LR}; one "
                 "step more is counted, the prompt's edge. The optimum, so counted, is"),
        ("math", f"{_formula('figure3_target')} = {goal},"), ("text", "which is"),
        ("math", _formula("figure3_target_quoted")),
        ("text", "only because W = K. Checked:"), *_checked(verdicts, ("figure3_curve", "figure3_target",
                                                                       "figure3_diagonal"))))


def _checked(verdicts: Mapping[str, str], labels: Sequence[str]) -> list[Piece]:
    """'label: verdict; label: verdict.' for a caption."""
    return [piece for label in labels for piece in (
        ("code", label), ("text", f": {verdicts.get(label, NOT_RUN)}" + (";" if label != labels[-1] else ".")))]


def _formula(label: str) -> str:
    return formula(claims()[label])
