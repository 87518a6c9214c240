import { describe, expect, it } from "vitest";
import { matches } from "../src/matching.ts";
import { nextSort, sortRows } from "../src/order.ts";
import { toRow } from "../src/row.ts";
import { edge, fixture } from "./fixture.ts";

describe("rows", () => {
  it("show both P99s, and - where one is not known", () => {
    const { text } = toRow(edge("legacy/cron", "stock/inventory"));
    expect([text.p50, text.p99, text.p99dst]).toEqual(["-", "-", "22 ms"]);
    expect(toRow(edge("stock/inventory", "stock/pricing")).text.p99dst).toBe("-");
  });

  it("count closed connections of a TCP edge, not requests, and take no lifetime for a latency", () => {
    const { text } = toRow(edge("shop/cart", "stock/redis"));
    expect([text.rate, text.p50, text.p99, text.p99dst]).toEqual(["8 closed", "-", "-", "-"]);
  });

  it("name a port once", () => {
    expect(toRow(edge("legacy/billing", "203.0.113.7:443")).text.destination).toBe("203.0.113.7:443");
    expect(toRow(edge("shop/cart", "stock/redis")).text.destination).toBe("stock/redis:6379");
  });
});

describe("order", () => {
  const rows = fixture().edges.map(toRow);

  it("is the collector's, worst first, unless a column is chosen", () => expect(sortRows(rows, null)).toEqual(rows));

  it("sorts numbers as numbers, unknown ones below all known", () => {
    const sorted = sortRows(rows, { column: "p99", descending: true }).map((row) => row.sort.p99 as number);
    expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
    expect(sorted.at(-1)).toBe(-1);
  });

  it("a heading goes from its natural order to the other and back to worst first", () => {
    const first = nextSort(null, "p99");
    const second = nextSort(first, "p99");
    expect([first, second, nextSort(second, "p99")]).toEqual([{ column: "p99", descending: true }, { column: "p99", descending: false }, null]);
    expect(nextSort(first, "source")).toEqual({ column: "source", descending: false });
  });
});

describe("search", () => {
  const found = (search: string): number => fixture().edges.filter((e) => matches(e, search)).length;

  it("finds everything for nothing", () => expect(found("  ")).toBe(12));
  it("wants every term", () => expect(found("inventory grpc")).toBe(2));
  it("looks at one end for from: and to:", () => {
    expect(found("from:stock/inventory")).toBe(1);
    expect(found("to:stock/inventory")).toBe(3);
  });
  it("finds a SPIFFE id, a service and a state of security", () => {
    expect(found("spiffe://cluster.local/ns/legacy/sa/billing")).toBe(2);
    expect(found("cart-legacy.shop.svc.cluster.local:8000")).toBe(1);
    expect(found("PlainText")).toBeGreaterThan(0);
  });
});
