/**
 * Checks of the page in a real browser. `browser_test.ts` runs this file with the permissions that the browser's driver
 * asks for, so that the other tests need not have them.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { Page } from "playwright-core";
import { inBrowser } from "../testing/browser.ts";
import { syntheticLeaderboard } from "../testing/leaderboard.ts";
import { reportPage } from "./page.ts";

const leaderboard = syntheticLeaderboard({ algorithms: 7, tasks: 2, seeds: 3, steps: 12, failing: true });
const run = { name: "synthetic", source: "runs/x", directory: null, leaderboard, responses: [], prompts: [] };

/** The leaderboard as its file has it. */
const filed: unknown = JSON.parse(JSON.stringify(leaderboard));

/** What a JSON Pointer points at in the leaderboard. */
function at(pointer: string): unknown {
  return pointer.split("/").slice(1).reduce<unknown>(
    (inner, part) => (inner as Record<string, unknown> | null)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")],
    filed,
  );
}

/** Whether a text shows a number, to the digits that it has: as it is, in percent, in thousands, millions or MiB. */
function shows(text: string, value: unknown): boolean {
  const plain = text.replace(/[=*%+,\s]/g, "").replace("−", "-").replace("e−", "e-");
  if (plain === "–" || plain === "") return value === null || value === undefined;
  if (typeof value !== "number") return false;
  if (plain.startsWith("<")) return value < Number(plain.slice(1));
  const [, digits, unit] = /^(-?[\d.]+(?:e[-+]?\d+)?)([kM]?)$/.exec(plain) ?? [];
  if (digits === undefined) return false;
  const [mantissa, exponent = "0"] = digits.split("e");
  const step = 10 ** (Number(exponent) - (mantissa.split(".")[1]?.length ?? 0));
  const factors = unit === "k" ? [1e-3] : unit === "M" ? [1e-6] : [1, 100, 2 ** -20];
  return factors.some((factor) => Math.abs(factor * value - Number(digits)) <= 0.5001 * step);
}

/** What runs in the page sees its document, of which Deno has no types. */
// deno-lint-ignore no-explicit-any
type Dom = any;
declare const document: Dom, getComputedStyle: Dom, sessionStorage: Dom;

/** Checks by name; each gets the page as it is when it was just opened. */
const checks: Record<string, (page: Page) => Promise<void>> = {};

checks["every number on the page equals the JSON"] = async (page) => {
  const found = await page.evaluate(() => {
    const list: { path: string; text: string; value: string | null }[] = [];
    for (const element of document.querySelectorAll("data[data-path]")) {
      list.push({ path: element.dataset.path!, text: element.textContent!, value: element.getAttribute("value") });
    }
    for (const table of document.querySelectorAll("table")) {
      const heads = [...(table.tHead?.rows ?? [])].at(-1)?.cells;
      for (const row of table.querySelectorAll("tbody tr[data-path]")) {
        [...row.cells].forEach((cell, index) => {
          const head = heads?.[index]?.dataset.path;
          if (!head || cell.colSpan > 1 || cell.matches(".h")) return;
          const path = row.dataset.path + head,
            [low, high] = cell.querySelector("small")?.textContent?.split(" to ") ?? [];
          list.push({ path, text: cell.firstChild?.textContent ?? "", value: null });
          if (low) list.push({ path: path.replace(/mean$/, "low"), text: low, value: null });
          if (high) list.push({ path: path.replace(/mean$/, "high"), text: high, value: null });
        });
      }
    }
    for (const dot of document.querySelectorAll("[data-seeds] [data-seed]")) {
      const { seeds } = (dot.parentElement as Dom).dataset;
      const text = /: (.*) %/.exec(dot.dataset.tip!)![1];
      list.push({ path: `${seeds}/${dot.dataset.seed}/metrics/accuracy/average`, text, value: null });
    }
    return list;
  });
  assert.ok(found.length > 1500, `only ${found.length} numbers`);
  for (const { path, text, value } of found) {
    const known = at(path);
    assert.ok(shows(text, known), `${path}: the page says "${text}", the JSON ${known}`);
    if (value !== null) assert.equal(Number(value), known, path);
  }
  const cells = await page.$$eval("[data-pair]", (list) =>
    list.map((cell) => {
      const { pair, turned } = (cell as Dom).dataset;
      const row = (cell.parentElement as Dom).sectionRowIndex;
      return {
        path: `${(cell.closest("table") as Dom).dataset.pairs}/${pair}`,
        turned: turned !== undefined,
        upper: row < (cell as Dom).cellIndex - 1,
        text: cell.textContent!,
      };
    }));
  for (const { path, turned, upper, text } of cells) {
    const value = at(`${path}/${upper ? "improvement/value" : "difference/mean"}`) as number;
    assert.ok(shows(text, turned ? (upper ? 1 - value : -value) : value), `${path}: "${text}"`);
  }
};

