"""The drawing of the maze in the report's page: it is the maze, and its walkers walk by their rows.

The page is opened in a real browser. What is drawn is counted against `theory.maze`; walks made in the browser are
followed arc by arc on its multigraph; how often they persist, where they turn and how long they last is held to the
rows and to the exact laws by exact binomial tests at 1e-8, each of which must also refute a false twin. The walks'
seeds are fixed. Not covered: how it looks, which was judged by eye.
"""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction

import pytest
from scipy import stats

from theory.hitting import expected_steps
from theory.maze import FORK, Arc, Maze, Node
from theory.moments import reach_probability
from theory.policy import Policy
from theory.printing import Quantity

ALPHA = 1e-8
MAZES = [(15, 15, 5), (3, 4, 2), (1, 1, 1), (2, 1, 1), (4, 3, 1), (5, 2, 12)]
SVG = "#maze .stage svg"


@pytest.fixture
def maze_page(open_page):
    """maze_page(...): the page with the maze drawn; as `open_page`."""
    def load(**how):
        tab = open_page("#maze", **how)
        tab.wait_for_selector('#maze[data-started="yes"]')
        return tab

    return load


def text(tab, name):
    return tab.text_content(f'[data-maze="{name}"]').replace("\u202f", " ").strip()


def press(tab, name):
    tab.click(f'[data-maze="{name}"]')


def fill(tab, **fields):
    """Put values into the fields and leave one of them, so that they count."""
    for name, value in fields.items():
        tab.evaluate("([id, value]) => { document.getElementById(id).value = value; }", [f"maze-{name}", str(value)])
    tab.dispatch_event(f"#maze-{next(iter(fields))}", "change")


def choose(tab, kind):
    tab.evaluate("(kind) => document.querySelector(`#maze-${kind}`).click()", kind)


def walks(tab, maze, rows, seeds, n):
    """The walks of some seeds, a list of steps each: the edge's branch, depth and copy, and the depth after it."""
    return json.loads(tab.evaluate("""([W, K, L, rows, seeds, n]) => JSON.stringify(seeds.map((seed) =>
        Backtrack.maze.walk(W, K, L, rows, seed, n).map(({node, edge}) => [...edge, node[1]])))""",
                                   [*maze, rows, list(seeds), n]))


def lengths(tab, maze, kind, runs, limit):
    """How long walks of seeds 0 .. runs-1 are, None where the target is not reached within `limit` steps."""
    return json.loads(tab.evaluate("""([W, K, L, kind, runs, limit]) => {
        const {Walker} = Backtrack.walker, rows = Backtrack.maze.rows(kind, L);
        const walked = Array.from({length: runs}, (_, seed) => new Walker(W, K, L, rows, seed).run(limit));
        return JSON.stringify(walked.map((walker) => walker.over ? walker.steps : null)); }""",
                                   [*maze, kind, runs, limit]))


def fits(successes, n, share):
    return stats.binomtest(successes, n, float(share)).pvalue > ALPHA


