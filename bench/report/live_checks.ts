/**
 * Checks in a real browser of the page that is served while a run goes on. The run is a real one; what it recorded comes
 * to the served directory cell by cell.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import type { Page } from "playwright-core";
import { parseBenchmark } from "../benchmark.ts";
import type { PlannedTask } from "../leaderboard/leaderboard.ts";
import { phaseOf, runSuite } from "../run_suite.ts";
import { inBrowser } from "../testing/browser.ts";
import { inTemporary } from "../testing/temporary.ts";
import { watchRun } from "./watch.ts";

/** What runs in the page sees its document, of which Deno has no types. */
// deno-lint-ignore no-explicit-any
type Dom = any;
declare const document: Dom, scrollY: number, scrollBy: (x: number, y: number) => void, unloaded: boolean | undefined;

const suite = parseBenchmark({
  name: "tiny",
  task: "gsm8k",
  policy: "embedded:table",
  algorithms: [{ name: "grpo" }, { name: "rloo" }, { name: "gdpo" }],
  seeds: [1, 2],
  sweep: { learningRates: [0.02, 0.05], seeds: [101], offset: 8 },
  training: { steps: 3, promptsPerStep: 2, groupSize: 4, minibatches: 1, learningRate: 0.05, maxTokens: 16 },
  evaluation: { interval: 1, problems: 4, samples: 2 },
}, "tiny");

const idsOf = (tasks: readonly PlannedTask[]) => [
  ...new Set(tasks.flatMap(({ plan }) => plan.cells.map(({ cell }) => cell.id))),
];

/** Copies files of a cell's record; with `names`, only those. */
async function reveal(from: string, to: string, id: string, names?: readonly string[]): Promise<void> {
  await Deno.mkdir(`${to}/${id}`, { recursive: true });
  // The result last: a cell that has one is whole.
  const files = [...Deno.readDirSync(`${from}/${id}`)].filter(({ isFile }) => isFile).map(({ name }) => name)
    .sort((a, b) => Number(a === "result.json") - Number(b === "result.json"));
  for (const name of files) {
    if (!names || names.includes(name)) await Deno.copyFile(`${from}/${id}/${name}`, `${to}/${id}/${name}`);
  }
}

const progress = (page: Page) => page.locator("#under-way .progress");
/** Waits until the page itself says how far the run is. */
const said = async (page: Page, text: string) =>
  await progress(page).filter({ hasText: text }).waitFor({ timeout: 60_000 });

/** How the cost table is sorted: the heading, and the numbers below it from the top. */
const sorting = (page: Page) =>
  page.locator("#cost table").evaluate((table: Dom) => {
    const heading = table.querySelector("th[aria-sort='descending']");
    const rows: Dom[] = [...[...table.tBodies].at(-1).rows];
    return {
      heading: heading.textContent as string,
      numbers: rows.map((row) => row.cells[heading.cellIndex].textContent),
    };
  });

