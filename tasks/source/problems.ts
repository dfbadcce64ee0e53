/**
 * Problems from rows of data: what the sources of all tasks share, except what a row means.
 *
 * @module
 */

import type { Problem, Problems } from "../task.ts";
import type { Columns, Row } from "./row.ts";
import { type ReadOptions, readRows } from "./rows.ts";

/** How rows become problems. */
export interface RowProblemsOptions extends ReadOptions {
  /** Columns that every row must have. */
  readonly columns: Columns;
  /**
   * What a row means, with {@linkcode Row.id} as its id; null leaves the row out.
   *
   * @throws {DataError} beginning with {@linkcode Row.where} if it means nothing
   */
  readonly problemOf: (row: Row) => Problem | null;
}

/** The problems of a file or of a data set on the hub (see {@linkcode readRows}), in its order. */
export async function problemsOfRows(source: string, options: RowProblemsOptions): Promise<Problems> {
  const { rows, digest, source: pinned } = await readRows(source, options.columns, options);
  const problems = rows.map(options.problemOf).filter((problem) => problem !== null);
  return {
    length: problems.length,
    source: pinned,
    digest,
    at(index) {
      const problem = problems[index];
      if (!problem) throw new Error(`${source}: there is no problem ${index}; it has ${problems.length}.`);
      return problem;
    },
  };
}
