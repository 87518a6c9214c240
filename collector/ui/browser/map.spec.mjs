// The page in a real browser: finds the edges that were sent, with their numbers, and follows a click to each one's panel.
//
//   node browser/map.spec.mjs --url URL --expect FILE.json [--screenshot OUT.png] [--dark] [--timeout SECONDS]
//
// FILE.json is a list of {source, destination, source_count, destination_count, port?, protocol?}; a count of null is a
// reporter that must be absent, a count left out is not checked. Exits 0, or 1 with what differed and what was seen last.

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

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

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
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

/** Everything the page does that it must not: errors, failed requests, other origins. */
function watch(page) {
  const trouble = [];
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(`console error: ${message.text()}`);
  });
  page.on("pageerror", (error) => trouble.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => {
    if (request.failure()?.errorText !== "net::ERR_ABORTED") trouble.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) trouble.push(`request to another origin: ${request.url()}`);
  });
  return trouble;
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
  const link = page.locator(`tr[data-edge-id="${edgeId}"] button`);
  if (byKeyboard) await link.press("Enter");
  else await link.click();
  await page.locator(`[data-testid="panel"] article[data-edge-id="${edgeId}"]`).waitFor();
  await checkCount(page, "source", expected.source_count, name);
  await checkCount(page, "destination", expected.destination_count, name);
  const head = await page.locator('[data-testid="panel"] header').innerText();
  check(head.includes(expected.source) && head.includes(expected.destination), `${name}: the panel is headed "${head}"`);
}

async function checkFrame(page) {
  for (const id of ["proxies", "time-covered", "batches-lost", "refused-connections"]) {
    check((await page.getByTestId(id).innerText()).trim() !== "", `the header says nothing for ${id}`);
  }
  check(Number(await page.getByTestId("graph").getAttribute("data-lines")) > 0, "the graph has no lines");
}

async function checkModes(page) {
  await page.getByTestId("mode-mtls").click();
  check((await page.getByTestId("graph").getAttribute("data-mode")) === "mtls", "the graph did not switch to mTLS");
  check((await page.getByTestId("legend").innerText()).includes("plaintext"), "the legend does not explain mTLS");
  await page.getByTestId("mode-errors").click();
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
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
try {
  check(edges.length > 0, "no edge is expected: nothing to check");
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: options.dark ? "dark" : "light" });
  page.setDefaultTimeout(Math.max(deadline - Date.now(), 1000));
  const trouble = watch(page);
  await page.goto(options.url);
  await page.getByTestId("edge-row").first().waitFor();
  await checkFrame(page);
  for (const [index, edge] of edges.entries()) await checkEdge(page, edge, index === 0);
  await checkModes(page);
  await checkSearch(page, edges[0]);
  if (options.screenshot) {
    await page.getByTestId("edge-row").first().click();
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
