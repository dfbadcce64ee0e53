import { strictEqual } from "node:assert/strict";
import { HIDDEN } from "../cpu/prompts.ts";
import { attention } from "./attention.ts";
import { checkLowering, checkOp, checkReference, close, fixed, trained } from "./checking_test.ts";

interface Shape {
  heads: number;
  keyValueHeads: number;
  headSize: number;
  /** Sequences, tokens of each, and size of the prefix bucket (0: no prefix). */
  R: number;
  t: number;
  p: number;
  /** Prefix tokens of each sequence, the rest of the bucket is padding. */
  prefixes?: number[];
}

function inputsOf({ heads, keyValueHeads: kv, headSize: size, R, t, p, prefixes }: Shape) {
  const g = heads / kv, rows = prefixes ? R : 1, mask: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let row = 0; row < t * g; row++) {
      for (let s = 0; s < p; s++) mask.push(s < (prefixes?.[r] ?? p) ? 0 : HIDDEN);
      for (let s = 0; s < t; s++) mask.push(s <= Math.floor(row / g) ? 0 : HIDDEN);
    }
  }
  return [
    trained("q", [R * t, heads * size]),
    trained("k", [R * t, kv * size]),
    trained("v", [R * t, kv * size]),
    fixed([rows, 1, t * g, t + p], mask),
    ...p ? [trained("prefix k", [R * p, kv * size]), trained("prefix v", [R * p, kv * size])] : [],
  ];
}

const attributesOf = ({ heads, keyValueHeads, headSize, p }: Shape) => ({
  heads,
  keyValueHeads,
  headSize,
  prefix: p > 0,
});

for (const [heads, keyValueHeads] of [[1, 1], [2, 1], [4, 1], [2, 2], [4, 2], [8, 2]]) {
  for (const p of [0, 5]) {
    const name = `${heads} query and ${keyValueHeads} key-value heads, ${p ? "ragged prefixes" : "no prefix"}`;
    Deno.test(`attention: backward and lowering with ${name}`, async () => {
      const shape = { heads, keyValueHeads, headSize: 4, R: 3, t: 4, p, prefixes: p ? [5, 0, 2] : undefined };
      const { R, t } = shape, T = t + p;
      await checkOp(attention, inputsOf(shape), attributesOf(shape), { sizes: { R, t, p, T } });
    });
  }
}

Deno.test("attention: one mask for all sequences, with a prefix", async () => {
  const shape = { heads: 2, keyValueHeads: 1, headSize: 6, R: 2, t: 3, p: 2 };
  await checkOp(attention, inputsOf(shape), attributesOf(shape), { sizes: { R: 2, t: 3, p: 2, T: 5 } });
});

Deno.test("attention: a single sequence of a single token", async () => {
  const shape = { heads: 2, keyValueHeads: 2, headSize: 2, R: 1, t: 1, p: 3, prefixes: [3] };
  checkReference(attention, inputsOf(shape), attributesOf(shape));
  await checkLowering(attention, inputsOf(shape), attributesOf(shape), { sizes: { R: 1, t: 1, p: 3, T: 4 } });
});

Deno.test("attention: keys behind the mask get no weight and no gradient", () => {
  const shape = { heads: 2, keyValueHeads: 1, headSize: 2, R: 1, t: 3, p: 4, prefixes: [2] };
  const inputs = inputsOf(shape).map(({ tensor }) => tensor), attributes = attributesOf(shape);
  const output = attention.forward(inputs, attributes);
  const [, dk, , , dpk, dpv] = attention.backward!(
    inputs,
    output,
    { ...output, data: output.data.map(() => 1) },
    attributes,
  );
  for (const gradient of [dpk!, dpv!]) close(gradient.data.subarray(4), [0, 0, 0, 0], 0, "padding of the prefix");
  strictEqual(dk!.data.some((value) => value !== 0), true);
  inputs[4].data.fill(1e6, 4);
  inputs[5].data.fill(1e6, 4);
  inputs[2].data[4] += 1; // the last token's value: earlier tokens do not see it
  close(attention.forward(inputs, attributes).data.subarray(0, 8), output.data.subarray(0, 8), 0, "earlier tokens");
});

Deno.test("attention: with equal keys the output is the mean of the visible values", () => {
  const shape = { heads: 1, keyValueHeads: 1, headSize: 2, R: 1, t: 3, p: 0 };
  const inputs = inputsOf(shape).map(({ tensor }) => tensor), [, k, v] = inputs;
  k.data.fill(1);
  const { data } = attention.forward(inputs, attributesOf(shape));
  close(data.subarray(4), [(v.data[0] + v.data[2] + v.data[4]) / 3, (v.data[1] + v.data[3] + v.data[5]) / 3], 1e-15);
});
