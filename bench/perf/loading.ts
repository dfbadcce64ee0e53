/**
 * How fast a checkpoint is read, and in how much memory: a file of about 1 GB in the shape of Qwen2.5-0.5B, as bfloat16
 * and as float32 (that with fewer layers), read from the page cache: whole, as the CPU holds it, and in pieces, as a GPU
 * is given it. The files are made in a temporary directory and removed.
 *
 *     deno run --allow-read --allow-write --allow-run=deno bench/perf/loading.ts
 *
 * Whole, bfloat16 is bound by the pages of new memory that its float32 numbers take, twice as many as were read: 0.9 of
 * 1.6 seconds of the processor for 1 GB, on a machine where reading takes 0.2 and widening 0.5. Large pages, asked of the
 * system, made it slower where memory was in pieces already. In pieces there is one array that is used again.
 *
 * Each reading has a process of its own. Seconds of the processor stand beside those of the clock, because they say what
 * the machine could do if nothing else ran on it. The memory is all that the process holds.
 *
 * @module
 */
import process from "node:process";
import { QWEN } from "../../fixtures/models/qwen.ts";
import { openDirectory } from "../../policy/directory.ts";
import { configToJson, parameterSlots } from "../../policy/model/config.ts";

/** Bytes that are written at once. */
const BLOCK = 1 << 24;

/** Writes a checkpoint whose numbers are all alike. */
async function writeCheckpoint(directory: string, dtype: "BF16" | "F32"): Promise<void> {
  const width = dtype === "BF16" ? 2 : 4, config = { ...QWEN, layers: dtype === "BF16" ? 24 : 7 };
  await Deno.writeTextFile(`${directory}/config.json`, JSON.stringify(configToJson(config)));
  let end = 0;
  const header = [...parameterSlots(config).values()].map(({ name, shape, length }) => {
    const begin = end;
    return [name, { dtype, shape, data_offsets: [begin, end += length * width] }];
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  using file = await Deno.open(`${directory}/model.safetensors`, { write: true, create: true });
  const write = async (bytes: Uint8Array) => {
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  };
  await write(new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer));
  await write(json);
  const block = new Uint8Array(BLOCK).fill(0x3c);
  for (let left = end; left > 0; left -= BLOCK) await write(block.subarray(0, left));
}

/** Megabytes that this process holds. */
const held = () => Deno.memoryUsage().rss / 1e6;

/** Reads a checkpoint in one of both ways and prints what that took. */
async function read(directory: string, way: string): Promise<void> {
  const bytes = (await Deno.stat(`${directory}/model.safetensors`)).size, before = held();
  const start = performance.now(), used = process.cpuUsage();
  using opened = await openDirectory(directory);
  let count = 0, most = 0;
  if (way === "whole") {
    count = opened.read().weights.length;
    most = held();
  } else {
    for (const { numbers } of opened.weights.pieces()) {
      count += numbers.length;
      most = Math.max(most, held());
    }
  }
  const seconds = (performance.now() - start) / 1000, { user, system } = process.cpuUsage(used);
  const rate = (seconds: number) => (bytes / 1e9 / seconds).toFixed(2);
  console.log(
    `${(bytes / 1e9).toFixed(2)} GB, ${way}: ${rate(seconds)} GB/s, ${
      rate((user + system) / 1e6)
    } GB per second of the ` +
      `processor; ${most.toFixed(0)} MB of memory, ${before.toFixed(0)} before; the weights are ${
        (4 * count / 1e6).toFixed(0)
      } MB of float32`,
  );
}

if (import.meta.main) {
  const [directory, way] = Deno.args;
  if (directory) await read(directory, way);
  else {
    for (const dtype of ["BF16", "F32"] as const) {
      const directory = await Deno.makeTempDir();
      try {
        await writeCheckpoint(directory, dtype);
        console.log(dtype);
        for (const way of ["whole", "in pieces", "whole", "in pieces"]) {
          const args = ["run", "-q", "--allow-read", import.meta.filename!, directory, way];
          await new Deno.Command("deno", { args, stdout: "inherit", stderr: "inherit" }).output();
        }
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }
  }
}
