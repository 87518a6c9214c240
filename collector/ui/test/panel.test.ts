import { describe, expect, it } from "vitest";
import { panelModel, type PanelModel } from "../src/panel.ts";
import { edge, fixture } from "./fixture.ts";

const open = (source: string, destination: string): PanelModel => panelModel(edge(source, destination), fixture().findings);

function report(model: PanelModel, name: string): [string[], string[]] {
  const line = model.reports.find((l) => l.name === name);
  if (!line) throw new Error(`no line ${name}`);
  return [line.source, line.destination];
}

describe("the panel of an edge both ends report", () => {
  const model = open("shop/checkout", "stock/inventory");

  it("shows both reporters side by side", () => {
    expect(model.counts).toEqual({ source: "12,000", destination: "11,996" });
    expect(report(model, "failed")).toEqual([["304 of 12,000 (2.5 %)"], ["300 of 11,996 (2.5 %)"]]);
    expect(report(model, "P99")).toEqual([["31 ms"], ["30 ms"]]);
    expect(report(model, "TLS versions")).toEqual([["TLSv1.3 12,000"], ["TLSv1.3 11,996"]]);
    expect(report(model, "source SPIFFE id")[1]).toEqual(["spiffe://cluster.local/ns/shop/sa/checkout"]);
  });

  it("lists outcomes by who answered, for each reporter", () => {
    expect(model.outcomes.map((t) => t.reporter)).toEqual(["source", "destination"]);
    expect(model.outcomes[0]?.rows.map((r) => r.cells)).toContainEqual(["server error", "upstream", "300", "4.2 ms", "14 ms"]);
    expect(model.outcomes[1]?.rows.map((r) => r.cells)).toContainEqual(["server error", "application", "300", "3.8 ms", "13 ms"]);
  });

  it("spells out what has to hold between attempts and arrivals", () => {
    expect(model.agreement.words).toBe("both reporters agree");
    expect(model.agreement.facts.at(-1)).toEqual(["must hold", "12,000 ≤ 12,001 ≤ 12,003"]);
  });

  it("keeps trace ids whole", () => {
    expect(model.exemplars).toHaveLength(5);
    for (const { traceId } of model.exemplars) expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("lists operations with their failures", () => {
    expect(model.operations[0]?.rows[0]?.cells).toEqual(["stock.Inventory/Reserve", "9,000", "3.3 %", "33 ms"]);
  });
});

describe("the panel of an edge that carries streams", () => {
  const streaming = edge("shop/checkout", "stock/inventory");
  const side = streaming.source_report;
  if (!side) throw new Error("the fixture's edge has no source report");
  side.streaming = 3;
  side.outcomes.push({ outcome: "ok", reason: null, answered_by: "upstream", streaming: true, count: 3, p50_s: 3, p99_s: null });
  const model = panelModel(streaming, []);

  it("counts them apart and shows their lives beside", () => {
    expect(report(model, "streams, not in P50 to P99")).toEqual([["3"], ["0"]]);
    expect(model.outcomes[0]?.rows.map((r) => r.cells)).toContainEqual(["ok, streams", "upstream", "3", "3 s", "-"]);
  });
});

describe("the panel of an edge on which something was injected", () => {
  const delayed = edge("shop/checkout", "stock/inventory");
  const side = delayed.source_report;
  if (!side) throw new Error("the fixture's edge has no source report");
  Object.assign(side, { injected: 50, delayed: 7, failed_of: side.count - 50 });
  side.outcomes.push({ outcome: "tls_failure", reason: "san_mismatch", answered_by: "local_proxy", count: 3, p50_s: null, p99_s: null });
  side.outcomes.push({ outcome: "injected_delay", reason: null, answered_by: "upstream", count: 7, p50_s: 2, p99_s: null });
  const model = panelModel(delayed, []);

  it("leaves it out of failures and says so", () => {
    expect(report(model, "failed")[0]).toEqual(["304 of 11,950 (2.5 %)"]);
    expect(report(model, "failed on purpose, not in failed")).toEqual([["50"], ["0"]]);
    expect(report(model, "delayed on purpose, not in P50 to P99")).toEqual([["7"], ["0"]]);
  });

  it("names why, and marks only real failures", () => {
    const rows = model.outcomes[0]?.rows ?? [];
    const named = (words: string) => rows.find((row) => row.cells[0] === words);
    expect(named("tls failure (san mismatch)")?.failed).toBe(true);
    expect(named("injected delay")?.failed).toBe(false);
  });
});

describe("the panel of an edge one end reports", () => {
  it("says that the source's proxy sent no report", () => {
    const model = open("legacy/cron", "stock/inventory");
    expect(model.counts).toEqual({ source: "no report from the source's proxy", destination: "600" });
    expect(model.security.words).toBe("PLAINTEXT, one side");
    expect(model.findings).toEqual(["legacy/cron -> stock/inventory is plaintext: 600 requests in this period"]);
  });

  it("says that the destination's proxy sent no report, and counts connections", () => {
    const model = open("stock/pricing", "stock/redis");
    expect(model.absent).toEqual({ source: null, destination: "no report from the destination's proxy" });
    expect(model.measure).toBe("3 connections");
    expect(report(model, "lifetime P99")).toEqual([["-"], []]);
    expect(model.security.words).toBe("TLS, client authentication unobserved");
  });
});

describe("the panel of an edge whose reporters contradict each other", () => {
  it("gives both assertions and the reasons", () => {
    const model = open("shop/orders", "stock/inventory");
    expect(model.agreement.state).toBe("disagree");
    expect(model.agreement.reasons).toContain("security differs");
    expect(model.security.lines).toEqual([
      { name: "mutual TLS", source: ["0"], destination: ["3,000"] },
      { name: "plaintext", source: ["3,000"], destination: ["0"] },
    ]);
  });
});
