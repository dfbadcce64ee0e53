/**
 * Matrix products `C = A · B` under one numeric contract: every number of C has one accumulator, which starts at 0 and
 * adds its products in ascending order of k. So all geometries below agree bit for bit, and what a token computes does
 * not depend on how many others there are.
 *
 * A file of its own because the text is generated: accumulators and inner steps must be named and unrolled, since
 * every dynamic index costs a comparison and every loop a 64-bit counter.
 *
 * @module
 */
import { fixed, type Matrix, type Plan, type Rows, THREADS } from "../plan.ts";

/** A factor: A is [m, k] and B is [k, n], or their transposes where `turned`. */
export interface Factor {
  matrix: Matrix;
  turned?: boolean;
}

/** A product and where it goes. */
export interface Product {
  name: string;
  m: Rows;
  n: Rows;
  k: Rows;
  a: Factor;
  b: Factor;
  /** [m, n], or wider: C then takes the columns from `firstColumn` on. */
  c: Matrix;
  firstColumn?: number;
  /** Add to what C holds. */
  adds?: boolean;
  /** Added to every row [n], and to every number [m, n]. */
  bias?: Matrix;
  residual?: Matrix;
}

/** How the numbers of C are shared out: each thread has `rows × columns` of them, a workgroup `across` threads per row. */
export interface Geometry {
  rows: number;
  columns: number;
  across: number;
  threads: number;
  /** Steps of k between two barriers, for which both factors are copied to workgroup memory; 0 reads them directly. */
  depth: number;
}

/** The geometries. Which is taken is a matter of speed alone. */
export const GEOMETRIES = {
  /** Without barriers, which are what a CPU that plays GPU is slowest at. */
  software: { rows: 2, columns: 4, across: 8, threads: THREADS, depth: 0 },
  /** 16 × 16 numbers: for few rows, as in decoding. */
  few: { rows: 1, columns: 4, across: 4, threads: 64, depth: 32 },
  /** 64 × 64 numbers. */
  many: { rows: 4, columns: 4, across: 16, threads: 256, depth: 16 },
} satisfies Record<string, Geometry>;

/** The geometry for a product. */
export function geometryOf(plan: Plan, { m }: Pick<Product, "m">): Geometry {
  if (plan.gpu.adapter.software) return GEOMETRIES.software;
  return plan.capacityOf(m) <= 64 ? GEOMETRIES.few : GEOMETRIES.many;
}

/** Appends a product to a plan. */
export function matmul(plan: Plan, product: Product, geometry: Geometry = geometryOf(plan, product)): void {
  const { name, m, n, k, a, b, c, bias, residual, adds, firstColumn = 0 } = product;
  const { rows, columns, across, threads } = geometry;
  const tileRows = threads / across * rows, tileColumns = across * columns;
  const at = (factor: Factor, array: string, outer: string, inner: string) =>
    factor.turned
      ? `${array}[(${inner}) * sizes.${array}Width + ${outer}]`
      : `${array}[(${outer}) * sizes.${array}Width + ${inner}]`;
  const text: Text = {
    geometry,
    tileRows,
    tileColumns,
    m: plan.rowsIn(m, "m"),
    n: plan.rowsIn(n, "n"),
    k: plan.rowsIn(k, "k"),
    a: (row, step) => at(a, "a", row, step),
    b: (step, column) => at(b, "b", step, column),
    turnedA: a.turned === true,
    turnedB: b.turned === true,
  };
  const { declarations, body } = geometry.depth === 0 ? direct(text) : tiled(text);
  const store = each(rows, columns, (i, j) => {
    const value = [
      `sum_${i}_${j}`,
      ...bias ? [`bias[column]`] : [],
      ...residual ? [`residual[row * ${text.n} + column]`] : [],
    ];
    return `
      {
        let row = row0 + ${i}u;
        let column = column0 + ${j}u;
        if (row < ${text.m} && column < ${text.n}) {
          let at = row * sizes.cWidth + sizes.firstColumn + column;
          c[at] = ${adds ? "c[at] + " : ""}(${value.join(" + ")});
        }
      }`;
  });
  plan.dispatch({
    name: `product ${name}`,
    read: { a: a.matrix, b: b.matrix, ...bias && { bias }, ...residual && { residual } },
    write: { c },
    sizes: {
      m: fixed(m),
      n: fixed(n),
      k: fixed(k),
      aWidth: a.matrix.width,
      bWidth: b.matrix.width,
      cWidth: c.width,
      firstColumn,
    },
    grid: [{ rows: m, per: tileRows }, { rows: n, per: tileColumns }],
    threads,
    declarations,
    body: `
      let row0 = group.x * ${tileRows}u + lane / ${across}u * ${rows}u;
      let column0 = group.y * ${tileColumns}u + lane % ${across}u * ${columns}u;
      ${each(rows, columns, (i, j) => `var sum_${i}_${j} = 0.0;`)}
      ${body}
      ${store}`,
  });
}

