/**
 * Opens a policy from a directory.
 *
 * @module
 */
import { createCpuPolicy } from "./cpu/policy.ts";
import { readDirectory } from "./directory.ts";
import type { Policy } from "./policy.ts";
import { loadTokenizer } from "./tokenizer.ts";

/** Where and how a policy runs. */
export interface OpenOptions {
  /** What computes it. Default, and for now the only one: `cpu`. */
  backend?: "cpu";
  /** Threads per session. Default 1. */
  threads?: number;
}

/**
 * Opens a policy in the Hugging Face layout, with its optimizer state if the directory holds one.
 *
 * @throws {Error} One sentence naming the file, if something is missing, damaged or not supported.
 */
export async function openPolicy(directory: string, options: OpenOptions = {}): Promise<Policy> {
  const files = await readDirectory(directory);
  return createCpuPolicy(files, await loadTokenizer(directory), options);
}
