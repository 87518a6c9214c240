// The map as lanes: boxes that are buttons with one tab stop, lines between them that the table says again. Draws what was laid out.

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Graph } from "../api/graph.ts";
import { change } from "../state/store.ts";
import type { View } from "../state/address.ts";
import { BoxMark } from "./BoxMark.tsx";
import { isolated, opened, searchOf } from "./choice.ts";
import { labels } from "./labels.ts";
import { LabelMark, LineMark, Patterns } from "./LineMark.tsx";
import type { Line, Lines } from "./lines.ts";
import { LaneBands } from "./LaneBands.tsx";
import type { Current } from "./picture.ts";
import { HEIGHT, WIDTH, type Placed } from "./packing.ts";
import { routes } from "./routes.ts";
import { told } from "./told.ts";
import { litBy, type Struck } from "./struck.ts";
import { fitted, gestures, READABLE, readAt, whole, writeAt, zoomed, type At } from "./viewport.ts";
import { walk, type Step } from "./walk.ts";
import { Zoom } from "./Zoom.tsx";

interface LanesProps {
  graph: Graph;
  view: View;
  current: Current;
  lines: Lines;
  /** What breaks, where that is shown. */
  hit?: Struck | null;
}

const ARROWS: Record<string, Step> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

export function Lanes({ graph, view, current, lines, hit = null }: LanesProps): JSX.Element {
  const { picture, field, gone } = current;
  const { packing } = picture;
  const frame = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const at = useRef<At>({ x: 0, y: 0, k: 1 });
  const isFirst = useRef(true);
  const [hovered, hover] = useState<string | null>(null);
  const [roving, rove] = useState<string | null>(view.workload);
  const drawn = useMemo(() => routes(lines.drawn, packing), [lines, packing]);
  const { lit, chosen } = hit ? { lit: litBy(hit, lines.drawn, picture.of), chosen: null } : isolated(view, lines.drawn, picture.of);
  const marked = labels(drawn, packing.boxes, ({ line }) => (line.key === chosen || line.key === hovered ? [told(line, graph.seconds)] : short(line.label)));
  const stop = packing.boxes.some(({ key }) => key === roving) ? roving : (packing.boxes[0]?.key ?? null);

  const place = (next: At): void => {
    at.current = next;
    const style = layer.current?.style;
    if (!style) return;
    style.willChange = "transform";
    style.transform = `translate(${next.x}px, ${next.y}px) scale(${next.k})`;
    layer.current?.classList.toggle("far", next.k < READABLE);
  };
  const rest = (): void => {
    if (layer.current) layer.current.style.willChange = "auto";
    change({ at: writeAt(at.current) });
  };
  const size = (): { width: number; height: number } => ({ width: frame.current?.clientWidth ?? 800, height: frame.current?.clientHeight ?? 600 });
  const go = (next: At): void => {
    place(next);
    rest();
  };
  // The place is the address's; without one in it the picture begins at its beginning.
  useLayoutEffect(() => {
    const worst = field.edges.find(({ finding }) => finding !== null);
    const first = worst ? (packing.boxes.find(({ key }) => key === picture.of.get(worst.source.label)?.key) ?? null) : null;
    place(readAt(view.at) ?? fitted(packing, size(), first));
    if (layer.current) layer.current.style.willChange = "auto";
  }, [view.at, packing]);
  // What is chosen is brought to where it can be seen; an address that was copied has its own place.
  useEffect(() => {
    const boxes = packing.boxes.filter(({ key }) => (view.edge ? lit?.boxes.has(key) : key === view.workload));
    if (boxes.length > 0 && !(isFirst.current && view.at)) show(boxes, at.current, size(), go);
    isFirst.current = false;
  }, [view.edge, view.workload, packing]);
  useEffect(() => (frame.current ? gestures(frame.current, () => at.current, place, rest) : undefined), []);
  // Whoever opens a copied address stands where its sender stood.
  useEffect(() => {
    if (view.workload && document.activeElement === document.body) focusBox(frame.current, view.workload);
  }, []);

  const key = (event: KeyboardEvent): void => {
    const step = ARROWS[event.key];
    if (!step || !stop || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = walk(stop, step, packing.boxes, lines.drawn);
    rove(next);
    const box = packing.boxes.find((other) => other.key === next);
    if (box) show([box], at.current, size(), go);
    focusBox(frame.current, next);
  };
  const choose = (line: Line): void => {
    const { source, destination } = line;
    if (line.edges.length === 1) change({ edge: line.edges[0]?.id ?? null, workload: null });
    else change({ show: "table", q: `from:${laneOf(source, packing.boxes)} to:${laneOf(destination, packing.boxes)}`, page: 1 });
  };

  return (
    <div class="stage" ref={frame} data-testid="stage" data-boxes={packing.boxes.length} data-lines={drawn.length} onKeyDown={key}>
      <div class="layer" ref={layer}>
        <svg width={packing.width} height={packing.height} viewBox={`0 0 ${packing.width} ${packing.height}`} role="group" aria-label={`Map: ${packing.boxes.length} boxes, ${drawn.length} lines; the table lists every edge`} data-testid="drawing">
          <Patterns />
          <LaneBands packing={packing} view={view} />
          <g aria-hidden="true">
            {drawn.map((route) => (
              <LineMark key={route.line.key} route={route} isDim={lit !== null && !lit.lines.has(route.line.key)} isChosen={route.line.key === chosen} hover={hover} choose={choose} />
            ))}
          </g>
          {packing.boxes.map((box) => (
            <BoxMark
              key={box.key}
              box={box}
              field={field}
              isStop={box.key === stop}
              isGone={box.kind === "workload" && gone.has(box.key)}
              isChosen={box.kind === "workload" && box.key === view.workload}
              isDim={lit !== null && !lit.boxes.has(box.key)}
              hit={hit?.hits.get(box.key)}
              focus={rove}
              choose={() => change(opened(box, view))}
            />
          ))}
          <g aria-hidden="true">
            {marked.map((label) => (
              <LabelMark key={label.route.line.key} label={label} isDim={lit !== null && !lit.lines.has(label.route.line.key)} />
            ))}
          </g>
        </svg>
      </div>
      <Zoom
        by={(factor) => go(zoomed(at.current, factor, size().width / 2, size().height / 2))}
        fit={() => go(whole(packing, size()))}
      />
    </div>
  );
}

/** A share above what it is of: it fits between two columns. */
function short(label: string): string[] {
  return label === "" ? [] : label.split(" = ");
}

function laneOf(key: string, boxes: readonly { key: string; lane: string; kind: string }[]): string {
  const box = boxes.find((other) => other.key === key);
  return box?.kind === "workload" ? box.key : box ? searchOf(box.lane) : "";
}

function focusBox(frame: HTMLElement | null, key: string): void {
  const boxes = frame?.querySelectorAll<SVGElement>("[data-box]") ?? [];
  for (const box of boxes) if (box.dataset["box"] === key) box.focus({ preventScroll: true });
}

/** Moves the picture only as far as these boxes need to be seen, the first of them at least. */
function show(boxes: readonly Placed[], at: At, size: { width: number; height: number }, go: (at: At) => void): void {
  const need = (low: number, high: number, room: number): number => (high - low > room - 20 || low < 10 ? 10 - low : high > room - 10 ? room - 10 - high : 0);
  const [xs, ys] = [boxes.map(({ x }) => x * at.k + at.x), boxes.map(({ y }) => y * at.k + at.y)];
  const dx = need(Math.min(...xs), Math.max(...xs) + WIDTH * at.k, size.width);
  const dy = need(Math.min(...ys), Math.max(...ys) + HEIGHT * at.k, size.height);
  if (dx !== 0 || dy !== 0) go({ ...at, x: at.x + dx, y: at.y + dy });
}
