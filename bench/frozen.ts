/**
 * What can't be asked of a policy that is not trained here, or only of one that is not computed here.
 *
 * @module
 */
import { contextAlgorithms } from "../algorithms/mod.ts";
import type { Task } from "../tasks/task.ts";
import { isEndpoint } from "./context/endpoint_policy.ts";
import { isOnnx } from "./onnx_source.ts";
import { Refusal } from "./outcomes.ts";
import type { Suite } from "./suite.ts";

/** Refuses what a policy that is never trained can't do; `algorithms` are those that train weights. */
export function requireFrozen(
  { policy, lora, rolloutWeights }: Suite,
  task: Task,
  algorithms: readonly string[],
): void {
  const asked = isEndpoint(policy), [trained] = algorithms;
  if (!asked && !isOnnx(policy)) return;
  const other = trained !== undefined
    ? `${trained} trains weights; choose --algorithms that learn a prompt (${
      Object.keys(contextAlgorithms).join(", ")
    })${asked ? "" : ", or a policy with model.safetensors"}`
    : asked && task.environment
    ? `task ${task.name} has tools, which need its tokens; choose another task`
    : lora || rolloutWeights
    ? "lora and rolloutWeights are about weights; leave them out"
    : undefined;
  if (other === undefined) return;
  throw new Refusal(
    `policy ${policy}: ${asked ? "is behind an endpoint" : "is frozen, as ONNX files are"}, and ${other}.`,
  );
}

/** Refuses a key or prices for a policy that is computed here: they would be left unused without a word. */
export function requireUnpaid({ policy, policyKey, policyPrices }: Suite): void {
  const given = policyKey !== undefined ? "a key" : policyPrices ? "prices" : undefined;
  if (given === undefined) return;
  throw new Refusal(`policy ${policy}: is not behind an endpoint, so ${given} for it can't be used; leave that out.`);
}
