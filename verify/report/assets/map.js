/* The critique map. Its rows stand in the page already; here are the filters, and, when a dial is opened, the exponent
   of its gap and its phase diagrams. */
"use strict";
(function () {
  const { chart, frame, ink, written } = Backtrack;

  /** An element with attributes and children; text stays text. */
  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** A colour so pale that ink can be read on it: `share` from 0 to 1 of it in the paper's. */
  function pale(name, share) {
    return `color-mix(in srgb, ${ink(name)} ${(4 + 51 * share).toFixed(1)}%, ${ink("paper")})`;
  }

  /** How a word's cells are washed: a verdict's colour, or one of the greys of other words. */
  function wash(colour) {
    const shade = /^shade(\d)$/.exec(colour);
    return shade ? `color-mix(in srgb, ${ink("ink")} ${8 + 14 * (shade[1] - 1)}%, ${ink("paper")})` : pale(colour, 0.7);
  }

  /** A value for an axis: numbers to three digits, other texts as they are. */
  function brief(value, digits = 3) {
    const text = String(value);
    return text.trim() !== "" && Number.isFinite(Number(text)) ? written(text, text.length > 6 ? digits : 15) : text;
  }

  /** An element whose text has its formulas written out. */
  function said(name, attributes, text, texts) {
    const element = make(name, attributes, text);
    if (text in texts) element.innerHTML = texts[text];                 // the run's own, escaped where it was made
    return element;
  }

  // -- the exponent of a dial's gap ------------------------------------------------------------------------------

  /** The gap's exponent a diamond, a line a value in the values' order; a letter says the verdict. */
  function exponents(dial) {
    const known = dial.gap.map((gap) => gap.exponent).filter((x) => x !== null);
    const low = Math.min(0, ...known), high = Math.max(0.5, ...known), far = 0.16 * (high - low);
    const edge = { survives: high + far, reverses: low - far };
    const points = dial.gap.map((gap, i) => ({
      i, x: gap.exponent ?? edge[gap.verdict] ?? (low + high) / 2, sign: gap.sign, colour: gap.colour, edge: gap.exponent === null,
      title: `${gap.verdict} at ${dial.values[i]}: ${gap.exponent === null ? "no finite exponent" : `exponent ${gap.exponent.toFixed(4)}`}`,
    }));
    const told = points.map((d) => d.title).join("; ");
    const box = make("div", { class: "chart", "data-label": `Exponent of the gap a diamond: ${told}` });
    const unknown = points.some((d) => d.edge) ? " A letter at an edge: no finite exponent." : "";
    const figure = make("figure", { class: "figure small-chart" }, box, make("figcaption", {},
      `Exponent of the gap between ${dial.challenger} and ${dial.champion}, a diamond, at each value.${unknown}`));
    const letters = longest(dial.values);
    return [figure, () => chart(box, (width) => {
      const room = Math.min(6.8 * letters + 16, 0.42 * width), tall = 6.8 * letters + 16 > room ? 40 : 27;
      return Backtrack.raised(frame(width, tall * points.length + 62, {
        marginLeft: room, marginRight: 20, marginBottom: 42, marginTop: 12,
        x: { domain: [low - 1.8 * far, high + 1.8 * far] }, y: { domain: [-0.6, points.length - 0.4], reverse: true },
        marks: [
          Plot.ruleX([0], { stroke: ink("grey"), strokeDasharray: "2 3" }),
          Plot.axisY({ ticks: points.map((d) => d.i), tickFormat: (i) => brief(dial.values[i]), tickSize: 0, label: null, lineWidth: (room - 10) / 12 }),
          Plot.axisX({ label: "exponent", labelAnchor: "center", ticks: 5, labelArrow: "none" }),
          dial.positions.length ? Plot.line(points.filter((d) => !d.edge), { x: "x", y: "i", stroke: ink("grey") }) : null,
          Plot.dot(points, { x: "x", y: "i", r: 9, fill: (d) => pale(d.colour, 0.7), stroke: (d) => ink(d.colour), title: "title" }),
          Plot.text(points, { x: "x", y: "i", text: "sign", fontWeight: 700, pointerEvents: "none" }),
        ],
        color: { type: "identity" },
      }), dial.written);
    })];
  }

  // -- phase diagrams ------------------------------------------------------------------------------------------

  /** number -> colour: orange above 0 and blue below where both occur, else orange from the least to the most. */
  function shades({ least, most }) {
    const size = Math.max(-least, most) || 1;
    if (least < 0) return (value) => pale(value < 0 ? "blue" : "orange", Math.abs(value) / size);
    return (value) => pale("orange", most > least ? (value - least) / (most - least) : 0.5);
  }

  /** What the colours and letters of a phase diagram mean. */
  function legend(phase, colour) {
    const items = Object.keys(phase.signs).map((word) => make("li", {},
      make("span", { class: "swatch", style: `background:${wash(phase.colours[word])}` }, phase.signs[word]), ` ${phase.told[word]}`));
    if (phase.least !== null) {
      const ends = phase.least < 0 && phase.most > 0 ? [phase.least, 0, phase.most] : [phase.least, (phase.least + phase.most) / 2, phase.most];
      items.unshift(...ends.map((value) => make("li", {},
        make("span", { class: "swatch", style: `background:${colour(value)};border-color:${ink("grey")}` }, "\u00a0"), ` ${written(value, 3)}`)));
    }
    return make("ul", { class: "legend" }, ...items);
  }

  /** The cells of a phase diagram as a table, made when it is asked for. */
  function table(phase, texts) {
    const box = make("details", { class: "data" }, make("summary", {}, "Data"));
    box.addEventListener("toggle", () => {
      if (!box.open || box.querySelector("table")) return;
      const head = make("tr", {}, make("th", { scope: "col" }, said("span", {}, phase.y, texts), " \\ ", said("span", {}, phase.x, texts)), ...phase.xs.map((x) => said("th", { scope: "col" }, x, texts)));
      const rows = phase.ys.map((y, i) => make("tr", {}, said("th", { scope: "row" }, y, texts), ...phase.cells[i].map((cell) => make("td", {}, cell === null ? "none" : typeof cell === "string" ? cell : written(cell)))));
      box.append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Data of ${phase.title}` },
        make("table", { class: "small" }, make("thead", {}, head), make("tbody", {}, ...rows.reverse()))));
    });
    return box;
  }

  /** Characters of the longest label. */
  function longest(values) {
    return d3.max(values, (value) => brief(value).length);
  }

  /** One phase diagram: a cell for each pair of values, y upwards; letters or numbers stand in cells with room. */
  function phase(data, texts) {
    const cells = data.cells.flatMap((line, j) => line.map((value, i) => ({ i, j, value })));
    const colour = data.least === null ? null : shades(data);
    const counts = d3.rollups(cells.filter((d) => typeof d.value === "string"), (group) => group.length, (d) => d.value);
    const told = [...(data.least === null ? [] : [`numbers from ${Number(data.least.toPrecision(3))} to ${Number(data.most.toPrecision(3))}`]),
      ...counts.map(([word, n]) => `${word} in ${n}`)].join(", ");
    const box = make("div", { class: "chart", "data-label": `${data.title}: ${cells.length} cells, ${told}. ${data.x} across, ${data.y} upwards. ${data.words}` });
    const figure = make("figure", { class: "figure phase", "data-phase": data.name }, said("h4", {}, data.title, texts), box,
      legend(data, colour), said("figcaption", {}, data.words, texts), table(data, texts));
    /** The colour of a cell. */
    const fill = ({ value }) => (value === null ? "none" : typeof value === "string" ? wash(data.colours[value]) : colour(value));
    return [figure, () => chart(box, (width) => {
      const wide = (width - 76) / data.xs.length, tall = Math.min(34, Math.max(13, 340 / data.ys.length));
      const room = wide >= 30 && tall >= 14, everyX = Math.ceil((7 * longest(data.xs) + 8) / wide), everyY = Math.ceil(15 / tall);
      const text = ({ value }) => (value === null ? "–" : typeof value === "string" ? data.signs[value] : room ? written(value, 2) : "");
      return Backtrack.raised(frame(width, tall * data.ys.length + 76, {
        marginLeft: 58, marginRight: 24, marginTop: 26, marginBottom: 50, padding: 0, color: { type: "identity" },
        x: { type: "band", domain: d3.range(data.xs.length) }, y: { type: "band", domain: d3.range(data.ys.length).reverse() },
        marks: [
          Plot.axisX({ ticks: d3.range(0, data.xs.length, everyX), tickFormat: (i) => brief(data.xs[i]), label: data.x, labelAnchor: "center", labelArrow: "none" }),
          Plot.axisY({ ticks: d3.range(0, data.ys.length, everyY), tickFormat: (j) => brief(data.ys[j]), label: data.y, labelAnchor: "top", labelArrow: "none" }),
          Plot.cell(cells, { x: "i", y: "j", fill, inset: 0.5, stroke: ink("line"), strokeWidth: 0.5, className: "cells",
            title: ({ i, j, value }) => `${data.x} ${data.xs[i]}, ${data.y} ${data.ys[j]}: ${value ?? "none"}` }),
          wide >= 10 ? Plot.text(cells, { x: "i", y: "j", text, fontSize: 11, fill: "currentColor", pointerEvents: "none" }) : null,
        ],
      }), texts);
    })];
  }

  // -- the section ---------------------------------------------------------------------------------------------

  Backtrack.start("critique", (root, data) => {
    const dials = new Map(data.critique.map((dial) => [dial.dial, dial])), rows = [...root.querySelectorAll("details.dial")];
    const words = root.querySelector("#map-words"), verdict = root.querySelector("#map-verdict"), told = root.querySelector("#map-told");
    if (!words) return;
    const texts = rows.map((row) => row.textContent.toLowerCase() + " " + row.dataset.objections.toLowerCase());

    /** Draws what belongs to a dial, when it is open and the first time only. */
    function draw(row) {
      const place = row.querySelector(".drawings");
      if (!row.open || place.dataset.drawn) return;
      place.dataset.drawn = "yes";
      const dial = dials.get(row.dataset.dial);
      for (const [figure, start] of [exponents(dial), ...dial.phases.map((each) => phase(each, dial.written))]) {
        place.append(figure);
        start();
      }
    }

    /** Shows the dials that have the verdict somewhere and all the words; cells of other verdicts stand back. */
    function filter() {
      const sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        const fits = (!verdict.value || row.dataset.verdicts.split("|").includes(verdict.value)) && sought.every((word) => texts[i].includes(word));
        row.hidden = !fits;
        shown += fits;
        for (const cell of row.querySelectorAll(".cell")) cell.classList.toggle("back", Boolean(verdict.value) && cell.dataset.verdict !== verdict.value);
      });
      told.textContent = shown ? `${shown} of ${rows.length} dials` : `no dial has ${words.value ? `“${words.value}”` : "this verdict"}`;
    }

    for (const row of rows) {
      row.addEventListener("toggle", (event) => { if (event.target === row) draw(row); });
      draw(row);
    }
    // a link to a dial that the filters hide shows it again
    root.addEventListener("click", (event) => {
      if (!event.target.closest("a[href^='#dial-']")) return;
      words.value = verdict.value = "";
      filter();
    });
    words.addEventListener("input", filter);
    verdict.addEventListener("change", filter);
    filter();
  });
})();
