// What the shape of the mesh says, on the page: what breaks with a workload, what to decouple first, where traffic comes in. Numbers are
// the API's, what is not known is said, places stay.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { large, small } from "./fixture/mesh.mjs";
import { boxes, complete, eventually, launch, onMesh, refreshed } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const api = (page, address) => page.evaluate((asked) => fetch(asked).then((answer) => answer.json()), address);
const attribute = (page, label, name) => page.locator(`[data-box="${label}"]`).getAttribute(name);

test("what breaks with a workload is the API's, and stands on the map in words, on the same places", () =>
  onMesh(browser, small(), { query: "?workload=stock/inventory" }, async ({ page, server }) => {
    await page.getByTestId("part-edges").waitFor();
    const places = await boxes(page);
    await page.getByTestId("part-impact").click();
    await page.getByTestId("impact-sum").waitFor();
    const told = await api(page, "api/v1/impact?since=5m&workload=stock/inventory");
    assert.deepEqual(told.entries.map(({ workload, certainty }) => [workload, certainty]), [["legacy/cron", "certain"], ["shop/frontend", "possible"]]);
    const hits = await page.getByTestId("hit").evaluateAll((rows) => rows.map(({ dataset, innerText }) => [dataset.workload, dataset.certainty, innerText.replaceAll(/\s+/g, " ")]));
    assert.deepEqual(hits.map(([workload, certainty]) => [workload, certainty]), [["legacy/cron", "certain"], ["shop/frontend", "possible"]]);
    assert.match(hits[0][2], /certainly about 155 of 155 \(100 %\) calls made$/);
    assert.match(hits[1][2], /possibly about 14,868 of 35,400 \(42 %\), at most 33,188 of 35,400 \(93\.8 %\) calls made$/);
    assert.equal(await page.getByTestId("impact-sum").innerText(), "2 entry points are hit: 1 certainly, 1 possibly.");

    assert.deepEqual(await boxes(page), places, "nothing moved");
    for (const [label, name, words] of [["stock/inventory", "dies", "dies"], ["legacy/cron", "hit", "fails certainly"], ["shop/frontend", "may", "may fail"], ["shop/checkout", "way", "calls lead to it"]]) {
      await eventually(label, () => attribute(page, label, "class"), (classes) => classes.split(" ").includes(name) && !classes.includes("dim"));
      assert.ok((await attribute(page, label, "aria-label")).includes(words), label);
      assert.ok((await page.locator(`[data-box="${label}"]`).innerText().catch(() => page.locator(`[data-box="${label}"]`).textContent())).includes(words), label);
    }
    assert.match(await attribute(page, "pay/ledger", "class"), / dim/);
    const bright = await page.locator("[data-testid=line]:not(.dim)").evaluateAll((lines) => lines.map(({ dataset }) => dataset.line));
    const ways = small().edges.filter(({ source, destination }) => ["shop/frontend>shop/checkout", "shop/checkout>stock/inventory", "legacy/cron>stock/inventory"].includes(`${source.label}>${destination.label}`));
    assert.ok(ways.every(({ id }) => bright.includes(id)));
    assert.ok(!bright.includes(small().edges.find(({ destination }) => destination.label === "pay/ledger").id));

    const address = page.url();
    await refreshed(page, server);
    assert.equal(page.url(), address);
    await page.goto(address);
    await eventually("the address shows the same", () => attribute(page, "legacy/cron", "class"), (classes) => classes.includes("hit"));
    await page.getByTestId("tools").click();
    assert.match(await page.getByTestId("command").innerText(), /^hogusu impact stock\/inventory --since 5m --url /);
    await page.keyboard.press("Escape");
    await page.locator("body").click({ position: { x: 2, y: 2 } });
    await page.keyboard.press("Escape");
    await page.getByTestId("panel").waitFor({ state: "hidden" });
    assert.equal(new URL(page.url()).searchParams.get("part"), null);
  }));

test("where not all is known nothing is certain, and an error or an unknown name is said in words", () =>
  onMesh(browser, small(), { query: "?view=workload&workload=stock/inventory&part=impact", allowed: (text) => text.includes("503"), before: (held) => held.silent.push("stock/pricing") }, async ({ page, held }) => {
    await page.getByTestId("impact-sum").waitFor();
    assert.equal(await page.getByTestId("impact-sum").innerText(), "2 entry points are hit: 1 as observed, 1 possibly.");
    assert.match(await page.getByTestId("impact").innerText(), /nothing is certain of others than itself/);
    await page.goto(new URL("?view=workload&workload=shop/nobody&part=impact", page.url()).href);
    await eventually("it was not seen", () => page.getByTestId("impact").innerText(), (text) => /It was not seen in this period: nothing can be said/.test(text));
    held.refuses["api/v1/impact"] = held.refuses["api/v1/coupling"] = held.refuses["api/v1/entries"] = { status: 503, message: "it needs more memory than is left" };
    await page.goto(new URL("?view=workload&workload=shop/cart&part=impact", page.url()).href);
    await page.getByText("What breaks with it: it needs more memory than is left.").waitFor();
    await page.goto(new URL("?view=coupling", page.url()).href);
    await eventually("coupling", () => page.getByTestId("refused").innerText(), (text) => text === "Not answered: it needs more memory than is left.");
    await page.goto(new URL("?view=entries", page.url()).href);
    await eventually("entries", () => page.getByTestId("refused").innerText(), (text) => text === "Not answered: it needs more memory than is left.");
  }));

