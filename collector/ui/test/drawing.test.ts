import { describe, expect, it } from "vitest";
import type { Edge } from "../src/api.ts";
import { crosses, runsBehind, tangle } from "../src/crossings.ts";
import { COLLAPSE_ABOVE, drawing, LINE_LIMIT, nodeId } from "../src/elements.ts";
import { depths, seeds } from "../src/seeding.ts";
import { edge, fixture } from "./fixture.ts";

function wide(nodes: number, edges: number): Edge[] {
  const model = edge("shop/gateway", "shop/cart");
  const end = (i: number) => ({ ...model.source, namespace: `ns${i % 7}`, name: `w${i}`, label: `ns${i % 7}/w${i}` });
  return Array.from({ length: edges }, (_, i) => ({ ...model, id: `e${i}`, source: end(i % nodes), destination: end((i + 1 + Math.floor(i / nodes)) % nodes) }));
}

describe("what is drawn", () => {
  it("has workloads in their namespaces, others outside, and one line per edge", () => {
    const drawn = drawing(fixture().edges, fixture().completeness.proxies.silent);
    expect(drawn.groups.map((g) => g.label).sort()).toEqual(["legacy", "shop", "stock"]);
    expect(drawn.nodes).toHaveLength(10);
    expect(drawn.nodes.filter((n) => n.group === null).map((n) => n.label)).toEqual(["203.0.113.7:443"]);
    expect(drawn.lines).toHaveLength(12);
    expect(drawn.nodes.filter((n) => n.silent).map((n) => n.name)).toEqual(["legacy/cron"]);
  });

  it("names the k8s cluster only where there are several", () => {
    const other = edge("shop/gateway", "shop/cart");
    const two = drawing([other, { ...other, id: "x", source: { ...other.source, cluster: "c2" } }], []);
    expect(two.groups.map((g) => g.label)).toEqual(["shop · c1", "shop · c2"]);
  });

  it("collapses to namespaces above the limit, losing no edge", () => {
    const edges = wide(COLLAPSE_ABOVE + 1, 900);
    const drawn = drawing(edges, []);
    expect(drawn.collapsed).toBe(true);
    expect(drawn.nodesInAll).toBe(COLLAPSE_ABOVE + 1);
    expect(drawn.nodes.map((n) => n.name).sort()).toEqual(["ns0", "ns1", "ns2", "ns3", "ns4", "ns5", "ns6"]);
    expect(drawn.lines.reduce((sum, line) => sum + line.edges.length, 0)).toBe(edges.length);
    expect(drawing(wide(COLLAPSE_ABOVE, 600), []).collapsed).toBe(false);
  });

  it("says how many edges it leaves out", () => {
    expect(drawing(wide(100, LINE_LIMIT + 20), []).linesLeftOut).toBe(20);
  });
});

describe("placement", () => {
  it("counts hops from the sources, through cycles too", () => {
    const line = (source: string, target: string) => ({ id: source + target, source, target, edges: [] });
    expect([...depths(["a", "b", "c"], [line("a", "b"), line("b", "c"), line("a", "c")])]).toEqual([["a", 0], ["b", 1], ["c", 2]]);
    expect(depths(["a", "b"], [line("a", "b"), line("b", "a")]).size).toBe(2);
  });

  it("starts the same map at the same places, whatever the order of its edges", () => {
    const edges = fixture().edges;
    const one = seeds(drawing(edges, []));
    const other = seeds(drawing([...edges].reverse(), []));
    for (const [id, point] of one) expect(other.get(id)?.x).toBe(point.x);
    expect(one.has(nodeId(edge("shop/cart", "stock/redis").destination))).toBe(true);
  });

  it("sees lines that cross and lines behind a node", () => {
    const [a, b, c, d] = [{ x: 0, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }, { x: 10, y: 0 }];
    expect(crosses(a, b, c, d)).toBe(true);
    expect(crosses(a, c, d, b)).toBe(false);
    const box = { x: 5, y: 5, halfWidth: 2, halfHeight: 1 };
    expect([runsBehind(a, b, box), runsBehind(a, d, box)]).toEqual([true, false]);
    const at = (p: { x: number; y: number }) => ({ ...p, halfWidth: 1, halfHeight: 1 });
    const boxes = new Map([["a", at(a)], ["b", at(b)], ["m", box]]);
    expect(tangle(boxes, [{ source: "a", target: "b" }])).toBe(3);
  });
});
