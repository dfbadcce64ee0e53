/** The golden cases with other numbers: what must come out is written down plainly here, without the project's terms. */

import assert from "node:assert/strict";
import { checkGolden } from "./conformance.ts";

// deno-lint-ignore no-explicit-any
type Json = any;
type Rows = number[][];

const LABELS = ["dapo", "bnpo", "gspo", "gspo_token", "luspo", "gmpo", "vespo", "GSPO", "GMPO", "VESPO", "LUSPO"];
const read = (name: string): Json =>
  JSON.parse(Deno.readTextFileSync(new URL(`../../fixtures/golden/${name}.json`, import.meta.url)));

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;
const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** A number between −1 and 1 that depends on its arguments alone. */
const noise = (...keys: number[]) => Math.sin(keys.reduce((total, key) => total * 3.7 + key + 1.3, 0) * 12.9898);

interface Batch {
  groups: number[];
  logp: Rows;
  old: Rows;
  advantages: Rows;
  alive: boolean[];
}

function zScores(rewards: number[], groups: number[], ddof: number, epsilon: number): number[] {
  return rewards.map((reward, i) => {
    const group = rewards.filter((_, j) => groups[j] === groups[i]);
    const centre = mean(group);
    const variance = sum(group.map((one) => (one - centre) ** 2)) / (group.length - ddof);
    return (reward - centre) / (Math.sqrt(variance) + epsilon);
  });
}

/** A ratio that is clipped, and whether that stops the gradient. */
function clipped(ratio: number, advantage: number, { eps_low, eps_high }: Json) {
  const loss = Math.max(-ratio * advantage, -clamp(ratio, 1 - eps_low, 1 + eps_high) * advantage);
  return { loss, stops: loss !== -ratio * advantage };
}

/** DAPO and BNPO: token ratios, and the token mean of the batch or of each prompt. */
function tokenLevel({ groups, logp, old, advantages, alive }: Batch, hyper: Json) {
  const tokens = (members: number[]) => sum(members.map((i) => alive[i] ? logp[i].length : 0));
  const all = logp.map((_, i) => i), prompts = new Set(groups).size;
  const ratio = logp.map((row, i) => row.map((value, t) => Math.exp(value - old[i][t])));
  const parts = ratio.map((row, i) => row.map((value, t) => clipped(value, advantages[i][t], hyper)));
  const weight = logp.map((row, i) => {
    const own = tokens(all.filter((j) => groups[j] === groups[i]));
    const each = hyper.agg === "token_mean" ? 1 / tokens(all) : 1 / (prompts * own);
    return row.map(() => alive[i] ? each : 0);
  });
  return {
    ratio,
    token_loss: parts.map((row) => row.map(({ loss }) => loss)),
    token_weight: weight,
    loss: sum(parts.map((row, i) => sum(row.map(({ loss }, t) => weight[i][t] * loss)))),
    grad_logp: parts.map((row, i) =>
      row.map(({ stops }, t) => stops ? 0 : -weight[i][t] * ratio[i][t] * advantages[i][t])
    ),
  };
}

/** GSPO, GSPO-token and LUSPO: each response counts once, or with its length, or all tokens of the batch alike. */
function sequenceLevel({ logp, old, advantages }: Batch, hyper: Json, counts: "one" | "length" | "tokens") {
  const total = sum(logp.map((row) => row.length));
  const ratio = logp.map((row, i) => Math.exp(mean(row.map((value, t) => value - old[i][t]))));
  const parts = advantages.map((row, i) => row.map((advantage) => clipped(ratio[i], advantage, hyper)));
  const weight = logp.map(({ length }) =>
    ({ one: 1 / (logp.length * length), length: 1 / logp.length, tokens: 1 / total })[counts]
  );
  return {
    seq_ratio: ratio,
    seq_clipped: parts.map((row) => row.some(({ stops }) => stops)),
    loss: sum(parts.map((row, i) => weight[i] * sum(row.map(({ loss }) => loss)))),
    grad_logp: parts.map((row, i) => row.map(({ stops }, t) => stops ? 0 : -weight[i] * ratio[i] * advantages[i][t])),
  };
}

