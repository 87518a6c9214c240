// Nothing leaves the origin, nothing runs that is not the page's, names are text, files are what is shown (checks 21, 22 and 30).

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { hostile, small } from "./fixture/mesh.mjs";
import { complete, launch, onMesh } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test("behind a path, with every view opened, nothing is asked elsewhere and the policy has nothing to refuse", () =>
  onMesh(browser, small(), { path: "/mesh/hogusu/" }, async ({ page, server }) => {
    const edge = small().edges[1].id;
    const start = page.url();
    for (const query of ["?", "?show=matrix", "?show=table", `?edge=${edge}`, `?view=edge&edge=${edge}`, "?view=workload&workload=shop/checkout", "?view=findings", "?workload=shop/checkout&part=impact", "?workload=shop/checkout&part=calls", "?view=coupling", "?view=entries", "?view=compliance&policy=mutual-tls", "?view=compare&a=before-cut-over"]) {
      const answer = await page.goto(new URL(query, start).href);
      assert.match(answer.headers()["content-security-policy"], /trusted-types 'none'/);
      await complete(page);
    }
    await page.goto(start);
    await page.getByTestId("tools").click();
    assert.match(await page.getByTestId("command").innerText(), /^hogusu map --all --since 5m --url http:\/\/127\.0\.0\.1:\d+\/mesh\/hogusu$/);
    assert.deepEqual(server.stray, [], "nothing is asked beside the path");
    assert.equal(await page.locator("[style]:not(.layer)").count(), 0, "no style stands in the markup");
  }));

test("names that would be more than text are text, whole and harmless", () =>
  onMesh(browser, hostile(), { query: "?show=table" }, async ({ page, held }) => {
    await page.getByTestId("edge-row").first().waitFor();
    const markup = held.mesh.nodes[1];
    const row = page.locator(`tr[data-destination='${markup.label.replaceAll("'", "\\'")}']`);
    assert.match(await row.locator("td").first().innerText(), /<img src=x/);
    assert.equal(await page.locator("main img").count(), 0);
    assert.ok(!(await page.title()).includes("owned"));
    const text = await page.locator("tbody").innerText();
    assert.ok(text.includes("pay\\u{202e}etadpu") && text.includes("a\\u{200b}b \\u{1b}[31m"), text);
    assert.ok(!/[\u202e\u200b\u001b]/.test(text));
    const long = page.locator(`tr[data-destination="legacy/${"x".repeat(253)}"] bdi`).nth(1);
    assert.equal(await long.getAttribute("title"), `legacy/${"x".repeat(253)}`);
    await page.getByTestId("show-lanes").click();
    await page.locator(`[data-box="legacy/${"x".repeat(253)}"]`).click();
    await page.locator("[data-testid=panel] h2").waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
  }));

test("files hold what is shown: SVG, CSV, DOT, Mermaid", () =>
  onMesh(browser, small(), {}, async ({ page, held }) => {
    await page.getByTestId("box").first().waitFor();
    await page.getByTestId("tools").click();
    const save = async (kind) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId(`export-${kind}`).click()]);
      return readFile(await download.path(), "utf8");
    };
    const svg = await save("svg");
    assert.ok(svg.includes("<svg") && svg.includes(">checkout<") && svg.includes(">PLAINTEXT<") && /stroke="rgb\(/.test(svg) && svg.includes("time covered 100 % = "));
    const rows = (await save("csv")).trimEnd().split("\r\n");
    assert.equal(rows.length, held.edges().length + 1);
    assert.match(rows[2], /,shop\/checkout,stock\/inventory,9090,grpc,requests,source,12004,612,12004,/);
    assert.match(await save("dot"), /"legacy\/cron" -> "stock\/inventory" \[label="0 \/ 155 failed, PLAINTEXT"\];/);
    assert.match(await save("mermaid"), /^%% .*\nflowchart LR\n/);
  }));

test("the map takes at most 45 kB under gzip, all views together 70 kB", async () => {
  const dist = new URL("../dist/", import.meta.url);
  const names = await readdir(new URL("assets/", dist));
  const size = async (name) => gzipSync(await readFile(new URL(name, dist)), { level: 9 }).length;
  const index = await readFile(new URL("index.html", dist), "utf8");
  const first = names.filter((name) => index.includes(name)).map((name) => `assets/${name}`);
  const sum = async (list) => (await Promise.all(list.map(size))).reduce((a, b) => a + b, 0);
  const map = await sum(["index.html", ...first]);
  const all = await sum(["index.html", ...names.map((name) => `assets/${name}`)]);
  assert.ok(map <= 45_000, `the map takes ${map} bytes`);
  assert.ok(all <= 70_000, `all takes ${all} bytes`);
  console.log(`map ${map} bytes, all ${all} bytes under gzip`);
});
