/* The table of claims: filters by verdict and by words. Rows stand in the page already; this only hides some. */
"use strict";
Backtrack.start("claims", function (root) {
  const words = root.querySelector("#claims-words"), kind = root.querySelector("#claims-kind");
  const told = root.querySelector("#claims-told"), rows = [...root.querySelectorAll("details.claim")];
  const texts = rows.map((row) => row.textContent.toLowerCase());

  /** Shows the rows that bear the kind and all the words; a group without any row goes with them. */
  function filter() {
    const sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const fits = (!kind.value || row.dataset.kind === kind.value) && sought.every((word) => texts[i].includes(word));
      row.hidden = !fits;
      shown += fits;
    });
    for (const group of root.querySelectorAll(".group")) {
      const any = [...group.querySelectorAll("details.claim")].some((row) => !row.hidden);
      group.hidden = !any;
      if (any && (sought.length || kind.value)) group.open = true;
    }
    told.textContent = shown ? `${shown} of ${rows.length} claims` : `no claim has ${words.value ? `“${words.value}”` : "this verdict"}`;
  }

  words.addEventListener("input", filter);
  kind.addEventListener("change", filter);
  root.querySelector("#claims-open").addEventListener("click", (event) => {
    const open = event.target.getAttribute("aria-pressed") !== "true";
    event.target.setAttribute("aria-pressed", String(open));
    for (const group of root.querySelectorAll(".group")) group.open = open;
  });
  filter();
});
