import { checkOp, indices, trained } from "./checking_test.ts";
import { embed } from "./embed.ts";

Deno.test("embed: backward and lowering, with a token that occurs several times", async () => {
  await checkOp(embed, [indices([3, 0, 3, 6, 3]), trained("table", [7, 5])], { width: 5 });
});

Deno.test("embed: one token", async () => {
  await checkOp(embed, [indices([6]), trained("table", [7, 4])], { width: 4 });
});
