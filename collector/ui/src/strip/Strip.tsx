// Failures and coverage under the time slider: a bar for each earlier window that it can be moved to, and the same as a table whose rows
// pin the window. Asked one after the other, once each; of a large mesh or long windows at the reader's word.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { groupsAddress } from "../api/addresses.ts";
import { ask } from "../api/ask.ts";
import type { Groups } from "../api/over-time.ts";
import { count, period, span } from "../model/format.ts";
import { Menu } from "../shell/Tools.tsx";
import { Go, Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { lookOf, ratio, stretches, summary, told, worse, type Told } from "./windows.ts";

const [WIDE, TALL] = [150, 14];
/** Above either, the collector is asked only when somebody wants it. */
const [MOST_EDGES, LONGEST] = [5000, 3600];
const KEPT = 240;

/** What was told of windows that are sealed: that stays. */
const known = new Map<string, Told>();

interface StripProps {
  view: View;
  bar: { min: number; max: number };
  /** Length of the window, seconds. */
  long: number;
  edges: number;
}

export function Strip({ view, bar, long, edges }: StripProps): JSX.Element | null {
  const [wanted, want] = useState("");
  const [state, set] = useState<{ key: string; list: Told[]; error: string }>({ key: "", list: [], error: "" });
  const addresses = stretches(bar, long).map((stretch) => groupsAddress({ ...view, from: stretch.from, to: stretch.to }, stretch, "cluster"));
  const key = addresses.join();
  const question = groupsAddress(view, { from: "", to: "" }, "cluster") + long;
  const isAsked = (edges <= MOST_EDGES && long <= LONGEST) || wanted === question;
  useEffect(() => {
    if (!isAsked) return undefined;
    const asking = new AbortController();
    const run = (): void => void all(addresses, asking.signal, (list, error) => set({ key, list, error }));
    run();
    document.addEventListener("visibilitychange", run);
    return () => {
      document.removeEventListener("visibilitychange", run);
      asking.abort();
    };
  }, [key, isAsked]);
  // Nothing is kept as far back as one whole window.
  if (addresses.length === 0) return null;
  if (!isAsked) {
    return (
      <button type="button" class="strip-ask" onClick={() => want(question)}>
        {`Failures: ask ${count(addresses.length)} times`}
      </button>
    );
  }
  // The last bars stay until new ones are there.
  const { list, error } = state;
  return (
    <Menu name={<Bars list={list} bar={bar} long={long} />} testid="strip">
      <Rows list={list} long={long} error={error} isWhole={state.key === key && list.length === addresses.length} />
    </Menu>
  );
}

async function all(addresses: readonly string[], signal: AbortSignal, tell: (list: Told[], error: string) => void): Promise<void> {
  const list: Told[] = [];
  for (const address of addresses) {
    try {
      // A hidden tab asks nothing.
      if (!known.has(address) && document.hidden) return;
      const one = known.get(address) ?? told((await ask(address, "hogusu.groups/v1", signal)) as Groups);
      if (one.isSealed) known.set(address, one);
      if (known.size > KEPT) known.clear();
      list.push(one);
    } catch (error) {
      if (!signal.aborted) tell(list, error instanceof Error ? error.message : String(error));
      return;
    }
  }
  tell(list, "");
}

function Bars({ list, bar: { min, max }, long }: { list: readonly Told[]; bar: StripProps["bar"]; long: number }): JSX.Element {
  const most = Math.max(...list.map((one) => ratio(worse(one))), 0.01);
  const x = (time: number): number => ((time - min) / Math.max(max - min, 1)) * WIDE;
  return (
    <>
      <span class="unseen share">{summary(list, long)}</span>
      <svg class="bits" viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" aria-hidden="true">
        <defs>
          <pattern id="strip-gap" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="hatching" width="1.6" height="4" />
          </pattern>
        </defs>
        {list.map((one) => {
          const [from, to] = [x(Date.parse(one.from)), x(Date.parse(one.to))];
          const part = ratio(worse(one));
          // A hatch is to be seen above the tallest.
          const tall = part > 0 ? Math.max((part / most) * (TALL - 5), 3) : 1.5;
          const [left, wide] = [Math.max(from, 0) + 0.5, Math.max(to - Math.max(from, 0) - 1, 0.5)];
          return (
            <g key={one.to} class={`bit ${lookOf(one)}`} data-testid="strip-bar">
              {(one.covered === null || one.covered < 1) && <rect fill="url(#strip-gap)" x={left} y="0" width={wide} height={TALL} />}
              {worse(one).of > 0 && <rect class="height" x={left} y={TALL - tall} width={wide} height={tall} />}
            </g>
          );
        })}
      </svg>
    </>
  );
}

function Rows({ list, long, error, isWhole }: { list: readonly Told[]; long: number; error: string; isWhole: boolean }): JSX.Element {
  const read = [...new Set(list.map(({ resolution }) => resolution))].join(", ");
  return (
    <>
      <p class="hint">{`Each bar is a window of ${span(long)}${read ? `, read at ${read}` : ""}; of what the filters select. Hatched: not wholly covered.`}</p>
      {error && <p class="notice">{`Not asked further: ${error}.`}</p>}
      {!error && !isWhole && <p class="hint">Not all of them are answered yet.</p>}
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Window, UTC</th>
            <th scope="col" class="number">Requests failed</th>
            <th scope="col" class="number">Connections failed</th>
            <th scope="col" class="number">Time covered</th>
          </tr>
        </thead>
        <tbody>
          {[...list].reverse().map((one) => (
            <tr key={one.to} data-testid="strip-row">
              <th scope="row">
                <Go to={{ from: one.from, to: one.to }}>{period(one.from, one.to).replace(/ \(.*/, "")}</Go>
              </th>
              {[one.requests, one.connections].map(({ failed, of }, i) => (
                <td key={i} class="number">{of > 0 ? <Share part={failed} of={of} /> : <span class="unknown">{(one.covered ?? 0) < 1 ? "unknown" : "none"}</span>}</td>
              ))}
              <td class="number">
                <span class="share">{one.coverage}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
