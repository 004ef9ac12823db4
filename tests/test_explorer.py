"""The explorer on the report's page, driven in a real browser: every number on it is the Python core's.

Settings are drawn with a fixed seed, the awkward ones are listed. The controls change one constant of the page's
mathematics and expect the same comparison to notice.
"""

from __future__ import annotations

import random
import re
import shlex
from math import inf, log10
from pathlib import Path

import pytest
from click.testing import CliRunner

from theory import dynamics, views
from theory.numeric import exact
from theory.printing import printed
from theory.views import View
from verify.report.typeset import pretty

ASSETS = Path(__file__).parent.parent / "verify" / "report" / "assets"
OWN = ("0.7", "1/3", "4/5", "1/6")
AWKWARD = [
    View(1, 1, 1), View(1, 1, 1, "sft", "5"), View(1, 7, 3, "own", own=OWN),
    View(1, 3, 2, "own", own=("1", "0", "1", "0")),
    View(2, 1, 1, "optimum"), View(1, 5, 2, "mixture", "1/3", "1"), View(3, 4, 2, "mixture", eps="0"),
    View(3, 4, 2, "mixture", eps="1"), View(3, 4, 2, "mixture", "0", "1/2"), View(3, 4, 2, "sft", "0"),
    View(3, 4, 2, "sft", "1e-30"), View(3, 4, 2, "sft", "1e30"), View(3, 4, 2, "mixture", "1e-30", "1e-20"),
    View(1_000_000, 500, 1000), View(1_000_000, 500, 1000, "sft"), View(1_000_000, 500, 1000, "sft", "1e9"),
    View(7, 500, 1, "sft"), View(2, 400, 9, "own", own=("0.9", "0.1", "1", "0.2")), View(15, 15, 5, "sft"),
    View(15, 15, 5, "sft", prompt_edge=True), View(5, 3, 2, "own", own=("0", "1", "1", "1")),
    View(5, 3, 2, "own", own=("1", "1", "1", "0")), View(5, 3, 2, "own", own=("1", "1", "1", "0"), wrapper="restarts"),
    View(5, 300, 2, "own", own=("1/9", "1", "1/7", "1")), View(5, 40, 2, "own", own=("1/2", "1", "1/2", "1/4")),
    View(2, 3, 1, "own", own=(".5", "1e-3", "5e-1/2", "1.")),
    View(4, 6, 900, "own", own=("1", "0", "1", "0.123"), wrapper="search"),
    View(9, 500, 30, "sft", wrapper="search"), View(9, 500, 30, "optimum", wrapper="search", prompt_edge=True),
    View(9, 500, 30, "sft", "1/7", wrapper="restarts"), View(22, 43, 8), View(30, 30, 12, prompt_edge=True)]

READ = """() => {
  const root = document.getElementById("explorer"), out = {};
  const plain = (place) => place.dataset.value ?? place.textContent;
  for (const place of root.querySelectorAll("[data-out]")) {
    out[place.dataset.out] = plain(place);
    out[`${place.dataset.out} as written`] = place.innerHTML.replaceAll("&nbsp;", "\u00a0");
  }
  const texts = (row) => [...row.cells].map(plain);
  const untrue = [...root.querySelectorAll("[data-value]")].filter((place) => {
    const made = document.createElement("p");
    made.append(Backtrack.pretty(place.dataset.value));
    return made.innerHTML !== place.innerHTML;
  }).length;
  const cells = (name) => [...root.querySelectorAll(`[data-out=${name}] tr`)].map(texts);
  return { ...out, comparison: cells("comparison"), flow: cells("flow-rows"), descent: cells("descent-rows"),
           untrue, hash: location.hash };
}"""
DRAWN = """(name) => {
  const svg = document.querySelector(`#explorer [data-out=${name}] svg`);
  const all = (path) => [...svg.querySelectorAll(path)];
  const moved = (part) => /translate\\((.*)\\)/.exec(part.getAttribute("transform"))[1].split(",").map(Number);
  const texts = (path) => all(path).map((part) => [part.textContent, ...moved(part)]);
  const numbers = "g[font-variant=tabular-nums]", paths = all('g[fill=none][stroke^="var("] > path');
  return {
    x: texts(`${numbers}:not([text-anchor]) text`), y: texts(`${numbers}[text-anchor=end] text`),
    rules: all('g[stroke="var(--grey)"][stroke-width="1.5"] line').map((line) => [
      line.parentNode.getAttribute("stroke-dasharray"), Number(line.getAttribute("y1"))]),
    names: texts('g[stroke="var(--paper)"] text'),
    lines: paths.map((path) => path.getAttribute("d").slice(1).split("L").map((point) => point.split(",").map(Number))),
    marks: all('g[fill="var(--paper)"] > *').map((mark) => mark.hasAttribute("cx")
      ? [Number(mark.getAttribute("cx")), Number(mark.getAttribute("cy"))] : moved(mark)),
    stars: all('g:not([fill]):not([stroke]) > path[transform]').map(moved),
  };
}"""
GO = """async (address) => {
  const root = document.getElementById("explorer");
  const turned = new Promise((resolve) => addEventListener("hashchange", () => setTimeout(resolve, 0), { once: true }));
  delete root.dataset.shown;
  if (location.hash === address) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = address;
  await turned;
}"""


