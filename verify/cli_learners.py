"""The commands that run learners and walks: `backtrack train`, `backtrack rollouts`.

An interrupted training run prints the trace it has and keeps its checkpoint. Not covered: what the learners do
(`verify.learners`), their names and usual settings (`verify.training`), the samplers (`verify.rollouts`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from verify.console import JSON, bar, finite, maze_options, named_policy, print_json

if TYPE_CHECKING:
    from theory.maze import Maze
    from verify.learners.learning import Trained

LEARNERS = "sign|descent|normalised|flow|reinforce|grpo|sft-flow|sft|sgd-sft|distil|rejection|dagger"


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Several click options as one decorator, shown in the order given."""
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


FIGURE = click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                      help="Draw it: FILE.png, .pdf or .svg.")
SEED = click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything sampled.")


@click.command()
@click.option("--learner", default="sign", show_default=True, metavar=LEARNERS,
              help="RLVR on the exact gradient (sign, descent, normalised, flow) or on sampled rollouts (reinforce, "
                   "grpo); SFT (sft-flow, sft, sgd-sft); distillation; imitation on own walks (rejection, dagger).")
@maze_options
@_options(
    click.option("--steps", type=int, default=None, metavar="N",
                 help="Number of training steps.  [default: 1200; sampling learners 200]"),
    click.option("--lr", type=float, default=None, help="Step size (flows: time a step).  [default: learner's own]"),
    click.option("--start", default="base", show_default=True, metavar="base|sft|optimum|FILE.json",
                 help="The policy to start from."),
    click.option("--untied", is_flag=True, help="Rows of their own for every branch, instead of shared ones."),
    SEED,
    click.option("--max-samples", type=int, default=None, metavar="N", help="Stop after N rollouts, paths or traces."),
    click.option("--max-walked", type=int, default=None, metavar="N", help="Stop after N steps walked or tokens read."),
    click.option("--within", type=float, default=None, metavar="X", help="Stop once H is at most X times the optimum."),
    click.option("--reward", default="length", show_default=True, metavar="length|outcome|discount",
                 help="RLVR: outcome minus a length penalty, the outcome alone, or the outcome discounted."),
    click.option("--penalty", type=float, default=1.0, show_default=True, help="Length penalty a step."),
    click.option("--discount", type=float, default=0.99, show_default=True, help="Discount a step."),
    click.option("--truncate", type=int, default=None, metavar="T", help="Cut rollouts off after T steps."),
    click.option("--exclude", is_flag=True, help="Leave rollouts that were cut off out, instead of rewarding them 0."),
    click.option("--kl", type=float, default=0.0, show_default=True, help="Weight of the KL penalty to base."),
    click.option("--group", type=int, default=64, show_default=True, help="Rollouts a prompt (target)."),
    click.option("--groups", type=int, default=4, show_default=True, help="Prompts an update."),
    click.option("--baseline", default=None, metavar="none|loo|mean|grpo", help="What a rollout is compared with."),
    click.option("--rule", default=None, metavar="gradient|normalised|sign",
                 help="reinforce, grpo: how the estimate becomes a step."),
    click.option("--batch", type=int, default=1, show_default=True, help="sgd-sft, distil: fresh data a step."),
    click.option("--fixed-target", is_flag=True, help="The target is always branch 0, instead of uniform."),
    click.option("--fixed-copy", is_flag=True, help="sgd-sft: golden paths always take parallel edge 0."),
    click.option("--data-mix", type=float, default=1.0, show_default=True, metavar="EPS",
                 help="Distil: the share of the teacher's traces; the rest are golden paths."),
    click.option("--traces", type=int, default=0, show_default=True,
                 help="sgd-sft, distil: data in a fixed set; 0: fresh ones."),
    click.option("--teacher", default="optimum", show_default=True, metavar="base|sft|optimum|FILE.json",
                 help="Distil: whose traces."),
    click.option("--converged", is_flag=True,
                 help="Train for ever on the data there are (with --traces; rejection, dagger)."),
    click.option("--keep", type=float, default=1.0, show_default=True,
                 help="Rejection: the share of successes to imitate, the shortest first."),
    click.option("--passes", type=int, default=1, show_default=True, help="Rejection, dagger: gradient steps a round."),
    click.option("--expert", default="golden", show_default=True, metavar="golden|optimum",
                 help="Dagger: an expert that turns round in the target's branch, or one that always persists."),
    click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Go on from FILE if it exists, and keep the run there."),
    click.option("--save", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.json",
                 help="Write the learnt rows, parallel copies averaged, for --policy."),
    FIGURE, JSON)
