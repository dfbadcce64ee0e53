/**
 * Shape of a decoder: what Podium reads from, and writes to, a Hugging Face `config.json` of the Qwen2, Qwen3 and Llama
 * families (SmolLM2 is a Llama), and the order in which the engine keeps the weights.
 *
 * Whatever the engine does not compute is refused here, when the file is read: a model that loads is a model whose
 * log-probs are right.
 *
 * @module
 */
import { adapterShapes, type Lora } from "./lora.ts";

/** Model families: Qwen2 has a bias on queries, keys and values, Qwen3 normalises the heads of queries and keys. */
export type ModelFamily = "qwen2" | "qwen3" | "llama";

/**
 * How Llama 3.1 and later stretch the rotary embedding to contexts longer than those they were first trained on: waves
 * that fit into the old context `lowFrequencyFactor` times or less are slowed by `factor`, those that fit
 * `highFrequencyFactor` times or more are kept, and between them it fades (transformers, `rope_type: "llama3"`).
 */
export interface RopeScaling {
  /** How much slower long waves turn. */
  factor: number;
  /** Periods within the old context up to which a wave is long. */
  lowFrequencyFactor: number;
  /** Periods within the old context from which a wave is short. */
  highFrequencyFactor: number;
  /** The old context, in tokens. */
  originalMaxPositions: number;
}

/** Shape of a decoder-only transformer (RMSNorm, RoPE, grouped-query attention, SwiGLU). */
export interface ModelConfig {
  /** Which model class of transformers it is. */
  family: ModelFamily;
  /** Rows of the embedding matrix; token ids lie below it. */
  vocabularySize: number;
  /** Width of the residual stream. */
  hiddenSize: number;
  /** Number of decoder layers. */
  layers: number;
  /** Number of query heads. */
  heads: number;
  /** Number of key and value heads; divides `heads`. */
  keyValueHeads: number;
  /** Width of one head; even. `heads * headSize` may differ from `hiddenSize`. */
  headSize: number;
  /** Width of the gated feed-forward layer. */
  intermediateSize: number;
  /** Base of the rotary position embedding's wavelengths. */
  ropeTheta: number;
  /** How the wavelengths are stretched; absent: not at all. */
  ropeScaling?: RopeScaling;
  /** Added to the mean square in RMSNorm. */
  normEpsilon: number;
  /** True if the query, key and value projections have a bias (Qwen2). */
  qkvBias: boolean;
  /** True if each head of queries and keys is normalised before it is rotated (Qwen3). */
  headNorm?: true;
  /** True if the output matrix is the embedding matrix. */
  tiedEmbeddings: boolean;
  /** Longest sequence the model was made for, in tokens. */
  maxPositions: number;
  /** True if the model is a critic: a head of one number, `value_head.weight`, stands in place of the vocabulary. */
  valueHead?: true;
  /** Adapters, which are then all that is trained. Never in `config.json`, nor in the weights beside it. */
  lora?: Lora;
}

/** A weight tensor's place in the flat buffer, in elements. */
export interface ParameterSlot {
  /** Name in the Hugging Face checkpoint. */
  name: string;
  /** Sizes of its dimensions, outermost first. */
  shape: readonly number[];
  /** Index of its first element. */
  offset: number;
  /** Number of elements. */
  length: number;
}

/** What `config.json` may leave out, as transformers fills it in. */
const DEFAULTS = { rms_norm_eps: 1e-6, rope_theta: 10000, hidden_act: "silu" };
const DEFAULT_POSITIONS = { qwen2: 32768, qwen3: 32768, llama: 2048 };

/**
 * Reads a parsed `config.json`, as transformers 4 (`rope_theta`, `torch_dtype`) or 5 (`rope_parameters`, `dtype`)
 * writes it.
 *
 * @param json The parsed file.
 * @param source How error messages call it.
 * @throws {Error} One sentence, if a field is missing or wrong, or the model has a part that Podium does not compute.
 */