# -- what is drawn ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("width", [1280, 375])
def test_every_edge_and_every_end_is_drawn_and_the_page_stays_within_its_width(maze_page, width):
    tab = maze_page(width=width)
    for W, K, L in MAZES:
        fill(tab, W=W, K=K, L=L)
        assert tab.locator(f"{SVG} .edge").count() == Maze(W, K, L).arcs // 2 == W * (K * (L + 1) + 1)
        assert tab.locator(f"{SVG} .star").count() == tab.locator(f"{SVG} .fork").count() == 1
        assert tab.locator(f"{SVG} .cross").count() == W - 1
        places = tab.eval_on_selector_all(f"{SVG} .edge", "edges => edges.map((edge) => edge.getAttribute('d'))")
        assert len(set(places)) == len(places), "two edges lie on each other"
        golden = tab.get_attribute(f"{SVG} .golden", "d").split("M")[1:]
        assert len(golden) == Maze(W, K, L).shortest and {f"M{piece}" for piece in golden} <= set(places)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_bad_field_is_named_with_its_value_and_the_drawing_stays(maze_page):
    tab = maze_page()
    before = tab.inner_html(SVG)
    for fields, pieces in [({"W": "2.5"}, ["W = 2.5", "from 1 to 40"]), ({"W": "0"}, ["W = 0"]),
                           ({"K": "many"}, ["K = many"]), ({"L": ""}, ["L = nothing"]),
                           ({"seed": "-1"}, ["seed = -1", "from 0 to 4294967295"]),
                           ({"W": 40, "K": 60, "L": 5}, ["W = 40, K = 60, L = 5", "14 440 edges", "6 000"])]:
        fill(tab, **{"W": 15, "K": 15, "L": 5, "seed": 21} | fields)
        error = text(tab, "error")
        assert all(piece in error for piece in pieces), error
        assert "\n" not in error and tab.inner_html(SVG) == before
        assert error.endswith("The explorer below computes any size.") == ("seed" not in fields), error
    fill(tab, W=2, K=1, L=1, seed=21)
    assert not text(tab, "error") and tab.locator(f"{SVG} .edge").count() == 6


def test_the_expected_numbers_are_the_exact_ones(maze_page):
    tab = maze_page()
    policies = {"sft": Policy.sft_limit, "rlvr": lambda L: Policy.optimum(), "base": Policy.base}
    for W, K, L in [*MAZES[:3], (2, 60, 12)]:
        fill(tab, W=W, K=K, L=L)
        for kind, policy in policies.items():
            choose(tab, kind)
            exact = expected_steps(Maze(W, K, L), policy(L))
            assert Fraction(text(tab, "exact")) == exact
            short = text(tab, "expected").replace(" ", "")
            if short.startswith("≈"):
                digits, _, power = short[1:].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")).partition("×10")
                assert abs(Fraction(digits) * 10 ** int(power or 0) / exact - 1) < Fraction(1, 1000)
            else:
                assert Fraction(short) == exact
        choose(tab, "golden")
        assert text(tab, "exact") == str(2 * K + 1) == text(tab, "steps")


def test_the_words_and_the_counts_of_a_small_maze(maze_page):
    """Every number in the text by its formula; every count beside the drawing by following the walk's edges."""
    W, K, L = size = (3, 4, 2)
    tab, maze, leaf = maze_page(), Maze(W, K, L), 2 * K + 1
    fill(tab, W=W, K=K, L=L)
    rows = Policy.sft_limit(L).branch(0)
    formulas = {"W": W, "K": K, "L": L, "dead": W - 1, "short": leaf, "trip": 2 * leaf, "back": rows.b * rows.d}
    shown = tab.eval_on_selector_all("#maze [data-number]", "all => all.map((e) => [e.dataset.number, e.textContent])")
    assert {name for name, _ in shown} == {*formulas} and not [
        (name, number) for name, number in shown if number != str(formulas[name])]
    sft, rlvr = (expected_steps(maze, policy) for policy in (Policy.sft_limit(L), Policy.optimum()))
    hopes = tab.locator("#maze .hope").all_text_contents()
    assert hopes == ["One of 2⁴ = 16 such paths.", f"Expected: ≈ {Quantity(sft).text(4)} steps.",
                     f"Expected: {rlvr} steps."]
    strips = tab.eval_on_selector_all("#maze .strip svg", """strips => strips.map((svg) => [
        Number(svg.querySelector(".line").getAttribute("d").slice(1).split("L")[0].split(" ")[1]), Object.fromEntries(
        [...svg.querySelectorAll("text")].map((word) => [word.textContent, Number(word.getAttribute("y"))]))])""")
    for start, heights in strips:
        assert abs(heights["fork"] - start) < 5 and heights["leaf"] < start - 50
    told = json.loads(tab.evaluate("""([W, K, L]) => {
      const part = (name) => document.querySelector(`[data-maze="${name}"]`), told = [];
      const words = () => ["since", "best", "ends", "turns"].map((name) => [name, part(name).textContent]);
      for (let seed = 0; seed < 6; seed++) for (const kind of ["sft", "base", "rlvr"]) {
        document.getElementById("maze-seed").value = seed;
        if (kind === "sft") document.getElementById("maze-seed").dispatchEvent(new Event("change"));
        document.getElementById(`maze-${kind}`).click();
        for (const button of ["", "step", "step"]) {
          if (button) part(button).click();
          const steps = Number(part("steps").textContent);
          const walk = Backtrack.maze.walk(W, K, L, Backtrack.maze.rows(kind, L), seed, steps);
          told.push([walk.map(({ edge, node }) => [...edge, node[1]]), Object.fromEntries(words())]);
        }
      }
      return JSON.stringify([told, Backtrack.maze.target(W)]);
    }""", [*size]))
    assert not [(walk, shown) for walk, shown in told[0] if followed(walk, K, told[1]) != shown]