test("in a large mesh what breaks is drawn within the same bounds, folded lanes with it", () =>
  onMesh(browser, large(300), { query: "?view=map" }, async ({ page, held }) => {
    await page.getByTestId("stage").waitFor();
    const asked = held.edges().find((e) => e.finding === "failing").destination.label;
    await page.goto(new URL(`?workload=${encodeURIComponent(asked)}&part=impact`, page.url()).href);
    await page.getByTestId("impact-sum").waitFor();
    const stage = page.getByTestId("stage");
    assert.ok(Number(await stage.getAttribute("data-boxes")) <= 60 && Number(await stage.getAttribute("data-lines")) <= 120);
    assert.ok((await page.locator(".box.dies").count()) === 1 && (await page.locator("[data-testid=box]:not(.dim)").count()) > 1);
  }));

test("what to decouple first is the API's list with its reasons, and each row leads to its edge on the map", () =>
  onMesh(browser, small(), { query: "?view=coupling" }, async ({ page, held, server }) => {
    await complete(page);
    const told = await api(page, "api/v1/coupling?since=5m&limit=100");
    const rows = page.getByTestId("link");
    assert.deepEqual(await rows.evaluateAll((all) => all.map(({ dataset }) => `${dataset.source} ${dataset.destination}`)), told.links.map(({ source, destination }) => `${source} ${destination}`));
    const first = await rows.first().innerText();
    assert.ok(first.includes(told.links[0].reason) && first.includes(told.links[0].score.toFixed(2)), first);
    assert.match(first, /waiting \? ·/);
    assert.equal(await page.locator(".ranked caption").innerText(), `${told.links_in_all} links on which somebody waits, the first to decouple first.`);
    await page.getByTestId("tools").click();
    assert.match(await page.getByTestId("command").innerText(), /^hogusu coupling --since 5m --url /);
    assert.ok(server.asked.some((name) => name.startsWith("api/v1/coupling?from=")));
    await rows.first().getByRole("link").first().press("Enter");
    const edge = held.edges().find(({ source, destination }) => source.label === told.links[0].source && destination.label === told.links[0].destination);
    await page.locator(`[data-testid=panel] article[data-edge-id="${edge.id}"] .verdict`).first().waitFor();
    assert.match(await page.locator(`[data-line="${edge.id}"]`).getAttribute("class"), /chosen/);
    await page.goto(new URL("?view=coupling&namespace=pay", page.url()).href);
    await page.getByText("This is of the whole mesh: the filter by namespace does not narrow it.").waitFor();
  }));

test("entry points say how deep they wait, and lead to what they wait for", () =>
  onMesh(browser, small(), { query: "?view=entries" }, async ({ page }) => {
    await complete(page);
    const told = await api(page, "api/v1/entries?since=5m");
    const rows = page.getByTestId("entry");
    assert.deepEqual(await rows.evaluateAll((all) => all.map(({ dataset }) => dataset.workload)), told.entries.map(({ workload }) => workload));
    assert.match((await rows.first().innerText()).replaceAll(/\s+/g, " "), new RegExp(`^shop/frontend no source 35,400 made unknown ${told.entries[0].depth} calls ${told.entries[0].dependencies}, ${told.entries[0].hard_dependencies} 12 ms to 40 ms of 410 ms 0\\.9460 to 0\\.9490, bounded by`));
    await rows.first().getByRole("link").press("Enter");
    const calls = page.getByTestId("call");
    await calls.first().waitFor();
    assert.equal(await calls.count(), told.entries[0].dependencies);
    assert.match((await page.locator('[data-testid=call][data-workload="data/redis"]').innerText()).replaceAll(/\s+/g, " "), /not known unknown unknown at most 35,400 of 35,400 \(100 %\) calls made$/);
    await page.getByTestId("tools").click();
    assert.match(await page.getByTestId("command").innerText(), /^hogusu entries --workload shop\/frontend --since 5m --url /);
  }));

test("a mesh without anybody who waits is not called fine", () =>
  onMesh(browser, { nodes: [], edges: [] }, { query: "?view=coupling" }, async ({ page }) => {
    assert.match(await page.getByTestId("none").innerText(), /What was not covered is unknown/);
    await page.goto(new URL("?view=entries", page.url()).href);
    assert.match(await page.getByTestId("none").innerText(), /What was not covered is unknown/);
  }));
