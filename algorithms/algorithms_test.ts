import assert from "node:assert/strict";
import fc from "fast-check";
import { type Algorithm, algorithms, findAlgorithm, type Response, type Row } from "./mod.ts";
import { batch, evaluate, finiteDifference, type Moved } from "./_batches_test.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

/** Options beside the presets that change what is computed. */
const further: Readonly<Record<string, readonly object[]>> = {
  grpo: [
    { beta: 0.1, kl: "k1" },
    { beta: 0.1, kl: "k2" },
    { beta: 0.1, kl: "k3_is", aggregation: "token_mean_per_group" },
    { delta: 1.3, aggregation: "token_sum", beta: 0 },
    { scale: "batch", ddof: 1, beta: 0 },
    { offPolicyThreshold: 0.1, beta: 0.1 },
    { supervision: "process" },
  ],
  rloo: [{ whiten: true }],
  gpg: [{ alpha: "none" }],
  remax: [{ rewardBeta: 0.1 }, { preset: "verl", rewardBeta: 0.1 }],
  reinforce_plus_plus: [{ preset: "verl", form: "baseline" }],
  maxrl: [{ lowestReward: -2 }],
  gfpo: [{ preset: "adaptive", warmUpGroups: 0 }],
  disco: [{ objective: "mean", score: "likelihood_ratio" }, { score: "likelihood_ratio", tau: 0.3, kl: "k3" }],
  gvpo: [{ denominator: "reference" }],
  ppo: [
    { gamma: 0.9, lambda: 0.5, whiten: false, rewardBeta: 0, beta: 0.1, valueClip: 0.3 },
    { preset: "verl", aggregation: "seq_mean_token_mean", whitenRewards: true },
  ],
  cispo: [{ epsilonLow: 0.3, epsilonHigh: 0.28, beta: 0.1 }],
  clip_cov: [{ share: 0.3, covarianceLow: 0, epsilonLow: 0.2, epsilonHigh: 0.28, seed: 7, beta: 0.1 }],
  dapo: [{ overlongMaxLength: 4, overlongCache: 3, dualClip: 1.5, beta: 0.1 }],
  dppo: [{ divergence: "kl", maxWeight: 1.2 }],
  gmpo: [{ beta: 0.1, kl: "k2", aggregation: "token_mean" }],
  gspo: [{ epsilonLow: 0.2, epsilonHigh: 0.28, beta: 0.1, kl: "k3_is" }],
  gspo_token: [{ epsilonLow: 0.2, epsilonHigh: 0.28, dualClip: 1.2 }],
  kl_cov: [{ share: 0.3 }],
  luspo: [{ epsilonLow: 0.2, epsilonHigh: 0.28 }],
  vespo: [{ beta: 0.1, kPositive: 1, lambdaPositive: 1, aggregation: "seq_mean_token_mean" }],
  dpo: [{ labelSmoothing: 0.1 }, { loss: "robust", labelSmoothing: 0.2 }],
  hicra: [{ alpha: 1.5, scale: "batch", beta: 0.1 }],
};

/** Every preset of every algorithm, and further options. */
const configured: [string, Algorithm][] = Object.entries(algorithms).flatMap(([name, { description, create }]) => {
  const presets = Object.keys(description.presets ?? {}).map((preset) => ({ preset }));
  const masked = "maskTruncated" in description.options
    ? presets.map((options) => ({ ...options, maskTruncated: true }))
    : [];
  return [...presets, ...masked, ...further[name] ?? []].map((
    options,
  ): [string, Algorithm] => [`${name} ${JSON.stringify(options)}`, create(options)]);
});

/**
 * Algorithms whose loss holds the ratio fixed (a stop-gradient on it): the derivative is checked by moving old and
 * current log-prob together, which leaves the ratio as it is.
 */
const ratioHeldFixed = new Set<string>(["cispo", "dppo", "vespo"]);

/** What has its derivative checked in a test of its own, with the reason. */
const ownDerivativeTest: readonly { name: string; only?: (options: Algorithm["options"]) => boolean; why: string }[] = [
  { name: "kl_cov", why: "|log-ratio| has a corner at 0, and tied covariances are one (kl_cov_test.ts)" },
  {
    name: "sr_grpo",
    only: ({ surrogate }) => surrogate === "detached",
    why: "exp(logp - sg(logp)) is 1 wherever the policy stands (sr_grpo_test.ts)",
  },
  {
    name: "disco",
    only: ({ softMaximum, penalty }) => softMaximum === "held_divisor" || penalty === "held_factor",
    why: "preset code reports a loss whose derivative is not the gradient it takes (disco_test.ts)",
  },
];

