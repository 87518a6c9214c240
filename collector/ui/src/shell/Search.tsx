// The search: ends by name as they are typed, Enter opens the first or the one that is chosen; in the table it narrows the rows.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Graph } from "../api/graph.ts";
import { endsCalled } from "../model/search.ts";
import type { View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { Icon, Name } from "./values.tsx";

const MOST = 12;

export function Search({ graph, view }: { graph: Graph | null; view: View }): JSX.Element {
  const [text, type] = useState("");
  const [place, move] = useState(0);
  const [isOpen, open] = useState(false);
  const isTable = view.view === "map" && view.show === "table";
  const shown = isTable ? view.q : text;
  const found = graph && shown.trim() && !isTable ? endsCalled(shown, graph.nodes, MOST) : [];
  const choose = (label: string): void => {
    type("");
    open(false);
    change(view.view === "map" ? { workload: label, edge: null } : { view: "workload", workload: label, edge: null });
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move((place + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(found.length, 1));
    } else if (event.key === "Enter") {
      const node = found[place];
      if (node) choose(node.label);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      type("");
      open(false);
      event.currentTarget instanceof HTMLElement && event.currentTarget.blur();
    }
  };
  const isListed = isOpen && found.length > 0;
  return (
    <div class="search">
      <Icon name="search" />
      <input
        id="search"
        type="text"
        role="combobox"
        list={undefined}
        aria-label={isTable ? "Search edges" : "Search workloads"}
        aria-expanded={isListed}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={isListed ? `found-${place}` : undefined}
        placeholder={isTable ? "edges: name, from:, to:" : "workload  /"}
        autocomplete="off"
        spellcheck={false}
        data-testid="search"
        value={shown}
        onInput={(event) => {
          move(0);
          open(true);
          if (isTable) change({ q: event.currentTarget.value, page: 1 });
          else type(event.currentTarget.value);
        }}
        onKeyDown={key}
        onBlur={() => open(false)}
      />
      <ul id="found" role="listbox" aria-label="Found" hidden={!isListed}>
        {found.map((node, i) => (
          <li key={node.label} id={`found-${i}`} role="option" aria-selected={i === place} onMouseDown={(event) => event.preventDefault()} onClick={() => choose(node.label)}>
            <Name text={node.label} most={60} />
            {node.kind !== "workload" && <span class="soft">{` ${node.kind}`}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
