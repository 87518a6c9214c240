import { describe, expect, it } from "vitest";
import type { DiffEdge } from "../src/api/over-time.ts";
import { changeLook, missing, points, times } from "../src/compare/words.ts";
import { usual } from "../src/compare/periods.ts";
import { bounds, level } from "../src/edge/heat.ts";
import { traceAddress } from "../src/edge/trace.ts";
import { baseOf, commandOf, quoted } from "../src/export/command.ts";
import { csv, dot, mermaid } from "../src/export/texts.ts";
import { errorLook, lineLabel, lineWidth, securityLook } from "../src/model/looks.ts";
import { listedCount, unlisted } from "../src/model/listed.ts";
import { finds, readSearch } from "../src/model/search.ts";
import { parts } from "../src/shell/Coverage.tsx";
import { middle } from "../src/model/shown.ts";
import { START } from "../src/state/address.ts";
import { pressed, readSort, sorted } from "../src/table/sort.ts";
import { edge, graphOf, node } from "./meshes.ts";

describe("looks", () => {
  const of = (failed: number | null, failedOf: number | null, finding: string | null = null) => errorLook({ failed, failedOf, finding }, false).name;

  it("are by the share of failures, and nothing known is never ok", () => {
    expect([of(0, 100), of(1, 1000), of(10, 1000), of(50, 1000), of(null, null), of(0, 0)]).toEqual(["ok", "few", "some", "many", "none", "none"]);
    expect(errorLook({ failed: 0, failedOf: 9, finding: null }, true).name).toBe("unsure");
    expect(of(0, 100, "failing")).toBe("some");
  });

  it("of security know a word they do not know as unknown", () => {
    expect([securityLook("mutual_tls").name, securityLook("plaintext").name, securityLook("new_word").name]).toEqual(["ok", "plain", "unknown"]);
  });

  it("put a share beside what it is of, and PLAINTEXT before all", () => {
    const [a, b] = [node("s/a"), node("s/b")];
    expect(lineLabel(edge("1", a, b, { failed: 25, failedOf: 1000 }), "errors", false)).toBe("2.5 % = 25 / 1,000");
    expect(lineLabel(edge("1", a, b, { failed: 25, failedOf: 1000, security: "plaintext" }), "errors", false)).toBe("PLAINTEXT");
    expect(lineLabel(edge("1", a, b), "mtls", false)).toBe("");
  });

  it("have four widths, by rate alone", () => {
    expect([lineWidth(null, 300), lineWidth(300, 300), lineWidth(30_000, 300), lineWidth(3e6, 300)]).toEqual([1.2, 2.2, 5, 5]);
  });
});

describe("words of a diff", () => {
  const told = (words: string[]): DiffEdge => ({ id: "1", label: "a -> b", words, presence: "both", report: null, a: null, b: null, latency: { ratio: { value: 1.8, low: 1.6, high: 2.1 }, unit: "day", values_a: 7, values_b: 7 }, failures: null, security: null });

  it("never take too little data, or no word at all, for the same", () => {
    expect(changeLook(told(["not_enough_data"])).look.name).toBe("thin");
    expect(changeLook(told([])).look.name).toBe("thin");
    expect(changeLook(undefined).look.name).toBe("thin");
    expect(changeLook(told(["same"])).look.name).toBe("same");
  });

  it("come with size and interval", () => {
    expect(changeLook(told(["slower"])).label).toBe("▲ 1.80x, 1.60–2.10");
    expect(points({ value: -0.015, low: -0.02, high: 0.001 })).toBe("−1.50 points, −2.00 to +0.10");
    expect(times({ value: 1, low: 0.9, high: 1.1 })).toBe("1.00x, 0.90–1.10");
  });

  it("say what each period lacks, each kind by its own word", () => {
    const whole = { is_known: true, covered_seconds: 1, expected_seconds: 1, lost_batches: 0, refused_batches: 0, unclosed_senders: 0 };
    expect(missing(whole)).toBe("batches lost 0, refused 0; no sender gone silent without an end");
    expect(missing({ ...whole, lost_batches: 1200, refused_batches: 3, unclosed_senders: 1 })).toBe("batches lost 1,200, refused 3; 1 sender gone silent without an end");
  });

  it("are of whole hours that are over", () => {
    expect(usual(Date.parse("2026-11-24T14:07:03Z"))[0]).toMatchObject({ a: "2026-11-24T12:00:00Z/2026-11-24T13:00:00Z", b: "2026-11-24T13:00:00Z/2026-11-24T14:00:00Z" });
  });
});

describe("commands", () => {
  it("show the same, with the collector's address where it is not the usual one", () => {
    expect(commandOf({ ...START, namespace: "a b" }, "http://127.0.0.1:7070")).toBe("hogusu map --all --since 5m --namespace 'a b'");
    expect(commandOf({ ...START, view: "edge", edge: "8b85" }, "https://h/hogusu")).toBe("hogusu series 8b85 --since 5m --url https://h/hogusu");
    const whole = { ...START, include: ["probe" as const] };
    expect(commandOf(whole, "http://127.0.0.1:7070")).toBe("hogusu map --all --since 5m --include probe");
    expect(commandOf({ ...whole, edge: "8b85" }, "http://127.0.0.1:7070"), "a series takes none").toBe("hogusu series 8b85 --since 5m");
    expect(commandOf({ ...START, view: "compare", a: "before", b: null }, "https://h")).toBe("hogusu diff before --url https://h");
    expect(baseOf({ origin: "https://h", pathname: "/hogusu/index.html" })).toBe("https://h/hogusu");
  });

  it("quote names so that a shell and a terminal take them for text", () => {
    expect(quoted("a'; rm -rf ~ #")).toBe("'a'\\''; rm -rf ~ #'");
    expect(quoted("a\u001b[31m\n'x")).toBe("$'a\\u001b[31m\\u000a\\'x'");
    expect(quoted("\u202eevil")).toBe("$'\\u202eevil'");
    expect(quoted("")).toBe("''");
  });
});

