/**
 * Text ↔ token ids, from the `tokenizer.json` of a policy directory, and its chat template, if there is one.
 *
 * @module
 */
import { reasonOf } from "./reason.ts";
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { makeChatTemplate, templateOfConfig } from "./chat_template.ts";
import type { Tokenizer } from "./policy.ts";
import { isQwen, tokenizerOfFiles } from "./vocabulary_files.ts";

/** A tokenizer that can also show the special tokens. */
export interface TextTokenizer extends Tokenizer {
  /** Token ids of a text. Nothing is added; special tokens that stand in the text become one id each. */
  encode(text: string): number[];
  /**
   * Text of token ids. Ids without a token (a model's embedding matrix may have more rows) give nothing.
   *
   * @param options `specialTokens: true` keeps them in the text; by default they are left out.
   */
  decode(ids: readonly number[], options?: { specialTokens?: boolean }): string;
}

/**
 * Reads `tokenizer.json` (or, of a Qwen2 tokenizer without it, `vocab.json` and `merges.txt`) and, if they are there, `tokenizer_config.json` and `chat_template.jinja`.
 *
 * @throws {Error} One sentence naming the file, if it is missing or not a tokenizer, or the chat template not a template.
 */
export async function loadTokenizer(directory: string): Promise<TextTokenizer> {
  const path = `${directory}/tokenizer.json`, vocabularyPath = `${directory}/vocab.json`;
  const configPath = `${directory}/tokenizer_config.json`, templatePath = `${directory}/chat_template.jinja`;
  const config = await readJson(configPath, {}), merges = await readText(`${directory}/merges.txt`);
  const json = await readJson(path, merges !== undefined && isQwen(config) ? null : undefined);
  const tokenizer = json !== null || merges === undefined
    ? makeTokenizer(json, config, path)
    : makeTokenizer(tokenizerOfFiles(await readJson(vocabularyPath), merges, config), config, vocabularyPath);
  const file = await readText(templatePath), template = file ?? templateOfConfig(config);
  if (template === undefined) return tokenizer;
  return { ...tokenizer, chat: makeChatTemplate(template, config, file === undefined ? configPath : templatePath) };
}

/**
 * Makes a tokenizer of the parsed `tokenizer.json` and `tokenizer_config.json`.
 *
 * @param source How error messages call it.
 * @throws {Error} If the library does not understand it.
 */
export function makeTokenizer(json: unknown, config: unknown = {}, source = "tokenizer.json"): TextTokenizer {
  let inner: HuggingFaceTokenizer;
  let size: number;
  try {
    inner = new HuggingFaceTokenizer(json as object, config as object);
    size = 0;
    for (const id of inner.get_vocab(true).values()) size = Math.max(size, id + 1);
  } catch (error) {
    throw new Error(`${source}: it is not a tokenizer that can be read (${(error as Error).message}).`, {
      cause: error,
    });
  }
  // The library's default removes spaces before punctuation, so that decoding would not be the inverse of encoding.
  const cleanUp = (config as { clean_up_tokenization_spaces?: boolean }).clean_up_tokenization_spaces ?? false;
  const decode: TextTokenizer["decode"] = (ids, { specialTokens = false } = {}) => {
    const known = ids.filter((id) => inner.id_to_token(id) !== undefined);
    if (known.length === 0) return "";
    return inner.decode(known, { skip_special_tokens: !specialTokens, clean_up_tokenization_spaces: cleanUp });
  };
  const { type } = (json as { decoder?: { type?: unknown } | null }).decoder ?? {};
  return {
    vocabularySize: size,
    encode: (text) => inner.encode(text, { add_special_tokens: false }).ids,
    decode: type === "ByteLevel" && !cleanUp ? byPieces(decode) : decode,
  };
}

/** What stands in for a tokenizer where a directory is opened without one: it knows no text. */
export function noTokenizer(directory: string, vocabularySize: number): Tokenizer {
  const refuse = () => {
    throw new Error(`${directory}: opened without its tokenizer, so it has no text; use token ids.`);
  };
  return { encode: refuse, decode: refuse, vocabularySize };
}

/**
 * The same by looking up the text of every token, which is many times faster. Where tokens stand for bytes, a text is
 * that of its tokens one after another if these are whole characters. ASCII is; other texts are left to `decode`.
 */
function byPieces(decode: TextTokenizer["decode"]): TextTokenizer["decode"] {
  const pieces = new Map<number, string | null>();
  const pieceOf = (id: number) => {
    const text = decode([id]);
    // deno-lint-ignore no-control-regex
    return /^[\x00-\x7f]*$/.test(text) ? text : null;
  };
  return (ids, options) => {
    if (options?.specialTokens) return decode(ids, options);
    let text = "";
    for (const id of ids) {
      let piece = pieces.get(id);
      if (piece === undefined) pieces.set(id, piece = pieceOf(id));
      if (piece === null) return decode(ids);
      text += piece;
    }
    return text;
  };
}

/** The text of a file; undefined if there is none. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
}

async function readJson(path: string, absent?: unknown): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (absent !== undefined && error instanceof Deno.errors.NotFound) return absent;
    throw new Error(`${path}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
}
