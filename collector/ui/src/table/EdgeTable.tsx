// Every edge as a row of a native table: the twin of the picture. 200 rows a page, so that a reader of screens hears true totals.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Graph, GraphEdge } from "../api/graph.ts";
import { count, counted, duration, rate } from "../model/format.ts";
import { errorLook, securityLook, securityWord } from "../model/looks.ts";
import { kindOf, spaced } from "../model/words.ts";
import { silence } from "../model/silence.ts";
import { finds, readSearch } from "../model/search.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Go, Name, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { COLUMNS, isNumber, pressed, readSort, sorted, type Column } from "./sort.ts";

const ROWS = 200;

/** The rows that are shown, in their order: also what is exported. */
export function rowsOf(graph: Graph, view: View): readonly GraphEdge[] {
  const search = readSearch(view.q);
  return sorted(view.q.trim() ? graph.edges.filter((edge) => finds(search, edge)) : graph.edges, readSort(view.sort));
}

export function EdgeTable({ graph, view }: { graph: Graph; view: View }): JSX.Element {
  const rows = useMemo(() => rowsOf(graph, view), [graph, view.q, view.sort]);
  const sort = readSort(view.sort);
  const pages = Math.max(Math.ceil(rows.length / ROWS), 1);
  const page = Math.min(view.page, pages);
  const first = (page - 1) * ROWS;
  const part = rows.slice(first, first + ROWS);
  const isSilent = silence(graph.completeness);
  return (
    <div class="table-view">
      <div class="scroll" tabindex={0} role="region" aria-label="Edges">
        <table class="edges">
          <caption>
            {rows.length === 0 ? "No edge" : `Edges ${count(first + 1)}–${count(first + part.length)} of ${count(rows.length)}`}
            {rows.length < graph.edges.length && `, found among ${count(graph.edges.length)}`}
            {sort ? `, by ${COLUMNS[sort.column].words.toLowerCase()}` : ", worst first"}. <Coverage of={graph.completeness} />
          </caption>
          <thead>
            <tr>
              {(Object.keys(COLUMNS) as Column[]).map((column) => (
                <th key={column} scope="col" class={isNumber(column) ? "number" : ""} aria-sort={sort?.column === column ? (sort.isDown ? "descending" : "ascending") : undefined}>
                  <button type="button" onClick={() => change({ sort: pressed(column, sort), page: 1 })}>
                    {COLUMNS[column].words}
                    <span aria-hidden="true">{sort?.column === column ? (sort.isDown ? " ↓" : " ↑") : ""}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {part.map((edge) => (
              <Row key={edge.id} edge={edge} view={view} seconds={graph.seconds} isSilent={isSilent(edge.source) || isSilent(edge.destination)} />
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && <Pager page={page} pages={pages} />}
    </div>
  );
}

interface RowProps {
  edge: GraphEdge;
  view: View;
  seconds: number;
  isSilent: boolean;
}

function Row({ edge, view, seconds, isSilent }: RowProps): JSX.Element {
  const look = errorLook(edge, isSilent);
  const isChosen = edge.id === view.edge;
  const data = { "data-edge-id": edge.id, "data-source": edge.source.label, "data-destination": edge.destination.label, "data-port": edge.port ?? "", "data-protocol": edge.protocol, "data-look": look.name };
  return (
    <tr class={isChosen ? "chosen" : ""} data-testid="edge-row" {...data}>
      <th scope="row">
        <Go to={{ edge: edge.id, workload: null }}>
          <Name text={edge.source.label} most={44} />
        </Go>
      </th>
      <td>
        <Name text={edge.destination.label} most={44} />
        {edge.port !== null && edge.destination.kind === "workload" && <span class="soft">{`:${edge.port}`}</span>}
      </td>
      <td>{edge.protocol}</td>
      <td class="number" data-testid="exchanges">
        {edge.exchanges === null ? (
          <span class="unknown">no report</span>
        ) : (
          <span title={counted(edge.exchanges, edge.measure.slice(0, -1))}>
            {count(edge.exchanges)} <span class="of">{`${rate(edge.exchanges / seconds)}/s`}</span>
          </span>
        )}
      </td>
      <td class="number">
        <span class={`mark ${look.name}`} aria-hidden="true" />
        <Share part={edge.failed} of={edge.failedOf} />
        {look.name === "unsure" && <span class="unknown"> incomplete</span>}
      </td>
      <td class="number">{edge.measure === "connections" ? <span class="soft">–</span> : duration(edge.p50)}</td>
      <td class="number">{edge.measure === "connections" ? <span class="soft">–</span> : duration(edge.p99)}</td>
      <td>
        <span class={`mark ${securityLook(edge.security).name}`} aria-hidden="true" />
        <span class={edge.security === "plaintext" ? "strong" : ""}>{securityWord(edge.security)}</span>
      </td>
      <td>{spaced(edge.agreement)}</td>
      <td>{edge.finding ? kindOf(edge.finding).name : <span class="soft">–</span>}</td>
    </tr>
  );
}

function Pager({ page, pages }: { page: number; pages: number }): JSX.Element {
  return (
    <nav class="pager" aria-label="Pages of the table">
      <button type="button" disabled={page <= 1} onClick={() => change({ page: page - 1 })}>
        Previous
      </button>
      <span>{`Page ${count(page)} of ${count(pages)}`}</span>
      <button type="button" disabled={page >= pages} onClick={() => change({ page: page + 1 })}>
        Next
      </button>
    </nav>
  );
}
