/**
 * The kernel of a product whose factors pass through workgroup memory, one tile of each for `depth` steps of k.
 *
 * The tiles hold vectors of four rows of A, or four columns of B, at one step. A thread copies 4 × 4 numbers of one
 * factor as four vectors; where those lie along k in memory, it turns them round in registers. It reads the next tile's
 * while this one is computed. Its own rows and columns are 4 here and 4 half a tile on, so that neighbours read
 * neighbouring vectors; and places within a tile are permuted by the step (an exclusive or), so that threads which
 * write different steps at once meet different banks.
 *
 * Bounds are met while copying alone: behind the last k both tiles are 0, and 0 · 0 changes no bit of a sum; rows and
 * columns outside hold whatever is there, and what they give is never stored. All conditions around barriers are the
 * same for the whole workgroup, as browsers demand.
 *
 * @module
 */
import { type Matrix, read } from "../plan.ts";
import type { ProductText } from "./matmul.ts";
import { each, times } from "./unrolled.ts";

const COMPONENTS = ["x", "y", "z", "w"];

/** A factor's tile: `own` rows or columns for each of `threads` threads. */
interface Side {
  array: "a" | "b";
  own: number;
  threads: number;
  /** First row or column of the tile, and the thread's place among `threads`, as text. */
  first: string;
  place: string;
  /** Whether vectors in memory lie along k. */
  alongK: boolean;
  /** Numbers in a unit of the binding, and what that is. */
  unit: 1 | 4;
  type: Matrix["type"];
}

/** The text. */
export function tiled({ geometry, tile, m, n, k, turned, vectors, types, value, adds }: ProductText) {
  const { rows, columns, across, threads, depth } = geometry, down = threads / across;
  const A: Side = {
    array: "a",
    own: rows,
    threads: down,
    first: "top",
    place: `lane / ${across}u`,
    alongK: !turned.a,
    unit: vectors.a ? 4 : 1,
    type: types.a,
  };
  const B: Side = {
    array: "b",
    own: columns,
    threads: across,
    first: "left",
    place: `lane % ${across}u`,
    alongK: turned.b,
    unit: vectors.b ? 4 : 1,
    type: types.b,
  };
  const blocksOfA = tile.rows * depth / 16, bands = Math.ceil(rows / 4), blocks = columns / 4;
  const perSide = (text: (side: Side) => string) => `if (lane < ${blocksOfA}u) { ${text(A)} } else { ${text(B)} }`;
  return {
    declarations: declare(A, depth) + declare(B, depth),
    body: `
      let top = group.x * ${tile.rows}u;
      let left = group.y * ${tile.columns}u;
      ${places(A, depth)}
      ${places(B, depth)}
      ${each(rows, blocks, (i, j) => `var sum_${i}_${j} = vec4<f32>();`)}
      // The block of numbers that the thread copies, and where in memory it is.
      var outer = 0u;
      var inner = 0u;
      var source = 0u;
      ${perSide((side) => start(side, depth, side === A ? "lane" : `(lane - ${blocksOfA}u)`))}
      ${times(4, (i) => `var next_${i} = vec4<f32>();`)}
      ${perSide((side) => next(side, "0u", k))}
      for (var start = 0u; start < ${k}; start = start + ${depth}u) {
        ${perSide((side) => write(side, depth))}
        workgroupBarrier();
        if (start + ${depth}u < ${k}) {
          ${perSide((side) => advance(side, depth) + next(side, `(start + ${depth}u)`, k))}
        }
        ${times(depth, (step) => multiply(A, B, step))}
        workgroupBarrier();
      }
      ${
      times(bands, (band) =>
        each(Math.min(rows, 4), blocks, (i, j) => {
          const row = rows < 4 ? `(top + place_a)` : `(top + (place_a + ${band * down}u) * 4u + ${i}u)`;
          const column = `(left + (place_b + ${j * across}u) * 4u)`, sum = `sum_${4 * band + i}_${j}`;
          return store({ row, column, sum, m, n, value, adds, vector: vectors.c });
        }))
    }`,
  };
}

/** Vectors, or for a thread with a single row numbers, of all steps of a tile. */
function declare({ array, own, threads }: Side, depth: number): string {
  const type = own < 4
    ? `array<array<f32, ${threads}>, ${depth}>`
    : `array<array<array<vec4<f32>, ${threads}>, ${own / 4}>, ${depth}>`;
  return `var<workgroup> tile_${array}: ${type};\n`;
}

/** How places are permuted in the four steps of a block: 8 neighbouring threads write to 8 different banks. */
const permutation = ({ threads }: Side, depth: number, block: number) => (block * 32 / depth) & (threads - 1);

