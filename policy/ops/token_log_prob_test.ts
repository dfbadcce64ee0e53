import { checkOp, close, indices, random, trained } from "./checking_test.ts";
import { logSoftmax, tokenLogProb } from "./token_log_prob.ts";

Deno.test("token_log_prob: backward and lowering, with sharp and with flat rows", async () => {
  for (const scale of [0, 1, 30]) {
    await checkOp(tokenLogProb, [trained("logits", [5, 9], scale), indices([8, 0, 3, 3, 1])], {});
  }
});

Deno.test("logSoftmax() is normalised and ignores a shift of the logits", () => {
  const logits = random("logits", [2, 7], 5), log = logSoftmax(logits);
  for (const row of [0, 1]) {
    close([log.data.subarray(row * 7, row * 7 + 7).reduce((sum, value) => sum + Math.exp(value), 0)], [1], 1e-14);
  }
  const shifted = logSoftmax({ shape: [2, 7], data: logits.data.map((value) => value + 1000) });
  close(shifted.data, log.data, 1e-12);
});
