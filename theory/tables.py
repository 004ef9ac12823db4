"""The tables: rows from claims x grid.

    bounds_symbolic   every claim with a closed formula: relation, formula, domain, verdict
    bounds_numbers    the costs over a grid of W, K, L, exactly, from the claims' bodies
    claims            every claim: statement, source, verdict, control
    figure3           H + 1 along Figure 3's sign descent

Formulas and statements are read from the registry, never retyped. Verdicts come in as label -> text, since `theory`
does not know how they are computed; where one is missing, the table says that the check was not run. A reader chooses
claims, grid and digits here, and columns of the table that comes out (`Table.choose`).

Not covered: punctuation and files (`theory.formats`), what a verdict means (`verify.evidence`), figures and pages
(`verify.report`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
NAMES = ("bounds_symbolic", "bounds_numbers", "claims", "figure3")
FLOAT_DIGITS = 8                     # of a number from floating point that is right to 1e-9
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

    >>> [*expression(claims()['golden_paths'])[1].values()][:2]
    ['W', 'K']
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
    """LaTeX of a symbolic claim's formula, tidier than `Claim.latex`: rho for (L+1)^2/L, letters in their order.

    >>> print(formula(claims()['golden_paths']))
    L^{K}
    """
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
    """`digits` significant digits, with an exponent where plain digits would claim more than that.

    >>> rounded('1/3'), rounded(1234567)
    ('0.333333', '1.23457e+6')
    """
    text = decimal(exact(value), digits)
    return text if -1 <= Decimal(text).adjusted() < digits else f"{Decimal(text):.{digits - 1}e}"


# -- the four tables --------------------------------------------------------------------------------------------

def all_tables(verdicts: Mapping[str, str], W: Sequence[int] = GRID["W"], K: Sequence[int] = GRID["K"],
               L: Sequence[int] = GRID["L"], *, names: Sequence[str] = NAMES, labels: Sequence[str] | None = None,
               digits: int | None = None) -> list[Table]:
    """The four tables, or those of `names`; `verdicts` is label -> text, empty when nothing was run.

    labels: the claims that bounds_symbolic and claims list, all by default; digits: significant digits of rounded
    numbers. Errors: `InputError` when a grid is empty or holds anything but integers from 1.

    >>> [table.name for table in all_tables({}, W=[2], K=[1], L=[1], names=('bounds_numbers', 'claims'))]
    ['bounds_numbers', 'claims']
    """
    makers: tuple[Callable[[], Table], ...] = (                      # in the order of NAMES
        lambda: bounds_symbolic(verdicts, labels), lambda: bounds_numbers(verdicts, W, K, L, digits),
        lambda: claims_table(verdicts, labels), lambda: figure3(verdicts, digits))
    return [make() for name, make in zip(NAMES, makers, strict=True) if name in names]


def bounds_symbolic(verdicts: Mapping[str, str], labels: Sequence[str] | None = None) -> Table:
    """Every claim with a closed formula (of `labels`, if given), in the registry's order.

    >>> bounds_symbolic({}, ['optimum_cost']).rows[0][1]
    'optimum_cost'
    """
    listed = {label: entry for label, entry in _chosen(labels).items() if entry.symbolic}
    rows = tuple((number_of(label), label, entry.quantity, SIGNS[entry.relation], formula(entry), entry.domain.words,
                  verdicts.get(label, NOT_RUN)) for label, entry in listed.items())
    columns = (Column("number", share=.07), Column("label", "code", .13), Column("quantity", share=.18),
               Column("relation", "sign", .05, absent=(
                   ("text", "Some formulas are bounds; which, the relation says, which is left out."),)),
               Column("formula", "math", .26), Column("domain", share=.11, absent=(
                   ("text", "Each holds on a domain of its own, which is left out."),)),
               Column("verdict", share=.20, absent=_unshown(verdicts, listed)))
    return Table("bounds_symbolic", "Bounds, symbolic", columns, rows, (
        ("text", "Each quantity, its relation and the formula, where"),
        ("math", rf"\rho = {_formula('sft_growth')},"), ("math", r"\Lambda = L + 1/L"),
        ("text", "and H is the expected number of steps from the fork to the target. A formula whose verdict is "
                 "REFUTED stands here because it is told; its true form is a claim of its own. The verdict says what "
                 "was checked and how far.")))


def bounds_numbers(verdicts: Mapping[str, str], W: Sequence[int], K: Sequence[int], L: Sequence[int],
                   digits: int | None = None) -> Table:
    """Costs of base, SFT limit and optimum on every maze of the grid, each from its claim's body.

    digits: of a rounded number; 10 by default, and 6 of the last column.

    >>> bounds_numbers({}, W=[2], K=[1], L=[1]).rows[0][:6]
    (2, 1, 1, '27', '17', '9')
    """
    for name, values in zip("WKL", (W, K, L), strict=True):
        if not values:
            raise InputError(f"{name}: the grid has no value")
        for value in values:
            integer(value, name)
    known, most, of_gap = claims(), digits or 10, digits or 6

    def row(**maze: int) -> tuple[Cell, ...]:
        costs = {name: known[label].body(**{p: maze[p] for p in known[label].parameters})
                 for name, label in COSTS.items()}
        rate = exact(known["sft_growth"].body(**maze)) ** maze["K"]
        gap = exact(costs["SFT limit"]) / exact(costs["optimum"])
        return (*maze.values(), *(number(cost, most) for cost in costs.values()), number(rate, most),
                rounded(gap, of_gap))

    math = {"W L^K": _formula("separation_sft_lower")}
    columns = (*(Column(name, "number", math=name, absent=(
                    ("text", "Left out, row by row:" if len(values) > 1 else "Here"),
                    ("math", f"{name} = {', '.join(map(str, values))}."))) for name, values in zip("WKL", (W, K, L),
                                                                                               strict=True)),
               *(Column(name, "number", math=math.get(name, ""), unit="steps",
                        checked=(label, verdicts.get(label, NOT_RUN))) for name, label in COSTS.items()),
               Column("rho^K", "number", math=r"\rho^{K}"), Column("SFT/optimum", "number"))
    return Table("bounds_numbers", "Bounds, numbers", columns,
                 tuple(row(W=w, K=k, L=l) for w in W for k in K for l in L), (
        ("text", "Expected steps from the fork to the target of the base model, the SFT limit and the "
                 "optimum, beside the rates"), ("math", _formula("separation_sft_lower")), ("text", "and"),
        ("math", rf"\rho^{{K}}, \rho = {_formula('sft_growth')}.")), (
        ("text", f"A number with an exponent is rounded to {_digits(most)}; one without is exact, but for the ratio "
                 f"SFT/optimum, which is rounded to {_digits(of_gap)}."),))


def claims_table(verdicts: Mapping[str, str], labels: Sequence[str] | None = None) -> Table:
    """Every claim (of `labels`, if given) with its source, verdict and control.

    >>> claims_table({'lumping': 'searched'}, ['lumping']).rows[0][4]
    'searched'
    """
    listed = _chosen(labels)
    rows = tuple((number_of(label), label, entry.statement, ": ".join(entry.source), verdicts.get(label, NOT_RUN),
                  entry.control_words or "none") for label, entry in listed.items())
    run = sum(label in verdicts and verdicts[label] != "stated" for label in listed)
    columns = (Column("number", share=.07), Column("label", "code", .13), Column("statement", share=.31),
               Column("source", share=.13), Column("verdict", share=.22, absent=_unshown(verdicts, listed)),
               Column("control", share=.14))
    count = f"{len(rows)} claims" if labels is None else f"{len(rows)} claims, chosen among {len(claims())},"
    return Table("claims", "Claims and verdicts", columns, rows, (
        ("text", f"{run} of {count} were checked; no check has run on those with the verdict"),
        ("code", "stated"), ("text", ". The control is a false twin of the claim, which the same check must refute. "
                                     "The sentences are ours, not the paper's.")))


def figure3(verdicts: Mapping[str, str], digits: int | None = None, steps: Sequence[int] = FIGURE3_STEPS) -> Table:
    """H + 1 (the prompt's edge included) after sign steps from base, over the optimum too; compiles on first use.

    digits: of every number but the step, to four decimals by default; no more than FLOAT_DIGITS are shown.

    >>> figure3({}, steps=()).title
    'Figure 3'
    """
    from theory.dynamics import descent

    most = digits and min(digits, FLOAT_DIGITS)

    def cell(value: float) -> str:
        return rounded(value, most) if most else f"{value:.4f}"

    goal = claims()["figure3_target"].body(FIGURE3.W, FIGURE3.K)
    trace = descent(FIGURE3, max(steps), FIGURE3_LR).steps_to_target + 1 if steps else ()
    rows = tuple((step, cell(float(trace[step])), cell(float(trace[step]) / float(goal))) for step in steps)
    columns = (Column("step", "number", absent=(
                   ("text", f"Rows are after {', '.join(map(str, steps))} steps of the descent."),)),
               Column("H + 1", "number", math="H + 1", unit="steps"), Column("over the optimum", "number"))
    W, K, L = FIGURE3.W, FIGURE3.K, FIGURE3.L
    return Table("figure3", "Figure 3", columns, rows, (
        ("text", f"Sign descent of H from the base model, W = {W}, K = {K}, L = {L}, step {FIGURE3_LR}; one "
                 "step more is counted, the prompt's edge. The optimum, so counted, is"),
        ("math", f"{_formula('figure3_target')} = {goal},"), ("text", "which is"),
        ("math", _formula("figure3_target_quoted")),
        ("text", "only because W = K. Checked:"), *_checked(verdicts, ("figure3_curve", "figure3_target",
                                                                       "figure3_diagonal"))), (
        ("text", f"Numbers are rounded to {_digits(most) if most else 'four decimals'}."),))


def _digits(count: int) -> str:
    return f"{count} digit{'s' * (count > 1)}"


def _chosen(labels: Sequence[str] | None) -> dict[str, Claim]:
    """The claims of `labels`, or all of them, in the registry's order."""
    return {label: entry for label, entry in claims().items() if labels is None or label in labels}


def _unshown(verdicts: Mapping[str, str], labels: Iterable[str]) -> tuple[Piece, ...]:
    """What a caption must say of these claims once their verdicts are not shown: which are refuted, which not run."""
    texts = {label: verdicts.get(label, NOT_RUN) for label in labels}
    groups = {
        "Refuted, or resting on a claim that is:": [label for label, text in texts.items() if "REFUTED" in text],
        "Without a verdict:": [label for label, text in texts.items()
                               if text.startswith((NOT_RUN, "stated", "undecided", "no verdict"))]}
    if texts and len(groups["Without a verdict:"]) == len(texts):
        return (("text", "No check was run on these sources."),)
    return tuple(piece for words, found in groups.items() if found for piece in (
        ("text", words), *(part for label in found for part in (
            ("code", label), ("text", "." if label == found[-1] else ",")))))


def _checked(verdicts: Mapping[str, str], labels: Sequence[str]) -> list[Piece]:
    """'label: verdict; label: verdict.' for a caption."""
    return [piece for label in labels for piece in (
        ("code", label), ("text", f": {verdicts.get(label, NOT_RUN)}" + (";" if label != labels[-1] else ".")))]


def _formula(label: str) -> str:
    return formula(claims()[label])
