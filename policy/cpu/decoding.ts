/**
 * Samples responses: one token per active sequence and step, over keys and values kept in place.
 *
 * Every sequence owns a row of the cache and fills it from slot 0, so what it computes does not depend on its
 * neighbours. Rows that finished are dropped, and rows that wait move in, whenever the cache is rebuilt.
 *
 * @module
 */
import { draw, type Drawing, drawingsOf, type DrawOptions, generationOf } from "../drawing.ts";
import type { GenerateRequest, Generation } from "../policy.ts";
import type { Engine } from "./engine.ts";
import { bucketed, computePrompts, forgetOldest, HIDDEN, promptKey, type PromptState } from "./prompts.ts";
import { type Feed, floats, ids } from "./session.ts";

/** Most sequences decoded together, and most numbers that their keys and values may take (1 GiB). */
const MAX_ROWS = 128, MAX_CACHE = 2 ** 28;

/** Keys and values of the active rows: per layer [rows, keyValueHeads, slots, headSize]. */
interface Cache {
  /** Which of two sets of buffers it lives in; the next one is copied into the other. */
  side: 0 | 1;
  slots: number;
  keys: Float32Array[];
  values: Float32Array[];
  mask: Float32Array;
  /** The inputs of the decoding graph that are written in place or stay until the next rebuild. */
  feeds: Record<string, Feed>;
}

/** Draws one response per request. `prompts` holds prompt states of the current weights and is added to. */
export async function decode(
  engine: Engine,
  prompts: Map<string, PromptState>,
  requests: readonly GenerateRequest[],
  options: DrawOptions,
): Promise<Generation[]> {
  const rows = drawingsOf(requests, options);
  // What one response alone continues from is not worth keeping until the next update.
  const passing = rows.filter(({ request, context }) => request.prompt !== context && !prompts.has(promptKey(context)));
  await computePrompts(engine, prompts, rows.map(({ context }) => context));
  const waiting = rows.filter((row) => !row.done), most = rowsThatFit(engine, rows);
  let active: Drawing[] = [], cache: Cache | undefined;
  while (true) {
    const alive = active.filter((row) => !row.done), joining = waiting.slice(0, most - alive.length);
    if (alive.length + joining.length === 0) break;
    const full = cache === undefined || alive.some((row) => row.length >= cache!.slots);
    if (full || (active.length - alive.length) * 8 >= active.length) {
      cache = rebuild(engine, cache, active, alive, joining, prompts);
      active = [...alive, ...joining];
      waiting.splice(0, joining.length);
    }
    const probabilities = await step(engine, cache!, active), width = engine.config.vocabularySize;
    active.forEach((row, b) => {
      if (!row.done) draw(row, probabilities.subarray(b * width, (b + 1) * width), options);
    });
  }
  for (const { context } of passing) prompts.delete(promptKey(context));
  forgetOldest(prompts, MAX_CACHE);
  return rows.map(generationOf);
}

function rowsThatFit({ config }: Engine, rows: readonly Drawing[]): number {
  const longest = rows.reduce((most, row) => Math.max(most, row.length + row.maxTokens), 0);
  const perRow = 2 * config.layers * config.keyValueHeads * config.headSize * bucketed(longest + 1);
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_CACHE / perRow)));
}

/** One decoding step: writes the new keys and values into the cache, returns the next tokens' probabilities [B, V]. */
async function step(engine: Engine, cache: Cache, active: readonly Drawing[]): Promise<Float32Array> {
  const { layers, keyValueHeads: kv, headSize } = engine.config, { slots, keys, values, mask } = cache;
  // Never a single row: ORT would switch to another matrix kernel, and the row's bits would depend on its company.
  const rows = active.length === 1 ? [active[0], active[0]] : active, B = rows.length;
  const feeds = {
    ...cache.feeds,
    tokens: ids(rows.map((row) => row.token)),
    positions: ids(rows.map((row) => row.length)),
  };
  const positions = slots + 1;
  const outputs = await engine.run("decode", feeds, { B, S: slots, positions });
  for (let layer = 0; layer < layers; layer++) {
    write(keys[layer], outputs[`k${layer}`], active, kv, slots, headSize);
    write(values[layer], outputs[`v${layer}`], active, kv, slots, headSize);
  }
  active.forEach((row, b) => {
    if (!row.done) mask[b * (1 + slots) + 1 + row.length] = 0;
  });
  return outputs.probabilities;
}

