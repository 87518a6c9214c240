import { searchOf } from "../src/map/choice.ts";
import { isOf, silence } from "../src/model/silence.ts";
import { describe, expect, it } from "vitest";
import { around } from "../src/map/around.ts";
import { budgeted, MOST_BOXES } from "../src/map/budget.ts";
import { fieldOf } from "../src/map/ends.ts";
import { columns } from "../src/map/layers.ts";
import { linesOf } from "../src/map/lines.ts";
import { packed, WIDTH } from "../src/map/packing.ts";
import { laidOut } from "../src/map/picture.ts";
import { routes } from "../src/map/routes.ts";
import { walk } from "../src/map/walk.ts";
import { graphOf } from "./meshes.ts";

const none = { around: null, depth: 1, lanes: [] };
const linesFor = (graph: ReturnType<typeof graphOf>, picture: ReturnType<typeof laidOut>) =>
  linesOf(graph.edges, { box: (label) => picture.of.get(label) ?? null, isSilent: () => false, mode: "errors", seconds: 300, isChosen: () => false });

describe("columns", () => {
  it("are the longest path from who nobody asks, whatever the order of edges", () => {
    const names = ["a", "b", "c", "d"];
    const arrows = [{ source: 0, destination: 3 }, { source: 0, destination: 1 }, { source: 1, destination: 2 }, { source: 2, destination: 3 }];
    expect(columns(names, arrows)).toEqual([0, 1, 2, 3]);
    expect(columns(names, [...arrows].reverse())).toEqual([0, 1, 2, 3]);
  });

  it("take a cycle apart without end", () => {
    const arrows = [{ source: 0, destination: 1 }, { source: 1, destination: 2 }, { source: 2, destination: 1 }, { source: 2, destination: 2 }];
    expect(columns(["a", "b", "c"], arrows)).toEqual([0, 1, 2]);
  });

  it("hold a chain of 5,000", () => {
    const names = Array.from({ length: 5000 }, (_, i) => String(i).padStart(5, "0"));
    expect(columns(names, names.slice(1).map((_, i) => ({ source: i, destination: i + 1 }))).at(-1)).toBe(4999);
  });
});

describe("places", () => {
  const pairs = ["shop/web>shop/cart", "shop/web>stock/inv", "stock/inv>data/db", "legacy/cron>stock/inv", "data/db>shop/web"];

  it("depend on who asks whom alone: not on counts, nor on the order of the answer", () => {
    const where = (graph: ReturnType<typeof graphOf>): string[] => laidOut(fieldOf(graph), none, []).packing.boxes.map(({ key, x, y }) => `${key} ${x} ${y}`).sort();
    const graph = graphOf(pairs);
    const turned = graphOf([...pairs].reverse());
    for (const edge of turned.edges) edge.exchanges = 9_999_999;
    expect(where(turned)).toEqual(where(graph));
  });

  it("are the collector's where it keeps them, in their order, packed", () => {
    const graph = graphOf(["shop/web>stock/inv", "shop/web>stock/late"]);
    graph.placing = { epoch: "e", began_with: 2, added: 1 };
    const spots = { "shop/web": [5, -2, 0], "stock/inv": [-1, 7, 1], "stock/late": [-1, 7, 0.5] } as const;
    for (const node of graph.nodes) {
      const [lane, column, row] = spots[node.label as keyof typeof spots];
      node.spot = { cluster: "c1", namespace: node.namespace, lane, column, row };
    }
    const { packing } = laidOut(fieldOf(graph), none, []);
    expect(packing.bands.map(({ key }) => key)).toEqual(["stock", "shop"]);
    const at = Object.fromEntries(packing.boxes.map((box) => [box.key, box]));
    expect([at["shop/web"]?.at, at["stock/inv"]?.at]).toEqual([0, 1]);
    expect((at["stock/late"]?.y ?? 0) < (at["stock/inv"]?.y ?? 0)).toBe(true);
  });

  it("show a workload that is only known to be silent", () => {
    const field = fieldOf(graphOf(pairs, ["mail/sender", "shop/cart"]));
    expect(field.ends.get("mail/sender")).toMatchObject({ isSilent: true, lane: "mail" });
    expect(field.ends.get("shop/cart")?.isSilent).toBe(true);
    expect(field.ends.get("shop/web")?.isSilent).toBe(false);
  });
});

