// How complete what is shown is: three numbers that are never folded into one, beside every share.

import type { JSX } from "preact";
import type { Completeness } from "../api/shapes.ts";
import { count, counted, shareOf, span } from "../model/format.ts";

interface Part {
  id: string;
  name: string;
  value: string;
  isLacking: boolean;
}

export function parts({ proxies, time_covered: time, batches, refused_connections: refused }: Completeness): Part[] {
  const { covered_s: covered, expected_s: expected } = time;
  const isWhole = expected !== null && expected > 0 && covered >= expected;
  const share = expected === null || expected <= 0 ? "share unknown" : `${shareOf(covered, expected)} = ${span(covered)} / ${span(expected)}`;
  const lost = batches.lost + (batches.refused ?? 0);
  const behind = batches.unclosed_senders > 0 ? `, ${counted(batches.unclosed_senders, "sender")} gone silent` : "";
  const isAll = proxies.expected !== null && proxies.reporting === proxies.expected && proxies.silent.length === 0;
  return [
    { id: "proxies", name: "Proxies", value: proxies.statement, isLacking: !isAll },
    { id: "time-covered", name: "Time covered", value: share, isLacking: !isWhole },
    { id: "batches-lost", name: "Batches lost", value: `${count(lost)}${behind}`, isLacking: lost > 0 || batches.unclosed_senders > 0 },
    { id: "refused-connections", name: "Refused connections", value: refused.statement.replace(/^refused connections /, ""), isLacking: refused.observing < refused.sidecars || refused.sidecars === 0 },
  ];
}

/** In one line, beside a table or a figure. */
export function Coverage({ of }: { of: Completeness }): JSX.Element {
  const [proxies, time, lost] = parts(of);
  return (
    <span class="coverage" data-coverage="">
      {`Coverage: time ${time?.value}; proxies ${proxies?.value}; batches lost ${lost?.value}`}
    </span>
  );
}

/** In the head of every view. */
export function CoverageBar({ of }: { of: Completeness }): JSX.Element {
  return (
    <dl class="parts" aria-label="How complete this is" data-coverage="">
      {parts(of).map(({ id, name, value, isLacking }) => (
        <div key={id} class={isLacking ? "part lacking" : "part"}>
          <dt>{name}</dt>
          <dd data-testid={id}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
