// How the collector is asked: what an error's text is when it comes to be shown, and when trouble ends.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { graphOf } from "./meshes.ts";

type Answers = (address: string) => { status?: number; body: unknown };

function answers(answer: Answers): void {
  vi.stubGlobal("fetch", async (address: string) => {
    const { status = 200, body } = answer(address);
    return { ok: status === 200, status, statusText: "Bad\u202eGateway", text: async () => (typeof body === "string" ? body : JSON.stringify(body)) };
  });
}

beforeEach(() => vi.stubGlobal("location", { search: "", pathname: "/", origin: "http://here" }));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const { completeness } = graphOf([]);
const observed = { mesh: "m", from: "2026-11-24T14:02:00Z", to: "2026-11-24T14:07:00Z", sealed_to: null, seconds: 300, completeness };
const columns = ["id", "source", "destination", "protocol", "port", "report", "exchanges", "failed", "failed_of", "p50_s", "p99_s", "security", "agreement", "finding"];
const graph = { ...observed, schema: "hogusu.graph/v1", totals: {}, texts: [], nodes: { label: [], kind: [], cluster: [], namespace: [], name: [] }, edges: Object.fromEntries(columns.map((name) => [name, []])) };

it("an error's text is escaped once: by the collector, or by the page where something else answered", async () => {
  const { ask } = await import("../src/api/ask.ts");
  const said = (): Promise<string> => ask("api/v1/x", "s", new AbortController().signal).then(String, (error: Error) => error.message);
  answers(() => ({ status: 404, body: { error: { code: "x", message: "no edge pay\\u{202e}etad", remedy: "ask for a\\u{5c}u{1b}" } } }));
  expect(await said()).toBe("no edge pay\\u{202e}etad (ask for a\\u{5c}u{1b})");
  answers(() => ({ status: 502, body: "<html>" }));
  expect(await said()).toBe("the collector answered 502 Bad\\u{202e}Gateway");
  answers(() => ({ status: 400, body: { error: { code: "x", message: "a\u202eb" } } }));
  expect(await said()).toBe("a\\u{202e}b");
});

it("trouble ends when everything was answered, and lasts from its beginning while a part fails", async () => {
  const { refresh } = await import("../src/state/refresh.ts");
  const store = await import("../src/state/store.ts");
  const seen: (string | null)[] = [];
  store.trouble.subscribe((now) => seen.push(now?.text ?? null));
  const failing: Answers = (address) => (address.includes("/graph") ? { body: graph } : { status: 503, body: { error: { message: "busy" } } });
  vi.useFakeTimers({ now: 1_000_000 });
  answers(failing);
  await refresh();
  vi.setSystemTime(1_060_000);
  await refresh();
  expect(store.trouble.value).toEqual({ text: "busy", since: 1_000_000 });
  expect(seen.slice(1)).not.toContain(null);
  answers((address) => ({ body: address.includes("/graph") ? graph : address.includes("/map") ? { schema: "hogusu.map/v1", findings: [] } : { schema: "hogusu.status/v1" } }));
  await refresh();
  expect(store.trouble.value).toBeNull();
  vi.useRealTimers();
});
