import { checkReference, indices, trained } from "./checking_test.ts";
import { tail } from "./tail.ts";

Deno.test("tail: backward of some rows, and of all", () => {
  checkReference(tail, [trained("x", [5, 3]), indices([0, 0])], {});
  checkReference(tail, [trained("x", [2, 3]), indices([0, 0])], {});
});
