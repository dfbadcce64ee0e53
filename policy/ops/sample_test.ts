import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { keyOf, uniform } from "../random.ts";
import { drawNucleus, drawToken, likeliestToken, likeliestTokens } from "./sample.ts";
import { logSoftmax } from "./token_log_prob.ts";

// The same cases in every run: a test that fails now and then tells nobody anything.
fc.configureGlobal({ seed: 20261120 });

/** Probabilities of up to 20 tokens, some of them equal, some of them 0. */
const row = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 20 }).map((tenths) => {
  const data = Float64Array.from(tenths, (x) => x === -40 ? -1e9 : x / 10);
  return Float32Array.from(logSoftmax({ shape: [1, tenths.length], data }).data, Math.exp);
});
const open = fc.integer({ min: 1, max: 999 }).map((n) => n / 1000);

Deno.test("drawToken() inverts the cumulative distribution", () => {
  fc.assert(fc.property(row, open, (probabilities, noise) => {
    const token = drawToken(probabilities, noise);
    const before = probabilities.slice(0, token).reduce((sum, p) => sum + p, 0);
    ok(before <= noise, "it starts at or below the noise");
    ok(noise < before + probabilities[token] + 1e-6, "it ends above the noise");
  }));
});

Deno.test("drawToken() draws tokens as often as their probability says", () => {
  const probabilities = Float32Array.of(0.5, 0.25, 0.2, 0.05), counts = [0, 0, 0, 0], draws = 8192;
  for (let i = 0; i < draws; i++) counts[drawToken(probabilities, uniform(keyOf(1, "frequency"), i))]++;
  const chi2 = counts.reduce((sum, n, i) => sum + (n - draws * probabilities[i]) ** 2 / (draws * probabilities[i]), 0);
  ok(chi2 < 20, `${counts}`);
});

Deno.test("no token of probability 0 is ever drawn, not even by the smallest and largest noise", () => {
  const short = Float32Array.of(0, 0.25, 0, 0.7499, 0, 0); // sums to less than the largest noise
  for (const noise of [2 ** -24, 0.25, 0.5, 1 - 2 ** -24]) {
    ok(short[drawToken(short, noise)] > 0);
    for (const topP of [0.1, 0.9, 0.99999, 1]) ok(short[drawNucleus(short, topP, noise)] > 0);
  }
  deepStrictEqual([2 ** -24, 1 - 2 ** -24].map((noise) => drawToken(short, noise)), [1, 3]);
});

Deno.test("likeliestToken() is the first of the most likely tokens", () => {
  strictEqual(likeliestToken(Float32Array.of(0.1, 0.4, 0.1, 0.4)), 1);
  fc.assert(fc.property(row, (probabilities) => {
    strictEqual(likeliestToken(probabilities), probabilities.indexOf(Math.max(...probabilities)));
  }));
});

/** Mass of the tokens that come before `token` in the order of likelihood. */
function massBefore(probabilities: Float32Array, token: number): number {
  let mass = 0;
  probabilities.forEach((p, other) => {
    if (p > probabilities[token] || p === probabilities[token] && other < token) mass += p;
  });
  return mass;
}

Deno.test("drawNucleus() draws a token of the smallest set that reaches topP", () => {
  fc.assert(fc.property(row, open, open, (probabilities, topP, noise) => {
    ok(massBefore(probabilities, drawNucleus(probabilities, topP, noise)) < topP + 1e-12);
  }));
});

Deno.test("drawNucleus() reaches every token of the set, in the share of its probability", () => {
  const check = fc.property(row, open, (probabilities, topP) => {
    const members = [...probabilities.keys()].filter((token) => massBefore(probabilities, token) < topP);
    const mass = members.reduce((sum, token) => sum + probabilities[token], 0), draws = 2000;
    const counts = new Array(probabilities.length).fill(0);
    for (let i = 0; i < draws; i++) counts[drawNucleus(probabilities, topP, (i + 0.5) / draws)]++;
    for (const token of members) {
      ok(Math.abs(counts[token] - draws * probabilities[token] / mass) < 2, `token ${token}`);
    }
  });
  fc.assert(check, { numRuns: 25 });
});

Deno.test("drawNucleus() with a tiny topP is greedy, with 1 it draws every token as likely as drawToken() does", () => {
  fc.assert(fc.property(row, open, (probabilities, noise) => {
    strictEqual(drawNucleus(probabilities, 1e-9, noise), likeliestToken(probabilities));
    const token = drawNucleus(probabilities, 1, noise), before = massBefore(probabilities, token);
    ok(before <= noise + 1e-6 && noise <= before + probabilities[token] + 1e-6);
  }));
});

Deno.test("likeliestTokens() are the first of all that are possible, sorted", () => {
  const row = fc.array(fc.constantFrom(0, 0.125, 0.25, 0.5), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(row, fc.integer({ min: 0, max: 8 }), (row, count) => {
    const sorted = row.map((_, v) => v).filter((v) => row[v] > 0).sort((a, b) => row[b] - row[a] || a - b);
    deepStrictEqual(likeliestTokens(Float32Array.from(row), count), sorted.slice(0, count));
  }));
});