export function parseConfig(json: unknown, source = "config.json"): ModelConfig {
  const refuse = (reason: string): never => {
    throw new Error(`${source}: ${reason}.`);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) return refuse("it must hold a JSON object");
  const fields = json as Record<string, unknown>;
  const family = fields.model_type;
  if (family !== "qwen2" && family !== "qwen3" && family !== "llama") {
    const known = '"qwen2", "qwen3" or "llama"';
    return refuse(`model_type ${JSON.stringify(family)} is not supported; use a model of type ${known}`);
  }

  const whole = (name: string, fallback?: number): number => {
    const value = fields[name] ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      return refuse(
        value === undefined ? `${name} is missing` : `${name} must be a positive integer, not ${show(value)}`,
      );
    }
    return value as number;
  };
  const positive = (name: string, value: unknown): number =>
    typeof value === "number" && value > 0 && Number.isFinite(value)
      ? value
      : refuse(`${name} must be a positive number, not ${show(value)}`);
  const flag = (name: string): boolean => {
    const value = fields[name] ?? false;
    return typeof value === "boolean" ? value : refuse(`${name} must be true or false, not ${show(value)}`);
  };

  const hiddenSize = whole("hidden_size"), layers = whole("num_hidden_layers"), heads = whole("num_attention_heads");
  // transformers gives a Llama without this field one key head per query head, but a Qwen2 32 of them.
  const keyValueHeads = whole("num_key_value_heads", family === "llama" ? heads : undefined);
  const headSize = whole("head_dim", family === "qwen3" ? 128 : hiddenSize / heads);

  const activation = fields.hidden_act ?? DEFAULTS.hidden_act;
  if (activation !== "silu") refuse(`hidden_act ${show(activation)} is not supported, only "silu"`);
  if (flag("mlp_bias")) refuse("mlp_bias is not supported");
  if (family !== "qwen2" && flag("attention_bias")) {
    refuse(`attention_bias is not supported for ${family}, where it adds a bias to the attention output`);
  }
  if (fields.quantization_config != null) refuse("quantized weights are not supported (quantization_config)");
  if (slides(fields, layers)) refuse("sliding-window attention is not supported");
  if (heads % keyValueHeads !== 0) {
    refuse(`num_attention_heads ${heads} is not a multiple of num_key_value_heads ${keyValueHeads}`);
  }
  if (headSize % 2 !== 0) refuse(`the head size ${headSize} is odd; rotary embeddings need an even one`);

  const rope = ropeOf(fields, refuse), ropeScaling = scalingOf(rope, positive);
  return {
    family,
    vocabularySize: whole("vocab_size"),
    hiddenSize,
    layers,
    heads,
    keyValueHeads,
    headSize,
    intermediateSize: whole("intermediate_size"),
    ropeTheta: positive("rope_theta", rope.rope_theta ?? fields.rope_theta ?? DEFAULTS.rope_theta),
    ...ropeScaling && { ropeScaling },
    normEpsilon: positive("rms_norm_eps", fields.rms_norm_eps ?? DEFAULTS.rms_norm_eps),
    qkvBias: family === "qwen2",
    ...family === "qwen3" && { headNorm: true },
    tiedEmbeddings: flag("tie_word_embeddings"),
    maxPositions: whole("max_position_embeddings", DEFAULT_POSITIONS[family]),
    ...(flag("value_head") && { valueHead: true }),
  };
}

/** The shape of a critic over a model. Its embeddings count as tied: it has no output matrix that could differ. */
export function criticConfig(config: ModelConfig): ModelConfig {
  return { ...config, tiedEmbeddings: true, valueHead: true };
}

/**
 * The `config.json` of a model with float32 weights, as transformers 4 and 5 read it (it holds the names of both).
 *
 * @param stopTokens Ids that end a response (`eos_token_id`), if known.
 * @throws {Error} If family and bias do not belong together: neither library could load such a model.
 */
export function configToJson(config: ModelConfig, stopTokens: readonly number[] = []): Record<string, unknown> {
  if (config.qkvBias !== (config.family === "qwen2")) {
    throw new Error(
      `A ${config.family} model ${config.qkvBias ? "cannot have" : "needs"} a query, key and value bias.`,
    );
  }
  if ((config.headNorm ?? false) !== (config.family === "qwen3")) {
    throw new Error(`A ${config.family} model ${config.headNorm ? "cannot" : "must"} normalise queries and keys.`);
  }
  const { ropeScaling } = config;
  const scaling = ropeScaling && {
    rope_type: "llama3",
    factor: ropeScaling.factor,
    low_freq_factor: ropeScaling.lowFrequencyFactor,
    high_freq_factor: ropeScaling.highFrequencyFactor,
    original_max_position_embeddings: ropeScaling.originalMaxPositions,
  };
  const common = {
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    intermediate_size: config.intermediateSize,
    hidden_act: "silu",
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    rope_parameters: { rope_theta: config.ropeTheta, rope_type: "default", ...scaling },
    ...scaling && { rope_scaling: scaling },
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tiedEmbeddings,
    attention_dropout: 0,
    bos_token_id: null,
    eos_token_id: stopTokens.length === 0 ? null : stopTokens.length === 1 ? stopTokens[0] : [...stopTokens],
    dtype: "float32",
    torch_dtype: "float32",
    ...(config.valueHead && { value_head: true }),
  };
  // transformers has no class for the head; its bare model reads the rest of a critic.
  const suffix = config.valueHead ? "Model" : "ForCausalLM";
  const { family } = config;
  if (family === "qwen2") {
    return { architectures: [`Qwen2${suffix}`], model_type: family, ...common, use_sliding_window: false };
  }
  return family === "qwen3"
    ? {
      architectures: [`Qwen3${suffix}`],
      model_type: family,
      ...common,
      attention_bias: false,
      use_sliding_window: false,
    }
    : { architectures: [`Llama${suffix}`], model_type: "llama", ...common, attention_bias: false, mlp_bias: false };
}

