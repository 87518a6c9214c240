// Each edge of either period: what is said of it, how large the change is with its interval, and on how much that rests.

import type { JSX } from "preact";
import type { Period } from "../api/addresses.ts";
import type { Diff, DiffCounts, DiffEdge } from "../api/over-time.ts";
import { count } from "../model/format.ts";
import { securityWord } from "../model/looks.ts";
import { Go, Name, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { changeLook, points, sign, times, wordText } from "./words.ts";

const MOST = 200;

export function DiffTable({ diff, view }: { diff: Diff; view: View }): JSX.Element {
  const found = view.word ? diff.edges.filter(({ words }) => words.includes(view.word)) : diff.edges;
  const rows = found.slice(0, MOST);
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Edges compared">
      <table class="edges">
        <caption>{`${count(rows.length)} of ${count(view.word ? (diff.words[view.word] ?? found.length) : diff.total)} edges, those that changed first. Intervals are 95 %, of each edge by itself.`}</caption>
        <thead>
          <tr>
            {["Edge", "Said of it", "Durations, B by A", "Failures, B minus A", "Failed in A", "Failed in B", "Secured"].map((name) => (
              <th key={name} scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((edge) => (
            <Row key={edge.id} edge={edge} period={isGone(edge) ? diff.a : diff.b} isChosen={edge.id === view.edge} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether only the period before has it. */
const isGone = ({ presence }: DiffEdge): boolean => presence === "removed" || presence === "not_seen_after";

function Row({ edge, period, isChosen }: { edge: DiffEdge; period: Period; isChosen: boolean }): JSX.Element {
  const { latency, failures, security } = edge;
  const few = <span class="unknown">too few</span>;
  return (
    <tr class={isChosen ? "chosen" : ""} data-testid="diff-row" data-edge-id={edge.id} data-words={edge.words.join(" ")}>
      <th scope="row">
        <Go to={{ view: "edge", edge: edge.id, from: period.from, to: period.to }}>
          <Name text={edge.label} most={70} />
        </Go>
      </th>
      <td>
        <span class={`mark ${changeLook(edge).look.name}`} aria-hidden="true" />
        {edge.words.length > 0 ? edge.words.map((word) => `${sign(word)} ${wordText(word)}`).join(", ") : <span class="unknown">no word</span>}
      </td>
      <td>{latency?.ratio ? `${times(latency.ratio)} (n ${count(latency.values_a)}, ${count(latency.values_b)} ${latency.unit}s)` : few}</td>
      <td>{failures?.difference ? points(failures.difference) : few}</td>
      <Failed of={edge.a} />
      <Failed of={edge.b} />
      <td>{security ? (security.a === security.b ? securityWord(security.b) : `${securityWord(security.a)} → ${securityWord(security.b)}`) : <span class="unknown">unknown</span>}</td>
    </tr>
  );
}

function Failed({ of: counts }: { of: DiffCounts | null }): JSX.Element {
  return <td class="number">{counts ? <Share part={counts.failed} of={counts.judged} /> : <span class="unknown">not seen</span>}</td>;
}
