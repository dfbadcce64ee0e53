import { checkOp, trained } from "./checking_test.ts";
import { swiglu } from "./swiglu.ts";

Deno.test("swiglu: backward and lowering", async () => {
  await checkOp(swiglu, [trained("gate", [5, 6], 4), trained("up", [5, 6])], {});
});

Deno.test("swiglu: saturated gates", async () => {
  await checkOp(swiglu, [trained("gate", [3, 11], 200), trained("up", [3, 11])], {});
});
