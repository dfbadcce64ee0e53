/**
 * The kernel of a product that reads both factors from memory at every step: the fastest on a CPU that plays GPU, where
 * barriers are dear.
 *
 * @module
 */
import type { ProductText } from "./matmul.ts";
import { read } from "../plan.ts";
import { each, times } from "./unrolled.ts";

/** The text. Rows and columns outside are those at the edge, computed and never stored. */
export function direct({ geometry, tile, m, n, k, turned, types, value, adds }: ProductText) {
  const { rows, columns, across } = geometry;
  const at = (array: "a" | "b", row: string, column: string) =>
    read(array, types[array], `(${row}) * sizes.${array}Width + ${column}`);
  const a = (row: string) => turned.a ? at("a", "step", row) : at("a", row, "step");
  const b = (column: string) => turned.b ? at("b", column, "step") : at("b", "step", column);
  return {
    declarations: "",
    body: `
      let row0 = group.x * ${tile.rows}u + lane / ${across}u * ${rows}u;
      let column0 = group.y * ${tile.columns}u + lane % ${across}u * ${columns}u;
      ${each(rows, columns, (i, j) => `var sum_${i}_${j} = 0.0;`)}
      ${times(rows, (i) => `let row_${i} = min(row0 + ${i}u, ${m} - 1u);`)}
      ${times(columns, (j) => `let column_${j} = min(column0 + ${j}u, ${n} - 1u);`)}
      for (var step = 0u; step < ${k}; step = step + 1u) {
        ${times(rows, (i) => `let a_${i} = ${a(`row_${i}`)};`)}
        ${times(columns, (j) => `let b_${j} = ${b(`column_${j}`)};`)}
        ${each(rows, columns, (i, j) => `sum_${i}_${j} = sum_${i}_${j} + a_${i} * b_${j};`)}
      }
      ${
      each(rows, columns, (i, j) => `
      if (row0 + ${i}u < ${m} && column0 + ${j}u < ${n}) {
        let at = (row0 + ${i}u) * sizes.cWidth + sizes.firstColumn + column0 + ${j}u;
        c[at] = ${adds ? "c[at] + " : ""}(${value(`sum_${i}_${j}`, `(row0 + ${i}u)`, `(column0 + ${j}u)`)});
      }`)
    }`,
  };
}