def drawn(n: int) -> list[View]:
    """n random views."""
    draw = random.Random(20260622)

    def one() -> View:
        rows = draw.choice(views.KINDS)
        limit = rows in ("sft", "optimum") and draw.random() < 0.3
        times = (f"{draw.randint(1, 999)}/{draw.randint(1, 99)}", f"{draw.random():.5f}",
                 f"{draw.randint(1, 9)}e{draw.randint(-9, 9)}")
        t = views.FOREVER if limit or draw.random() < 0.1 else draw.choice(times)
        own = tuple(draw.choice(("1", "0.5", f"{draw.randint(1, 8)}/9", f"{draw.random():.{draw.randint(1, 9)}f}", "0"))
                    for _ in range(4))
        wrapper = "search" if limit and draw.random() < 0.6 else draw.choice(("none", "none", "restarts"))
        W = draw.choice((1, 2, 3, draw.randint(1, 40), draw.randint(1, 10**6)))
        K, L = draw.randint(1, draw.choice((3, 30, 120))), draw.randint(1, draw.choice((2, 12, 200)))
        return View(W, K, L, rows, t, f"{draw.randint(0, 20)}/20", own, wrapper, draw.random() < 0.3)

    return [one() for _ in range(n)]


def expected(view: View) -> dict[str, str]:
    """What the page has to say of a view: the plain texts, and how the core's typesetting writes them out."""
    cost, growth = view.cost, view.growth
    texts = {"decimal": cost.text(), "exact": cost.exact or "no fraction: every digit above is right",
            "log10": cost.log10, "order": growth.order, "words": growth.words, "rate": growth.rate.short,
            "exponent": growth.exponent}
    helped = {"none": "no wrapper", "restarts": "restarted at the first dead end", "search": "under search"}
    told = (f"W = {view.W}, K = {view.K}, L = {view.L}, {view.name}, {helped[view.wrapper]}, "
            f"from the {'prompt' if view.prompt_edge else 'fork'}")
    return {"error": "", "last": "", "untrue": 0, "settings": told, "command": view.command, "latex": view.latex_row,
            "hash": view.address, **texts,
            **{f"{name} as written": str(pretty(text)) for name, text in texts.items() if name != "exact"}}


def differences(tab, these: list[View]) -> list[tuple[View, str, str, str]]:
    """(view, field, page, Python) for every text that is not the same."""
    found = []
    for view in these:
        tab.evaluate(GO, view.address)
        shown = tab.evaluate(READ)
        found += [(view, name, shown[name], text) for name, text in expected(view).items() if shown[name] != text]
    return found


def complete(tab, view: View) -> dict:
    """The page's texts once tables and curves stand too."""
    tab.evaluate(GO, view.address)
    tab.wait_for_selector(f"#explorer[data-shown='{view.address}']", state="attached", timeout=20_000)
    return tab.evaluate(READ)


