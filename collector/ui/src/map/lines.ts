// Which lines are drawn between the boxes: one for each edge between workloads, one for all between the same two where one of them is
// folded. At most 120, the worst first; what is left out is counted.

import type { GraphEdge } from "../api/graph.ts";
import { errorLook, lineLabel, lineWidth, securityLook, type Look } from "../model/looks.ts";
import type { Mode } from "../state/address.ts";
import { MOST_LINES } from "./budget.ts";

/** Above it, lines between two folded lanes are left out where all is well on them: opened lanes show theirs. */
const CROWDED = 60;
const FOLDED = "lane ";

export interface Line {
  key: string;
  /** Keys of boxes. */
  source: string;
  destination: string;
  /** The edges that it stands for, worst first. */
  edges: GraphEdge[];
  look: Look;
  width: number;
  label: string;
  isPlain: boolean;
}

export interface Lines {
  drawn: Line[];
  /** Edges that have no line for want of room. */
  left: number;
  /** Edges within a folded box. */
  inside: number;
}

interface Drawn {
  /** Key of the box of an end; `null`: not in the picture. */
  box: (label: string) => { key: string; kind: string } | null;
  isSilent: (label: string) => boolean;
  mode: Mode;
  seconds: number;
  /** Whether an edge's line must be there. */
  isChosen: (edge: string) => boolean;
  /** In place of the mode's own look: what changed. */
  look?: ((edge: GraphEdge) => { look: Look; label: string }) | undefined;
}

function one(edge: GraphEdge, drawn: Drawn): { look: Look; label: string } {
  if (drawn.look) return drawn.look(edge);
  const silent = drawn.isSilent(edge.source.label) || drawn.isSilent(edge.destination.label);
  const look = drawn.mode === "mtls" ? securityLook(edge.security) : errorLook(edge, silent);
  return { look, label: lineLabel(edge, drawn.mode, silent) };
}

export function linesOf(edges: readonly GraphEdge[], drawn: Drawn): Lines {
  // The lock says how an edge is secured; of what changed it says nothing.
  const isPlain = (edge: GraphEdge): boolean => edge.security === "plaintext" && !drawn.look;
  const lines = new Map<string, Line>();
  let inside = 0;
  for (const edge of edges) {
    const [source, destination] = [drawn.box(edge.source.label), drawn.box(edge.destination.label)];
    if (!source || !destination) continue;
    const isMerged = source.kind !== "workload" || destination.kind !== "workload";
    if (isMerged && source.key === destination.key) {
      inside += 1;
      continue;
    }
    const key = isMerged ? `${source.key} > ${destination.key}` : edge.id;
    const { look, label } = one(edge, drawn);
    const width = lineWidth(edge.exchanges, drawn.seconds);
    const line = lines.get(key);
    if (!line) {
      lines.set(key, { key, source: source.key, destination: destination.key, edges: [edge], look, width, label, isPlain: isPlain(edge) });
      continue;
    }
    line.edges.push(edge);
    line.width = Math.max(line.width, width);
    line.isPlain ||= isPlain(edge);
    if (look.weight > line.look.weight) Object.assign(line, { look, label });
  }
  const all = [...lines.values()];
  for (const line of all) if (line.edges.length > 1 && line.label) line.label = mergedLabel(line, drawn);
  // The collector lists the worst first; what is chosen is drawn whatever it is.
  const isChosen = (line: Line): boolean => line.edges.some(({ id }) => drawn.isChosen(id));
  const isWorth = ({ look }: Line): boolean => look.weight > 0 && look.name !== "few";
  const asks = (line: Line): boolean => isWorth(line) || line.edges.some(({ finding }) => finding !== null) || isChosen(line);
  const isOpen = (line: Line): boolean => !line.source.startsWith(FOLDED) || !line.destination.startsWith(FOLDED);
  const rank = (line: Line): number => (isChosen(line) ? 0 : asks(line) ? 1 : isOpen(line) ? 2 : 3);
  // Thick lines of a crowd hide each other.
  if (all.length > CROWDED) for (const line of all) line.width = 1 + (line.width - 1) / 2;
  const most = all.length > CROWDED ? all.filter((line) => rank(line) < 3).length : all.length;
  const kept = [...all].sort((a, b) => rank(a) - rank(b)).slice(0, Math.min(most, MOST_LINES));
  const left = all.reduce((sum, line) => sum + line.edges.length, 0) - kept.reduce((sum, line) => sum + line.edges.length, 0);
  return { drawn: kept.sort((a, b) => (a.key < b.key ? -1 : 1)), left, inside };
}

/** How many of a folded line's edges are like the worst of them. */
function mergedLabel(line: Line, drawn: Drawn): string {
  if (line.isPlain) {
    const plain = line.edges.filter(({ security }) => security === "plaintext").length;
    return `PLAINTEXT ${plain} of ${line.edges.length}`;
  }
  const alike = line.edges.filter((edge) => one(edge, drawn).look.name === line.look.name).length;
  return `${alike} of ${line.edges.length} ${line.look.words}`;
}