def followed(walk, K, target):
    """What the page has to say of a walk, from its edges alone."""
    leaf, since, best, ends, turns, failed, heading = 2 * K + 1, 0, 0, 0, 0, False, 1
    for branch, x, _, after in walk:
        before = 2 * x + 1 - after                                       # the edge's other end
        if before == 0:
            since, failed = 0, False
        elif before < leaf:
            turns += after - before != heading
        since, heading = since + 1, after - before
        if after == leaf and branch != target:
            ends, failed = ends + 1, True
        if failed:
            best = max(best, sum(after <= 2 * i - 1 for i in range(1, K + 1)))       # diamond i begins at depth 2i-1

    def often(n):
        return {1: "once", 2: "twice"}.get(n, f"{n} times")

    return {"since": str(since if walk[-1][3] else 0), "ends": often(ends), "turns": often(turns),
            "best": f"{best} of {K} diamonds" if ends else "no dead end yet"}


# -- the controls -----------------------------------------------------------------------------------------------

def test_nothing_moves_before_it_is_asked_and_then_it_does(maze_page):
    tab = maze_page()
    before = tab.inner_html("#maze")
    tab.wait_for_timeout(400)
    assert tab.inner_html("#maze") == before
    steps = int(text(tab, "steps"))
    tab.select_option("#maze-speed", "300")
    press(tab, "play")
    tab.evaluate("""() => { window.heard = 0; new MutationObserver(() => { window.heard++; }).observe(
        document.querySelector('[data-maze="said"]'), {childList: true}); }""")
    tab.wait_for_function("""(steps) => Number(
        document.querySelector('[data-maze="steps"]').textContent.replace(/\\s/g, "")) > steps + 200""", arg=steps)
    assert tab.evaluate("heard") <= 1, "a screen reader is told every step"
    press(tab, "play")
    stopped = text(tab, "steps")
    tab.wait_for_timeout(200)
    assert text(tab, "steps") == stopped and text(tab, "play") == "Play"


def test_the_walk_is_told_in_words(maze_page):
    tab = maze_page()
    assert text(tab, "said") == "After SFT: still in branch 14 after 837 steps; expected: ≈ 4.318 × 10¹⁴ steps."
    press(tab, "skip")
    assert text(tab, "steps") == "10 837" and "after 10 837 steps" in text(tab, "said")
    press(tab, "end")
    assert text(tab, "said").startswith("Not at the target within 5 000 000 more steps.")
    tab.check("#maze-rlvr")
    assert text(tab, "said") == "After RLVR: reached the target after 837 steps; expected: 899 steps."
    assert text(tab, "said") in tab.get_attribute(SVG, "aria-label")
    press(tab, "again")
    assert text(tab, "where") == "at the fork, about to pick a branch"
    press(tab, "fork")
    assert text(tab, "steps") == "62" and text(tab, "where") == "back at the fork" and text(tab, "ends") == "once"
    press(tab, "end")
    assert text(tab, "where") == "at the target, branch 6" and text(tab, "turns") == "0 times"
    spent = [int(n or 0) for n in tab.locator(f"{SVG} .spent").all_text_contents()]
    assert sum(spent) == 837 and spent[5] == 31 and all(n % 62 == 0 for i, n in enumerate(spent) if i != 5)


