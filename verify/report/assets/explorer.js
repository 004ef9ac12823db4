/* The explorer: fields -> view (view.js) -> numbers, texts, tables and curves on the page, and its address.

   Nothing is computed before the section comes near. A change of a field waits a moment; the number and the texts come
   first, then tables and curves in slices of a few milliseconds, so that the page never stands still; a newer change
   stops an older view. A wrong setting is told in one line and the last good view stays. data-shown on the section is
   the address of the view that stands there complete. */
"use strict";
(function () {
  const SLICE = 12, PAUSE = 150, FIRST = -3, LAST = 6;        // milliseconds; decades of training time that are drawn
  const AS_IT_IS = ["exact", "command", "latex"];             // texts in which nothing is a formula to be written out
  const NS = "http://www.w3.org/1999/xhtml";

  /** Lets the page breathe. */
  const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

  /** An element with text or children. */
  function element(name, attributes, ...children) {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** A table's row: the first cell is its heading. */
  function row(cells, head = false) {
    return element("tr", {}, ...cells.map((text, i) => element(head || i === 0 ? "th" : "td",
      { ...(head || i === 0 ? { scope: head ? "col" : "row" } : {}), ...(i ? { class: "number" } : {}) }))
      .map((cell, i) => Backtrack.put(cell, cells[i])));
  }

  /** 10^n in superscripts; other numbers as they are. */
  const power = (n) => "10" + [...String(n)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");

  /** The logarithms at which an axis from `low` to `high` has its ticks: whole decades, or 1, 2, 5, or round numbers. */
  function ticks(low, high) {
    if (high - low >= 3) return d3.ticks(low, high, 8).filter(Number.isInteger);
    if (high - low < 0.7) return d3.ticks(10 ** low, 10 ** high, 5).map(Math.log10);
    const found = [];
    for (let k = Math.floor(low); k <= high; k++) for (const n of [1, 2, 5]) found.push(k + Math.log10(n));
    return found.filter((y) => y >= low && y <= high);
  }

  /** A logarithm as the text of a tick between decades: the number itself while it is short. */
  function tick(y) {
    if (y < 6) return String(Number((10 ** y).toPrecision(4)));
    const k = Math.floor(y + 1e-9);
    return `${Number((10 ** (y - k)).toPrecision(4))}·${power(k)}`;
  }

  /** Copies text: by the clipboard, or where a page has none, by a selected field; says whether it worked. */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* no clipboard for a page from disk, or not allowed */ }
    const field = element("textarea", { readonly: "", "aria-hidden": "true", class: "unseen" });
    const before = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { /* then the text is still on the page */ }
    field.remove();
    if (before) before.focus({ preventScroll: true });
    return done;
  }

  /** A chart of lines with base, SFT limit and optimum across it; marks in words too. */
  function chart({ width, x, title, lines, across, at, says }) {
    const all = [...lines.flatMap((line) => line.points.map((p) => p[1])), ...across.map((a) => a.y)];
    const low = Math.min(...all), high = Math.max(...all), room = Math.max((high - low) * 0.07, 0.02);
    const [start, end] = x.domain;
    const svg = Plot.plot({
      width, height: 300, marginLeft: 56, marginRight: 18, marginTop: 26, marginBottom: 40,
      style: { background: "none", color: "inherit", fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
      x, y: { domain: [low - room, high + room], label: "expected steps", labelAnchor: "top",
              tickFormat: high - low + 2 * room >= 3 ? power : tick,
              ticks: ticks(low - room, high + room) },
      marks: [
        Plot.gridY(ticks(low - room, high + room), { stroke: "var(--line)", strokeOpacity: 1 }),
        Plot.ruleX([start], { stroke: "var(--grey)" }),
        ...across.map((a) => Plot.ruleY([a.y], { stroke: "var(--grey)", strokeWidth: 1.5, strokeDasharray: a.dash })),
        ...lines.flatMap((line) => [
          Plot.line(line.points, { stroke: line.colour, strokeWidth: 2.5, strokeDasharray: line.dash }),
          Plot.dot(line.marked, { symbol: line.symbol, r: 4, fill: "var(--paper)", stroke: line.colour, strokeWidth: 2 })]),
        ...across.map((a) => Plot.text([a], {
          x: a.left ? start : end, y: "y", text: "name", textAnchor: a.left ? "start" : "end", dx: a.left ? 4 : 0,
          dy: a.below ? 9 : -8, fill: "currentColor", stroke: "var(--paper)", strokeWidth: 4 })),
        ...(at ? [Plot.ruleX([at.x], { stroke: "currentColor", strokeDasharray: "2 2" }),
                  Plot.dot([[at.x, at.y]], { symbol: "star", r: 7, fill: "currentColor" }),
                  Plot.text([[at.x, high + room]], { text: [at.text], dy: -8, fill: "currentColor",
                                                     textAnchor: at.x > (start + end) / 2 ? "end" : "start" })] : []),
      ],
    });
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", says);
    for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    return [element("h3", {}, title), svg];
  }

  Backtrack.start("explorer", (root, data) => {
    const V = () => Backtrack.view, fields = [...root.querySelectorAll("[name]")];
    const out = Object.fromEntries([...root.querySelectorAll("[data-out]")].map((place) => [place.dataset.out, place]));
    const usual = { ...V().DEFAULTS, ...Object.fromEntries(Object.entries(data.at || {}).map(([k, n]) => [k, String(n)])) };
    const box = root.querySelector(".explorer-view"), curves = root.querySelector(".explorer-curves");
    let turn = 0, timer = null, shown = null;

    /** Puts settings into the fields. */
    function fill(settings) {
      for (const field of fields) {
        if (field.type === "checkbox") field.checked = settings[field.name] === "1";
        else field.value = settings[field.name];
      }
      arrange();
    }

    /** The settings in the fields. */
    function read() {
      return Object.fromEntries(fields.map((field) => [
        field.name, field.type === "checkbox" ? (field.checked ? "1" : "0") : field.value.trim()]));
    }

    /** Hides the fields that do not matter for the rows; moves the sliders to the fields. */
    function arrange() {
      const now = read();
      for (const label of root.querySelectorAll("[data-when]")) {
        label.hidden = !label.dataset.when.split(" ").includes(now.rows);
      }
      for (const slider of root.querySelectorAll("[data-for]")) {
        const value = Number(now[slider.dataset.for]), ends = now.t === V().FOREVER ? LAST : FIRST;
        slider.value = slider.dataset.for !== "t" ? value : value > 0 ? Math.log10(value) : ends;
        slider.setAttribute("aria-valuetext", `${slider.dataset.for} = ${now[slider.dataset.for]}`);
      }
    }

    /** Reads the fields and shows their view, or says in one line what is wrong with them. */
    function update(changeAddress) {
      arrange();
      try {
        const view = V().view(read());
        show(view);
        say("");
        if (changeAddress) history.replaceState(null, "", V().address(view));
      } catch (error) {
        say(error.message);
        stale(true);
      }
    }

    /** Marks what stands on the page as the last good view while a field is refused, or as the view of the fields. */
    function stale(last) {
      for (const place of [box, curves]) place.toggleAttribute("data-stale", last);
      Backtrack.put(out.last, last && shown
        ? `What stands below is still the last good view: ${told(shown)}. The address and the copies are that view’s.` : "");
    }

    /** A view's settings in words. */
    const told = (view) => `W = ${view.W}, K = ${view.K}, L = ${view.L}, ${V().name(view)}, `
      + { none: "no wrapper", restarts: "restarted at the first dead end", search: "under search" }[view.s.wrapper]
      + (view.edge ? ", from the prompt" : ", from the fork");

    const say = (line) => { if (out.error.textContent !== line) out.error.textContent = line; };

    /** Number and texts at once, the rest in slices. */
    async function show(view) {
      const mine = ++turn, { brief } = Backtrack.exact, g = view.growth;
      const texts = { decimal: view.cost.text(17), log10: view.cost.log10(), order: g.order, words: g.words,
                      exact: view.cost.exact ?? "no fraction: every digit above is right",
                      rate: brief(g.rate), exponent: g.exponent, command: V().command(view), latex: V().latexRow(view) };
      texts.settings = told(view);
      for (const [name, text] of Object.entries(texts)) {
        if (AS_IT_IS.includes(name)) out[name].textContent = text;
        else Backtrack.put(out[name], text);
      }
      out.copied.textContent = "";
      shown = view;
      stale(false);
      box.setAttribute("aria-busy", "true");
      await breathe();
      const late = () => mine !== turn;
      if (late()) return;
      const costs = V().comparison(view);
      out.comparison.replaceChildren(...costs.map(([words, x]) => row([words, x.text(17)])));
      const lines = await compute(view, late);
      if (!lines) return;
      tables(view, lines);
      draw(view, lines, costs);
      box.removeAttribute("aria-busy");
      root.dataset.shown = V().address(view);
    }

    /** The curves of a view, in slices; null when a newer view has come. */
    async function compute(view, late) {
      const mixed = view.s.rows === "mixture", names = mixed ? ["SFT", "mixture"] : ["SFT"];
      const rates = names.map((_, i) => (i ? view.w : [0n, 1n])), flows = names.map(() => ({ points: [], rows: [] }));
      let until = performance.now() + SLICE;
      const pause = async () => {
        if (performance.now() > until) { await breathe(); until = performance.now() + SLICE; }
        return late();
      };
      for (const [i, flow] of flows.entries()) {
        const w = Number(rates[i][0]) / Number(rates[i][1]);
        for (let x = FIRST; x < LAST + 0.01; x += 0.2) {
          flow.points.push([x, V().flowLog(view, 10 ** x, w)]);
          if (await pause()) return null;
        }
        for (const t of Backtrack.exact.TIMES) {
          flow.rows.push([t, V().flowAt(view, Backtrack.exact.number(t, "t"), rates[i]).text(6)]);
          if (await pause()) return null;
        }
      }
      const run = V().descent(view);
      while (!run.advance(performance.now() + SLICE)) {
        await breathe();
        if (late()) return null;
      }
      return { names, flows, run, w: rates.map((w) => Number(w[0]) / Number(w[1])) };
    }

    /** The tables under the curves. */
    function tables(view, { names, flows, run }) {
      const { printedFloat, quantity } = Backtrack.exact, sure = run.unsure === null ? Infinity : run.unsure;
      out["flow-head"].replaceChildren(row(["training time t", ...names], true));
      out["flow-rows"].replaceChildren(...flows[0].rows.map(([t], i) => row([t, ...flows.map((flow) => flow.rows[i][1])])));
      const base = V().view({ ...view.s, rows: "base", wrapper: "none" }).cost;
      out["descent-rows"].replaceChildren(...V().listed(view.steps).map((n) => row([String(n),
        n === 0 ? base.text(6) : n > sure ? `about ${printedFloat(run.trace[n] ?? Infinity, 2)}`
          : printedFloat(run.trace[n] ?? Infinity, 6)])));
      out.unsure.textContent = run.unsure === null
        ? "Every sign along RLVR’s curve is the exact gradient’s: no slope came so near 0 that rounding could turn it."
        : `At step ${run.unsure} a slope is so near 0 that rounding may decide its sign: later values are about right only.`;
    }

    /** Both charts, their caption and their words. */
    function draw(view, { names, flows, run, w }, costs) {
      const [base, sft, optimum] = costs.map(([, x]) => x), log = (x) => Number(x.log10());
      const width = Math.max(280, Math.min(560, out.flow.clientWidth || 480));
      const across = [{ name: "base", y: log(base), dash: "1.5 3" },
                      { name: "SFT limit", y: log(sft), dash: "8 3", left: true },
                      { name: "optimum", y: log(optimum), left: true, below: true }];
      if (across[1].y === across[2].y) [across[1].name, across[2].name] = ["", "SFT limit, optimum"];
      const styles = [{ colour: "var(--orange)", symbol: "circle" },
                      { colour: "var(--green)", symbol: "triangle", dash: "6 3" }];
      const place = view.learns && !view.forever && view.t[0] ? Number(view.t[0]) / Number(view.t[1]) : 0;
      const x = Math.log10(place), inside = place && x >= FIRST && x <= LAST;
      const at = inside && { x, y: V().flowLog(view, place, w[w.length - 1]), text: Backtrack.flat(`t = ${view.s.t}`) };
      const says = (list) => list.map(([n, text]) => Backtrack.flat(`${text} at ${n}`)).join(", ");
      out.flow.replaceChildren(...chart({
        width, title: names.length > 1 ? "SFT (circles) and the mixture (triangles)" : "SFT along its training",
        x: { domain: [FIRST, LAST], label: "training time t", tickFormat: power, ticks: 9 }, across, at,
        lines: flows.map((flow, i) => ({ ...styles[i], points: flow.points,
                                         marked: flow.points.filter((_, j) => j % 5 === 0) })),
        says: "Expected steps against training time, logarithmic: " +
              names.map((name, i) => `${name}: ${says(flows[i].rows)}`).join("; "),
      }));
      const points = run.trace.map((H, n) => [n, Math.log10(H)]).filter((p) => Number.isFinite(p[1]));
      const listed = V().listed(view.steps).filter((n) => n < points.length);
      out.descent.replaceChildren(...chart({
        width, title: "RLVR along its sign steps", across: [across[0], { ...across[2], name: "optimum" }],
        x: { domain: [0, view.steps], label: "sign steps", ticks: 6, tickFormat: String },
        lines: [{ colour: "var(--blue)", symbol: "square", points, marked: listed.map((n) => points[n]) }],
        says: "Expected steps along RLVR’s sign descent, logarithmic: " +
              says(listed.map((n) => [n, Backtrack.exact.printedFloat(run.trace[n], 3)])),
      }));
      const last = run.trace[run.trace.length - 1];
      const cut = run.trace.length <= view.steps ? "; the run left the range of floats" : "";
      Backtrack.put(out.caption, [
        `Without a wrapper, ${view.edge ? "from the prompt" : "from the fork"}.`,
        "Left: the population flow of SFT from base; across: base (dotted), SFT limit (dashed), optimum (solid).",
        `Right: descent of the expected steps along the sign of the exact gradient, ${view.steps} steps of ${view.s.lr},`,
        `to ${Backtrack.exact.printedFloat(last, 4)} steps${cut}.`].join(" "));
    }

    /** Shows what the address says; a malformed one is told and the usual view shown. */
    function follow() {
      if (!location.hash.startsWith("#explorer?")) { if (!shown) { fill(usual); update(false); } return; }
      try {
        const settings = { ...usual, ...V().parse(location.hash) };
        V().view(settings);
        fill(settings);
        update(false);
      } catch (error) {
        fill(usual);
        update(false);
        say(`${error.message}; the usual view is shown`);
      }
    }

    root.querySelector("form").addEventListener("input", (event) => {
      const slider = event.target.dataset.for;
      if (slider) {
        const field = fields.find((f) => f.name === slider), value = Number(event.target.value);
        field.value = slider === "t" ? String(Number((10 ** value).toPrecision(2))) : String(value);
      }
      clearTimeout(timer);
      timer = setTimeout(() => update(true), PAUSE);
    });
    for (const button of root.querySelectorAll("[data-copy]")) {
      button.addEventListener("click", async () => {
        if (!shown) return;
        const what = { link: () => location.href.split("#")[0] + V().address(shown), latex: () => V().latexRow(shown),
                       command: () => V().command(shown) }[button.dataset.copy]();
        const last = box.hasAttribute("data-stale");                         // the fields are refused
        const name = { link: `Link${last ? " to" : ""}`, latex: `LaTeX row${last ? " of" : ""}`,
                       command: `Command${last ? " of" : ""}` }[button.dataset.copy] + (last ? " the last good view" : "");
        const done = await copy(what);
        out.copied.textContent = done ? `${name} copied.` : `${name} could not be copied; select it and copy it by hand.`;
      });
    }
    addEventListener("hashchange", follow);
    follow();
  });
})();