function geometricMean({ logp, old, advantages }: Batch, hyper: Json) {
  const low = hyper.log_clip_low ?? hyper.log_clip, high = hyper.log_clip_high ?? hyper.log_clip;
  const free = logp.map((row, i) => row.map((value, t) => value - old[i][t]));
  const bound = free.map((row, i) => row.map((d, t) => advantages[i][t] > 0 ? Math.min(d, high) : Math.max(d, -low)));
  const ratio = bound.map((row) => Math.exp(mean(row)));
  return {
    seq_coef: ratio,
    clipped_tokens: free.map((row, i) => row.map((d, t) => d === bound[i][t] ? 0 : 1)),
    loss: mean(ratio.map((value, i) => -advantages[i][0] * value)),
    grad_logp: free.map((row, i) =>
      row.map((d, t) => d === bound[i][t] ? -advantages[i][0] * ratio[i] / (logp.length * row.length) : 0)
    ),
  };
}

function softWeight({ logp, old, advantages }: Batch, hyper: Json) {
  const total = sum(logp.map((row) => row.length));
  const phi = logp.map((row, i) => {
    const w = row.reduce((product, value, t) => product * Math.exp(value - old[i][t]), 1);
    const [k, lambda] = advantages[i][0] < 0 ? [hyper.k_neg, hyper.lambda_neg] : [hyper.k_pos, hyper.lambda_pos];
    return w ** k * Math.exp(lambda * (1 - w));
  });
  const tokenLoss = logp.map((row, i) => row.map((value) => -phi[i] * advantages[i][0] * value));
  return {
    phi,
    ratio: logp.map((row, i) => row.map((value, t) => Math.exp(value - old[i][t]))),
    token_loss: tokenLoss,
    token_weight: logp.map((row) => row.map(() => 1 / total)),
    loss: sum(tokenLoss.flat()) / total,
    grad_logp: logp.map((row, i) => row.map(() => -phi[i] * advantages[i][0] / total)),
  };
}

const CONVENTIONS = [[0, 0], [1, 1e-4], [1, 1e-6]];

/** A case with other log-probs, rewards or advantages, and hyper-parameters, as a file of its own. */
function perturbed(file: Json, original: Json, variant: number): { file: Json; label: string } {
  const label = original.algorithm.toLowerCase();
  const fixture = structuredClone(original.inputs ?? file.fixtures[original.fixture]);
  const responses: Json[] | undefined = fixture.responses;
  const logp: Rows = responses ? responses.map((one) => one.logp) : fixture.logp;
  const old: Rows = responses ? responses.map((one) => one.old_logp) : fixture.old_logp;
  const step = Math.max(...logp.flatMap((row, i) => row.map((value, t) => Math.abs(value - old[i][t])))) / 2;
  logp.forEach((row, i) => row.forEach((_, t) => row[t] += step * noise(variant, i, t)));
  const hyper = { ...original.hyper };
  Object.keys(hyper).filter((name) => /^(eps|log_clip|k_|lambda_)/.test(name)).forEach((name, i) =>
    hyper[name] *= 1.25 + 0.5 * noise(variant, i)
  );
  const groups: number[] = responses ? responses.map((one) => one.group) : fixture.group;
  let perResponse: number[];
  if (fixture.advantages) {
    perResponse = fixture.advantages = fixture.advantages.map((value: number, i: number) =>
      value + 0.4 * noise(variant, i)
    );
  } else {
    fixture.rewards = fixture.rewards.map((reward: number, i: number) => reward + 0.4 * noise(variant, 9, i));
    const [ddof, epsilon] = CONVENTIONS[variant % CONVENTIONS.length];
    perResponse = zScores(fixture.rewards, groups, ddof, epsilon);
  }
  const listed = original.expected.advantages;
  const tokenwise = Array.isArray(listed?.[0]) && listed[0].some((value: number) => value !== listed[0][0]);
  const advantages: Rows = tokenwise
    ? listed.map((row: number[], i: number) => row.map((value, t) => value + 0.2 * noise(variant, i, t, 5)))
    : logp.map((row, i) => row.map(() => perResponse[i]));
  const batch: Batch = { groups, logp, old, advantages, alive: groups.map((_, i) => hyper.alive?.[i] !== 0) };
  const broadcast = /loss_type='dapo'/.test(original.note);
  const outcome: Json = label === "dapo" || label === "bnpo"
    ? tokenLevel(batch, hyper)
    : label === "gmpo"
    ? geometricMean(batch, hyper)
    : label === "vespo"
    ? softWeight(batch, hyper)
    : sequenceLevel(batch, hyper, label === "luspo" ? "length" : broadcast ? "tokens" : "one");
  outcome.advantages = Array.isArray(listed?.[0]) ? advantages : perResponse;
  const names = Object.keys(original.expected).filter((name) => !name.startsWith("fd_"));
  for (const name of names) assert.ok(name in outcome, `nothing is computed here for ${name}`);
  const expected = Object.fromEntries(names.map((name) => [name, outcome[name]]));
  const { fixture: _, ...rest } = original;
  return { label, file: { cases: [{ ...rest, id: `other-${variant}`, hyper, inputs: fixture, expected }] } };
}

