/**
 * How a data set on the hub is named: `hub:OWNER/NAME[@REV][:CONFIG/SPLIT]`.
 *
 * @module
 */

import { DataError } from "../data_error.ts";

/** A data set, and which part of it. */
export interface HubName {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** A branch, a tag or a commit. Absent: the main branch. */
  readonly revision?: string;
  /** A config, or `*` for all one after another. Absent: the default one, or the only one. */
  readonly config?: string;
  /** A split. Absent: the one that is asked for. */
  readonly split?: string;
}

/**
 * Reads such a name. `:CONFIG` alone leaves the split open.
 *
 * @throws {DataError} if it is not of that form
 */
export function parseHubName(source: string): HubName {
  const match = /^hub:([\w.-]+\/[\w.-]+)(?:@([^:@\s]+))?(?::([^/:\s]+)(?:\/([^/:\s]+))?)?$/.exec(source);
  const dots = match?.[1].split("/").some((part) => /^\.+$/.test(part)) || match?.[2]?.split("/").includes("..");
  if (!match || dots) {
    throw new DataError(`${source}: a data set on the hub is named hub:OWNER/NAME[@REVISION][:CONFIG/SPLIT].`);
  }
  const [, repository, revision, config, split] = match;
  return { repository, ...revision && { revision }, ...config && { config }, ...split && { split } };
}
