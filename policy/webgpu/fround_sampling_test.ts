/**
 * Draws against their exact reference: the same token every time, and the same bits of its scores.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { random } from "../ops/inputs.ts";
import { likeliestToken } from "../ops/sample.ts";
import { type Key, keyOf } from "../random.ts";
import { exactTest, gpu, matrixOf, numbersOf, sameNumbers } from "./checking_test.ts";
import { exactDraw } from "./fround/sampling.ts";
import { exactTokenScores, softmaxes } from "./fround/token_scores.ts";
import { planSampling } from "./kernels/sampling.ts";
import { Plan } from "./plan.ts";

/** Rows and hidden size. */
const [B, D] = [5, 6];

exactTest(
  "draws and their scores: temperatures, nuclei, greedy rows, one chunk of the vocabulary and several",
  async () => {
    const draws = fc.record({
      seed: fc.nat(),
      size: fc.constantFrom(1, 300, 2500),
      scale: fc.constantFrom(0, 0.3, 2, 12),
      temperature: fc.constantFrom(0.3, 0.7, 1, 1.7),
      nucleus: fc.option(fc.integer({ min: 1, max: 2 ** 24 }), { nil: undefined }),
      greedy: fc.array(fc.boolean(), { minLength: B, maxLength: B }),
      index: fc.nat(2 ** 20),
      chunk: fc.constantFrom(1024, 16384),
    });
    await fc.assert(
      fc.asyncProperty(draws, async ({ seed, size, scale, temperature, nucleus, greedy, index, chunk }) => {
        const tensor = (name: string, shape: [number, number]) => ({
          shape,
          data: Float32Array.from(random(`${name} ${seed}`, shape, scale).data),
        });
        const hidden = tensor("hidden", [B, D]), table = tensor("table", [size, D]);
        const inverse = new Float32Array(B).fill(1 / temperature);
        const keys = Array.from({ length: B }, (_, row): Key => keyOf(seed, "draw", row));
        const words = (numbers: ArrayLike<number>, width: number) =>
          matrixOf(numbers, numbers.length / width, width, "u32");
        const plan = new Plan(gpu, {}),
          { drawn, scores } = planSampling(plan, {
            hidden: matrixOf(hidden.data, B, D),
            table: matrixOf(table.data, size, D),
            inverse: matrixOf(inverse, B, 1),
            keys: words(Uint32Array.from(keys.flat()), 2),
            indices: words(Array(B).fill(index), 1),
            greedy: words(greedy.map(Number), 1),
            nucleus: nucleus === undefined ? undefined : words([nucleus], 1),
            chunk,
          });
        plan.run({});
        const [tokens, found] = await numbersOf([drawn, B], [scores, 2 * B]);
        plan.dispose();
        const inputs = [hidden, table, { shape: [B], data: Float32Array.from(tokens) }, { shape: [B], data: inverse }];
        const expected = softmaxes(inputs, { chunk }).map((softmax, row) =>
          greedy[row]
            ? likeliestToken(Float32Array.from(softmax.logits))
            : exactDraw(softmax, inverse[row], { key: keys[row], index, nucleus })
        );
        deepStrictEqual([...tokens], expected);
        sameNumbers(found, exactTokenScores.forward(inputs, { chunk }), "scores");
      }),
      { numRuns: 25 },
    );
  },
);