function write(
  cache: Float32Array,
  rows: Float32Array,
  active: readonly Drawing[],
  kv: number,
  slots: number,
  size: number,
) {
  for (let b = 0; b < active.length; b++) {
    if (active[b].done) continue;
    for (let h = 0; h < kv; h++) {
      const from = (b * kv + h) * size, to = ((b * kv + h) * slots + active[b].length) * size;
      for (let c = 0; c < size; c++) cache[to + c] = rows[from + c];
    }
  }
}

/** A cache for the rows that stay, copied, and those that join, whose prompts are known. */
function rebuild(
  engine: Engine,
  old: Cache | undefined,
  before: readonly Drawing[],
  staying: readonly Drawing[],
  joining: readonly Drawing[],
  prompts: Map<string, PromptState>,
): Cache {
  const { layers, keyValueHeads: kv, headSize: size } = engine.config, side = old?.side === 0 ? 1 : 0;
  const rows = [...staying, ...joining], B = Math.max(2, rows.length);
  const slots = bucketed(Math.max(...rows.map((row) => row.length)) + 1);
  const oldRow = new Map(before.map((row, b) => [row, b])), turned = new Map<Float32Array, Float32Array>();
  const promptRows = (row: Drawing, part: "keys" | "values", layer: number): Float32Array => {
    const rows = prompts.get(promptKey(row.context))![part][layer];
    if (!turned.has(rows)) turned.set(rows, byHead(rows, kv, size));
    return turned.get(rows)!;
  };
  const fill = (part: "keys" | "values") =>
    Array.from({ length: layers }, (_, layer) => {
      // What an earlier cache left in slots that are not filled is hidden by the mask and multiplied by exactly 0.
      const out = engine.buffer(`${part}${layer}/${side}`, B * kv * slots * size);
      rows.forEach((row, b) => {
        const [source, first, stride] = b < staying.length
          ? [old![part][layer], oldRow.get(row)! * kv, old!.slots]
          : [promptRows(row, part, layer), 0, row.length];
        for (let h = 0; h < kv; h++) {
          const from = (first + h) * stride * size;
          out.set(source.subarray(from, from + row.length * size), (b * kv + h) * slots * size);
        }
      });
      return out;
    });
  const keys = fill("keys"), values = fill("values"), mask = new Float32Array(B * (1 + slots)).fill(HIDDEN);
  for (let b = 0; b < B; b++) mask.fill(0, b * (1 + slots), b * (1 + slots) + 1 + (rows[b]?.length ?? 0));
  // A row that stands in for a missing one gets the temperature of the first.
  const inverse = Float32Array.from({ length: B }, (_, b) => 1 / ((rows[b] ?? rows[0]).temperature || 1));
  const shape = [B, kv, slots, size];
  const feeds = {
    mask: floats(mask, [B, 1, 1, 1 + slots]),
    inverse_temperature: floats(inverse, [B, 1]),
    ...Object.fromEntries(keys.map((rows, layer) => [`keys${layer}`, floats(rows, shape)])),
    ...Object.fromEntries(values.map((rows, layer) => [`values${layer}`, floats(rows, shape)])),
  };
  return { side, slots, keys, values, mask, feeds };
}

/** Rows [length, kv · size] as [kv, length, size]. */
function byHead(rows: Float32Array, kv: number, size: number): Float32Array {
  if (kv === 1) return rows;
  const out = new Float32Array(rows.length), length = rows.length / (kv * size);
  for (let i = 0; i < length; i++) {
    for (let h = 0; h < kv; h++) {
      out.set(rows.subarray((i * kv + h) * size, (i * kv + h + 1) * size), (h * length + i) * size);
    }
  }
  return out;
}
