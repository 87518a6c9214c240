// How an edge is secured, by whose word, who its ends are, and traces that were kept.

import type { JSX } from "preact";
import type { Edge, Exemplar } from "../api/shapes.ts";
import { count, duration } from "../model/format.ts";
import { securityLook, securityWord } from "../model/looks.ts";
import { outcomeWords } from "../model/words.ts";
import { shown } from "../model/shown.ts";
import { Icon, Name, Share } from "../shell/values.tsx";
import { endFacts, identityFacts, REPORTERS, reportOf, securityFacts } from "./facts.ts";
import { FactRows, SIDE } from "./Reports.tsx";
import { traceAddress } from "./trace.ts";

export function Security({ edge }: { edge: Edge }): JSX.Element {
  const { state, statement, server_names: names } = edge.security;
  const said = statement && statement.toLowerCase() !== securityWord(state).toLowerCase() ? ` – ${shown(statement)}` : "";
  return (
    <section>
      <h3>Security</h3>
      <p class="verdict" data-state={state}>
        {state === "plaintext" && <Icon name="open" />}
        <span class={`mark ${securityLook(state).name}`} aria-hidden="true" /> <b>{securityWord(state)}</b>
        {said}
      </p>
      <table class="facts">
        <thead>
          <tr>
            <td />
            <th scope="col">{SIDE.source}</th>
            <th scope="col">{SIDE.destination}</th>
          </tr>
        </thead>
        <tbody>
          <FactRows facts={[...securityFacts(edge), ...identityFacts(edge)]} />
        </tbody>
      </table>
      {names && names.length > 0 && <p class="hint">{`The applications' own TLS asked for ${names.map(shown).join(", ")}.`}</p>}
    </section>
  );
}

export function Ends({ edge }: { edge: Edge }): JSX.Element {
  return (
    <section>
      <h3>Ends</h3>
      <table class="facts">
        <thead>
          <tr>
            <td />
            <th scope="col">source</th>
            <th scope="col">destination</th>
          </tr>
        </thead>
        <tbody>
          <FactRows facts={endFacts(edge)} />
        </tbody>
      </table>
    </section>
  );
}

export function Operations({ edge }: { edge: Edge }): JSX.Element | null {
  const lists = REPORTERS.map((reporter) => ({ reporter, operations: reportOf(edge, reporter)?.operations ?? [] })).filter(({ operations }) => operations.length > 0);
  if (lists.length === 0) return null;
  return (
    <section>
      <h3>Operations</h3>
      {lists.map(({ reporter, operations }) => (
        <table key={reporter} class="list">
          <caption>{`by the ${SIDE[reporter]}`}</caption>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col" class="number">Count</th>
              <th scope="col" class="number">Failed</th>
              <th scope="col" class="number">P99</th>
            </tr>
          </thead>
          <tbody>
            {operations.map(({ operation, count: n, failed, p99_s: p99 }) => (
              <tr key={operation}>
                <td>
                  <Name text={operation} most={60} />
                </td>
                <td class="number">{count(n)}</td>
                <td class="number">
                  <Share part={failed} of={n} />
                </td>
                <td class="number">{duration(p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </section>
  );
}

/** Traces that were kept: by a link where the collector knows where they are, else their ids. */
export function Traces({ edge, template }: { edge: Edge; template: string | null }): JSX.Element | null {
  const kept = REPORTERS.flatMap((reporter) => (reportOf(edge, reporter)?.exemplars ?? []).map((exemplar): [string, Exemplar] => [reporter, exemplar]));
  if (kept.length === 0) return null;
  return (
    <section>
      <h3>Traces</h3>
      <ul class="traces">
        {kept.map(([reporter, exemplar]) => {
          const address = traceAddress(template, exemplar.trace_id);
          return (
            <li key={`${reporter} ${exemplar.outcome} ${exemplar.reason} ${exemplar.streaming}`}>
              <span>{`${outcomeWords(exemplar)}, ${duration(exemplar.duration_s)}`}</span>
              {address ? (
                <a href={address} target="_blank" rel="noopener noreferrer" data-testid="trace">
                  <code>{shown(exemplar.trace_id)}</code>
                </a>
              ) : (
                <code data-testid="trace-id">{shown(exemplar.trace_id)}</code>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
