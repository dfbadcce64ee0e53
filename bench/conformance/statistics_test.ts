import assert from "node:assert/strict";
import { checkGolden, type Outcome } from "./conformance.ts";

const text = Deno.readTextFileSync(new URL("../../fixtures/golden/statistics.json", import.meta.url));

// deno-lint-ignore no-explicit-any
type Json = any;

const check = (file: Json): Outcome[] => checkGolden(JSON.stringify(file)).cases;
const statuses = (file: Json) => check(file).map(({ status, reason }) => reason ? `${status}: ${reason}` : status);

const sum = (list: number[]) => list.reduce((total, value) => total + value, 0);
const mean = (list: number[]) => sum(list) / list.length;
const rising = (list: number[]) => list.slice().sort((a, b) => a - b);
const choose = (n: number, k: number): number => k === 0 ? 1 : choose(n - 1, k - 1) * n / k;

/** Integral of `f` over [low, high], Simpson's rule. */
function integral(f: (x: number) => number, low: number, high: number, steps = 20_000): number {
  const h = (high - low) / steps;
  let total = f(low) + f(high);
  for (let i = 1; i < steps; i++) total += (i % 2 === 1 ? 4 : 2) * f(low + i * h);
  return total * h / 3;
}

const normalAbove = (z: number) =>
  0.5 - Math.sign(z) * integral((x) => Math.exp(-x * x / 2), 0, Math.abs(z)) / Math.sqrt(2 * Math.PI);
/** For 3 degrees of freedom, in closed form. */
const t3Above = (t: number) => 0.5 - (t / Math.sqrt(3) / (1 + t * t / 3) + Math.atan(t / Math.sqrt(3))) / Math.PI;

/** All ways to draw `n` of `n` with replacement. */
const draws = (n: number, length = n): number[][] =>
  length === 0 ? [[]] : draws(n, length - 1).flatMap((rest) => Array.from({ length: n }, (_, i) => [...rest, i]));

Deno.test("every case of the golden statistics passes", () => {
  const outcomes = checkGolden(text).cases;
  assert.equal(outcomes.length, 270);
  for (const { id, status, reason } of outcomes) assert.equal(status, "passed", `${id}: ${reason}`);
});

