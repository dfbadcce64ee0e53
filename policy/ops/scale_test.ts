import { checkOp, fixed, trained } from "./checking_test.ts";
import { scale } from "./scale.ts";

Deno.test("scale: backward and lowering, for vectors and matrices", async () => {
  await checkOp(scale, [trained("x", [7]), fixed([1], [0.7])], {});
  await checkOp(scale, [trained("x", [3, 4]), fixed([1], [-2])], {});
});
