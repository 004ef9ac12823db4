/* What every part of the page stands on: the run's data, lazy starts, formulas, light and dark, print. */
"use strict";
(function () {
  const waiting = new Map();                       // section id -> functions still to be called

  /** Calls what waits for section `id`, once, in the order in which it was given. */
  function begin(id) {
    const root = document.getElementById(id), calls = waiting.get(id) || [];
    waiting.delete(id);
    if (!root) return;
    for (const call of calls) call(root, Backtrack.data);
    Backtrack.math(root);
    root.dataset.started = "yes";
  }

  window.Backtrack = {
    data: JSON.parse(document.getElementById("data").textContent),

    /** Calls fn(section, data) when the section first comes near the screen, is addressed, or is about to be printed. */
    start(id, fn) {
      waiting.set(id, [...(waiting.get(id) || []), fn]);
    },

    /** Typesets every formula in `root` that is not typeset yet; a formula KaTeX cannot read stays as its source. */
    math(root) {
      for (const place of root.querySelectorAll(".math[data-tex]:not([data-set])")) {
        if (place.closest("details:not([open])") && !place.closest("summary")) continue;
        katex.render(place.dataset.tex, place, { throwOnError: false, displayMode: place.classList.contains("display") });
        place.dataset.set = "yes";
      }
    },
  };

  /** The section an address points into: '#claim-sft_cost' lies in 'claims', '#explorer?W=2' in 'explorer'. */
  function addressed() {
    let name = location.hash.slice(1).split("?")[0];
    try { name = decodeURIComponent(name); } catch { return; }                   // '#%' is no address of ours
    const target = document.getElementById(name);
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    const section = target.closest("main > section");
    if (section) begin(section.id);
    target.scrollIntoView();
    if (target.matches("details")) target.querySelector("summary").focus({ preventScroll: true });
  }

  /** Light, dark, or as the system has it: the button in the head goes round them and the choice is kept. */
  function theme() {
    const button = document.getElementById("theme"), order = ["auto", "light", "dark"];
    const show = (name) => {
      document.documentElement.dataset.theme = name;
      button.textContent = `Colours: ${name}`;
    };
    let kept = "auto";
    try { kept = localStorage.getItem("backtrack-theme") || "auto"; } catch { /* a page from disk may have no store */ }
    show(order.includes(kept) ? kept : "auto");
    button.addEventListener("click", () => {
      const next = order[(order.indexOf(document.documentElement.dataset.theme) + 1) % order.length];
      show(next);
      try { localStorage.setItem("backtrack-theme", next); } catch { /* then it holds for this visit */ }
    });
  }

  /** Before printing everything is drawn and the boxes marked for print are opened; afterwards they are as before. */
  function print() {
    let opened = [];
    addEventListener("beforeprint", () => {
      for (const id of [...waiting.keys()]) begin(id);
      opened = [...document.querySelectorAll("details.printed:not([open])")];
      for (const box of opened) box.open = true;
      Backtrack.math(document);
    });
    addEventListener("afterprint", () => {
      for (const box of opened) box.open = false;
    });
  }

  /** Starts what still waits, a section at a time, when the browser has nothing else to do: print must find it done. */
  function meanwhile() {
    const idle = window.requestIdleCallback || ((call) => setTimeout(call, 100));
    const [next] = waiting.keys();
    if (next) idle(() => { begin(next); meanwhile(); }, { timeout: 3000 });
  }

  document.addEventListener("toggle", (event) => {
    if (event.target.open) Backtrack.math(event.target);
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    theme();
    print();
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        begin(entry.target.id);
      }
    }, { rootMargin: "400px" });
    for (const section of document.querySelectorAll("main > section")) near.observe(section);
    addEventListener("hashchange", addressed);
    document.documentElement.dataset.ready = "yes";
    addEventListener("load", meanwhile);
    if (location.hash) addressed();
  });
})();
