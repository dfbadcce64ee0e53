/**
 * What a suite's training problems share with its evaluation problems (`tasks/leakage.ts`): found before anything
 * runs, part of the leaderboard, and dropped where the suite says so.
 *
 * @module
 */
import { isGenerated, leakageOf, type LeakageRule, leakageRule, without } from "../tasks/leakage.ts";
import type { Problems } from "../tasks/task.ts";
import { Refusal } from "./outcomes.ts";
import { evaluationIndices, trainingIndices } from "./problem_order.ts";
import type { Suite } from "./suite.ts";

/** Most problems of a generator that are looked at. */
const LOOKED_AT = 20000;

/** What was shared, as the leaderboard has it. */
export interface RecordedLeakage {
  /** How texts were compared. */
  rule: LeakageRule;
  /** Training problems compared, those with the text of an evaluation problem, those that share text with one. */
  train: { problems: number; exact: number; shared: number };
  /** Evaluation problems compared, and those that share text with a training problem. */
  test: { problems: number; shared: number };
  /** Training problems that were left out because of it. */
  dropped: number;
}

/** Which problems of a generator a suite uses. */
type Used = Pick<Suite, "seeds" | "training" | "evaluation">;

function texts(problems: Problems, indices: Iterable<number>): string[] {
  return Array.from(indices, (index) => problems.at(index).question);
}

/** All problems of a list; of a generator those that the suite trains on, the same number for each seed. */
function trainingTexts(train: Problems, { seeds, training: { steps, promptsPerStep } }: Used): string[] {
  if (train.length !== Infinity) return texts(train, Array(train.length).keys());
  const count = Math.min(steps * promptsPerStep, Math.floor(LOOKED_AT / seeds.length));
  return texts(train, seeds.flatMap((seed) => trainingIndices(train, seed, 0, count)));
}

/** All problems of a list; of a generator those that the suite tests on. */
function evaluationTexts(test: Problems, { evaluation: { problems } }: Used): string[] {
  const generated = test.length === Infinity;
  return texts(test, generated ? evaluationIndices(test, Math.min(problems, LOOKED_AT)) : Array(test.length).keys());
}

/**
 * What the problems of a suite share.
 *
 * @throws {Refusal} if the splits of the embedded source share a problem: then the task is broken.
 */
export function suiteLeakage(train: Problems, test: Problems, suite: Used): RecordedLeakage {
  const found = leakageOf(trainingTexts(train, suite), evaluationTexts(test, suite), leakageRule(train, test));
  if (found.exact > 0 && isGenerated(train.source) && isGenerated(test.source)) {
    throw new Refusal(
      `the embedded splits overlap: ${found.exact} training problems are evaluation problems; ` +
        "the task's two splits must share none.",
    );
  }
  return {
    rule: found.rule,
    train: { problems: found.train, exact: found.exact, shared: found.shared },
    test: { problems: found.test, shared: found.testShared },
    dropped: 0,
  };
}

/**
 * The training problems without those that share text with an evaluation problem.
 *
 * @throws {Refusal} if nothing would be left, or the problems come from a generator, of which nothing can be dropped.
 */
export async function decontaminated(train: Problems, test: Problems): Promise<Problems> {
  if (train.length === Infinity) {
    throw new Refusal("decontaminate drops problems of a file; the embedded source writes them, so leave it out.");
  }
  const all = texts(train, Array(train.length).keys());
  const tested = test.length === Infinity
    ? texts(test, Array(LOOKED_AT).keys())
    : texts(test, Array(test.length).keys());
  const { indices } = leakageOf(all, tested, leakageRule(train, test));
  if (indices.length === train.length) {
    throw new Refusal(`${train.source}: every problem shares text with ${test.source}; nothing is left to train on.`);
  }
  return await without(train, indices, test);
}

/** One sentence for people; null where nothing is shared. */
export function leakageSentence({ train, test, dropped }: RecordedLeakage): string | null {
  if (train.shared === 0) return null;
  const share = (100 * train.shared / train.problems).toFixed(1);
  return `${train.shared} of ${train.problems} training problems (${share} %) share text with ${test.shared} of ` +
    `${test.problems} evaluation problems, ${train.exact} of them all of it; ` +
    (dropped > 0 ? `${dropped} were dropped.` : "--decontaminate drops them.");
}
