/**
 * The memory that policies take on a GPU, known from their configuration alone: the code that will take it is run on a
 * device that only counts (`counting.ts`), so that the plan can't differ from what happens.
 *
 * Planned are the buffers. A driver takes some memory beside them, for kernels and for uploads on their way, of which
 * WebGPU tells nothing.
 *
 * @module
 */
import { loraOf, type LoraOptions } from "../adapters.ts";
import { criticConfig, type ModelConfig, parameterCount } from "../model/config.ts";
import { createCountingGpu } from "./counting.ts";
import { createDecoder } from "./decoder.ts";
import type { Gpu } from "./device.ts";
import { createEngine, type EngineOptions } from "./engine.ts";
import { createHalves } from "./halves.ts";
import { createOptimizer } from "./optimizer.ts";
import { KINDS } from "./parameters.ts";
import { roundUp } from "./plan.ts";
import { largestSizes, type Room, rowsTogether, type RunSizes } from "./sizes.ts";
import { backward, forward } from "./training.ts";

/** Tokens of some samples: all of them, each prompt once but for its last token, and those of the responses. */
export interface Rows {
  tokens: number;
  scored: number;
}

/** The most that is asked of a policy at once. */
export interface Work {
  /** The longest prompt and response together. */
  longest: Rows;
  /** By one call of `generate`: responses, and the tokens that they and their prompts may come to. */
  drawn: { sequences: number; rows: number };
  /** Whether some are drawn from a nucleus, and some not. */
  nucleus: { with: boolean; without: boolean };
  /** By one call of `logProbs`. */
  scored: Rows;
  /** By one call of `accumulate`. */
  trained: Rows;
}

/** What is on the GPU, and how. */
export interface MemoryOptions {
  /** What is asked of it. */
  work: Work;
  /** See `OpenOptions` for these. */
  recompute?: boolean;
  lora?: LoraOptions;
  rolloutWeights?: "f32" | "f16";
  sizes?: Partial<RunSizes>;
  /** Whether a critic is trained beside the policy. Default false. */
  critic?: boolean;
  /** Policies beside it that are only scored: a reference, the policy before training. Default 0. */
  frozen?: number;
}

/** Bytes by what they are for. */
export interface MemoryParts {
  /** Weights, with those of adapters. */
  weights: number;
  /** Their gradient, of what is trained. */
  gradient: number;
  /** AdamW's moments, of what is trained. */
  moments: number;
  /** Activations of a run of training, and what the optimizer needs beside the moments. */
  training: number;
  /** Activations of a run of scoring. */
  scoring: number;
  /** The cache of rollouts. */
  keysAndValues: number;
  /** Activations, logits and weights of tokens while responses are drawn. */
  sampling: number;
  /** Matrices in float16. */
  rolloutWeights: number;
  /** Cosine and sine of every position. */
  tables: number;
  /** What is copied to the host. */
  copies: number;
}

/** The parts in the order of a plan. */
export const MEMORY_PARTS = [
  "weights",
  "gradient",
  "moments",
  "training",
  "scoring",
  "keysAndValues",
  "sampling",
  "rolloutWeights",
  "tables",
  "copies",
] as const satisfies readonly (keyof MemoryParts)[];

/** A memory plan. */
export interface MemoryPlan {
  /** Bytes of all buffers. */
  total: number;
  /** The largest buffer. */
  largest: number;
  /** Bytes of each network: `policy`, `critic`, `frozen 1` …; `shared` is what they share. */
  networks: Record<string, MemoryParts>;
  /** The most that is computed at once. */
  sizes: RunSizes;
  /** What is made room for from the start. */
  room: Room;
}

/** The work of steps of `prompts` × `group` responses, all as long as they may be, `trained` prompts in each update. */
export function workOf(
  { prompts, group, promptTokens, responseTokens, trained = prompts, requests = 256, nucleus = false, apart = false }: {
    prompts: number;
    group: number;
    promptTokens: number;
    responseTokens: number;
    trained?: number;
    /** Responses that one call of `generate` draws at most. */
    requests?: number;
    nucleus?: boolean;
    /** Whether responses to one prompt share none of its rows in the cache, because each goes on from its own turns. */
    apart?: boolean;
  },
): Work {
  const rowsOf = (count: number): Rows => {
    const scored = count * group * responseTokens;
    return { tokens: count * (promptTokens - 1) + scored, scored };
  };
  const sequences = Math.min(requests, prompts * group), contexts = apart ? sequences : Math.ceil(sequences / group);
  return {
    longest: { tokens: promptTokens - 1 + responseTokens, scored: responseTokens },
    drawn: { sequences, rows: contexts * (promptTokens - 1) + sequences * responseTokens },
    nucleus: { with: nucleus, without: !nucleus },
    scored: rowsOf(prompts),
    trained: rowsOf(trained),
  };
}

