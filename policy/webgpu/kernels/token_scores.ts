/**
 * Kernels of {@linkcode tokenScores}: a file of their own because they are several passes over chunks of the
 * vocabulary.
 *
 * @module
 */
import type { Planned, Targets } from "../../ops/op.ts";
import type { TokenScoresAttributes } from "../../ops/token_scores.ts";
import { type Matrix, partsOf, type Plan, slice, THREADS } from "../plan.ts";
import { matmul } from "./matmul.ts";
import { LANES, maximumOfLanes, sumOfLanes } from "./reduce.ts";

/** Some rows of the table, and the number of the first. */
interface Chunk {
  rows: Matrix;
  first: number;
  count: number;
}

/** Cuts a table, and in the same way its gradient, into chunks; none reaches over a border between parts. */
function chunksOf(plan: Plan, table: Matrix, size: number): Chunk[] {
  return partsOf(plan, table).flatMap(({ part, first, count }) =>
    Array.from({ length: Math.ceil(count / size) }, (_, n) => {
      const rows = Math.min(size, count - n * size);
      return { rows: slice(part, n * size, rows), first: first + n * size, count: rows };
    })
  );
}

/** Logits of one chunk of the vocabulary, at temperature 1, as columns of a matrix that may be wider. */
function planLogits(plan: Plan, x: Matrix, { rows, count }: Chunk, logits: Matrix, firstColumn = 0): void {
  matmul(plan, {
    name: "logits",
    m: x.rows,
    n: count,
    k: x.width,
    a: { matrix: x },
    b: { matrix: rows, turned: true },
    c: logits,
    firstColumn,
  });
}

/** The forward. Keeps the statistics of {@linkcode planSoftmax}, the third being the log of the sum. */
export function planTokenScores(
  plan: Plan,
  inputs: readonly Matrix[],
  { chunk }: TokenScoresAttributes,
) {
  const { logits, stats } = planSoftmax(plan, inputs, chunk);
  plan.release(logits);
  return { output: planScores(plan, stats), saved: [stats] };
}

/**
 * Logits and, per row of `stats`, in this order: the largest of them over the temperature, the sum of exponentials
 * relative to it, that of `exp(z) · z`, and the target's. Of the logits the last chunk is left, or, where they are
 * `kept`, all [rows, V].
 */
export function planSoftmax(
  plan: Plan,
  [x, table, targets, inverse]: readonly Matrix[],
  size: number,
  { kept = false } = {},
): { logits: Matrix; stats: Matrix } {
  const chunks = chunksOf(plan, table, size), last = chunks[chunks.length - 1];
  const width = kept ? last.first + last.count : Math.max(...chunks.map(({ count }) => count));
  const logits = plan.matrix(x.rows, width), stats = plan.matrix(x.rows, 4);
  for (const chunk of chunks) {
    const firstColumn = kept ? chunk.first : 0;
    planLogits(plan, x, chunk, logits, firstColumn);
    plan.dispatch({
      name: "softmax of a chunk",
      read: { logits, targets, inverse },
      write: { stats },
      sizes: { width, firstColumn, first: chunk.first, count: chunk.count },
      grid: [{ rows: x.rows }],
      threads: THREADS,
      declarations: LANES,
      body: `
        let start = group.x * sizes.width + sizes.firstColumn;
        let factor = inverse[group.x];
        var highest = -3.0e38;
        for (var v = lane; v < sizes.count; v = v + ${THREADS}u) { highest = max(highest, logits[start + v] * factor); }
        ${maximumOfLanes("highestHere", "highest")}
        var before = vec4<f32>(-3.0e38, 0.0, 0.0, 0.0);
        let at = 4u * group.x;
        if (sizes.first > 0u) { before = vec4<f32>(stats[at], stats[at + 1u], stats[at + 2u], stats[at + 3u]); }
        let top = max(before.x, highestHere);
        // Σ e^(z - top) and Σ e^(z - top) (z - top).
        var sum = 0.0;
        var weighted = 0.0;
        for (var v = lane; v < sizes.count; v = v + ${THREADS}u) {
          let z = logits[start + v] * factor - top;
          let e = exponential(z);
          sum = sum + e;
          weighted = weighted + e * z;
        }
        ${sumOfLanes("sumHere", "sum")}
        ${sumOfLanes("weightedHere", "weighted")}
        if (lane == 0u) {
          let shift = before.x - top;
          let shrink = exponential(shift);
          stats[at] = top;
          stats[at + 1u] = before.y * shrink + sumHere;
          stats[at + 2u] = (before.z + shift * before.y) * shrink + weightedHere;
          let id = targets[group.x] - sizes.first; // below 0: a large number
          stats[at + 3u] = before.w;
          if (id < sizes.count) { stats[at + 3u] = logits[start + id] * factor; }
        }`,
    });
  }
  return { logits, stats };
}

/** Log-prob of the target and entropy of every row [rows, 2]. */
export function planScores(plan: Plan, stats: Matrix): Matrix {
  const y = plan.matrix(stats.rows, 2);
  plan.elementwise("token scores", {
    write: { y, stats },
    domain: { rows: stats.rows, width: 1 },
    body: `
      let sum = stats[4u * i + 1u];
      let logSum = logarithm(sum);
      y[2u * i] = (stats[4u * i + 3u] - stats[4u * i]) - logSum;
      y[2u * i + 1u] = logSum - stats[4u * i + 2u] / sum;
      stats[4u * i + 2u] = logSum;`,
  });
  return y;
}

/** The backward: per chunk the logits again, their gradient in place, then the parts of both products. */
export function planTokenScoresBackward(
  plan: Plan,
  { inputs: [x, table, targets, inverse], output, saved: [stats] }: Planned,
  gradient: Matrix,
  goals: Targets,
  { chunk: size }: TokenScoresAttributes,
): void {
  const dx = goals.of(0), dtable = goals.of(1);
  const chunks = chunksOf(plan, table, size), width = Math.max(...chunks.map(({ count }) => count));
  const gradients = dtable && chunksOf(plan, dtable.matrix, size), logits = plan.matrix(x.rows, width);
  chunks.forEach((chunk, n) => {
    planLogits(plan, x, chunk, logits);
    plan.elementwise("token scores backward", {
      read: { targets, inverse, stats, output, gradient },
      write: { logits },
      sizes: { width, first: chunk.first },
      domain: { rows: x.rows, width: chunk.count },
      body: `
        let at = row * sizes.width + column;
        let logProb = (logits[at] * inverse[row] - stats[4u * row]) - stats[4u * row + 2u];
        let probability = exponential(logProb);
        var one = 0.0;
        if (targets[row] == sizes.first + column) { one = 1.0; }
        let drawn = gradient[2u * row] * (one - probability);
        let spread = gradient[2u * row + 1u] * probability * (logProb + output[2u * row + 1u]);
        logits[at] = inverse[row] * (drawn - spread);`,
    });
    if (dx) {
      matmul(plan, {
        name: "token scores backward",
        m: x.rows,
        n: x.width,
        k: chunk.count,
        a: { matrix: logits },
        b: { matrix: chunk.rows },
        c: dx.matrix,
        adds: n > 0 || dx.store === "+=",
      });
    }
    if (gradients) {
      matmul(plan, {
        name: "token scores backward of the table",
        m: chunk.count,
        n: x.width,
        k: x.rows,
        a: { matrix: logits, turned: true },
        b: { matrix: x },
        c: gradients[n].rows,
        adds: dtable!.store === "+=",
      });
    }
  });
  plan.release(logits);
}
