// What is found about what is shown, each with its next command: beside an edge or a workload.

import type { JSX } from "preact";
import type { Finding } from "../api/shapes.ts";
import { shown } from "../model/shown.ts";
import { kindOf } from "../model/words.ts";
import { Go } from "../shell/values.tsx";
import type { View } from "../state/address.ts";

/** `to`: where the words lead; without it they lead nowhere. */
export function Evidence({ findings, to }: { findings: readonly Finding[]; to?: (finding: Finding) => Partial<View> }): JSX.Element | null {
  if (findings.length === 0) return null;
  return (
    <section class="evidence">
      <h3>Findings</h3>
      <ul>
        {findings.map((finding) => (
          <li key={`${finding.kind} ${finding.text}`}>
            <span class={`dot ${kindOf(finding.kind).level}`} aria-hidden="true" />
            {to ? <Go to={to(finding)}>{shown(finding.text)}</Go> : <span>{shown(finding.text)}</span>}
            <code class="next">{kindOf(finding.kind).next.replace("{id}", finding.edge_id ?? "EDGE")}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
