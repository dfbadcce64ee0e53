import { deepStrictEqual } from "node:assert/strict";
import { writeRows } from "./write_rows.ts";

Deno.test("writeRows() replaces the named rows and no others", () => {
  const tensor = (shape: number[], ...numbers: number[]) => ({ shape, data: Float64Array.from(numbers) });
  const cache = tensor([3, 2], 1, 2, 3, 4, 5, 6);
  const { data } = writeRows.forward([tensor([2, 2], 7, 8, 9, 10), tensor([2], 2, 0), cache], {});
  deepStrictEqual([...data], [9, 10, 3, 4, 7, 8]);
  deepStrictEqual([...cache.data], [1, 2, 3, 4, 5, 6]);
});
