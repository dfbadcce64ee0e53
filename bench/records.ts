/**
 * The record of a cell: a directory that survives `kill -9` at any moment.
 *
 *     cell.json           what runs (see cell.ts)
 *     steps.jsonl         one line per training step           ┐ append-only; each line carries the hash chain,
 *     evaluations.jsonl   one line per evaluation              ┘ the same bytes whoever runs the cell
 *     responses/          raw responses of the first and the last evaluation
 *     timing.jsonl        seconds per step, outside the chain
 *     environment.json    the machine, outside the chain
 *     device.json         the GPU and what its self-test found, outside the chain; absent on the CPU
 *     checkpoints.jsonl   what is finished: byte lengths of the files above, chain, algorithm state, weights
 *     checkpoint/         what training changed: policy, critic, refreshed reference policy; two files of each, in turn
 *     reflections.jsonl   where a model reflects: its answers, recorded, outside the chain
 *     replies.jsonl       where a prompt is learned: replies of steps that no checkpoint holds yet, outside the chain
 *     policy/             the trained weights, or the learned prompt, when finished
 *     result.json         written last: the cell is finished
 *     failure.json        the health gate that stopped the cell
 *
 * A checkpoint counts once its line is whole, and until the next one's is; of the two files it names one, and the next
 * is written over the other. No file is made, renamed or removed for it, which would take longer than a step may. On
 * resuming, everything behind it is cut off and done again, which gives the same bytes.
 *
 * @module
 */
import { reasonOf } from "../policy/reason.ts";
import type { Policy } from "../policy/policy.ts";
import { canonical, sha256 } from "./canonical.ts";
import type { Cell } from "./cell.ts";
import type { Models, SavedModels } from "./models.ts";
import { type GateFailure, Refusal } from "./outcomes.ts";

/** Files that grow line by line. */
const journals = ["steps.jsonl", "evaluations.jsonl", "timing.jsonl"] as const;

/** A file that grows line by line. */
export type Journal = typeof journals[number];

/** What is finished, and where the networks are kept. */
export interface Checkpoint extends SavedModels {
  /** Training steps done. */
  step: number;
  /** Prompts sampled so far. */
  prompts: number;
  /** Last hash of the chain. */
  hash: string;
  /** Digest of the weights and the optimizer state; with a critic, of both networks. */
  weights: string;
  /** What the algorithm keeps between steps. */
  state: unknown;
  /** Bytes of each file that belong to it. */
  lengths: Record<Journal, number>;
}

/** What a finished cell came to. */
export interface CellResult {
  /** The cell. */
  id: string;
  /** Training steps done. */
  steps: number;
  /** Last hash of the chain: two runs are the same run if and only if it is equal. */
  hash: string;
  /** Digest of the trained weights and the optimizer state; with a critic, of both networks. */
  weights: string;
}

/** Why a cell was stopped. */
export interface CellFailure {
  /** The cell. */
  id: string;
  /** Step at which it was stopped. */
  step: number;
  /** Which health gate. */
  gate: string;
  /** What was measured. */
  message: string;
}

/** Writes a file so that a reader sees either nothing, the old text, or all of the new one. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path + ".partial", text);
  await Deno.rename(path + ".partial", path);
}

/** Parsed JSON of a file, or undefined if there is no such file. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Refusal(`${path}: not JSON; delete its directory to run the cell again.`);
  }
}

/** Complete lines of a journal, parsed; a line that was cut short by a kill is left out. */
export async function readJournal<T>(path: string): Promise<T[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").slice(0, -1).map((line, index) => {
    try {
      return JSON.parse(line) as T;
    } catch {
      throw new Refusal(`${path}, line ${index + 1}: not JSON; delete its directory to run the cell again.`);
    }
  });
}

/** Bytes of a file up to the end of its last complete line. */
async function wholeLines(path: string): Promise<number> {
  const bytes = await Deno.readFile(path).catch(() => new Uint8Array());
  return bytes.lastIndexOf(10) + 1;
}