Deno.test("other numbers pass where they follow from formulas written out here", () => {
  const M = [[0.31, 0.92, 0.4], [0.77, 0.13, 0.4], [0.58, 1.21, 0.62], [0.09, 0.66, 0.4]];
  const N = [[0.5, 0.92, 0.1], [0.31, 0.2, 0.62]];
  const all = rising(M.flat()), columns = [0, 1, 2].map((task) => M.map((row) => row[task]));
  const x = [2.5, 0.25, 7.75, 3.5], y = [1.5, 0.5, 4.25, 3.25], d = x.map((value, i) => value - y[i]);
  const error = Math.sqrt(sum(d.map((value) => (value - mean(d)) ** 2)) / 3 / 4), t = mean(d) / error;
  const reach = 3.182446305284263 * error; // the 0.975 quantile for 3 degrees of freedom, checked next
  assert.ok(Math.abs(t3Above(3.182446305284263) - 0.025) < 1e-12);
  const flips = draws(2, 4).map((signs) => mean(d.map((value, i) => signs[i] === 1 ? -value : value)));
  const share = (list: number[], test: (value: number) => boolean) => list.filter(test).length / list.length;
  const u = sum(x.map((a) => y.filter((b) => a > b).length)), spreadU = Math.sqrt(4 * 4 * 9 / 12);
  const above = normalAbove((u - 8) / spreadU), z95 = 1.959963984540054;
  const center = (7 + z95 ** 2 / 2) / (23 + z95 ** 2);
  const half = z95 * Math.sqrt(7 * 16 / 23 + z95 ** 2 / 4) / (23 + z95 ** 2);
  const won = (a: number, b: number) => a > b ? 1 : a === b ? 0.5 : 0;
  const two = [[0.2], [0.9], [0.4]], means = rising(draws(3).map((rows) => mean(rows.map((row) => two[row][0]))));
  /** Quantile of all 27 resamples; a range one step wide on either side holds what 50,000 random ones give. */
  const near = (q: number) => [means[Math.floor(27 * (q - 0.01))] - 1e-12, means[Math.floor(27 * (q + 0.01))] + 1e-12];
  const file: Json = {
    inputs: { M, group: { N, two } },
    aggregates: [{
      matrix: "M",
      runs: 4,
      tasks: 3,
      expected: {
        mean: mean(M.flat()),
        median: rising(columns.map(mean))[1],
        iqm: mean(all.slice(3, 9)),
        optimality_gap_gamma_0_6: 0.6 - mean(all.map((value) => Math.min(value, 0.6))),
      },
    }],
    probability_of_improvement: [{
      x: "M",
      y: "N",
      expected: mean([0, 1, 2].flatMap((task) => M.flatMap((a) => N.map((b) => won(a[task], b[task]))))),
    }],
    performance_profile: [{
      matrix: M,
      tau: [0.4, 0.45, 0.73],
      run_score: [6 / 12, 6 / 12, 3 / 12],
      task_mean_score: [1, 2 / 3, 0], // the mean of the second task is 0.73
      task_mean_tie: [false, false, true],
    }],
    mann_whitney: [{
      x,
      y,
      ties: false,
      U_x: u,
      U_y: 16 - u,
      asymptotic_no_cc: { two_sided: 2 * Math.min(above, 1 - above), greater: above, less: 1 - above },
      asymptotic_cc: {
        two_sided: 2 * normalAbove((Math.abs(u - 8) - 0.5) / spreadU),
        greater: normalAbove((u - 8.5) / spreadU),
        less: normalAbove((7.5 - u) / spreadU),
      },
    }],
    wilcoxon_signed_rank: [{
      differences: [0.5, -0.25, 0.75, 1],
      zeros: false,
      ties: false,
      exact: { W_plus: 9, W_min: 1, two_sided: 4 / 16, greater: 2 / 16, less: 15 / 16 },
    }],
    paired_permutation: [{
      differences: d,
      statistic_mean: mean(d),
      two_sided: share(flips, (value) => Math.abs(value) >= Math.abs(mean(d)) - 1e-12),
      greater: share(flips, (value) => value >= mean(d) - 1e-12),
      less: share(flips, (value) => value <= mean(d) + 1e-12),
    }],
    multiple_testing: [{
      p: [0.02, 0.3, 0.001],
      holm: [0.04, 0.3, 0.003],
      bonferroni: [0.06, 0.9, 0.003],
      benjamini_hochberg: [0.03, 0.3, 0.003],
      reject_holm_0_03: [false, false, true],
      reject_benjamini_hochberg_0_05: [true, false, true],
    }],
    wilson: [{ k: 7, n: 23, confidence: 0.95, low: center - half, high: center + half }],
    pass_at_k: [{
      n: 12,
      c: 5,
      k: 3,
      pass_at_k: 1 - choose(7, 3) / choose(12, 3),
      all_k_correct: choose(5, 3) / choose(12, 3),
      fraction: `${choose(12, 3) - choose(7, 3)}/${choose(12, 3)}`,
    }],
    pass_at_k_mean_over_problems: { n: 4, correct: [1, 4], expected: { 1: 0.625, 3: 0.875 } },
    paired_t_interval: [{
      x,
      y,
      confidence: 0.95,
      mean_difference: mean(d),
      std_error: error,
      df: 3,
      t,
      p_two_sided: 2 * t3Above(t),
      low: mean(d) - reach,
      high: mean(d) + reach,
    }],
    bootstrap: {
      any_name: [{
        matrix: "two",
        statistic: "mean",
        interval: { 0.8: { accept: { 50000: { low: near(0.1), high: near(0.9) } } } },
      }],
    },
  };
  assert.deepEqual(statuses(file), new Array(12).fill("passed"));
});

