import { checkOp, trained } from "./checking_test.ts";
import { linear } from "./linear.ts";

for (const scale of [false, true]) {
  for (const bias of [false, true]) {
    for (const residual of [false, true]) {
      const name = Object.entries({ scale, bias, residual }).flatMap(([part, on]) => on ? [part] : []).join(", ");
      Deno.test(`linear: backward and lowering with ${name || "no option"}`, async () => {
        const inputs = [trained("x", [6, 5]), trained("weight", [7, 5])];
        if (scale) inputs.push(trained("scale", [5]));
        if (bias) inputs.push(trained("bias", [7]));
        if (residual) inputs.push(trained("residual", [6, 7]));
        await checkOp(linear, inputs, { scale, bias, residual });
      });
    }
  }
}

Deno.test("linear: one row, and matrices of odd sizes", async () => {
  await checkOp(linear, [trained("x", [1, 3]), trained("weight", [2, 3]), trained("scale", [3])], { scale: true });
  await checkOp(linear, [trained("x", [19, 33]), trained("weight", [17, 33]), trained("r", [19, 17])], {
    residual: true,
  });
});

Deno.test("linear: a factor of the product", async () => {
  const inputs = [trained("x", [6, 5]), trained("weight", [3, 5]), trained("scale", [5])];
  await checkOp(linear, inputs, { scale: true, factor: 0.6, narrowing: true });
  const more = [trained("bias", [3]), trained("residual", [6, 3])];
  await checkOp(linear, [...inputs.slice(0, 2), ...more], { bias: true, residual: true, factor: 2 });
});
