/**
 * What a graph takes and gives, read from itself: a decoder with its cache of keys and values as plain inputs and outputs,
 * with the names that optimum and transformers.js give them.
 *
 * A graph with anything else is refused by the name of what is not understood: one that runs is one whose log-probs are
 * right.
 *
 * @module
 */
import type { OnnxConfig } from "./files.ts";

/** Types of number that caches and logits may have. */
export type FloatType = "float32" | "float16";

/** An input or an output as onnxruntime describes it; a size that is a text is known when the graph runs. */
export interface ValueMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** Keys or values of a layer: [rows, heads, tokens, size]. */
export interface CacheSlot {
  /** The input that takes what was known. */
  readonly past: string;
  /** The output that gives it with what is new. */
  readonly present: string;
  readonly type: FloatType;
  readonly heads: number;
  readonly size: number;
}

/** What a graph takes and gives. */
export interface Signature {
  readonly slots: readonly CacheSlot[];
  /** Whether it takes the positions of tokens; otherwise it counts them itself. */
  readonly positions: boolean;
  /** Whether it can be asked for the last token's logits alone. */
  readonly keepsLast: boolean;
  /** Number of token ids: the width of the logits. */
  readonly vocabularySize: number;
}

/** Inputs with token ids, masks and positions. */
const SEQUENCES = ["input_ids", "attention_mask", "position_ids"];

/** Inputs that others' graphs have, and what they say. */
const REFUSED: Readonly<Record<string, string>> = {
  use_cache_branch:
    "it is two decoders merged into one, with and without a cache (input use_cache_branch); export it as one, as newer " +
    "versions of optimum do, or choose another file",
  inputs_embeds: "it takes embeddings in place of token ids (input inputs_embeds); choose a file that takes input_ids",
  encoder_hidden_states: "it is the decoder of an encoder (input encoder_hidden_states); choose a decoder-only model",
};

/**
 * Reads the inputs and outputs of a graph.
 *
 * @param label How sentences call it.
 * @throws {Error} one sentence, with the name of the input or output that is missing or not understood
 */
export function signatureOf(
  label: string,
  inputs: readonly ValueMetadata[],
  outputs: readonly ValueMetadata[],
  config: OnnxConfig,
): Signature {
  const refuse = (reason: string): never => {
    throw new Error(`${label}: ${reason}.`);
  };
  const output = (name: string) => outputs.find((one) => one.name === name) ?? refuse(`it has no output ${name}`);
  const input = (name: string) => inputs.find((one) => one.name === name);
  const slots: CacheSlot[] = [];
  for (const one of inputs) {
    const { name } = one;
    if (Object.hasOwn(REFUSED, name)) refuse(REFUSED[name]);
    if (SEQUENCES.includes(name)) checkSequence(one, refuse);
    else if (name === "num_logits_to_keep") {
      if (one.type !== "int64" || (one.shape?.length ?? 0) !== 0) {
        refuse(`its input ${name} is ${shown(one)}, not int64 []`);
      }
    } else if (/^past_key_values\.\d+\.(key|value)$/.test(name)) {
      slots.push(slotOf(one, output(name.replace("past_key_values", "present")), refuse));
    } else {
      refuse(
        `its input ${name} is not understood; a decoder with a cache has input_ids, attention_mask, perhaps position_ids ` +
          "and num_logits_to_keep, and past_key_values.N.key and .value",
      );
    }
  }
  for (const name of ["input_ids", "attention_mask"]) if (!input(name)) refuse(`it has no input ${name}`);
  if (slots.length === 0) {
    refuse("it has no cache (inputs past_key_values.0.key, …); export it with its past, or choose another file");
  }
  const layers = slots.length / 2;
  for (let layer = 0; layer < layers; layer++) {
    for (const part of ["key", "value"]) {
      const name = `past_key_values.${layer}.${part}`;
      if (!input(name)) refuse(`it has no input ${name}`);
    }
  }
  if (config.layers !== undefined && config.layers !== layers) {
    refuse(`it has a cache of ${layers} layers, and config.json says num_hidden_layers ${config.layers}`);
  }
  const logits = output("logits"), { shape = [] } = logits, width = shape[2];
  if (shape.length !== 3 || !isFloat(logits.type)) {
    refuse(`its output logits is ${shown(logits)}, not floats [.., .., ..]`);
  }
  const vocabularySize = typeof width === "number" ? width : config.vocabularySize;
  if (vocabularySize === undefined) {
    return refuse("nobody says how many token ids there are: config.json lacks vocab_size");
  }
  if (config.vocabularySize !== undefined && config.vocabularySize !== vocabularySize) {
    refuse(`its logits have ${vocabularySize} numbers, and config.json says vocab_size ${config.vocabularySize}`);
  }
  return {
    slots,
    positions: input("position_ids") !== undefined,
    keepsLast: input("num_logits_to_keep") !== undefined,
    vocabularySize,
  };
}

type Refuse = (reason: string) => never;

function checkSequence(one: ValueMetadata, refuse: Refuse): void {
  const { name, type, shape = [] } = one;
  if (type !== "int64" || shape.length !== 2) refuse(`its input ${name} is ${shown(one)}, not int64 [.., ..]`);
  const fixed = shape.find((size) => typeof size === "number");
  if (fixed !== undefined) {
    refuse(`its input ${name} has a fixed size of ${fixed}; export it with a free number of rows and tokens`);
  }
}

function slotOf(past: ValueMetadata, present: ValueMetadata, refuse: Refuse): CacheSlot {
  const { name, type, shape = [] } = past, [rows, heads, tokens, size] = shape;
  if (!isFloat(type)) return refuse(`its input ${name} is ${shown(past)}, not float32 or float16`);
  if (
    shape.length !== 4 || typeof rows !== "string" || typeof heads !== "number" || typeof tokens !== "string" ||
    typeof size !== "number"
  ) {
    return refuse(`its input ${name} is ${shown(past)}, not [rows, a number of heads, tokens, a head's size]`);
  }
  if (present.type !== type) {
    refuse(`its output ${present.name} is ${shown(present)}, and its input ${name} ${shown(past)}`);
  }
  return { past: name, present: present.name, type, heads, size };
}

const isFloat = (type: string | undefined): type is FloatType => type === "float32" || type === "float16";

const shown = ({ isTensor, type, shape = [] }: ValueMetadata) =>
  isTensor ? `${type} [${shape.map((size) => size === "" ? "?" : size).join(", ")}]` : "no tensor";
