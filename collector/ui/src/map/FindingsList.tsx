// The findings beside the map, worst first: one click shows the edge alone with its evidence.

import type { JSX } from "preact";
import type { GraphEdge } from "../api/graph.ts";
import type { Finding } from "../api/shapes.ts";
import { count } from "../model/format.ts";
import { listedCount } from "../model/listed.ts";
import { kindOf } from "../model/words.ts";
import { shown } from "../model/shown.ts";
import { Go } from "../shell/values.tsx";
import type { View } from "../state/address.ts";

const MOST = 60;

export function FindingsList({ findings, edges, view }: { findings: readonly Finding[] | null; edges: readonly GraphEdge[]; view: View }): JSX.Element {
  const listed = (findings ?? []).slice(0, MOST);
  return (
    <section class="findings" aria-label="Findings">
      <h2>
        Findings {findings && <span class="badge">{listedCount(findings, edges)}</span>}
      </h2>
      {!findings && <p class="hint">Asking for them …</p>}
      {findings?.length === 0 && <p class="hint">None in this period, as far as it was covered.</p>}
      <ol>
        {listed.map((finding) => (
          <li key={`${finding.kind} ${finding.edge_id} ${finding.text}`} data-testid="finding" data-kind={finding.kind}>
            <Go
              to={finding.edge_id ? { edge: finding.edge_id, workload: null } : { view: "findings", kind: finding.kind }}
              class={finding.edge_id && finding.edge_id === view.edge ? "chosen" : ""}
            >
              <span class={`dot ${kindOf(finding.kind).level}`} aria-hidden="true" />
              <span class="kind">{kindOf(finding.kind).name}</span>
              <span class="text">{shown(finding.text)}</span>
            </Go>
          </li>
        ))}
      </ol>
      {findings && findings.length > MOST && <Go to={{ view: "findings" }}>{`${count(findings.length - MOST)} more`}</Go>}
    </section>
  );
}
