/**
 * A Qwen2 tokenizer whose directory has `vocab.json` and `merges.txt` in place of `tokenizer.json`: byte-level BPE, whose
 * other parts are the same for the whole family and stand in the code of transformers (`tokenization_qwen2.py`) alone.
 *
 * @module
 */

/** How the family cuts a text into words before merging: digits stand alone. */
const WORDS =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|" +
  "\\s+(?!\\S)|\\s+";

/** Whether a `tokenizer_config.json` is of the family. */
export function isQwen(config: unknown): boolean {
  return /^Qwen2Tokenizer(Fast)?$/.test(String((config as { tokenizer_class?: unknown }).tokenizer_class));
}

/**
 * The `tokenizer.json` that such files come to.
 *
 * @param vocabulary The parsed `vocab.json`: an id for every token.
 * @param merges The text of `merges.txt`: a pair of tokens per line, the first to be merged first.
 * @param config The parsed `tokenizer_config.json`, which holds the added tokens.
 */
export function tokenizerOfFiles(vocabulary: unknown, merges: string, config: unknown): Record<string, unknown> {
  const { added_tokens_decoder: added = {} } = config as { added_tokens_decoder?: Record<string, object> };
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: "1.0",
    added_tokens: Object.entries(added).map(([id, token]) => ({ id: Number(id), ...token })),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Split", pattern: { Regex: WORDS }, behavior: "Isolated", invert: false }, bytes],
    },
    post_processor: bytes,
    decoder: bytes,
    model: {
      type: "BPE",
      vocab: vocabulary,
      merges: merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version")),
    },
  };
}
