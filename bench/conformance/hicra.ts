/**
 * HICRA: planning-token credit on responses, or the statistics of strategic grams on texts and counts.
 *
 * A case whose inputs have responses is evaluated with the conventions of the group-relative family. `advantages` are
 * those before planning tokens are amplified, and `grpo_loss_without_amplification` is the loss of the project's GRPO
 * with the same options.
 *
 * @module
 */

import {
  clusterDocumentFrequency,
  conditionalEntropy,
  type Counts,
  grpo,
  hicra,
  semanticEntropy,
} from "../../algorithms/mod.ts";
import {
  computedBy,
  type Entry,
  type GoldenCase,
  groupConventions,
  groupRelativeOptions,
  present,
  type Quantities,
  quantities,
} from "./golden_case.ts";

function* credit(golden: GoldenCase): Iterable<Quantities> {
  const { hyper, responses } = golden;
  const fixed = present(groupRelativeOptions(golden));
  for (const convention of groupConventions(golden)) {
    const options = { ...fixed, ...convention };
    const algorithm = hicra.create({ ...options, ...present({ alpha: hyper.alpha }) });
    const computed = quantities(algorithm, golden);
    yield {
      ...computed,
      advantages: algorithm.credit(responses).trace?.outcomeAdvantages,
      token_advantages: computed.advantages,
      grpo_loss_without_amplification: quantities(grpo.create(options), golden).loss,
    };
  }
}

function* statistics({ inputs }: GoldenCase): Iterable<Quantities> {
  const { docs, clusters, sg_counts: counts, following_counts: following } = inputs;
  const semantic = semanticEntropy((counts ?? {}) as Counts);
  const conditional = conditionalEntropy((following ?? {}) as Record<string, Counts>);
  yield {
    [computedBy]: hicra.description.name,
    cluster_document_frequency: clusterDocumentFrequency(
      (docs ?? []) as string[],
      (clusters ?? {}) as Record<string, string[]>,
    ),
    semantic_entropy_nats: semantic.nats,
    semantic_entropy_bits: semantic.bits,
    conditional_entropy_nats: conditional.nats,
    conditional_entropy_bits: conditional.bits,
  };
}

/** Labels of this family. */
export const hicraEntries: Readonly<Record<string, Entry>> = {
  "HICRA": (golden) => golden.responses.length > 0 ? credit(golden) : statistics(golden),
};
