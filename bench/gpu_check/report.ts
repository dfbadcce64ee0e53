/**
 * What `podium gpu-check` finds: the file that `--out` names, under `bench/results/` once it is committed.
 *
 * @module
 */
import type { Machine } from "./machine.ts";
import type { KernelTime } from "./profile.ts";

/** One comparison. */
export interface Check {
  name: string;
  /** What was found: an error, or a number of differences. NaN is written as null. */
  found: number;
  /** Most that passes. */
  limit: number;
  passed: boolean;
}

/** One product of matrices, [m, k] · [k, n] in one of its three forms, in one geometry or by one peer. */
export interface ProductFigure {
  what: string;
  m: number;
  n: number;
  k: number;
  /** `nt`: x · Wᵀ, `nn`: dy · W, `tn`: dyᵀ · x. */
  form: "nt" | "nn" | "tn";
  /** `podium`, or PyTorch's number format. */
  by: string;
  /** Podium's geometry, and whether that is the one it takes for such a product. */
  geometry?: string;
  taken?: boolean;
  /** Seconds of one product, per repeat. */
  seconds: number[];
  /** 10^12 floating-point operations per second, by the median. */
  teraflops: number;
  /** Share of the card's float32 peak without tensor cores, where that is known. */
  peakShare: number | null;
}

/** One piece of training work. */
export interface WorkFigure {
  model: string;
  /** Null where only the peer had time for it. */
  parameters: number | null;
  what: "rollout" | "update" | "step";
  /** `podium`, or PyTorch's number format and way. */
  by: string;
  /** Seconds per repeat. */
  seconds: number[];
  /** By the median: tokens sampled for a rollout, all tokens of the sequences for the others. */
  tokensPerSecond: number;
  /** Memory of the card in use afterwards, in MiB; null where unknown. */
  memory: number | null;
}

/** A part of training a model of a real checkpoint's size. */
export interface PhaseFigure {
  /** `weights`: to draw them and bring them to the device; `gradient`: forward and backward; `optimizer`: clipping and AdamW. */
  phase: "weights" | "rollout" | "scoring" | "gradient" | "optimizer" | "digest" | "save";
  /** `podium`, or PyTorch's number format and way. */
  by: string;
  /** Which run, and the number of the step, both from 1; 0 for what is not part of a step. */
  run: number;
  step: number;
  seconds: number;
  /** Tokens: sampled ones of a rollout, all of the sequences' in scoring and gradient; null for the rest. */
  tokens: number | null;
  /** Most bytes of buffers at once, or what PyTorch had allocated; null where unknown. */
  bytes: number | null;
  /** Memory of the card in use afterwards by `nvidia-smi`, in MiB; null without it. */
  card: number | null;
}

/** GRPO steps of a model of a real checkpoint's size, twice from the same start. */
export interface TrainingFigure {
  model: string;
  parameters: number;
  /** Where the prompts come from, how many there are per step, and responses to each. */
  problems: string;
  prompts: number;
  group: number;
  /** Tokens of the prompts of the first step, on average, and of every response. */
  prompt: number;
  response: number;
  phases: PhaseFigure[];
  /** Seconds of each whole step of the second run, what is timed besides left out. */
  steps: number[];
  /** Bytes of buffers: as planned before the start, and the most there were at once in training. */
  planned: number | null;
  measured: number;
  /** Whether values within a layer were computed twice, to fit. */
  recompute: boolean;
  /** Digests of weights and moments after the same step of the two runs. */
  digests: string[];
}

/** What one kernel takes of a block of sampling (16 tokens per sequence, with the prompts) or of an update. */
export interface KernelFigure extends KernelTime {
  model: string;
  what: "rollout" | "update";
}

/** The whole. */
export interface Report {
  command: string;
  /** False in a file that was written before the end. */
  complete: boolean;
  machine: Machine;
  checks: Check[];
  products: ProductFigure[];
  training: TrainingFigure;
  work: WorkFigure[];
  /** Empty where the adapter has no time stamps. */
  kernels: KernelFigure[];
  /** Versions of the Python peer; null where there is none, with the reason in `peerMissing`. */
  peer: Record<string, string> | null;
  peerMissing: string | null;
  /** What there was no time for, and why. */
  leftOut: string[];
}

/** A comparison that passes up to a limit. */
export function atMost(name: string, found: number, limit: number): Check {
  return { name, found, limit, passed: found <= limit };
}
