/**
 * A claim of a paper as a test that was written down before it was run. `claim.schema.json` documents every property.
 *
 * @module
 */

/**
 * What is claimed of a against b: `higher` or `lower` by more than the margin, `not lower` or `not higher` by more than
 * the margin, or `equal` within it.
 */
export type Direction = "higher" | "lower" | "not lower" | "not higher" | "equal";

/** One comparison of two entries of a suite. */
export interface ClaimTest {
  /** Path of a column in {@linkcode Metrics}, as `length.wrong.mean`. */
  metric: string;
  /** Label of the entry that the claim is about. */
  a: string;
  /** What is claimed. */
  direction: Direction;
  /** Label of the entry it is compared with; `before training` is the policy before training. */
  b: string;
  /** How much, in units of the column. */
  margin: number;
  /**
   * How many times fewer responses a has than b: a's number is that of its learning curve, at the last evaluation up to
   * which it had sampled at most b's responses over this. Absent: both are taken at their end.
   */
  fewerResponses?: number;
}

/** Where a claim was made. */
export interface ClaimSource {
  /** Title of the paper or repository. */
  title: string;
  /** arXiv id, where it has one. */
  arxiv?: string;
  /** Address, where it has no arXiv id. */
  url?: string;
  /** Year. */
  year: number;
  /** Where in it. */
  where: string;
}

/** A claim. */
export interface Claim {
  /** Name of its file. */
  id: string;
  /** The claim as a sentence. */
  claim: string;
  /** Where it was made. */
  paper: ClaimSource;
  /** What was published, numbers where there are any. */
  published: string;
  /** What the test does differently, or leaves out, for readers. */
  note?: string;
  /** Suite whose entries are compared; absent: `claims`. */
  suite?: string;
  /** Task of the suite whose entries are compared. */
  task: string;
  /** With fewer seeds that both sides finished the verdict is inconclusive. */
  minimumSeeds: number;
  /** All must hold. */
  tests: ClaimTest[];
}

/** What came of a test, or of a claim. */
export type Outcome = "reproduced" | "not reproduced" | "inconclusive";

/** A test and what came of it. */
export interface TestVerdict extends ClaimTest {
  /** Seeds that both sides finished. */
  seeds: number;
  /** Mean of a - b within seeds with its 95 % interval; null if no seed has both. */
  estimate: { mean: number; low: number | null; high: number | null } | null;
  /** What that says. */
  verdict: Outcome;
  /** The same as a sentence. */
  sentence: string;
}

/** The smallest and the largest of some numbers. */
export interface Range {
  /** The smallest. */
  least: number;
  /** The largest. */
  most: number;
}

/** What a verdict holds for, beside the run that it comes from. */
export interface Scale {
  /** The policy before training. */
  policy: string;
  /** Its parameters; 0 if nobody knows. */
  parameters: number;
  /** The task. */
  task: string;
  /** Training steps. */
  steps: number;
  /** Prompts of each. */
  promptsPerStep: number;
  /** Responses sampled for training by the entries that were compared, on average over seeds; null if none says. */
  responses: Range | null;
  /** Learning rates of these entries; null where none trains weights. */
  learningRate: Range | null;
  /** Sampled responses to each held-out problem. */
  samples: number;
  /** Held-out problems. */
  problems: number;
}

/** A claim and what came of it. */
export interface Verdict extends Pick<Claim, "id" | "claim" | "paper" | "published"> {
  /** The scale that the verdict holds for. */
  scale: Scale;
  /** Seeds that every test has. */
  seeds: number;
  /** Reproduced if all tests are; not reproduced if one is not; else inconclusive. */
  verdict: Outcome;
  /** The same as a sentence. */
  sentence: string;
  /** Its tests. */
  tests: TestVerdict[];
}
