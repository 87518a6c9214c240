// The strip under the slider: failures and coverage of each earlier window, in bars, in words and as a table whose rows pin the window.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { large, small } from "./fixture/mesh.mjs";
import { boxes, complete, eventually, launch, onMesh } from "./pages.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const LENGTH = 300_000;
const borders = (held) => Math.floor(held.now() / LENGTH) * LENGTH;
const asked = (server) => server.asked.filter((name) => name.startsWith("api/v1/groups")).length;

test("each earlier window has its bar: what failed, what was covered in part, what nobody covered; a row pins the window", () => {
  let end;
  const plant = (held) => {
    end = borders(held);
    held.past = (from) => ({ [end - 3 * LENGTH]: { failed: 0.2 }, [end - 4 * LENGTH]: { failed: 0, covered: 0.5 }, [end - 5 * LENGTH]: { isEmpty: true, covered: 0 } })[from] ?? { failed: 0 };
  };
  return onMesh(browser, small(), { before: plant }, async ({ page, server }) => {
    const bars = page.getByTestId("strip-bar");
    await bars.first().waitFor();
    const looks = await bars.evaluateAll((all) => all.map((bar) => [bar.getAttribute("class").split(" ")[1], bar.querySelectorAll("[fill]").length, bar.querySelectorAll(".height").length].join(" ")));
    const [lost, partly, failing, ...later] = looks.slice(-5);
    assert.deepEqual([lost, partly, failing], ["none 1 0", "unsure 1 1", "many 0 1"], looks.join(", "));
    assert.deepEqual(later, ["ok 0 1", "ok 0 1"]);
    const button = page.getByTestId("strip");
    assert.match(await button.innerText(), new RegExp(`^Failures in ${looks.length} windows of 5m: at most 20 % = [\\d,]+ / [\\d,]+ failed, until ..:..; 2 not wholly covered`));
    assert.equal(asked(server), looks.length, "each is asked for once");
    await button.press("Enter");
    const rows = page.getByTestId("strip-row");
    assert.equal(await rows.count(), looks.length);
    const text = async (i) => (await rows.nth(i).innerText()).replaceAll(/\s+/g, " ");
    assert.match(await text(2), /20 % [\d,]+ \/ [\d,]+ 20 % \d+ \/ \d+ 100 % = 50m \/ 50m$/);
    assert.match(await text(3), / 0 0 \/ [\d,]+ 0 0 \/ \d+ 50 % = 25m \/ 50m$/);
    assert.match(await text(4), /unknown unknown 0 = 0s \/ 50m$/);
    await page.getByText("Each bar is a window of 5m, read at 10s").waitFor();
    await rows.nth(2).getByRole("link").press("Enter");
    await eventually("the window is pinned there", () => new URL(page.url()).searchParams.get("from"), (from) => Date.parse(from) === end - 3 * LENGTH);
  });
});

test("of a large mesh, or of long windows, it is asked at the reader's word alone", async () => {
  const old = (held) => (held.more = { storage: { oldest: new Date(Date.now() - 20 * 86_400_000).toISOString() } });
  await onMesh(browser, small(), { query: "?since=1d", before: old }, async ({ page, server }) => {
    await complete(page);
    const button = page.getByRole("button", { name: "Failures: ask 12 times" });
    await button.waitFor();
    assert.equal(asked(server), 0);
  });
  await onMesh(browser, small(), { query: "?since=1d" }, async ({ page }) => {
    await complete(page);
    await eventually("the kept time is known", () => page.getByTestId("slider").isEnabled(), Boolean);
    await eventually("an hour of history has no window of a day", () => page.locator(".slide").innerText(), (text) => text === "");
  });
  const mesh = large(5000);
  assert.ok(mesh.edges.length > 5000);
  await onMesh(browser, mesh, {}, async ({ page, server }) => {
    const button = page.getByRole("button", { name: /^Failures: ask \d+ times$/ });
    await button.waitFor();
    assert.equal(asked(server), 0);
    await button.press("Enter");
    await page.getByTestId("strip-bar").first().waitFor();
    assert.ok(asked(server) > 1);
  });
});

test("its coming moves nothing", () =>
  onMesh(browser, small(), {}, async ({ page }) => {
    let answer;
    const held = new Promise((resolve) => (answer = resolve));
    await page.route(/assets\/Strip/, async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await page.getByTestId("finding").first().waitFor();
    assert.equal(await page.getByTestId("strip").count(), 0);
    const before = await boxes(page);
    answer();
    await page.getByTestId("strip-bar").first().waitFor();
    assert.deepEqual(await boxes(page), before);
  }));

test("what is refused is said, with what was answered before", () =>
  onMesh(browser, small(), { allowed: (text) => text.includes("503"), before: (held) => (held.refuses["api/v1/groups"] = { status: 503, message: "too many questions wait" }) }, async ({ page }) => {
    await page.getByTestId("strip").press("Enter");
    await page.getByText("Not asked further: too many questions wait.").waitFor();
  }));