checks["what is embedded is the leaderboard, and the download is its file"] = async (page) => {
  const text = await page.locator("#leaderboard-0").textContent();
  assert.deepEqual(JSON.parse(text!), filed);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "download leaderboard.json" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "leaderboard.json");
  const chunks: Uint8Array[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const saved = new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
  assert.equal(saved, JSON.stringify(leaderboard, null, 2) + "\n");
};

checks["a heading sorts, both ways, and what has no number comes last"] = async (page) => {
  const table = page.getByRole("table", { name: "Cost on gsm8k" }),
    heading = table.locator('th[data-path="/metrics/cost/seconds/mean"]');
  const labels = () =>
    table.locator("tbody").last().locator("tr").evaluateAll((rows) =>
      rows.map((row) => (row as Dom).dataset.algorithm)
    );
  const rows = leaderboard.boards[0].rows.map(({ label, metrics }) => ({
    label,
    seconds: metrics.cost.seconds?.mean ?? null,
  }));
  const known = rows.filter(({ seconds }) => seconds !== null).sort((a, b) => b.seconds! - a.seconds!).map((
    { label },
  ) => label);
  const unknown = rows.filter(({ seconds }) => seconds === null).map(({ label }) => label);
  await heading.getByRole("button").click();
  assert.deepEqual(await labels(), [...known, ...unknown]);
  assert.equal(await heading.getAttribute("aria-sort"), "descending");
  await heading.getByRole("button").press("Enter");
  assert.deepEqual(await labels(), [...known.reverse(), ...unknown]);
  await table.getByRole("columnheader", { name: "algorithm" }).first().getByRole("button").click();
  assert.deepEqual(await labels(), rows.map(({ label }) => label).sort((a, b) => a.localeCompare(b)));
};

checks["the filter leaves only the algorithms that are named, in tables and plots"] = async (page) => {
  const names = leaderboard.boards[0].rows.map(({ label }) => label),
    wanted = names.filter((name) => name.includes("max"));
  assert.ok(wanted.length > 0 && wanted.length < names.length);
  const shown = (selector: string) =>
    page.locator(selector).evaluateAll((list) => [
      ...new Set(
        // For elements of an SVG checkVisibility() is true whatever their display.
        list.filter((element) => element.checkVisibility() && getComputedStyle(element).display !== "none")
          .map((element) => (element as Dom).dataset.algorithm),
      ),
    ]);
  await page.locator("#curves").scrollIntoViewIfNeeded();
  await page.locator("[data-filter]").fill("max");
  assert.deepEqual(await shown("tbody tr[data-algorithm]"), wanted);
  assert.deepEqual(await shown("#curves .series"), wanted);
  await page.locator("[data-filter]").fill("");
  assert.deepEqual((await shown("#curves .series")).sort(), [...names].sort());
};

checks["switches change task, metric and axis by mouse and keyboard, and are kept over a reload"] = async (page) => {
  const visible = () =>
    page.locator("#curves .plot").evaluateAll((plots) =>
      plots.filter((plot) => plot.checkVisibility()).map((plot) => plot.getAttribute("aria-label")!.split(". ")[0])
    );
  assert.deepEqual(
    await visible(),
    ["gsm8k", "math"].map((task) => `${task}: accuracy of sampled responses, % by training steps`),
  );
  await page.locator("#curves").getByRole("radio", { name: "responses sampled" }).check();
  await page.getByRole("radio", { name: "math" }).first().check();
  assert.deepEqual(await visible(), ["math: accuracy of sampled responses, % by responses sampled"]);
  assert.ok(await page.getByText(leaderboard.boards[1].comparison.verdict).first().isVisible());
  await page.locator("#curves").getByRole("radio", { name: "accuracy of sampled" }).press("ArrowRight");
  const greedy = ["math: accuracy of the greedy response, % by responses sampled"];
  assert.deepEqual(await visible(), greedy);
  await page.reload();
  assert.deepEqual(await visible(), greedy);
};

