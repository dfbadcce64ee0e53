/**
 * Opens a policy, or a critic, from a directory.
 *
 * @module
 */
import { createCpuCritic } from "./cpu/critic.ts";
import { createCpuPolicy } from "./cpu/policy.ts";
import { type PolicyDirectory, readDirectory } from "./directory.ts";
import type { Critic, Policy, Tokenizer } from "./policy.ts";
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
  if (files.config.valueHead) {
    throw new Error(`${directory}: it holds a critic, which says no tokens; open it with openCritic().`);
  }
  const tokenizer = options.tokenizer === false ? noTokenizer(files) : await loadTokenizer(directory);
  return createCpuPolicy(files, tokenizer, options);
}

/**
 * Opens a critic that was saved, with its optimizer state if the directory holds one; or makes one from a policy: the
 * policy's weights, with a head of zeros, so that all values are 0 before the first step.
 *
 * @throws {Error} One sentence naming the file, if something is missing, damaged or not supported.
 */
export async function openCritic(
  directory: string,
  options: Pick<OpenOptions, "backend" | "threads"> = {},
): Promise<Critic> {
  return createCpuCritic(await readDirectory(directory), options);
}

function noTokenizer({ path, config }: PolicyDirectory): Tokenizer {
  const refuse = () => {
    throw new Error(`${path}: opened without its tokenizer, so it has no text; use token ids.`);
  };
  return { encode: refuse, decode: refuse, vocabularySize: config.vocabularySize };
}
