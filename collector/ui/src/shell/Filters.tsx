// What the collector is asked for: namespace, protocol, how it is secured, and traffic that is left out by default.

import type { JSX } from "preact";
import type { Graph } from "../api/graph.ts";
import { count } from "../model/format.ts";
import { securityWord } from "../model/looks.ts";
import { shown } from "../model/shown.ts";
import type { View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { Menu } from "./Tools.tsx";

const PROTOCOLS = ["http", "grpc", "tcp"];
const STATES = ["mutual_tls", "tls", "application_tls", "plaintext", "unknown", "disagreement"];

export function Filters({ view, graph }: { view: View; graph: Graph | null }): JSX.Element {
  const namespaces = [...new Set((graph?.nodes ?? []).map(({ namespace }) => namespace).concat(view.namespace))].filter(Boolean).sort();
  const many = [view.namespace, view.protocol, view.security].filter(Boolean).length + view.include.length;
  const toggle = (kind: string): void => change({ include: view.include.includes(kind) ? view.include.filter((other) => other !== kind) : [...view.include, kind] });
  const leftOut = graph?.totals.left_out;
  return (
    <Menu name={many > 0 ? `Filter (${many})` : "Filter"} testid="filters">
      <Select name="Namespace" value={view.namespace} options={namespaces.map((name) => [name, shown(name)])} set={(namespace) => change({ namespace, at: null })} />
      <Select name="Protocol" value={view.protocol} options={PROTOCOLS.map((word) => [word, word])} set={(protocol) => change({ protocol, at: null })} />
      <Select name="Secured" value={view.security} options={STATES.map((word) => [word, securityWord(word)])} set={(security) => change({ security, at: null })} />
      <label class="check">
        <input type="checkbox" checked={view.include.includes("probe")} onChange={() => toggle("probe")} /> {`with probes${leftOut ? ` (${count(leftOut.probe)} left out)` : ""}`}
      </label>
      <label class="check">
        <input type="checkbox" checked={view.include.includes("telemetry")} onChange={() => toggle("telemetry")} /> {`with the filter's own telemetry${leftOut ? ` (${count(leftOut.telemetry)} left out)` : ""}`}
      </label>
      {(leftOut?.declared || view.include.includes("declared")) && (
        <label class="check">
          <input type="checkbox" checked={view.include.includes("declared")} onChange={() => toggle("declared")} /> {`with what is declared to be left out (${count(leftOut?.declared ?? 0)} left out)`}
        </label>
      )}
    </Menu>
  );
}

interface SelectProps {
  name: string;
  value: string;
  options: [string, string][];
  set: (value: string) => void;
}

function Select({ name, value, options, set }: SelectProps): JSX.Element {
  return (
    <label class="field">
      {name}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">all</option>
        {options.map(([key, words]) => (
          <option key={key} value={key}>{words}</option>
        ))}
      </select>
    </label>
  );
}
