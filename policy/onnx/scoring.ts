/**
 * Scores responses. Each is run by itself behind its prompt, so that its scores can't depend on its company.
 *
 * @module
 */
import { promptKey } from "../cpu/prompts.ts";
import type { Sample, Scores } from "../policy.ts";
import type { Distribution } from "./distribution.ts";
import { contextCache, tokensPerRun } from "./feeding.ts";
import type { ProbedDecoder } from "./together.ts";

/** Scores the response tokens of each sample. */
export async function score(
  decoder: ProbedDecoder,
  distribution: Distribution,
  samples: readonly Sample[],
  { temperature = 1 }: { temperature?: number } = {},
): Promise<Scores[]> {
  const scores: Scores[] = samples.map(({ response: { length } }) => ({
    logProbs: new Float32Array(length),
    entropy: new Float32Array(length),
  }));
  // Where rows notice each other tokens do too: one by one, as they are drawn.
  const perRun = decoder.together > 1 ? tokensPerRun(decoder) : 1;
  const places = [...samples.keys()].filter((place) => samples[place].response.length > 0);
  for (const members of Map.groupBy(places, (place) => promptKey(samples[place].prompt)).values()) {
    const { prompt } = samples[members[0]], context = await contextCache(decoder, prompt);
    for (const place of members) {
      const { response } = samples[place], { logProbs, entropy } = scores[place];
      const tokens = [prompt[prompt.length - 1], ...response.slice(0, -1)];
      let cache = context;
      for (let start = 0; start < tokens.length; start += perRun) {
        const fed = tokens.slice(start, start + perRun), run = await decoder.run([fed], cache);
        ({ cache } = run);
        const found = await distribution.scores(run.logits, response.slice(start, start + fed.length), temperature);
        logProbs.set(found.logProbs, start);
        entropy.set(found.entropy, start);
      }
    }
  }
  return scores;
}
