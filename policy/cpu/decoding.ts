/**
 * Samples responses: one token per active sequence and step, over keys and values kept in place.
 *
 * Every sequence owns a row of the cache and fills it from slot 0, so what it computes does not depend on its
 * neighbours. Rows that finished are dropped, and rows that wait move in, whenever the cache is rebuilt.
 *
 * @module
 */
import type { GenerateOptions, GenerateRequest, Generation } from "../policy.ts";
import { nucleus, type SamplingMode } from "../ops/sample.ts";
import { uniform } from "../random.ts";
import type { Engine } from "./engine.ts";
import { bucketed, computePrompts, HIDDEN, promptKey, type PromptState } from "./prompts.ts";
import { floats, ids } from "./session.ts";

/** Most sequences decoded together. */
const MAX_ROWS = 128;

/** A sequence being decoded. */
interface Row {
  index: number;
  request: GenerateRequest;
  temperature: number;
  /** Token to feed next, and the number of cache slots already filled (its position). */
  token: number;
  length: number;
  tokens: number[];
  logProbs: number[];
  done: boolean;
}

/** Keys and values of the active rows: per layer [rows, keyValueHeads, slots, headSize]. */
interface Cache {
  slots: number;
  keys: Float32Array[];
  values: Float32Array[];
  mask: Float32Array;
}

/** Draws one response per request. `prompts` holds prompt states of the current weights and is added to. */
export async function decode(
  engine: Engine,
  prompts: Map<string, PromptState>,
  requests: readonly GenerateRequest[],
  options: GenerateOptions & { stopTokens: readonly number[] },
): Promise<Generation[]> {
  const results: Generation[] = new Array(requests.length);
  const topP = options.topP ?? 1;
  const rows = requests.map((request, index): Row => {
    const temperature = typeof options.temperature === "object" ? options.temperature[index] : options.temperature ?? 1;
    return {
      index,
      request,
      temperature,
      token: request.prompt[request.prompt.length - 1],
      length: request.prompt.length - 1,
      tokens: [],
      logProbs: [],
      done: false,
    };
  });
  for (const [mode, members] of byMode(rows, topP)) {
    await decodeRows(engine, prompts, members, mode, { ...options, topP }, (row) => {
      results[row.index] = {
        tokens: row.tokens,
        logProbs: Float32Array.from(row.logProbs),
        truncated: !options.stopTokens.includes(row.tokens[row.tokens.length - 1]),
      };
    });
  }
  return results;
}

function byMode(rows: Row[], topP: number): [SamplingMode, Row[]][] {
  const greedy = rows.filter((row) => row.temperature === 0), drawn = rows.filter((row) => row.temperature !== 0);
  const modes: [SamplingMode, Row[]][] = [["greedy", greedy], [topP < 1 ? "nucleus" : "sample", drawn]];
  return modes.filter(([, members]) => members.length > 0);
}

async function decodeRows(
  engine: Engine,
  prompts: Map<string, PromptState>,
  rows: Row[],
  mode: SamplingMode,
  { maxTokens, stopTokens, topP }: { maxTokens: number; stopTokens: readonly number[]; topP: number },
  finish: (row: Row) => void,
): Promise<void> {
  await computePrompts(engine, prompts, rows.map((row) => row.request.prompt));
  let active: Row[] = [], waiting = 0, cache: Cache | undefined;
  while (true) {
    const alive = active.filter((row) => !row.done);
    const room = Math.min(MAX_ROWS - alive.length, rows.length - waiting);
    if (alive.length === 0 && room === 0) return;
    const full = cache !== undefined && alive.some((row) => row.length >= cache!.slots);
    if (!cache || full || (active.length - alive.length) * 8 >= active.length) {
      const joining = rows.slice(waiting, waiting += room);
      cache = rebuild(engine, cache, active, alive, joining, prompts);
      active = [...alive, ...joining];
    }
    const drawn = await step(engine, cache, active, mode, topP);
    active.forEach((row, b) => {
      if (row.done) return;
      row.tokens.push(drawn.tokens[b]);
      row.logProbs.push(drawn.logProbs[b]);
      row.token = drawn.tokens[b];
      row.length++;
      row.done = stopTokens.includes(row.token) || row.tokens.length === maxTokens;
      if (row.done) finish(row);
    });
  }
}