/** Algorithms that learn even from equal rewards, with the reason. */
const learnsFromEqualRewards: Readonly<Record<string, string>> = {
  dro: "the quadratic penalty pulls off-policy tokens back whatever their advantage",
  ppo: "the baseline is the critic, which knows nothing of the other responses",
  sr_grpo: "the soft reward of equal rewards is that reward, not 0",
  gvpo: "off policy, it drives the variance of the implicit reward in a group to 0",
};

/** Algorithms whose β is a temperature, not the weight of a KL: it cannot be 0. */
const betaIsTemperature = new Set(["dpo"]);

/** Without any KL, in the loss or in the reward. */
const withoutKl = configured.filter(([, { name }]) => !(name in learnsFromEqualRewards)).map(
  ([label, { name, options }]): [string, Algorithm] => {
    const off = betaIsTemperature.has(name)
      ? {}
      : { ...("beta" in options && { beta: 0 }), ...("rewardBeta" in options && { rewardBeta: 0 }) };
    return [label, algorithms[name].create({ ...options, ...off })];
  },
);

const budgeted = (responses: Response[]) => responses.map((response) => ({ ...response, budget: 8 }));

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, message: string) {
  assert.equal(actual.length, expected.length, message);
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(error <= tolerance, `${message}: ${actual[i]} is not ${expected[i]}`);
  }
}

