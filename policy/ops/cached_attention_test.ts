import { HIDDEN } from "../cpu/prompts.ts";
import { attention } from "./attention.ts";
import { cachedAttention } from "./cached_attention.ts";
import { checkOp, close, fixed, random, trained } from "./checking_test.ts";
import { zeros } from "./op.ts";

for (const [heads, keyValueHeads] of [[1, 1], [4, 1], [2, 2], [4, 2], [4, 4]]) {
  Deno.test(`cached_attention: lowering with ${heads} query and ${keyValueHeads} key-value heads`, async () => {
    const B = 3, S = 5, size = 4, filled = [5, 0, 2];
    const mask = filled.flatMap((n) => Array.from({ length: 1 + S }, (_, s) => s <= n ? 0 : HIDDEN));
    const inputs = [
      trained("q", [B, heads * size]),
      trained("k", [B, keyValueHeads * size]),
      trained("v", [B, keyValueHeads * size]),
      trained("keys", [B, keyValueHeads, S, size]),
      trained("values", [B, keyValueHeads, S, size]),
      fixed([B, 1, 1, 1 + S], mask),
    ];
    await checkOp(cachedAttention, inputs, { heads, keyValueHeads, headSize: size }, { sizes: { B, S } });
  });
}

Deno.test("cached_attention is the last row of attention over the whole sequence", () => {
  const heads = 4, kv = 2, size = 4, t = 6, g = heads / kv, attributes = { heads, keyValueHeads: kv, headSize: size };
  const [q, k, v] = [heads, kv, kv].map((n, i) => random(`whole ${i}`, [t, n * size]));
  const causal = zeros([1, 1, t * g, t]);
  causal.data.forEach((_, i) => causal.data[i] = i % t <= Math.floor(i / t / g) ? 0 : HIDDEN);
  const whole = attention.forward([q, k, v, causal], { ...attributes, prefix: false });
  const last = (x: typeof q) => ({ shape: [1, x.shape[1]], data: x.data.subarray((t - 1) * x.shape[1]) });
  const kept = (x: typeof q) => {
    const out = zeros([1, kv, t - 1, size]);
    for (let h = 0; h < kv; h++) {
      for (let s = 0; s < t - 1; s++) {
        for (let c = 0; c < size; c++) out.data[(h * (t - 1) + s) * size + c] = x.data[(s * kv + h) * size + c];
      }
    }
    return out;
  };
  const step = cachedAttention.forward([last(q), last(k), last(v), kept(k), kept(v), zeros([1, 1, 1, t])], attributes);
  close(step.data, last(whole).data, 1e-15);
});
