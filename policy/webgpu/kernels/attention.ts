/**
 * Kernels of {@linkcode packedAttention}. A file of their own because the text is generated: the numbers that a thread
 * sums are named, and how many it has depends on the heads.
 *
 * A workgroup has one query row (or key row) and one key-value head with all query heads that share it. Softmax is
 * computed online over blocks of keys, ascending; the backward recomputes the weights from the kept log-sum. Every sum
 * is one thread's.
 *
 * @module
 */
import type { PackedAttentionAttributes } from "../../ops/packed_attention.ts";
import type { Planned, Target, Targets } from "../../ops/op.ts";
import { type Matrix, type Plan, THREADS } from "../plan.ts";

/** Keys, or queries, of a block: a constant, since sums depend on it. */
const BLOCK = 32;

/** Walks over the keys of query row `group.x` in blocks. */
const WALK = `
  let prefix = spans[4u * group.x];
  let prefixRows = spans[4u * group.x + 1u];
  let own = spans[4u * group.x + 2u];
  let count = prefixRows + spans[4u * group.x + 3u];`;
const KEY_ROW = "select(own + j - prefixRows, prefix + j, j < prefixRows)";

/** Declares and fills workgroup memory with a part of a row. */
const load = (name: string, source: string, size: number) => `
  for (var e = lane; e < ${size}u; e = e + ${THREADS}u) { ${name}[e] = ${source}; }`;

/** `name = Σ_c left · right` over a head, in order. */
const dot = (name: string, size: number, left: string, right: string) => `
  var ${name} = 0.0;
  for (var c = 0u; c < ${size}u; c = c + 1u) { ${name} = ${name} + ${left} * ${right}; }`;

/** Names for the numbers that one thread has of `count`; number `n` is `lane + n · THREADS`. */
function shares(count: number, text: (n: number, index: string) => string): string {
  return Array.from({ length: Math.ceil(count / THREADS) }, (_, n) => {
    const index = `(lane + ${n * THREADS}u)`;
    return (n + 1) * THREADS > count ? `if (${index} < ${count}u) { ${text(n, index)} }` : text(n, index);
  }).join("\n");
}

const declared = (count: number, name: string) =>
  Array.from({ length: Math.ceil(count / THREADS) }, (_, n) => `var ${name}_${n} = 0.0;`).join("\n");

