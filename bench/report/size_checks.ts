/**
 * Checks in a real browser of the largest page that is promised to be handy: 16 algorithms × 3 tasks × 10 seeds.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { Browser, Page } from "playwright-core";
import { inBrowser } from "../testing/browser.ts";
import { syntheticLeaderboard } from "../testing/leaderboard.ts";
import { inTemporary } from "../testing/temporary.ts";
import { reportPage } from "./page.ts";

/** What runs in the page sees its document, of which Deno has no types. */
// deno-lint-ignore no-explicit-any
type Dom = any;
declare const document: Dom, requestAnimationFrame: (callback: () => void) => void;

const leaderboard = syntheticLeaderboard({ algorithms: 16, tasks: 3, seeds: 10, steps: 48, quickly: true });
const run = { name: "synthetic", source: "runs/x", directory: null, leaderboard, responses: [], prompts: [] };

async function opened(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(60_000);
  await page.goto(address, { timeout: 120_000 });
  return page;
}

/** Milliseconds from the start of opening the page until a table is sorted and drawn, by a press of a heading at once. */
async function usableAfter(browser: Browser, address: string): Promise<number> {
  const page = await opened(browser, address);
  const after = await page.evaluate(async () => {
    const [{ domComplete }] = performance.getEntriesByType("navigation") as Dom[];
    const { startTime } = performance.mark("press");
    document.querySelector("#columns th[data-path] button").click();
    await new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return domComplete + performance.measure("sorting", { start: startTime }).duration;
  });
  await page.close();
  return after;
}

const checks: Record<string, (browser: Browser, address: string) => Promise<void>> = {};

// It takes half a second on an idle machine; the limit is for busy ones, and finds what is several times slower.
checks["it is usable soon after it is opened"] = async (browser, address) => {
  const times: number[] = [];
  const soon = () => times.some((time) => time < 3000);
  for (let attempt = 0; attempt < 5 && !soon(); attempt++) times.push(await usableAfter(browser, address));
  assert.ok(soon(), `usable after ${times.map(Math.round)} ms`);
};

checks["a link to a section ends at it, also where those between were not laid out yet"] = async (browser, address) => {
  const page = await opened(browser, address);
  await page.locator('nav a[href="#reproduce"]').click();
  const top = () => page.evaluate(() => Math.round(document.querySelector("#reproduce").getBoundingClientRect().top));
  let before = NaN, now = await top();
  for (let still = 0; still < 3; still = now === before ? still + 1 : 0) {
    await page.waitForTimeout(200);
    [before, now] = [now, await top()];
  }
  assert.ok(Math.abs(now) < 200, `${now} pixels from the top`);
  await page.close();
};

checks["nothing is wider than a printed sheet, A4 landscape within its margins"] = async (browser, address) => {
  const page = await opened(browser, address), width = Math.floor((297 - 2 * 12) / 25.4 * 96);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width, height: 700 });
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  const settings = await page.locator("#columns .switch input").count();
  assert.equal(settings, 3);
  for (let index = 0; index < settings; index++) {
    await page.locator("#columns .switch input").nth(index).evaluate((input) => (input as Dom).click());
    const wide = await page.evaluate(
      (width) =>
        [...document.querySelectorAll("main :is(table, svg, pre, p)")].filter((part: Dom) =>
          part.checkVisibility() && part.getBoundingClientRect().right > width
        ).map((part: Dom) => part.caption?.textContent ?? part.textContent.slice(0, 40)),
      width,
    );
    assert.deepEqual(wide, []);
  }
  await page.close();
};

checks["everything is laid out in the end"] = async (browser, address) => {
  const page = await opened(browser, address);
  await page.waitForFunction(() => document.querySelector("section:not([data-laid])") === null);
  await page.close();
};

Deno.test("the page of 16 algorithms × 3 tasks × 10 seeds", (test) =>
  inTemporary(async (directory) => {
    await Deno.writeTextFile(`${directory}/report.html`, await reportPage([run], []));
    await inBrowser(async (browser) => {
      for (const [name, check] of Object.entries(checks)) {
        await test.step(name, () => check(browser, `file://${directory}/report.html`));
      }
    });
  }));
