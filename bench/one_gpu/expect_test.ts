import { strict as assert } from "node:assert";
import { withSection } from "../markdown.ts";
import { QWEN } from "../../fixtures/models/qwen.ts";
import { CARDS } from "./cards.ts";
import { ALGORITHMS, comparison, expectAll } from "./expect.ts";
import { expectationsMarkdown } from "./markdown.ts";
import { cellSeconds, drawingSeconds } from "./time.ts";

const path = "bench/one_gpu/README.md", [, , card, large] = CARDS;
const suite = await comparison(), sizes = { sequences: 128 };

Deno.test("the page on one GPU has the figures of the plan and of the arithmetic, and every card fits", async () => {
  const expectations = await expectAll(), readme = await Deno.readTextFile(new URL("README.md", import.meta.url));
  for (const { bytes, memory } of expectations) assert.ok(bytes <= memory * 1e9);
  const section = await expectationsMarkdown(expectations);
  assert.equal(withSection(readme, "cards", section, path), readme, `${path} is out of date; run \`deno task readme\``);
});

Deno.test("times follow operations and bytes", () => {
  const seconds = (own = {}, name = "grpo", on = card) => cellSeconds(name, suite, { config: QWEN, sizes, ...own }, on);
  const [plain, again] = [seconds(), seconds({ recompute: true })];
  assert.ok(again.training > plain.training && again.evaluation === plain.evaluation);
  // One update per batch scores nothing; sixteen nearly all twice.
  assert.ok(seconds({}, "dr_grpo").training < plain.training && plain.training < seconds({}, "dapo").training);
  assert.ok(seconds({}, "grpo", { ...card, teraflops: 2 * card.teraflops }).training < plain.training);
  // 128 responses of 300 tokens are 38,400 tokens of 1.0 GFLOP, at 15 % of the peak; weights are read 300 times.
  const tokens = 128 * 300, computing = tokens * 1.02e9 / (0.15 * 66.9e12), reading = 300 * 1.976e9 / (0.7 * 3.35e12);
  const drawing = drawingSeconds(128, { config: QWEN, sizes }, large);
  assert.ok(Math.abs(drawing / (computing + reading + 300 / 16 * 0.02) - 1) < 0.03, `${drawing} s`);
  assert.deepEqual(suite.algorithms.map(({ name }) => name), ALGORITHMS);
});