describe("the draw budget", () => {
  const many = Array.from({ length: 60 }, (_, n) => Array.from({ length: 10 }, (_, i) => `n${n}/w${i}>n${(n + 1) % 60}/w${(i + 1) % 10}`)).flat();

  it("holds for a large mesh, and every end is in one box", () => {
    const graph = graphOf(many);
    const field = fieldOf(graph);
    const { boxes, of } = budgeted(field, { lanes: [], chosen: [] });
    expect(boxes.length).toBeLessThanOrEqual(MOST_BOXES);
    expect(of.size).toBe(graph.nodes.length);
    expect(boxes.flatMap(({ members }) => members).sort()).toEqual(graph.nodes.map(({ label }) => label).sort());
    expect(boxes.find(({ title }) => title.startsWith("other namespaces"))?.title).toBe("other namespaces (21)");
  });

  it("opens the lane of a finding and of what is chosen, however small that is", () => {
    const graph = graphOf(many);
    Object.assign(graph.edges[200] ?? {}, { finding: "failing" });
    const { of } = budgeted(fieldOf(graph), { lanes: [], chosen: ["n59/w3"] });
    expect(of.get("n20/w0")?.kind).toBe("workload");
    expect(of.get("n59/w3")?.kind).toBe("workload");
    expect(of.get("n40/w0")?.kind).not.toBe("workload");
  });

  it("opens and folds at the reader's word", () => {
    const graph = graphOf(["shop/web>stock/a", "shop/web>stock/b"]);
    expect(budgeted(fieldOf(graph), { lanes: ["-stock"], chosen: [] }).of.get("stock/a")?.kind).toBe("lane");
    const { of } = budgeted(fieldOf(graphOf(many)), { lanes: ["+n7"], chosen: [] });
    expect(of.get("n7/w0")?.kind).toBe("workload");
  });

  it("counts every edge that it does not draw", () => {
    const graph = graphOf(many);
    const picture = laidOut(fieldOf(graph), none, []);
    const { drawn, left, inside } = linesFor(graph, picture);
    expect(drawn.length).toBeLessThanOrEqual(120);
    expect(drawn.reduce((sum, { edges }) => sum + edges.length, 0) + left + inside).toBe(graph.edges.length);
  });

  it("keeps eight neighbours of a hub and counts the others", () => {
    const graph = graphOf(Array.from({ length: 39 }, (_, i) => `hub/hub>n/w${i}`));
    const { field, cut } = around(fieldOf(graph), "hub/hub", 1);
    expect([field.ends.size, cut]).toEqual([9, 31]);
  });
});

describe("lines", () => {
  const graph = graphOf(["a/a>b/b", "b/b>c/c", "a/a>c/c", "c/c>a/a", "a/x>c/c", "b/b>b/y"]);
  const picture = laidOut(fieldOf(graph), none, []);
  const drawn = routes(linesFor(graph, picture).drawn, picture.packing);

  it("never run behind a box", () => {
    for (const { line, points } of drawn) {
      for (const box of picture.packing.boxes) {
        if (box.key === line.source || box.key === line.destination) continue;
        const hit = points.find(({ x, y }) => x > box.x + 1 && x < box.x + WIDTH - 1 && y > box.y && y < box.y + box.height);
        expect(hit, `${line.source} > ${line.destination} behind ${box.key}`).toBeUndefined();
      }
    }
  });

  it("are walked by arrows: right to destinations, left to sources, up and down in a column", () => {
    const tree = graphOf(["a/a>b/b", "b/b>c/c", "a/a>c/c", "a/x>c/c"]);
    const laid = laidOut(fieldOf(tree), none, []);
    const { boxes } = laid.packing;
    const lines = linesFor(tree, laid).drawn;
    expect(walk("a/a", "right", boxes, lines)).toBe("b/b");
    expect(walk("b/b", "left", boxes, lines)).toBe("a/a");
    expect(walk("a/a", "down", boxes, lines)).toBe("a/x");
    expect(walk("a/x", "up", boxes, lines)).toBe("a/a");
    expect(walk("nobody", "up", boxes, lines)).toBe(boxes[0]?.key);
  });
});

it("an empty picture has no size to speak of, and breaks nothing", () => {
  expect(packed([], new Map()).boxes).toEqual([]);
});

describe("a search for what a lane holds", () => {
  it("names its namespace, and nothing where it is none", () => {
    expect(["shop", "c1/shop"].map(searchOf)).toEqual(["shop/", "c1/shop/"]);
    expect(["outside the mesh", "other namespaces", "no namespace"].map(searchOf)).toEqual(["", "", ""]);
  });
});

describe("a proxy that was silent", () => {
  it("makes the numbers of its workload incomplete, also where a k8s cluster stands in front of its label", () => {
    const { completeness } = graphOf([], ["shop/web"]);
    const end = (label: string, kind = "workload") => ({ kind, label, namespace: "shop", name: label.split("/").at(-1) ?? "" });
    const isSilent = silence(completeness);
    expect([end("shop/web"), end("c1/shop/web"), end("shop/cart"), end("shop/web", "service")].map(isSilent)).toEqual([true, true, false, false]);
    expect([isOf(end("c1/shop/web"), "shop/web"), isOf(end("c1/shop/web"), "shop/cart")]).toEqual([true, false]);
  });
});