/** The thread's place in a tile, permuted for each block of four steps. */
function places(side: Side, depth: number): string {
  const { array, own, place } = side;
  return `let place_${array} = ${place};
    ${
    own < 4
      ? ""
      : times(depth / 4, (block) => `let at_${array}_${block} = place_${array} ^ ${permutation(side, depth, block)}u;`)
  }`;
}

/** Which block the thread copies (`outer` counts along rows or columns, `inner` along k), and where it lies. */
function start({ array, own, threads, first, alongK, unit }: Side, depth: number, block: string): string {
  const steps = depth / 4, count = own * threads / 4, width = `sizes.${array}Width`;
  // Neighbouring threads copy what are neighbours in memory.
  return `
    outer = ${block} ${alongK ? `/ ${steps}u` : `% ${count}u`};
    inner = ${block} ${alongK ? `% ${steps}u` : `/ ${count}u`};
    source = ${
    alongK
      ? `(${first} + outer * 4u) * ${width} + inner * ${4 / unit}u`
      : `inner * 4u * ${width} + (${first} + outer * 4u) / ${unit}u`
  };`;
}

/** Moves on by `depth` steps. */
function advance({ array, alongK, unit }: Side, depth: number): string {
  return `source = source + ${alongK ? `${depth / unit}u` : `${depth}u * sizes.${array}Width`};`;
}

/** Reads the block's four vectors; numbers behind the last k become 0. */
function next({ array, alongK, unit, type }: Side, step: string, k: string): string {
  return times(4, (i) => {
    const at = `source + ${i}u * sizes.${array}Width`, first = `${step} + inner * 4u`;
    const vector = unit === 4
      ? read(array, type, at)
      : `vec4<f32>(${COMPONENTS.map((_, c) => read(array, type, `${at} + ${c}u`)).join(", ")})`;
    // Vectors of a binding never reach over the last k.
    const inside = !alongK
      ? `${first} + ${i}u < ${k}`
      : unit === 4
      ? `${first} < ${k}`
      : `vec4<u32>(${first}) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${k})`;
    return `next_${i} = select(vec4<f32>(), ${vector}, ${inside});`;
  });
}

/** Writes them to the tile, one per step. */
function write({ array, own, threads, alongK }: Side, depth: number): string {
  const component = (step: number, i: number) =>
    alongK ? `next_${i}.${COMPONENTS[step]}` : `next_${step}.${COMPONENTS[i]}`;
  if (own < 4) {
    return each(4, 4, (step, i) => `tile_${array}[inner * 4u + ${step}u][outer * 4u + ${i}u] = ${component(step, i)};`);
  }
  return `
    let half = outer / ${threads}u;
    let slot = (outer % ${threads}u) ^ ((inner * ${32 / depth}u) & ${threads - 1}u);
    ${
    times(4, (step) => {
      const vector = alongK ? `vec4<f32>(${COMPONENTS.map((_, i) => component(step, i)).join(", ")})` : `next_${step}`;
      return `tile_${array}[inner * 4u + ${step}u][half][slot] = ${vector};`;
    })
  }`;
}

/** One step: the products of the thread's rows and columns. */
function multiply(A: Side, B: Side, step: number): string {
  const load = ({ array, own }: Side) =>
    own < 4
      ? `let a_0 = tile_${array}[${step}][place_${array}];`
      : times(own / 4, (part) =>
        `let ${array}_${part} = tile_${array}[${step}][${part}][at_${array}_${Math.floor(step / 4)}];`);
  const factor = (row: number) => A.own < 4 ? "a_0" : `a_${Math.floor(row / 4)}.${COMPONENTS[row % 4]}`;
  return `{
    ${load(A)}
    ${load(B)}
    ${each(A.own, B.own / 4, (i, j) => `sum_${i}_${j} = sum_${i}_${j} + vec4<f32>(${factor(i)}) * b_${j};`)}
  }`;
}

/** Stores four numbers of a row, as a vector or one by one. */
function store(
  { row, column, sum, m, n, value, adds, vector }: Pick<ProductText, "m" | "n" | "value" | "adds"> & {
    row: string;
    column: string;
    sum: string;
    vector: boolean;
  },
): string {
  const one = (column: string, sum: string) => `
    let at = row * sizes.cWidth + sizes.firstColumn + ${column};
    c[at] = ${adds ? "c[at] + " : ""}(${value(sum, "row", column)});`;
  const whole = one("column / 4u", sum);
  const parts = times(4, (c) => `if (column + ${c}u < ${n}) { ${one(`(column + ${c}u)`, `${sum}.${COMPONENTS[c]}`)} }`);
  return `{
    let row = ${row};
    let column = ${column};
    if (row < ${m} && column < ${n}) { ${vector ? whole : parts} }
  }`;
}
