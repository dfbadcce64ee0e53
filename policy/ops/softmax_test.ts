import { checkOp, fixed, random } from "./checking_test.ts";
import { softmax } from "./softmax.ts";

Deno.test("softmax: shape and lowering, with a temperature per row", async () => {
  for (const scale of [1, 30]) {
    const logits = fixed([4, 9], random("logits", [4, 9], scale).data);
    await checkOp(softmax, [logits, fixed([4, 1], [1, 0.5, 2, 1 / 0.7])], {});
  }
});