for (const [name, algorithm] of configured) {
  Deno.test({
    name: `${name}: the gradient agrees with finite differences`,
    ignore: ownDerivativeTest.some(({ name, only }) => name === algorithm.name && (only?.(algorithm.options) ?? true)),
    fn: () => {
      let compared = 0;
      fc.assert(
        fc.property(batch, (responses) => {
          const outcome = evaluate(algorithm, budgeted(responses));
          const check = (moved: Moved, rows: readonly Row[]) =>
            outcome.credited.forEach((response, i) =>
              response.logProbs.forEach((_, t) => {
                const expected = response.mask?.[t] === 0 ? 0 : finiteDifference(algorithm, outcome, i, t, moved);
                if (expected === null) return;
                compared++;
                assert.ok(Math.abs(rows[i][t] - expected) <= 1e-7, `${rows[i][t]} is not ${expected}`);
              })
            );
          check(ratioHeldFixed.has(algorithm.name) ? "logProbs at a fixed ratio" : "logProbs", outcome.gradient);
          if (outcome.valueGradient) check("values", outcome.valueGradient);
        }),
        { numRuns: 25, seed: 1 },
      );
      assert.ok(compared > 50, "corners are near everywhere; nothing was compared");
    },
  });

  Deno.test(`${name}: permuting responses permutes the result`, () => {
    fc.assert(
      fc.property(batch, fc.nat(), (responses, turn) => {
        const order = responses.map((_, i) => (i + turn) % responses.length).reverse();
        const straight = evaluate(algorithm, budgeted(responses));
        const permuted = evaluate(algorithm, budgeted(order.map((i) => responses[i])));
        close([permuted.loss], [straight.loss], 1e-12, "loss");
        order.forEach((from, to) => {
          close(permuted.credited[to].advantages, straight.credited[from].advantages, 1e-9, "advantages");
          close(permuted.gradient[to], straight.gradient[from], 1e-9, "gradient");
        });
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  Deno.test(`${name}: tokens with mask 0 change nothing, whatever they hold`, () => {
    fc.assert(
      fc.property(batch, (responses) => {
        const padded = responses.map((response) => {
          const insert = (values: ArrayLike<number>) => [NaN, ...Array.from(values), NaN];
          return {
            ...response,
            tokens: insert(response.tokens),
            mask: [0, ...Array.from(response.mask ?? []), 0],
            logProbs: Float64Array.from(insert(response.logProbs)),
            oldLogProbs: Float64Array.from(insert(response.oldLogProbs)),
            referenceLogProbs: Float64Array.from(insert(response.referenceLogProbs ?? [])),
            planning: insert(response.planning ?? []),
            values: Float64Array.from(insert(response.values ?? [])),
            oldValues: Float64Array.from(insert(response.oldValues ?? [])),
            steps: response.steps?.map(({ end, reward }) => ({ end: end + 1, reward })),
          };
        });
        const plain = evaluate(algorithm, budgeted(responses)), more = evaluate(algorithm, budgeted(padded));
        assert.equal(more.loss, plain.loss);
        assert.deepEqual(more.metrics, plain.metrics);
        more.gradient.forEach((row, i) => assert.deepEqual([...row.slice(1, -1)], [...plain.gradient[i]]));
        more.gradient.forEach((row) => assert.ok(row[0] === 0 && row[row.length - 1] === 0));
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  Deno.test(`${name}: everything is finite, with empty, single and unrewarded responses`, () => {
    fc.assert(
      fc.property(batch, (responses) => {
        const { loss, gradient, metrics, credited } = evaluate(algorithm, budgeted(responses));
        const numbers = [loss, ...Object.values(metrics), ...gradient.flatMap((row) => [...row])];
        credited.forEach((response) => numbers.push(...response.advantages));
        assert.ok(numbers.every(Number.isFinite));
        credited.filter((response) => response.rewards.total === null)
          .forEach((response) => assert.ok(response.advantages.every((value) => value === 0)));
      }),
      { numRuns: 50, seed: 4 },
    );
  });

  Deno.test(`${name}: on policy every ratio is exactly 1 and nothing is clipped`, () => {
    fc.assert(
      fc.property(batch, (responses) => {
        const onPolicy = responses.map((response) => ({ ...response, oldLogProbs: response.logProbs.slice() }));
        const { metrics, trace } = evaluate(algorithm, budgeted(onPolicy));
        assert.ok((trace.ratio as Row[]).every((row) => row.every((value) => value === 1)));
        assert.deepEqual([metrics.ratioMean, metrics.ratioMax, metrics.clipFraction, metrics.klOld], [1, 1, 0, 0]);
      }),
      { numRuns: 25, seed: 5 },
    );
  });
}

for (const [name, algorithm] of withoutKl) {
  Deno.test(`${name}: equal rewards give exactly zero gradient`, () => {
    fc.assert(
      fc.property(batch, fc.double({ min: -3, max: 3, noNaN: true }), (responses, total) => {
        const equal = responses.map((response) => ({
          ...response,
          rewards: { total },
          greedyRewards: { total },
          truncated: false,
          steps: undefined,
        }));
        const { gradient } = evaluate(algorithm, budgeted(equal));
        assert.ok(gradient.every((row) => row.every((value) => value === 0)));
        assert.equal(algorithm.credit(equal).metrics.groupsWithoutSignal, 1);
      }),
      { numRuns: 50, seed: 6 },
    );
  });
}

Deno.test("the registry knows every algorithm by the name it gives itself", () => {
  for (const [name, { description, create }] of Object.entries(algorithms)) {
    assert.equal(description.name, name);
    assert.equal(findAlgorithm(name), algorithms[name]);
    const algorithm = create({ preset: undefined });
    assert.equal(algorithm.name, name);
    assert.deepEqual(Object.keys(algorithm.options), Object.keys(description.options));
    assert.ok(description.paper.year > 1900 && description.summary.endsWith("."));
    for (const { description: words, source } of Object.values(description.options)) assert.ok(words && source);
    assert.deepEqual(create({ preset: "paper" }).options, algorithm.options);
  }
});

Deno.test("an algorithm can be made again from the options it reports", () => {
  for (const [, { name, options }] of configured) {
    const again = algorithms[name].create(JSON.parse(JSON.stringify(options)));
    assert.deepEqual(again.options, options);
  }
});

Deno.test("findAlgorithm() names the nearest for an unknown name", () => {
  assert.throws(() => findAlgorithm("gpro"), {
    name: "RangeError",
    message: 'Unknown algorithm "gpro"; did you mean "grpo"?',
  });
  assert.throws(() => findAlgorithm("Dr. GRPO"), /did you mean "dr_grpo"/);
  assert.throws(() => findAlgorithm("toString"), /Unknown algorithm/);
});

Deno.test("a reference policy is needed only where a KL is paid for", () => {
  const needs = (name: string, options: object) => Boolean(algorithms[name].create(options).needs.reference);
  assert.deepEqual(
    [needs("grpo", {}), needs("grpo", { beta: 0 }), needs("grpo", { preset: "trl" }), needs("dr_grpo", {})],
    [true, false, false, false],
  );
  assert.deepEqual(
    [needs("rloo", {}), needs("rloo", { rewardBeta: 0 }), needs("rloo", { preset: "verl" }), needs("reinforce", {})],
    [true, false, false, false],
  );
});

Deno.test("presets of TRL 1.13 pay for k3 times the ratio where a beta is set, as use_bias_correction_kl is its default", () => {
  // No KL in the loss; no such option in its trainer; or the ratio would be the response's.
  const others = new Set(["gmpo", "gspo", "gspo_token", "luspo", "gfpo", "dppo", "ppo"]);
  for (const [name, { description, create }] of Object.entries(algorithms)) {
    const presets = Object.keys(description.presets ?? {}).filter((preset) => /^trl(_index)?$/.test(preset));
    if (others.has(name) || !("kl" in description.options)) continue;
    for (const preset of presets) assert.equal(create({ preset, beta: 0.1 }).options.kl, "k3_is", `${name} ${preset}`);
  }
});

Deno.test("options that contradict each other are refused in a sentence that says what to use", () => {
  const refused: [string, object, RegExp][] = [
    ["grpo", { epsilonLow: -1 }, /^grpo: option "epsilonLow" is -1; use a number of at least 0$/],
    ["grpo", { epsilonLow: "0.2" }, /option "epsilonLow" is "0.2"; use a number/],
    ["grpo", { epsilonHigh: NaN }, /option "epsilonHigh" is "NaN"; use a number/],
    ["grpo", { epsilonHihg: 1 }, /^grpo: unknown option "epsilonHihg"; did you mean "epsilonHigh"\?$/],
    ["rloo", { beta: 0.1 }, /unknown option "beta"; did you mean "rewardBeta"\?$/],
    ["grpo", { preset: "verI" }, /option "preset" is "verI"; use "paper", "trl" or "verl"; did you mean "verl"\?$/],
    ["grpo", { preset: "toString" }, /option "preset" is "toString"/],
    ["grpo", { aggregation: "token-mean" }, /option "aggregation" is "token-mean"; use "token_mean", /],
    ["grpo", { beta: 0, kl: "k2" }, /option "kl" is "k2", but beta is 0; leave it out or use a beta greater than 0/],
    ["grpo", { delta: 1.1 }, /option "delta" is 1.1, below the ordinary clip at .* = 1.2; use a larger delta/],
    ["grpo", { preset: "verl", delta: 4 }, /"dualClip" \(3\) and "delta" \(4\) both bound .* set one of them to null/],
    ["grpo", { scale: "none", ddof: 1 }, /option "ddof" is set, but .* use scale "group" or "batch"/],
    ["grpo", { maxLength: 8 }, /option "maxLength" is 8, .* use aggregation "seq_mean_token_sum_norm"/],
    ["grpo", { rewardWeights: {} }, /option "rewardWeights" is \{\}; use an object from channel name to weight/],
    ["reinforce", { stdEpsilon: 1 }, /option "stdEpsilon" is set, .* use whiten true/],
    ["rloo", { epsilonLow: 0.1 }, /option "epsilonLow" is set, but surrogate "reinforce" has no ratio to clip/],
    ["rloo", { surrogate: "sequence_clip" }, /option "aggregation" is "seq_mean_token_sum", .* "seq_mean_token_mean"/],
  ];
  for (const [name, options, message] of refused) {
    assert.throws(() => algorithms[name].create(options), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  }
});

Deno.test("a missing reference is named when the loss needs it", () => {
  const response = { group: 0, tokens: [1], rewards: { total: 1 }, truncated: false };
  const scored = { ...response, logProbs: Float64Array.of(-1), oldLogProbs: Float64Array.of(-1) };
  const advantages = Float64Array.of(0);
  assert.throws(
    () => algorithms.grpo.create().loss([{ ...scored, advantages }]),
    /Response 0 has no referenceLogProbs/,
  );
  assert.throws(() => algorithms.rloo.create().credit([scored]), /needs referenceLogProbs/);
  assert.throws(
    () => algorithms.dr_grpo.create().loss([{ ...scored, advantages: new Float64Array(2) }]),
    /1 log-probs, 1 old ones and 2 advantages/,
  );
});

Deno.test("dr_grpo divides by the option, else the runner's budget, else the paper's length", () => {
  const response = { group: 0, tokens: [1], rewards: {}, truncated: false, logProbs: Float64Array.of(-1) };
  const credited = { ...response, oldLogProbs: response.logProbs, advantages: Float64Array.of(1) };
  const gradient = (options: object, budget?: number) =>
    algorithms.dr_grpo.create(options).loss([budget ? { ...credited, budget } : credited]).gradient[0][0];
  assert.deepEqual([gradient({ maxLength: 4 }, 8), gradient({}, 8), gradient({})], [-1 / 4, -1 / 8, -1 / 3000]);
});
