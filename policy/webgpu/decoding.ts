/**
 * Samples responses: blocks of steps on the GPU, between which sequences that ended leave and those that wait move in.
 *
 * What a sequence computes does not depend on its neighbours, nor on where its keys and values lie; its log-probs are
 * those of scoring, bit for bit.
 *
 * @module
 */
import type { GenerateOptions, GenerateRequest, Generation } from "../policy.ts";
import type { Completes } from "../stop_texts.ts";
import { createDecoder, type Decoder, MAX_STOPS, STEPS } from "./decoder.ts";
import type { Engine } from "./engine.ts";
import { createHalves } from "./halves.ts";
import type { Matrix } from "./plan.ts";
import { createRowRanges, type RowRanges } from "./row_ranges.ts";
import { rowsTogether } from "./sizes.ts";

/** How tokens are drawn, with what ends a response. */
export interface DecodeOptions extends Omit<GenerateOptions, "stopTexts"> {
  stopTokens: readonly number[];
  /** Asked of the drawn tokens after each of them. Default: never. */
  completes?: Completes;
}

/** Samples with a decoder that is kept, and made anew when something larger comes. */
export interface Sampler {
  /** Draws one response per request. */
  decode(requests: readonly GenerateRequest[], options: DecodeOptions): Promise<Generation[]>;
  dispose(): void;
}

/** What several sequences continue, without its last token: its keys and values are computed once. */
interface Context {
  tokens: readonly number[];
  /** Sequences under way. */
  users: number;
  /** First row in the cache, while there are any. */
  first?: number;
}

/** A sequence being decoded. */
interface Sequence {
  /** Its request's place. */
  index: number;
  request: GenerateRequest;
  context: Context;
  temperature: number;
  maxTokens: number;
  /** Token to feed next. */
  token: number;
  /** First of its own rows in the cache: as many as it may draw tokens. */
  first: number;
  tokens: number[];
  logProbs: number[];
  /** Ended by a stop token or a stop text. */
  stopped: boolean;
  done: boolean;
}

/** How a sampler is made. */
export interface SamplerOptions {
  /** Decode with matrices in float16. Default false. */
  halves?: boolean;
  /** Makes a decoder that is kept whatever comes; for tests. */
  fixed?: (engine: Engine) => Decoder;
}

/** A sampler over an engine. */
export function createSampler(engine: Engine, { halves: wanted = false, fixed }: SamplerOptions = {}): Sampler {
  const halves = wanted ? createHalves(engine) : undefined;
  let decoder = fixed?.(engine);
  return {
    async decode(requests, options) {
      const sequences = sequencesOf(engine, requests, options);
      const contexts = new Set(sequences.map(({ context }) => context));
      const all = [...contexts].reduce((sum, { tokens }) => sum + tokens.length, 0) +
        sequences.reduce((sum, { maxTokens }) => sum + maxTokens, 0);
      const longest = sequences.reduce((most, s) => Math.max(most, s.context.tokens.length + s.maxTokens), 0);
      const rows = rowsTogether({ rows: all, longest }, engine.sizes);
      if (!decoder || !fixed && fewer(decoder, { rows, sequences: sequences.length }, engine)) {
        decoder?.dispose();
        const had = decoder ?? engine.room.decode ?? { rows: 1, sequences: 1 };
        decoder = createDecoder(engine, {
          rows: Math.max(rows, had.rows),
          sequences: Math.max(sequences.length, had.sequences),
        }, halves);
      }
      halves?.refresh();
      await decode(engine, decoder, sequences, options);
      return sequences.map(({ tokens, logProbs, stopped }) => ({
        tokens,
        logProbs: Float32Array.from(logProbs),
        truncated: !stopped,
      }));
    },
    dispose() {
      decoder?.dispose();
      halves?.dispose();
    },
  };
}

function fewer(has: Decoder, want: { rows: number; sequences: number }, { sizes }: Engine): boolean {
  return has.rows < Math.min(want.rows, sizes.cacheRows) ||
    has.sequences < Math.min(want.sequences, sizes.sequences);
}

function sequencesOf(
  engine: Engine,
  requests: readonly GenerateRequest[],
  { maxTokens, temperature = 1, stopTokens, likeliest = 0 }: DecodeOptions,
): Sequence[] {
  if (likeliest > 0) throw new RangeError("The GPU does not show the most likely tokens; ask for log-probs alone.");
  if (stopTokens.length > MAX_STOPS) {
    throw new RangeError(`There are ${stopTokens.length} stop tokens; give at most ${MAX_STOPS}.`);
  }
  const contexts = new Map<string, Context>(), { maxPositions } = engine.config, most = engine.sizes.cacheRows;
  return requests.map((request, index): Sequence => {
    const all = request.begun?.length ? [...request.prompt, ...request.begun] : request.prompt;
    const limit = typeof maxTokens === "number" ? maxTokens : maxTokens[index], length = all.length + limit;
    if (length > maxPositions) {
      throw new RangeError(
        `Request ${index} may reach ${length} tokens; the model was made for at most ${maxPositions}.`,
      );
    }
    if (length > most) throw new RangeError(`Request ${index} may reach ${length} tokens; the cache has ${most} rows.`);
    const tokens = all.slice(0, -1), key = tokens.join(",");
    if (!contexts.has(key)) contexts.set(key, { tokens, users: 0 });
    return {
      index,
      request,
      context: contexts.get(key)!,
      temperature: typeof temperature === "number" ? temperature : temperature[index],
      maxTokens: limit,
      token: all[all.length - 1],
      first: 0,
      tokens: [],
      logProbs: [],
      stopped: false,
      done: limit === 0,
    };
  });
}

