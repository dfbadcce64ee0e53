import { strictEqual } from "node:assert/strict";
import { checkOp, close, trained } from "./checking_test.ts";
import { entropy } from "./entropy.ts";

Deno.test("entropy: shape and lowering, with sharp and with flat rows", async () => {
  for (const scale of [0, 1, 30]) await checkOp(entropy, [trained("logits", [5, 9], scale)], {});
});

Deno.test("entropy is log V for equal logits, 0 for a certain token and never negative in float64", () => {
  close(entropy.forward([{ shape: [1, 8], data: new Float64Array(8).fill(3) }], {}).data, [Math.log(8)], 1e-15);
  const certain = entropy.forward([{ shape: [1, 3], data: Float64Array.of(0, 900, 0) }], {}).data[0];
  strictEqual(Math.abs(certain), 0);
});
