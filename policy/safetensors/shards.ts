/**
 * A checkpoint in several files, which an index names.
 *
 * @module
 */
import { reasonOf } from "../reason.ts";
import { isRecord, type TensorInfo } from "./header.ts";
import { missing, openSafetensors, type TensorReader } from "./reading.ts";

/**
 * Opens the shards that a `model.safetensors.index.json` names, as one reader.
 *
 * @throws {Error} One sentence naming the file, if the index or a shard is missing or damaged, or a tensor is not in
 * the shard the index says.
 */
export async function openSharded(indexPath: string): Promise<TensorReader> {
  const weightMap = await readWeightMap(indexPath);
  const folder = indexPath.replace(/[^/\\]*$/, "");
  const shards = new Map<string, TensorReader>();
  const owners = new Map<string, TensorReader>();
  const tensors = new Map<string, TensorInfo>();
  try {
    for (const [name, fileName] of weightMap) {
      const shard = shards.get(fileName) ?? await openSafetensors(folder + fileName);
      shards.set(fileName, shard);
      const info = shard.tensors.get(name);
      if (!info) throw new Error(`${indexPath}: it says that ${fileName} holds ${name}, which is not in that file.`);
      owners.set(name, shard);
      tensors.set(name, info);
    }
  } catch (error) {
    for (const shard of shards.values()) shard.close();
    throw error;
  }
  const owner = (name: string) => owners.get(name) ?? missing(indexPath, name);
  const close = () => shards.forEach((shard) => shard.close());
  return {
    tensors,
    metadata: {},
    read: (name, target) => owner(name).read(name, target),
    pieces: (name) => owner(name).pieces(name),
    readIntegers: (name) => owner(name).readIntegers(name),
    close,
    [Symbol.dispose]: close,
  };
}

/**
 * Names of the shards that a parsed `model.safetensors.index.json` names, each once.
 *
 * @param source How error messages call it.
 * @throws {Error} One sentence, if it is no index, or names a file outside its folder.
 */
export function shardsOf(index: unknown, source: string): string[] {
  return [...new Set(weightMapOf(index, source).map(([, fileName]) => fileName))];
}

async function readWeightMap(indexPath: string): Promise<[name: string, fileName: string][]> {
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(indexPath));
  } catch (error) {
    throw new Error(`${indexPath}: cannot be read (${reasonOf(error)}).`, { cause: error });
  }
  return weightMapOf(json, indexPath);
}

/** Which file holds which tensor, from the parsed index. */
function weightMapOf(json: unknown, source: string): [name: string, fileName: string][] {
  const map = isRecord(json) ? json.weight_map : undefined;
  if (!isRecord(map)) throw new Error(`${source}: it has no weight_map.`);
  return Object.entries(map).map(([name, fileName]) => {
    // A plain name only: an index from elsewhere must not open files outside its folder.
    if (typeof fileName !== "string" || !/^[^/\\]+\.safetensors$/.test(fileName)) {
      throw new Error(`${source}: it names the file ${JSON.stringify(fileName)} for ${name}.`);
    }
    return [name, fileName];
  });
}