/** What every line of the chain has. */
interface ChainLine {
  /** Training steps done. */
  step: number;
  /** Hash over this line and all before it. */
  hash: string;
}

/**
 * Reads the two journals of the chain and computes it again: an evaluation comes right after its step.
 *
 * @throws {Refusal} naming the first line that is not as it was written.
 */
export async function readChain<S extends ChainLine, E extends ChainLine>(
  directory: string,
  { identity }: Cell,
): Promise<{ steps: S[]; evaluations: E[]; hash: string }> {
  const [steps, evaluations] = await Promise.all([
    readJournal<S>(`${directory}/steps.jsonl`),
    readJournal<E>(`${directory}/evaluations.jsonl`),
  ]);
  const lines = [
    ...steps.map((line, index) => ({ name: "steps.jsonl", index, line: line as ChainLine })),
    ...evaluations.map((line, index) => ({ name: "evaluations.jsonl", index, line: line as ChainLine })),
  ].sort((a, b) => a.line.step - b.line.step); // Stable: steps before evaluations.
  let hash = sha256(canonical(identity));
  for (const { name, index, line: { hash: written, ...line } } of lines) {
    hash = sha256(hash, canonical(line));
    if (hash !== written) {
      throw new Refusal(
        `${directory}/${name}, line ${index + 1}: it, or a line before it, is not as it was written; ` +
          "delete the directory to run the cell again.",
      );
    }
  }
  return { steps, evaluations, hash };
}

/** Makes a directory, or says why it can't be written to. */
export async function makeDirectory(path: string): Promise<void> {
  if (path === "") throw new Refusal("--out is empty; give a directory.");
  try {
    await Deno.mkdir(path, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: path, prefix: ".writable-" })); // others may ask at the same time
  } catch (error) {
    throw new Refusal(`${path}: can't write there (${reasonOf(error)}); choose another directory with --out.`);
  }
}

/** The record of one cell, open for writing by one process. */
export class CellRecord {
  /** Directory of the record. */
  readonly directory: string;
  readonly #cell: Cell;
  readonly #lock: Deno.FsFile;
  readonly #files = new Map<Journal | "checkpoints.jsonl", Deno.FsFile>();
  readonly #lengths = new Map<Journal, number>();
  #hash: string;

  private constructor(directory: string, cell: Cell, lock: Deno.FsFile) {
    this.directory = directory;
    this.#cell = cell;
    this.#lock = lock;
    this.#hash = sha256(canonical(cell.identity));
  }