def test_the_keyboard_walks_and_the_seed_repeats(maze_page):
    tab = maze_page()
    tab.focus("#maze-sft")
    tab.keyboard.press("ArrowRight")
    assert tab.is_checked("#maze-rlvr")
    for name in ("play", "step"):
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.dataset.maze") == name
    tab.focus('[data-maze="again"]')
    tab.keyboard.press("Enter")
    tab.focus('[data-maze="step"]')
    for key in ("Enter", "Space", "Enter"):
        tab.keyboard.press(key)
    assert text(tab, "steps") == "3" and "diamond 2 of 15, on the way out" in text(tab, "where")
    assert tab.locator(f"{SVG} .seen").count() == 3
    tab.check("#maze-sft")
    first = tab.inner_html(SVG)
    press(tab, "another")
    assert tab.input_value("#maze-seed") == "22" and tab.inner_html(SVG) != first
    fill(tab, seed=21)
    assert tab.inner_html(SVG) == first


# -- the walks --------------------------------------------------------------------------------------------------

def test_every_step_crosses_an_edge_of_the_multigraph_until_the_target(maze_page):
    tab = maze_page()
    for size in MAZES:
        target = tab.evaluate("W => Backtrack.maze.target(W)", size[0])
        graph = Maze(*size).graph(target)
        for kind in ("golden", "sft", "rlvr", "base"):
            rows = tab.evaluate("([kind, L]) => Backtrack.maze.rows(kind, L)", [kind, size[2]])
            for seed, walk in enumerate(walks(tab, size, rows, range(3), 2000)):
                here = graph.start
                for branch, depth, copy, after in walk:
                    near, far = Node(branch, depth) if depth else Node(*FORK), Node(branch, depth + 1)
                    arc = Arc(near, far, copy) if after > depth else Arc(far, near, copy)
                    assert arc in graph.leaving[here], (size, kind, seed, arc)
                    here = arc.head
                assert (here == graph.target) == (len(walk) < 2000), (size, kind, seed)


def test_the_rows_are_obeyed(maze_page):
    """100 000 steps: how often each row persists, and where fork, diamonds and turns lead, uniformly."""
    W, K, L = maze = (4, 3, 3)
    rows = {"a": "3/10", "b": "3/5", "c": "7/10", "d": "9/20"}
    seen, at_fork, ahead, behind, n = {name: Counter() for name in rows}, Counter(), Counter(), Counter(), 0
    tab = maze_page()
    for walk in walks(tab, maze, rows, range(600), 1000):
        n += len(walk)
        for (_, x, copy, y), (branch, u, again, v) in zip(walk, walk[1:], strict=False):
            away, on = y > x, v > u
            if y == 0:
                at_fork[branch] += 1
            elif y <= 2 * K:
                seen[("ca" if away else "db")[(y + 1) % 2]][away == on] += 1
                if away == on and u % 2:
                    ahead[again] += 1
                elif u % 2:
                    behind[again == copy] += 1          # round in the diamond just crossed: the same edge again?
    assert n >= 100_000
    for name, row in rows.items():
        total, persists = seen[name].total(), seen[name][True]
        assert fits(persists, total, Fraction(row)), (name, persists, total)
        assert not fits(persists, total, Fraction(row) + Fraction(1, 25)), "the false twin was not refuted"
    assert fits(behind[True], behind.total(), 1 / L) and not fits(behind[True], behind.total(), 1 / (L + 1))
    for counts, sides in ((at_fork, W), (ahead, L)):
        assert sorted(counts) == list(range(sides))
        assert all(fits(count, counts.total(), 1 / sides) for count in counts.values())
        assert not any(fits(count, counts.total(), 1 / (sides + 1)) for count in counts.values())


