// Following now, and what happens when that fails (checks 23, 24, 25 and 26 of the page).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { small } from "./fixture/mesh.mjs";
import { boxes, eventually, launch, onMesh, refreshed } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const refused = (text) => text.includes("ERR_") || text.includes("503") || text.includes("Failed to load resource");

test("while the collector is down the old map stays, grey and with its age; it recovers alone", () =>
  onMesh(browser, small(), { allowed: refused }, async ({ page, held, server }) => {
    await page.getByTestId("box").first().waitFor();
    const before = await boxes(page);
    held.isDown = true;
    server.cut();
    await page.getByTestId("banner").waitFor();
    assert.match(await page.getByTestId("banner").innerText(), /does not answer\. What is shown is of .* no answer for/);
    assert.match(await page.locator("main").getAttribute("class"), /stale/);
    const kept = Object.keys(await boxes(page));
    assert.deepEqual(kept, Object.keys(before));
    held.isDown = false;
    await page.getByTestId("banner").waitFor({ state: "hidden" });
    assert.doesNotMatch(await page.locator("main").getAttribute("class"), /stale/);
  }));

test("without a stream of events the page asks every 10 s, and says so", () =>
  onMesh(browser, small(), { allowed: refused, before: (held) => (held.hasEvents = false), isTimed: true }, async ({ page, server }) => {
    const graphs = () => server.asked.filter((name) => name.startsWith("api/v1/graph")).length;
    const said = () => page.getByTestId("live").innerText();
    // Three failures, a second apart.
    await eventually("it says so", async () => (await page.clock.runFor(1000), said()), (text) => text.startsWith("polling every 10s"));
    await eventually("what was asked meanwhile is answered", () => page.locator("main").innerText(), (text) => !/Asking/.test(text));
    for (let i = 1; i <= 3; i += 1) {
      const before = graphs();
      await page.clock.runFor(9000);
      assert.ok(graphs() <= before + 1, "no more often");
      await page.clock.runFor(1000);
      await eventually("asked again", graphs, (n) => n === before + 1);
    }
  }));

test("a hidden tab holds no stream and asks nothing", () =>
  onMesh(browser, small(), { isTimed: true }, async ({ page, server }) => {
    await eventually("live", () => page.getByTestId("live").innerText(), (text) => text === "live");
    assert.equal(server.streams.size, 1);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await eventually("the stream is let go", () => server.streams.size, (size) => size === 0);
    const asked = server.asked.length;
    await page.clock.runFor(120_000);
    assert.deepEqual(server.asked.slice(asked), []);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await eventually("it is back", () => server.streams.size, (size) => size === 1);
  }));

test("seven tabs load over HTTP/1.1, hold one stream, and all follow", () =>
  onMesh(browser, small(), {}, async ({ page, server, opened, held }) => {
    const tabs = [page];
    for (let i = 1; i < 7; i += 1) {
      const tab = await opened.newPage();
      await tab.goto(server.url);
      tabs.push(tab);
    }
    for (const tab of tabs) await tab.getByTestId("box").first().waitFor();
    await eventually("one stream", () => server.streams.size, (size) => size === 1);
    held.factor = 5;
    await refreshed(page, server);
    for (const tab of tabs) await eventually("the new numbers", () => tab.locator(".findings").innerText(), (text) => text.includes("60,020"));
  }));

test("the slider snaps to slots by key and by drag; a gap is hatched", () =>
  onMesh(browser, small(), { query: "?view=map" }, async ({ page, held }) => {
    const slider = page.getByTestId("slider");
    await page.getByTestId("box").first().waitFor();
    await eventually("the kept time is known", () => slider.isEnabled(), Boolean);
    await slider.focus();
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("ArrowLeft");
    const pinned = () => new URL(page.url()).searchParams;
    await eventually("the window is pinned", () => pinned().get("to"), (to) => to !== null);
    assert.equal(Date.parse(pinned().get("to")) % 10_000, 0);
    assert.equal(Date.parse(pinned().get("to")) - Date.parse(pinned().get("from")), 300_000);
    const area = await slider.boundingBox();
    await page.mouse.move(area.x + area.width * 0.9, area.y + area.height / 2);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width * 0.5, area.y + area.height / 2);
    await page.mouse.up();
    const dragged = await eventually("the window moved", () => pinned().get("to"), (to) => Date.now() - Date.parse(to) > 600_000);
    assert.equal(Date.parse(dragged) % 10_000, 0);
    assert.equal(await page.getByTestId("live").innerText(), "pinned");
    await page.goto(new URL(`?view=edge&edge=${held.edges()[1].id}`, page.url()).href);
    await page.getByTestId("gap").first().waitFor();
    // Three stretches that nobody covered, in two tracks of two reporters; each is filled by a pattern that is there.
    const gaps = await page.getByTestId("gap").evaluateAll((all) => all.map((gap) => document.querySelector(gap.getAttribute("fill").slice(4, -1))?.tagName));
    assert.deepEqual(gaps, Array(12).fill("pattern"));
  }));
