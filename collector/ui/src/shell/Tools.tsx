// What can be taken away: the command for what is shown, its address, and files.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Graph } from "../api/graph.ts";
import { baseOf, commandOf } from "../export/command.ts";
import { save, svgText } from "../export/svg.ts";
import { csv, dot, mermaid } from "../export/texts.ts";
import { period } from "../model/format.ts";
import { rowsOf } from "../table/EdgeTable.tsx";
import { hrefOf } from "../state/store.ts";
import type { View } from "../state/address.ts";
import { Icon } from "./values.tsx";

export function Tools({ view, graph }: { view: View; graph: Graph | null }): JSX.Element {
  const [said, say] = useState("");
  const command = commandOf(view, baseOf(location));
  const copy = (what: string, text: string): void => {
    // Only https and loopback may write to the clipboard; elsewhere the text stands there to be chosen.
    const done = (words: string): void => say(words);
    if (!navigator.clipboard) return done(`select the ${what} to copy it`);
    navigator.clipboard.writeText(text).then(
      () => done(`${what} copied`),
      () => done(`select the ${what} to copy it`),
    );
  };
  return (
    <Menu name="Copy, export" testid="tools">
      <p class="hint">The same in a terminal:</p>
      <code class="command" data-testid="command">
        {command}
      </code>
      <div class="row">
        <button type="button" data-testid="copy-command" onClick={() => copy("command", command)}>
          <Icon name="copy" /> Copy as command
        </button>
        <button type="button" onClick={() => copy("address", new URL(hrefOf({}), location.href).href)}>
          <Icon name="link" /> Copy address
        </button>
      </div>
      {graph && <Files view={view} graph={graph} />}
      <p class="hint" role="status">
        {said}
      </p>
    </Menu>
  );
}

function Files({ view, graph }: { view: View; graph: Graph }): JSX.Element {
  const shown = { from: graph.from, to: graph.to, edges: rowsOf(graph, view) };
  const name = `hogusu-${graph.from.replaceAll(":", "")}`;
  const drawing = (): void => {
    const svg = document.querySelector<SVGSVGElement>("[data-testid=drawing]");
    if (!svg) return;
    const background = getComputedStyle(document.body).backgroundColor;
    const coverage = document.querySelector("[data-testid=time-covered]")?.textContent ?? "";
    const caption = `Hogusu, ${period(graph.from, graph.to)}, time covered ${coverage}`;
    save(`${name}.svg`, "image/svg+xml", svgText(svg, Number(svg.getAttribute("width")), Number(svg.getAttribute("height")), background, caption));
  };
  return (
    <div class="row" role="group" aria-label="Files">
      <Icon name="down" />
      <button type="button" data-testid="export-svg" disabled={!document.querySelector("[data-testid=drawing]")} onClick={drawing}>SVG</button>
      <button type="button" data-testid="export-csv" onClick={() => save(`${name}.csv`, "text/csv", csv(shown))}>CSV</button>
      <button type="button" data-testid="export-dot" onClick={() => save(`${name}.dot`, "text/vnd.graphviz", dot(shown))}>DOT</button>
      <button type="button" data-testid="export-mermaid" onClick={() => save(`${name}.mmd`, "text/plain", mermaid(shown))}>Mermaid</button>
    </div>
  );
}

interface MenuProps {
  name: preact.ComponentChildren;
  testid: string;
  children: preact.ComponentChildren;
}

/** A button that shows what is below it; Escape and a press elsewhere close it. */
export function Menu({ name, testid, children }: MenuProps): JSX.Element {
  const [isOpen, open] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const leave = (event: FocusEvent): void => {
    if (event.currentTarget instanceof Node && event.relatedTarget instanceof Node && !event.currentTarget.contains(event.relatedTarget)) open(false);
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    open(false);
    button.current?.focus();
  };
  return (
    <div class="menu" onFocusOut={leave} onKeyDown={escape}>
      <button type="button" ref={button} aria-expanded={isOpen} data-testid={testid} onClick={() => open(!isOpen)}>
        {name}
      </button>
      {isOpen && (
        <div class="popup" tabindex={-1}>
          {children}
        </div>
      )}
    </div>
  );
}
