// What breaks if a workload dies: entry points by how surely, who calls it, what is reached only through it. The map marks the same.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { impactAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Impact } from "../api/shape.ts";
import { count, counted } from "../model/format.ts";
import { atMost } from "../model/shares.ts";
import { shown } from "../model/shown.ts";
import { spaced } from "../model/words.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Go, Name } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { impact } from "../state/store.ts";
import { useAnswer } from "../state/use.ts";

const SURELY: Record<string, string> = { certain: "certainly", as_observed: "as observed", possible: "possibly" };

export function ImpactPart({ label, graph, view }: { label: string; graph: Graph; view: View }): JSX.Element {
  const { value, error } = useAnswer<Impact>(impactAddress(label, view, graph), "hogusu.impact/v1", `impact ${label}`);
  useEffect(() => {
    impact.value = value;
    return () => {
      impact.value = null;
    };
  }, [value]);
  if (!value) return <p class="hint">{error ? `What breaks with it: ${error}.` : "Asking what breaks with it …"}</p>;
  return (
    <section class="impact" data-testid="impact">
      <h3>What breaks if it dies</h3>
      {error && <p class="notice">{`Not answered anew: ${error}. What stands here is older.`}</p>}
      <p class="hint">
        <Coverage of={value.completeness} />
      </p>
      {value.workload === null ? <p>{`${value.is_name_seen ? "It was seen, but at no end of an edge" : "It was not seen"} in this period: nothing can be said of what breaks with it.`}</p> : <Told of={value} />}
    </section>
  );
}

function Told({ of }: { of: Impact }): JSX.Element {
  const { entries, entries_in_all: all, is_whole: isWhole } = of;
  const many = (certainty: string): number => entries.filter((entry) => entry.certainty === certainty).length;
  const words = ["certain", "as_observed", "possible"].filter((certainty) => many(certainty) > 0).map((certainty) => `${count(many(certainty))} ${SURELY[certainty]}`);
  return (
    <>
      <p class="verdict" data-testid="impact-sum">
        <b>{all === 0 ? "No entry point was seen whose calls lead to it." : `${counted(all, "entry point")} ${all === 1 ? "is" : "are"} hit: ${words.join(", ")}${all > entries.length ? ", of those listed" : ""}.`}</b>
      </p>
      {!isWhole && <p class="notice">Not all is known that should report, so nothing is certain of others than itself: "as observed" is every way that was seen.</p>}
      {entries.length > 0 && <Hits entries={entries} all={all} />}
      <Names title={`Called by (${count(of.callers_in_all)})`} names={of.callers} all={of.callers_in_all} none="Nobody who was seen." />
      <p class="hint">{`${counted(of.upstream, "workload")} upstream in all, by any number of calls.`}</p>
      <Names title={`Reached only through it (${count(of.cut_off_in_all)})`} names={of.cut_off} all={of.cut_off_in_all} none="Nothing: entry points reach all others by other ways." />
      {of.exchanges_from_outside > 0 && <p class="hint">{`${counted(of.exchanges_from_outside, "exchange")} came to it from outside the mesh, or from nobody knows whom.`}</p>}
      <p class="hint">Whether a caller goes on without what it called no edge shows: a cache or a default may answer. Shares are of an entry point's own requests, if calls are even, and at most.</p>
    </>
  );
}

function Hits({ entries, all }: { entries: Impact["entries"]; all: number }): JSX.Element {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Entry points that are hit">
      <table class="list loose">
        {all > entries.length && <caption>{`The first ${count(entries.length)} of ${count(all)}.`}</caption>}
        <thead>
          <tr>
            <th scope="col">Entry point</th>
            <th scope="col">Fails with it</th>
            <th scope="col" class="number">Share of its traffic</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.workload} data-testid="hit" data-workload={entry.workload} data-certainty={entry.certainty}>
              <th scope="row">
                <Go to={{ workload: entry.workload, edge: null }}>
                  <Name text={entry.workload} most={40} />
                </Go>
                <span class="secured">{spaced(entry.why)}</span>
              </th>
              <td class={entry.certainty === "possible" ? "" : "strong"}>{SURELY[entry.certainty] ?? spaced(entry.certainty)}</td>
              <td class="number">
                <span class="share">{atMost(entry)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Names({ title, names, all, none }: { title: string; names: readonly string[]; all: number; none: string }): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      {names.length === 0 && <p class="hint">{none}</p>}
      <ul class="names">
        {names.map((name) => (
          <li key={name}>
            <Go to={{ workload: name, edge: null }} title={shown(name)}>
              <Name text={name} most={44} />
            </Go>
          </li>
        ))}
      </ul>
      {all > names.length && <p class="hint">{`${count(all - names.length)} more.`}</p>}
    </>
  );
}
