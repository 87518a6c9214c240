// The quantiles of one reporter over time as a heat strip: a row each of P50, P90 and P99, on the scale that both reporters have. What
// nobody covered is hatched, what had too few answers is left blank.

import type { JSX } from "preact";
import type { Point } from "../api/over-time.ts";
import type { Reporter } from "../api/shapes.ts";
import { duration } from "../model/format.ts";
import { level, QUANTILES } from "./heat.ts";
import { SIDE } from "./Reports.tsx";
import { isGap, side, WIDE } from "./Strips.tsx";

const ROW = 14;

export function Heat({ points, reporter, scale }: { points: readonly Point[]; reporter: Reporter; scale: readonly number[] }): JSX.Element {
  const step = WIDE / points.length;
  // The slowest is above, as on an axis.
  const rows = [...QUANTILES].reverse();
  return (
    <div class="track">
      <span class="track-name rows">
        {rows.map((name) => (
          <span key={name}>{name.slice(0, 3).toUpperCase()}</span>
        ))}
      </span>
      <svg class="heat" data-testid={`heat-${reporter}`} viewBox={`0 0 ${WIDE} ${rows.length * ROW}`} preserveAspectRatio="none" role="img" aria-label={`P50, P90 and P99 over time by the ${SIDE[reporter]}, up to ${duration(scale.at(-1))}; the table has the numbers`}>
        {points.map((point, i) => {
          if (isGap(point, reporter)) return <rect key={point.from} class="gap" data-testid="gap" fill={`url(#gap-${reporter}-rate)`} x={i * step} y="0" width={step} height={rows.length * ROW} />;
          const report = side(point, reporter);
          return rows.map((name, row) => {
            const value = report?.[name] ?? null;
            if (value === null) return null;
            return <rect key={`${point.from} ${name}`} class={`warm w${level(value, scale)}`} data-quantile={name} x={i * step + 0.4} y={row * ROW + 0.5} width={Math.max(step - 0.8, 0.5)} height={ROW - 1} />;
          });
        })}
      </svg>
    </div>
  );
}

/** What each warmth stands for. */
export function HeatLegend({ scale }: { scale: readonly number[] }): JSX.Element {
  return (
    <p class="legend" data-testid="heat-legend">
      {scale.map((bound, i) => (
        <span key={bound} class="entry">
          <svg width="14" height="12" aria-hidden="true">
            <rect class={`warm w${i + 1}`} width="14" height="12" />
          </svg>
          {`up to ${duration(bound)}`}
        </span>
      ))}
      <span class="entry soft">one scale for both; blank: too few answers</span>
    </p>
  );
}