def curve_differences(tab, view: View) -> list[tuple]:
    """The same for the tables under the curves, and for what is drawn."""
    shown, W, K, L, edge = complete(tab, view), view.W, view.K, view.L, view.prompt_edge
    columns = [views.flow(View(W, K, L, prompt_edge=edge))]
    columns += [views.flow(view)] if view.rows == "mixture" else []
    flow = [[t, *(column[i][1] for column in columns)] for i, (t, _) in enumerate(columns[0])]
    walk = [[str(n), text] for n, text in views.descent(view, 1200, 0.01)]
    costs = [[name, quantity.text()] for name, quantity in views.comparison(W, K, L, edge)]
    both = ((shown["flow"], flow), (shown["descent"], walk), (shown["comparison"], costs))
    assert all(len(page) == len(core) for page, core in both)
    return [(page, core) for pages, cores in both for page, core in zip(pages, cores, strict=True) if page != core] + [
        *misdrawn(tab, view)]


def places(ticks):
    """Where a number stands on an axis, by its outer ticks; the ticks between must stand there too."""
    def number(text):
        power = re.fullmatch(r"(?:(.+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
        if not power:
            return log10(float(text))
        return log10(float(power[1] or 1)) + int(power[2].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))

    known = [(number(text), place) for text, place in ticks]
    (low, start), (high, end) = known[0], known[-1]

    def place(y):
        return start + (y - low) / (high - low) * (end - start)

    assert len(known) > 2 and all(abs(place(y) - there) < 0.5 for y, there in known)
    return place


def misdrawn(tab, view: View):
    """(drawn, core), in pixels or words, for every point, rule, name and mark that is off; the caption's last value."""
    def compared(pairs):
        return [(drawn, core) for drawn, core in pairs
                if not all(abs(p - q) < 0.02 for p, q in zip(drawn, core, strict=True))]

    def log(quantity):
        return float(quantity.log10)

    W, K, L, edge = view.W, view.K, view.L, view.prompt_edge
    costs = {name: log(quantity) for name, quantity in views.comparison(W, K, L, edge)[:3]}
    dashes = {"1.5 3": "base", "8 3": "SFT limit", None: "optimum"}
    flow, walk = tab.evaluate(DRAWN, "flow"), tab.evaluate(DRAWN, "descent")
    for chart in (flow, walk):
        y = places([(text, at) for text, _, at in chart["y"]])
        assert {dashes[dash] for dash, _ in chart["rules"]} >= {"base", "optimum"}
        yield from compared(([at], [y(costs[dashes[dash]])]) for dash, at in chart["rules"])
        yield from compared(([at], [y(costs[name.split(",")[0]])]) for name, _, at in chart["names"] if name in costs)
    y, x = places([(text, at) for text, _, at in flow["y"]]), places([(text, at) for text, at, _ in flow["x"]])
    kinds = [("sft", "0.1")] + ([("mixture", view.eps)] if view.rows == "mixture" else [])
    curves = [[(x(log10(float(t))), y(log(View(W, K, L, rows, t, eps, prompt_edge=edge).cost))) for t in views.TIMES]
              for rows, eps in kinds]
    assert [len(line) for line in flow["lines"]] == [46] * len(curves)
    for line, curve in zip(flow["lines"], curves, strict=True):
        yield from compared(zip(line[::5], curve, strict=True))
    yield from compared(zip(flow["marks"], sum(curves, []), strict=True))
    if view.learns and view.t != views.FOREVER:
        here = View(W, K, L, view.rows, view.t, view.eps, prompt_edge=edge)
        yield from compared(zip(flow["stars"], [(x(log10(float(view.t))), y(log(here.cost)))], strict=True))
    y, (line,) = places([(text, at) for text, _, at in walk["y"]]), walk["lines"]
    trace = dynamics.descent(view.maze, 1200, 0.01).steps_to_target + edge
    steps = [(n, log10(trace[n])) for n in (0, 1, *range(100, 1201, 100)) if n < len(trace) and trace[n] < inf]
    first, last = (float(walk["x"][i][1]) for i in (0, -1))
    curve = [(first + n / float(walk["x"][-1][0]) * (last - first), y(value)) for n, value in steps]
    yield from compared((line[n], point) for (n, _), point in zip(steps, curve, strict=True))
    yield from compared(zip(walk["marks"], curve, strict=True))
    caption, end = tab.evaluate(READ)["caption"], printed(exact(float(trace[-1])), 4)
    if f"to {end} steps" not in caption:
        yield caption, end


