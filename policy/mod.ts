/**
 * Language models that can be sampled, scored, trained and saved.
 *
 * @example
 * ```ts
 * import { keyOf, openPolicy } from "@podium/rl/policy";
 *
 * const policy = await openPolicy("fixtures/base");
 * const prompt = policy.tokenizer.encode("Tom has 3 apples .");
 * const [response] = await policy.generate([{ prompt, key: keyOf(1, "example") }], { maxTokens: 16 });
 * const [scores] = await policy.logProbs([{ prompt, response: response.tokens }]);
 * console.log(scores.logProbs.length === response.tokens.length);
 * ```
 *
 * @module
 */
export { promptText, promptTokens } from "./chat_template.ts";
export { type Backend, openCritic, type OpenOptions, openPolicy } from "./open.ts";
export * from "./policy.ts";
export * from "./random.ts";
export type { ModelConfig, ModelFamily } from "./model/config.ts";
