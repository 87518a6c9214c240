// The drawn map: Cytoscape behind three verbs. Positions outlive refreshes; only new nodes are laid out.

import cytoscape from "cytoscape";
import fcose from "cytoscape-fcose";
import { tangle, type Box } from "./crossings.ts";
import type { Drawing, Line, Node } from "./elements.ts";
import { FONT, graphStyle } from "./graph-style.ts";
import { edgeLook, mergedLook, type Mode } from "./looks.ts";
import { seeds, type Point } from "./seeding.ts";

cytoscape.use(fcose);

type Data = { id: string } & Record<string, unknown>;

export interface GraphEvents {
  line(line: Line): void;
  node(node: Node): void;
  background(): void;
}

const MAX_ZOOM = 1.25;
const PADDING = 22;
/** Above this the whole is seen from so far that namespaces need larger names. */
const MANY_NODES = 80;
/** A namespace's name stands inside its box, where no other box can cover it; a name for the distance does not fit there. */
const TITLE = { size: 13, inset: 18, padding: 24 };
const TITLE_OF_MANY = { size: 44, inset: -4, padding: 18 };

export class Graph {
  private readonly cy: cytoscape.Core;
  private readonly places = new Map<string, Point>();
  private lines = new Map<string, Line>();
  private nodes = new Map<string, Node>();
  private moved = false;

