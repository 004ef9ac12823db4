/* Plain formulas in sentences, as a reader would write them: verify/report/typeset.py in the browser, token for token;
   a test holds the two against each other on every text of the page. See there for what is read and what is not.

   Backtrack.pretty(text)     a DocumentFragment: text with sup, sub, code, em
   Backtrack.put(place, text) the same as a place's only content; the plain text stays in data-value where they differ,
                              and is what a selection inside the place copies
   Backtrack.flat(text)       one string, for labels that take no elements: powers of digits as superscripts, others as ^(..)
   Backtrack.spans(text)      the pieces as SVG tspans, for the text of a chart */
"use strict";
(function () {
  const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", eps: "ε", zeta: "ζ", eta: "η", theta: "θ", kappa: "κ",
                  lambda: "λ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", omega: "ω", Lambda: "Λ", Theta: "Θ",
                  Omega: "Ω" };
  const LARGE = { sum: "∑", prod: "∏" }, WORDS = { ...GREEK, prod: "∏", oo: "∞" };
  const SIGNS = { "<=": "≤", ">=": "≥", "!=": "≠", "->": "→" };
  const FUNCTIONS = ["log", "exp", "sqrt", "cosh", "ceil", "floor", "max", "min"];
  const STEM = `(?:\\p{L}|KL|max|min|${[...Object.keys(GREEK), ...Object.keys(LARGE)].join("|")})`;
  const NAME = new RegExp(`^(${STEM})_([\\p{L}\\p{N}]{1,2}|hit|SFT|base|target)$`, "u");
  const OPEN = new RegExp(`^${STEM}_$`, "u"), CLOSED = { "(": ")", "{": "}" };
  const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : null);
  const W = "[\\p{L}\\p{N}_]", EXT = "py|md|json|jsonl|csv|html|js|css|toml|txt|svg|png|pdf|tex";
  const TOKEN = new RegExp([
    "(?<code>`[^`]+`)",
    String.raw`(?<fixed>\$[^$]+\$|\S*\\\S*|https?:\/\/\S+|--+>?(?:${W}|-)*|\d{4}-\d\d-\d\d(?!\d)`
      + String.raw`|(?:${W}|[./\-])+\.(?:${EXT})(?!${W})(?:::${W}+)?|[A-Za-z_]${W}+(?:\.[A-Za-z_]${W}+)+)`,
    String.raw`(?<strong>(?<!${W})\*[a-z]+\*(?!${W}))`,
    String.raw`(?<number>(?<!${W}|\.)\d+(?:\.\d+)?e[+\-]?\d+(?!${W})|\d+(?:\.\d+)?)`,
    String.raw`(?<name>[\p{L}_]${W}*)`,
    String.raw`(?<sign><=|>=|!=|->|(?<!\.)\.\.(?!\.)|[=<>≤≥≈×])`,
    "(?<space> +)", String.raw`(?<other>[\s\S])`].join("|"), "gu");

  /** The text in pieces [kind, characters]; joined they are the text. */
  const tokens = (text) => [...text.matchAll(TOKEN)].map((match) => [
    Object.keys(match.groups).find((kind) => match.groups[kind] !== undefined), match[0]]);

  /** Reads tokens into strings and {element, pieces}; `raised`: a power or a subscript, where a leading - is a sign. */
  function read(these, raised = false) {
    const out = [];
    for (let i = 0; i < these.length; i++) {
      const [kind, text] = these[i], found = text === "^" && i && power(these, i);
      if (kind === "code") out.push({ element: "code", pieces: [text.slice(1, -1)] });
      else if (kind === "strong") out.push({ element: "em", pieces: [text.slice(1, -1)] });
      else if (kind === "number") out.push(...number(text, is(these, i + 1, "^") && power(these, i + 1)));
      else if (kind === "name") i += name(these, i, out);
      else if (found && !["space", "code"].includes(kindAt(these, i - 1))) {
        out.push({ element: "sup", pieces: found[0] });
        i = found[1] - 1;
      } else if (kind === "sign") out.push(own(SIGNS, text) ?? text);
      else if (kind === "space") {
        const kept = text.length === 1 && (kindAt(these, i - 1) === "sign" || kindAt(these, i + 1) === "sign"
          || (is(these, i + 1, "%") && kindAt(these, i - 1) === "number"));
        out.push(kept ? "\u00a0" : text);
      } else out.push(text === "-" && minus(these, i, raised) ? "−" : text);
    }
    return out.reduce((all, piece) => {
      if (typeof piece === "string" && typeof all[all.length - 1] === "string") all[all.length - 1] += piece;
      else all.push(piece);
      return all;
    }, []);
  }

  const is = (these, i, text) => i >= 0 && i < these.length && these[i][1] === text;
  const kindAt = (these, i) => (i >= 0 && i < these.length ? these[i][0] : "");

  /** A number's digits; an exponent as a power of ten, in brackets where the whole is raised to a power. */
  function number(text, powered) {
    const [digits, exponent] = text.split("e");
    if (!exponent || Number(exponent) === 0) return [digits];
    const ten = [digits === "1" ? "10" : `${digits}\u00a0×\u00a010`,
                 { element: "sup", pieces: [String(Number(exponent)).replace("-", "−")] }];
    return powered ? ["(", ...ten, ")"] : ten;
  }

  /** Writes the name at i, with its subscript; says how many more tokens that took. */
  function name(these, i, out) {
    const text = these[i][1], end = OPEN.test(text) && is(these, i + 1, "{") && closing(these, i + 1);
    const written = (stem) => own(LARGE, stem) ?? own(GREEK, stem) ?? stem;
    if (end) {
      out.push(written(text.slice(0, -1)), { element: "sub", pieces: read(these.slice(i + 2, end), true) });
      return end - i;
    }
    const match = NAME.exec(text);
    if (match) out.push(written(match[1]), { element: "sub", pieces: [match[2]] });
    else if (text === "sqrt" && is(these, i + 1, "(")) out.push("√");
    else if (text === "sqrt" && is(these, i + 1, " ") && kindAt(these, i + 2) === "number") {
      out.push("√");
      return 1;
    } else out.push(own(WORDS, text) ?? text);
    return 0;
  }

  /** [pieces of the power after the ^ at i, index behind it], or null where there is none to be read. */
  function power(these, i) {
    const sign = is(these, i + 1, "-") ? ["−"] : [], start = i + 1 + sign.length;
    if (start >= these.length) return null;
    const [kind, text] = these[start];
    if (own(CLOSED, text)) {
      const end = closing(these, start);
      if (end === null || end === start + 1) return null;
      const inner = read(these.slice(start + 1, end), true);
      return [sign.length && end > start + 2 ? [...sign, "(", ...inner, ")"] : [...sign, ...inner], end + 1];
    }
    if (kind === "number") {
      return kindAt(these, start + 1) === "name" || text.includes("e") ? null : [[...sign, text], start + 1];
    }
    if (kind !== "name") return null;
    if (FUNCTIONS.includes(text) && is(these, start + 1, "(")) {
      const end = closing(these, start + 1);
      return end === null ? null : [[...sign, ...read(these.slice(start, end + 1), true)], end + 1];
    }
    const out = [], more = name(these, start, out);
    return [[...sign, ...out], start + more + 1];
  }

  /** Where the bracket at i closes; null where it does not. */
  function closing(these, i) {
    const opened = these[i][1];
    for (let j = i, depth = 0; j < these.length; j++) {
      depth += (these[j][1] === opened) - (these[j][1] === CLOSED[opened]);
      if (depth === 0) return j;
    }
    return null;
  }

  /** Whether the - at i is a minus: between parts of a formula, or the sign before one. */
  function minus(these, i, raised) {
    const kind = (j) => kindAt(these, j), spaced = kind(i + 1) === "space";
    const left = part(these, i - 1 - (kind(i - 1) === "space"), true), right = part(these, i + 1 + spaced, false);
    if (spaced) return kind(i - 1) === "space" && (left || right);
    if (i === 0 || ["space", "sign"].includes(kind(i - 1)) || "([{,;/^|".includes(these[i - 1][1])) {
      const option = kind(i + 1) === "name" && kind(i + 2) === "space" && kind(i + 3) === "number";
      return raised || ((right || kind(i + 1) === "name") && !option);
    }
    const alone = kind(i - 1) === "number" && kind(i + 1) === "number"      // an edge of a graph, 0-1
      && (i < 2 || " [(,;".includes(these[i - 2][1])) && (i + 2 >= these.length || " ]),;".includes(these[i + 2][1]));
    return left && right && !alone;
  }

  /** Whether the token at i can stand beside a minus: a number, a letter, a bracket of the right side. */
  function part(these, i, before) {
    const [kind, text] = these[i] || ["", ""];
    if (kind === "name") {
      return [...text].length === 1 || own(GREEK, text) !== null || own(LARGE, text) !== null || NAME.test(text)
        || OPEN.test(text) || (!before && FUNCTIONS.includes(text));
    }
    return kind === "number" || (text !== "" && (before ? ")]}|'" : "([{|").includes(text));
  }

  // -- writing --------------------------------------------------------------------------------------------------

  /** Pieces as nodes. */
  function nodes(pieces) {
    return pieces.map((piece) => {
      if (typeof piece === "string") return document.createTextNode(piece);
      const made = document.createElement(piece.element);
      made.append(...nodes(piece.pieces));
      return made;
    });
  }

  Backtrack.pretty = (text) => {
    const made = document.createDocumentFragment();
    made.append(...nodes(read(tokens(text))));
    return made;
  };

  Backtrack.put = (place, text) => {
    place.replaceChildren(Backtrack.pretty(text));
    if (place.textContent === text) delete place.dataset.value;
    else place.dataset.value = text;
    return place;
  };

  const UP = Object.fromEntries([..."0123456789−n"].map((c, i) => [c, "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ"[i]]));

  /** Pieces as one string. */
  const flat = (pieces) => pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    const inner = flat(piece.pieces), simple = [...inner].every((c) => own(UP, c));
    if (piece.element === "sup") return simple ? [...inner].map((c) => UP[c]).join("") : `^${inner.length > 1 ? `(${inner})` : inner}`;
    return piece.element === "sub" ? `_${inner.length > 1 ? `{${inner}}` : inner}` : inner;
  }).join("");

  Backtrack.flat = (text) => flat(read(tokens(text)));

  Backtrack.spans = (text) => {
    const made = [];
    let now = 0;                                              // how far the pen is above the line, in em of the text
    const write = (pieces, level, size) => {
      for (const piece of pieces) {
        if (typeof piece !== "string") {
          const step = { sup: 0.4, sub: -0.25 }[piece.element] || 0;
          write(piece.pieces, level + step * size, step ? size * 0.75 : size);
          continue;
        }
        const span = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
        span.textContent = piece;
        if (size !== 1) span.setAttribute("font-size", `${size}em`);
        if (level !== now) span.setAttribute("dy", `${Number(((now - level) / size).toFixed(3))}em`);
        now = level;
        made.push(span);
      }
    };
    write(read(tokens(text)), 0, 1);
    return made;
  };

  document.addEventListener("copy", (event) => {
    const chosen = getSelection(), start = chosen.rangeCount ? chosen.getRangeAt(0).commonAncestorContainer : null;
    const place = start && (start.closest ? start : start.parentElement).closest("[data-value]");
    if (!place || document.activeElement.matches("input, textarea")) return;
    event.clipboardData.setData("text/plain", place.dataset.value);
    event.preventDefault();
  });
})();
