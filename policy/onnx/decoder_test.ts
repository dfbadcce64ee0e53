import { deepStrictEqual, match, ok, rejects } from "node:assert/strict";
import { close } from "../ops/checking_test.ts";
import { FILES, tokensOf, withDecoder } from "./checking_test.ts";
import { emptyCache, gather } from "./decoder.ts";

for (const [name, file] of FILES) {
  Deno.test(`${name}/onnx/${file}: a cache in pieces is the cache, and rows can be taken out of it and put together`, () =>
    withDecoder(name, file, async ({ signature: { slots, vocabularySize }, run, feed }) => {
      const tokens = tokensOf("row", 9), empty = emptyCache(slots), whole = await run([tokens], empty);
      deepStrictEqual([whole.logits.length, whole.cache.length], [9 * vocabularySize, 9]);
      // What is quantised together is another number in other company.
      const tolerance = file === "model_int8.onnx" ? 0.2 : file === "model_fp16.onnx" ? 0.02 : 1e-4;
      const start = await feed([tokens.slice(0, 4)], empty), rest = await run([tokens.slice(4)], start);
      close(rest.logits, whole.logits.subarray(4 * vocabularySize), tolerance);
      const other = await feed([tokensOf("other", 4)], empty);
      const three = gather(slots, [{ cache: other, row: 0 }, { cache: start, row: 0 }, { cache: other, row: 0 }]);
      deepStrictEqual([three.rows, three.length], [3, 4]);
      deepStrictEqual(gather(slots, [{ cache: three, row: 1 }]), start);
      const { cache } = await run([[3], [tokens[4]], [5]], three);
      deepStrictEqual([cache.rows, cache.length], [3, 5]);
      // The caller's cache is as it was.
      deepStrictEqual(gather(slots, [{ cache: three, row: 2 }]), other);
    }));
}

Deno.test("what fails within a graph is said in one sentence, with its file", () =>
  withDecoder("llama-mqa", "model.onnx", async ({ signature: { slots }, run }) => {
    await rejects(run([[5000]], emptyCache(slots)), (error: Error) => {
      match(error.message, /llama-mqa\/onnx\/model\.onnx: onnxruntime can't run it \(.+\)\.$/);
      ok(!error.message.includes("\n"));
      return true;
    });
  }));
