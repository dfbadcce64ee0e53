/**
 * The critic that training begins with, made from a policy.
 *
 * @module
 */
import type { PolicyDirectory } from "./directory.ts";
import { criticConfig, parameterCount, parameterSlots } from "./model/config.ts";

/**
 * A saved critic as it is; of a policy its weights but for the output matrix, and a head of zeros, so that all values
 * are 0. The policy's optimizer is not the critic's.
 */
export function criticOf(directory: PolicyDirectory): PolicyDirectory {
  const { path, config: policy, weights, slots } = directory;
  if (policy.valueHead) return directory;
  const config = criticConfig(policy), own = parameterSlots(config), start = new Float32Array(parameterCount(config));
  for (const { name, offset, length } of own.values()) {
    const source = slots.get(name);
    if (source) start.set(weights.subarray(source.offset, source.offset + length), offset);
  }
  return { path, config, weights: start, slots: own, stopTokens: [] };
}
