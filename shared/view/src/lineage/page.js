// Moves, searches and explains the picture. Facts are the cards that the page already holds; nothing is fetched or parsed as HTML.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("lineage").textContent);
  const figure = byId("graph"), svg = figure.querySelector("svg"), scene = byId("scene");
  const panel = byId("panel"), search = byId("search"), hits = byId("hits");
  const box = svg.viewBox.baseVal, whole = { width: box.width, height: box.height };
  const nodes = new Map([...scene.querySelectorAll("a.node")].map((a) => [a.getAttribute("href").slice(1), a]));
  const edges = [...scene.querySelectorAll("g.edge")];
  const into = new Map(), outOf = new Map();
  for (const [from, to] of data.edges) {
    (into.get(to) ?? into.set(to, []).get(to)).push(from);
    (outOf.get(from) ?? outOf.set(from, []).get(from)).push(to);
  }
  document.documentElement.classList.add("script");
  byId("tools").hidden = false;
  const printed = svg.getAttribute("viewBox");
  svg.removeAttribute("viewBox");

  let scale = 1, x = 0, y = 0;
  const draw = () => {
    scene.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    svg.classList.toggle("far", scale < 0.35);
  };
  const zoom = (factor, cx = figure.clientWidth / 2, cy = figure.clientHeight / 2) => {
    const next = Math.min(4, Math.max(0.02, scale * factor));
    x = cx - (cx - x) * next / scale;
    y = cy - (cy - y) * next / scale;
    scale = next;
    draw();
  };
  const fit = () => {
    scale = Math.min(1.2, figure.clientWidth / whole.width, figure.clientHeight / whole.height);
    x = (figure.clientWidth - whole.width * scale) / 2;
    y = (figure.clientHeight - whole.height * scale) / 2;
    draw();
  };
  const centre = (id) => {
    const at = nodes.get(id).transform.baseVal.getItem(0).matrix;
    scale = Math.max(scale, 0.7);
    x = figure.clientWidth / 2 - (at.e + 115) * scale;
    y = figure.clientHeight / 2 - (at.f + 30) * scale;
    draw();
  };
  const reach = (start, next) => {
    const seen = new Set([start]), open = [start];
    while (open.length) for (const id of next.get(open.pop()) ?? []) if (!seen.has(id)) { seen.add(id); open.push(id); }
    return seen;
  };

  const close = () => {
    panel.hidden = true;
    scene.classList.remove("chosen");
  };
  const choose = (id, move) => {
    if (!nodes.has(id)) return;
    const up = reach(id, into), down = reach(id, outOf);
    for (const [other, a] of nodes) {
      a.classList.toggle("picked", other === id);
      a.classList.toggle("on", up.has(other) || down.has(other));
    }
    for (const edge of edges) {
      const { from, to } = edge.dataset;
      edge.classList.toggle("on", (up.has(from) && up.has(to)) || (down.has(from) && down.has(to)));
    }
    scene.classList.add("chosen");
    const card = byId(id).cloneNode(true);
    card.removeAttribute("id");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "close";
    button.addEventListener("click", close);
    panel.replaceChildren(button, card);
    panel.hidden = false;
    panel.scrollTop = 0;
    history.replaceState(null, "", `#${id}`);
    if (move) centre(id);
  };

  let dragged = false, from = null;
  figure.addEventListener("pointerdown", (event) => { from = [event.clientX - x, event.clientY - y]; dragged = false; });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    const nx = event.clientX - from[0], ny = event.clientY - from[1];
    if (!dragged && Math.hypot(nx - x, ny - y) < 4) return;
    dragged = true;
    [x, y] = [nx, ny];
    draw();
  });
  addEventListener("pointerup", () => { from = null; });
  figure.addEventListener("dragstart", (event) => event.preventDefault());
  figure.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = figure.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 500), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const isNode = link.classList.contains("node");
    if (!(isNode && dragged)) choose(link.getAttribute("href").slice(1), !isNode);
  });
  figure.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (steps[event.key]) { x += steps[event.key][0]; y += steps[event.key][1]; draw(); }
    else if (event.key === "+") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  byId("in").addEventListener("click", () => zoom(1.25));
  byId("out").addEventListener("click", () => zoom(0.8));
  byId("fit").addEventListener("click", fit);
  byId("list").addEventListener("click", (event) => {
    const on = document.documentElement.classList.toggle("listed");
    event.target.setAttribute("aria-pressed", on);
  });

  const texts = new Map();
  for (const id of nodes.keys()) {
    const card = byId(id);
    texts.set(id, [...card.children].filter((part) => !part.matches(".links, .label")).map((part) => part.textContent).join(" ").toLowerCase());
  }
  let found = [], at = -1;
  const hop = () => {
    if (!found.length) return;
    at = (at + 1) % found.length;
    choose(found[at], true);
    hits.textContent = `${at + 1} of ${found.length}`;
  };
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = words.length ? [...texts].filter(([, text]) => words.every((word) => text.includes(word))).map(([id]) => id) : [];
    at = -1;
    const hit = new Set(found);
    for (const [id, a] of nodes) a.classList.toggle("hit", hit.has(id));
    hits.textContent = words.length ? `${found.length} ${found.length === 1 ? "hit" : "hits"}` : "";
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") hop(); });
  byId("next").addEventListener("click", hop);
  for (const tick of byId("tools").querySelectorAll("input[type=checkbox]")) {
    tick.addEventListener("change", () => {
      for (const [, a] of nodes) if (a.classList.contains(tick.value)) a.classList.toggle("off", !tick.checked);
      const hidden = (id) => nodes.get(id)?.classList.contains("off");
      for (const edge of edges) edge.classList.toggle("off", hidden(edge.dataset.from) || hidden(edge.dataset.to));
    });
  }
  addEventListener("beforeprint", () => { svg.setAttribute("viewBox", printed); scene.removeAttribute("transform"); });
  addEventListener("afterprint", () => { svg.removeAttribute("viewBox"); draw(); });
  fit();
  const asked = location.hash.slice(1);
  if (nodes.has(asked)) choose(asked, true);
  else if (scale < 0.45 && nodes.has(data.root)) { scale = 0.7; centre(data.root); }
})();
