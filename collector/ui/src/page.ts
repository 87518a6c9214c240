// The page's frame: its regions and where everything goes. No data, no decisions.

import { h } from "./dom.ts";

export interface Page {
  mesh: HTMLElement;
  items: HTMLElement;
  status: HTMLElement;
  banner: HTMLElement;
  main: HTMLElement;
  legend: HTMLElement;
  graph: HTMLElement;
  empty: HTMLElement;
  notices: HTMLElement;
  zoomIn: HTMLElement;
  zoomOut: HTMLElement;
  fit: HTMLElement;
  tableNote: HTMLElement;
  panel: HTMLElement;
  findings: HTMLElement;
  findingsCount: HTMLElement;
}

function iconButton(sign: string, label: string): HTMLElement {
  return h("button", { type: "button", class: "small", "aria-label": label, title: label }, sign);
}

function parts(): Page {
  return {
    mesh: h("span", { class: "mesh", "data-testid": "mesh" }),
    items: h("dl", { class: "items" }),
    status: h("p", { class: "status soft", "data-testid": "status" }, "asking the collector …"),
    banner: h("div", { class: "banner", role: "alert", hidden: true, "data-testid": "banner" }),
    main: h("main"),
    legend: h("ul", { class: "legend", "data-testid": "legend", "aria-label": "what the lines mean" }),
    graph: h("div", { class: "graph __________cytoscape_container", "data-testid": "graph", role: "img", "aria-label": "drawing of the dependency map; the table of edges says the same in words" }),
    empty: h("p", { class: "empty", hidden: true, "data-testid": "empty" }),
    notices: h("ul", { class: "notices", "data-testid": "notices" }),
    zoomIn: iconButton("+", "zoom in"),
    zoomOut: iconButton("−", "zoom out"),
    fit: iconButton("fit", "fit the map into view"),
    tableNote: h("span", { class: "soft", "data-testid": "table-note" }),
    panel: h("div", { class: "panel", "data-testid": "panel", role: "region", hidden: true, tabindex: -1 }),
    findings: h("div", { "data-testid": "findings" }),
    findingsCount: h("span", { class: "soft" }),
  };
}

export function buildPage(controls: HTMLElement, table: HTMLElement): Page {
  const page = parts();
  page.main.append(
    h(
      "section",
      { class: "map", "aria-labelledby": "map-title" },
      h("h2", { id: "map-title", class: "unseen" }, "Map"),
      h("div", { class: "bar" }, page.legend, h("div", { class: "zoom" }, page.zoomOut, page.fit, page.zoomIn)),
      page.notices,
      h("div", { class: "canvas" }, page.graph, page.empty),
    ),
    h(
      "section",
      { class: "list", "aria-labelledby": "edges-title" },
      h("div", { class: "bar" }, h("h2", { id: "edges-title" }, "Edges"), page.tableNote),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "table of edges" }, table),
    ),
  );
  const aside = h(
    "aside",
    { "aria-label": "edge and findings" },
    page.panel,
    h("section", { class: "findings-part", "aria-labelledby": "findings-title" }, h("div", { class: "bar" }, h("h2", { id: "findings-title" }, "Findings"), page.findingsCount), page.findings),
  );
  document.body.append(
    h("header", { class: "top" }, h("h1", {}, "Hogusu ", page.mesh), page.items, page.status),
    controls,
    page.banner,
    h("div", { class: "columns" }, page.main, aside),
  );
  return page;
}
