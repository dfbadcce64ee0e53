import { checkOp, close, random, trained } from "./checking_test.ts";
import { norm } from "./norm.ts";

Deno.test("norm: backward and lowering", async () => {
  await checkOp(norm, [trained("x", [5, 8])], { epsilon: 1e-6, width: 8 });
  await checkOp(norm, [trained("x", [3, 33], 20)], { epsilon: 1e-5, width: 33 });
});

Deno.test("norm: epsilon counts where the row is small", async () => {
  await checkOp(norm, [trained("x", [4, 8], 0.5)], { epsilon: 0.1, width: 8 });
  await checkOp(norm, [trained("x", [4, 8], 0)], { epsilon: 0.01, width: 8 });
});

Deno.test("norm: rows have mean square 1", () => {
  const { data } = norm.forward([random("x", [4, 16])], { epsilon: 1e-12, width: 16 });
  for (let i = 0; i < 4; i++) {
    close([data.subarray(i * 16, i * 16 + 16).reduce((s, v) => s + v * v, 0) / 16], [1], 1e-9);
  }
});

Deno.test("norm: heads of a row are normalised each, with one weight for all", async () => {
  const inputs = [trained("x", [5, 24], 3), trained("weight", [8])];
  await checkOp(norm, inputs, { epsilon: 1e-3, width: 8, heads: 3 });
  await checkOp(norm, inputs.slice(0, 1), { epsilon: 1e-3, width: 8, heads: 3 });
});

Deno.test("norm: backward and lowering with a weight", async () => {
  await checkOp(norm, [trained("x", [5, 8], 3), trained("weight", [8])], { epsilon: 1e-3, width: 8 });
});
