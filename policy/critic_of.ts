/**
 * The critic that training begins with, made from a policy.
 *
 * @module
 */
import type { Start } from "./adapters.ts";
import type { PolicyDirectory } from "./directory.ts";
import { criticConfig, parameterSlots } from "./model/config.ts";
import type { Origin } from "./storage.ts";
import { firstOf, followedBy } from "./weights.ts";

/** What a critic starts from. */
export type CriticStart = Start & Pick<PolicyDirectory, "path"> & Origin;

/**
 * A saved critic as it is; of a policy its weights but for the output matrix, and a head of zeros, so that all values
 * are 0. The policy's optimizer is not the critic's.
 */
export function criticOf(directory: CriticStart): CriticStart {
  const { path, config: policy, weights } = directory;
  if (policy.valueHead) return directory;
  // The head stands where the output matrix of a policy stands, behind all that both have.
  const config = criticConfig(policy), { offset, length } = parameterSlots(config).get("value_head.weight")!;
  return { path, config, weights: followedBy(firstOf(weights, offset), new Float32Array(length)), stopTokens: [] };
}