async function decode(
  engine: Engine,
  decoder: Decoder,
  sequences: readonly Sequence[],
  { stopTokens, completes = () => false, topP = 1, onToken }: DecodeOptions,
): Promise<void> {
  const { gpu } = engine, step = decoder.step(topP < 1), ranges = createRowRanges(decoder.rows);
  gpu.upload(step.inputs.stops.buffer, Uint32Array.of(stopTokens.length, ...stopTokens));
  gpu.upload(step.inputs.nucleus.buffer, Uint32Array.of(Math.round(topP * 2 ** 24)));
  const waiting = sequences.filter(({ done }) => !done);
  let active: Sequence[] = [];
  while (active.length + waiting.length > 0) {
    const fresh: Context[] = [];
    while (waiting.length > 0 && active.length < decoder.sequences && enter(waiting[0], ranges, fresh)) {
      active.push(waiting.shift()!);
    }
    computeContexts(engine, decoder, fresh);
    const steps = Math.min(STEPS, Math.max(...active.map(({ maxTokens, tokens }) => maxTokens - tokens.length)));
    feed(engine, step.inputs, active);
    step.plan.run({ tokens: active.length }, steps);
    const [drawn, progress] = await gpu.download([
      { buffer: step.output.buffer, offset: 0, size: active.length * step.output.width * 4 },
      { buffer: step.inputs.progress.buffer, offset: 0, size: active.length * 16 },
    ]);
    const words = new Uint32Array(drawn), floats = new Float32Array(drawn), counts = new Uint32Array(progress);
    active.forEach((sequence, b) => {
      for (let n = 0; n < counts[4 * b] && !sequence.done; n++) {
        const at = 2 * (b * STEPS + n);
        sequence.token = words[at];
        sequence.tokens.push(words[at]);
        sequence.logProbs.push(floats[at + 1]);
        sequence.stopped = stopTokens.includes(words[at]) || completes(sequence.tokens);
        sequence.done = sequence.stopped || sequence.tokens.length === sequence.maxTokens;
        const draw = { token: words[at], logProb: floats[at + 1], likeliest: [] };
        if (onToken?.(sequence.index, draw) === false) sequence.done = true;
      }
      if (sequence.done) leave(sequence, ranges);
    });
    active = active.filter(({ done }) => !done);
  }
}

/** Takes rows for a sequence, and for what it continues if nobody has yet. False if there are too few. */
function enter(sequence: Sequence, ranges: RowRanges, fresh: Context[]): boolean {
  const { context, maxTokens } = sequence, own = ranges.take(maxTokens);
  if (own === undefined) return false;
  if (context.first === undefined) {
    const first = context.tokens.length === 0 ? 0 : ranges.take(context.tokens.length);
    if (first === undefined) {
      ranges.give(own);
      return false;
    }
    context.first = first;
    fresh.push(context);
  }
  context.users++;
  sequence.first = own;
  return true;
}

/** Gives the rows back; those of the context too if nobody under way continues it, so that whoever waits finds room. */
function leave({ context, first }: Sequence, ranges: RowRanges): void {
  ranges.give(first);
  if (--context.users > 0) return;
  if (context.tokens.length > 0) ranges.give(context.first!);
  context.first = undefined;
}

/** Keys and values of what begins, in runs of as many rows as fit. */
function computeContexts({ gpu }: Engine, { prompt, promptRows }: Decoder, contexts: readonly Context[]): void {
  const rows = contexts.flatMap(({ tokens, first }) => tokens.map((token, i) => ({ token, i, first: first! })));
  for (let start = 0; start < rows.length; start += promptRows) {
    const run = rows.slice(start, start + promptRows);
    upload(gpu, prompt.inputs.tokens, run.map(({ token }) => token));
    upload(gpu, prompt.inputs.positions, run.map(({ i }) => i));
    upload(gpu, prompt.inputs.slots, run.map(({ i, first }) => first + i));
    upload(gpu, prompt.inputs.spans, run.flatMap(({ i, first }) => [0, 0, first, i + 1]));
    prompt.plan.run({ tokens: run.length });
  }
}

/** The inputs of a block's first step. */
function feed({ gpu }: Engine, inputs: ReturnType<Decoder["step"]>["inputs"], active: readonly Sequence[]): void {
  const each = (of: (sequence: Sequence) => number | readonly number[]) => active.flatMap(of);
  const begun = ({ request, tokens }: Sequence) => (request.begun?.length ?? 0) + tokens.length;
  upload(gpu, inputs.tokens, each(({ token }) => token));
  upload(gpu, inputs.positions, each(({ context, tokens }) => context.tokens.length + tokens.length));
  upload(gpu, inputs.slots, each(({ first, tokens }) => first + tokens.length));
  upload(
    gpu,
    inputs.spans,
    each(({ context, first, tokens }) => [context.first!, context.tokens.length, first, tokens.length + 1]),
  );
  gpu.upload(inputs.inverse.buffer, Float32Array.from(active, ({ temperature }) => 1 / (temperature || 1)));
  upload(gpu, inputs.keys, each(({ request }) => request.key));
  upload(gpu, inputs.indices, each(begun));
  upload(gpu, inputs.greedy, each(({ temperature }) => temperature === 0 ? 1 : 0));
  upload(gpu, inputs.progress, each(({ maxTokens, tokens }) => [0, maxTokens - tokens.length, 0, 0]));
}

function upload(gpu: Engine["gpu"], { buffer }: Matrix, numbers: readonly number[]): void {
  gpu.upload(buffer, Uint32Array.from(numbers));
}
