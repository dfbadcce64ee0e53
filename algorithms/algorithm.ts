/**
 * The common interface of every algorithm that changes weights.
 *
 * Published algorithms differ in one or two of four layers and share the rest:
 *
 * 1. **selection**: which groups and responses are learned from;
 * 2. **credit**: rewards to an advantage per token;
 * 3. **surrogate**: a loss per token from log-probs and advantages;
 * 4. **aggregation**: the weight of a token in the batch.
 *
 * {@linkcode Algorithm.select} is layer 1, {@linkcode Algorithm.credit} layer 2 (over the whole rollout batch),
 * {@linkcode Algorithm.loss} layers 3 and 4 (over one minibatch of whole groups). An algorithm sees numbers only: no
 * tensor, no model, no clock, no randomness. It returns the loss *and* d loss / d log-prob of every token; the policy
 * turns that derivative into weight gradients.
 *
 * @module
 */

/** Numbers of one response, one entry per response token. Float64 so that golden vectors are met to 1e-9. */
export type Row = Float64Array;

/** One sampled response, with everything an algorithm may ask for. Rows have one entry per response token. */
export interface Response {
  /** Identity of the prompt. Responses with the same number form a group, wherever they stand in the batch. */
  group: number;
  /** Token ids of the response. */
  tokens: ArrayLike<number>;
  /** 1 where the policy chose the token, 0 where the environment wrote it (tool output). Absent: all 1. */
  mask?: ArrayLike<number>;
  /** Reward channels by name; `null` where a channel gave no reward for this response. */
  rewards: Readonly<Record<string, number | null>>;
  /** True if the response was cut at the maximum length. */
  truncated: boolean;
  /** Natural log-prob of each token under the policy being trained. */
  logProbs: Row;
  /** The same under the policy that the update is measured against (scored before the first update). */
  oldLogProbs: Row;
  /** The same under the frozen reference policy, where the algorithm asks for one. */
  referenceLogProbs?: Row;
  /** Value of the critic being trained before each token, where the algorithm asks for one. */
  values?: Row;
  /** The same as scored before the first update, beside {@linkcode Response.oldLogProbs}. */
  oldValues?: Row;
  /** 1 on planning tokens, where the algorithm asks for them. */
  planning?: ArrayLike<number>;
  /** Process rewards: index of the last token of each step and its reward. */
  steps?: readonly { end: number; reward: number }[];
  /** Reward channels of the greedy response to the same prompt, where the algorithm asks for one. */
  greedyRewards?: Readonly<Record<string, number | null>>;
  /** Most tokens the runner lets a response have (the generation budget), where the runner says it. */
  budget?: number;
}

/** What {@linkcode Algorithm.credit} adds to a response. */
export interface Credited extends Response {
  /** Advantage per token; the same value on all tokens for outcome rewards. */
  advantages: Row;
  /** Target of the critic per token, where {@linkcode Credit.returns} gave one. */
  returns?: Row;
}

/** What an algorithm asks of the runner beyond prompts, rollouts and rewards. */
export interface Needs {
  /** Fewest responses per prompt that make sense (2 for group baselines). */
  groupSize: number;
  /** {@linkcode Response.referenceLogProbs}: log-probs of a frozen reference policy. */
  reference?: boolean;
  /** Refresh the reference policy from the trained one every so many training steps. Absent: never. */
  refreshReferenceEvery?: number;
  /** A critic with an optimizer of its own: {@linkcode Response.values} and {@linkcode Response.oldValues}. */
  critic?: {
    /** Learning rate of the critic as a multiple of the policy's. */
    readonly learningRateFactor: number;
  };
  /** {@linkcode Response.planning}: the task's strategic grams, marked in each response. */
  planning?: boolean;
  /** {@linkcode Response.steps}: the task's process rewards. */
  steps?: boolean;
  /** Reward channels that must be present, beyond the single total reward. */
  channels?: readonly string[];
  /** {@linkcode Response.greedyRewards}: one greedy rollout per prompt. */
  greedy?: boolean;
  /** Fewest minibatches per rollout batch with which the loss means what its paper says. Absent: 1. */
  minibatches?: number;
  /** Replace groups that {@linkcode Algorithm.select} drops, sampling further prompts at most so many times. */
  refill?: { readonly rounds: number };
}

