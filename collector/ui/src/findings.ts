// The findings, ranked by the collector; one that concerns an edge leads to it.

import type { Finding } from "./api.ts";
import { h } from "./dom.ts";

export function findingsView(findings: readonly Finding[], known: ReadonlySet<string>, chosen: string | null, choose: (edgeId: string) => void): HTMLElement {
  if (findings.length === 0) return h("p", { class: "soft" }, "No findings in this period.");
  const items = findings.map((finding) => {
    const id = finding.edge_id;
    if (!id || !known.has(id)) return h("li", { value: finding.rank, "data-kind": finding.kind }, finding.text);
    const current = id === chosen ? "true" : undefined;
    return h(
      "li",
      { value: finding.rank, "data-kind": finding.kind },
      h("button", { type: "button", class: "finding", "data-testid": "finding", "data-focus": `finding ${finding.rank}`, "aria-current": current, onclick: () => choose(id) }, finding.text),
    );
  });
  return h("ol", { class: "findings" }, ...items);
}
