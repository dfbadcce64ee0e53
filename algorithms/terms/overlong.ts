/**
 * Soft overlong punishment: a reward for the length of a response (DAPO, arXiv 2503.14476 eq. 13).
 *
 * @module
 */

import type { Response } from "../algorithm.ts";
import { chosenLength } from "./batch.ts";
import { above, atLeast, orNull, type Resolved, type Specs } from "./options.ts";

/**
 * 0 up to `maxLength − cache` tokens, then linear down to −1 at `maxLength`, −1 beyond. (verl's line goes on below −1,
 * but its responses end at `maxLength`.)
 *
 * @param length tokens of the response
 * @param maxLength L_max of the paper: 20480, of which 16384 are free of charge
 * @param cache L_cache of the paper, 4096: how many tokens before `maxLength` the punishment begins
 * @throws {RangeError} if `cache` is greater than `maxLength`: even an empty response would be punished.
 */
export function softOverlong(length: number, maxLength: number, cache: number): number {
  if (cache > maxLength) {
    throw new RangeError(
      `The overlong cache is ${cache} tokens, but a response has at most ${maxLength}; use a smaller cache`,
    );
  }
  const free = maxLength - cache;
  if (length <= free) return 0;
  return length >= maxLength ? -1 : (free - length) / cache;
}

/** Options of {@linkcode overlongReward}. */
export interface OverlongOptions {
  /** Factor of the soft overlong punishment; 0: none. */
  overlongPenalty?: number;
  /** L_max of the punishment in tokens; `null`: the runner's generation budget, and no punishment where it has none. */
  overlongMaxLength?: number | null;
  /** L_cache of the punishment in tokens; `null`: a fifth of L_max. */
  overlongCache?: number | null;
}

/** Documentation and checks of {@linkcode OverlongOptions}. */
export const overlongOptions: Specs<OverlongOptions> = {
  overlongPenalty: {
    default: 1,
    description: "factor of the soft overlong punishment that is added to the reward; 0: none",
    source: "arXiv 2503.14476 eq. 13; verl penalty_factor",
    check: atLeast(0),
  },
  overlongMaxLength: {
    default: null,
    description: "length at which that punishment is −1, in tokens; null: the runner's generation budget",
    source: "arXiv 2503.14476 §4.1 (20480, the longest response)",
    check: orNull(above(0)),
  },
  overlongCache: {
    default: null,
    description: "how many tokens before that length it begins; null: a fifth of it",
    source: "arXiv 2503.14476 §4.1 (4096 of 20480)",
    check: orNull(above(0)),
  },
};

/** A punishment that is switched off has no shape, and one that begins before the first token says nothing. */
export function refuseOverlong(
  options: Resolved<OverlongOptions>,
  explicit: ReadonlySet<string>,
): string | undefined {
  const { overlongPenalty, overlongMaxLength, overlongCache } = options;
  const shape = ["overlongMaxLength", "overlongCache"].find((name) => explicit.has(name));
  if (overlongPenalty === 0 && shape) {
    return `option "${shape}" is set, but overlongPenalty is 0; leave it out or use a greater overlongPenalty`;
  }
  if (overlongMaxLength !== null && overlongCache !== null && overlongCache > overlongMaxLength) {
    return `option "overlongCache" is ${overlongCache}, more than overlongMaxLength (${overlongMaxLength}); ` +
      "use a smaller cache";
  }
  return undefined;
}

/** Reward for the length of one response, counted in tokens that the policy chose; 0 where there is no L_max. */
export function overlongReward(response: Response, options: Resolved<OverlongOptions>): number {
  const maxLength = options.overlongMaxLength ?? response.budget;
  if (options.overlongPenalty === 0 || maxLength === undefined) return 0;
  const cache = options.overlongCache ?? maxLength / 5;
  return options.overlongPenalty * softOverlong(chosenLength(response), maxLength, cache);
}