@pytest.fixture
def explorer(open_page):
    tab = open_page(View(2, 3, 2).address)
    tab.wait_for_selector("#explorer[data-shown]", state="attached")
    return tab


# -- the numbers ------------------------------------------------------------------------------------------------------

def test_every_number_is_the_python_cores_to_the_last_digit(explorer):
    these = [*AWKWARD, *drawn(60)]
    assert not differences(explorer, these)
    texts = [view.cost.text() for view in these]
    assert sum(text == "oo" for text in texts) > 3 and any(re.search(r"e\+[3-9]\d\d", text) for text in texts)
    assert sum(view.cost.exact is None for view in these) > 15


def test_the_commands_shown_print_the_pages_digits(explorer):
    from verify.cli import cli

    for view in [*AWKWARD[:14:3], *drawn(12)]:
        explorer.evaluate(GO, view.address)
        shown = explorer.evaluate(READ)
        printed = CliRunner().invoke(cli, shlex.split(shown["command"])[1:]).output.splitlines()
        assert printed[0].split()[-1] == shown["decimal"] and printed[2].split()[-1] == shown["log10"]
        row = CliRunner().invoke(cli, [*shlex.split(shown["command"])[1:], "--latex"]).output
        assert row == shown["latex"] + "\n"


CURVES = [View(15, 15, 5, "mixture", "100", "0.1"), View(3, 40, 5, prompt_edge=True), View(1, 4, 2, "sft", "3"),
          View(7, 7, 1, "mixture", "1", "1"), View(40, 60, 12), View(2, 120, 3, "sft")]


def test_tables_and_curves_are_the_python_cores(explorer):
    for view in CURVES:
        assert not curve_differences(explorer, view), view
        assert "exact gradient" in explorer.evaluate(READ)["unsure"]


def test_what_is_drawn_between_the_tables_times_is_the_same_function(explorer):
    """The floats of the curves against the reals of the table, at 1e-9; the table is the core's."""
    for view in CURVES:
        assert explorer.evaluate("""(address) => {
          const { flowLog, flowAt, parse, view } = Backtrack.view, { TIMES, number } = Backtrack.exact;
          const v = view(parse(address)), rates = [[0n, 1n], [1n, 3n], [7n, 2n]];
          return Math.max(...TIMES.slice(1, 9).flatMap((t, i) => [rates[i % 3]].map((w) => Math.abs(
            flowLog(v, Number(t), Number(w[0]) / Number(w[1])) - Number(flowAt(v, number(t, "t"), w).log10())))));
        }""", view.address) < 1e-9, view


def test_signs_that_rounding_may_decide_are_told(explorer):
    """At W = 4, K = 7, L = 1 a slope of base is exactly 0: Theory and float64 part company at step 0."""
    shown = complete(explorer, View(4, 7, 1))
    assert shown["unsure"].startswith("At step 0 ")
    assert all(text.startswith("about ") for n, text in shown["descent"] if n != "0")


def test_both_routes_of_the_page_agree(explorer):
    """The recursion and the geometric sums share no line; so do rationals and decimals."""
    assert explorer.evaluate("""() => {
      const E = Backtrack.exact, T = E.digitsOf(60);
      for (const [W, K, rows] of [[3, 4, "1/6 5/6 5/6 1/6"], [1, 3, "1/2 1/3 1/5 1/7"], [9, 50, "9/10 1/4 2/3 3/7"]]) {
        const [a, b, c, d] = rows.split(" ").map((text) => E.number(text, "row"));
        const real = ([p, q]) => new T(`${p}`).div(`${q}`), odds = ([p, q]) => new T(`${p}`).div(`${q - p}`);
        const given = { P: [c, a].map(real), odds: [c, a].map(odds), Q: [d, b].map(real) };
        const exact = real(E.recursion(W, K, { a, b, c, d }));
        for (const route of ["recursionReal", "closedReal"]) {
          if (!E[route](T, W, K, given).div(exact).minus(1).abs().lt("1e-50")) return `${route} ${rows}`;
        }
      }
      return "";
    }""") == ""