/** The forward; keeps for each query head [N, 2 · heads] the log of its sum of exponentials and a place for the backward. */
export function planAttention(plan: Plan, [q, k, v, spans]: readonly Matrix[], attributes: PackedAttentionAttributes) {
  const { heads, keyValueHeads: kv, headSize: size } = attributes, group = heads / kv;
  const y = plan.like(q), stats = plan.matrix(q.rows, 2 * heads);
  plan.dispatch({
    name: "attention",
    read: { q, k, v, spans },
    write: { y, stats },
    grid: [{ rows: q.rows }, { rows: kv }],
    threads: THREADS,
    declarations: `
var<workgroup> query: array<f32, ${group * size}>;
var<workgroup> weights: array<f32, ${group * BLOCK}>;
var<workgroup> tops: array<f32, ${group}>;
var<workgroup> sums: array<f32, ${group}>;
var<workgroup> factors: array<f32, ${group}>;`,
    body: `
      ${WALK}
      let first = (group.x * ${heads}u + group.y * ${group}u) * ${size}u;
      ${load("query", "q[first + e]", group * size)}
      for (var g = lane; g < ${group}u; g = g + ${THREADS}u) {
        tops[g] = -3.0e38;
        sums[g] = 0.0;
      }
      ${declared(group * size, "out")}
      workgroupBarrier();
      for (var start = 0u; start < count; start = start + ${BLOCK}u) {
        for (var pair = lane; pair < ${group * BLOCK}u; pair = pair + ${THREADS}u) {
          let j = start + pair % ${BLOCK}u;
          weights[pair] = -3.0e38;
          if (j < count) {
            let key = (${KEY_ROW} * ${kv}u + group.y) * ${size}u;
            let mine = pair / ${BLOCK}u * ${size}u;
            ${dot("score", size, "query[mine + c]", "k[key + c]")}
            weights[pair] = score * ${1 / Math.sqrt(size)};
          }
        }
        workgroupBarrier();
        let present = min(${BLOCK}u, count - start);
        for (var g = lane; g < ${group}u; g = g + ${THREADS}u) {
          var top = tops[g];
          for (var s = 0u; s < present; s = s + 1u) { top = max(top, weights[g * ${BLOCK}u + s]); }
          let factor = exponential(tops[g] - top);
          var sum = sums[g] * factor;
          for (var s = 0u; s < present; s = s + 1u) {
            let weight = exponential(weights[g * ${BLOCK}u + s] - top);
            weights[g * ${BLOCK}u + s] = weight;
            sum = sum + weight;
          }
          tops[g] = top;
          sums[g] = sum;
          factors[g] = factor;
        }
        workgroupBarrier();
        ${shares(group * size, (n, index) => `out_${n} = out_${n} * factors[${index} / ${size}u];`)}
        for (var s = 0u; s < present; s = s + 1u) {
          let j = start + s;
          let value = (${KEY_ROW} * ${kv}u + group.y) * ${size}u;
          ${
      shares(group * size, (n, index) =>
        `out_${n} = out_${n} + weights[${index} / ${size}u * ${BLOCK}u + s] * v[value + ${index} % ${size}u];`)
    }
        }
        workgroupBarrier();
      }
      ${shares(group * size, (n, index) => `y[first + ${index}] = out_${n} / sums[${index} / ${size}u];`)}
      for (var g = lane; g < ${group}u; g = g + ${THREADS}u) {
        stats[2u * (group.x * ${heads}u + group.y * ${group}u + g)] = tops[g] + logarithm(sums[g]);
      }`,
  });
  return { output: y, saved: [stats] };
}

