/**
 * What helps where memory is too small, found by trying.
 *
 * @module
 */
import type { Algorithm } from "../../algorithms/algorithm.ts";
import type { ContextAlgorithm } from "../../algorithms/mod.ts";
import type { ModelConfig } from "../../policy/model/config.ts";
import { leastMemory } from "../../policy/webgpu/memory_choice.ts";
import { gigabytes } from "./table.ts";
import { memoryOptionsOf, type Setting } from "./work.ts";

/** A change of a suite, as it is written on the command line. */
interface Change {
  text: string;
  change(setting: Setting): Setting;
}

/** The changes there are for a setting: those that change no number first. */
function changesFor({ suite, training }: Setting): Change[] {
  const inSuite = (text: string, own: Partial<Setting["suite"]>): Change => ({
    text,
    change: (setting) => ({ ...setting, suite: { ...setting.suite, ...own } }),
  });
  const shorter = Math.ceil(training.maxTokens / 2), fewer = Math.ceil(training.groupSize / 2);
  const inTraining = (text: string, own: Partial<Setting["training"]>): Change => ({
    text,
    change: (setting) => ({ ...setting, training: { ...setting.training, ...own } }),
  });
  return [
    ...suite.recompute ? [] : [inSuite("--recompute", { recompute: true })],
    ...suite.rolloutWeights === "f16" ? [inSuite("--set rolloutWeights=f32", { rolloutWeights: "f32" })] : [],
    ...suite.lora ? [] : [inSuite("--lora rank=16,alpha=32", { lora: { rank: 16, alpha: 32 } })],
    inTraining(`--set training.maxTokens=${shorter}`, { maxTokens: shorter }),
    inTraining(`--set training.groupSize=${fewer}`, { groupSize: fewer }),
  ];
}

/** All ways to choose `count` of a list, in its order. */
function choices<T>(list: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return list.flatMap((first, index) => choices(list.slice(index + 1), count - 1).map((rest) => [first, ...rest]));
}

/**
 * The second half of a sentence: the fewest changes with which an algorithm fits into `limit` bytes, or that none do.
 */
export async function adviceOf(
  config: ModelConfig,
  algorithm: Algorithm | ContextAlgorithm,
  setting: Setting,
  limit: number,
): Promise<string> {
  const changes = changesFor(setting);
  const needed = (chosen: readonly Change[]) => {
    const changed = chosen.reduce((changed, { change }) => change(changed), setting);
    return leastMemory(config, memoryOptionsOf(algorithm, changed));
  };
  for (const count of [1, 2]) {
    const helping = [];
    for (const chosen of choices(changes, count)) {
      const bytes = await needed(chosen);
      if (bytes <= limit) helping.push(`${chosen.map(({ text }) => text).join(" with ")} (${gigabytes(bytes)})`);
    }
    if (helping.length > 0) return `use ${helping.join(", or ")}`;
  }
  const all = await needed(changes), texts = changes.map(({ text }) => text).join(", ");
  return all <= limit
    ? `use all of ${texts} (${gigabytes(all)})`
    : `even all of ${texts} leave it at ${gigabytes(all)}: use a smaller policy, or leave this algorithm out`;
}
