/**
 * Language models that can be sampled, scored, trained and saved; and those that are only asked: a policy of this process
 * ({@linkcode frozen}) or a model behind an OpenAI-compatible endpoint ({@linkcode openEndpoint}), with record and replay.
 * {@linkcode openOnnxPolicy} opens one that comes as ONNX files: it is sampled and scored, not trained.
 * {@linkcode servePolicy} is such an endpoint.
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
export type { LoraOptions } from "./adapters.ts";
export { conversationText, promptText, promptTokens } from "./chat_template.ts";
export type { Account, Prices } from "./endpoint/account.ts";
export type { Patience } from "./endpoint/asking.ts";
export { type Accounts, type Endpoint, type EndpointOptions, openEndpoint } from "./endpoint/endpoint.ts";
export { EndpointError } from "./endpoint/error.ts";
export { type Backend, openCritic, type OpenOptions, openPolicy } from "./open.ts";
export { type OpenOnnxOptions, openOnnxPolicy } from "./onnx/open.ts";
export * from "./policy.ts";
export * from "./random.ts";
export { type PolicyServer, type ServeOptions, servePolicy } from "./serve/server.ts";
export * from "./text/frozen.ts";
export { frozen } from "./text/in_process.ts";
export { type Lora, LORA_TARGETS, type LoraTarget } from "./model/lora.ts";
export type { FittedPlan } from "./webgpu/memory_choice.ts";
export type { MemoryParts, MemoryPlan } from "./webgpu/memory_plan.ts";
export type { Room, RoomOfRun, RunSizes } from "./webgpu/sizes.ts";
export type { ModelConfig, ModelFamily, RopeScaling } from "./model/config.ts";