def test_walks_last_as_long_as_the_exact_law_has_it(maze_page):
    """RLVR: wrong branches before the target are geometric, so their sum is negative binomial; SFT, base: P(T <= t)."""
    size, runs = (4, 3, 2), 4000
    W, K, L = size
    maze, short = Maze(*size), 2 * K + 1
    tab = maze_page()
    found = lengths(tab, size, "rlvr", runs, 10**6)
    assert all(steps % (2 * short) == short for steps in found)
    wrong = sum((steps - short) // (2 * short) for steps in found)
    mean = expected_steps(maze, Policy.optimum())

    def law(expected):
        share = 1 / (1 + (float(expected) - short) / (2 * short))        # of the target, at each visit of the fork
        ways = stats.nbinom(runs, share)
        return 2 * min(ways.cdf(wrong), ways.sf(wrong - 1)) > ALPHA

    assert law(mean) and not law(mean * Fraction(9, 10)) and not law(mean * Fraction(11, 10))
    for kind, policy in (("sft", Policy.sft_limit(L)), ("base", Policy.base(L))):
        found = lengths(tab, size, kind, runs, 10**6)
        for t in (30, 100, 300):
            share, within = reach_probability(maze, policy, t), sum(steps is not None and steps <= t for steps in found)
            assert fits(within, runs, share), (kind, t, within / runs, float(share))
            assert not fits(within, runs, float(share) + 0.06), "the false twin was not refuted"


def test_the_seed_first_shown_is_what_the_page_says_of_it(maze_page):
    tab = maze_page()
    for W, K, L in ((15, 15, 5), (4, 3, 2), (2, 1, 1)):
        fill(tab, W=W, K=K, L=L)
        ends = tab.evaluate("""([W, K, L]) => Array.from({length: 40}, (_, seed) => new Backtrack.walker.Walker(
            W, K, L, Backtrack.maze.rows("rlvr", L), seed).run(1e6).ends)""", [W, K, L])
        short = 2 * K + 1
        expected = (expected_steps(Maze(W, K, L), Policy.optimum()) - short) / (2 * short)
        first = next(seed for seed, n in enumerate(ends) if abs(n - expected) <= 1)
        told = {1: "once", 2: "twice"}.get(expected, f"{expected} times")
        assert expected == W - 1 and text(tab, "first") == (
            f"In this maze seed {first} is the first whose RLVR walk reaches dead ends as often as is expected, "
            f"{told}, give or take one.")
        if W == 15:
            assert first == 21 == int(tab.input_value("#maze-seed"))


def test_the_words_follow_the_maze_and_the_walks(maze_page):
    """'Stuck' and 'retreats' stand only over walks that did so; without a dead end the page does not speak of one."""
    tab = maze_page()
    heads = "() => [...document.querySelectorAll('#maze .strip h3')].map((head) => head.textContent)"
    assert tab.evaluate(heads) == ["Golden path", "After SFT: stuck", "After RLVR: retreats"]
    assert "every other in a dead end (14 here)" in tab.inner_text("#maze")
    fill(tab, W=1, K=1, L=1)
    assert tab.evaluate(heads) == ["Golden path", "After SFT", "After RLVR"]
    shown = tab.inner_text("#maze")
    assert "there is no other here" in shown and not text(tab, "first")
    for words in ("every other", "wrong branch", "never seen a way back"):
        assert words not in shown
    fill(tab, W=3, K=4, L=2)
    stuck = retreats = 0
    for seed in range(12):
        fill(tab, seed=seed)
        _, sft, rlvr = tab.evaluate(heads)
        said = [tab.inner_text(f'[data-maze="strip-{kind}"] .told') for kind in ("sft", "rlvr")]
        assert "not at the target" in said[0] or sft == "After SFT"
        assert ("reached 0 times" in said[1]) == (rlvr == "After RLVR")
        stuck, retreats = stuck + (sft == "After SFT: stuck"), retreats + (rlvr != "After RLVR")
    assert 0 < stuck < 12 and 0 < retreats < 12
