// The fixture map, and how tests take an edge out of it.

import { readFileSync } from "node:fs";
import { asMap, type Edge, type ServiceMap } from "../src/api.ts";

export function fixture(): ServiceMap {
  return asMap(JSON.parse(readFileSync(new URL("../fixtures/map.json", import.meta.url), "utf8")));
}

export function edge(source: string, destination: string): Edge {
  const found = fixture().edges.find((e) => e.source.label === source && e.destination.label === destination);
  if (!found) throw new Error(`the fixture has no edge ${source} -> ${destination}`);
  return found;
}