/** Result of {@linkcode Algorithm.credit}. */
export interface Credit<State = unknown> {
  /** One row per response, in the order given. */
  advantages: Row[];
  /** Target of the critic, one row per response, where there is a critic. */
  returns?: Row[];
  /** What the algorithm keeps between steps; plain JSON, so that a run can resume. */
  state?: State;
  /** Named numbers for the record: at least `groupsWithoutSignal` (share) and `advantageStd`. */
  metrics: Record<string, number>;
  /** Intermediate quantities (for example `rewards`: the shaped total per response), for golden vectors. */
  trace?: Record<string, Row[] | Row>;
}

/** Result of {@linkcode Algorithm.loss}. */
export interface Loss {
  /** The loss to minimise. */
  loss: number;
  /** d loss / d log-prob, one row per response; 0 where the mask is 0. */
  gradient: Row[];
  /** d loss / d value of every token, where there is a critic. {@linkcode Loss.loss} then includes the value loss. */
  valueGradient?: Row[];
  /** Named numbers for the record: at least `clipFraction`, `ratioMean`, `ratioMax`; `kl` where there is a reference. */
  metrics: Record<string, number>;
  /** Intermediate quantities per token or per response, for inspection and golden vectors. */
  trace: Record<string, Row[] | Row>;
}

/**
 * A configured algorithm: what a runner needs, and nothing else.
 *
 * Its functions are pure: what they return depends on their arguments alone. A runner may call them more than once for
 * a step and use one of the results.
 */
export interface Algorithm<State = unknown> {
  /** Registry name, `snake_case` (for example `dr_grpo`). */
  readonly name: string;
  /** Every option after defaults and presets; part of a cell's identity. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the runner must provide with these options. */
  readonly needs: Needs;
  /**
   * Layer 1: for each response whether it is learned from. Absent: all are. A dropped response still counts in the
   * statistics of {@linkcode Algorithm.credit}, which runs on the whole batch. With {@linkcode Needs.refill} it is
   * asked before scoring and credit, and groups it drops are replaced.
   */
  select?(batch: readonly Response[], state?: State): boolean[];
  /** Layer 2, on the whole rollout batch (old log-probs present, current log-probs equal to them). */
  credit(batch: readonly Response[], state?: State): Credit<State>;
  /** Layers 3 and 4, on one minibatch of whole groups, with the state that {@linkcode Algorithm.credit} returned. */
  loss(batch: readonly Credited[], state?: State): Loss;
}

/** What the registry, the README index and `podium algorithms` show of an algorithm. */
export interface Description {
  /** Registry name. */
  readonly name: string;
  /** Name for people, spelled out. */
  readonly title: string;
  /** arXiv id, or a full reference where there is none, and the year. */
  readonly paper: { readonly source: string; readonly year: number };
  /** Kind of learning signal, for listings (for example `policy gradient`, `actor-critic`, `preference`). */
  readonly family: string;
  /** One or two sentences: what it changes against GRPO, and why. */
  readonly summary: string;
  /** Option name to its default, unit or range, and where the default comes from. */
  readonly options: Readonly<
    Record<string, { readonly default: unknown; readonly description: string; readonly source: string }>
  >;
  /** Named option sets, for example `paper`, `trl`, `verl`. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** An algorithm as a plug-in: its description and the function that configures it. The same shape for every file. */
// deno-lint-ignore no-explicit-any
export interface AlgorithmModule<Options = any> {
  /** What it is and which options it has. */
  readonly description: Description;
  /**
   * Checks the options and returns the algorithm.
   *
   * @throws {RangeError | TypeError} one sentence that names the option, the bad value and what to use instead.
   */
  // deno-lint-ignore no-explicit-any
  readonly create: (options?: Options) => Algorithm<any>;
}
