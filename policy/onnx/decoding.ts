/**
 * Samples responses, one token per active sequence and step.
 *
 * Sequences that are decoded together are equally long, and so no token is padding. Those with the shortest contexts
 * start, and others join when the lengths meet: samples of one prompt always go together, and those of a list of prompts
 * most of the way. A sequence that is done keeps its row until half of them would do, or another joins.
 *
 * @module
 */
import { promptKey } from "../cpu/prompts.ts";
import { draw, type Drawing, drawingsOf, type DrawOptions, generationOf } from "../drawing.ts";
import type { GenerateRequest, Generation } from "../policy.ts";
import { type Cache, gather } from "./decoder.ts";
import type { Distribution } from "./distribution.ts";
import { contextCache } from "./feeding.ts";
import type { CacheSlot } from "./signature.ts";
import { type ProbedDecoder, SIZES } from "./together.ts";

/** Most numbers in the keys and values of sequences that are decoded together (512 MiB in float32). */
const MAX_CACHE = 2 ** 27;

/** Draws one response per request. */
export async function decode(
  decoder: ProbedDecoder,
  distribution: Distribution,
  requests: readonly GenerateRequest[],
  options: DrawOptions,
): Promise<Generation[]> {
  const drawings = drawingsOf(requests, options), { slots } = decoder.signature;
  const contexts = new Map<string, Cache>(), most = rowsThatFit(decoder, drawings);
  let waiting = drawings.filter((one) => !one.done).sort((a, b) => a.length - b.length);
  let active: Drawing[] = [], cache: Cache | undefined;
  while (true) {
    const alive = active.filter((one) => !one.done), { length } = alive[0] ?? waiting[0] ?? {};
    if (length === undefined) break;
    const joining = waiting.filter((one) => one.length === length).slice(0, most - alive.length);
    const size = sizeFor(alive.length + joining.length, most);
    if (joining.length > 0 || size < cache!.rows) {
      waiting = waiting.filter((one) => !joining.includes(one));
      const rows = alive.map((one) => ({ cache: cache!, row: active.indexOf(one) }));
      for (const one of joining) rows.push({ cache: await contextOf(decoder, contexts, one), row: 0 });
      forget(contexts, waiting);
      active = [...alive, ...joining];
      cache = gather(slots, Array.from({ length: size }, (_, row) => rows[row] ?? rows[0]));
    }
    // Rows without a sequence say what the first one does.
    const rows = Array.from({ length: cache!.rows }, (_, row) => active[row] ?? active[0]);
    const step = await decoder.run(rows.map(({ token }) => [token]), cache!);
    cache = step.cache;
    const { vocabularySize: width } = decoder.signature;
    const probabilities = await distribution.probabilities(step.logits, rows.map(({ temperature }) => temperature));
    active.forEach((one, row) => {
      if (!one.done) draw(one, probabilities.subarray(row * width, (row + 1) * width), options);
    });
  }
  return drawings.map(generationOf);
}

/** The least size for so many rows. */
function sizeFor(rows: number, most: number): number {
  return most === 1 ? 1 : SIZES.find((size) => size >= rows)!;
}

/** The largest size of which all rows fit into memory with the longest that may come. */
function rowsThatFit({ together, signature: { slots } }: ProbedDecoder, drawings: readonly Drawing[]): number {
  if (together === 1) return 1;
  const longest = drawings.reduce((most, { length, maxTokens }) => Math.max(most, length + maxTokens + 1), 0);
  const fits = (rows: number) => rows * longest * numbersPerToken(slots) <= MAX_CACHE;
  return SIZES.filter((size) => size === SIZES[0] || size <= together && fits(size)).at(-1)!;
}

function numbersPerToken(slots: readonly CacheSlot[]): number {
  return slots.reduce((sum, { heads, size }) => sum + heads * size, 0);
}

const contextKey = ({ request: { prompt, begun = [] } }: Drawing) => `${promptKey(prompt)};${promptKey(begun)}`;

/** What a sequence starts from, computed once for all that wait for it. */
async function contextOf(decoder: ProbedDecoder, known: Map<string, Cache>, drawing: Drawing): Promise<Cache> {
  const key = contextKey(drawing), { prompt, begun } = drawing.request;
  const cache = known.get(key) ?? await contextCache(decoder, prompt, begun);
  known.set(key, cache);
  return cache;
}

/** Forgets what nobody waits for. */
function forget(known: Map<string, Cache>, waiting: readonly Drawing[]): void {
  const wanted = new Set(waiting.map(contextKey));
  for (const key of known.keys()) if (!wanted.has(key)) known.delete(key);
}
