/**
 * How well a grader agrees with labels from elsewhere: the tally and the lines that `grade` ends with.
 *
 * @module
 */

/** A row that was graded otherwise than its label says. */
export interface Disagreement {
  /** File and line. */
  readonly where: string;
  /** The label. */
  readonly label: boolean;
  /** The gold answer. */
  readonly gold: string;
  /** The answer that was compared with it, or null if none was found. */
  readonly answer: string | null;
  /** The grader's reason. */
  readonly reason: string;
}

/** Counts over all rows. */
export interface Agreement {
  /** Rows. */
  readonly graded: number;
  /** Rows whose label the grader confirms. */
  readonly agreed: number;
  /** Rows labelled different that were graded equal. */
  readonly falsePositives: number;
  /** Rows labelled equal that were not graded so. */
  readonly falseNegatives: number;
  /** Rows whose answers could not be compared. */
  readonly unparsed: number;
  /** Longest time of a verdict, in whole milliseconds. */
  readonly slowest: number;
}

/** Counts of all rows, from the disagreements among them. */
export function agreementOf(
  graded: number,
  disagreements: readonly Disagreement[],
  { unparsed, slowest }: Pick<Agreement, "unparsed" | "slowest">,
): Agreement {
  const falseNegatives = disagreements.filter(({ label }) => label).length;
  const falsePositives = disagreements.length - falseNegatives;
  const agreed = graded - disagreements.length;
  return { graded, agreed, falsePositives, falseNegatives, unparsed, slowest: Math.ceil(slowest) };
}

/** The five lines at the end. */
export function agreementLines(counts: Agreement): string[] {
  return [
    `agreement: ${counts.agreed}/${counts.graded} (${percent(counts.agreed, counts.graded)} %)`,
    `false positives: ${counts.falsePositives}`,
    `false negatives: ${counts.falseNegatives}`,
    `unparsed: ${counts.unparsed}`,
    `slowest: ${counts.slowest} ms`,
  ];
}

/** A share in percent with two digits, rounded down: 100.00 means all. */
export function percent(part: number, whole: number): string {
  return (Math.floor((part * 10000) / whole) / 100).toFixed(2);
}
