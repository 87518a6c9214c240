// The composition root: the reader's choices, the collector's answers, and the parts of the page that show them.

import { fetchMap, type Edge, type ServiceMap } from "./api.ts";
import { Controls } from "./controls.ts";
import { h, setText } from "./dom.ts";
import { COLLAPSE_ABOVE, drawing, type Drawing } from "./elements.ts";
import { findingsView } from "./findings.ts";
import { clock, count } from "./format.ts";
import { Graph } from "./graph.ts";
import { completenessItems, emptyText, totalItems, type Item } from "./header.ts";
import { legendItems } from "./legend.ts";
import { matches } from "./matching.ts";
import { nextSort, sortRows, type Sort } from "./order.ts";
import { buildPage } from "./page.ts";
import { panelModel } from "./panel.ts";
import { renderPanel } from "./panel-view.ts";
import { EVERY_MS, Refresh } from "./refresh.ts";
import { edgeTitle, toRow } from "./row.ts";
import { part, shown } from "./shown.ts";
import { EdgeTable, ROW_LIMIT } from "./table.ts";
import { fromAddress, sameQuery, toAddress, type ViewState } from "./view-state.ts";

let state = fromAddress(location.search);
let sort: Sort | null = null;
let map: ServiceMap | null = null;
let drawn: Drawing | null = null;
/** A new question gets a new view; a mere refresh leaves zoom and place alone. */
let refit = false;

const controls = new Controls({ change, pause: (paused) => refresh.pause(paused) });
const table = new EdgeTable({
  choose,
  sort: (column) => {
    sort = nextSort(sort, column);
    showTable();
  },
});
const page = buildPage(controls.element, table.element);
const graph = new Graph(page.graph, {
  line: ({ source, target, edges }) => {
    const [only] = edges;
    if (edges.length === 1 && only) return choose(only.id);
    const name = (id: string): string => drawn?.nodes.find((node) => node.id === id)?.name ?? "";
    const term = (end: string, namespace: string): string => (namespace ? `${end}:${namespace}/` : "");
    change({ search: [term("from", name(source)), term("to", name(target))].filter(Boolean).join(" ") });
  },
  node: (node) => {
    if (node.kind === "namespace") change({ namespace: shown(node.name) });
    else change({ search: state.search === node.name ? "" : node.name });
  },
  background: () => choose(null),
});
const refresh = new Refresh(load);

function change(part: Partial<ViewState>): void {
  const before = state;
  state = { ...state, ...part };
  history.replaceState(null, "", `${location.pathname}${toAddress(state)}`);
  controls.show(state);
  if (!sameQuery(before, state)) {
    refit = true;
    refresh.now();
  }
  if (before.mode !== state.mode) showDrawing();
  showTable();
}

function choose(edge: string | null): void {
  change({ edge });
  showPanel();
}

