// An edge over time, by both reporters on the same scale: how much, how much failed, how long it took. What nobody covered is hatched,
// never zero. The table below says the same.

import type { JSX } from "preact";
import { seriesAddress, type Period } from "../api/addresses.ts";
import type { Point, PointReport, Series } from "../api/over-time.ts";
import type { Reporter } from "../api/shapes.ts";
import { clock, count, duration, rate, span } from "../model/format.ts";
import { Share } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { useAnswer } from "../state/use.ts";
import { Heat, HeatLegend } from "./Heat.tsx";
import { bounds, QUANTILES } from "./heat.ts";
import { SIDE } from "./Reports.tsx";

const TALL = 34;
export const WIDE = 600;

export const side = (point: Point, reporter: Reporter): PointReport | null => (reporter === "source" ? point.source_report : point.destination_report);
const covered = (point: Point, reporter: Reporter): number | null => (reporter === "source" ? point.source_covered : point.destination_covered);
/** Whether a stretch is only partly known of this side, or not at all. */
export const isGap = (point: Point, reporter: Reporter): boolean =>
  point.exchanges === null || (side(point, reporter) === null && (covered(point, reporter) ?? 0) === 0);

export function Strips({ id, view, period, measure }: { id: string; view: View; period: Period; measure: string }): JSX.Element {
  const { value, error } = useAnswer<Series>(seriesAddress(id, view, period), "hogusu.series/v1", `series ${id}`);
  const line = value?.lines[0];
  if (!value || !line) return <section>{error ? <p class="hint">{`Over time: ${error}.`}</p> : <p class="hint">{value ? "Nothing over time." : "Asking for its course …"}</p>}</section>;
  const { points } = line;
  const most = Math.max(...points.map((p) => Math.max(p.source_report?.rate_per_s ?? 0, p.destination_report?.rate_per_s ?? 0)), 1e-9);
  const scale = measure === "requests" ? bounds(points) : [];
  return (
    <section class="strips" data-testid="strips">
      <h3>{`Over time, ${span(value.step_s)} a step, read at ${value.resolution}`}</h3>
      <div class="pair">
      {(["source", "destination"] as const).map((reporter) => (
        <figure key={reporter}>
          <figcaption>{`by the ${SIDE[reporter]}`}</figcaption>
          <Track points={points} reporter={reporter} name={`per second, up to ${rate(most)}`} height={(r) => r.rate_per_s / most} part={(r) => (r.failed_of > 0 ? r.failed / r.failed_of : 0)} />
          {scale.length > 0 && <Heat points={points} reporter={reporter} scale={scale} />}
          <div class="axis" aria-hidden="true">
            <span>{clock(value.from)}</span>
            <span>{clock(value.to)}</span>
          </div>
        </figure>
      ))}
      </div>
      {scale.length > 0 && <HeatLegend scale={scale} />}
      <details>
        <summary>As a table</summary>
        <PointTable points={points} measure={measure} />
      </details>
    </section>
  );
}

interface TrackProps {
  points: readonly Point[];
  reporter: Reporter;
  name: string;
  /** Of the tallest, 0 to 1. */
  height: (report: PointReport) => number;
  part: (report: PointReport) => number;
}

function Track({ points, reporter, name, height, part }: TrackProps): JSX.Element {
  const step = WIDE / points.length;
  const hatched = `url(#gap-${reporter}-rate)`;
  return (
    <div class="track">
      <span class="track-name">{name}</span>
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" role="img" aria-label={`${name}, by the ${SIDE[reporter]}; the table has the numbers`}>
        <defs>
          <pattern id={`gap-${reporter}-rate`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="hatching" width="2" height="5" />
          </pattern>
        </defs>
        {points.map((point, i) => {
          const report = side(point, reporter);
          if (isGap(point, reporter)) return <rect key={point.from} class="gap" data-testid="gap" fill={hatched} x={i * step} y="0" width={step} height={TALL} />;
          const tall = report ? Math.min(height(report), 1) * TALL : 0;
          const failed = report ? tall * part(report) : 0;
          const isPartial = (covered(point, reporter) ?? 1) < 1;
          return (
            <g key={point.from}>
              {isPartial && <rect class="gap partial" fill={hatched} x={i * step} y="0" width={step} height={TALL} />}
              <rect class="bar rate" x={i * step + 0.4} y={TALL - tall} width={Math.max(step - 0.8, 0.5)} height={tall} />
              {failed > 0 && <rect class="bar failed" x={i * step + 0.4} y={TALL - Math.max(failed, 1.5)} width={Math.max(step - 0.8, 0.5)} height={Math.max(failed, 1.5)} />}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function PointTable({ points, measure }: { points: readonly Point[]; measure: string }): JSX.Element {
  const sides = ["source", "destination"] as const;
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Over time">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">From</th>
            {sides.flatMap((reporter) => [
              <th key={`${reporter} n`} scope="col" class="number">{`${measure}, ${reporter}`}</th>,
              <th key={`${reporter} f`} scope="col" class="number">{`failed, ${reporter}`}</th>,
              <th key={`${reporter} p`} scope="col" class="number">{`P50, P90, P99, ${reporter}`}</th>,
              <th key={`${reporter} c`} scope="col" class="number">{`covered, ${reporter}`}</th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <tr key={point.from}>
              <th scope="row">{clock(point.from)}</th>
              {sides.flatMap((reporter) => {
                const report = side(point, reporter);
                const part = covered(point, reporter);
                const seconds = (Date.parse(point.to) - Date.parse(point.from)) / 1000;
                return [
                  <td key={`${reporter} n`} class="number">{isGap(point, reporter) ? <span class="unknown">unknown</span> : count(report?.count ?? 0)}</td>,
                  <td key={`${reporter} f`} class="number">{report ? <Share part={report.failed} of={report.failed_of} /> : "–"}</td>,
                  <td key={`${reporter} p`} class="number">{report ? QUANTILES.map((name) => duration(report[name])).join(", ") : "–"}</td>,
                  <td key={`${reporter} c`} class="number">{part === null ? <span class="unknown">unknown</span> : part >= 1 ? "all" : `${span(part * seconds)} of ${span(seconds)}`}</td>,
                ];
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
