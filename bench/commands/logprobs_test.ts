import assert from "node:assert/strict";
import { loadExpected, MODELS } from "../../fixtures/models/expected.ts";
import { logprobs } from "./logprobs.ts";

const SOURCES = [...MODELS.map((model) => [model, ""] as const), ["qwen2-tied", "onnx:"], [
  "llama-mqa",
  "onnx:",
]] as const;

for (const [model, kind] of SOURCES) {
  Deno.test(`log-probs of ${kind}${model}, whose tokenizer nobody needs, are PyTorch's`, async () => {
    const { directory, samples, cases } = await loadExpected(model);
    const { logProbs, entropy } = cases.find(({ temperature }) => temperature === 1)!;
    const tokens = await Deno.makeTempFile(), printed: string[] = [], log = console.log;
    const whole = samples.map(({ prompt, response }) => [...prompt, ...response]);
    await Deno.writeTextFile(tokens, whole.map((ids) => JSON.stringify(ids)).join("\n"));
    console.log = (line: string) => printed.push(line);
    try {
      assert.equal(await logprobs({ policy: kind + directory, tokens }), 0);
    } finally {
      console.log = log;
      await Deno.remove(tokens);
    }
    assert.equal(printed.length, samples.length);
    printed.map((line) => JSON.parse(line)).forEach((found, i) => {
      assert.equal(found.logProbs.length, whole[i].length - 1);
      const responses = (row: number[]) => row.slice(samples[i].prompt.length - 1);
      responses(found.logProbs).forEach((value, t) => assert.ok(Math.abs(value - logProbs[i][t]) < 2e-5));
      responses(found.entropy).forEach((value, t) => assert.ok(Math.abs(value - entropy[i][t]) < 2e-5));
    });
  });
}