  constructor(
    private readonly container: HTMLElement,
    events: GraphEvents,
  ) {
    this.cy = cytoscape({ container, style: this.style(), minZoom: 0.08, maxZoom: 3, boxSelectionEnabled: false, autounselectify: true });
    this.listen(events);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.cy.style(this.style()));
    new ResizeObserver(() => {
      this.cy.resize();
      if (!this.moved) this.fit();
    }).observe(container);
  }

  private listen(events: GraphEvents): void {
    this.cy.on("tap", "edge", (event) => {
      const line = this.lines.get(event.target.id());
      if (line) events.line(line);
    });
    this.cy.on("tap", "node", (event) => {
      const node = this.nodes.get(event.target.id());
      if (node) events.node(node);
    });
    this.cy.on("tap", (event) => {
      if (event.target === this.cy) events.background();
    });
    this.cy.on("dragfree", "node", () => this.remember());
    this.cy.on("dragpan scrollzoom pinchzoom", () => (this.moved = true));
    this.cy.on("mouseover", "edge, node[kind]", () => this.container.classList.add("pointing"));
    this.cy.on("mouseout", "edge, node[kind]", () => this.container.classList.remove("pointing"));
  }

  private style(): cytoscape.StylesheetJsonBlock[] {
    const properties = getComputedStyle(document.documentElement);
    return graphStyle((name) => properties.getPropertyValue(name).trim());
  }

  /** Brings the drawing up to date and lays out what is new. */
  show(drawing: Drawing, mode: Mode): void {
    this.lines = new Map(drawing.lines.map((line) => [line.id, line]));
    this.nodes = new Map(drawing.nodes.map((node) => [node.id, node]));
    const wanted = new Set([...drawing.groups.map((g) => g.id), ...this.nodes.keys(), ...this.lines.keys()]);
    let arrived = 0;
    this.cy.batch(() => {
      this.cy.elements().filter((element) => !wanted.has(element.id())).remove();
      const title = drawing.nodes.length > MANY_NODES ? TITLE_OF_MANY : TITLE;
      for (const group of drawing.groups) this.put({ id: group.id, label: group.label, ...title });
      const start = seeds(drawing);
      for (const node of drawing.nodes) {
        if (!this.places.has(node.id)) arrived += 1;
        const at = this.places.get(node.id) ?? start.get(node.id) ?? { x: 0, y: 0 };
        this.put({ ...node, parent: node.group ?? undefined, width: textWidth(node.label) }, at);
      }
      for (const line of drawing.lines) this.put(lineData(line, mode));
    });
    this.container.dataset["mode"] = mode;
    this.container.dataset["nodes"] = String(drawing.nodes.length);
    this.container.dataset["lines"] = String(drawing.lines.length);
    if (arrived > 0) this.layOut(drawing);
  }

  private put(data: Data, position?: Point): void {
    const there = this.cy.getElementById(data.id);
    if (there.nonempty()) there.data(data);
    else this.cy.add(position ? { data, position: { ...position } } : { data });
  }

  /** Nodes that have a place keep it, the others find theirs around them. A fresh drawing takes the least tangled of a few tries. */
  private layOut(drawing: Drawing): void {
    const kept = [...this.nodes.keys()].flatMap((nodeId) => {
      const position = this.places.get(nodeId);
      return position ? [{ nodeId, position }] : [];
    });
    if (kept.length > 0) this.run(drawing, kept);
    else this.runBest(drawing);
    this.remember();
    if (!this.moved) this.fit();
  }

  private runBest(drawing: Drawing): void {
    const tries = drawing.nodes.length <= 30 ? 10 : drawing.nodes.length <= 80 ? 4 : 1;
    let best: { score: number; points: Map<string, Point> } | undefined;
    for (let variant = 0; variant < tries && best?.score !== 0; variant += 1) {
      for (const [id, point] of seeds(drawing, variant)) this.cy.getElementById(id).position({ ...point });
      this.run(drawing, []);
      this.widen();
      const boxes = this.boxes();
      const score = tangle(boxes, drawing.lines);
      if (!best || score < best.score) best = { score, points: boxes };
    }
    for (const [id, { x, y }] of best?.points ?? []) this.cy.getElementById(id).position({ x, y });
  }

  private run(drawing: Drawing, kept: { nodeId: string; position: Point }[]): void {
    this.cy
      .layout({
        name: "fcose",
        quality: "proof",
        randomize: false,
        animate: false,
        fit: false,
        idealEdgeLength: drawing.collapsed ? 170 : 85,
        nodeRepulsion: drawing.collapsed ? 40000 : 9000,
        edgeElasticity: 0.4,
        gravity: 0.3,
        gravityCompound: 1.2,
        nestingFactor: 0.5,
        numIter: 2500,
        ...(kept.length > 0 ? { fixedNodeConstraint: kept } : {}),
      } as cytoscape.LayoutOptions)
      .run();
  }

  private boxes(): Map<string, Box> {
    const boxes = new Map<string, Box>();
    for (const id of this.nodes.keys()) {
      const node = this.cy.getElementById(id);
      boxes.set(id, { ...node.position(), halfWidth: node.width() / 2 + 4, halfHeight: node.height() / 2 + 4 });
    }
    return boxes;
  }

  /** Stretches a fresh layout sideways towards the canvas's own shape: room for labels, and nothing comes closer. */
  private widen(): void {
    const nodes = this.cy.nodes(":childless");
    const box = nodes.boundingBox();
    const wanted = (this.cy.width() / Math.max(this.cy.height(), 1)) * box.h;
    const factor = Math.min(Math.max(wanted / Math.max(box.w, 1), 1), 2.2);
    nodes.positions((node) => ({ x: node.position("x") * factor, y: node.position("y") }));
  }

  private remember(): void {
    for (const id of this.nodes.keys()) {
      const { x, y } = this.cy.getElementById(id).position();
      this.places.set(id, { x, y });
    }
  }

  /** Marks the chosen edge, and fades what the search does not match. */
  mark(chosen: string | null, matching: ReadonlySet<string> | null): void {
    this.cy.batch(() => {
      this.cy.elements().removeClass("chosen end faded");
      const lit = new Set<string>();
      for (const line of this.lines.values()) {
        const element = this.cy.getElementById(line.id);
        if (matching && !line.edges.some((edge) => matching.has(edge.id))) element.addClass("faded");
        else lit.add(line.source).add(line.target);
        if (chosen !== null && line.edges.some((edge) => edge.id === chosen)) {
          element.removeClass("faded").addClass("chosen");
          element.connectedNodes().addClass("end");
        }
      }
      for (const id of this.nodes.keys()) {
        const node = this.cy.getElementById(id);
        if (matching && !lit.has(id) && !node.hasClass("end")) node.addClass("faded");
      }
    });
  }

  fit(): void {
    if (this.nodes.size === 0) return;
    this.moved = false;
    this.cy.fit(undefined, PADDING);
    if (this.cy.zoom() > MAX_ZOOM) {
      this.cy.zoom(MAX_ZOOM);
      this.cy.center();
    }
  }

  zoomBy(factor: number): void {
    this.moved = true;
    this.cy.zoom({ level: this.cy.zoom() * factor, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
  }
}

function lineData(line: Line, mode: Mode): Data {
  const [only] = line.edges;
  const look = line.edges.length === 1 && only ? edgeLook(only, mode) : mergedLook(line.edges, mode);
  return { id: line.id, source: line.source, target: line.target, look: look.name, label: look.label };
}

const ruler = document.createElement("canvas").getContext("2d");

function textWidth(text: string): number {
  if (!ruler) return text.length * 7.5 + 22;
  ruler.font = FONT;
  return Math.ceil(ruler.measureText(text).width) + 22;
}