Deno.test("an open page follows a run through its sweep and comparison and keeps what its reader chose", () =>
  inTemporary(async (at) => {
    const whole = `${at}/whole`, out = `${at}/out`;
    let ticks = 0;
    await runSuite(suite, { out: whole, jobs: 1, clock: () => ticks += 7 });
    const { sweep } = suite, comparison = idsOf((await phaseOf(suite, whole)).tasks);
    const swept = [...Deno.readDirSync(whole)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
      .filter((id) => !comparison.includes(id));
    assert.equal(swept.length, suite.tasks[0].algorithms.length * sweep!.learningRates.length);
    await Deno.mkdir(out);
    await Deno.copyFile(`${whole}/suite.json`, `${out}/suite.json`);

    const stopping = new AbortController(), { promise, resolve } = Promise.withResolvers<string>();
    const told: string[] = [];
    const served = watchRun(out, {
      port: 0,
      signal: stopping.signal,
      interval: 50,
      onListen: resolve,
      onProblem: (message) => told.push(message),
    });
    try {
      const address = await promise;
      await inBrowser(async (browser) => {
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 } }), problems: string[] = [];
        page.setDefaultTimeout(60_000);
        page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
        page.on("pageerror", (error) => problems.push(error.message));
        await page.goto(address);
        await said(page, "0 of 6 cells, 0 of 18 steps");
        assert.match((await page.locator("#under-way").textContent())!, /Phase 1 of 2, the sweep/);
        // From here on the page is never loaded again.
        await page.evaluate(() => void ((globalThis as Dom).unloaded = false));

        // A cell of the sweep under way, then that it has finished.
        await reveal(whole, out, swept[0], ["cell.json", "steps.jsonl"]);
        await said(page, "0 of 6 cells, 3 of 18 steps");
        assert.equal(await page.locator("#under-way .events li").count(), 1);
        assert.ok(await page.locator("#tuning .plot .series").count() > 0, "curves of the sweep");
        await page.locator("[data-filter]").fill("o");
        await reveal(whole, out, swept[0]);
        await said(page, "1 of 6 cells");
        assert.equal(await page.locator("#under-way .events li").count(), 0);
        assert.ok((await page.locator("#tuning tbody td").allTextContents()).some((text) => /^\d+\.\d$/.test(text)));

        // Over to the comparison.
        for (const id of swept.slice(1)) await reveal(whole, out, id);
        await page.locator("#under-way").filter({ hasText: "Phase 2 of 2" }).waitFor();
        assert.equal(await page.locator("#tuning").count(), 0);
        const first = comparison.slice(0, 2), rest = comparison.slice(2);
        for (const id of first) await reveal(whole, out, id);
        await said(page, "2 of 6 cells");
        assert.match((await page.locator("#answer").textContent())!, /Only \w+ has finished/);

        // The reader chooses, and reads far down.
        await page.locator("#curves").getByRole("radio", { name: "responses sampled" }).check();
        await page.locator("[data-filter]").fill("r");
        await page.locator('#cost th[data-path="/metrics/cost/seconds/mean"] button').click();
        await page.locator("#algorithms details").nth(1).locator("summary").click();
        const opened = await page.locator("#algorithms details[open]").getAttribute("id");
        await page.locator("[data-filter]").focus();
        await page.keyboard.press("End");
        await page.locator("#cost h2").scrollIntoViewIfNeeded();
        await page.evaluate(() => scrollBy(0, 37));
        const place = () =>
          page.evaluate(() => [Math.round(document.querySelector("#cost h2").getBoundingClientRect().top), scrollY]);
        await page.waitForTimeout(700); // Scrolling is smooth.
        const [before] = await place(), known = await sorting(page);
        assert.equal(known.heading, "seconds");
        assert.equal(known.numbers.filter((text) => /\d/.test(text)).length, 1);

        for (const id of rest) await reveal(whole, out, id);
        await said(page, "6 of 6 cells, 18 of 18 steps");
        await page.locator("#answer").filter({ hasText: /two of 3 algorithms|differ significantly/ }).waitFor();
        const [after] = await place(), sorted = await sorting(page);
        assert.ok(Math.abs(after - before) <= 2, `what was read moved from ${before} to ${after}`);
        assert.equal(sorted.heading, known.heading);
        const seconds = sorted.numbers.map((text) => parseFloat(text));
        assert.ok(seconds.length === 3 && seconds.every(Number.isFinite), `new numbers, not ${sorted.numbers}`);
        assert.deepEqual(seconds, [...seconds].sort((a, b) => b - a), "sorted as before");
        assert.equal(await page.locator("[data-filter]").inputValue(), "r");
        assert.equal(await page.locator("[data-filter]:focus").count(), 1);
        assert.ok(await page.locator('#cost tbody tr[data-algorithm="gdpo"]').isHidden(), "filtered out as before");
        assert.ok(await page.locator('#cost tbody tr[data-algorithm="grpo"]').isVisible());
        assert.ok(await page.locator("#curves").getByRole("radio", { name: "responses sampled" }).isChecked());
        assert.match(
          (await page.locator("#curves .plot").filter({ visible: true }).first().getAttribute("aria-label"))!,
          /by responses sampled/,
        );
        assert.equal(await page.locator("#algorithms details[open]").getAttribute("id"), opened);
        assert.equal(await page.evaluate(() => unloaded), false, "the page was never loaded again");
        assert.deepEqual(problems, []);
      });
      assert.deepEqual(told, []);
    } finally {
      stopping.abort();
      await served;
    }
  }));
