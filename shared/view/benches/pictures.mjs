// Compares the layout of pictures with dagre's and elk's on the same graphs: crossings, bends, boxes that overlap, area, time.
//
//   npm install @dagrejs/dagre elkjs
//   node shared/view/benches/pictures.mjs <page.html>...
//
// The pages are those of the explorer (`/graph/KIND/NAME?depth=all`), or those that `pictures.rs` writes. All three get the same boxes and edges,
// the same distances, and go from left to right.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

// The packages are in the folder in which the command runs.
const load = createRequire(join(process.cwd(), "package.json"));
const dagre = load("@dagrejs/dagre");
const ELK = load("elkjs/lib/elk.bundled.js");

const WIDTH = 250, HEIGHT = 60, BETWEEN = 24, COLUMNS = 140;

/** The boxes and lines of a page. A line is a list of points; curves are followed in 16 steps. */
function ours(text) {
  const boxes = new Map(), edges = [];
  for (const [, x, y, id] of text.matchAll(/translate\(([-\d.]+)[ ,]+([-\d.]+)\)"[^>]*>(?:<rect class="box stack"[^>]*><\/rect>)?<a class="node[^>]*data-id="([^"]+)"/g)) {
    boxes.set(id, { x: +x, y: +y });
  }
  for (const [, from, to, path] of text.matchAll(/data-from="([^"]+)" data-to="([^"]+)">.*?<path d="([^"]+)"/g)) {
    const points = [];
    let bends = 0;
    for (const [, command, numbers] of path.matchAll(/([MCHL])([^MCHL]*)/g)) {
      const n = numbers.trim().split(/[ ,]+/).map(Number), last = points.at(-1);
      if (command === "H") points.push([n[0], last[1]]);
      else if (command === "C") {
        if (last[1] !== n[5]) bends += 1;
        for (let step = 1; step <= 16; step++) {
          const t = step / 16, u = 1 - t;
          const at = (i) => u * u * u * last[i] + 3 * u * u * t * n[i] + 3 * u * t * t * n[2 + i] + t * t * t * n[4 + i];
          points.push([at(0), at(1)]);
        }
      } else points.push([n[0], n[1]]);
    }
    // A curve between two columns is one step of a straight line: the first one is no bend.
    edges.push({ from, to, points, bends: Math.max(bends - 1, 0) });
  }
  return { boxes, edges };
}

function byDagre({ boxes, edges }) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: BETWEEN, ranksep: COLUMNS }).setDefaultEdgeLabel(() => ({}));
  for (const id of boxes.keys()) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const placed = new Map([...boxes.keys()].map((id) => {
    const { x, y } = graph.node(id);
    return [id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }];
  }));
  return { boxes: placed, edges: edges.map(({ from, to }) => straight(from, to, graph.edge(from, to).points.map(({ x, y }) => [x, y]))) };
}

async function byElk({ boxes, edges }) {
  const layoutOptions = {
    "elk.algorithm": "layered", "elk.direction": "RIGHT", "elk.edgeRouting": "POLYLINE",
    "elk.spacing.nodeNode": `${BETWEEN}`, "elk.layered.spacing.nodeNodeBetweenLayers": `${COLUMNS}`,
  };
  const children = [...boxes.keys()].map((id) => ({ id, width: WIDTH, height: HEIGHT }));
  const lines = edges.map(({ from, to }, number) => ({ id: `e${number}`, sources: [from], targets: [to] }));
  const placed = await new ELK().layout({ id: "root", layoutOptions, children, edges: lines });
  return {
    boxes: new Map(placed.children.map(({ id, x, y }) => [id, { x, y }])),
    edges: placed.edges.map(({ sections: [{ startPoint, endPoint, bendPoints = [] }] }, number) =>
      straight(edges[number].from, edges[number].to, [startPoint, ...bendPoints, endPoint].map(({ x, y }) => [x, y]))),
  };
}

/** A line of straight pieces: a bend is a point at which it turns. */
function straight(from, to, points) {
  const turns = points.slice(1, -1).filter(([x, y], i) => {
    const [[a, b], [c, d]] = [points[i], points[i + 2]];
    return Math.abs((x - a) * (d - b) - (y - b) * (c - a)) > 1;
  });
  return { from, to, points, bends: turns.length };
}

function measured({ boxes, edges }) {
  // Pieces of lines by columns of 50 pixels: only those in one column can cross.
  const columns = new Map();
  edges.forEach((edge, number) => {
    for (let i = 1; i < edge.points.length; i++) {
      const [a, b] = [edge.points[i - 1], edge.points[i]];
      for (let at = Math.floor(Math.min(a[0], b[0]) / 50); at <= Math.floor(Math.max(a[0], b[0]) / 50); at++) {
        if (!columns.has(at)) columns.set(at, []);
        columns.get(at).push({ number, a, b });
      }
    }
  });
  const crossed = new Set();
  const side = (p, q, r) => (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  for (const pieces of columns.values()) {
    for (let i = 0; i < pieces.length; i++) {
      for (let j = i + 1; j < pieces.length; j++) {
        const [one, other] = [pieces[i], pieces[j]];
        const [e, f] = [edges[one.number], edges[other.number]];
        // Lines of one box meet there by themselves.
        if (e.from === f.from || e.to === f.to || e.from === f.to || e.to === f.from) continue;
        if (side(one.a, one.b, other.a) * side(one.a, one.b, other.b) < 0 && side(other.a, other.b, one.a) * side(other.a, other.b, one.b) < 0) {
          crossed.add(`${Math.min(one.number, other.number)}/${Math.max(one.number, other.number)}`);
        }
      }
    }
  }
  const all = [...boxes.values()].sort((a, b) => a.x - b.x);
  let overlaps = 0;
  all.forEach((a, i) => {
    for (let j = i + 1; j < all.length && all[j].x < a.x + WIDTH; j++) if (Math.abs(all[j].y - a.y) < HEIGHT) overlaps += 1;
  });
  const size = (axis, extent) => Math.max(...all.map((box) => box[axis])) - Math.min(...all.map((box) => box[axis])) + extent;
  const bends = edges.reduce((sum, edge) => sum + edge.bends, 0);
  return { crossings: crossed.size, bends, overlaps, size: `${Math.round(size("x", WIDTH))} x ${Math.round(size("y", HEIGHT))}` };
}

for (const page of process.argv.slice(2)) {
  const graph = ours(readFileSync(page, "utf8"));
  console.log(`${basename(page)}: ${graph.boxes.size} boxes, ${graph.edges.length} edges`);
  const row = (name, result, ms) => console.log(`  ${name.padEnd(12)}`, JSON.stringify(measured(result)), ms === undefined ? "" : `${ms.toFixed(0)} ms`);
  row("sagewarden", graph);
  let began = performance.now();
  row("dagre", byDagre(graph), performance.now() - began);
  began = performance.now();
  const elk = await byElk(graph);
  row("elk layered", elk, performance.now() - began);
}
