// Which edges a search means: words that all must be in either end's name; `from:` and `to:` ask one end. Pure.

import type { GraphEdge, Node } from "../api/graph.ts";

export interface Search {
  any: string[];
  from: string[];
  to: string[];
}

export function readSearch(text: string): Search {
  const search: Search = { any: [], from: [], to: [] };
  for (const word of text.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (word.startsWith("from:")) search.from.push(word.slice(5));
    else if (word.startsWith("to:")) search.to.push(word.slice(3));
    else search.any.push(word);
  }
  return search;
}

export function finds(search: Search, edge: GraphEdge): boolean {
  const [source, destination] = [edge.source.label.toLowerCase(), edge.destination.label.toLowerCase()];
  const about = `${source} ${destination} ${edge.protocol} ${edge.id} ${edge.port ?? ""}`;
  return (
    search.any.every((word) => about.includes(word)) &&
    search.from.every((word) => isOf(source, word)) &&
    search.to.every((word) => isOf(destination, word))
  );
}

/** `shop/` means the namespace, not one that ends so. */
function isOf(label: string, word: string): boolean {
  return word.endsWith("/") ? label.startsWith(word) || label.includes(`/${word}`) : label.includes(word);
}

/** Ends whose name holds every word: those that begin with it first, at most `most`. */
export function endsCalled(text: string, nodes: readonly Node[], most: number): Node[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found = nodes.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  const rank = (node: Node): number => (node.name.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || a.label.length - b.label.length || (a.label < b.label ? -1 : 1)).slice(0, most);
}
