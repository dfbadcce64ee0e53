import { attention } from "./attention.ts";
import { checkReference, close, fixed, random, trained } from "./checking_test.ts";
import { packedAttention } from "./packed_attention.ts";

const ids = (shape: number[], data: number[]) => ({
  kind: "ids" as const,
  tensor: { shape, data: Float64Array.from(data) },
});

Deno.test("packed_attention: backward, with a prefix that two sequences share", () => {
  const spans = [[0, 0, 0, 1], [0, 0, 0, 2], [0, 2, 2, 1], [0, 2, 2, 2], [0, 2, 4, 1]];
  for (const [heads, keyValueHeads] of [[1, 1], [4, 2], [2, 1]]) {
    const of = (name: string, count: number) => trained(name, [5, count * 2], 2);
    const inputs = [of("q", heads), of("k", keyValueHeads), of("v", keyValueHeads), ids([5, 4], spans.flat())];
    checkReference(packedAttention, inputs, { heads, keyValueHeads, headSize: 2 });
  }
});

Deno.test("packed_attention: for one sequence it is attention under a causal mask", () => {
  const heads = 4, keyValueHeads = 2, headSize = 2, t = 3, shape = { heads, keyValueHeads, headSize };
  const [q, k, v] = [heads, keyValueHeads, keyValueHeads].map((count, n) => random(`${n}`, [t, count * headSize]));
  const mask = Array.from({ length: t * 2 * t }, (_, i) => i % t <= Math.floor(i / t / 2) ? 0 : -1e30);
  const spans = ids([t, 4], [0, 1, 2].flatMap((i) => [0, 0, 0, i + 1])).tensor;
  close(
    packedAttention.forward([q, k, v, spans], shape).data,
    attention.forward([q, k, v, fixed([1, 1, t * 2, t], mask).tensor], { ...shape, prefix: false }).data,
    1e-14,
  );
});
