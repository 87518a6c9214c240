// What colours, dashes and hatches mean, in words; and how many edges are as they should be.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import { count } from "../model/format.ts";
import { LEGEND } from "../model/looks.ts";
import type { Mode } from "../state/address.ts";

export function Legend({ mode, graph, hasSilent }: { mode: Mode; graph: Graph; hasSilent: boolean }): JSX.Element {
  const mutual = graph.edges.filter(({ security }) => security === "mutual_tls").length;
  return (
    <div class="legend" data-testid="legend">
      <span class="lead">{mode === "mtls" ? `${count(mutual)} of ${count(graph.edges.length)} edges mutual TLS` : "Failures by edge"}</span>
      {LEGEND[mode].map((look) => (
        <span key={look.name} class="entry">
          <svg width="26" height="8" aria-hidden="true">
            <g class={`line ${look.name}${look.dashed ? " dashed" : ""}`}>
              <path class="stroke" d="M1 4H25" stroke-width="2.6" />
            </g>
          </svg>
          {look.words}
        </span>
      ))}
      {hasSilent && (
        <span class="entry">
          <svg width="22" height="12" aria-hidden="true">
            <rect class="face" width="22" height="12" rx="3" />
            <rect class="hatch" width="22" height="12" rx="3" />
          </svg>
          no report in part of the period
        </span>
      )}
      <span class="entry soft">thicker: more per second, in powers of ten</span>
    </div>
  );
}
