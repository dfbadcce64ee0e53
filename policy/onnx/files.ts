/**
 * The files of a policy that a repository ships for onnxruntime: `config.json`, `generation_config.json`, the tokenizer,
 * and in `onnx/` one or several graphs with their weights, of which one is chosen.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readJson, readStopTokens } from "../directory.ts";
import { reasonOf } from "../reason.ts";
import { externalDataOf } from "./external_data.ts";

/** The file that is opened where none is named. */
export const DEFAULT_FILE = "onnx/model.onnx";

/** A graph and what belongs to it. */
export interface OnnxFiles {
  /** Where they are. */
  readonly directory: string;
  /** Path of the graph, by which sentences name it. */
  readonly path: string;
  /** Paths of the files beside it that hold weights. */
  readonly data: readonly string[];
  /** What `config.json` says, as far as it says it. */
  readonly config: OnnxConfig;
  /** Ids that end a response. */
  stopTokens(vocabularySize: number): Promise<number[]>;
}

/** What is read of a `config.json`, whatever the family of the model: the graph knows the rest. */
export interface OnnxConfig {
  /** Longest sequence the model was made for, in tokens. */
  readonly maxPositions: number;
  /** Number of token ids. */
  readonly vocabularySize?: number;
  /** Number of layers. */
  readonly layers?: number;
}

/**
 * Finds the files.
 *
 * @param file Path of the graph in the directory, or its name in `onnx/`.
 * @throws {Error} one sentence naming the file, if one is missing or can't be read
 */
export async function onnxFiles(directory: string, file: string = DEFAULT_FILE): Promise<OnnxFiles> {
  const there = graphsIn(directory), name = [file, `onnx/${file}`].find((name) => there.includes(name));
  if (name === undefined) {
    const choice = there.length > 0 ? `; it has ${there.join(", ")}: name one of them` : "";
    throw new Error(`${directory}: it has no ${file}${choice}.`);
  }
  const path = `${directory}/${name}`, folder = path.slice(0, path.lastIndexOf("/"));
  const data = externalDataOf(path).map((name) => `${folder}/${name}`), configPath = `${directory}/config.json`;
  for (const one of data) {
    const found = await Deno.stat(one).catch((error) => error as Error);
    if (!(found instanceof Error) && found.isFile) continue;
    const reason = found instanceof Error ? reasonOf(found) : "it is no file";
    throw new Error(`${path}: it keeps its weights in ${one}, which cannot be read (${reason}).`);
  }
  const json = await readJson(configPath), config = parseOnnxConfig(json, configPath);
  return {
    directory,
    path,
    data,
    config,
    stopTokens: (vocabularySize) => readStopTokens(directory, json, { vocabularySize }),
  };
}

/**
 * Reads a parsed `config.json`.
 *
 * @throws {Error} one sentence naming the field that is missing or wrong
 */
export function parseOnnxConfig(json: unknown, source: string): OnnxConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Error(`${source}: it must hold a JSON object.`);
  }
  const fields = json as Record<string, unknown>;
  const whole = (name: string): number | undefined => {
    const value = fields[name] ?? undefined;
    if (value === undefined || Number.isSafeInteger(value) && (value as number) > 0) return value as number | undefined;
    throw new Error(`${source}: ${name} must be a positive integer, not ${JSON.stringify(value)}.`);
  };
  const maxPositions = whole("max_position_embeddings") ?? whole("n_positions");
  if (maxPositions === undefined) throw new Error(`${source}: max_position_embeddings is missing.`);
  return { maxPositions, vocabularySize: whole("vocab_size"), layers: whole("num_hidden_layers") ?? whole("n_layer") };
}

/** SHA-256 (hex) of the graph and of the files beside it. */
export async function digestOf({ path, data }: Pick<OnnxFiles, "path" | "data">): Promise<string> {
  const hash = createHash("sha256");
  for (const one of [path, ...data]) {
    try {
      // The stream closes the file at its end, and after an error.
      for await (const bytes of (await Deno.open(one)).readable) hash.update(bytes);
    } catch (error) {
      throw new Error(`${one}: cannot be read (${reasonOf(error)}).`, { cause: error });
    }
  }
  return hash.digest("hex");
}

/** Graphs of a directory, by path; none if there is no such directory. */
function graphsIn(directory: string): string[] {
  const names: string[] = [];
  for (const folder of ["", "onnx/"]) {
    try {
      for (const { name, isDirectory } of Deno.readDirSync(`${directory}/${folder}`)) {
        if (!isDirectory && name.endsWith(".onnx")) names.push(folder + name);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) continue;
      throw new Error(`${directory}/${folder}: cannot be read (${reasonOf(error)}).`, { cause: error });
    }
  }
  return names.sort();
}