/**
 * Names and shapes of all weights, in the order of the engine's flat buffer. Matrices are [outputs, inputs], row-major.
 * Query, key and value stand together, and so do gate and up, so that the fused matrices are views. Adapters come last.
 */
export function parameterShapes(config: ModelConfig): [name: string, shape: number[]][] {
  const { hiddenSize, intermediateSize, vocabularySize } = config;
  const queries = config.heads * config.headSize, keys = config.keyValueHeads * config.headSize;
  const shapes: [string, number[]][] = [["model.embed_tokens.weight", [vocabularySize, hiddenSize]]];
  for (let layer = 0; layer < config.layers; layer++) {
    const add = (name: string, ...shape: number[]) => shapes.push([`model.layers.${layer}.${name}`, shape]);
    add("input_layernorm.weight", hiddenSize);
    add("self_attn.q_proj.weight", queries, hiddenSize);
    add("self_attn.k_proj.weight", keys, hiddenSize);
    add("self_attn.v_proj.weight", keys, hiddenSize);
    if (config.qkvBias) {
      add("self_attn.q_proj.bias", queries);
      add("self_attn.k_proj.bias", keys);
      add("self_attn.v_proj.bias", keys);
    }
    if (config.headNorm) {
      add("self_attn.q_norm.weight", config.headSize);
      add("self_attn.k_norm.weight", config.headSize);
    }
    add("self_attn.o_proj.weight", hiddenSize, queries);
    add("post_attention_layernorm.weight", hiddenSize);
    add("mlp.gate_proj.weight", intermediateSize, hiddenSize);
    add("mlp.up_proj.weight", intermediateSize, hiddenSize);
    add("mlp.down_proj.weight", hiddenSize, intermediateSize);
  }
  shapes.push(["model.norm.weight", [hiddenSize]]);
  if (config.valueHead) shapes.push(["value_head.weight", [1, hiddenSize]]);
  else if (!config.tiedEmbeddings) shapes.push(["lm_head.weight", [vocabularySize, hiddenSize]]);
  return config.lora ? [...shapes, ...adapterShapes(shapes, config.lora)] : shapes;
}

/** Where each weight of {@linkcode parameterShapes} lies in the flat buffer, by name and in its order. */
export function parameterSlots(config: ModelConfig): Map<string, ParameterSlot> {
  const slots = new Map<string, ParameterSlot>();
  let offset = 0;
  for (const [name, shape] of parameterShapes(config)) {
    const length = shape.reduce((product, size) => product * size, 1);
    slots.set(name, { name, shape, offset, length });
    offset += length;
  }
  return slots;
}

/** Number of weights: the length of the flat buffer. */
export function parameterCount(config: ModelConfig): number {
  let count = 0;
  for (const slot of parameterSlots(config).values()) count += slot.length;
  return count;
}

/** The rope parameters of either generation of the file, refused unless they are plain or Llama 3's. */
function ropeOf(fields: Record<string, unknown>, refuse: (reason: string) => never): Record<string, unknown> {
  for (const name of ["rope_parameters", "rope_scaling"]) {
    const value = fields[name] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) refuse(`${name} must be an object, not ${show(value)}`);
    const rope = value as Record<string, unknown>;
    const type = rope.rope_type ?? rope.type ?? "default";
    if (type !== "default" && type !== "llama3") {
      refuse(`rope type ${show(type)} is not supported, only "default" and "llama3"`);
    }
    if (Object.values(rope).some((inner) => typeof inner === "object" && inner !== null)) {
      refuse(`${name} differs between layers, which is not supported`);
    }
    if ((rope.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1) !== 1) {
      refuse("partial rotary embeddings are not supported (partial_rotary_factor)");
    }
  }
  return { ...fields.rope_parameters as object | null, ...fields.rope_scaling as object | null };
}

/** Llama 3's stretching, if the rope parameters name it. */
function scalingOf(
  rope: Record<string, unknown>,
  positive: (name: string, value: unknown) => number,
): RopeScaling | undefined {
  if ((rope.rope_type ?? rope.type) !== "llama3") return undefined;
  const field = (name: string) => positive(name, rope[name]);
  return {
    factor: field("factor"),
    lowFrequencyFactor: field("low_freq_factor"),
    highFrequencyFactor: field("high_freq_factor"),
    originalMaxPositions: field("original_max_position_embeddings"),
  };
}

/** True if some layer attends to a window only; Qwen2.5 files name a window that no layer uses. */
function slides(fields: Record<string, unknown>, layers: number): boolean {
  const types = fields.layer_types;
  if (Array.isArray(types)) return types.some((type) => type !== "full_attention");
  if (fields.sliding_window == null) return false;
  if (fields.model_type === "llama") return true;
  return fields.use_sliding_window === true && Number(fields.max_window_layers ?? 28) < layers;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