/** One decoding step of all rows; writes the new keys and values into the cache. */
async function step(engine: Engine, cache: Cache, active: readonly Row[], mode: SamplingMode, topP: number) {
  const { layers, keyValueHeads: kv, headSize } = engine.config, { slots, keys, values, mask } = cache;
  // Never a single row: ORT would switch to another matrix kernel, and the row's bits would depend on its company.
  const B = Math.max(2, active.length), at = (b: number) => active[b] ?? active[0];
  const noise = Float32Array.from({ length: B }, (_, b) => uniform(at(b).request.key, at(b).tokens.length));
  const inverse = Float32Array.from({ length: B }, (_, b) => 1 / at(b).temperature);
  const feeds = {
    tokens: ids(Array.from({ length: B }, (_, b) => at(b).token)),
    positions: ids(Array.from({ length: B }, (_, b) => at(b).length)),
    mask: floats(mask, [B, 1, 1, 1 + slots]),
    ...(mode === "greedy" ? {} : { inverse_temperature: floats(inverse, [B, 1]) }),
    ...(mode === "sample" ? { uniform: floats(noise, [B, 1]) } : {}),
    ...Object.fromEntries(keys.flatMap((rows, layer) => [
      [`keys${layer}`, floats(rows, [B, kv, slots, headSize])],
      [`values${layer}`, floats(values[layer], [B, kv, slots, headSize])],
    ])),
  };
  const positions = Math.max(...active.map((row) => row.length)) + 1;
  const outputs = await engine.run(`decode_${mode}`, feeds, { B, S: slots, positions });
  for (let layer = 0; layer < layers; layer++) {
    write(keys[layer], outputs[`k${layer}`], active, kv, slots, headSize);
    write(values[layer], outputs[`v${layer}`], active, kv, slots, headSize);
  }
  active.forEach((row, b) => {
    if (!row.done) mask[b * (1 + slots) + 1 + row.length] = 0;
  });
  if (mode !== "nucleus") return { tokens: Array.from(outputs.next), logProbs: outputs.log_prob };
  const width = engine.config.vocabularySize;
  const log = active.map((_, b) => outputs.log_probs.subarray(b * width, (b + 1) * width));
  const tokens = log.map((row, b) => nucleus(row, topP, noise[b]));
  return { tokens, logProbs: tokens.map((token, b) => log[b][token]) };
}

function write(
  cache: Float32Array,
  rows: Float32Array,
  active: readonly Row[],
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
  before: readonly Row[],
  staying: readonly Row[],
  joining: readonly Row[],
  prompts: Map<string, PromptState>,
): Cache {
  const { layers, keyValueHeads: kv, headSize: size } = engine.config, rows = [...staying, ...joining];
  const slots = bucketed(Math.max(...rows.map((row) => row.length)) + 1), B = Math.max(2, rows.length);
  const oldRow = new Map(before.map((row, b) => [row, b]));
  const fill = (source: Float32Array[] | undefined, part: "keys" | "values") =>
    Array.from({ length: layers }, (_, layer) => {
      const out = new Float32Array(B * kv * slots * size);
      rows.forEach((row, b) => {
        const prompt = b < staying.length ? undefined : prompts.get(promptKey(row.request.prompt))![part][layer];
        for (let h = 0; h < kv; h++) {
          const to = (b * kv + h) * slots * size;
          if (prompt) {
            for (let i = 0; i < row.length; i++) {
              const from = (i * kv + h) * size;
              out.set(prompt.subarray(from, from + size), to + i * size);
            }
          } else {
            const from = (oldRow.get(row)! * kv + h) * old!.slots * size;
            out.set(source![layer].subarray(from, from + row.length * size), to);
          }
        }
      });
      return out;
    });
  const mask = new Float32Array(B * (1 + slots)).fill(HIDDEN);
  for (let b = 0; b < B; b++) mask.fill(0, b * (1 + slots), b * (1 + slots) + 1 + (rows[b]?.length ?? 0));
  return { slots, keys: fill(old?.keys, "keys"), values: fill(old?.values, "values"), mask };
}