/** What several works need together. */
export function bothWorks(a: Work, b: Work): Work {
  const most = (a: Rows, b: Rows) => ({
    tokens: Math.max(a.tokens, b.tokens),
    scored: Math.max(a.scored, b.scored),
  });
  return {
    longest: most(a.longest, b.longest),
    drawn: {
      sequences: Math.max(a.drawn.sequences, b.drawn.sequences),
      rows: Math.max(a.drawn.rows, b.drawn.rows),
    },
    nucleus: { with: a.nucleus.with || b.nucleus.with, without: a.nucleus.without || b.nucleus.without },
    scored: most(a.scored, b.scored),
    trained: most(a.trained, b.trained),
  };
}

/** What to make room for: the work, within the sizes. */
function roomFor({ longest, drawn, scored, trained }: Work, sizes: RunSizes): Room {
  const counts = ({ tokens, scored }: Rows) => {
    const rows = Math.min(roundUp(tokens), sizes.tokens);
    return { tokens: rows, scored: Math.min(roundUp(scored), sizes.scored), distinct: rows };
  };
  return {
    train: counts(trained),
    score: counts(scored),
    decode: {
      sequences: drawn.sequences,
      rows: rowsTogether({ rows: drawn.rows, longest: longest.tokens }, sizes),
    },
  };
}

/** Plans the memory of a policy, and of what stands beside it. Nothing is allocated. */
export async function planMemory(config: ModelConfig, options: MemoryOptions): Promise<MemoryPlan> {
  const { work, recompute, lora, rolloutWeights, critic = false, frozen = 0 } = options;
  const sizes = { ...largestSizes(config), ...options.sizes }, room = roomFor(work, sizes);
  const gpu = createCountingGpu(), how: EngineOptions = { recompute, sizes, room };
  const networks: Record<string, MemoryParts> = {};
  await gpu.download([]); // so that the buffer for copies, which all share, is there before anything is counted
  const adapted = lora ? { ...config, lora: loraOf(lora) } : config;
  networks.policy = await network(gpu, adapted, how, {
    work,
    trained: true,
    draws: true,
    halves: rolloutWeights === "f16",
  });
  if (critic) networks.critic = await network(gpu, criticConfig(config), how, { work, trained: true });
  for (let n = 1; n <= frozen; n++) {
    networks[`frozen ${n}`] = await network(gpu, config, { ...how, frozen: true }, { work });
  }
  const { peak: total, largest } = gpu.memory, known = Object.values(networks).map(sumOf);
  networks.shared = { ...nothing(), copies: total - known.reduce((sum, bytes) => sum + bytes, 0) };
  return { total, largest, networks, sizes, room };
}

/** Bytes of all parts. */
export function sumOf(parts: MemoryParts): number {
  return MEMORY_PARTS.map((part) => parts[part]).reduce((sum, bytes) => sum + bytes, 0);
}

function nothing(): MemoryParts {
  return Object.fromEntries(MEMORY_PARTS.map((part) => [part, 0])) as Record<keyof MemoryParts, number>;
}

/** Does once what a network will do, and counts. */
async function network(
  gpu: Gpu,
  config: ModelConfig,
  options: EngineOptions,
  { work, trained = false, draws = false, halves: rounded = false }: {
    work: Work;
    trained?: boolean;
    draws?: boolean;
    halves?: boolean;
  },
): Promise<MemoryParts> {
  const parts = nothing(), sample = { prompt: [0], response: [0] };
  let before = gpu.memory.live;
  const count = (part: keyof MemoryParts) => {
    parts[part] += gpu.memory.live - before;
    before = gpu.memory.live;
  };
  const weights = { length: parameterCount(config), pieces: () => [] };
  const engine = createEngine(gpu, config, weights, options), { parameters } = engine;
  count("tables");
  for (const kind of KINDS) {
    const bytes = parameters.bytes(kind), part = kind === "m" || kind === "v" ? "moments" : kind;
    parts[part] += bytes;
    parts.tables -= bytes;
  }
  const halves = rounded ? createHalves(engine) : undefined;
  halves?.refresh();
  count("rolloutWeights");
  if (draws) {
    const decoder = createDecoder(engine, engine.room.decode!, halves);
    before += decoder.cacheBytes;
    parts.keysAndValues = decoder.cacheBytes;
    decoder.prompt.plan.run({});
    for (const nucleus of [true, false]) {
      if (work.nucleus[nucleus ? "with" : "without"]) decoder.step(nucleus).plan.run({});
    }
    count("sampling");
  }
  await forward(engine, [sample]);
  count("scoring");
  if (trained) {
    await backward(engine, [sample], [[1]]);
    count("training");
    await createOptimizer(engine).step({ learningRate: 0 });
    count("training");
  }
  // Results of all runs of a call are copied out together, weights for their digest some at a time.
  const columns = config.valueHead ? 1 : 2, results = 4 * columns * work.scored.scored;
  engine.results(results);
  count("copies");
  await gpu.download([{ buffer: engine.results(results), offset: 0, size: results }]);
  for await (const _ of parameters.inOrder("weights"));
  return parts;
}
