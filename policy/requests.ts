/**
 * What every back end refuses, in one sentence each: requests and samples that can not be computed.
 *
 * @module
 */
import type { ModelConfig } from "./model/config.ts";
import type { GenerateOptions, GenerateRequest, Sample } from "./policy.ts";

/** Lowest temperature but 0. Not far below it a logit that is divided by it is no float32 number any more. */
const COLDEST = 1e-6;

/** What tokens are checked against. */
type Vocabulary = Pick<ModelConfig, "vocabularySize">;

/** Refuses requests with tokens that do not exist or without a prompt, and options by which nothing can be sampled. */
export function checkRequests(
  config: Vocabulary,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): void {
  requests.forEach(({ prompt, begun = [] }, i) => {
    checkTokens(config, `Prompt ${i}`, prompt, 1);
    checkTokens(config, `The begun response ${i}`, begun, 0);
  });
  checkSampling(options, requests.length);
}

/** Refuses options by which nothing can be sampled. */
export function checkSampling({ maxTokens, temperature = 1, topP = 1 }: GenerateOptions, requests: number): void {
  const most = typeof maxTokens === "number" ? [maxTokens] : maxTokens;
  if (typeof maxTokens !== "number" && maxTokens.length !== requests) {
    throw new RangeError(`${requests} requests have ${maxTokens.length} maximum lengths; give one, or one each.`);
  }
  const impossible = most.find((value) => !Number.isInteger(value) || value < 0);
  if (impossible !== undefined) {
    throw new RangeError(`A response can't have at most ${impossible} tokens; give an integer from 0.`);
  }
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP is ${topP}; give a number above 0 and at most 1.`);
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  if (typeof temperature !== "number" && temperature.length !== requests) {
    throw new RangeError(`${requests} requests have ${temperature.length} temperatures; give one, or one each.`);
  }
  const bad = temperatures.find((value) => !(value === 0 || value >= COLDEST && Number.isFinite(value)));
  if (bad !== undefined) {
    throw new RangeError(`Nothing can be sampled at temperature ${bad}; use 0, or ${COLDEST} or more.`);
  }
}

/** Refuses a temperature at which there are no log-probs. */
export function checkTemperature(temperature = 1): void {
  if (temperature > 0 && Number.isFinite(temperature)) return;
  throw new RangeError(`A temperature of ${temperature} has no log-probs; use a positive number.`);
}

/** Refuses samples with tokens that do not exist, or without a prompt. */
export function checkSamples(config: Vocabulary, samples: readonly Sample[]): void {
  samples.forEach(({ prompt, response }, i) => {
    checkTokens(config, `The prompt of sample ${i}`, prompt, 1);
    checkTokens(config, `The response of sample ${i}`, response, 0);
  });
}

/** Refuses samples like {@linkcode checkSamples}, and derivatives that are not one per response token. */
export function checkDerivatives(
  config: Vocabulary,
  samples: readonly Sample[],
  derivatives: readonly ArrayLike<number>[],
): void {
  checkSamples(config, samples);
  samples.forEach(({ response }, i) => {
    if (derivatives[i]?.length === response.length) return;
    throw new RangeError(
      `Sample ${i} has ${response.length} response tokens but ${derivatives[i]?.length ?? 0} derivatives; ` +
        "give one each.",
    );
  });
}

/** Refuses token ids outside the vocabulary, and fewer than `least` of them. */
function checkTokens(
  { vocabularySize }: Vocabulary,
  what: string,
  tokens: readonly number[],
  least: number,
): void {
  if (tokens.length < least) throw new RangeError(`${what} is empty; it needs at least one token.`);
  const bad = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (bad !== undefined) {
    throw new RangeError(`${what} holds ${bad}, which is no token id from 0 to ${vocabularySize - 1}.`);
  }
}
