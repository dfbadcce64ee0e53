import assert from "node:assert/strict";
import { hashWords, tokenDraws } from "./counter_hash.ts";

Deno.test("hashWords() gives the published values of MurmurHash3", () => {
  assert.equal(hashWords([], 1), 0x514e28b7);
  assert.equal(hashWords([0x74736574], 0), 0xba6bd213);
  assert.equal(hashWords([0x74736574], 0x9747b28c), 0x704b81dc);
  assert.equal(hashWords([0xffffffff], 0), 0x76293b50);
  assert.equal(hashWords([0x87654321], 0), 0xf55b516b);
});

const response = (tokens: number[], group = 3, mask?: number[]) => ({
  group,
  tokens,
  mask,
  logProbs: new Float64Array(tokens.length),
});

Deno.test("tokenDraws() depends on seed, step, prompt, tokens and place, and on nothing else", () => {
  const draws = tokenDraws(response([5, 6, 7]), 1, 2);
  assert.deepEqual(tokenDraws(response([5, 6, 7]), 1, 2), draws);
  assert.equal(new Set(draws).size, 3);
  const others = [
    tokenDraws(response([5, 6, 7]), 2, 2),
    tokenDraws(response([5, 6, 7]), 1, 3),
    tokenDraws(response([5, 6, 7], 4), 1, 2),
    tokenDraws(response([5, 6, 7], 3 + 2 ** 32), 1, 2),
    tokenDraws(response([5, 6, 8]), 1, 2),
  ];
  for (const other of others) assert.notDeepEqual(other, draws);
  const padded = tokenDraws(response([NaN, 5, 9, 6, 7], 3, [0, 1, 0, 1, 1]), 1, 2);
  assert.deepEqual(padded, [null, draws[0], null, draws[1], draws[2]]);
});

Deno.test("tokenDraws() is spread evenly over [0, 1)", () => {
  const draws = Array.from({ length: 200 }, (_, group) => tokenDraws(response([1, 2, 3, 4, 5], group), 0, 1)).flat();
  const counts = new Array(10).fill(0);
  for (const draw of draws) counts[Math.floor(10 * draw!)]++;
  assert.ok(counts.every((count) => count > 60 && count < 140), `${counts}`);
});
