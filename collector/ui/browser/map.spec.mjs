// The page in a real browser: finds the edges that were sent, with their numbers, and follows a click to each one's panel.
//
//   node browser/map.spec.mjs --url URL --expect FILE.json [--screenshot OUT.png] [--dark] [--timeout SECONDS]
//
// FILE.json is a list of {source, destination, source_count, destination_count, port?, protocol?}; a count of null is a
// reporter that must be absent, a count left out is not checked. Exits 0, or 1 with what differed and what was seen last.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { launch, watch } from "./pages.mjs";

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    expect: { type: "string" },
    screenshot: { type: "string" },
    dark: { type: "boolean", default: false },
    timeout: { type: "string", default: "45" },
  },
});
if (!options.url || !options.expect) {
  console.error("usage: node browser/map.spec.mjs --url URL --expect FILE.json [--screenshot OUT.png] [--dark] [--timeout SECONDS]");
  process.exit(2);
}

const deadline = Date.now() + Number(options.timeout) * 1000;
const origin = new URL(options.url).origin;

function check(holds, message) {
  if (!holds) throw new Error(message);
}

/** Polls until `read` gives what is wanted; at the deadline says what was seen last. */
async function eventually(what, read, wanted) {
  let last = "nothing";
  do {
    last = await read();
    if (wanted(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < deadline);
  throw new Error(`${what}; last seen: ${typeof last === "string" ? last : JSON.stringify(last)}`);
}

async function tableRows(page) {
  return page.getByTestId("edge-row").evaluateAll((rows) => rows.map((row) => ({ ...row.dataset })));
}

function rowFor(rows, { source, destination, port, protocol }) {
  return rows.find(
    (row) =>
      row.source === source &&
      (row.destination === destination || `${row.destination}:${row.port}` === destination) &&
      (port === undefined || row.port === String(port)) &&
      (protocol === undefined || row.protocol === protocol),
  );
}

async function checkCount(page, reporter, expected, name) {
  if (expected === undefined) return;
  const text = expected === null ? `no report from the ${reporter}'s proxy` : expected.toLocaleString("en-US");
  const seen = page.getByTestId(`panel-${reporter}-count`);
  await eventually(`${name}: the panel should say "${text}" for its ${reporter}`, () => seen.innerText(), (shown) => shown.trim() === text);
}

async function checkEdge(page, expected, byKeyboard) {
  const name = `${expected.source} -> ${expected.destination}`;
  const rows = await eventually(`${name}: not in the table`, () => tableRows(page), (seen) => rowFor(seen, expected) !== undefined);
  const { edgeId } = rowFor(rows, expected);
  const link = page.locator(`tr[data-edge-id="${edgeId}"] a`);
  if (byKeyboard) await link.press("Enter");
  else await link.click();
  await page.locator(`[data-testid="panel"] article[data-edge-id="${edgeId}"]`).waitFor();
  await checkCount(page, "source", expected.source_count, name);
  await checkCount(page, "destination", expected.destination_count, name);
  const head = await page.locator('[data-testid="panel"] h2').innerText();
  check(head.includes(expected.source) && head.includes(expected.destination), `${name}: the panel is headed "${head}"`);
}

async function checkFrame(page) {
  for (const id of ["proxies", "time-covered", "batches-lost", "refused-connections"]) {
    check((await page.getByTestId(id).innerText()).trim() !== "", `the header says nothing for ${id}`);
  }
}

/** Every edge of the API has its line, and every line's end its box; the legend explains both colours. */
async function checkMap(page) {
  const { edges } = await page.evaluate(() => fetch("api/v1/graph?since=5m").then((answer) => answer.json()));
  await page.getByTestId("show-lanes").click();
  const drawn = () => page.getByTestId("line").evaluateAll((lines) => lines.map((line) => line.dataset.line));
  await eventually("not every edge of the API has a line", drawn, (lines) => edges.id.every((id) => lines.includes(id)));
  await page.getByTestId("colour-mtls").click();
  check((await page.getByTestId("legend").innerText()).includes("PLAINTEXT"), "the legend does not explain mTLS");
  const plain = await page.locator('[data-look="plain"]').count();
  check(plain > 0, "plaintext has no colour of its own");
  await page.getByTestId("colour-errors").click();
  check((await page.getByTestId("legend").innerText()).includes("failed"), "the legend does not explain errors");
}

async function checkSearch(page, { source, destination }) {
  const before = (await tableRows(page)).length;
  await page.getByTestId("search").fill(`from:${source} to:${destination}`);
  const found = await tableRows(page);
  check(found.length > 0 && found.every((row) => row.source.includes(source)), `searching ${source} found ${JSON.stringify(found)}`);
  await page.getByTestId("search").fill("no such workload");
  check((await tableRows(page)).length === 0, "a search for nothing still finds edges");
  await page.getByTestId("search").fill("");
  check((await tableRows(page)).length === before, "clearing the search did not bring all edges back");
}

const expected = JSON.parse(await readFile(options.expect, "utf8"));
const edges = Array.isArray(expected) ? expected : expected.edges;
const browser = await launch();
try {
  check(edges.length > 0, "no edge is expected: nothing to check");
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: options.dark ? "dark" : "light" });
  page.setDefaultTimeout(Math.max(deadline - Date.now(), 1000));
  const trouble = watch(page, origin);
  await page.goto(new URL("?show=table", options.url).href);
  await page.getByTestId("edge-row").first().waitFor();
  await checkFrame(page);
  for (const [index, edge] of edges.entries()) await checkEdge(page, edge, index === 0);
  await page.getByTestId("close-panel").click();
  await checkSearch(page, edges[0]);
  await checkMap(page);
  if (options.screenshot) {
    await page.getByTestId("finding").first().locator("a").click();
    await page.locator('[data-testid="panel"] .verdict').first().waitFor();
    await page.screenshot({ path: options.screenshot });
  }
  check(trouble.length === 0, trouble.join("\n"));
  console.log(`${edges.length} edges found on the page with their numbers; no console error; every request went to ${origin}`);
} catch (error) {
  console.error(`page check failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
