import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FILES, withDecoder } from "./checking_test.ts";
import type { Decoder } from "./decoder.ts";
import { probed, SIZES } from "./together.ts";

Deno.test("rows of a graph are run together, but for one whose activations are quantised together", async () => {
  const found: Record<string, number> = {};
  for (const [name, file] of FILES) {
    await withDecoder(name, file, async (decoder) => {
      found[file] = (await probed(decoder)).together;
    });
  }
  const most = SIZES.at(-1)!;
  deepStrictEqual(found, { "model.onnx": most, "model_fp16.onnx": most, "model_int8.onnx": 1, "model_q4.onnx": most });
});

Deno.test("one bit in one row of one size is seen", () =>
  withDecoder("qwen2-tied", "model.onnx", async (decoder) => {
    for (const size of SIZES) {
      for (const row of [0, size - 1]) {
        const disturbed: Decoder = {
          ...decoder,
          async run(tokens, past) {
            const { logits, cache } = await decoder.run(tokens, past), changed = logits.slice();
            if (tokens.length === size && new Set(tokens.flat()).size > 1) {
              new Uint32Array(changed.buffer)[row * decoder.signature.vocabularySize + 7] ^= 1;
            }
            return { logits: changed, cache };
          },
        };
        strictEqual((await probed(disturbed)).together, size / 2, `row ${row} of ${size}`);
      }
    }
  }));
