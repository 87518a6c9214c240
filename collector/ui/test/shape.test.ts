import { describe, expect, it } from "vitest";
import { couplingAddress, entriesAddress, impactAddress } from "../src/api/addresses.ts";
import type { Impact } from "../src/api/shape.ts";
import { commandOf } from "../src/export/command.ts";
import { fieldOf } from "../src/map/ends.ts";
import { struck } from "../src/map/struck.ts";
import { atMost, availabilityWords, depthWords, ownTime } from "../src/model/shares.ts";
import { onMap } from "../src/shape/on-map.ts";
import { START } from "../src/state/address.ts";
import { edge, graphOf, node } from "./meshes.ts";

describe("what breaks with a workload", () => {
  const graph = graphOf(["a/web>b/mid", "b/mid>c/db", "a/other>b/side", "c/db>d/log", "b/side>d/log"]);
  graph.edges.push(edge("out", node("203.0.113.9", "address"), graph.nodes[1] ?? node("b/mid")), edge("loop", graph.nodes[2] ?? node("c/db"), graph.nodes[1] ?? node("b/mid")));
  graph.nodes.push(node("203.0.113.9", "address"));
  const { into, out } = fieldOf(graph);

  it("is all that leads to it, by any number of calls, circles and all, but nothing from outside", () => {
    const { hits, ways } = struck("c/db", into, out, null);
    expect([...hits].map(([label, { name }]) => [label, name])).toEqual([["c/db", "dies"], ["b/mid", "way"], ["a/web", "way"]]);
    expect([...ways].sort()).toEqual(["0000000000000000", "0000000000000001", "loop"]);
  });

  it("is said as surely as the collector says it, with what is reached only through it", () => {
    const told = { entries: [{ workload: "a/web", certainty: "as_observed" }, { workload: "a/far", certainty: "new_word" }], cut_off: ["d/log"] } as unknown as Impact;
    const { hits, ways } = struck("c/db", into, out, told);
    expect([hits.get("a/web"), hits.get("a/far")?.words, hits.get("d/log")?.name]).toEqual([{ name: "hit", words: "fails, as observed" }, "new_word", "cut"]);
    expect(ways.has("0000000000000003")).toBe(true);
    expect(ways.has("0000000000000004"), "another way there is none of its").toBe(false);
  });
});

describe("inferred numbers", () => {
  it("stand beside what they are of, and are unknown where they are", () => {
    const hit = { measure: "calls_made", requests: 9000, share_if_even: 0.42, share_at_most: 0.9375 };
    expect(atMost(hit)).toBe("about 3,780 of 9,000 (42 %), at most 8,438 of 9,000 (93.8 %) calls made");
    expect(atMost({ ...hit, share_if_even: 1, share_at_most: 1 })).toBe("about 9,000 of 9,000 (100 %) calls made");
    expect(atMost({ ...hit, measure: "requests_received", share_if_even: null })).toBe("at most 8,438 of 9,000 (93.8 %) requests received");
    expect(atMost({ ...hit, share_if_even: null, share_at_most: null })).toBe("unknown of 9,000 calls made");
  });

  it("never read better than they are", () => {
    expect(availabilityWords({ minimum: 0.99999, product: 0.99994, worst: "a/b", not_judged: 1 })).toBe("0.9999 to 0.9999, bounded by a/b; 1 dependency not judged");
    expect(availabilityWords({ minimum: null, product: null, worst: null, not_judged: 2 })).toMatch(/^unknown/);
    expect([depthWords({ depth: 1, depth_at_least: [] }), depthWords({ depth: 3, depth_at_least: ["calls_not_seen"] })]).toEqual(["1 call", "at least 3 calls (calls not seen)"]);
    expect([ownTime(null), ownTime({ if_sequential_s: 0.012, if_parallel_s: 0.04, whole_s: 0.41 }), ownTime({ if_sequential_s: 0.04, if_parallel_s: 0.04, whole_s: 0.04 })]).toEqual(["unknown", "12 ms to 40 ms of 410 ms", "40 ms of 40 ms"]);
  });
});

it("a link leads to its worst edge, or to a search where it is none of those that are shown", () => {
  const graph = graphOf(["a/a>b/b", "a/a>b/b"]);
  expect(onMap(graph, "a/a", "b/b")).toMatchObject({ view: "map", show: "lanes", edge: "0000000000000000" });
  expect(onMap(graph, "a/a", "c/c")).toMatchObject({ show: "table", edge: null, q: "from:a/a to:c/c" });
});

it("questions about the shape are of the period that is shown and take no filters; so do their commands", () => {
  const period = { from: "2026-11-24T14:02:00Z", to: "2026-11-24T14:07:00Z" };
  const view = { ...START, namespace: "shop", include: ["probe"], workload: "a b/c" };
  const when = "from=2026-11-24T14%3A02%3A00Z&to=2026-11-24T14%3A07%3A00Z&include=probe";
  expect(impactAddress("a b/c", view, period)).toBe(`api/v1/impact?${when}&workload=a+b%2Fc`);
  expect(couplingAddress(view, period, 100)).toBe(`api/v1/coupling?${when}&limit=100`);
  expect(entriesAddress(view, period, null)).toBe(`api/v1/entries?${when}`);
  const here = "http://127.0.0.1:7070";
  expect(commandOf({ ...view, part: "impact" }, here)).toBe("hogusu impact 'a b/c' --since 5m --include probe");
  expect(commandOf({ ...view, part: "calls", view: "workload", edge: "8b85" }, here)).toBe("hogusu entries --workload 'a b/c' --since 5m --include probe");
  expect(commandOf({ ...view, view: "coupling", edge: "8b85" }, here)).toBe("hogusu coupling --since 5m --include probe");
  expect(commandOf({ ...view, view: "compliance" }, here)).toBe("hogusu compliance --policy DIR --since 5m");
  expect(commandOf({ ...view, view: "entries" }, here)).toBe("hogusu entries --since 5m --include probe");
});
