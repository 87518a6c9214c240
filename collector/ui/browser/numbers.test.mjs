// What is shown is what the API answers, and no data never looks fine (checks 1, 7, 8, 9, 10, 11 and 27 of the page).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { large, small } from "./fixture/mesh.mjs";
import { complete, eventually, launch, onMesh } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const number = (text) => Number(text.replaceAll(",", "").split(" ")[0]);

test("every edge of the API is on the map, in the table and under its address, with equal numbers", () =>
  onMesh(browser, small(), { query: "?show=table" }, async ({ page, held }) => {
    await page.getByTestId("edge-row").first().waitFor();
    const rows = await page.getByTestId("edge-row").evaluateAll((all) => all.map((row) => [row.dataset.edgeId, row.querySelector("[data-testid=exchanges]").innerText]));
    assert.deepEqual(Object.fromEntries(rows.map(([id, text]) => [id, number(text)])), Object.fromEntries(held.edges().map((e) => [e.id, e.count])));
    await page.getByTestId("show-lanes").click();
    const lines = await page.getByTestId("line").evaluateAll((all) => all.map((line) => line.dataset.line));
    assert.deepEqual(lines.sort(), held.edges().map((e) => e.id).sort());
    for (const e of held.edges()) {
      await page.goto(new URL(`?view=edge&edge=${e.id}`, page.url()).href);
      const counted = page.getByTestId("panel-source-count");
      await counted.waitFor();
      assert.equal(number(await counted.innerText()), e.count, e.id);
    }
  }));

test("a silent proxy's workload is hatched, and its edges are never shown as fine", () =>
  onMesh(browser, small(), { before: (held) => held.silent.push("stock/pricing", "pay/cards", "mail/unseen") }, async ({ page, held }) => {
    await page.locator('[data-box="stock/pricing"]').waitFor();
    for (const label of held.silent) {
      const box = page.locator(`[data-box="${label}"]`);
      assert.match(await box.getAttribute("class"), /silent/, label);
      assert.equal(await box.locator(".hatch").count(), 1, label);
      assert.match(await box.getAttribute("aria-label"), /silent in part of the period/, label);
    }
    const about = held.edges().filter((e) => [e.source.label, e.destination.label].some((label) => held.silent.includes(label)));
    assert.ok(about.length >= 4);
    for (const e of about) assert.notEqual(await page.locator(`[data-line="${e.id}"]`).getAttribute("data-look"), "ok", e.id);
    await page.getByTestId("show-matrix").click();
    for (const namespace of ["stock", "pay"]) {
      const cells = page.locator(`[data-testid=cell][aria-label*=" ${namespace}"]`);
      await cells.first().waitFor();
      for (const cell of await cells.all()) assert.doesNotMatch(await cell.getAttribute("class"), / ok$/, `${namespace}: ${await cell.getAttribute("aria-label")}`);
    }
    await page.getByTestId("show-table").click();
    for (const e of about) assert.match(await page.locator(`tr[data-edge-id="${e.id}"]`).innerText(), /incomplete/, e.id);
  }));

test("plaintext is found without a click, by word and glyph, and its evidence with one", () =>
  onMesh(browser, small(), { context: { colorScheme: "light" } }, async ({ page }) => {
    const label = page.getByTestId("label").filter({ hasText: "PLAINTEXT" });
    await label.waitFor();
    assert.equal(await label.locator(".lock").count(), 1, "an open lock stands beside the word");
    await page.locator('[data-kind="plaintext"] a').click();
    await page.locator('[data-testid=panel] .verdict[data-state="plaintext"]').waitFor();
  }));

test("every share stands beside its numerator, its denominator and the coverage", () =>
  onMesh(browser, small(), { before: (held) => held.silent.push("stock/pricing") }, async ({ page, held }) => {
    const edge = held.edges()[1].id;
    for (const query of ["", "?show=table", "?show=matrix", `?edge=${edge}`, `?view=edge&edge=${edge}`, "?view=workload&workload=shop/checkout", "?view=findings", "?workload=shop/checkout&part=impact", "?workload=shop/checkout&part=calls", "?view=coupling", "?view=entries", "?view=compliance&policy=mutual-tls", "?view=compare&a=before-cut-over"]) {
      await page.goto(new URL(query || "?", page.url()).href);
      await page.locator("[data-coverage]").first().waitFor();
      await complete(page);
      if (!query.includes("compare")) await page.getByTestId("strip-bar").first().waitFor({ state: "attached" });
      const bare = await page.evaluate(() => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const wrong = [];
        while (walker.nextNode()) {
          const { nodeValue: text, parentElement: parent } = walker.currentNode;
          if (!/\d %/.test(text)) continue;
          // A legend's limits and the level of an interval are no shares of anything that was counted.
          // The sentence of what is decoupled is the collector's: its numbers stand beside it, its values are from 0 to 1.
          if (parent.closest(".legend, .reason") || /^.*Intervals are 95 %|^of all words/.test(text)) continue;
          const near = parent.closest(".share, .label, .part, .coverage, .side, .cell, .box, .text, li");
          if (!/\d[\d,.]*[a-z ]* (\/|of) \d/.test(near?.textContent ?? "") && !/\d %\d[\d,]* \/ \d/.test(near?.textContent ?? "")) wrong.push(text);
        }
        return wrong;
      });
      assert.deepEqual(bare, [], query);
      assert.match(await page.locator("[data-coverage]").first().innerText(), /96 % = 48m \/ 50m|98 % = /, query);
    }
  }));