checks["pointing at a curve or pressing an arrow key says the numbers at that place"] = async (page) => {
  const plot = page.locator("#stability .plot").first(), tip = page.getByRole("tooltip");
  await plot.scrollIntoViewIfNeeded();
  const box = (await plot.boundingBox())!;
  // The right end of the plotting area is the last step.
  await page.mouse.move(box.x + box.width * (560 - 128) / 560, box.y + box.height / 2);
  const rows = leaderboard.boards[0].rows.flatMap(({ label, training }) =>
    training ? [{ label, last: training.entropy.mean.at(-1)! }] : []
  );
  const told = await tip.locator("tr").evaluateAll((lines) =>
    lines.slice(1).map((line) => [...(line as Dom).cells].map(({ textContent }) => textContent!))
  );
  assert.equal(told.length, rows.length);
  for (const [label, mean] of told) {
    assert.ok(shows(mean, rows.find((row) => row.label === label)!.last), `${label} ${mean}`);
  }
  await page.mouse.move(2, 2);
  assert.ok(await tip.isHidden());
  await plot.focus();
  await page.keyboard.press("ArrowRight");
  assert.ok(await tip.isVisible());
  assert.match((await page.locator("#said").textContent())!, /^at 1: /);
};

checks["bands of many curves are shown of the one chosen by keyboard and of those that the filter leaves"] = async (
  page,
) => {
  const plot = page.locator("#curves .plot").first();
  await plot.scrollIntoViewIfNeeded();
  const bands = () =>
    plot.locator(".series:not(.off)").evaluateAll((list) =>
      list.filter((series) => getComputedStyle(series.querySelector(".band")).display !== "none")
        .map((series) => (series as Dom).dataset.algorithm as string)
    );
  assert.deepEqual(await bands(), []);
  await plot.focus();
  await page.keyboard.press("ArrowDown");
  const [best] = await bands();
  assert.ok((await page.locator("#said").textContent())!.startsWith(`${best}: `));
  await page.keyboard.press("ArrowRight");
  assert.deepEqual(await bands(), [best], "reading the numbers does not end the choice");
  await page.keyboard.press("ArrowDown");
  const [second, ...others] = await bands();
  assert.ok(second !== best && others.length === 0);
  await page.keyboard.press("Escape");
  assert.deepEqual(await bands(), []);
  await page.locator("[data-filter]").fill("max rloo");
  assert.deepEqual((await bands()).sort(), ["remax", "rloo"]);
  assert.ok(await page.locator("#curves .caption").getByText("with more than 6 algorithms").isVisible());
};

checks["a cell of the matrix says its pair, also to the keyboard"] = async (page) => {
  const cell = page.locator("#pairs [data-pair]").first(), tip = page.getByRole("tooltip");
  const [pair] = leaderboard.overall.pairs;
  await cell.hover();
  const text = (await tip.textContent())!;
  assert.ok(text.startsWith(`${pair.a} against ${pair.b}: `), text);
  assert.ok(text.includes(pair.significant ? "within seeds, significant" : "not significant"));
  await page.mouse.move(2, 2);
  await cell.focus();
  await page.keyboard.press("ArrowRight");
  assert.ok((await page.locator("#said").textContent())!.startsWith(`${pair.a} against `));
  assert.equal(await page.locator("[data-pair]:focus").count(), 1);
};

checks["nothing sticks out of a phone, in light and dark"] = async (page) => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    const [wide, colour] = await page.evaluate(
      () => [document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor],
    );
    assert.ok(Number(wide) <= 390, `${wide} pixels`);
    assert.equal(colour, colorScheme === "dark" ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)");
  }
};

Deno.test("the page in a browser, without an error or a request", async (test) => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/report.html`, await reportPage([run], []));
    await inBrowser(async (browser) => {
      // One tab for all: opening another takes as long as a check.
      const context = await browser.newContext({ acceptDownloads: true });
      const page = await context.newPage(), problems: string[] = [];
      page.setDefaultTimeout(60_000);
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || problems.push(request.url()));
      for (const [name, check] of Object.entries(checks)) {
        await test.step(name, async () => {
          await page.setViewportSize({ width: 1280, height: 900 });
          await page.emulateMedia({ colorScheme: null, media: null });
          await page.goto(`file://${directory}/report.html`, { timeout: 120_000 });
          try {
            await check(page);
            assert.deepEqual(problems.splice(0), []);
          } finally {
            // What was chosen is kept by tab.
            await page.evaluate(() => sessionStorage.clear());
            await page.goto("about:blank");
          }
        });
      }
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