def test_the_error_bound_of_reals_holds_and_is_not_idle(explorer):
    """A cost from D digits lies within its bound of the cost from 300, and not always within 10^-6 of the bound."""
    shares = explorer.evaluate("""() => {
      const E = Backtrack.exact, good = E.digitsOf(300), found = [];
      for (const [W, K, L, t, w] of [[3, 5, 2, "1/3", "0"], [9, 40, 5, "1e6", "1/7"],
                                    [2, 90, 1, "1e-9", "3"], [1, 3, 30, "7", "0"]]) {
        const time = E.number(t, "t"), rate = E.number(w, "w");
        const truth = E.recursionReal(good, W, K, E.rowsAt(good, 300, L, time, rate));
        for (const D of [24, 40]) for (const route of ["recursionReal", "closedReal"]) {
          const T = E.digitsOf(D), rows = E.rowsAt(T, D, L, time, rate), value = E[route](T, W, K, rows);
          found.push(good.sub(`${value}`, truth).abs().div(`${E.costError(T, D, K, value, rows)}`).toNumber());
        }
      }
      return found;
    }""")
    assert max(shares) <= 1 and max(shares) > 1e-6


def test_what_is_too_much_for_the_page_is_told(explorer):
    for settings, shown in (({"rows": "sft", "t": "1e40"}, "t = 1e40: the page computes 0 and from 1e-30 to 1e30"),
                            ({"K": "500", "rows": "own", "a": "0." + "123456789" * 6}, "K = 500: too deep for the"),
                            ({"K": "500", "steps": "1201"}, "steps = 1201: the page computes up to 1200")):
        said = explorer.evaluate("""(settings) => {
          try { Backtrack.view.view(settings); } catch (e) { return e.message; }
        }""", settings)
        assert said.startswith(shown) and said.endswith("the command has no such limit")


# -- controls: one constant changed is noticed ------------------------------------------------------------------------

NOTICED = [View(3, 4, 2), View(3, 4, 2, "own", own=OWN), View(3, 4, 2, "own", own=OWN, wrapper="restarts"),
           View(2, 5, 2, "sft", "0.75"), View(3, 4, 5, "sft", wrapper="search"),
           View(3, 4, 2, "mixture", "3", "1/3", wrapper="restarts"), View(5, 3, 2, "own", own=("2/3", "1", "1", "1/7")),
           View(2, 9, 3, "own", own=("1", "0.4", "1", "0.3"), wrapper="search")]


WRONG_NUMBERS = [
    ("exact.js", "(w - 1n) * n;", "w * n;"), ("exact.js", "(2n * top + bottom)", "(2n * top)"),
    ("exact.js", "grown.plus(new T(1).div(L))", "grown.plus(new T(1))"),
    ("exact.js", "D.times(W - 1).plus(W)", "D.times(W - 1).plus(W - 1)"),
    ("exact.js", "BigInt(L - m)", "BigInt(L - m + 1)"), ("view.js", "BigInt(2 * K + 1)", "BigInt(2 * K + 2)"),
    ("view.js", 'flat("K^2"', 'flat("K"'), ("view.js", "alone ? 1 : W, K, rows", "W, K, rows")]
WRONG_CURVES = [
    ("exact.js", ".plus(1).plus(s)", ".plus(2).plus(s)"), ("view.js", "D[n] = 1;", "D[n] = 2;"),
    ("view.js", "0, 1, ...Array", "0, 2, ...Array"), ("exact.js", "t) / L - Math", "t) / L + Math"),
    ("view.js", '["base + restarts", of("base", "restarts")]', '["base + restarts", of("sft", "restarts")]')]


@pytest.mark.parametrize("wrong, compare", [
    (WRONG_NUMBERS, lambda tab: any(differences(tab, [view]) for view in NOTICED)),
    (WRONG_CURVES, lambda tab: curve_differences(tab, NOTICED[0]))], ids=["numbers", "curves"])
def test_a_wrong_constant_is_noticed(explorer, wrong, compare):
    for file, true, false in wrong:
        source = (ASSETS / file).read_text(encoding="utf-8")
        assert source.count(true) == 1, true
        explorer.evaluate(source.replace(true, false))
        assert compare(explorer), f"{false} for {true} went unnoticed"
        explorer.evaluate(source)
    assert not compare(explorer)


# -- the address, the fields, what is wrong ---------------------------------------------------------------------------

