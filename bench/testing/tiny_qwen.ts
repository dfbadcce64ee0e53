/**
 * A checkpoint with all parts that Qwen2.5-Instruct's has, and few random weights: a byte-level tokenizer with special
 * tokens, a chat template, two stop tokens, more rows of the embedding than tokens.
 *
 * @module
 */
import { writeDirectory } from "../../policy/directory.ts";
import { type ModelConfig, parameterCount, parameterSlots } from "../../policy/model/config.ts";
import { keyOf, uniform } from "../../policy/random.ts";

/** Its shape. */
export const TINY_QWEN: ModelConfig = {
  family: "qwen2",
  vocabularySize: 272,
  hiddenSize: 16,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  headSize: 8,
  intermediateSize: 32,
  ropeTheta: 1e6,
  normEpsilon: 1e-6,
  qkvBias: true,
  tiedEmbeddings: true,
  maxPositions: 2048,
};

/** Behind the 256 bytes. */
const SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/** Writes every message between marks, as Qwen2.5's does, after what the system says. */
const TEMPLATE = `{{- '<|im_start|>system\\nYou are Qwen.<|im_end|>\\n' }}
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}`;

/** The letters that stand for the bytes in a byte-level vocabulary, as GPT-2 has them. */
function lettersOfBytes(): string[] {
  const visible = (byte: number) => byte > 32 && byte < 127 || byte > 160 && byte !== 173;
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : 256 + others++));
}

/** Writes the checkpoint. */
export async function writeTinyQwen(directory: string): Promise<void> {
  const weights = new Float32Array(parameterCount(TINY_QWEN));
  for (const { name, offset, length } of parameterSlots(TINY_QWEN).values()) {
    const key = keyOf(0, "tiny qwen", name), centre = name.includes("norm") ? 1 : 0;
    for (let i = 0; i < length; i++) weights[offset + i] = centre + 0.3 * (2 * uniform(key, i) - 1);
  }
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  const added_tokens = SPECIAL.map((content, index) => ({ id: 256 + index, content, special: true }));
  const letters = lettersOfBytes();
  const tokenizer = {
    version: "1.0",
    added_tokens,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", vocab: Object.fromEntries(letters.map((letter, byte) => [letter, byte])), merges: [] },
  };
  const config = { tokenizer_class: "Qwen2Tokenizer", eos_token: SPECIAL[2], chat_template: TEMPLATE };
  const files = {
    "tokenizer.json": JSON.stringify(tokenizer),
    "tokenizer_config.json": JSON.stringify(config),
    "generation_config.json": JSON.stringify({ eos_token_id: [258, 256], repetition_penalty: 1.1 }),
  };
  await writeDirectory(directory, { config: TINY_QWEN, weights, files });
}
