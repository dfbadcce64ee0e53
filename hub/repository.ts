/**
 * Repositories of the hub.
 *
 * @module
 */

/** A repository. */
export interface Repository {
  /** What it holds; the hub keeps each kind apart. */
  readonly kind: "dataset" | "model";
  /** `OWNER/NAME`. */
  readonly name: string;
}

/** Its kind in a sentence. */
export function nounOf({ kind }: Repository): string {
  return kind === "dataset" ? "data set" : "model";
}

/** The page that people see, below the endpoint. */
export function pageOf({ kind, name }: Repository): string {
  return kind === "dataset" ? `datasets/${name}` : name;
}
