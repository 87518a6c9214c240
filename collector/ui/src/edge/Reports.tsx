// Both reporters side by side: counts, failures with their share, durations, and why they differ.

import type { JSX } from "preact";
import type { Edge, Reporter } from "../api/shapes.ts";
import { count, duration } from "../model/format.ts";
import { agreementWords, answeredBy, isFailure, outcomeWords } from "../model/words.ts";
import { shown } from "../model/shown.ts";
import { Share } from "../shell/values.tsx";
import { agreementFacts, difference, facts, REPORTERS, reportOf, type Fact } from "./facts.ts";

export const SIDE: Record<Reporter, string> = { source: "source's proxies", destination: "destination's proxies" };

function absent(reporter: Reporter): JSX.Element {
  return <span class="unknown">{`no report from the ${reporter}'s proxy`}</span>;
}

export function Reports({ edge }: { edge: Edge }): JSX.Element {
  const lacking = REPORTERS.filter((reporter) => !reportOf(edge, reporter));
  return (
    <section>
      <h3>Both reporters</h3>
      <table class="facts">
        <thead>
          <tr>
            <td />
            {REPORTERS.map((reporter) => (
              <th key={reporter} scope="col">{SIDE[reporter]}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{edge.measure}</th>
            {REPORTERS.map((reporter) => {
              const report = reportOf(edge, reporter);
              return (
                <td key={reporter} data-testid={`panel-${reporter}-count`}>
                  {report ? count(report.count) : absent(reporter)}
                </td>
              );
            })}
          </tr>
          <tr>
            <th scope="row">failed</th>
            {REPORTERS.map((reporter) => {
              const report = reportOf(edge, reporter);
              return <td key={reporter}>{report ? <Share part={report.failed} of={report.failed_of} /> : "–"}</td>;
            })}
          </tr>
          <FactRows facts={facts(edge)} />
        </tbody>
      </table>
      <p class="verdict" data-state={edge.agreement.state}>
        <b>{agreementWords(edge.agreement.state)}</b>
        {lacking.length === 0 && `; the source counted ${difference(edge).replace(/^\+/, "more by ").replace(/^−/, "fewer by ").replace(/^equal$/, "the same")}`}
      </p>
      {edge.agreement.reasons.map((reason) => (
        <p key={reason} class="hint">{shown(reason)}</p>
      ))}
      {edge.measure === "requests" && (
        <dl class="inline">
          {agreementFacts(edge.agreement).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

export function FactRows({ facts: lines }: { facts: readonly Fact[] }): JSX.Element {
  return (
    <>
      {lines.map(({ name, source, destination }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{source === null ? "–" : shown(source)}</td>
          <td>{destination === null ? "–" : shown(destination)}</td>
        </tr>
      ))}
    </>
  );
}

/** How exchanges ended, by who answered: what failed first. */
export function Outcomes({ edge }: { edge: Edge }): JSX.Element {
  const isTcp = edge.measure === "connections";
  return (
    <section>
      <h3>How they ended</h3>
      {REPORTERS.map((reporter) => {
        const report = reportOf(edge, reporter);
        if (!report) return null;
        const rows = [...report.outcomes].sort((a, b) => Number(isFailure(b.outcome)) - Number(isFailure(a.outcome)) || b.count - a.count);
        return (
          <table key={reporter} class="list">
            <caption>{`by the ${SIDE[reporter]}`}</caption>
            <thead>
              <tr>
                {["Outcome", "Answered by", "Count", ...(isTcp ? [] : ["P50", "P99"])].map((name, i) => (
                  <th key={name} scope="col" class={i > 1 ? "number" : ""}>{name}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.outcome} ${row.reason} ${row.answered_by} ${row.streaming}`} class={isFailure(row.outcome) ? "failed" : ""}>
                  <td>{outcomeWords(row)}</td>
                  <td>{answeredBy(row.answered_by)}</td>
                  <td class="number">{count(row.count)}</td>
                  {!isTcp && <td class="number">{duration(row.p50_s)}</td>}
                  {!isTcp && <td class="number">{duration(row.p99_s)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </section>
  );
}
