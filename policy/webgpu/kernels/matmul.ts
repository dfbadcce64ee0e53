/**
 * Matrix products `C = A · B` under one numeric contract: every number of C has one accumulator, which starts at 0 and
 * adds its products in ascending order of k, each a plain multiplication and a plain addition. So all geometries below
 * agree bit for bit, and what a token computes does not depend on how many others there are.
 *
 * A file of its own because the text is generated: accumulators and inner steps must be named and unrolled, since
 * every dynamic index costs a comparison and every loop a 64-bit counter.
 *
 * @module
 */
import type { Gpu } from "../device.ts";
import { fixed, type Matrix, type Plan, type Rows, THREADS } from "../plan.ts";
import { direct } from "./matmul_direct.ts";
import { tiled } from "./matmul_tiled.ts";

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

/**
 * How the numbers of C are shared out: each thread has `rows × columns` of them, a workgroup `across` threads per row.
 * Where both factors pass through workgroup memory, `columns` and `rows` are multiples of 4 (rows may be 1) and every
 * thread copies 4 × 4 numbers of one of them: `threads = (rows of the tile + columns of the tile) · depth / 16`.
 */
export interface Geometry {
  rows: number;
  columns: number;
  across: number;
  threads: number;
  /** Steps of k between two barriers, for which both factors are copied to workgroup memory; 0 reads them directly. */
  depth: number;
}

/** The geometries, those of a GPU from the largest tile to the smallest. Which is taken is a matter of speed alone. */
export const GEOMETRIES = {
  /** Without barriers, which are what a CPU that plays GPU is slowest at. */
  software: { rows: 2, columns: 4, across: 8, threads: THREADS, depth: 0 },
  /** 128 × 128 numbers in 16 KiB of workgroup memory, all that WebGPU promises. */
  large: { rows: 8, columns: 8, across: 16, threads: 256, depth: 16 },
  /** 64 × 64 numbers. */
  middle: { rows: 8, columns: 4, across: 16, threads: 128, depth: 16 },
  /** 32 × 32 numbers. */
  small: { rows: 4, columns: 4, across: 8, threads: 64, depth: 16 },
  /** 16 × 16 numbers: for few rows, as in decoding. */
  few: { rows: 1, columns: 4, across: 4, threads: 64, depth: 32 },
} satisfies Record<string, Geometry>;

/** Workgroups that keep a GPU busy: a larger tile computes faster, but not on a GPU that is half idle. */
const ENOUGH_GROUPS = 96;

/** The geometries that products take on an adapter, the largest tile first. */
export function geometriesOn({ adapter: { software } }: Pick<Gpu, "adapter">): readonly Geometry[] {
  const { large, middle, small, few } = GEOMETRIES;
  return software ? [GEOMETRIES.software] : [large, middle, small, few];
}

/** Rows and columns of C that a workgroup computes. */
export function tileOf({ rows, columns, across, threads }: Geometry): { rows: number; columns: number } {
  return { rows: threads / across * rows, columns: across * columns };
}

/** The geometry for a product: the largest tile that is no larger than C and of which there are enough. */
export function geometryOf(plan: Plan, { m, n }: Pick<Product, "m" | "n">): Geometry {
  const rows = plan.capacityOf(m), columns = plan.capacityOf(n);
  const suits = (geometry: Geometry) => {
    const tile = tileOf(geometry);
    if (tile.rows > rows || tile.columns > columns) return false;
    return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) >= ENOUGH_GROUPS;
  };
  const geometries = geometriesOn(plan.gpu), smallest = geometries[geometries.length - 1];
  return geometries.find((geometry) => geometry === smallest || suits(geometry))!;
}

/** Appends a product to a plan. */
export function matmul(plan: Plan, product: Product, geometry: Geometry = geometryOf(plan, product)): void {
  const { name, m, n, k, a, b, c, bias, residual, adds = false, firstColumn = 0 } = product;
  const tile = tileOf(geometry), tiles = geometry.depth > 0, whole = (count: Rows) => fixed(count) % 4 === 0;
  // A factor's vectors lie along k or across it. Behind a k that is known when the plan runs, numbers need their own test.
  const along = (vectors: boolean) => !vectors || typeof k === "number" && whole(k);
  const vectors = {
    a: tiles && a.matrix.width % 4 === 0 && along(a.turned !== true),
    b: tiles && b.matrix.width % 4 === 0 && along(b.turned === true),
    c: tiles && [c.width, firstColumn].every(whole) && typeof n === "number" && whole(n),
  };
  const view = (matrix: Matrix, vector: boolean): Matrix =>
    vector ? { ...matrix, type: matrix.type === "f16" ? "vec4<f16>" : "vec4<f32>" } : matrix;
  const types = { a: view(a.matrix, vectors.a).type, b: view(b.matrix, vectors.b).type };
  const units = (count: number, vector: boolean) => vector ? count / 4 : count;
  const text: ProductText = {
    geometry,
    tile,
    m: plan.rowsIn(m, "m"),
    n: plan.rowsIn(n, "n"),
    k: plan.rowsIn(k, "k"),
    turned: { a: a.turned === true, b: b.turned === true },
    vectors,
    types,
    value: (sum, row, column) =>
      [
        sum,
        ...bias ? [`bias[${column}]`] : [],
        ...residual ? [`residual[${row} * sizes.residualWidth + ${column}]`] : [],
      ].join(" + "),
    adds,
  };
  plan.dispatch({
    name: `product ${name}`,
    read: {
      a: view(a.matrix, vectors.a),
      b: view(b.matrix, vectors.b),
      ...bias && { bias: view(bias, vectors.c) },
      ...residual && { residual: view(residual, vectors.c) },
    },
    write: { c: view(c, vectors.c) },
    sizes: {
      m: fixed(m),
      n: fixed(n),
      k: fixed(k),
      aWidth: units(a.matrix.width, vectors.a),
      bWidth: units(b.matrix.width, vectors.b),
      cWidth: units(c.width, vectors.c),
      firstColumn: units(firstColumn, vectors.c),
      residualWidth: residual ? units(residual.width, vectors.c) : 0,
    },
    grid: [{ rows: m, per: tile.rows }, { rows: n, per: tile.columns }],
    threads: geometry.threads,
    ...tiles ? tiled(text) : direct(text),
  });
}

/** What the text of a product depends on. Widths and first columns are read from `sizes`, in units of the binding. */
export interface ProductText {
  geometry: Geometry;
  tile: { rows: number; columns: number };
  /** Extents, as text. */
  m: string;
  n: string;
  k: string;
  turned: Record<"a" | "b", boolean>;
  /** Which bindings are vectors of four numbers along their rows; bias and residual are as C. */
  vectors: Record<"a" | "b" | "c", boolean>;
  /** What the bindings of the factors are. */
  types: Record<"a" | "b", Matrix["type"]>;
  /** What is stored at a place, given its sum. */
  value(sum: string, row: string, column: string): string;
  adds: boolean;
}