Deno.test("ids, groups of matrices and the order of cases decide nothing", () => {
  const file = JSON.parse(text);
  file.inputs = Object.assign({}, ...Object.values<Json>(file.inputs));
  for (const section of Object.values<Json>(file)) {
    if (!Array.isArray(section)) continue;
    section.reverse();
    section.forEach((one: Json, i: number) => typeof one === "object" && "id" in one && (one.id = `renamed ${i}`));
  }
  delete file.bootstrap;
  delete file.meta;
  assert.deepEqual(new Set(statuses(file)), new Set(["passed"]));
});

Deno.test("one wrong number in a case of any section fails it and names the quantity", () => {
  const file = JSON.parse(text);
  const wrong: [string, (one: Json) => void, RegExp][] = [
    ["aggregates", (one) => one.expected.iqm += 1e-8, /expected.iqm differs by 1.0e-8/],
    ["probability_of_improvement", (one) => one.expected += 1e-8, /expected differs/],
    ["performance_profile", (one) => one.task_mean_score[2] += 1 / 3, /task_mean_score differs/],
    ["mann_whitney", (one) => one.asymptotic_cc.less += 1e-8, /asymptotic_cc.less differs/],
    ["wilcoxon_signed_rank", (one) => one.exact.W_plus++, /exact.W_plus differs/],
    ["paired_permutation", (one) => one.two_sided_fraction = "116/128", /two_sided_fraction differs/],
    ["multiple_testing", (one) => one.reject_holm_0_05[1] = true, /reject_holm_0_05 differs/],
    ["wilson", (one) => one.high_continuity_corrected -= 1e-8, /high_continuity_corrected differs/],
    ["pass_at_k", (one) => one.all_k_correct += 1e-8, /all_k_correct differs/],
    ["paired_t_interval", (one) => one.p_two_sided += 1e-8, /p_two_sided differs/],
  ];
  for (const [section, spoil, reason] of wrong) {
    const [one] = structuredClone(file[section]);
    spoil(one);
    const [outcome] = check({ inputs: file.inputs, [section]: [one] });
    assert.equal(outcome.status, "failed", section);
    assert.match(outcome.reason, reason);
  }
  const [one] = structuredClone(file.bootstrap.exact);
  for (const accept of Object.values<Json>(one.interval["0.95"].accept)) {
    accept.low = accept.low.map((n: number) => n + 0.01);
  }
  const [outcome] = check({ inputs: file.inputs, bootstrap: { exact: [one] } });
  assert.match(`${outcome.status} ${outcome.reason}`, /failed 0.95.low differs/);
});

Deno.test("what is not known is unsupported, what is missing fails", () => {
  assert.deepEqual(
    statuses({
      wilson: [{ k: 1, n: 2, confidence: 0.9, jeffreys: 0.1 }, { k: 1, n: 2 }, { k: 1, n: 2, confidence: 0.9 }],
      kruskal_wallis: [{ samples: [[1]], p: 1 }],
      aggregates: [{ matrix: "nowhere", expected: { mean: 1 } }, { matrix: [[1]], expected: { mode: 1 } }],
      bootstrap: { exact: [{ matrix: [[1], [2]], statistic: "mode", interval: { 0.9: { accept: { 1000: {} } } } }] },
    }),
    [
      "unsupported: not computed: jeffreys",
      "failed: it expects nothing",
      "failed: it expects nothing",
      "unsupported: no such section here",
      'failed: "inputs" has no matrix "nowhere"',
      "unsupported: not computed: expected.mode",
      "unsupported: no such statistic here: mode",
    ],
  );
  assert.throws(() => checkGolden('{"bench": []}'), /it has no list called "cases"/);
});