def test_fields_make_the_address_and_the_address_makes_the_fields(explorer, open_page):
    explorer.locator("#explorer").get_by_label("W, branches").fill("4")
    explorer.locator("#explorer").get_by_label("Rows").select_option("mixture")
    explorer.locator("#explorer").get_by_label("share of the optimum").fill("1/7")
    explorer.locator("#explorer").get_by_label("Training time t (inf").fill("2.5")
    explorer.locator("#explorer").get_by_label("Wrapper").select_option("restarts")
    explorer.locator("#explorer").get_by_label("count the prompt").check()
    view = View(4, 3, 2, "mixture", "2.5", "1/7", wrapper="restarts", prompt_edge=True)
    explorer.wait_for_function("address => location.hash === address", arg=view.address)
    address = explorer.evaluate("location.href")
    other = open_page(address[address.index("#"):])
    other.wait_for_selector(f"#explorer[data-shown='{view.address}']", state="attached")
    shown = other.evaluate(READ)
    assert {name: shown[name] for name in expected(view)} == expected(view)
    fields = other.locator("#explorer")
    assert fields.get_by_label("Training time t (inf").input_value() == "2.5"
    assert fields.get_by_label("count the prompt").is_checked() and not fields.get_by_label("a, out of").is_visible()
    fields.get_by_label("Rows").select_option("own")
    own = {"a, out of a diamond": ".1", "b, back into one": ".2", "c, into a diamond": ".3", "d, back out of one": ".4"}
    for words, text in own.items():
        fields.get_by_label(words, exact=True).fill(text, timeout=5000)
    view = View(4, 3, 2, "own", own=tuple(own.values()), wrapper="restarts", prompt_edge=True)
    other.wait_for_function("address => location.hash === address", arg=view.address)


def test_a_slider_is_a_field_for_the_hand(explorer):
    slider = explorer.locator("#explorer").get_by_label("K by a slider")
    slider.focus()
    slider.press("ArrowRight")
    explorer.wait_for_function("address => location.hash === address", arg=View(2, 4, 2).address)
    assert explorer.locator("#explorer").get_by_label("K, diamonds").input_value() == "4"


def test_a_wrong_field_is_told_and_the_last_view_stays(explorer):
    before, usual = explorer.evaluate(READ), dict(View(2, 3, 2).settings) | {"steps": "1200", "lr": "0.01"}
    told = "text => document.querySelector('#explorer [role=alert]').textContent.startsWith(text)"
    for field, text, shown in (
            ("W", "0", "W = 0: must be at least 1"), ("W", "1000001", "W = 1000001: the page computes up to 1000000"),
            ("K", "3.5", "K = '3.5' is not an integer"), ("K", "501", "K = 501"), ("L", "", "L = ''"),
            ("steps", "0", "steps = 0"), ("lr", "2", "lr = 2")):
        explorer.locator(f"#explorer [name={field}]").fill(text)
        explorer.wait_for_function(told, arg=shown)
        after = explorer.evaluate(READ)
        assert "\n" not in after["error"]
        assert after["last"].startswith("What stands below is still the last good view: W = 2, K = 3, L = 2, base,")
        for name in ("error", "last"):
            after |= {name: "", f"{name} as written": ""}
        assert after == before and explorer.locator("#explorer [data-stale]").count() == 2
        explorer.locator(f"#explorer [name={field}]").fill(usual[field])
        explorer.wait_for_function("document.querySelector('#explorer [role=alert]').textContent === ''")
        assert not explorer.evaluate(READ)["last"] and explorer.locator("#explorer [data-stale]").count() == 0


def test_wrong_settings_say_what_python_says(explorer):
    for settings in ({"rows": "own", "own": ("1", "1.5", "1", "1")}, {"rows": "base", "wrapper": "search"},
                     {"rows": "sft", "t": "5", "wrapper": "search"}, {"rows": "mixture", "eps": "3/2"},
                     {"rows": "sft", "t": "1_0"}, {"rows": "sft", "t": "1/0"}, {"rows": "sft", "t": "."},
                     {"rows": "best"}):
        with pytest.raises(ValueError) as caught:
            View(3, 2, 2, **settings)
        given = {name: text for name, text in settings.items() if name != "own"}
        given |= dict(zip("abcd", settings.get("own", ()), strict=False))
        said = explorer.evaluate("""(settings) => {
          try { Backtrack.view.view({ W: "3", K: "2", L: "2", ...settings }); } catch (e) { return e.message; }
        }""", given)
        assert said == str(caught.value)


