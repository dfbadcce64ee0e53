import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { random } from "../../ops/checking_test.ts";
import { drawToken, likeliestToken } from "../../ops/sample.ts";
import { tokenScores } from "../../ops/token_scores.ts";
import { type Key, keyOf, uniform } from "../../random.ts";
import { gpu, gpuTest, matrixOf, numbersOf } from "../checking_test.ts";
import { Plan } from "../plan.ts";
import { planSampling } from "./sampling.ts";

/** Rows, hidden size and vocabulary: several segments, not whole ones. */
const [B, D, V] = [6, 8, 2500];

interface Case {
  logits?: number[][];
  topP?: number;
  greedy?: number[];
  temperature?: number;
  chunk?: number;
  index?: number;
}

const keys = Array.from({ length: B }, (_, row): Key => keyOf(3, "sampling", row));

/** Draws by kernels; hidden states and table are such that the logits are those given, or random. */
async function draw({ logits, topP, greedy = [], temperature = 1, chunk = 1024, index = 5 }: Case) {
  const rows = logits?.length ?? B, width = logits ? rows : D, size = logits?.[0].length ?? V;
  // Hidden state n is the nth unit vector, so logits are a column of the table.
  const hidden = logits
    ? Array.from({ length: rows * rows }, (_, i) => i % (rows + 1) === 0 ? 1 : 0)
    : random("hidden", [rows, D], 2).data;
  const table = logits
    ? Array.from({ length: size * rows }, (_, i) => logits[i % rows][Math.floor(i / rows)])
    : random("table", [size, D], 2).data;
  const plan = new Plan(gpu, {}),
    words = (numbers: ArrayLike<number>, width: number) => matrixOf(numbers, numbers.length / width, width, "u32");
  const inverse = matrixOf(Array(rows).fill(1 / temperature), rows, 1);
  const [h, w] = [matrixOf(hidden, rows, width), matrixOf(table, size, width)];
  const { drawn, scores } = planSampling(plan, {
    hidden: h,
    table: w,
    inverse,
    keys: words(Uint32Array.from(keys.slice(0, rows).flat()), 2),
    indices: words(Array(rows).fill(index), 1),
    greedy: words(Array.from({ length: rows }, (_, row) => greedy.includes(row) ? 1 : 0), 1),
    nucleus: topP === undefined ? undefined : words([Math.round(topP * 2 ** 24)], 1),
    chunk,
  });
  plan.run({});
  const [[...tokens], sampled] = await numbersOf([drawn, rows], [scores, 2 * rows]);
  plan.dispose();
  // The scores of what was drawn, by the operation that training differentiates.
  const scoring = new Plan(gpu, {});
  const { output } = tokenScores.wgsl!(scoring, [h, w, words(tokens, 1), inverse], { chunk });
  scoring.run({});
  const [scored] = await numbersOf([output, 2 * rows]);
  scoring.dispose();
  deepStrictEqual(sampled, scored);
  return { tokens, hidden, table, rows, width, size };
}

/** 2^31 times each token's ratio to the likeliest, as the kernels see it up to the rounding of float32. */
function weightsOf(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  return logits.map((z) => Math.floor(Math.exp(z - top) * 2 ** 31));
}

gpuTest("the GPU draws the token that the CPU draws with the same noise, at any temperature", async () => {
  let differences = 0;
  for (const temperature of [0.5, 1, 1.7]) {
    for (const index of [0, 1, 2, 700]) {
      const { tokens, hidden, table, rows, width, size } = await draw({ temperature, index });
      for (let row = 0; row < rows; row++) {
        const logits = Array.from({ length: size }, (_, v) => {
          let sum = 0;
          for (let c = 0; c < width; c++) sum += hidden[row * width + c] * table[v * width + c];
          return sum / temperature;
        });
        const weights = weightsOf(logits), total = weights.reduce((a, b) => a + b, 0);
        const token = drawToken(Float32Array.from(weights, (weight) => weight / total), uniform(keys[row], index));
        if (token !== tokens[row]) differences++;
      }
    }
  }
  ok(differences <= 1, `${differences} of ${12 * B} tokens differ; rounding explains hardly one`);
});

gpuTest("the draw does not depend on the chunks of the vocabulary", async () => {
  deepStrictEqual((await draw({ chunk: 1024 })).tokens, (await draw({ chunk: 1 << 20 })).tokens);
});

gpuTest("greedy rows take the lowest id among the largest logits, others are drawn", async () => {
  const row = random("greedy", [V], 3).data, logits = [[...row], [...row], [...row]];
  logits[0][2000] = logits[0][1234] = 9;
  logits[2][V - 1] = 9;
  const { tokens } = await draw({ logits, greedy: [0, 2] });
  strictEqual(tokens[0], 1234);
  strictEqual(tokens[2], V - 1);
  strictEqual(tokens[0], likeliestToken(Float32Array.from(logits[0])));
  ok(tokens[1] !== 1234 && tokens[1] !== V - 1);
});

gpuTest("a nucleus holds the likeliest tokens and, among equals, the lowest ids", async () => {
  // Of 100 equal tokens among impossible ones, a nucleus of 0.25 keeps the first 25.
  const equal = Array.from({ length: V }, (_, v) => v % 25 === 7 ? 0 : -60), seen = new Set<number>();
  for (let index = 0; index < 60; index++) {
    const { tokens } = await draw({ logits: [equal, equal, equal, equal], topP: 0.25, index });
    tokens.forEach((token) => seen.add(token));
  }
  ok([...seen].every((token) => token % 25 === 7 && token < 25 * 25), "outside the nucleus");
  ok(seen.size > 20, `${seen.size} of 25 were drawn`);
  // The likeliest alone reaches a small share; all are kept by a share of 1.
  const steep = Array.from({ length: V }, (_, v) => -v / 3);
  for (const index of [0, 1, 2]) {
    const small = await draw({ logits: [steep, steep, steep], topP: 0.2, index });
    deepStrictEqual(small.tokens, [0, 0, 0]);
    deepStrictEqual((await draw({ topP: 1, index })).tokens, (await draw({ index })).tokens);
  }
});

gpuTest("a row without a finite logit draws some token, and its log-prob is not finite", async () => {
  const plan = new Plan(gpu, {}), words = (...numbers: number[]) => matrixOf(numbers, 1, numbers.length, "u32");
  const { drawn, scores } = planSampling(plan, {
    hidden: matrixOf([NaN], 1, 1),
    table: matrixOf([1, 2, 3], 3, 1),
    inverse: matrixOf([1], 1, 1),
    keys: words(1, 2),
    indices: words(0),
    greedy: words(0),
    chunk: 1024,
  });
  plan.run({});
  const [[token], [logProb]] = await numbersOf([drawn, 1], [scores, 2]);
  ok(token < 3 && !Number.isFinite(logProb), `${token} at ${logProb}`);
  plan.dispose();
});
