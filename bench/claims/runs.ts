/**
 * What verdicts hold for, put together: what all of them share is said once, what a few of them share makes a run, and
 * the rest belongs to the single verdict.
 *
 * @module
 */
import { counted, processors } from "../leaderboard/format.ts";
import { evaluationText, policyText, rangeText, rateText, stepsText } from "./scale.ts";
import type { SourcedVerdict } from "./verdicts.ts";

/** One thing that a verdict holds for. */
interface Aspect {
  /** Its name, the title of a column. */
  title: string;
  /** What it is, as a part of a sentence. */
  of: (verdict: SourcedVerdict) => string;
}

/** What verdicts of one run mostly have in common. */
const aspects: readonly Aspect[] = [
  { title: "suite", of: ({ suite }) => `suite ${suite}` },
  { title: "version", of: ({ environment }) => `Podium ${environment.podium}` },
  { title: "back end", of: ({ environment }) => environment.backend },
  { title: "processor", of: ({ environment }) => processorText(environment) },
  { title: "policy", of: ({ scale }) => policyText(scale) },
  { title: "task", of: ({ scale }) => `task ${scale.task}` },
  { title: "steps", of: ({ scale }) => stepsText(scale) },
  { title: "learning rate", of: ({ scale }) => rateText(scale) },
  { title: "evaluation", of: ({ scale }) => evaluationText(scale) },
];

function processorText(environment: SourcedVerdict["environment"]): string {
  const { machines, instructions } = environment;
  return processors(environment) + (machines !== undefined || instructions === null ? "" : ` (${instructions})`);
}

/** Verdicts that hold for the same but seeds and responses. */
export interface VerdictRun {
  /** What they hold for, in the order of {@linkcode GroupedVerdicts.titles}. */
  values: string[];
  /** The verdicts. */
  verdicts: SourcedVerdict[];
}

/** Verdicts by what they hold for. */
export interface GroupedVerdicts {
  /** What all of them share. */
  common: string[];
  /** Titles of what differs from run to run. */
  titles: string[];
  /** The runs, in the order of their first verdicts. */
  runs: VerdictRun[];
}

/** Groups verdicts. */
export function groupedVerdicts(verdicts: readonly SourcedVerdict[]): GroupedVerdicts {
  const differs = ({ of }: Aspect) => new Set(verdicts.map(of)).size > 1;
  const differing = aspects.filter(differs);
  const groups = Map.groupBy(verdicts, (verdict) => JSON.stringify(differing.map(({ of }) => of(verdict))));
  return {
    common: verdicts.length === 0 ? [] : aspects.filter((aspect) => !differs(aspect)).map(({ of }) => of(verdicts[0])),
    titles: differing.map(({ title }) => title),
    runs: [...groups].map(([key, own]) => ({ values: JSON.parse(key), verdicts: own })),
  };
}

/** Seeds and sampled responses of a verdict. */
export function amountText({ seeds, scale: { responses } }: SourcedVerdict): string {
  return counted(seeds, "seed") + (responses ? `, ${rangeText(responses)} sampled responses` : "");
}
