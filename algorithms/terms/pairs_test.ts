import assert from "node:assert/strict";
import type { Response } from "../algorithm.ts";
import { bestAndWorst, pairsOf } from "./pairs.ts";

function response(group: number, tokens: number[], old = -1): Response {
  const oldLogProbs = new Float64Array(tokens.length).fill(old);
  return { group, tokens, rewards: {}, truncated: false, logProbs: oldLogProbs, oldLogProbs };
}

Deno.test("bestAndWorst() pairs the best with the worst of each group, wherever they stand", () => {
  const batch = [7, 3, 7, 3, 7, 9].map((group, i) => response(group, [i]));
  assert.deepEqual(bestAndWorst(batch, [0.5, 1, -1, 2, 3, 4]), [
    { chosen: 4, rejected: 2 },
    { chosen: 3, rejected: 1 },
  ]);
});

Deno.test("bestAndWorst() gives no pair for equal rewards, a single reward, or none", () => {
  const batch = [1, 1, 1, 2, 2, 3, 3].map((group, i) => response(group, [i]));
  assert.deepEqual(bestAndWorst(batch, [0.1 + 0.2, 0.3, 0.3, 1, null, null, null]), []);
});

Deno.test("bestAndWorst() breaks ties by content: the same responses in any order of the batch", () => {
  const contents = [[1, 2], [2, 1], [1, 2, 3], [9], [9, 9], [4]], rewards = [1, 1, 0, 0, 1, 0];
  const pairIn = (order: number[]) => {
    const batch = order.map((i) => response(0, contents[i]));
    const [{ chosen, rejected }] = bestAndWorst(batch, order.map((i) => rewards[i]));
    return [order[chosen], order[rejected]];
  };
  const expected = pairIn([0, 1, 2, 3, 4, 5]);
  for (const order of [[5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 5, 3], [3, 5, 0, 4, 2, 1]]) {
    assert.deepEqual(pairIn(order), expected);
  }
});

Deno.test("bestAndWorst() tells responses with the same tokens apart by their log-probs", () => {
  const batch = [response(0, [5], -1), response(0, [5], -2), response(0, [6])];
  const [{ chosen }] = bestAndWorst(batch, [1, 1, 0]);
  const [{ chosen: turned }] = bestAndWorst([batch[1], batch[0], batch[2]], [1, 1, 0]);
  assert.equal(batch[chosen], [batch[1], batch[0]][turned]);
});

Deno.test("bestAndWorst() favours neither short nor long, likely nor unlikely responses among ties", () => {
  let shorter = 0, likelier = 0;
  for (let seed = 0; seed < 400; seed++) {
    const tokens = (length: number, turn: number) =>
      Array.from({ length }, (_, t) => (seed * 7919 + t * 104729 + turn * 1299709) % 4096);
    const batch = [response(0, tokens(4, 1), -1), response(0, tokens(30, 2), -1), response(0, [1])];
    if (bestAndWorst(batch, [1, 1, 0])[0].chosen === 0) shorter++;
    const even = [response(0, tokens(9, 3), -0.1), response(0, tokens(9, 4), -5), response(0, [1])];
    if (bestAndWorst(even, [1, 1, 0])[0].chosen === 0) likelier++;
  }
  for (const count of [shorter, likelier]) assert.ok(count > 150 && count < 250, `${count} of 400`);
});

Deno.test("pairsOf() reads pairs back from advantages, of the tokens that were chosen", () => {
  const advantages = [[1, 1], [0], [-1], [0], [1], []].map((row) => Float64Array.from(row));
  const batch = [1, 1, 1, 2, 2, 2].map((group, i) => ({
    ...response(group, [...advantages[i].keys()]),
    advantages: advantages[i],
  }));
  assert.deepEqual(pairsOf(batch), [{ chosen: 0, rejected: 2 }]);
  assert.deepEqual(pairsOf([{ ...batch[0], mask: [0, 0] }, batch[2]]), []);
});