interface Text {
  geometry: Geometry;
  tileRows: number;
  tileColumns: number;
  m: string;
  n: string;
  k: string;
  a: (row: string, step: string) => string;
  b: (step: string, column: string) => string;
  turnedA: boolean;
  turnedB: boolean;
}

/** Both factors from memory. Rows and columns outside are those at the edge, computed and never stored. */
function direct({ geometry: { rows, columns }, m, n, k, a, b }: Text) {
  return {
    declarations: "",
    body: `
      ${times(rows, (i) => `let row_${i} = min(row0 + ${i}u, ${m} - 1u);`)}
      ${times(columns, (j) => `let column_${j} = min(column0 + ${j}u, ${n} - 1u);`)}
      for (var step = 0u; step < ${k}; step = step + 1u) {
        ${times(rows, (i) => `let a_${i} = ${a(`row_${i}`, "step")};`)}
        ${times(columns, (j) => `let b_${j} = ${b("step", `column_${j}`)};`)}
        ${each(rows, columns, (i, j) => `sum_${i}_${j} = sum_${i}_${j} + a_${i} * b_${j};`)}
      }`,
  };
}

/** Both factors through workgroup memory; what lies outside is 0 there, and 0 · 0 changes no bit of a sum. */
function tiled({ geometry, tileRows, tileColumns, m, n, k, a, b, turnedA, turnedB }: Text) {
  const { rows, columns, across, threads, depth } = geometry;
  // Neighbouring threads copy neighbouring numbers.
  const copy = (tile: string, size: number, alongK: boolean, value: (outer: string, step: string) => string) => `
      for (var e = lane; e < ${size * depth}u; e = e + ${threads}u) {
        let outer = ${alongK ? `e / ${depth}u` : `e % ${size}u`};
        let inner = ${alongK ? `e % ${depth}u` : `e / ${size}u`};
        ${value("outer", "inner")}
        ${tile}[inner * ${size}u + outer] = value;
      }`;
  const guarded =
    (limit: string, first: string, get: (outer: string, step: string) => string) => (o: string, s: string) => `
        var value = 0.0;
        if (${first} + ${o} < ${limit} && start + ${s} < ${k}) { value = ${
      get(`(${first} + ${o})`, `(start + ${s})`)
    }; }`;
  const readA = guarded(m, "top", a), readB = guarded(n, "left", (column, step) => b(step, column));
  const steps = times(depth, (s) => `
        {
          ${times(rows, (i) => `let a_${i} = tileA[${s * tileRows + i}u + mine];`)}
          ${times(columns, (j) => `let b_${j} = tileB[${s * tileColumns + j}u + yours];`)}
          ${each(rows, columns, (i, j) => `sum_${i}_${j} = sum_${i}_${j} + a_${i} * b_${j};`)}
        }`);
  return {
    declarations: `
var<workgroup> tileA: array<f32, ${tileRows * depth}>;
var<workgroup> tileB: array<f32, ${tileColumns * depth}>;`,
    body: `
      let top = group.x * ${tileRows}u;
      let left = group.y * ${tileColumns}u;
      let mine = lane / ${across}u * ${rows}u;
      let yours = lane % ${across}u * ${columns}u;
      for (var start = 0u; start < ${k}; start = start + ${depth}u) {
        ${copy("tileA", tileRows, !turnedA, readA)}
        ${copy("tileB", tileColumns, turnedB, readB)}
        workgroupBarrier();
        ${steps}
        workgroupBarrier();
      }`,
  };
}

function times(count: number, text: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i)).join("\n");
}

function each(rows: number, columns: number, text: (i: number, j: number) => string): string {
  return times(rows, (i) => times(columns, (j) => text(i, j)));
}
