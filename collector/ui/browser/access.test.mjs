// Everybody can use it: axe finds nothing, the keyboard reaches everything, focus stays, forced colours and small screens lose nothing
// (checks 14, 15, 16 and 29 of the page).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { small } from "./fixture/mesh.mjs";
import { complete, eventually, launch, onMesh, refreshed } from "./pages.mjs";

let browser;
let axe;
before(async () => {
  browser = await launch();
  axe = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
});
after(() => browser.close());

const edge = small().edges[1].id;
const VIEWS = {
  lanes: "", matrix: "?show=matrix", table: "?show=table", "edge panel": `?edge=${edge}`, "workload panel": "?workload=shop/checkout", edge: `?view=edge&edge=${edge}`,
  workload: "?view=workload&workload=shop/checkout", impact: "?workload=stock/inventory&part=impact", calls: "?view=workload&workload=shop/frontend&part=calls", coupling: "?view=coupling", "entry points": "?view=entries", compliance: "?view=compliance&policy=mutual-tls",
  compare: "?view=compare&a=before-cut-over", findings: "?view=findings", surroundings: "?around=shop/checkout&depth=2&protocol=http&lane=-stock", empty: "?namespace=nowhere",
};

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing on any view, ${colorScheme}`, () =>
    onMesh(browser, small(), { context: { colorScheme }, before: (held) => held.silent.push("stock/pricing") }, async ({ page }) => {
      for (const [name, query] of Object.entries(VIEWS)) {
        await page.goto(new URL(query || "?", page.url()).href);
        await complete(page);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(" | ")}`);
        assert.deepEqual(told, [], name);
      }
      await page.goto(new URL("?", page.url()).href);
      await page.getByTestId("tools").click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(violations.map(({ id }) => id), [], "with the menu open");
    }));
}

test("by keyboard alone: from the first finding to its edge, to the trace", () =>
  onMesh(browser, small(), { before: (held) => (held.more = { trace_url: "https://traces.example/trace/{trace_id}" }) }, async ({ page }) => {
    await page.getByTestId("finding").first().waitFor();
    await eventually("the status with its template is known", () => page.getByTestId("slider").isEnabled(), Boolean);
    const focused = () => page.evaluate(() => document.activeElement?.closest("[data-testid]")?.dataset.testid ?? document.activeElement?.tagName);
    const tabTo = async (wanted, most) => {
      for (let i = 0; i < most; i += 1) {
        await page.keyboard.press("Tab");
        if ((await focused()) === wanted) return;
      }
      assert.fail(`Tab does not reach ${wanted}; last: ${await focused()}`);
    };
    await tabTo("finding", 25);
    await page.keyboard.press("Enter");
    await page.getByTestId("trace").waitFor();
    await tabTo("trace", 60);
    assert.match(await page.evaluate(() => document.activeElement.href), /^https:\/\/traces\.example\/trace\/[0-9a-f]{32}$/);
    assert.equal(await page.evaluate(() => document.activeElement.rel), "noopener noreferrer");
    await page.keyboard.press("Escape");
    await page.getByTestId("panel").waitFor({ state: "hidden" });
  }));

test("arrows walk the map: right to destinations, left to sources, Enter opens", () =>
  onMesh(browser, small(), {}, async ({ page }) => {
    await page.locator('[data-box="shop/frontend"]').focus();
    const here = () => page.evaluate(() => document.activeElement?.dataset.box);
    await page.keyboard.press("ArrowRight");
    assert.equal(await here(), "shop/checkout");
    await page.keyboard.press("ArrowRight");
    assert.ok(["stock/inventory", "stock/pricing", "pay/ledger", "data/store"].includes(await here()));
    await page.keyboard.press("ArrowLeft");
    assert.equal(await here(), "shop/checkout");
    assert.equal(await page.locator("[data-box][tabindex='0']").count(), 1, "one tab stop");
    assert.match(await page.locator('[data-box="shop/checkout"]').getAttribute("aria-label"), /^checkout 1 in, 4 out, shop, worst: to stock\/inventory failing 5\.1 % = 612 \/ 12,004 failed$/);
    await page.keyboard.press("Enter");
    await page.locator('[data-workload="shop/checkout"]').waitFor();
  }));

test("lanes fold and open by keyboard: one tab stop, arrows among their names, Enter", () =>
  onMesh(browser, small(), {}, async ({ page }) => {
    await page.getByTestId("box").first().waitFor();
    const stops = page.locator("[data-fold][tabindex='0']");
    assert.equal(await stops.count(), 1, "one tab stop");
    const here = () => page.evaluate(() => document.activeElement?.dataset.fold);
    const names = await page.locator("[data-fold]").evaluateAll((all) => all.map(({ dataset }) => dataset.fold));
    assert.ok(names.includes("stock") && names.length >= 3, names.join());
    await stops.focus();
    for (const name of names.slice(1)) {
      await page.keyboard.press("ArrowDown");
      assert.equal(await here(), name);
    }
    while ((await here()) !== "stock") await page.keyboard.press("ArrowUp");
    const stock = page.getByRole("button", { name: "stock 2 workloads, lane" });
    assert.equal(await stock.getAttribute("aria-expanded"), "true");
    await page.keyboard.press("Enter");
    await page.locator('[data-box="lane stock"]').waitFor();
    assert.equal(await here(), "stock", "the focus stays");
    assert.equal(await stock.getAttribute("aria-expanded"), "false");
    await page.keyboard.press(" ");
    await page.locator('[data-box="stock/pricing"]').waitFor();
  }));

