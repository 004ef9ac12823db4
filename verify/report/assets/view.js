/* One view of the explorer, as theory/views.py has it: settings -> costs, growth, texts, curves; nothing is drawn here.

   A setting is text, as the reader wrote it. A wrong one throws an Error whose message is one line and shows the value.
   Sign descent runs in float64, as theory/dynamics.py does it. Each slope is a difference of two sums of positive
   terms, good to tau = (200 K + 200) 2^-53 of themselves: while every difference is larger, every sign is the exact
   gradient's, and H is good to about 1e-11. `unsure` is the first step at which one is not. */
"use strict";
(function () {
  const E = () => Backtrack.exact;                            // looked up at each call, so that a test may replace it
  const FOREVER = "inf", ZERO = [0n, 1n], ONE = [1n, 1n];
  const DEFAULTS = { W: "15", K: "15", L: "5", rows: "sft", eps: "0.1", t: FOREVER, a: "1/6", b: "5/6", c: "5/6",
                     d: "1/6", wrapper: "none", edge: "0", steps: "1200", lr: "0.01" };
  const WORK = 600000;                                        // diamonds times sign steps that a view may take

  /** An integer of at least `least` and at most `most`, or an Error. */
  function integer(text, name, least, most) {
    if (!/^\d+$/.test(text)) throw new Error(`${name} = '${text}' is not an integer`);
    const value = Number(text);
    if (value < least) throw new Error(`${name} = ${text}: must be at least ${least}`);
    if (value > most) throw new Error(`${name} = ${text}: the page computes up to ${most}; ${E().MORE}`);
    return value;
  }

  const isOf = (value, name, known) => {
    if (!known.includes(value)) throw new Error(`${name} '${value}': not one of ${known.join(", ")}`);
  };

  /** The view of some settings (texts; DEFAULTS where there is none): numbers, rows, costs by name. */
  function view(given) {
    const s = { ...DEFAULTS, ...given }, { LIMITS, number, compare, isOne, MORE } = E();
    const v = { s, edge: s.edge === "1", learns: s.rows === "sft" || s.rows === "mixture" };
    for (const name of ["W", "K", "L"]) v[name] = integer(s[name], name, 1, LIMITS[name]);
    isOf(s.rows, "rows", E().KINDS);
    isOf(s.wrapper, "wrapper", E().WRAPPERS);
    isOf(s.edge, "edge", ["0", "1"]);
    v.forever = s.t === FOREVER;
    if (v.learns && !v.forever) {
      v.t = number(s.t, "t");
      if (v.t[0] && (compare(v.t, LIMITS.least) < 0 || compare(v.t, LIMITS.most) > 0)) {
        throw new Error(`t = ${s.t}: the page computes 0 and from 1e-30 to 1e30; ${MORE}`);
      }
    }
    v.w = ZERO;
    if (s.rows === "mixture") {
      const eps = number(s.eps, "eps");
      if (compare(eps, ONE) > 0) throw new Error(`eps = ${s.eps}: must lie in [0, 1]`);
      v.w = E().times(eps, [BigInt(v.W - 1), 1n]);
    }
    v.steps = integer(s.steps, "steps", 1, Math.floor(WORK / v.K));
    v.lr = Number(s.lr);
    if (!/^[\d.]+([eE][+-]?\d+)?$/.test(s.lr) || !(v.lr > 0 && v.lr <= 1)) {
      throw new Error(`lr = ${s.lr}: must be a number in (0, 1]`);
    }
    v.rational = !v.learns || v.forever || !v.t[0];
    v.rows = v.rational ? rationalRows(v) : null;
    if (s.wrapper === "search" && !(v.rows && isOne(v.rows.a) && isOne(v.rows.c))) {
      throw new Error("search: its exact cost is known where a = c = 1, as in the SFT limit and the optimum; " +
                      `not for ${name(v)}`);
    }
    if (v.rows && size(v.rows) * v.K > LIMITS.bits) {
      throw new Error(`K = ${v.K}: too deep for the page with rows of so many digits (${name(v)}); ${MORE}`);
    }
    v.cost = cost(v);
    v.growth = growth(v);
    return v;
  }

  /** Binary digits of the four rows together. */
  const size = (rows) => Object.values(rows).flat().reduce((sum, x) => sum + x.toString(2).length, 0);

  /** Rows a, b, c, d as pairs. */
  function rationalRows({ s, L, w, forever }) {
    const n = BigInt(L), one = [1n, n + 1n], many = [n, n + 1n];
    if (s.rows === "own") {
      const rows = {};
      for (const name of "abcd") {
        rows[name] = E().number(s[name], `row ${name}`);
        if (E().compare(rows[name], ONE) > 0) throw new Error(`row ${name}: ${s[name]} is not a probability`);
      }
      return rows;
    }
    if (s.rows === "optimum" || (s.rows === "mixture" && forever && w[0])) return { a: ONE, b: ONE, c: ONE, d: ONE };
    if (s.rows === "base" || !forever) return { a: one, b: many, c: many, d: one };
    return { a: ONE, b: many, c: ONE, d: one };
  }

  /** The rows in words. */
  function name({ s, forever }) {
    const when = forever ? "in the limit" : `at t = ${s.t}`;
    return { base: "base", optimum: "the optimum", sft: `SFT ${when}`,
             mixture: `SFT on a mixture, eps = ${s.eps}, ${when}`,
             own: `the rows ${s.a}, ${s.b}, ${s.c}, ${s.d}` }[s.rows];
  }

  // -- costs ---------------------------------------------------------------------------------------------------------

  /** Expected steps of rational rows under a wrapper, a pair or null. */
  function rationalCost({ W, K, L, edge }, rows, wrapper) {
    const w = BigInt(W), more = edge ? 1n : 0n;
    if (wrapper === "search") {
      const [p, q] = E().uselessTrips(L, rows.d);
      return E().ratio((w * BigInt(2 * K + 1) + more) * q + (w - 1n) * BigInt(K) * p, q);
    }
    const alone = wrapper === "restarts", steps = E().recursion(alone ? 1 : W, K, rows);
    return steps && E().ratioOf(steps[0] * (alone ? w : 1n) + more * steps[1], steps[1], alone ? w : 1n);
  }

  /** Expected steps at a training time, by `route` (recursionReal or closedReal). */
  function realCost(v, t, w, wrapper, route, start) {
    return E().quantity(null, (T, D) => {
      const rows = E().rowsAt(T, D, v.L, t, w), alone = wrapper === "restarts";
      let value = E()[route](T, alone ? 1 : v.W, v.K, rows);
      if (alone) value = value.times(v.W);
      return { value: value.plus(v.edge ? 1 : 0), error: E().costError(T, D, v.K, value, rows) };
    }, start);
  }

  /** The view's cost, a quantity. */
  function cost(v) {
    if (v.rational) return E().quantity(rationalCost(v, v.rows, v.s.wrapper));
    return realCost(v, v.t, v.w, v.s.wrapper, "recursionReal");
  }

  /** How the cost grows with K: {rate, exponent, order, words}. */
  function growth(v) {
    const { quantity, compare, times, over, isOne, settled, SHORT } = E(), W = v.W > 1 ? "W " : "";
    const flat = (order, words) => ({ rate: quantity(ONE), exponent: "0", order: W + order, words });
    if (v.rational && v.cost.exact === "oo") {
      return { rate: quantity(null), exponent: "oo", order: "infinite", words: "the target may never be reached" };
    }
    const alone = v.W === 1 || v.s.wrapper === "restarts";
    if (v.s.wrapper === "search" || (alone && !v.rational)) return flat("K", "linear in K");
    const exponential = (rate, log) => {
      const exponent = quantity(null, log).text(10);
      const order = rate.exact && rate.exact.length <= SHORT ? `(${rate.exact})^K` : `exp(${exponent} K)`;
      return { rate, exponent, order: W + order, words: "exponential in K" };
    };
    if (!v.rational) {
      const make = (T, D) => {
        const rows = E().rowsAt(T, D, v.L, v.t, v.w), u = new T(10).pow(1 - D);
        const r = rows.P[0].times(rows.P[1]).div(rows.Q[0]).div(rows.Q[1]);
        return { r, off: rows.error.times(4).plus(u.times(4)).times(2) };
      };
      return exponential(
        quantity(null, (T, D) => { const { r, off } = make(T, D); return { value: r, error: r.times(off) }; }),
        (T, D) => { const { r, off } = make(T, D); return { value: r.ln(), error: off.times(2) }; });
    }
    const { a, b, c, d } = v.rows, up = times(a, c), down = times(b, d), side = compare(up, down);
    if (side === 0 && !(isOne(a) && isOne(c))) return flat("K^2", "quadratic in K: balanced, ac = bd");
    if (side === 0 || (alone && side > 0)) return flat("K", "linear in K");
    const rate = side > 0 ? over(up, down) : over(down, up);
    return exponential(quantity(rate), (T, D) => {
      const value = new T(rate[0].toString()).div(rate[1].toString()).ln();
      return { value, error: new T(10).pow(1 - D).times(value.plus(4)) };
    });
  }

  /** [[name, quantity]]: the costs that a maze is judged by, and SFT over the optimum. */
  function comparison(v) {
    const of = (rows, wrapper) => rationalCost(v, rationalRows({ s: { rows }, L: v.L, w: ZERO, forever: true }), wrapper);
    const sft = of("sft", "none"), optimum = of("optimum", "none");
    return [["base", of("base", "none")], ["SFT limit", sft], ["optimum", optimum],
            ["base + restarts", of("base", "restarts")], ["SFT limit + restarts", of("sft", "restarts")],
            ["SFT limit + search", of("sft", "search")], ["optimum + search", of("optimum", "search")],
            ["SFT limit / optimum", E().over(sft, optimum)]].map(([words, x]) => [words, E().quantity(x)]);
  }

  // -- texts ---------------------------------------------------------------------------------------------------------

  /** [[name, text]]: the settings that matter, in the order of the address. */
  function settings({ s, learns }) {
    const names = ["W", "K", "L", "rows", ...(s.rows === "mixture" ? ["eps"] : []), ...(learns ? ["t"] : []),
                   ...(s.rows === "own" ? [..."abcd"] : []), "wrapper", "edge"];
    return names.map((name) => [name, s[name]]);
  }

  /** The address of a view; the descent's settings only where they are not the usual ones. */
  function address(v) {
    const more = ["steps", "lr"].filter((name) => v.s[name] !== DEFAULTS[name]).map((name) => [name, v.s[name]]);
    return "#explorer?" + [...settings(v), ...more].map(([name, text]) => `${name}=${text}`).join("&");
  }

  /** Settings from an address, or an Error: unknown names, names without a value or with two. */
  function parse(hash) {
    const found = {};
    for (const piece of hash.replace(/^#explorer\??/, "").split("&").filter(Boolean)) {
      const [name, text, ...rest] = piece.split("=");
      if (!Object.hasOwn(DEFAULTS, name) || text === undefined || rest.length) {
        throw new Error(`address: '${piece}' is no setting`);
      }
      if (Object.hasOwn(found, name)) throw new Error(`address: '${piece}': ${name} is given twice`);
      try { found[name] = decodeURIComponent(text); } catch { throw new Error(`address: '${piece}' is no setting`); }
    }
    return found;
  }

  /** The command that prints the view's numbers. */
  function command({ s, learns, edge, forever }) {
    let words = `backtrack hitting -W ${s.W} -K ${s.K} -L ${s.L}`;
    words += s.rows === "own" ? ` --rows ${s.a},${s.b},${s.c},${s.d}` : ` --policy ${learns ? "sft" : s.rows}`;
    if (s.rows === "mixture") words += ` --mixture ${s.eps}`;
    if (learns && !forever) words += ` --time ${s.t}`;
    if (s.wrapper !== "none") words += ` --wrapper ${s.wrapper}`;
    return words + (edge ? " --prompt-edge" : "");
  }

  /** A printed number as LaTeX mathematics. */
  function tex(text) {
    if (text === "oo") return "$\\infty$";
    const [digits, exponent] = text.split("e");
    return exponent ? `$${digits}\\times 10^{${Number(exponent)}}$` : `$${text}$`;
  }

  /** A setting as LaTeX, its exponent as a power of ten. */
  function texSetting(text) {
    const [digits, ...exponent] = text.split(/[eE]/);
    return exponent.length === 1 && !text.includes("/") ? `${digits}\\times 10^{${Number(exponent[0])}}` : text;
  }

  /** A row for a table, with its columns in a comment. */
  function latexRow(v) {
    const { s, forever } = v, when = forever ? "limit" : `$t = ${texSetting(s.t)}$`;
    const rows = { base: "base", optimum: "optimum", sft: `SFT, ${when}`,
                   mixture: `mixture, $\\varepsilon = ${texSetting(s.eps)}$, ${when}`,
                   own: [..."abcd"].map((name) => `$${name} = ${texSetting(s[name])}$`).join(", ") }[s.rows];
    const cells = [v.W, v.K, v.L, rows, s.wrapper, tex(v.cost.text(10)), tex(v.growth.exponent)];
    const edge = v.edge ? ", the prompt's edge counted" : "";
    return `${cells.join(" & ")} \\\\ % W, K, L, rows, wrapper, expected steps${edge}, growth exponent`;
  }

  // -- curves --------------------------------------------------------------------------------------------------------

  /** Expected steps without a wrapper at training time t (a pair) and w visits of a backward row a datum. */
  const flowAt = (v, t, w) => realCost(v, t, w, "none", "closedReal", 24);

  /** The same as a logarithm to base 10; t, w and the answer are floats, without a bound: for drawing. */
  function flowLog(v, t, w) {
    const T = E().digitsOf(15), value = E().closedReal(T, v.W, v.K, E().rowsDrawn(T, v.L, t, w)).plus(v.edge ? 1 : 0);
    return value.e + Math.log10(value.div(new T(`1e${value.e}`)).toNumber());
  }

  /** The steps whose costs are listed. */
  const listed = (steps) => [...new Set([0, 1, ...Array.from({ length: 12 }, (_, i) => Math.floor(steps * (i + 1) / 12))])];

  /** Sign descent from base: advance(until) runs until then (milliseconds of performance.now) and says if it is done.

      trace[n] is H after n steps; unsure is the first step whose signs rounding may have decided, or null. */
  function descent({ W, K, L, steps, lr, edge }) {
    const n = 2 * K, tau = (200 * K + 200) * 2 ** -53, log = Math.log(L), make = () => new Float64Array(n + 1);
    const zP = make(), zQ = make(), P = make(), notP = make(), Q = make(), notQ = make();
    const D = make(), N = make(), zeta = make();
    for (let x = 0; x < n; x++) {                                  // even x: rows c and d; odd x: rows a and b
      zP[x] = x % 2 ? -log : log;
      zQ[x] = -zP[x];
    }
    const run = { trace: [], unsure: null, done: false };

    /** H at the present log-odds; moves them by a step when `move`. */
    function step(move) {
      for (let x = 0; x < n; x++) {
        P[x] = 1 / (1 + Math.exp(-zP[x]));
        notP[x] = 1 / (1 + Math.exp(zP[x]));
        Q[x] = 1 / (1 + Math.exp(-zQ[x]));
        notQ[x] = 1 / (1 + Math.exp(zQ[x]));
      }
      D[n] = 1;
      for (let x = n; x > 0; x--) D[x - 1] = P[x - 1] === 0 ? 1 : 1 + P[x - 1] / Q[x - 1] * (1 + D[x]);
      N[0] = W > 1 ? W + (W - 1) * D[0] : W;
      let H = 0;
      for (let x = 1; x <= n; x++) {
        H += (1 + notP[x - 1] * N[x - 1]) / P[x - 1];
        N[x] = 1 + Q[x - 1] / P[x - 1] * (1 + N[x - 1]);
      }
      H += N[0];
      if (!move || !Number.isFinite(H)) return H;
      zeta[n] = 0;
      for (let x = n; x > 0; x--) zeta[x - 1] = (notP[x - 1] + Q[x - 1] * zeta[x]) / P[x - 1];
      let product = W > 1 ? (W - 1) * (1 + zeta[0]) : 0;
      for (let x = 1; x <= n; x++) {
        const p = P[x - 1], q = Q[x - 1], near = (1 + N[x - 1]) / p, far = product > 0 ? product * (1 + D[x]) / q : 0;
        turn(zP, x - 1, far, near * (1 + q * zeta[x]) / p, p * notP[x - 1]);
        turn(zQ, x - 1, near * zeta[x], far * p / q, q * notQ[x - 1]);
        product = product * p / q;
      }
      return H;
    }

    /** Moves one row's log-odds against the sign of (up - down) times `scale`. */
    function turn(z, x, up, down, scale) {
      if (up + down > 0 && !(Math.abs(up - down) > tau * (up + down)) && run.unsure === null) run.unsure = run.trace.length;
      z[x] -= lr * Math.sign((up - down) * scale);
    }

    run.advance = (until) => {
      while (!run.done) {
        const H = step(run.trace.length < steps);
        run.trace.push(Number.isFinite(H) ? H + (edge ? 1 : 0) : Infinity);
        run.done = run.trace.length > steps || !Number.isFinite(H);
        if (performance.now() > until) break;
      }
      return run.done;
    };
    return run;
  }

  Backtrack.view = { DEFAULTS, FOREVER, view, name, settings, address, parse, command, latexRow, comparison, flowAt,
                     flowLog, listed, descent };
})();