  /** Opens or creates the record of a cell and locks it against other processes; the system lifts the lock of a dead one. */
  static async open(directory: string, cell: Cell): Promise<CellRecord> {
    await makeDirectory(directory);
    const lock = await Deno.open(`${directory}/lock`, { create: true, write: true });
    // A process that was just killed may need a moment to go.
    for (let attempt = 0; !await lock.tryLock(true); attempt++) {
      if (attempt === 50) {
        lock.close();
        throw new Refusal(`${directory}: another process is running this cell; wait for it or stop it.`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const record = new CellRecord(directory, cell, lock);
    const existing = await readJson<Cell>(`${directory}/cell.json`);
    if (canonical(existing ?? null) !== canonical(cell)) {
      await writeAtomically(`${directory}/cell.json`, JSON.stringify(cell, null, 2) + "\n");
    }
    return record;
  }

  /** Last hash of the chain. */
  get hash(): string {
    return this.#hash;
  }

  /** The result, if the cell is finished. */
  async result(): Promise<CellResult | undefined> {
    return await readJson<CellResult>(`${this.directory}/result.json`);
  }

  /** Opens a file for lines behind the first `length` bytes, and cuts off what stands there. */
  async #open(name: Journal | "checkpoints.jsonl", length: number): Promise<void> {
    const file = await Deno.open(`${this.directory}/${name}`, { create: true, write: true });
    this.#files.set(name, file);
    if ((await file.stat()).size < length) {
      throw new Refusal(
        `${this.directory}/${name}: shorter than at its checkpoint; delete the directory to run the cell again.`,
      );
    }
    await file.truncate(length);
    await file.seek(length, Deno.SeekMode.Start);
  }

  /** Cuts everything behind the last checkpoint off and returns that; undefined if there is none. */
  async resume(): Promise<Checkpoint | undefined> {
    const path = `${this.directory}/checkpoints.jsonl`;
    const checkpoint = (await readJournal<Checkpoint>(path)).at(-1);
    await this.#open("checkpoints.jsonl", await wholeLines(path));
    for (const name of journals) {
      const length = checkpoint?.lengths[name] ?? 0;
      await this.#open(name, length);
      this.#lengths.set(name, length);
    }
    if (checkpoint) {
      const { hash } = await readChain(this.directory, this.#cell);
      if (hash !== checkpoint.hash) {
        throw new Refusal(`${path}: its hash is not that of the lines; delete the directory to run the cell again.`);
      }
      this.#hash = hash;
    }
    await Deno.remove(`${this.directory}/failure.json`).catch(() => {});
    return checkpoint;
  }

  /** Writes a line; returns its length in bytes. */
  #write(name: Journal | "checkpoints.jsonl", line: object): number {
    const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
    const file = this.#files.get(name)!;
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
    return bytes.length;
  }

  /** Adds a line outside the chain. */
  append(name: Journal, line: object): void {
    this.#lengths.set(name, this.#lengths.get(name)! + this.#write(name, line));
  }

  /** Adds a line to the chain: its hash covers the line and all before it. Returns the line as written. */
  chain<T extends object>(name: Journal, line: T): T & { hash: string } {
    this.#hash = sha256(this.#hash, canonical(line));
    const chained = { ...line, hash: this.#hash };
    this.append(name, chained);
    return chained;
  }

  /** Writes a file of raw responses. */
  async responses(step: number, lines: readonly object[]): Promise<void> {
    await Deno.mkdir(`${this.directory}/responses`, { recursive: true });
    const path = `${this.directory}/responses/step-${String(step).padStart(6, "0")}.jsonl`;
    await writeAtomically(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
  }

  /** Writes a file outside the chain. */
  async note(name: string, value: unknown): Promise<void> {
    await writeAtomically(`${this.directory}/${name}`, JSON.stringify(value, null, 2) + "\n");
  }

  /** Makes everything up to here count. */
  async checkpoint(
    models: Pick<Models, "save">,
    done: Pick<Checkpoint, "step" | "prompts" | "weights" | "state">,
  ): Promise<void> {
    this.#write(
      "checkpoints.jsonl",
      {
        ...done,
        hash: this.#hash,
        ...await models.save(),
        lengths: Object.fromEntries(this.#lengths) as Checkpoint["lengths"],
      } satisfies Checkpoint,
    );
  }

  /** Keeps the trained weights, or the learned prompt, notes how long everything took, and marks the cell as finished. */
  async finish(
    policy: Pick<Policy, "save">,
    result: CellResult,
    timing: () => object | undefined = () => undefined,
  ): Promise<void> {
    await Deno.remove(`${this.directory}/policy`, { recursive: true }).catch(() => {});
    await policy.save(`${this.directory}/policy`);
    const line = timing();
    if (line) this.append("timing.jsonl", line);
    await writeAtomically(`${this.directory}/result.json`, JSON.stringify(result, null, 2) + "\n");
    for (const name of ["checkpoint", "checkpoints.jsonl"]) {
      await Deno.remove(`${this.directory}/${name}`, { recursive: true }).catch(() => {});
    }
  }

  /** Notes the health gate that stopped the cell. */
  async fail(id: string, failure: GateFailure): Promise<void> {
    const { step, gate, message } = failure;
    await this.note("failure.json", { id, step, gate, message } satisfies CellFailure);
  }

  /** Closes the files and lifts the lock. */
  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#lock.close();
  }
}