async function load(signal: AbortSignal): Promise<void> {
  try {
    const answer = await fetchMap(state, AbortSignal.any([signal, AbortSignal.timeout(15_000)]));
    if (signal.aborted) return;
    map = answer;
    document.body.classList.remove("stale");
    page.banner.hidden = true;
    showAll();
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

/** The last map stays, marked stale: old numbers that say so are better than none. */
function fail(error: unknown): void {
  const message = error instanceof Error && error.name === "TimeoutError" ? "the collector took longer than 15 s" : error instanceof Error ? error.message : String(error);
  document.body.classList.toggle("stale", map !== null);
  const kept = map ? ` Shown is the map of ${clock(map.to)}, now stale.` : "";
  page.banner.replaceChildren(h("strong", {}, "No new map: "), shown(`${message}.${kept}`));
  page.banner.hidden = false;
  setText(page.status, map ? `STALE, of ${clock(map.to)}` : "no map yet");
}

function showAll(): void {
  if (!map) return;
  document.title = shown(`${map.mesh} · Hogusu`);
  setText(page.mesh, map.mesh);
  page.items.replaceChildren(...totalItems(map).map(itemView), ...completenessItems(map).map(itemView));
  setText(page.status, `updated ${clock(new Date().toISOString())}, every ${EVERY_MS / 1000} s`);
  controls.offer(map.edges.flatMap((e) => [e.source.namespace, e.destination.namespace]).map((name) => name && shown(part(name))));
  controls.leftOut(map.totals.left_out);
  showDrawing();
  if (refit) graph.fit();
  refit = false;
  showTable();
  showPanel();
}

function itemView({ id, label, value, lacking, detail }: Item): HTMLElement {
  const title = detail || undefined;
  return h("div", { class: lacking ? "item lacking" : "item", title }, h("dt", {}, label), h("dd", { "data-testid": id }, value));
}

function showDrawing(): void {
  if (!map) return;
  const { silent } = map.completeness.proxies;
  drawn = drawing(map.edges, silent);
  graph.show(drawn, state.mode);
  page.legend.replaceChildren(...legendItems(state.mode, !drawn.collapsed && drawn.nodes.some((node) => node.silent)));
  const empty = map.edges.length === 0;
  page.empty.hidden = !empty;
  if (empty) setText(page.empty, emptyText(map, state.namespace !== "" || state.workload !== ""));
  page.notices.replaceChildren(...notices(map, drawn).map((text) => h("li", {}, text)));
}

function notices({ next_cursor: more, edges, totals }: ServiceMap, { collapsed, nodesInAll, linesLeftOut, nodes }: Drawing): string[] {
  const said: string[] = [];
  if (collapsed) said.push(`${count(nodesInAll)} nodes, more than ${COLLAPSE_ABOVE}: drawn as ${count(nodes.length)} namespaces. A line has the colour of its worst edge, and says how many of its edges are like that. Click a namespace to see its workloads.`);
  if (linesLeftOut > 0) said.push(`${count(linesLeftOut)} edges are not drawn; the worst are. The table lists them.`);
  if (more) said.push(`The ${count(edges.length)} worst of ${count(totals.edges)} edges are shown. Filter by namespace to see the others.`);
  return said;
}

function matching(): Edge[] {
  return map ? map.edges.filter((edge) => matches(edge, state.search)) : [];
}

function showTable(): void {
  if (!map) return;
  const found = matching();
  const rows = sortRows(found.map(toRow), sort);
  table.show(rows, sort, state.edge);
  const cut = rows.length > ROW_LIMIT ? `, the first ${count(ROW_LIMIT)} listed` : "";
  setText(page.tableNote, `${count(rows.length)} of ${count(map.edges.length)}, ${sort ? "sorted by column" : "worst first"}${cut}`);
  graph.mark(state.edge, state.search.trim() ? new Set(found.map((edge) => edge.id)) : null);
  const known = new Set(map.edges.map((edge) => edge.id));
  page.findings.replaceChildren(findingsView(map.findings, known, state.edge, choose));
  setText(page.findingsCount, map.findings.length > 0 ? count(map.findings.length) : "");
}

function showPanel(): void {
  const edge = map?.edges.find((e) => e.id === state.edge);
  page.panel.hidden = state.edge === null;
  document.body.classList.toggle("panel-open", state.edge !== null);
  if (!map || state.edge === null) return page.panel.replaceChildren();
  if (!edge) {
    const close = h("button", { type: "button", class: "small", onclick: () => choose(null) }, "close");
    return page.panel.replaceChildren(h("p", {}, `Edge ${state.edge} has no exchanges in this period, or is filtered out. `), close);
  }
  page.panel.setAttribute("aria-label", shown(edgeTitle(edge)));
  renderPanel(page.panel, panelModel(edge, map.findings), { close: closePanel, only: (workload) => change({ workload }) });
}

/** Focus goes back to the row the panel belonged to. */
function closePanel(): void {
  const row = state.edge ? document.querySelector<HTMLElement>(`tr[data-edge-id="${CSS.escape(state.edge)}"] button`) : null;
  choose(null);
  row?.focus();
}

page.zoomIn.addEventListener("click", () => graph.zoomBy(1.25));
page.zoomOut.addEventListener("click", () => graph.zoomBy(0.8));
page.fit.addEventListener("click", () => graph.fit());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.edge !== null) closePanel();
  if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    document.getElementById("search")?.focus();
  }
});

controls.show(state);
page.legend.replaceChildren(...legendItems(state.mode, false));
refresh.now();