for (const name of ["a", "b"]) {
  const file = read(name);
  for (const original of file.cases.filter((one: Json) => LABELS.includes(one.algorithm))) {
    Deno.test(`${original.algorithm} agrees with its formula on other numbers than those of ${original.id}`, () => {
      for (let variant = 0; variant < 6; variant++) {
        const { cases: [outcome] } = checkGolden(JSON.stringify(perturbed(file, original, variant).file));
        assert.equal(outcome.status, "passed", outcome.reason);
      }
    });
  }
}

Deno.test("a wrong number in a perturbed case is noticed", () => {
  const file = read("a"), original = file.cases.find((one: Json) => one.algorithm === "gspo");
  const other = perturbed(file, original, 1).file;
  other.cases[0].expected.grad_logp[0][0] += 1e-6;
  assert.equal(checkGolden(JSON.stringify(other)).cases[0].status, "failed");
});

Deno.test("the tables of DAPO's parts hold for other numbers", () => {
  const primitives = {
    soft_overlong: [{ length: 95, L_max: 110, L_cache: 30, reward: -0.5 }, {
      length: 1,
      L_max: 1,
      L_cache: 1,
      reward: -1,
    }],
    dapo_reward: [
      { correct: true, length: 95, L_max: 110, L_cache: 30, total_reward: 0.5 },
      { correct: false, length: 80, L_max: 110, L_cache: 30, total_reward: -1 },
    ],
    dynamic_sampling: {
      rule: "",
      N: 2,
      generated: [{ prompt: "x", acc: [0.1, 0.1, 0.1] }, { prompt: "y", acc: [0, 1] }, { prompt: "z", acc: [1, 0.5] }, {
        prompt: "w",
        acc: [0, 1],
      }],
      generation_batches: [["x"], ["y"], ["w", "z"]],
      kept_after_batch_1: [],
      kept_after_batch_2: ["y"],
      kept_after_batch_3: ["y", "w", "z"],
      train_groups: ["y", "w"],
    },
  };
  for (const { id, status, reason } of checkGolden(JSON.stringify({ primitives })).primitives) {
    assert.equal(status, "passed", `${id}: ${reason}`);
  }
});

Deno.test("GSPO-token: advantages listed per token are taken, also where every response has one token", () => {
  const inputs = { group: [4, 4], rewards: [1, 0], logp: [[-0.5], [-0.7]], old_logp: [[-0.5], [-0.7]] };
  const expected = { advantages: [[0.3], [0.9]], seq_ratio: [1, 1], loss: -0.6, grad_logp: [[-0.15], [-0.45]] };
  const [outcome] = checkGolden(JSON.stringify({
    cases: [{ id: "short", algorithm: "gspo_token", hyper: { eps_low: 0.1, eps_high: 0.1 }, inputs, expected }],
  })).cases;
  assert.equal(outcome.status, "passed", outcome.reason);
});

Deno.test("TRL's loss type is read however a note writes it", () => {
  const file = read("a"), original = file.cases.find((one: Json) => /loss_type='dapo'/.test(one.note));
  for (const written of ["loss_type='dapo'", 'loss_type = "dapo"', "loss_type: dapo", "`loss_type` `dapo`"]) {
    const cases = [{ ...original, note: `TRL with ${written}` }];
    assert.equal(checkGolden(JSON.stringify({ ...file, cases })).cases[0].status, "passed", written);
  }
});
