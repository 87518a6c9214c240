// What the collector's policies say of the period: each with what its rate rests on, and every violating edge of the one that was chosen.

import type { JSX } from "preact";
import { complianceAddress } from "../api/addresses.ts";
import type { Compliance, EdgeResult, PolicyResult, Rate } from "../api/compliance.ts";
import type { Graph } from "../api/graph.ts";
import { count, counted, period } from "../model/format.ts";
import { shown } from "../model/shown.ts";
import { spaced } from "../model/words.ts";
import { Go, Name } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";

/** Edges that are listed of one policy: `hogusu compliance` lists all. */
const MOST = 200;

export function ComplianceView({ graph, view }: { graph: Graph; view: View }): JSX.Element {
  const { value, error } = useAnswer<Compliance>(complianceAddress(graph), "hogusu.compliance/v1", "compliance");
  const narrowed = (["namespace", "protocol", "security"] as const).filter((name) => view[name] !== "");
  const chosen = value?.policies.find(({ id }) => id === view.policy);
  return (
    <section class="page compliance">
      <h2>Compliance</h2>
      {narrowed.length > 0 && <p class="notice">{`This is of the whole mesh: the filter by ${narrowed.join(", ")} does not narrow it.`}</p>}
      {error && <p class="notice" data-testid="refused">{value ? `Not answered anew: ${error}. What stands here is older.` : `Not answered: ${error}.`}</p>}
      {!value && !error && <p class="hint">Asking for what the policies say …</p>}
      {value && <Rests of={value} />}
      {value && <Policies of={value} chosen={chosen?.id ?? null} />}
      {view.policy !== null && value && !chosen && <p class="notice" data-testid="no-policy">{`No policy of the collector is called ${shown(view.policy)}.`}</p>}
      {chosen && <Violating of={chosen} />}
    </section>
  );
}

/** Of what it is, and how complete that is. */
function Rests({ of }: { of: Compliance }): JSX.Element {
  const { statement, covered_s, expected_s, lost_batches, lost_exchanges, refused_batches } = of.completeness;
  const covered = `time covered ${count(Math.floor(covered_s))} of ${count(Math.floor(expected_s))} s`;
  return (
    <>
      <p class="hint" data-testid="rests">
        {`${period(of.from, of.to)}, up to where nothing changes any more; ${counted(of.population.edges, "edge")}, ${counted(of.population.workloads, "workload")}. `}
        {`Proxies ${shown(statement)}; ${covered}; ${counted(lost_batches, "batch", "batches")} lost with ${counted(lost_exchanges, "exchange")}, ${count(refused_batches)} refused.`}
      </p>
      <p class="hint">{`${shown(of.unjudged.statement)}; ${shown(of.refused_connections.statement)}.`}</p>
    </>
  );
}

function Policies({ of, chosen }: { of: Compliance; chosen: string | null }): JSX.Element {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Policies">
      <table class="edges ranked">
        <caption>{`${counted(of.policies.length, "policy", "policies")}. The floor is what no loss can raise: had everything that was lost or cannot be decided been violating.`}</caption>
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Requests</th>
            <th scope="col" class="number">Floor</th>
            <th scope="col" class="number">Connections</th>
            <th scope="col" class="number">Floor</th>
            <th scope="col" class="number">Violating edges</th>
          </tr>
        </thead>
        <tbody>
          {of.policies.map((policy) => (
            <Row key={policy.id} of={policy} isChosen={policy.id === chosen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of, isChosen }: { of: PolicyResult; isChosen: boolean }): JSX.Element {
  return (
    <tr data-testid="policy" data-policy={of.id} data-verdict={of.verdict}>
      <th scope="row">
        <Go to={{ policy: isChosen ? null : of.id }} title={isChosen ? "Close its list" : "List its violating edges"} aria-current={isChosen ? "page" : undefined}>
          <Name text={of.id} most={63} />
        </Go>
        <span class="reason">{`${shown(of.question)} (${of.severity})`}</span>
      </th>
      <td>
        <b>{spaced(of.verdict)}</b>
        {of.unproven.map((why) => (
          <span class="reason" key={why}>
            {`not proven: ${shown(why)}`}
          </span>
        ))}
      </td>
      <Parts of={of.requests} />
      <Parts of={of.connections} />
      <td class="number">{`${count(of.edges.violating)} of ${count(of.edges.seen)}`}</td>
    </tr>
  );
}

/** A rate and its floor, each with numerator and denominator, and what is in no rate; of nothing, neither. */
function Parts({ of }: { of: Rate }): JSX.Element {
  const isThere = of.seen > 0 || of.lost > 0;
  const beside = (["excepted", "undecidable", "unobserved"] as const).filter((name) => of[name] > 0);
  return (
    <>
      <td class="number">
        {of.decided > 0 ? <Cut part={of.compliant} of={of.decided} /> : <span class="unknown">none decided</span>}
        {beside.map((name) => (
          <span class="of" key={name}>{`${count(of[name])} ${name}`}</span>
        ))}
      </td>
      <td class="number">{isThere ? <Cut part={of.at_least} of={of.seen + of.lost} /> : <span class="unknown">none seen</span>}</td>
    </>
  );
}

/** A share of some, cut off to thousandths of a per cent as the command writes it: never rounded up to more than was shown. */
function Cut({ part, of }: { part: number; of: number }): JSX.Element {
  const percent = part === of ? "100" : part === 0 ? "0" : thousandths(part, of);
  return (
    <span class="share">
      <b>{`${percent} %`}</b> <span class="of">{`${count(part)} / ${count(of)}`}</span>
    </span>
  );
}

function thousandths(part: number, of: number): string {
  const cut = Number((BigInt(part) * 100_000n) / BigInt(of));
  return cut === 0 ? "<0.001" : (cut / 1000).toFixed(3);
}

function Violating({ of }: { of: PolicyResult }): JSX.Element {
  const all = of.results.filter(({ state }) => state === "violating");
  if (all.length === 0) return <p data-testid="none">{`No edge violates ${shown(of.id)} in this period, as far as it was seen${of.verdict === "not_proven" ? ", which was not all" : ""}.`}</p>;
  return (
    <>
      <h3>{`Edges that violate ${shown(of.id)}`}</h3>
      <ul data-testid="violating-edges">
        {all.slice(0, MOST).map((result) => (
          <li key={result.edge} data-testid="violating" data-edge={result.edge}>
            <Go to={{ view: "edge", edge: result.edge, workload: null, part: "" }} title="What both ends say of it">
              <Name text={result.label} />
            </Go>
            {`: ${causes(result)}`}
          </li>
        ))}
      </ul>
      {all.length > MOST && <p class="hint">{`${count(all.length - MOST)} more: hogusu compliance lists all.`}</p>}
    </>
  );
}

function causes({ violating }: EdgeResult): string {
  const told = Object.entries(violating).map(([cause, exchanges]) => `${count(exchanges)} ${spaced(shown(cause))}`);
  return told.join(", ");
}
