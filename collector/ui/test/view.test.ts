import { describe, expect, it } from "vitest";
import { edgeAddress, findingsAddress, graphAddress, groupsAddress, workloadAddress } from "../src/api/addresses.ts";
import { readGraph } from "../src/api/graph.ts";
import { slider, windowAt } from "../src/shell/window.ts";
import { stretches } from "../src/strip/windows.ts";
import { fromAddress, seconds, START, toAddress, type View } from "../src/state/address.ts";

const view = (patch: Partial<View>): View => ({ ...START, ...patch });
const period = { from: "2026-11-24T14:02:00Z", to: "2026-11-24T14:07:00Z" };

describe("the address", () => {
  it("holds every choice, and gives it back", () => {
    const chosen = view({
      view: "workload", show: "table", mode: "mtls", since: "15m", ...period, namespace: "shop", protocol: "grpc", security: "tls", include: ["probe"], q: "from:a", edge: "8b8527b4d2f9940f",
      workload: `"a/b"/x&y=1`, around: "shop/web", depth: 3, part: "impact", lanes: ["+a,b", "-c"], at: "1,2,0.5", epoch: "e", sort: "failed-", page: 2, by: "workload", kind: "failing", a: "before", b: "x/y", word: "slower", policy: "mutual-tls",
    });
    expect(fromAddress(toAddress(chosen))).toEqual(chosen);
    expect(toAddress(START)).toBe("?");
  });

  it("takes nonsense for nothing", () => {
    expect(fromAddress("?view=gates&show=3d&since=-5m&from=x&to=y&depth=99&page=-1&include=all&mode=rainbow")).toEqual(view({ depth: 3 }));
    expect(fromAddress(`?from=${period.to}&to=${period.from}`)).toEqual(START);
  });
});

describe("what is asked", () => {
  it("is relative, of the window and the filters that were chosen", () => {
    expect(graphAddress(view({ namespace: "a b", include: ["telemetry", "probe"] }))).toBe("api/v1/graph?since=5m&namespace=a+b&include=probe%2Ctelemetry");
    expect(graphAddress(view(period))).toBe("api/v1/graph?from=2026-11-24T14%3A02%3A00Z&to=2026-11-24T14%3A07%3A00Z");
    expect(new URL(graphAddress(START), "https://h/mesh/hogusu/?x").pathname).toBe("/mesh/hogusu/api/v1/graph");
  });

  it("is of the period that is shown, for everything behind the graph", () => {
    for (const address of [findingsAddress(START, period), groupsAddress(START, period, "namespace"), edgeAddress("x/y", START, period), workloadAddress("a/b", START, period)]) {
      expect(address).toContain("from=2026-11-24T14%3A02%3A00Z&to=2026-11-24T14%3A07%3A00Z");
      expect(address).not.toContain("since");
    }
    expect(edgeAddress("x/y", START, period)).toMatch(/^api\/v1\/edges\/x%2Fy\?/);
  });
});

describe("the graph's columns", () => {
  const columns = {
    schema: "hogusu.graph/v1", ...period, sealed_to: null, seconds: 300, completeness: {}, totals: {}, texts: ["workload", "c1", "shop", "http", "source", "mutual_tls", "agree", "failing"],
    nodes: { label: ["shop/a", "shop/b"], kind: [0, 0], cluster: [1, 1], namespace: [2, 2], name: ["a", "b"], lane: [0, 0], column: [-1, 2], row: [0, 0.5] },
    placing: { epoch: "e", began_with: 2, added: 0, lanes: { cluster: [1], namespace: [2], place: [-3.5] } },
    edges: { id: ["01"], source: [0], destination: [1], protocol: [3], port: [null], report: [null], exchanges: [null], failed: [null], failed_of: [null], p50_s: [null], p99_s: [null], security: [5], agreement: [6], finding: [7] },
  };

  it("are read without making anything of what is not known", () => {
    const { edges, nodes, placing } = readGraph(columns);
    expect(edges[0]).toMatchObject({ source: nodes[0], destination: nodes[1], exchanges: null, failed: null, port: null, report: null, security: "mutual_tls", finding: "failing" });
    expect(nodes[1]?.spot).toEqual({ cluster: "c1", namespace: "shop", lane: -3.5, column: 2, row: 0.5 });
    expect(placing?.epoch).toBe("e");
  });

  it("are refused where they do not fit together", () => {
    expect(() => readGraph({ ...columns, edges: { ...columns.edges, source: [9] } })).toThrow("no end");
    expect(() => readGraph({ schema: "hogusu.graph/v1" })).toThrow("whole graph");
    expect(readGraph({ ...columns, placing: undefined }).nodes[0]?.spot).toBeNull();
  });
});

describe("the slider", () => {
  const now = Date.parse("2026-11-24T14:07:03Z");
  const [slots, minutes, hours] = [now - 2 * 3_600_000, now - 3 * 86_400_000, now - 90 * 86_400_000].map((from) => new Date(from).toISOString()) as [string, string, string];
  const store = { oldest: Date.parse(hours), kept: [{ resolution: "10s", from: slots }, { resolution: "1m", from: minutes }, { resolution: "1h", from: hours }, { resolution: "1d", from: null }] };

  it("steps by the finest that the collector keeps as far back as it reaches, whatever the usual is", () => {
    expect(slider(now, 300, store, null)).toMatchObject({ step: 10_000, max: Date.parse("2026-11-24T14:07:00Z"), min: Date.parse("2026-11-24T13:07:00Z") });
    expect(slider(now, 3600, store, null).step).toBe(60_000);
    expect(slider(now, 86400, store, null).step).toBe(3_600_000);
    const short = { oldest: now - 600_000, kept: [{ resolution: "10s", from: new Date(now - 120_000).toISOString() }, { resolution: "1m", from: new Date(now - 600_000).toISOString() }] };
    expect(slider(now, 60, short, null).step).toBe(60_000);
    const long = { oldest: Date.parse(hours), kept: [{ resolution: "10s", from: hours }] };
    expect(slider(now, 86400, long, null).step).toBe(10_000);
    const young = { oldest: now - 600_000, kept: [{ resolution: "10s", from: new Date(now - 600_000).toISOString() }, { resolution: "1m", from: null }] };
    expect(slider(now, 3600, young, null).step).toBe(10_000);
  });

  it("has a bar for each whole window that is over, on borders that stay while time goes on", () => {
    const at = (time: number) => stretches(slider(time, 300, store, null), 300);
    expect(at(now)).toHaveLength(12);
    expect(at(now).at(-1)).toEqual({ from: "2026-11-24T14:00:00Z", to: "2026-11-24T14:05:00Z" });
    expect(at(now + 60_000)).toEqual(at(now));
    expect(at(now + 180_000).at(-2)).toEqual(at(now).at(-1));
  });

  it("reaches no further than what is kept, and follows now at its end", () => {
    const bar = slider(now, 300, { oldest: now - 600_000, kept: [{ resolution: "10s", from: slots }] }, null);
    expect(bar.min).toBeGreaterThan(now - 600_000 + 290_000);
    expect(windowAt(bar.max, bar, 300)).toEqual({ from: null, to: null });
    expect(windowAt(bar.max - 10_000, bar, 300)).toEqual({ from: "2026-11-24T14:01:50Z", to: "2026-11-24T14:06:50Z" });
    expect(seconds("2h")).toBe(7200);
  });
});
