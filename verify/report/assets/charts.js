/* The charts of the run: Figure 3, the separation, the bill. SVG by Observable Plot, drawn at the width of their place;
   colours are the page's custom properties, so that dark mode and print need no redraw. */
"use strict";
(function () {
  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const DASHES = { solid: null, dashed: "7 4", dotted: "2 3", dashdot: "8 3 2 3" };
  // markers of the run's data -> Plot's symbol, and how far it is turned
  const SYMBOLS = {
    circle: ["circle", 0], square: ["square", 0], triangle: ["triangle", 0], diamond: ["diamond", 0],
    left: ["triangle", -90], right: ["triangle", 90], times: ["times", 0], cross: ["cross", 45],
  };

  /** 4 -> '10⁴': a tick of a scale that holds decimal logarithms. */
  function power(n) {
    return Number.isInteger(n) ? "10" + String(n).replace(/[-\d]/g, (sign) => RAISED[sign]) : "";
  }

  /** A number as a reader writes it, to `digits` digits: '0.00158', '1.2 × 10²¹', '10¹²'. */
  function written(value, digits = 6) {
    const short = Number(Number(value).toPrecision(digits)), exponent = Math.floor(Math.log10(Math.abs(short)) + 1e-12);
    if (short === 0 || (exponent >= -4 && exponent < 5)) return String(short).replace("-", "−");
    const [mantissa, ten] = short.toExponential().split("e");
    return mantissa === "1" ? power(Number(ten)) : `${mantissa.replace("-", "−")} × ${power(Number(ten))}`;
  }

  /** Text of an svg whose formulas are known as HTML gets them: powers raised, as tspans. */
  function raised(svg, texts) {
    for (const place of svg.querySelectorAll("text, text tspan")) {
      if (place.childElementCount || !(place.textContent in texts)) continue;
      const box = document.createElement("div");
      box.innerHTML = texts[place.textContent];                        // the run's own, escaped where it was made
      let down = 0;
      const parts = [...box.childNodes].map((node) => {
        const part = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
        const lift = { SUP: -4, SUB: 3 }[node.nodeName] ?? 0;
        part.textContent = node.textContent;
        if (lift - down) part.setAttribute("dy", lift - down);
        if (lift) part.setAttribute("font-size", "10");
        down = lift;
        return part;
      });
      place.replaceChildren(...parts);
    }
    return svg;
  }

  /** A number as text with thin groups of three: '50 142'. */
  function grouped(n) {
    return String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  }

  /** The custom property of a colour's name. */
  function ink(name) {
    return `var(--${name})`;
  }

  /**
   * Keeps a chart in `box`: render(width) -> svg is called now and whenever the width has changed.
   * The svg is an image with the words of the box's data-label.
   */
  function chart(box, render) {
    let width = 0, waiting = false;
    /** Draws anew if the width is another one; heights never feed back, so this ends. */
    function draw() {
      waiting = false;
      const now = Math.floor(box.clientWidth);
      if (now < 60 || now === width) return;
      width = now;
      const svg = render(now);
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", box.dataset.label);
      for (const part of svg.querySelectorAll("g[aria-label]")) {       // an image has no labelled parts
        part.dataset.part = part.getAttribute("aria-label");
        part.removeAttribute("aria-label");
      }
      box.replaceChildren(svg);
    }
    new ResizeObserver(() => {
      if (!waiting) { waiting = true; requestAnimationFrame(draw); }
    }).observe(box);
    draw();
  }

  /** What all charts have in common: fonts that can be read at any width, no colour of their own. */
  function frame(width, height, options) {
    return Plot.plot({
      width, height, ...options,
      style: { fontSize: "12px", fontFamily: "inherit", background: "none", color: "inherit", overflow: "visible" },
    });
  }

  /** Lines across at the ticks, in the page's own faint colour. */
  function across(ticks) {
    return Plot.gridY({ ticks, stroke: ink("line"), strokeOpacity: 1 });
  }

  /** About `most` of the integers from low to high, evenly. */
  function decades(low, high, most) {
    const every = Math.max(1, Math.ceil((high - low) / most));
    return d3.range(Math.ceil(low / every) * every, high + 1e-9, every);
  }

  /** 1, 2 and 5 times the powers of ten from low to high. */
  function steps(low, high) {
    return decades(Math.floor(Math.log10(low)), Math.log10(high), Infinity).flatMap((n) => [1, 2, 5].map((m) => m * 10 ** n))
      .filter((tick) => tick >= low && tick <= high);
  }

  Object.assign(Backtrack, { chart, frame, across, power, ink, decades, written, raised });

  // -- Figure 3 ------------------------------------------------------------------------------------------------

  /** Figure 3, with a mark that the pointer and the field 'step' move. */
  function figure3(root, data) {
    const box = root.querySelector("[data-chart=figure3]"), field = root.querySelector("#figure3-step");
    const read = root.querySelector("#figure3-read"), error = root.querySelector("#figure3-error");
    const values = data.values, last = values.length - 1;
    const [low, high] = [0.9 * Math.min(data.quoted, d3.min(values)), 1.2 * Math.max(data.quoted, d3.max(values))];
    let step = Number(field.value), svg = null;

    /** Puts the mark at `step` and reads the value there. */
    function show() {
      const value = values[step];
      read.textContent = `after ${step} steps H + 1 = ${value.toFixed(4)}, ${(value / data.optimum).toFixed(4)} times the optimum`;
      if (!svg) return;
      const x = svg.scale("x").apply(step), y = svg.scale("y").apply(value), mark = d3.select(svg).select(".cursor");
      mark.select("line").attr("x1", x).attr("x2", x);
      mark.select("circle").attr("cx", x).attr("cy", y);
    }

    /** The step under the pointer becomes the field's. */
    function follow(event) {
      const at = Math.round(svg.scale("x").invert(d3.pointer(event, svg)[0]));
      step = Math.max(0, Math.min(last, at));
      field.value = step;
      error.textContent = "";
      show();
    }

    chart(box, (width) => {
      const height = width < 520 ? 300 : 380, ticks = steps(low, high);
      svg = frame(width, height, {
        marginLeft: 58, marginRight: 18, marginBottom: 42, marginTop: 26,
        x: { domain: [0, last] }, y: { type: "log", domain: [low, high] },
        marks: [
          across(ticks),
          Plot.axisX({ label: `sign steps of ${data.lr}`, labelAnchor: "center", ticks: width < 520 ? 4 : 8, tickFormat: grouped, labelArrow: "none" }),
          Plot.axisY({ label: "expected steps from the prompt, H + 1", ticks, tickFormat: grouped, labelArrow: "none" }),
          Plot.ruleY([data.quoted], { stroke: ink("orange"), strokeWidth: 2, strokeDasharray: DASHES.dashed, className: "target" }),
          Plot.line(values, { x: (_, i) => i, y: (d) => d, stroke: ink("blue"), strokeWidth: 2.2, className: "curve" }),
          Plot.dot([values[0]], { x: 0, y: (d) => d, r: 5, fill: ink("grey"), clip: false, className: "base" }),
        ],
      });
      const mark = d3.select(svg).append("g").attr("class", "cursor");
      mark.append("line").attr("y1", 26).attr("y2", height - 42).attr("stroke", "currentColor").attr("stroke-dasharray", "1 3");
      mark.append("circle").attr("r", 5).attr("fill", ink("paper")).attr("stroke", "currentColor").attr("stroke-width", 2);
      svg.addEventListener("pointermove", follow);
      svg.addEventListener("pointerdown", follow);
      show();
      return svg;
    });
    field.addEventListener("input", () => {
      const at = Number(field.value);
      const fine = field.value.trim() !== "" && Number.isInteger(at) && at >= 0 && at <= last;
      error.textContent = fine ? "" : `step ${field.value || "(empty)"}: a whole number from 0 to ${last} is needed`;
      field.setAttribute("aria-invalid", String(!fine));
      if (fine) { step = at; show(); }
    });
  }

  // -- the separation ------------------------------------------------------------------------------------------

  /** One panel of curves against K; heights are decimal logarithms, whatever the numbers' size. */
  function panel(box, data, curves, label) {
    const points = curves.flatMap((curve) => curve.points.map((point, i) => ({ curve, K: data.K[i], y: point.log10, decimal: point.decimal })));
    const high = Math.ceil(d3.max(points, (d) => d.y)), low = Math.min(0, Math.floor(d3.min(points, (d) => d.y)));
    chart(box, (width) => {
      const height = width < 420 ? 320 : 380, ticks = decades(low, high, 8);
      return frame(width, height, {
        marginLeft: 46, marginRight: 14, marginBottom: 42, marginTop: 26,
        x: { domain: d3.extent(data.K) }, y: { domain: [low, high] },
        marks: [
          across(ticks),
          Plot.axisX({ label: "diamonds a branch, K", labelAnchor: "center", ticks: 6, labelArrow: "none" }),
          Plot.axisY({ label, ticks, tickFormat: power, labelArrow: "none" }),
          curves.map((curve) => Plot.line(points.filter((d) => d.curve === curve), {
            x: "K", y: "y", stroke: ink(curve.colour), strokeWidth: 2.2, strokeDasharray: DASHES[curve.dash] || "none",
            className: `curve-${curve.key}`,
          })),
          curves.filter((curve) => curve.marker).map((curve) => Plot.dot(
            points.filter((d) => d.curve === curve && d.K % 4 === 1),
            { x: "K", y: "y", r: 4.5, fill: ink(curve.colour), symbol: curve.marker, className: `marks-${curve.key}`,
              title: (d) => `${curve.words}: ${d.decimal} at K = ${d.K}` })),
        ],
      });
    });
  }

  Backtrack.start("figures", (root, data) => {
    figure3(root, data.curves.descent);
    const separation = data.curves.separation;
    panel(root.querySelector("[data-chart=separation]"), separation, separation.costs, "expected steps to the target");
    panel(root.querySelector("[data-chart=gap]"), separation, separation.gap, "times the optimum");
  });

  // -- the bill ------------------------------------------------------------------------------------------------

  /** Where the words beside a mark begin, so that neighbours and the edge, `room` pixels to the right, stay clear. */
  function besides(row, room) {
    return row.how === "needed" ? { textAnchor: "end", dx: 9 } : { textAnchor: "start", dx: Math.min(-10, room - 7 * row.beside.length) };
  }

  /**
   * One maze's panel: a line a learner, its name above it, a mark where it is known what that learner pays. What is
   * never enough stands outside the axis, under the word.
   */
  function paid(box, data, place) {
    const rows = data.rows.filter((row) => row.maze === place && "line" in row);
    const known = rows.filter((row) => row.x !== null), never = rows.some((row) => row.x === null) ? 56 : 0;
    const low = Math.floor(d3.min(known, (row) => row.low ?? row.x)), base = data.mazes[place].base.log10;
    const high = d3.max(known, (row) => row.high ?? row.x) + 0.3;
    const names = data.lines.map((name, line) => ({ name, line })).filter((d) => rows.some((row) => row.line === d.line));
    const at = new Map(names.map((d, i) => [d.line, i]));
    const lines = rows.map((row) => ({
      ...row, y: at.get(row.line) + row.offset, mark: data.known[row.how],
      title: `${row.learner}: ${row.cells[data.columns.indexOf("steps or tokens")]} (${data.known[row.how].words})`,
    }));
    /** A mark; one without a place on the axis stands beyond the frame. */
    const mark = (d) => Plot.dot([d], {
      ...(d.x === null ? { frameAnchor: "right", dx: never / 2 + 8 } : { x: "x" }), y: "y", r: 5, symbol: SYMBOLS[d.mark.marker][0],
      rotate: SYMBOLS[d.mark.marker][1], stroke: ink(d.mark.colour), strokeWidth: 2, title: "title", className: "paid",
      fill: d.mark.filled && d.mark.marker !== "times" ? ink(d.mark.colour) : ink("paper"),
    });
    chart(box, (width) => {
      const ticks = decades(low, high, (width - never) / 45), scale = (width - 32 - never) / (high - low);
      return frame(width, 46 * names.length + 62, {
        marginLeft: 16, marginRight: 16 + never, marginBottom: 42, marginTop: 20,
        x: { domain: [low, high] }, y: { domain: [-0.6, names.length - 0.3], reverse: true, axis: null },
        marks: [
          Plot.gridX({ ticks, stroke: ink("line"), strokeOpacity: 1 }),
          Plot.ruleY(names, { y: (_, i) => i + 0.48, stroke: ink("line"), strokeDasharray: "1 3", insetRight: -never }),
          Plot.axisX({ label: "steps walked or tokens read", labelAnchor: "center", ticks, tickFormat: power, labelArrow: "none" }),
          // the line of base stops where a name stands
          Plot.ruleX(names, { x: base, y1: (_, i) => i - 0.14, y2: (_, i) => i + 0.22, stroke: ink("grey"), strokeWidth: 1.5, strokeDasharray: DASHES.dotted, className: "base" }),
          Plot.text(names, { y: (_, i) => i - 0.34, text: "name", frameAnchor: "left", textAnchor: "start", stroke: ink("paper"), strokeWidth: 4, fill: "currentColor" }),
          never ? Plot.text(["never"], { frameAnchor: "bottom-right", textAnchor: "middle", dx: never / 2 + 8, dy: 18, fontWeight: 700 }) : null,
          never ? Plot.ruleX([high], { stroke: ink("grey"), dx: 8 }) : null,
          Plot.ruleY(lines.filter((d) => d.low != null), { x1: "low", x2: "high", y: "y", stroke: ink("blue"), strokeWidth: 4, strokeOpacity: 0.45 }),
          lines.map(mark),
          lines.filter((d) => d.beside).map((d) => Plot.text([d], { x: "x", y: "y", text: "beside", dy: 14, fontSize: 11, ...besides(d, (high - d.x) * scale + 16) })),
        ],
      });
    });
  }

  Backtrack.start("bill", (root, data) => {
    const maze = root.querySelector("#bill-maze"), told = root.querySelector("#bill-told");
    for (const box of root.querySelectorAll("[data-chart=bill]")) paid(box, data.bill, Number(box.dataset.maze));
    if (!maze) return;
    const bodies = [...root.querySelectorAll("#bill-table tbody")];
    /** Shows the rows of the chosen maze. */
    function filter() {
      for (const body of bodies) body.hidden = maze.value !== "" && body.dataset.maze !== maze.value;
      const rows = (some) => d3.sum(some, (body) => body.rows.length - 1);
      told.textContent = `${rows(bodies.filter((body) => !body.hidden))} of ${rows(bodies)} rows`;
    }
    maze.addEventListener("change", filter);
    filter();
  });
})();