test("a comparison finds what was planted; not enough data is counted apart and is never the same", () =>
  onMesh(browser, small(), { query: "?view=compare" }, async ({ page, held }) => {
    await page.getByRole("button", { name: "since baseline before-cut-over" }).click();
    await page.getByTestId("diff-row").first().waitFor();
    const words = (name) => page.getByTestId(`word-${name}`).innerText();
    assert.equal(await words("not_enough_data"), "… 2 not enough data");
    assert.equal(await words("same"), `= ${held.edges().length - 7} same`);
    const planted = ["removed", "added", "slower"];
    for (const [i, word] of planted.entries()) {
      const id = held.edges()[i].id;
      assert.equal(await page.locator(`tr[data-edge-id="${id}"]`).getAttribute("data-words"), word);
      await eventually(`${word} on the map`, () => page.locator(`[data-testid=union] [data-line="${id}"]`).getAttribute("data-look").catch(() => null), (look) => look === word);
    }
    const unsure = held.edges()[5].id;
    assert.equal(await page.locator(`[data-testid=union] [data-line="${unsure}"]`).getAttribute("data-look"), "thin");
    assert.match(await page.locator(`tr[data-edge-id="${held.edges()[2].id}"]`).innerText(), /1\.82x, 1\.60–2\.10/);
  }));

test("a list of findings that was cut says so, and how many edges more have findings", () => {
  const mesh = large(600);
  mesh.edges.slice(0, 730).forEach((e) => Object.assign(e, { failed: Math.ceil(e.count / 10), finding: "failing" }));
  const found = mesh.edges.filter(({ finding }) => finding).length;
  return onMesh(browser, mesh, { query: "?view=findings" }, async ({ page }) => {
    await complete(page);
    assert.match(await page.getByTestId("cut").innerText(), new RegExp(`^500 are listed, and counted below\\. ${found - 500} further edges have findings that are not`));
    assert.match(await page.locator("main h2").innerText(), /the worst 500$/);
    assert.equal(await page.getByRole("link", { name: "Findings" }).innerText(), "Findings 500+");
    await page.goto(new URL("?", page.url()).href);
    await eventually("the badge says so", () => page.locator(".findings .badge").innerText(), (text) => text === "500+");
  });
});

test("findings beside an edge and beside a workload name the next command", () =>
  onMesh(browser, small(), { query: "?view=workload&workload=shop/checkout" }, async ({ page, held }) => {
    const edge = held.edges()[1].id;
    await page.locator(".evidence .next", { hasText: `hogusu series ${edge}` }).waitFor();
    await page.goto(new URL(`?view=edge&edge=${edge}`, page.url()).href);
    await page.locator(".evidence .next", { hasText: `hogusu series ${edge}` }).waitFor();
  }));

test("what the collector says of an error stands as it says it, escaped once", () =>
  onMesh(browser, small(), { query: "?view=compare&a=before-cut-over", allowed: (text) => text.includes("400"), before: (held) => (held.refuses["api/v1/diff"] = { status: 400, message: "no baseline a\\u{202e}b" }) }, async ({ page }) => {
    assert.equal(await page.locator(".compare .notice").innerText(), "Not compared: no baseline a\\u{202e}b.");
  }));

test("a filter that matches nothing names the filter, and an empty mesh is not called fine", async () => {
  await onMesh(browser, small(), { query: "?namespace=nowhere" }, async ({ page }) => {
    assert.match(await page.getByTestId("empty").innerText(), /namespace nowhere/);
  });
  await onMesh(browser, { nodes: [], edges: [] }, {}, async ({ page }) => {
    assert.match(await page.getByTestId("empty").innerText(), /no sign that all is well/);
  });
});
