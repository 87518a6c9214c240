// The panel of one edge as elements, from what panel.ts says.

import { breakable, h, type Child } from "./dom.ts";
import { REPORTERS, type ExemplarLine, type Line, type PanelModel, type Reporter, type Table } from "./panel.ts";

export interface PanelEvents {
  close(): void;
  only(workload: string): void;
}

function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", { class: "panel-part" }, h("h3", {}, title), ...children);
}

function values(line: Line, reporter: Reporter): Child[] {
  return line[reporter].map((value) => h("div", {}, line.identity ? breakable(value) : value));
}

function sideHeading(title: string): HTMLElement {
  return h(
    "thead",
    {},
    h("tr", {}, h("td", {}, h("span", { class: "unseen" }, title)), h("th", { scope: "col" }, "Source's proxy"), h("th", { scope: "col" }, "Destination's proxy")),
  );
}

/** Both reporters side by side; one that sent nothing says so once, over all lines. */
function reports(model: PanelModel): HTMLElement {
  const body = model.reports.map((line, index) => {
    const cells = REPORTERS.map((reporter) => {
      const testid = index === 0 ? `panel-${reporter}-count` : undefined;
      const absent = model.absent[reporter];
      if (absent === null) return h("td", { "data-testid": testid, class: index === 0 ? "main" : undefined }, ...values(line, reporter));
      return index === 0 ? h("td", { class: "absent", rowspan: model.reports.length, "data-testid": testid }, absent) : null;
    });
    return h("tr", {}, h("th", { scope: "row" }, line.name), ...cells);
  });
  return h("table", { class: "sides" }, sideHeading("What each proxy reports"), h("tbody", {}, ...body));
}

function sides(title: string, lines: readonly Line[], headed: boolean): HTMLElement | null {
  if (lines.length === 0) return null;
  const rows = lines.map((line) =>
    h("tr", {}, h("th", { scope: "row" }, line.name), ...REPORTERS.map((reporter) => h("td", {}, ...values(line, reporter)))),
  );
  const ends = h("thead", {}, h("tr", {}, h("td", {}, h("span", { class: "unseen" }, title)), h("th", { scope: "col" }, "Source"), h("th", { scope: "col" }, "Destination")));
  return h("table", { class: "sides" }, headed ? sideHeading(title) : ends, h("tbody", {}, ...rows));
}

function table({ reporter, heading, rows }: Table, numericFrom: number): HTMLElement {
  const cell = (text: string, index: number): HTMLElement => h("td", { class: index >= numericFrom ? "number" : undefined }, text);
  return h(
    "table",
    { class: "listing" },
    h("caption", {}, `as the ${reporter}'s proxy reports`),
    h("thead", {}, h("tr", {}, ...heading.map((text, index) => h("th", { scope: "col", class: index >= numericFrom ? "number" : undefined }, text)))),
    h("tbody", {}, ...rows.map(({ cells, failed }) => h("tr", { class: failed ? "failed" : undefined }, ...cells.map(cell)))),
  );
}

function copyButton(text: string, what: string): HTMLElement {
  const button = h("button", { type: "button", class: "small", "data-focus": `copy ${text}`, "aria-label": `copy ${what} ${text}` }, "copy");
  button.addEventListener("click", () => {
    const said = (words: string): void => button.replaceChildren(words);
    // Without a secure context there is no clipboard: the text is selected instead, ready for Ctrl-C.
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => said("copied"), () => said("refused"));
    else {
      const code = button.parentElement?.querySelector("code");
      if (code) getSelection()?.selectAllChildren(code);
      said("selected");
    }
  });
  return button;
}

function exemplar(line: ExemplarLine): HTMLElement {
  return h(
    "li",
    {},
    h("span", {}, `${line.outcome}, ${line.duration}, ${line.reporter}'s proxy`),
    h("span", { class: "trace" }, h("code", {}, line.traceId), copyButton(line.traceId, "trace id")),
  );
}

function endName(end: { label: string; workload: string | null }, which: Reporter, events: PanelEvents): HTMLElement {
  const { workload } = end;
  const only = workload
    ? h("button", { type: "button", class: "small", "data-focus": `only ${which}`, onclick: () => events.only(workload), "aria-label": `only this: edges of ${workload}` }, "only this")
    : null;
  return h("div", { class: "end" }, h("span", { class: "role" }, which), h("strong", {}, end.label), only);
}

export function panelView(model: PanelModel, events: PanelEvents): HTMLElement {
  const { agreement, security } = model;
  return h(
    "article",
    { "data-edge-id": model.edgeId, "aria-label": `edge ${model.source.label} to ${model.destination.label}` },
    h(
      "header",
      { class: "panel-head" },
      h("div", { class: "ends" }, endName(model.source, "source", events), endName(model.destination, "destination", events)),
      h("button", { type: "button", class: "small close", "data-focus": "close", onclick: () => events.close(), "data-testid": "panel-close" }, "close (Esc)"),
      h("p", { class: "soft" }, `${model.protocol}, ${model.measure}`, model.services.length > 0 ? ` · ${model.services.length > 1 ? "services" : "service"} ${model.services.join(", ")}` : null),
    ),
    model.findings.length > 0 ? h("ul", { class: "panel-findings" }, ...model.findings.map((text) => h("li", {}, text))) : null,
    section("Both reporters", reports(model)),
    section("Outcomes by who answered", ...model.outcomes.map((t) => table(t, 2))),
    section(
      "Security",
      h("p", {}, h("strong", {}, security.words)),
      sides("Security as each proxy asserts it", security.lines, true),
    ),
    section(
      "Agreement",
      h("p", {}, h("strong", {}, agreement.words)),
      agreement.reasons.length > 0 ? h("ul", {}, ...agreement.reasons.map((reason) => h("li", {}, reason))) : null,
      h("dl", { class: "facts" }, ...agreement.facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ),
    model.operations.length > 0 ? section("Operations", ...model.operations.map((t) => table(t, 1))) : null,
    section(
      "Exemplars",
      model.exemplars.length > 0
        ? h("ul", { class: "exemplars" }, ...model.exemplars.map(exemplar))
        : h("p", { class: "soft" }, "no trace id was kept: exemplars are off, or requests carried none"),
    ),
    section("Identities", sides("Identities of both ends", model.identities, false), h("p", { class: "trace" }, "edge id ", h("code", {}, model.edgeId), copyButton(model.edgeId, "edge id"))),
  );
}

/** Whether the reader has text of the panel selected: a refresh then has to wait. */
function beingCopied(panel: HTMLElement): boolean {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && panel.contains(selection.anchorNode);
}

/** Replaces the panel's content, keeping scroll and focus. */
export function renderPanel(panel: HTMLElement, model: PanelModel, events: PanelEvents): void {
  const same = panel.querySelector<HTMLElement>("article")?.dataset["edgeId"] === model.edgeId;
  if (same && beingCopied(panel)) return;
  const scroll = same ? panel.scrollTop : 0;
  const focused = document.activeElement instanceof HTMLElement && panel.contains(document.activeElement) ? document.activeElement.dataset["focus"] : undefined;
  panel.replaceChildren(panelView(model, events));
  panel.scrollTop = scroll;
  if (focused) panel.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}
