/* The drawing of the maze and of walks through it (walker.js), stepped through or played on request; nothing moves
   before it is asked to. Expected numbers of steps are the page's exact ones (exact.js), never estimated here. */
"use strict";
(function () {
  const { KINDS, Walker, walk, target, edgesOf } = Backtrack.walker;
  const MOST = { W: 40, K: 60, L: 12 }, EDGES = 6000;      // beyond these a drawing shows nothing any more
  const SKIP = 10000, PATIENCE = { fork: 1e6, target: 5e6 };

  // -- numbers --------------------------------------------------------------------------------------------------

  /** A whole number with narrow spaces between thousands. */
  const whole = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  /** 'once', 'twice', '3 times'. */
  const times = (n) => (n === 1 ? "once" : n === 2 ? "twice" : `${whole(n)} times`);

  /** '1 dead end', '2 dead ends'. */
  const many = (n, word) => `${whole(n)} ${word}${n === 1 ? "" : "s"}`;

  /** A whole number as a superscript. */
  const raised = (n) => String(n).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);

  /** The expected number of steps, {short, exact}, by the page's exact arithmetic; ≈ where it is rounded. */
  function expected(W, K, L, kind) {
    if (kind === "golden") return { short: whole(2 * K + 1), exact: String(2 * K + 1) };
    const { number, recursion, quantity } = Backtrack.exact;
    const rows = Object.entries(KINDS[kind].rows(L)).map(([name, text]) => [name, number(text, name)]);
    const found = quantity(recursion(W, K, Object.fromEntries(rows)));
    if (/^\d{1,9}$/.test(found.exact)) return { short: whole(found.exact), exact: found.exact };
    const short = found.text(4).replace(/e\+?(\d+)$/, (all, power) => ` × 10${raised(power)}`);
    return { short: `≈ ${short}`, exact: found.exact };
  }

  // -- the drawing ----------------------------------------------------------------------------------------------

  /** Places of a maze in a box `width` wide: along x from the fork on a wide screen, downwards on a narrow one. */
  function plan(W, K, L, width) {
    const down = width < 640, lane = down ? (width - 12) / W : Math.max(20, Math.min(64, 400 / W));
    const fan = down ? 64 : 90, end = down ? 34 : 118, fork = down ? 26 : 54;
    const top = down ? 6 : 18;
    const length = down ? Math.max(9, Math.min(30, 540 / K)) * K : Math.min(width - fan - end - fork, 120 * K);
    const single = length / (3.2 * K), gap = L > 1 ? Math.min(lane * 0.78, single * 1.6) / (L - 1) : 0;
    const along = (x) => (x === 0 ? fork : fork + fan + single * (3.2 * ((x - 1) >> 1) + (x & 1 ? 0 : 2.2)));
    const across = (branch) => top + lane * (branch + 0.5);
    const middle = top + lane * W / 2;
    const point = (u, v) => (down ? [v, u] : [u, v]);
    /** The cubic along an edge, from the fork's side outwards: four points. */
    const curve = (branch, x, copy) => {
      const [u0, u1] = [along(x), along(x + 1)], v1 = across(branch), v0 = x ? v1 : middle;
      const bow = x & 1 ? gap * (copy - (L - 1) / 2) / 0.75 : 0;
      return [0, 0.25, 0.75, 1].map((s) => point(u0 + (u1 - u0) * s, v0 + (v1 - v0) * s + (s % 1 ? bow : 0)));
    };
    const box = point(fork + fan + length + end, lane * W + top + 6);
    return { W, K, L, down, lane, gap, curve, box, at: (branch, x) => point(along(x), x ? across(branch) : middle) };
  }

  /** A coordinate, short. */
  const brief = (n) => n.toFixed(1);

  /** A cubic's points as an SVG path. */
  const path = (p) => `M${p[0].map(brief)}C${p.slice(1).map((q) => q.map(brief)).join(" ")}`;

  /** Where the cubic p is at s in [0, 1], and its direction in degrees. */
  function on(p, s) {
    const between = (q) => q.slice(1).map((r, i) => r.map((n, j) => q[i][j] + s * (n - q[i][j])));
    const mix = (q) => (q.length === 1 ? q : mix(between(q)));
    const [x, y] = mix(p)[0], [a, b] = [mix(p.slice(0, 3))[0], mix(p.slice(1))[0]];
    return { x, y, angle: Math.atan2(b[1] - a[1], b[0] - a[0]) * 180 / Math.PI };
  }

  /** The SVG of the maze before anyone walked: edges in the order of their numbers, ends, labels, an idle walker. */
  function picture(place, golden) {
    const { W, K, L, down, at, curve, lane } = place, leaf = 2 * K + 1, edges = [], dots = [], ends = [];
    for (let branch = 0; branch < W; branch++) {
      for (let x = 0; x < leaf; x++) {
        for (let copy = 0; copy < (x & 1 ? L : 1); copy++) {
          edges.push(`<path class="edge" d="${path(curve(branch, x, copy))}"/>`);
        }
        if (x) dots.push(`M${at(branch, x).map(brief)}h0`);
      }
      const [x, y] = at(branch, leaf), goal = branch === target(W), r = Math.min(5, lane / 3);
      ends.push(goal ? `<path class="star" d="${star(x, y, Math.min(11, lane / 2))}"/>`
        : `<path class="cross" d="M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}"/>`);
      if (down && (lane >= 15 || goal)) {
        ends.push(`<text x="${x}" y="${y + 24}" text-anchor="middle">${branch + 1}</text>`);
      } else if (!down) ends.push(`<text x="${x + 14}" y="${y + 4}">${branch + 1}${goal ? " target" : ""}</text>`
        + `<text class="spent" x="${place.box[0] - 4}" y="${y + 4}" text-anchor="end"></text>`);
    }
    if (!down) ends.push(`<text x="${place.box[0] - 4}" y="14" text-anchor="end">steps</text>`);
    const way = golden.map((edge) => path(curve(...edge))).join(""), [x, y] = at(0, 0), size = place.box.map(Math.ceil);
    const [lx, ly, anchor] = down ? [x + 16, y - 4, "start"] : [x - 16, y + 4, "end"];
    return `<svg viewBox="0 0 ${size.join(" ")}" style="max-width:${size[0]}px" role="img">`
      + `<g class="edges">${edges.join("")}</g><path class="golden" d="${way}"/>`
      + `<path class="dots" d="${dots.join("")}"/>`
      + `<g>${ends.join("")}</g><circle class="fork" cx="${x}" cy="${y}" r="9"/>`
      + `<text x="${lx}" y="${ly}" text-anchor="${anchor}">fork</text>`
      + `<g class="walker"><circle r="10"/><path d="M8 0L-5 6V-6Z"/></g></svg>`;
  }

  /** A five-pointed star of radius r as an SVG path. */
  function star(x, y, r) {
    const corner = (i) => [(i & 1 ? 0.45 : 1) * r, i * Math.PI / 5];
    const points = Array.from({ length: 10 }, (_, i) => corner(i)).map(([length, turn]) =>
      `${brief(x + length * Math.sin(turn))} ${brief(y - length * Math.cos(turn))}`);
    return `M${points.join("L")}Z`;
  }

  /** A still picture of a walk's first n steps: how far from the fork it is (up) after so many steps (right). */
  function strip(walker, n) {
    const [w, h, left, top] = [344, 132, 46, 14], leaf = walker.leaf, points = ["0 0"], ends = [];
    const x = (t) => brief(left + (w - left - 14) * t / n), y = (d) => brief(top + (h - top - 24) * (1 - d / leaf));
    for (let t = 1; t <= n && !walker.over; t++) {
      walker.step();
      points.push(`${t} ${walker.depth}`);
      if (walker.depth === leaf && !walker.over) ends.push(t);
    }
    const line = points.map((p) => p.split(" ")).map(([t, d]) => `${x(t)} ${y(d)}`).join("L");
    const few = ends.length <= 40 ? ends : [];              // more crosses than that would be a black bar
    return `<svg viewBox="0 0 ${w} ${h}" role="img">`
      + `<path class="axis" d="M${left} ${y(leaf)}H${w - 8}M${left} ${y(0)}H${w - 8}"/>`
      + `<text x="0" y="${+y(leaf) + 4}">leaf</text><text x="0" y="${+y(0) + 4}">fork</text>`
      + `<text x="${left}" y="${h - 4}">0</text>`
      + `<text x="${w - 8}" y="${h - 4}" text-anchor="end">${many(n, "step")}</text>`
      + `<path class="line" d="M${line}"/>`
      + few.map((t) => `<path class="cross" d="M${x(t) - 3} ${y(leaf) - 3}l6 6m0 -6l-6 6"/>`).join("")
      + (walker.over ? `<path class="star" d="${star(+x(walker.steps), +y(leaf), 8)}"/>` : "") + "</svg>";
  }

  // -- the section ----------------------------------------------------------------------------------------------

  Backtrack.maze = { walk, target, edgesOf, rows: (kind, L) => KINDS[kind].rows(L), MOST, EDGES };

  Backtrack.start("maze", function (root, data) {
    const part = (name) => root.querySelector(`[data-maze="${name}"]`);
    const field = (name) => root.querySelector(`#maze-${name}`);
    const quiet = matchMedia("(prefers-reduced-motion: reduce)"), still = 40;   // a still shows at most 40 ways through
    let { W, K, L } = data.at, seed = Number(field("seed").value), kind = "sft", walker, span;
    // span: steps of a still picture
    let place, drawnAt, edges, drawn, playing = null, said = 0;

    /** A fresh walker of a kind at the fork. */
    const fresh = (which) => new Walker(W, K, L, KINDS[which].rows(L), seed, which === "golden");

    /** The sentence that says how a walk stands. */
    function sentence(which, w) {
      const so = many(w.steps, "step"), place = w.depth ? `still in branch ${w.branch + 1}` : "at the fork";
      return `${KINDS[which].name}: ${w.over ? `reached the target after ${so}` : `${place} after ${so}`}; `
        + `expected: ${expected(W, K, L, which).short} steps.`;
    }

    /** Tells screen readers how it stands; while playing at most every four seconds. */
    function say(text, always) {
      const now = performance.now();
      if (!always && now - said < 4000) return;
      said = now;
      part("said").textContent = text || sentence(kind, walker);
      part("stage").querySelector("svg").setAttribute("aria-label", `The maze: ${W} branch${W === 1 ? "" : "es"}, `
        + `${many(K, "diamond")} a branch, ${many(L, "parallel edge")} a diamond. ${sentence(kind, walker)}`);
    }

    /** Brings the trail, the walker's marker and the numbers up to date; `part way` along the edge being crossed. */
    function show(partway = 1) {
      const thickest = Math.max(2.5, Math.min(6, place.gap || 6));
      walker.crossed.forEach((n, e) => {
        if (n === drawn[e]) return;
        drawn[e] = n;
        edges[e].classList.toggle("seen", n > 0);
        edges[e].style.strokeWidth = n ? Math.min(thickest, 1.6 + 0.6 * Math.log2(n)).toFixed(2) : "";
      });
      const marks = part("stage").querySelectorAll(".spent");
      marks.forEach((mark, branch) => { mark.textContent = walker.spent[branch] ? whole(walker.spent[branch]) : ""; });
      const x = walker.away ? walker.depth - 1 : walker.depth, own = walker.edge % edgesOf(K, L);
      const spot = walker.steps === 0 ? { x: place.at(0, 0)[0], y: place.at(0, 0)[1], angle: place.down ? 90 : 0 }
        : on(place.curve(walker.branch, x, x & 1 ? own % (L + 1) - 1 : 0), walker.away ? partway : 1 - partway);
      part("stage").querySelector(".walker").setAttribute("transform",
        `translate(${brief(spot.x)} ${brief(spot.y)}) rotate(${brief(spot.angle + (walker.away ? 0 : 180))})`);
      const facts = { steps: whole(walker.steps), where: walker.where(), ends: times(walker.ends),
        turns: times(walker.turns), since: whole(walker.depth ? walker.since : 0),
        best: walker.ends ? `${walker.best} of ${K} diamonds` : "no dead end yet" };
      for (const [name, text] of Object.entries(facts)) part(name).textContent = text;
    }

    /** Stops playing. */
    function pause() {
      if (playing !== null) cancelAnimationFrame(playing);
      playing = null;
      part("play").textContent = "Play";
    }

    /** Does something to the walker on request, then shows and says how it stands. */
    function act(change, text) {
      pause();
      change();
      show();
      say(text && text(), true);
    }

    /** Plays at the chosen speed until paused or the target is reached; slow steps glide, unless motion is unwanted. */
    function play() {
      if (playing !== null) return act(() => {});
      if (walker.over) walker = fresh(kind);
      part("play").textContent = "Pause";
      let last = performance.now(), due = 1;
      const frame = (now) => {
        const speed = Number(field("speed").value);
        due += Math.min(0.1, Math.max(0, now - last) / 1000) * speed;
        last = now;
        walker.run(Math.floor(due));
        due -= Math.floor(due);
        show(speed <= 8 && !quiet.matches ? Math.min(1, due * 1.25) : 1);
        if (walker.over) return act(() => {});
        say();
        playing = requestAnimationFrame(frame);
      };
      playing = requestAnimationFrame(frame);
    }

    /** Walks on to the fork or the target, but not for ever. */
    function until(goal) {
      const before = walker.steps, there = () => walker.over || (goal === "fork" && walker.depth === 0);
      do walker.step(); while (!there() && walker.steps - before < PATIENCE[goal]);
      return there() ? "" : `Not at the ${goal} within ${whole(PATIENCE[goal])} more steps. ${sentence(kind, walker)}`;
    }

    /** Draws the maze for the width there is; the walk so far stays. */
    function draw() {
      const golden = fresh("golden"), way = [];
      for (let x = 0; x < golden.leaf; x++) {
        golden.step();
        way.push([golden.branch, x, x & 1 ? golden.edge % edgesOf(K, L) % (L + 1) - 1 : 0]);
      }
      drawnAt = part("stage").clientWidth || 1000;
      place = plan(W, K, L, drawnAt);
      part("stage").innerHTML = picture(place, way);
      part("stage").classList.toggle("down", place.down);
      edges = part("stage").querySelectorAll(".edge");
      drawn = new Float64Array(walker.crossed.length);
      show();
    }

    /** Shows the chosen kind of walk as it stands at the end of its still picture. */
    function choose(which) {
      kind = which;
      field(kind).checked = true;
      part("stage").closest("figure").dataset.kind = kind;
      const { short, exact } = expected(W, K, L, kind);
      part("expected").textContent = short;
      part("exact").textContent = exact;
      act(() => { walker = fresh(kind).run(span); draw(); });
    }

    /** Which seed is the first with a typical RLVR walk in this maze, in a sentence; nothing where none is found soon. */
    function typical() {
      const { number, recursion } = Backtrack.exact, one = number("1", "row"), short = BigInt(2 * K + 1);
      const [steps] = recursion(W, K, { a: one, b: one, c: one, d: one });          // a whole number: all rows are 1
      const ends = Number((steps - short) / (2n * short));
      for (let first = 0; first < 1000 && W > 1; first++) {
        const met = new Walker(W, K, L, KINDS.rlvr.rows(L), first).run(10 * Number(steps)).ends;
        if (Math.abs(met - ends) <= 1) {
          return `In this maze seed ${first} is the first whose RLVR walk reaches dead ends as often as is expected, `
            + `${times(ends)}, give or take one.`;
        }
      }
      return "";
    }

    /** A new maze or seed: the three still pictures, the words with its numbers, and the drawing. */
    function renew() {
      const rlvr = fresh("rlvr").run(still * (2 * K + 1));
      span = Math.max(rlvr.steps, 2 * K + 1);
      for (const which of ["golden", "sft", "rlvr"]) {
        const w = fresh(which), box = part(`strip-${which}`), now = box.querySelector("div");
        now.innerHTML = strip(w, span);
        now.firstChild.setAttribute("aria-label", `Distance from the fork, step by step. ${sentence(which, w)}`);
        const did = { sft: !w.over && w.failed && ": stuck", rlvr: w.ends && w.visits && ": retreats" }[which] || "";
        box.querySelector("h3").textContent = `${KINDS[which].name}${did}`;
        const so = many(w.steps, "step"), told = w.over ? `Target after ${so}` : `After ${so} not at the target`;
        box.querySelector(".told").textContent = which === "golden" ? `${told}: no way is shorter.`
          : `${told}: dead ends reached ${times(w.ends)}, turned round ${times(w.turns)}.`;
        const paths = `${L}${raised(K)} = ${whole(BigInt(L) ** BigInt(K))}`;
        box.querySelector(".hope").textContent = which === "golden" ? `One of ${paths} such paths.`
          : `Expected: ${expected(W, K, L, which).short} steps.`;
      }
      for (const spot of root.querySelectorAll("[data-case]")) spot.hidden = (spot.dataset.case === "alone") !== (W === 1);
      part("first").textContent = typical();
      const words = { W, K, L, dead: W - 1, short: 2 * K + 1, trip: 2 * (2 * K + 1), back: `${L}/${(L + 1) ** 2}` };
      for (const [name, value] of Object.entries(words)) {
        for (const spot of root.querySelectorAll(`[data-number="${name}"]`)) spot.textContent = value;
      }
      choose(kind);
    }

    /** Reads the fields; a bad one is named with its value and the last good picture stays. */
    function read() {
      const found = {}, limits = { ...MOST, seed: 4294967295 }, bad = [];
      for (const [name, most] of Object.entries(limits)) {
        const text = field(name).value.trim(), least = name === "seed" ? 0 : 1;
        found[name] = Number(text);
        const good = /^\d+$/.test(text) && found[name] >= least && found[name] <= most;
        field(name).setAttribute("aria-invalid", String(!good));
        const why = `this drawing takes a whole number from ${least} to ${most}`;
        if (!good) bad.push(`${name} = ${text || "nothing"}: ${why}`);
      }
      const edges = found.W * edgesOf(found.K, found.L), sized = bad.length === 0 || !bad[0].startsWith("seed");
      if (!bad.length && edges > EDGES) {
        const size = `W = ${found.W}, K = ${found.K}, L = ${found.L}`;
        bad.push(`${size}: ${whole(edges)} edges; this drawing stops at ${whole(EDGES)}`);
      }
      part("error").textContent = bad.length ? `${bad[0]}.${sized ? " The explorer below computes any size." : ""}` : "";
      if (bad.length) return;
      ({ W, K, L, seed } = found);
      const preset = [...field("preset").options].find((option) => option.value === `${W},${K},${L}`);
      field("preset").value = preset ? preset.value : "";
      renew();
    }

    for (const name of ["W", "K", "L", "seed"]) field(name).addEventListener("change", read);
    field("preset").addEventListener("change", () => {
      if (field("preset").value) field("preset").value.split(",").forEach((n, i) => { field("WKL"[i]).value = n; });
      read();
    });
    for (const which of Object.keys(KINDS)) field(which).addEventListener("change", () => choose(which));
    part("play").addEventListener("click", play);
    const clicks = {
      step: () => act(() => walker.step()),
      skip: () => act(() => walker.run(SKIP)),
      again: () => act(() => { walker = fresh(kind); }),
      fork: () => { let text; act(() => { text = until("fork"); }, () => text); },
      end: () => { let text; act(() => { text = until("target"); }, () => text); },
      another: () => { field("seed").value = String((seed + 1) % 4294967296); read(); },
    };
    for (const [name, click] of Object.entries(clicks)) part(name).addEventListener("click", click);
    let later = null;
    addEventListener("resize", () => {
      clearTimeout(later);
      later = setTimeout(() => { if (Math.abs(part("stage").clientWidth - drawnAt) > 40) draw(); }, 150);
    });
    renew();
  });
})();
