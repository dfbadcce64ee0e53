import { strict as assert } from "node:assert";
import { parseConfig } from "../../policy/model/config.ts";
import { gsm8k } from "../../tasks/gsm8k.ts";
import { loadBenchmark } from "../benchmark.ts";
import { knownEntry, type Suite } from "../suite.ts";
import { cellMemoryOf, planSuiteMemory, runsOf } from "./plan.ts";
import { memoryLines, memoryTable } from "./table.ts";

/** Qwen2.5-0.5B-Instruct. */
const CONFIG = parseConfig({
  model_type: "qwen2",
  hidden_size: 896,
  intermediate_size: 4864,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  vocab_size: 151936,
  max_position_embeddings: 32768,
  tie_word_embeddings: true,
});
/** The longest of GSM8K, with the checkpoint's chat template. */
const PROMPT = 258;
const [SUITE] = (await loadBenchmark("gpu")).tasks;

const plan = (own: Partial<Suite> = {}) => planSuiteMemory({ ...SUITE, ...own }, gsm8k, CONFIG, PROMPT);
const entries = (...names: string[]) => names.map((name) => SUITE.algorithms.find((entry) => entry.name === name)!);
const gigabytes = (bytes: number) => Math.round(bytes / 1e8) / 10;

Deno.test("suite gpu fits a card of 80 GB, with the largest runs there are", async () => {
  const memory = await plan({ memory: 80 }), totals = new Map<string, number>();
  for (const { label, plan } of memory.algorithms) {
    assert.deepEqual([plan.reduced, runsOf(plan)], [{}, {}]);
    totals.set(label, gigabytes(plan.total));
  }
  assert.deepEqual([...totals.keys()], SUITE.algorithms.map(({ name }) => name));
  assert.equal(totals.get("grpo"), 24.6);
  assert.equal(totals.get("ppo"), 41.5);
  assert.deepEqual(new Set(totals.values()), new Set([24.6, 41.5]));
  const text = memoryTable(memory);
  assert.match(text, /^ppo\n/);
  assert.match(text, /\n {2}weights +1\.98 GB +1\.98 GB +1\.98 GB/);
  assert.match(text, /in all 41\.5\d GB; a run of training has up to 4096 tokens, 2048 of them scored; up to 220 /);
  assert.match(text, /prompts of up to 258 tokens; of 80\.00 GB that may be taken$/);
  assert.match(memoryLines(memory)[0], /^GPU memory: up to 41\.5\d GB \(ppo\) of 80\.00 GB$/);
});

Deno.test("on a smaller card less is computed at once; smaller runs are part of what a cell is", async () => {
  const algorithms = entries("grpo", "dr_grpo"),
    { algorithms: [{ plan: own }] } = await plan({ memory: 16, algorithms });
  assert.ok(own.total <= 16e9 && own.total > 13e9);
  assert.deepEqual(Object.keys(own.reduced).sort(), ["cacheRows", "scored", "sequences", "tokens"]);
  assert.deepEqual(runsOf(own), { runs: { tokens: own.sizes.tokens, scored: own.sizes.scored } });
  const { bytes, sizes, room } = cellMemoryOf(own);
  assert.deepEqual([bytes, sizes], [own.total, { cacheRows: own.sizes.cacheRows, sequences: own.sizes.sequences }]);
  assert.deepEqual(room, own.room);
  // With less to hold, all is as it is without a limit.
  const { algorithms: [{ plan: whole }] } = await plan({ memory: 24, algorithms, recompute: true });
  assert.deepEqual([whole.reduced, runsOf(whole), cellMemoryOf(whole).sizes], [{}, {}, {}]);
});

Deno.test("what can't fit is refused with the fewest changes that help, and they do", async () => {
  // A sixth of the layers: the same, sooner.
  const short = { ...CONFIG, layers: 4 }, algorithms = entries("grpo");
  const tried = (memory: number, own: Partial<Suite> = {}) =>
    planSuiteMemory({ ...SUITE, algorithms, memory, ...own }, gsm8k, short, PROMPT);
  const refusal = async (memory: number) => {
    const error = await tried(memory).then(() => assert.fail("it was not refused"), (error) => error);
    assert.equal(error.name, "Refusal");
    return error.message;
  };
  const one = await refusal(5), lora = { rank: 16, alpha: 32 };
  assert.match(one, /^grpo on gsm8k needs at least 5\.\d\d GB of the GPU's memory, and 5\.00 GB may be taken; use /);
  assert.match(one, /; use --recompute \(\d\.\d\d GB\), or --lora rank=16,alpha=32 \(\d\.\d\d GB\)/);
  await tried(5, { recompute: true });
  await tried(5, { lora });
  const two = await refusal(2.6);
  assert.match(two, /; use --recompute with --lora rank=16,alpha=32 \(2\.\d\d GB\)/);
  await tried(2.6, { recompute: true, lora });
  const none = await refusal(1);
  assert.match(none, /; even all of --recompute, .* leave it at \d\.\d\d GB: use a smaller policy, or leave this /);
});

Deno.test("a critic and a reference that is refreshed are planned beside the policy", async () => {
  const names = async (own: Partial<Suite>) =>
    (await plan(own)).algorithms.map(({ plan: { networks } }) => Object.keys(networks));
  const refreshed = { ...knownEntry("grpo")!, options: { beta: 0.04, refreshReferenceEvery: 10 } };
  assert.deepEqual(await names({ recompute: true, algorithms: [...entries("ppo"), refreshed] }), [
    ["policy", "critic", "frozen 1", "shared"],
    ["policy", "frozen 1", "frozen 2", "shared"],
  ]);
});

Deno.test("a prompt that the policy is not made for is refused", async () => {
  const error = await planSuiteMemory(SUITE, gsm8k, { ...CONFIG, maxPositions: 200 }, PROMPT).catch((error) => error);
  assert.match(error.message, /is made for 200 tokens, and a prompt of gsm8k has 258; use another policy\.$/);
});