def test_a_malformed_address_is_told_and_the_usual_view_shown(open_page):
    tab = open_page("#explorer?W=0")                                             # on loading, and then on each change
    tab.wait_for_selector("#explorer[data-shown]", state="attached")
    for hash, said in ((None, "W = 0"), ("W", "'W'"), ("colour=red", "'colour=red'"), ("rows=own&a=7", "row a: 7"),
                       ("W=2&K=%E0%A4%A", "'K=%E0%A4%A'"), ("__proto__=1", "'__proto__=1'"),
                       ("toString=5", "'toString=5'"), ("constructor=1", "'constructor=1'"),
                       ("W=2&W=3", "'W=3': W is given twice"), ("K=2&W=2&K=2", "'K=2': K is given twice")):
        if hash:
            tab.evaluate(GO, f"#explorer?{hash}")
        shown = tab.evaluate(READ)
        assert shown["error"].endswith("; the usual view is shown") and said in shown["error"]
        assert shown["decimal"] == View(15, 15, 5, "sft").cost.text()


# -- copying -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("clipboard", [True, False])
def test_the_buttons_copy(explorer, clipboard):
    """With a clipboard and without: a page from disk may have none, and then a selected field serves."""
    explorer.evaluate("""(clipboard) => {
      window.copied = [];
      Object.defineProperty(navigator, "clipboard", { configurable: true, value: clipboard
        ? { writeText: async (text) => { window.copied.push(text); } } : undefined });
      document.addEventListener("copy", () => window.copied.push(document.activeElement.value));
    }""", clipboard)
    view = View(2, 3, 2)
    for name, text in (("link", None), ("LaTeX row", view.latex_row), ("command", view.command)):
        explorer.locator("#explorer").get_by_role("button", name=f"Copy {name}").click()
        explorer.wait_for_function("said => document.querySelector('#explorer [role=status]').textContent === said",
                                   arg=f"{name[0].upper()}{name[1:]} copied.")
        copied = explorer.evaluate("window.copied.pop()")
        assert copied == text if text else copied.endswith(f"index.html{view.address}")
    assert explorer.evaluate("document.activeElement.textContent") == "Copy command"          # the focus stays


def test_a_number_is_copied_as_it_can_be_typed(explorer):
    """What stands as a power of ten is selected and copied as plain text."""
    view = View(9, 40, 5, "sft")
    explorer.evaluate(GO, view.address)
    assert " × 10" in explorer.locator("#explorer output").inner_text().replace("\u00a0", " ")
    assert explorer.evaluate("""() => {
      const place = document.querySelector("#explorer output"), range = document.createRange();
      range.selectNodeContents(place);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.activeElement.blur();
      const copied = new DataTransfer();
      place.dispatchEvent(new ClipboardEvent("copy", { clipboardData: copied, bubbles: true, cancelable: true }));
      return copied.getData("text/plain");
    }""") == view.cost.text()


def test_a_wrapper_that_does_not_fit_the_rows_leaves_the_old_view_dimmed_and_says_so(explorer):
    explorer.evaluate(GO, View(2, 3, 2, "own", own=("1/2", "1", "1/2", "1"), wrapper="restarts").address)
    explorer.locator("#explorer").get_by_label("Wrapper").select_option("search")
    explorer.wait_for_selector("#explorer .explorer-view[data-stale]")
    shown = explorer.evaluate(READ)
    assert shown["error"].startswith("search: its exact cost is known where a = c = 1")
    assert "restarted at the first dead end" in shown["last"] and "address" in shown["last"]
    for name, said in (("link", "Link to"), ("LaTeX row", "LaTeX row of"), ("command", "Command of")):
        explorer.locator("#explorer").get_by_role("button", name=f"Copy {name}").click()
        explorer.wait_for_function("said => document.querySelector('#explorer [role=status]').textContent === said",
                                   arg=f"{said} the last good view copied.", timeout=5000)
