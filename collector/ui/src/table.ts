// The table of edges as elements. Rows are kept by edge id, so that focus and selection live through a refresh.

import { h, setText } from "./dom.ts";
import type { Sort } from "./order.ts";
import { COLUMNS, edgeTitle, endLabel, type ColumnKey, type Row } from "./row.ts";
import { shown } from "./shown.ts";

export const ROW_LIMIT = 500;

export interface TableEvents {
  choose(edgeId: string): void;
  sort(column: ColumnKey): void;
}

interface Kept {
  row: HTMLTableRowElement;
  button: HTMLButtonElement;
  cells: Map<ColumnKey, HTMLElement>;
}

export class EdgeTable {
  readonly element: HTMLTableElement;
  private readonly body = h("tbody");
  private readonly headings = new Map<ColumnKey, HTMLElement>();
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly events: TableEvents) {
    const head = COLUMNS.map(({ key, title, numeric, hint }) => {
      const button = h("button", { type: "button", title: hint, onclick: () => events.sort(key), "data-testid": `sort-${key}` }, title);
      const heading = h("th", { scope: "col", class: numeric ? "number" : undefined }, button);
      this.headings.set(key, heading);
      return heading;
    });
    this.element = h("table", { class: "edges", "data-testid": "edges" }, h("thead", {}, h("tr", {}, ...head)), this.body);
    this.body.addEventListener("keydown", (event) => this.step(event));
  }

  show(rows: readonly Row[], sort: Sort | null, chosen: string | null): void {
    for (const [key, heading] of this.headings) {
      heading.setAttribute("aria-sort", sort?.column === key ? (sort.descending ? "descending" : "ascending") : "none");
    }
    const shown = rows.slice(0, ROW_LIMIT);
    const wanted = new Set(shown.map((row) => row.id));
    for (const [id, { row }] of this.kept) {
      if (wanted.has(id)) continue;
      row.remove();
      this.kept.delete(id);
    }
    const focused = document.activeElement;
    shown.forEach((row, index) => {
      const kept = this.kept.get(row.id) ?? this.make(row);
      this.fill(kept, row, row.id === chosen);
      if (this.body.children[index] !== kept.row) this.body.insertBefore(kept.row, this.body.children[index] ?? null);
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.body.contains(focused)) focused.focus();
  }

  private make(row: Row): Kept {
    const button = h("button", { type: "button", class: "row-link" });
    const cells = new Map<ColumnKey, HTMLElement>();
    const element = h("tr", { "data-testid": "edge-row", "data-edge-id": row.id, onclick: () => this.events.choose(row.id) });
    for (const { key, numeric } of COLUMNS) {
      const cell = key === "source" ? h("th", { scope: "row" }, button) : h("td", { class: numeric ? "number" : undefined });
      cells.set(key, key === "source" ? button : cell);
      element.append(cell);
    }
    const kept = { row: element, button, cells };
    this.kept.set(row.id, kept);
    return kept;
  }

  private fill({ row, button, cells }: Kept, { edge, text, failure, insecure }: Row, chosen: boolean): void {
    for (const [key, cell] of cells) setText(cell, text[key]);
    for (const key of ["answered", "mtls"] as const) cells.get(key)?.setAttribute("title", shown(text[key]));
    button.setAttribute("aria-label", shown(`${edgeTitle(edge)}, open details`));
    row.dataset["source"] = text.source;
    row.dataset["destination"] = endLabel(edge.destination);
    row.dataset["port"] = String(edge.destination.port ?? "");
    row.dataset["protocol"] = edge.protocol;
    row.classList.toggle("chosen", chosen);
    if (chosen) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    const failed = cells.get("failed");
    if (failed) failed.dataset["level"] = failure;
    cells.get("mtls")?.classList.toggle("insecure", insecure);
  }

  /** Arrow keys go from row to row. */
  private step(event: KeyboardEvent): void {
    const direction = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const row = document.activeElement?.closest("tr");
    if (direction === 0 || !row) return;
    const next = direction > 0 ? row.nextElementSibling : row.previousElementSibling;
    const button = next?.querySelector("button");
    if (!button) return;
    event.preventDefault();
    button.focus();
  }
}
