/**
 * Opens a frozen policy that comes as ONNX files, on the CPU.
 *
 * @module
 */
import type { Policy } from "../policy.ts";
import { loadTokenizer } from "../tokenizer.ts";
import { onnxFiles } from "./files.ts";

/** Which file of a directory, and how it runs. */
export interface OpenOnnxOptions {
  /** Path of the ONNX file in the directory, or its name in `onnx/`. Default `onnx/model.onnx`. */
  file?: string;
  /** Threads. Default 1: cells run side by side instead. */
  threads?: number;
  /** False opens a directory that may lack a tokenizer; token ids are then all that works. Default true. */
  tokenizer?: boolean;
}

/**
 * Opens a frozen policy from a directory as optimum and transformers.js lay it out: `config.json`,
 * `generation_config.json`, the tokenizer, and in `onnx/` decoders with a cache of keys and values, in float32, float16 or
 * quantised, with their weights inside or in files beside them.
 *
 * It is sampled and scored; what trains or saves refuses, in one sentence.
 *
 * @example
 * ```ts ignore
 * const policy = await openOnnxPolicy("Qwen2.5-0.5B-Instruct", { file: "onnx/model_q4.onnx" });
 * ```
 *
 * @throws {Error} One sentence naming the file, if something is missing, damaged or not understood.
 */
export async function openOnnxPolicy(directory: string, options: OpenOnnxOptions = {}): Promise<Policy> {
  const files = await onnxFiles(directory, options.file);
  const tokenizer = options.tokenizer === false ? undefined : await loadTokenizer(directory);
  // Loaded when it is asked for: what imports this must run where there is no onnxruntime.
  const { createOnnxPolicy } = await import("./policy.ts");
  return await createOnnxPolicy(files, { threads: options.threads, tokenizer });
}
