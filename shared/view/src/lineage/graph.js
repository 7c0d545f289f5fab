// Moves, searches and explains a picture. Facts are the cards that the page already holds; nothing is fetched or parsed as HTML.
(() => {
  "use strict";
  // Letters of thirteen pixels are twelve pixels high then.
  const READABLE = 0.93;
  const byId = (id) => document.getElementById(id);
  const figure = byId("graph");
  if (!figure) return;
  const svg = figure.querySelector("svg.scene"), scene = byId("scene"), map = byId("minimap"), seen = byId("seen");
  const panel = byId("panel"), search = byId("find"), hits = byId("hits");
  const box = svg.viewBox.baseVal, whole = { width: box.width, height: box.height };
  const nodes = new Map([...scene.querySelectorAll("a.node")].map((a) => [a.dataset.id, a]));
  const edges = [...scene.querySelectorAll("g.edge")], roles = [...scene.querySelectorAll("text.role")];
  const into = new Map(), outOf = new Map();
  for (const { dataset: { from, to } } of edges) {
    (into.get(to) ?? into.set(to, []).get(to)).push(from);
    (outOf.get(from) ?? outOf.set(from, []).get(from)).push(to);
  }
  const root = scene.querySelector("a.node.root")?.dataset.id;
  document.documentElement.classList.add("script");
  byId("tools").hidden = false;
  const printed = svg.getAttribute("viewBox");
  svg.removeAttribute("viewBox");
  svg.removeAttribute("width");
  svg.removeAttribute("height");

  let scale = 1, x = 0, y = 0;
  const draw = () => {
    scene.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    svg.classList.toggle("far", scale < 0.35);
    const [wide, high] = [figure.clientWidth / scale, figure.clientHeight / scale];
    // Of a picture that is seen as a whole there is no small one.
    map.toggleAttribute("hidden", whole.width <= wide * 1.05 && whole.height <= high * 1.05);
    const part = { x: -x / scale, y: -y / scale, width: wide, height: high };
    for (const [name, value] of Object.entries(part)) seen.setAttribute(name, value);
  };
  const zoom = (factor, cx = figure.clientWidth / 2, cy = figure.clientHeight / 2) => {
    const next = Math.min(4, Math.max(0.05, scale * factor));
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
  const look = (atX, atY) => {
    x = figure.clientWidth / 2 - atX * scale;
    y = figure.clientHeight / 2 - atY * scale;
    draw();
  };
  const place = (id) => nodes.get(id).parentNode.transform.baseVal.getItem(0).matrix;
  const centre = (id) => {
    scale = Math.max(scale, READABLE);
    look(place(id).e + 125, place(id).f + 30);
  };
  const reach = (start, next) => {
    const found = new Set([start]), open = [start];
    while (open.length) for (const id of next.get(open.pop()) ?? []) if (!found.has(id)) { found.add(id); open.push(id); }
    return found;
  };

  const close = () => {
    panel.hidden = true;
    scene.classList.remove("chosen");
    draw();
  };
  const choose = (id, move) => {
    if (!nodes.has(id)) return;
    const up = reach(id, into), down = reach(id, outOf);
    for (const [other, a] of nodes) {
      a.classList.toggle("picked", other === id);
      a.classList.toggle("on", up.has(other) || down.has(other));
    }
    for (const edge of [...edges, ...roles]) {
      const { from, to } = edge.dataset;
      edge.classList.toggle("on", (up.has(from) && up.has(to)) || (down.has(from) && down.has(to)));
    }
    scene.classList.add("chosen");
    const card = byId(id).cloneNode(true);
    card.removeAttribute("id");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "close";
    button.textContent = "close";
    button.addEventListener("click", close);
    panel.replaceChildren(button, card);
    panel.hidden = false;
    panel.scrollTop = 0;
    history.replaceState(null, "", `#${id}`);
    // On a phone, the facts lie over the lower half of the screen.
    const lies = getComputedStyle(panel).position === "fixed";
    if (lies) figure.scrollIntoView();
    if (move || lies) centre(id); else draw();
  };

  // One pointer moves the picture, two make it larger or smaller.
  const pointers = new Map();
  let dragged = false, from = null, apart = 0;
  const spread = () => {
    const [one, other] = [...pointers.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  };
  figure.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) apart = spread();
    from = [event.clientX - x, event.clientY - y];
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (!from || !pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) {
      const at = figure.getBoundingClientRect(), now = spread();
      const [one, other] = [...pointers.values()];
      zoom(now / (apart || now), (one.x + other.x) / 2 - at.left, (one.y + other.y) / 2 - at.top);
      apart = now;
      dragged = true;
      from = [event.clientX - x, event.clientY - y];
      return;
    }
    const nx = event.clientX - from[0], ny = event.clientY - from[1];
    if (!dragged && Math.hypot(nx - x, ny - y) < 4) return;
    dragged = true;
    [x, y] = [nx, ny];
    draw();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    addEventListener(name, (event) => { pointers.delete(event.pointerId); if (!pointers.size) from = null; });
  }
  figure.addEventListener("dragstart", (event) => event.preventDefault());
  figure.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = figure.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 500), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });
  map.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    const at = map.getBoundingClientRect(), part = Math.max(whole.width / at.width, whole.height / at.height);
    look(whole.width / 2 + (event.clientX - at.left - at.width / 2) * part, whole.height / 2 + (event.clientY - at.top - at.height / 2) * part);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.closest("#scene")) {
      if (dragged) { event.preventDefault(); return; }
      if (!link.classList.contains("node")) return;
      event.preventDefault();
      choose(link.dataset.id, false);
    } else if (nodes.has((link.getAttribute("href") ?? "").slice(1))) {
      event.preventDefault();
      choose(link.getAttribute("href").slice(1), true);
    }
  });
  // A box that the keyboard has reached is to be seen.
  scene.addEventListener("focusin", (event) => {
    const id = event.target.dataset.id;
    if (!id || !event.target.matches(":focus-visible")) return;
    const { e, f } = place(id), [left, top] = [e * scale + x, f * scale + y];
    if (left < 0 || top < 0 || left > figure.clientWidth - 100 || top > figure.clientHeight - 40) centre(id);
  });
  figure.addEventListener("scroll", () => figure.scrollTo(0, 0));
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
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); hop(); } });
  byId("next").addEventListener("click", hop);

  // Kinds that are hidden stand in the address, so that whoever gets it sees the same.
  const ticks = [...document.querySelectorAll("input[name=hide]")];
  const hide = () => {
    const off = new Set(ticks.filter((tick) => tick.checked).map((tick) => tick.value));
    for (const [, a] of nodes) a.parentNode.classList.toggle("off", [...a.classList].some((name) => off.has(name)));
    const hidden = (id) => nodes.get(id)?.parentNode.classList.contains("off");
    for (const edge of [...edges, ...roles]) edge.classList.toggle("off", hidden(edge.dataset.from) || hidden(edge.dataset.to));
    const address = new URL(location.href);
    address.searchParams.delete("hide");
    for (const kind of off) address.searchParams.append("hide", kind);
    if (location.protocol.startsWith("http")) history.replaceState(null, "", address);
  };
  for (const tick of ticks) tick.addEventListener("change", hide);

  const asIs = () => { svg.setAttribute("viewBox", printed); scene.removeAttribute("transform"); };
  addEventListener("beforeprint", asIs);
  addEventListener("afterprint", () => { svg.removeAttribute("viewBox"); draw(); });
  addEventListener("resize", draw);
  fit();
  const asked = location.hash.slice(1);
  if (nodes.has(asked)) choose(asked, true);
  // Letters are at least twelve pixels high: a picture that is too large for that begins at the node in question, without an empty half.
  else if (scale < READABLE && nodes.has(root)) {
    scale = READABLE;
    centre(root);
    const within = (at, room, size) => size * scale < room ? (room - size * scale) / 2 : Math.min(0, Math.max(room - size * scale, at));
    x = within(x, figure.clientWidth, whole.width);
    y = within(y, figure.clientHeight, whole.height);
    draw();
  }
})();