test("single keys do what the list says, and nothing when they are switched off or somebody types", () =>
  onMesh(browser, small(), {}, async ({ page }) => {
    await page.getByTestId("finding").first().waitFor();
    const asked = () => new URL(page.url()).searchParams;
    const first = small().edges[0].id;
    for (const [key, name, value] of [["m", "mode", "mtls"], ["e", "mode", null], ["j", "edge", first], ["j", "edge", edge], ["k", "edge", first], ["Escape", "edge", null], ["c", "view", "compare"], ["Escape", "view", null]]) {
      await page.keyboard.press(key);
      assert.equal(asked().get(name), value, key);
    }
    await page.keyboard.press("[");
    assert.notEqual(asked().get("to"), null, "one window earlier");
    // Where a slot began meanwhile, one window later is not yet now.
    const later = async () => {
      await page.keyboard.press("]");
      return asked().get("to");
    };
    await eventually("back at now", later, (to) => to === null);
    await page.keyboard.press("/");
    const there = page.url();
    for (const letter of "mecha") {
      await page.keyboard.type(letter);
      assert.equal(page.url(), there, `typing ${letter} is no command`);
    }
    assert.equal(await page.getByTestId("search").inputValue(), "mecha");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("checkbox", { name: "single keys do nothing" }).check();
    await page.getByRole("button", { name: "Close" }).click();
    await page.keyboard.press("m");
    assert.equal(asked().get("mode"), null);
  }));

test("paper shows all of the picture, on white, whatever the screen is", () =>
  onMesh(browser, small(), { query: `?edge=${edge}`, context: { colorScheme: "dark" } }, async ({ page }) => {
    await page.locator("[data-testid=panel] .verdict").first().waitFor();
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".top")).backgroundColor), "rgb(255, 255, 255)");
    const [drawing, paper] = await Promise.all([page.getByTestId("drawing").boundingBox(), page.evaluate(() => document.documentElement.clientWidth)]);
    assert.ok(drawing.x >= 0 && drawing.x + drawing.width <= paper, JSON.stringify(drawing));
    for (const id of ["filters", "search"]) assert.ok(!(await page.getByTestId(id).isVisible()), id);
    assert.ok(await page.getByTestId("time-covered").isVisible());
  }));

test("focus survives a refresh and sorting", () =>
  onMesh(browser, small(), { query: "?show=table" }, async ({ page, held, server }) => {
    const link = page.locator(`tr[data-edge-id="${edge}"] a`);
    await link.focus();
    held.factor = 3;
    await refreshed(page, server);
    const focused = () => page.evaluate(() => document.activeElement?.closest("tr")?.dataset.edgeId ?? document.activeElement?.textContent);
    assert.equal(await focused(), edge);
    await page.getByRole("button", { name: "Exchanges" }).focus();
    await page.keyboard.press("Enter");
    assert.match(await focused(), /Exchanges/);
    const counts = await page.getByTestId("exchanges").evaluateAll((all) => all.map((cell) => Number(cell.innerText.split(" ")[0].replaceAll(",", ""))));
    assert.deepEqual(counts, [...counts].sort((a, b) => b - a));
    await refreshed(page, server);
    assert.match(await focused(), /Exchanges/);
  }));

for (const [name, context] of Object.entries({ "forced colours": { forcedColors: "active" }, "320 px": { viewport: { width: 320, height: 640 } }, "200 % zoom": { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 } })) {
  test(`nothing is lost with ${name}`, () =>
    onMesh(browser, small(), { context }, async ({ page }) => {
      await page.getByTestId("box").first().waitFor();
      for (const id of ["stage", "search", "slider", "tools", "filters", "live", "proxies", "time-covered", "legend", "finding"]) {
        const element = page.getByTestId(id).first();
        await element.scrollIntoViewIfNeeded();
        const { x, width } = await element.boundingBox();
        assert.ok(width > 0 && x >= -1 && x + width <= context.viewport?.width + 1 || !context.viewport, `${id} lies from ${x} to ${x + width}`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `the page is ${wide} px too wide`);
      await page.getByTestId("finding").first().locator("a").click();
      await page.locator("[data-testid=panel] .verdict").first().waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, "with the panel");
      if (name === "forced colours") {
        const colours = await page.locator("#main").evaluate((main) => {
          main.style.color = "CanvasText";
          const text = getComputedStyle(main).color;
          main.style.color = "";
          return [text, ...[...document.querySelectorAll(".line .stroke")].map((line) => getComputedStyle(line).stroke)];
        });
        assert.deepEqual([...new Set(colours)], [colours[0]], "lines have the colour of text");
      }
    }));
}