def train(W: int, K: int, L: int, steps: int | None, start: str, seed: int, max_samples: int | None,
          max_walked: int | None, within: float | None, checkpoint: Path | None, save: Path | None,
          figure: Path | None, as_json: bool, **options: Any) -> None:
    """Train a learner and print its expected steps along the way, with what it used.

    H is exact for the learnt policy; samples are rollouts, golden paths or traces, and walked counts their edges.
    """
    from theory.closed_forms import optimum_steps
    from theory.maze import Maze
    from theory.numeric import InputError, integer
    from verify import training
    from verify.report.figures import figure_format

    if steps is not None:
        integer(steps, "steps", least=0)
    if within is not None and not 1 <= within < math.inf:
        raise InputError(f"within = {within}: the optimum is the least, so a number from 1")
    if figure:
        figure_format(figure)                            # before anything runs
    maze, settings, context = Maze(W, K, L), training.Options(**options), click.get_current_context()
    given = [name for name in options if name not in ("learner", "lr")
             and context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if line := training.unused(settings, given):
        raise InputError(line)
    learner = settings.build(maze)
    if settings.reward == "outcome" and settings.truncate is None and "reward" in training.USES[settings.learner]:
        click.echo("backtrack: every whole rollout has the outcome 1: no gradient without --truncate", err=True)
    updates = steps if steps is not None else 200 if options["learner"] in training.SAMPLING else 1200
    optimum = int(optimum_steps(W, K))
    try:
        with bar(f"training {options['learner']}") as progress:
            run = training.train(
                maze, settings, updates=updates, samples=max_samples, steps=max_walked, seed=seed,
                goal=within * optimum if within is not None else None, checkpoint=checkpoint, start=start,
                tick=lambda done, total: progress(done, total, ""))
    except KeyboardInterrupt as interrupt:
        if hasattr(interrupt, "trained"):                # what there is, before the command ends as interrupted
            _show_trained(maze, options, interrupt.trained, learner.lr, updates, seed, start, save, figure, as_json)
        raise
    _show_trained(maze, options, run, learner.lr, updates, seed, start, save, figure, as_json)


def _show_trained(maze: Maze, options: dict[str, Any], run: Trained, lr: float, updates: int, seed: int, start: str,
                  save: Path | None, figure: Path | None, as_json: bool) -> None:
    """Print a run, then save and draw it, so that a full disk takes no numbers with it."""
    _print_trained(maze, options, run, lr, updates, seed, start, as_json)
    if run.used.updates > updates:
        click.echo(f"backtrack: the checkpoint is already at update {run.used.updates}, past {updates}", err=True)
    if save:
        from theory.hitting import expected_steps
        from theory.tables import number

        saved = run.policy.lumped()
        saved.save(save)
        # rows that tell parallel edges apart do not survive the averaging; say what it cost
        targets = range(maze.W if not saved.tied else 1)
        H = number(sum(Fraction(expected_steps(maze, saved, target=t)) for t in targets) / len(targets), 7)
        click.echo(f"backtrack: {save}: parallel copies averaged, expected steps {H}; the learner's own policy needs "
                   f"{run.trace[-1].H:.6g}", err=True)
    if figure:
        from verify.report.figures import training as draw

        draw(figure, maze, options["learner"], run.trace)


def _print_trained(maze: Maze, options: dict[str, Any], run: Trained, lr: float, updates: int, seed: int, start: str,
                   as_json: bool) -> None:
    from theory.closed_forms import optimum_steps

    optimum = int(optimum_steps(maze.W, maze.K))
    if as_json:
        trace = [{"step": p.update, "steps_to_target": finite(p.H), "log10": finite(p.log10), "samples": p.samples,
                  "walked": p.steps, "rows": p.rows} for p in run.trace]
        return print_json({"maze": {"W": maze.W, "K": maze.K, "L": maze.L}, "learner": options["learner"], "lr": lr,
                           "steps": updates, "seed": seed, "penalty": options["penalty"], "start": start,
                           "optimum": optimum, "settings": run.settings, "trace": trace})
    click.echo(f"{'step':>8}  {'expected steps':>20}  {'samples':>12}  {'walked':>16}   mean rows a, b, c, d   "
               f"(optimum {optimum})")
    for i in sorted({round(i * (len(run.trace) - 1) / 20) for i in range(21)}):
        p = run.trace[i]
        value = "beyond 10^308" if p.log10 is None else f"{p.H:.4f}" if p.log10 < 15 else f"10^{p.log10:.4f}"
        rows = "  ".join(f"{p.rows[name]:.4f}" for name in "abcd")
        click.echo(f"{p.update:>8}  {value:>20}  {p.samples:>12}  {p.steps:>16}   {rows}")


@click.command()
@maze_options
@click.option("--policy", default="base", show_default=True, metavar="base|sft|optimum|FILE.json",
              help="A named policy, or rows in a file.")
@click.option("--runs", type=int, default=10_000, show_default=True, help="Walks to sample.")
@SEED
@click.option("--sampler", default="auto", show_default=True, type=click.Choice(["auto", "steps", "excursions"]),
              help="Step by step on the lumped chain, or by whole excursions; auto: by the expected length.")
@click.option("--limit", type=int, default=None, metavar="T", help="Cut walks off after T steps.")
@click.option("--wrapper", default=None, metavar="search|charged|dead-ends|budget|best|luby|parallel",
              help="Walk under a wrapper: no directed edge twice; begin anew at dead ends or budgets; k walks at once.")
@click.option("--budget", type=int, default=None, metavar="B", help="Steps an attempt; Luby's unit.")
@click.option("--walkers", type=int, default=2, show_default=True, metavar="k", help="Walks side by side.")
@FIGURE
@JSON
def rollouts(W: int, K: int, L: int, policy: str, runs: int, seed: int, sampler: str, limit: int | None,
             wrapper: str | None, budget: int | None, walkers: int, figure: Path | None, as_json: bool) -> None:
    """The distribution of a policy's steps to the target: exact and simulated, side by side.

    The simulated shares carry binomial intervals (Clopper and Pearson) that hold jointly with 99.9 %. With --wrapper:
    the mean under a wrapper at inference, exact where it is known.
    """
    from theory.maze import Maze
    from theory.numeric import InputError

    context = click.get_current_context()
    given = {name for name in ("figure", "sampler", "budget", "walkers") if context.get_parameter_source(
        name) is ParameterSource.COMMANDLINE}
    if line := next((name for name in ("figure", "sampler") if wrapper is not None and name in given), None):
        raise InputError(f"--{line} is for the plain walk, not for --wrapper {wrapper}")
    if "walkers" in given and wrapper != "parallel":
        raise InputError(f"--walkers {walkers} goes with --wrapper parallel")
    if wrapper is not None:
        return _under_wrapper(Maze(W, K, L), policy, wrapper, runs, seed, budget, walkers, limit, as_json)
    if budget is not None:
        raise InputError(f"--budget {budget} goes with --wrapper budget, luby or parallel")
    from verify.distribution import compare
    from verify.report.figures import figure_format

    if figure:
        figure_format(figure)
    with bar("walking") as progress:
        seen = compare(Maze(W, K, L), named_policy(policy, L), runs, seed=seed, sampler=sampler, limit=limit,
                       tick=lambda done, total, what: progress(done, total, what))
    if figure:
        from verify.report.figures import distribution as draw

        draw(figure, Maze(W, K, L), policy, seen)
    if as_json:
        return print_json({"maze": {"W": W, "K": K, "L": L}, "policy": policy, "seed": seed, **seen.to_json()})
    click.echo(f"{seen.runs} walks, sampler {seen.sampler}, seed {seed}"
               + (f"; {seen.cut} cut off at {limit} steps, so mean and deviation are left out" if seen.cut else ""))
    click.echo(f"{'':<26}{'exact':>18}{'simulated':>18}")
    for name, value, found in seen.moments():
        click.echo(f"{name:<26}{value:>18}{found:>18}")
    for t, p, share, low, high in seen.shares:
        outside = "" if low <= p <= high else "   outside the interval"
        click.echo(f"{f'P(T <= {t})':<26}{p:>18.6f}{share:>18.6f}   [{low:.6f}, {high:.6f}]{outside}")
    if any(not low <= p <= high for _, p, _, low, high in seen.shares):
        sys.stderr.write("backtrack: an exact probability lies outside its interval; one in a "
                         "thousand commands shows that, and with another seed it should go away\n")


def _under_wrapper(maze: Maze, policy: str, wrapper: str, runs: int, seed: int, budget: int | None, walkers: int,
                   limit: int | None, as_json: bool) -> None:
    from verify.wrapped_runs import run

    with bar("walking") as progress:
        progress(0, 1, wrapper)
        found = run(maze, named_policy(policy, maze.L), wrapper, runs, seed=seed, budget=budget, walkers=walkers,
                    limit=limit).to_json()
    if as_json:
        return print_json({"maze": {"W": maze.W, "K": maze.K, "L": maze.L}, "policy": policy, "seed": seed, **found})
    exact, seen = found["exact"], found["simulated"]
    attempt = f", budget {found['budget']}" if found["budget"] is not None else ""
    click.echo(f"{runs} walks of {policy} under {wrapper}{attempt}, seed {seed}")
    click.echo("exact mean      " + ("none" if exact["mean"] is None else f"{exact['mean']:.10g}")
               + (f"   ({exact['why']})" if exact["why"] else ""))
    click.echo("simulated mean  " + ("none: not all arrived" if seen["mean"] is None else
                                     f"{seen['mean']:.10g}   (standard error {seen['standard_error'] or 0:.3g})"))
    click.echo(f"arrived         {seen['arrived']} of {runs}; stranded {seen['stranded']}, cut off {seen['cut_off']}")
    if seen["quantiles"]:
        quantiles = (f"{float(q):.0%} " + ("not arrived" if value is None else f"{value:.0f}")
                     for q, value in seen["quantiles"].items())
        click.echo("quantiles       " + ", ".join(quantiles))
