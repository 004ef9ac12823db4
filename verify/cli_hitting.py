"""`backtrack hitting`: the exact expected number of steps of one view, as the explorer on the report's page shows it.

Named rows, rows at a training time or on mixed data, four numbers, or a JSON file; without a wrapper, with restarts or
under search. Not covered: what the numbers mean (`theory.views`).
"""

from __future__ import annotations

from typing import Any

import click

from verify.console import JSON, maze_options, named_policy, print_json

ROW = "a,b,c,d"


@click.command()
@maze_options
@click.option("--policy", metavar="base|sft|optimum|FILE.json",
              help='A named policy, or rows {"a": x or [x1..xK], "b": .., "c": .., "d": ..}, x a number or "p/q".  '
                   "[default: base]")
@click.option("--rows", metavar=ROW, help="Four rows, numbers or p/q, in place of --policy.")
@click.option("--time", "t", metavar="T", help="With --policy sft: the training time; for ever unless given.")
@click.option("--mixture", "eps", metavar="EPS", help="With --policy sft: the data's share of the optimum's traces.")
@click.option("--wrapper", type=click.Choice(["none", "restarts", "search"]), default="none", show_default=True,
              help="Restarts at the first dead end, or a search that crosses no directed edge twice.")
@click.option("--target", default=0, show_default=True, help="The target's branch, 0 .. W-1.")
@click.option("--prompt-edge", is_flag=True, help="Count the prompt's edge into the fork, as the paper's figure does.")
@click.option("--latex", is_flag=True, help="Print a row for a LaTeX table instead.")
@JSON
def hitting(W: int, K: int, L: int, policy: str | None, rows: str | None, t: str | None, eps: str | None, wrapper: str,
            target: int, prompt_edge: bool, latex: bool, as_json: bool) -> None:
    """Exact expected number of steps from the fork to the target, and how it grows with K.

    At a training time the number is real: 17 digits, every one right.
    """
    from theory.maze import Maze
    from theory.numeric import InputError
    from theory.printing import Quantity
    from theory.views import exact_cost

    maze = Maze(W, K, L)
    maze.check_target(target)
    view = _view(W, K, L, policy, rows, t, eps, wrapper, prompt_edge)
    if view is None:
        if latex:
            raise InputError(f"--latex: a row is for named rows and --rows, not for the file {policy}")
        own = named_policy(str(policy), L)
        cost, growth = Quantity(exact_cost(maze, own, wrapper, target=target, prompt_edge=prompt_edge)), None
    else:
        cost, growth = view.cost, view.growth           # the same for every target: the branches share their rows
    if latex and view is not None:
        return click.echo(view.latex_row)
    fraction = cost.exact
    if as_json:
        data: dict[str, Any] = {
            "maze": {"W": W, "K": K, "L": L}, "policy": policy or (None if rows else "base"), "rows": rows, "time": t,
            "mixture": eps, "wrapper": wrapper, "target": target, "prompt_edge": prompt_edge,
            "steps": {"exact": fraction, "decimal": cost.text(),
                      "log10": None if cost.log10 == "oo" else float(cost.log10)}}
        if growth is not None:
            data["growth"] = {"rate": growth.rate.short, "exponent": growth.exponent, "order": growth.order,
                              "words": growth.words}
        return print_json(data)
    click.echo(f"expected steps  {cost.text()}")
    click.echo("exactly         " + ("no fraction; every digit above is right" if fraction is None else
                                     fraction if len(fraction) <= 200 else
                                     f"{len(fraction)} characters; --json prints them all"))
    click.echo(f"log10           {cost.log10}")
    if growth is not None:
        click.echo(f"order           {growth.order}, {growth.words}")
        click.echo(f"a diamond       multiplies by {growth.rate.short} in the long run; exponent {growth.exponent}")


def _view(W: int, K: int, L: int, policy: str | None, rows: str | None, t: str | None, eps: str | None, wrapper: str,
          prompt_edge: bool) -> Any:
    """The view that the options describe, or None for a file of rows; `InputError` where they do not fit together."""
    from theory.numeric import InputError
    from theory.views import FOREVER, View

    if rows is not None and policy is not None:
        raise InputError(f"--policy {policy} and --rows {rows}: give one of them")
    for name, value in (("--time", t), ("--mixture", eps)):
        if value is not None and policy != "sft":
            raise InputError(f"{name} {value}: only --policy sft learns from data")

    def view(kind: str, **more: Any) -> View:
        return View(W, K, L, kind, wrapper=wrapper, prompt_edge=prompt_edge, **more)

    if rows is not None:
        own = tuple(rows.split(","))
        if len(own) != 4:
            raise InputError(f"--rows {rows}: four numbers {ROW} are needed, not {len(own)}")
        return view("own", own=own)
    if policy == "sft":
        learnt = {"t": FOREVER if t is None else t, **({} if eps is None else {"eps": eps})}
        return view("sft" if eps is None else "mixture", **learnt)
    return view(policy or "base") if policy in (None, "base", "optimum") else None
