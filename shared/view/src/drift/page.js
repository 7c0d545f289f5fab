"use strict";
(() => {
  const cards = [...document.querySelectorAll("#features > .card")];
  const one = (id) => document.getElementById(id);
  const [search, violated, differing, shown] = ["search", "violated", "differing", "shown"].map(one);
  const names = cards.map((card) => card.dataset.feature.toLowerCase());
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    cards.forEach((card, index) => {
      const fits = names[index].includes(wanted)
        && (!violated.checked || card.dataset.verdict === "violated")
        && (!differing || !differing.checked || card.dataset.differs === "true");
      card.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = `${count} of ${cards.length} features`;
  };
  [search, violated, differing].forEach((input) => input && input.addEventListener("input", filter));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; filter(); }
  });
  one("tools").hidden = false;
  filter();
})();
