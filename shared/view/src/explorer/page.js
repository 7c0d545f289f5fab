// Comforts: the time is set without a button, a table is sorted by its heads, and a slash leads to the search.
(() => {
  "use strict";
  document.documentElement.classList.add("comforts");
  const search = document.getElementById("search");
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || !search || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    search.focus();
  });
  for (const date of document.querySelectorAll("form.time input[type=date]")) {
    // A year is written digit by digit: only a whole one counts.
    date.addEventListener("change", () => { if (date.value >= "2015") date.form.requestSubmit(); });
  }
  for (const choice of document.querySelectorAll("form.choices select, form.choices input[type=checkbox]")) {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  }
  const severities = ["info", "low", "medium", "high", "critical"];
  const key = (row, place) => {
    const text = row.cells[place]?.textContent.trim() ?? "";
    const rank = severities.indexOf(text);
    return rank < 0 ? text : `${rank}`;
  };
  for (const table of document.querySelectorAll("table.sorted")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => sign * key(one, place).localeCompare(key(other, place), undefined, { numeric: true }));
        table.tBodies[0].append(...rows);
      });
    });
  }
})();
