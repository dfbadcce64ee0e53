/**
 * Work with the cache, which may be out of reach, or full.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { HubError } from "./error.ts";
import { reasonOf } from "./reason.ts";
import type { Repository } from "./repository.ts";

/**
 * Does what reads and writes the cache.
 *
 * @throws {HubError} a sentence in place of what the system says
 */
export async function withCache<T>({ name }: Repository, { cache }: Connection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HubError || !isSystem(error)) throw error;
    throw new HubError(
      `hub:${name}: the cache in ${cache} can't be used (${reasonOf(error)}); ` +
        "set HF_HUB_CACHE to a directory that can be written.",
      { cause: error },
    );
  }
}

/** Whether the system refused: some of its reasons, such as a full disk, have a code and no class. */
function isSystem(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind) ||
    typeof (error as { code?: unknown }).code === "string";
}
