/**
 * `podium pretrain`: makes an embedded base policy again, or measures it.
 *
 * @module
 */
import { markdownTable, writeSection } from "../markdown.ts";
import { unknown } from "../nearest.ts";
import { Refusal } from "../outcomes.ts";
import { openSource, policyDirectory } from "../policies.ts";
import { makeDirectory } from "../records.ts";

/** Options of `podium pretrain`. */
export interface PretrainCommandOptions {
  /** Task whose base policy it is. Default `gsm8k`. */
  task?: string;
  /** Directory of the policy. Default: where the embedded one is. */
  out?: string;
  /** Measure the policy instead of making it. */
  measure?: boolean;
  /** Markdown file whose section `base policy` gets the measurement; of another task than `gsm8k`, `base policy TASK`. */
  readme?: string;
}

/** Problems that the base policy is measured on. */
export const measuredProblems = 512;

/** What `evaluate()` in `fixtures/pretrain.ts` found, as a table. */
export function measurementMarkdown(
  { accuracy, passAt8, length, length10, length90, truncated, maxTokens, tools }: Awaited<
    ReturnType<typeof import("../../fixtures/pretrain.ts").evaluate>
  >,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return markdownTable([
    [`on ${measuredProblems} held-out problems × 8 responses`, ""],
    ["accuracy at temperature 1", percent(accuracy)],
    ["pass@8", percent(passAt8)],
    ["response length: 10 %, mean, 90 %", `${length10}, ${length.toFixed(1)}, ${length90} tokens`],
    [`cut at ${maxTokens} tokens`, percent(truncated)],
    ...tools ? [["tool calls in a response", tools.queries.toFixed(2)]] : [],
  ]);
}

/** Trains the base policy and writes it, or measures the one that is there. */
export async function pretrainBase(options: PretrainCommandOptions): Promise<number> {
  const { task = "gsm8k", measure, readme } = options;
  if (readme !== undefined && !measure) throw new Refusal("--readme without --measure: there is nothing to put there.");
  const { evaluate, pretrain, recipes } = await import("../../fixtures/pretrain.ts");
  if (!Object.hasOwn(recipes, task)) throw new Refusal(unknown("base policy", task, Object.keys(recipes)));
  const recipe = recipes[task], { out = policyDirectory(`embedded:${recipe.folder}`) } = options;
  if (measure) {
    const policy = await openSource(out);
    const body = measurementMarkdown(await evaluate(policy, measuredProblems, recipe));
    await policy.dispose();
    if (readme !== undefined) {
      await writeSection(readme, task === "gsm8k" ? "base policy" : `base policy ${task}`, body);
    }
    console.log(body);
    return 0;
  }
  await makeDirectory(out);
  const { digest } = await pretrain({ out, recipe, print: console.log });
  console.log(`${out}: ${digest}`);
  return 0;
}
