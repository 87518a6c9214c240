// What a workload waits for: how deep, on whom, where the time is, how available it can be with them. Inferred, as docs/topology.md says.

import type { JSX } from "preact";
import { entriesAddress } from "../api/addresses.ts";
import type { Graph } from "../api/graph.ts";
import type { Call, Entries, Entry } from "../api/shape.ts";
import { count, counted } from "../model/format.ts";
import { atMost, availabilityWords, depthWords, ownTime } from "../model/shares.ts";
import { spaced } from "../model/words.ts";
import { Coverage } from "../shell/Coverage.tsx";
import { Go, Name, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";

const MOST = 200;

export function CallsPart({ label, graph, view }: { label: string; graph: Graph; view: View }): JSX.Element {
  const { value, error } = useAnswer<Entries>(entriesAddress(view, graph, label), "hogusu.entries/v1", `calls ${label}`);
  if (!value) return <p class="hint">{error ? `What it waits for: ${error}.` : "Asking what it waits for …"}</p>;
  const entry = value.entries[0];
  return (
    <section data-testid="calls">
      <h3>What it waits for</h3>
      {error && <p class="notice">{`Not answered anew: ${error}. What stands here is older.`}</p>}
      <p class="hint">
        <Coverage of={value.completeness} />
      </p>
      {entry ? <Told entry={entry} /> : <p>{`${value.is_name_seen ? "It was seen, but at no end of an edge" : "It was not seen"} in this period: nothing can be said of what it waits for.`}</p>}
    </section>
  );
}

function Told({ entry }: { entry: Entry }): JSX.Element {
  const calls = entry.calls ?? [];
  const lines: [string, string][] = [
    ["depth", depthWords(entry)],
    ["dependencies", `${count(entry.dependencies)}, of them ${count(entry.hard_dependencies)} hard`],
    ["can be available", availabilityWords(entry.availability)],
    ["own time", ownTime(entry.own_time)],
    ["traffic", `${count(entry.requests)} ${spaced(entry.measure)} (${spaced(entry.why)})`],
  ];
  return (
    <>
      <table class="facts">
        <tbody>
          {lines.map(([name, words]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{words}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {calls.length === 0 ? <p class="hint">It was seen to call nobody.</p> : <Calls calls={calls} of={entry} />}
      <p class="hint">Own times are inferred: edges hold no order of calls, so each is a range from one call after the other to all at once. Hard is what at least nine in ten requests come to, if calls are even.</p>
    </>
  );
}

function Calls({ calls, of }: { calls: readonly Call[]; of: Entry }): JSX.Element {
  const listed = calls.slice(0, MOST);
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Its calls">
      <table class="list loose">
        <caption>{`${calls.length > MOST ? `The first ${count(MOST)} of ` : ""}${counted(calls.length, "workload")} that its calls lead to, level by level.`}</caption>
        <thead>
          <tr>
            <th scope="col">Called</th>
            <th scope="col">Waits</th>
            <th scope="col" class="number">Own time</th>
            <th scope="col" class="number">Failed there</th>
            <th scope="col" class="number">Requests that come to it</th>
          </tr>
        </thead>
        <tbody>
          {listed.map((call) => (
            <tr key={call.workload} data-testid="call" data-workload={call.workload}>
              <th scope="row">
                <span class="soft">{`${call.level}. `}</span>
                <Go to={{ workload: call.workload, edge: null }}>
                  <Name text={call.workload} most={36} />
                </Go>
                <span class="secured">
                  by <Name text={call.caller} most={36} />
                </span>
              </th>
              <td>{call.is_hard ? <b>hard</b> : call.is_synchronous ? "waits" : <span class="unknown">not known</span>}</td>
              <td class="number">{ownTime(call.own_time)}</td>
              <td class="number">{call.failed_of > 0 ? <Share part={call.failed} of={call.failed_of} /> : <span class="unknown">unknown</span>}</td>
              <td class="number">
                <span class="share">{atMost({ ...call, measure: of.measure, requests: of.requests })}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
