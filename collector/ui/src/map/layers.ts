// Columns and rows where the collector keeps no places: by who asks whom alone, never by numbers, so that new counts move nothing.
// Column is the longest path from the entry points, lane the namespace, row by barycentre.

import type { Node, Spot } from "../api/graph.ts";

interface Arrow {
  source: number;
  destination: number;
}

const SWEEPS = 8;
const PASSES = 8;

/** Longest path from the nodes that nobody asks; edges that close a cycle count for nothing. */
export function columns(nodes: readonly string[], arrows: readonly Arrow[]): number[] {
  const next: number[][] = nodes.map(() => []);
  const asked = nodes.map(() => 0);
  for (const { source, destination } of arrows) {
    if (source === destination) continue;
    next[source]?.push(destination);
    asked[destination] = (asked[destination] ?? 0) + 1;
  }
  const byName = (a: number, b: number): number => ((nodes[a] ?? "") < (nodes[b] ?? "") ? -1 : 1);
  for (const list of next) list.sort(byName);
  const order = nodes.map((_, i) => i).sort((a, b) => Number((asked[a] ?? 0) > 0) - Number((asked[b] ?? 0) > 0) || byName(a, b));
  const finished: number[] = [];
  const state = nodes.map(() => 0);
  const forward: number[][] = nodes.map(() => []);
  for (const root of order) {
    if (state[root] !== 0) continue;
    const stack: [number, number][] = [[root, 0]];
    state[root] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as [number, number];
      const [node, place] = top;
      const to = next[node]?.[place];
      top[1] += 1;
      if (to === undefined) {
        state[node] = 2;
        finished.push(node);
        stack.pop();
      } else if (state[to] !== 1) {
        // Not back to what is on the way: that would close a cycle.
        forward[node]?.push(to);
        if (state[to] === 0) {
          state[to] = 1;
          stack.push([to, 0]);
        }
      }
    }
  }
  const column = nodes.map(() => 0);
  for (const node of finished.reverse()) {
    for (const to of forward[node] ?? []) column[to] = Math.max(column[to] ?? 0, (column[node] ?? 0) + 1);
  }
  return column;
}

/** Lanes so that those that ask each other lie close: swaps of neighbours, in bounded passes. What is outside comes last. */
function laneOrder(lanes: readonly string[], between: ReadonlyMap<string, ReadonlyMap<string, number>>, first: ReadonlyMap<string, number>): string[] {
  const order = [...lanes].sort((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0) || (a < b ? -1 : 1));
  const place = new Map(order.map((lane, i) => [lane, i]));
  const length = (lane: string): number => {
    let sum = 0;
    for (const [other, weight] of between.get(lane) ?? []) sum += weight * Math.abs((place.get(other) ?? 0) - (place.get(lane) ?? 0));
    return sum;
  };
  for (let pass = 0; pass < PASSES; pass += 1) {
    let swapped = false;
    for (let i = 0; i + 1 < order.length; i += 1) {
      const [a, b] = [order[i] as string, order[i + 1] as string];
      const before = length(a) + length(b);
      place.set(a, i + 1).set(b, i);
      if (length(a) + length(b) < before) {
        [order[i], order[i + 1]] = [b, a];
        swapped = true;
      } else place.set(a, i).set(b, i + 1);
    }
    if (!swapped) break;
  }
  return order;
}

const laneKey = (node: Node): string => (node.kind === "workload" ? `${node.cluster}\u0000${node.namespace}` : "");

/** Rows within (lane, column): each node to the mean height of those it talks to. */
function rows(lane: readonly number[], column: readonly number[], arrows: readonly Arrow[], names: readonly string[]): number[] {
  const cells = new Map<string, number[]>();
  const order = lane.map((_, i) => i).sort((a, b) => ((names[a] ?? "") < (names[b] ?? "") ? -1 : 1));
  for (const i of order) {
    const key = `${lane[i]} ${column[i]}`;
    const cell = cells.get(key);
    if (cell) cell.push(i);
    else cells.set(key, [i]);
  }
  const row = lane.map(() => 0);
  for (const cell of cells.values()) cell.forEach((node, i) => (row[node] = i));
  const around: number[][] = lane.map(() => []);
  for (const { source, destination } of arrows) {
    around[source]?.push(destination);
    around[destination]?.push(source);
  }
  const height = (i: number): number => (lane[i] ?? 0) * 1000 + (row[i] ?? 0);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const cell of cells.values()) {
      if (cell.length < 2) continue;
      const mean = new Map(cell.map((i) => [i, around[i]?.length ? (around[i] as number[]).reduce((sum, n) => sum + height(n), 0) / (around[i] as number[]).length : height(i)]));
      cell.sort((a, b) => (mean.get(a) ?? 0) - (mean.get(b) ?? 0) || ((names[a] ?? "") < (names[b] ?? "") ? -1 : 1));
      cell.forEach((node, i) => (row[node] = i));
    }
  }
  return row;
}

export function placed(nodes: readonly Node[], arrows: readonly Arrow[]): Spot[] {
  const names = nodes.map((node) => node.label);
  const column = columns(names, arrows);
  const between = new Map<string, Map<string, number>>();
  const first = new Map<string, number>();
  nodes.forEach((node, i) => {
    const key = laneKey(node);
    first.set(key, key === "" ? Number.MAX_SAFE_INTEGER : Math.min(first.get(key) ?? Infinity, column[i] ?? 0));
  });
  const weigh = (a: string, b: string): void => {
    const row = between.get(a) ?? new Map<string, number>();
    row.set(b, (row.get(b) ?? 0) + 1);
    between.set(a, row);
  };
  for (const { source, destination } of arrows) {
    const [a, b] = [laneKey(nodes[source] as Node), laneKey(nodes[destination] as Node)];
    if (a === b || a === "" || b === "") continue;
    weigh(a, b);
    weigh(b, a);
  }
  const lanes = new Map(laneOrder([...first.keys()], between, first).map((key, i) => [key, i]));
  const lane = nodes.map((node) => lanes.get(laneKey(node)) ?? 0);
  const row = rows(lane, column, arrows, names);
  return nodes.map((node, i) => {
    const inside = node.kind === "workload";
    return { cluster: inside ? node.cluster : "", namespace: inside ? node.namespace : "", lane: lane[i] ?? 0, column: column[i] ?? 0, row: row[i] ?? 0 };
  });
}
