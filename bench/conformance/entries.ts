/**
 * How each algorithm of a golden file is run: one entry per label in the files' `algorithm` field.
 *
 * An entry turns a case into the quantities that the project computes for it, under the names the files use. It reads
 * the label, the hyper-parameters and the inputs, never the id. One file per family, all of the same shape.
 *
 * @module
 */

import { baselineEntries } from "./baselines.ts";
import { contextEntries } from "./context.ts";
import type { Entry } from "./golden_case.ts";
import { groupRelativeEntries } from "./group_relative.ts";
import { groupStatisticsEntries } from "./group_statistics.ts";
import { hicraEntries } from "./hicra.ts";
import { tokenSurrogateEntries } from "./token_surrogates.ts";
import { wholeGroupEntries } from "./whole_group.ts";
import { ppoEntries } from "./ppo.ts";
import { sequenceEntries } from "./sequence.ts";

/** Every label that the project can run. */
export const entries: Readonly<Record<string, Entry>> = {
  ...groupRelativeEntries,
  ...groupStatisticsEntries,
  ...baselineEntries,
  ...contextEntries,
  ...hicraEntries,
  ...wholeGroupEntries,
  ...ppoEntries,
  ...sequenceEntries,
  ...tokenSurrogateEntries,
};