/** The backward: first the queries' gradient, a workgroup per query row; then the keys' and values', one per key row. */
export function planAttentionBackward(
  plan: Plan,
  { inputs: [q, k, v, spans, seen], output, saved: [stats] }: Planned,
  gradient: Matrix,
  targets: Targets,
  { heads, keyValueHeads: kv, headSize: size }: PackedAttentionAttributes,
): void {
  const group = heads / kv, alpha = 1 / Math.sqrt(size), unwanted: Matrix[] = [];
  // A gradient that nobody wants is computed all the same: where not all is trained, in the first layer at most.
  const target = (n: number, like: Matrix): Target => {
    const wanted = targets.of(n);
    if (wanted) return wanted;
    unwanted.push(plan.like(like));
    return { matrix: unwanted[unwanted.length - 1], store: "=" };
  };
  const dq = target(0, q);
  plan.dispatch({
    name: "attention backward of the queries",
    read: { q, k, v, spans, y: output, gradient },
    write: { dq: dq.matrix, stats },
    grid: [{ rows: q.rows }, { rows: kv }],
    threads: THREADS,
    declarations: `
var<workgroup> query: array<f32, ${group * size}>;
var<workgroup> dout: array<f32, ${group * size}>;
var<workgroup> products: array<f32, ${group}>;
var<workgroup> dscores: array<f32, ${group * BLOCK}>;`,
    body: `
      ${WALK}
      let head = group.x * ${heads}u + group.y * ${group}u;
      let first = head * ${size}u;
      ${load("query", "q[first + e]", group * size)}
      ${load("dout", "gradient[first + e]", group * size)}
      workgroupBarrier();
      for (var g = lane; g < ${group}u; g = g + ${THREADS}u) {
        ${dot("product", size, `dout[g * ${size}u + c]`, `y[first + g * ${size}u + c]`)}
        products[g] = product;
        stats[2u * (head + g) + 1u] = product;
      }
      ${declared(group * size, "sum")}
      workgroupBarrier();
      for (var start = 0u; start < count; start = start + ${BLOCK}u) {
        let present = min(${BLOCK}u, count - start);
        for (var pair = lane; pair < ${group * BLOCK}u; pair = pair + ${THREADS}u) {
          let g = pair / ${BLOCK}u;
          let j = start + pair % ${BLOCK}u;
          if (j < count) {
            let key = (${KEY_ROW} * ${kv}u + group.y) * ${size}u;
            ${dot("score", size, `query[g * ${size}u + c]`, "k[key + c]")}
            ${dot("dweight", size, `dout[g * ${size}u + c]`, "v[key + c]")}
            let weight = exponential(score * ${alpha} - stats[2u * (head + g)]);
            dscores[pair] = in_order(weight * (dweight - products[g])) * ${alpha};
          }
        }
        workgroupBarrier();
        for (var s = 0u; s < present; s = s + 1u) {
          let j = start + s;
          let key = (${KEY_ROW} * ${kv}u + group.y) * ${size}u;
          ${
      shares(group * size, (n, index) =>
        `sum_${n} = sum_${n} + dscores[${index} / ${size}u * ${BLOCK}u + s] * k[key + ${index} % ${size}u];`)
    }
        }
        workgroupBarrier();
      }
      ${shares(group * size, (n, index) => `dq[first + ${index}] ${dq.store} sum_${n};`)}`,
  });
  const dk = target(1, k), dv = target(2, v);
  plan.dispatch({
    name: "attention backward of the keys",
    read: { q, k, v, seen, stats, gradient },
    write: { dk: dk.matrix, dv: dv.matrix },
    grid: [{ rows: k.rows }, { rows: kv }],
    threads: THREADS,
    declarations: `
var<workgroup> key: array<f32, ${size}>;
var<workgroup> value: array<f32, ${size}>;
var<workgroup> weights: array<f32, ${group * BLOCK}>;
var<workgroup> dscores: array<f32, ${group * BLOCK}>;`,
    body: `
      let first = (group.x * ${kv}u + group.y) * ${size}u;
      ${load("key", "k[first + e]", size)}
      ${load("value", "v[first + e]", size)}
      let near = seen[4u * group.x];
      let nearRows = seen[4u * group.x + 1u];
      let far = seen[4u * group.x + 2u];
      let count = nearRows + seen[4u * group.x + 3u];
      ${declared(size, "dkey")}
      ${declared(size, "dvalue")}
      workgroupBarrier();
      for (var start = 0u; start < count; start = start + ${BLOCK}u) {
        let present = min(${BLOCK}u, count - start);
        for (var pair = lane; pair < ${group * BLOCK}u; pair = pair + ${THREADS}u) {
          let j = start + pair / ${group}u;
          if (j < count) {
            let row = select(far + j - nearRows, near + j, j < nearRows);
            let head = row * ${heads}u + group.y * ${group}u + pair % ${group}u;
            ${dot("score", size, `q[head * ${size}u + c]`, "key[c]")}
            ${dot("dweight", size, `gradient[head * ${size}u + c]`, "value[c]")}
            let weight = exponential(score * ${alpha} - stats[2u * head]);
            weights[pair] = weight;
            dscores[pair] = in_order(weight * (dweight - stats[2u * head + 1u])) * ${alpha};
          }
        }
        workgroupBarrier();
        for (var pair = 0u; pair < present * ${group}u; pair = pair + 1u) {
          let j = start + pair / ${group}u;
          let row = select(far + j - nearRows, near + j, j < nearRows);
          let query = (row * ${heads}u + group.y * ${group}u + pair % ${group}u) * ${size}u;
          ${
      shares(size, (n, index) => `
          dkey_${n} = dkey_${n} + dscores[pair] * q[query + ${index}];
          dvalue_${n} = dvalue_${n} + weights[pair] * gradient[query + ${index}];`)
    }
        }
        workgroupBarrier();
      }
      ${
      shares(size, (n, index) => `
      dk[first + ${index}] ${dk.store} dkey_${n};
      dv[first + ${index}] ${dv.store} dvalue_${n};`)
    }`,
  });
  unwanted.forEach((matrix) => plan.release(matrix));
}
