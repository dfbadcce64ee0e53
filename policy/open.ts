/**
 * Opens a policy from a directory.
 *
 * @module
 */
import { createCpuPolicy } from "./cpu/policy.ts";
import { type PolicyDirectory, readDirectory } from "./directory.ts";
import type { Policy, Tokenizer } from "./policy.ts";
import { loadTokenizer } from "./tokenizer.ts";

/** Where and how a policy runs. */
export interface OpenOptions {
  /** What computes it. Default, and for now the only one: `cpu`. */
  backend?: "cpu";
  /** Threads per session. Default 1. */
  threads?: number;
  /** False opens a directory that may lack a tokenizer; token ids are then all that works. Default true. */
  tokenizer?: boolean;
}

/**
 * Opens a policy in the Hugging Face layout, with its optimizer state if the directory holds one.
 *
 * @throws {Error} One sentence naming the file, if something is missing, damaged or not supported.
 */
export async function openPolicy(directory: string, options: OpenOptions = {}): Promise<Policy> {
  const files = await readDirectory(directory);
  const tokenizer = options.tokenizer === false ? noTokenizer(files) : await loadTokenizer(directory);
  return createCpuPolicy(files, tokenizer, options);
}

function noTokenizer({ path, config }: PolicyDirectory): Tokenizer {
  const refuse = () => {
    throw new Error(`${path}: opened without its tokenizer, so it has no text; use token ids.`);
  };
  return { encode: refuse, decode: refuse, vocabularySize: config.vocabularySize };
}