describe("files", () => {
  const graph = graphOf([`shop/web>stock/inv`]);
  const evil = { ...graph, edges: [edge("1", node("=cmd()"), node(`a"b\u202e`), { failed: 1, failedOf: 3 })] };

  it("hold no formula, no markup and nothing that steers", () => {
    expect(csv(evil)).toContain(`1,'=cmd(),"a""b\\u{202e}",8080`);
    expect(dot(evil)).toContain(`"=cmd()" -> "a\\"b\\\\u{202e}" [label="33.3 % = 1 / 3 failed"];`);
    expect(mermaid(evil)).toContain(`n1["a#34;b#92;u#123;202e#125;"]`);
  });
});

it("a trace's address is https, and its id is encoded", () => {
  expect(traceAddress("https://t/{trace_id}", "a/b")).toBe("https://t/a%2Fb");
  expect(traceAddress("http://localhost:3000/{trace_id}", "a")).toBe("http://localhost:3000/a");
  for (const bad of [null, "https://t/", "javascript:{trace_id}", "http://t/{trace_id}", "no address {trace_id}"]) expect(traceAddress(bad, "a")).toBeNull();
});

it("the table is in the collector's order until a column is pressed; unknown comes last", () => {
  const edges = [edge("1", node("a"), node("b"), { exchanges: null }), edge("2", node("a"), node("c"), { exchanges: 5 }), edge("3", node("a"), node("d"), { exchanges: 9 })];
  const ids = (sort: string | null): string => sorted(edges, readSort(sort)).map(({ id }) => id).join("");
  expect([ids(null), ids("exchanges-"), ids("exchanges"), ids("nonsense")]).toEqual(["123", "321", "231", "123"]);
  expect([pressed("exchanges", null), pressed("exchanges", readSort("exchanges-")), pressed("exchanges", readSort("exchanges"))]).toEqual(["exchanges-", "exchanges", null]);
});

it("a search asks either end, or the one that is named", () => {
  const one = edge("1", node("shop/web"), node("stock/inv"));
  const found = (text: string): boolean => finds(readSearch(text), one);
  expect(finds(readSearch("from:shop/"), edge("1", node("workshop/web"), node("a/b")))).toBe(false);
  expect([found("web inv"), found("from:web to:stock/"), found("to:web"), found("SHOP"), found("")]).toEqual([true, true, false, true, true]);
});

it("completeness is three numbers, and what nobody expects is not complete", () => {
  const { completeness } = graphOf(["a/a>b/b"]);
  expect(parts(completeness).map(({ id, value, isLacking }) => [id, value, isLacking])).toEqual([
    ["proxies", "1 seen", true],
    ["time-covered", "96 % = 24m / 25m", true],
    ["batches-lost", "0", false],
    ["refused-connections", "not observed", true],
  ]);
});

it("a list that was cut never looks like all: 500 worst, and how many edges more have findings", () => {
  const graph = graphOf(Array.from({ length: 700 }, (_, i) => `a/a>b/w${i}`));
  for (const each of graph.edges) each.finding = "failing";
  const listed = graph.edges.map(({ id }, i) => ({ rank: i + 1, kind: "failing", edge_id: id, text: "fails" }));
  expect([unlisted(listed.slice(0, 500), graph.edges), listedCount(listed.slice(0, 500), graph.edges)]).toEqual([200, "500+"]);
  expect([unlisted(listed, graph.edges), listedCount(listed, graph.edges)]).toEqual([0, "700"]);
  expect(unlisted(listed.slice(0, 3), graph.edges), "a graph that is a moment newer cuts no short list").toBe(0);
});

it("warmth is one of five by orders of magnitude, on one scale for both reporters, and of nothing where nothing was measured", () => {
  const report = (p50: number | null, p99: number | null) => ({ count: 1, rate_per_s: 1, failed: 0, failed_of: 1, failed_ratio: 0, p50_s: p50, p90_s: null, p99_s: p99 });
  const point = { from: "a", to: "b", exchanges: 1, source_covered: 1, destination_covered: 1 };
  const scale = bounds([{ ...point, source_report: report(0.001, null), destination_report: null }, { ...point, source_report: null, destination_report: report(0.01, 100) }]);
  expect(scale.map((bound) => Number(bound.toPrecision(3)))).toEqual([0.01, 0.1, 1, 10, 100]);
  expect([0.001, 0.05, 100, 1000].map((value) => level(value, scale))).toEqual([1, 2, 5, 5]);
  expect(bounds([{ ...point, source_report: report(null, null), destination_report: null }])).toEqual([]);
});

it("a long name keeps both of its ends", () => {
  expect([middle("short", 9), middle("checkout-service-v2", 9), middle("日本語日本語", 3)]).toEqual(["short", "chec…e-v2", "日…語"]);
});
