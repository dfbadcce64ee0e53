/**
 * `replies.jsonl`: every reply of the steps that no checkpoint holds yet, a line each, written when it arrives. A line that
 * was cut short by a kill is left out.
 *
 * @module
 */
import type { RecordedReply } from "../../algorithms/mod.ts";
import { readJournal, writeAtomically } from "../records.ts";

/** A reply with the algorithm's step that asked for it. */
interface Line extends RecordedReply {
  readonly step: number;
}

/** The journal of a cell, open. */
export interface Replies {
  /** What was replied in a step of the algorithm. */
  of(step: number): RecordedReply[];
  /** Adds a reply. */
  write(step: number, entry: RecordedReply): void;
  /** Drops replies of steps before `step`. */
  forget(step: number): Promise<void>;
  /** Removes the file. */
  remove(): Promise<void>;
  /** Closes the file. */
  close(): void;
}

/** Opens the journal in the directory of a record. */
export async function openReplies(directory: string): Promise<Replies> {
  const path = `${directory}/replies.jsonl`, encoder = new TextEncoder();
  let lines = await readJournal<Line>(path), file: Deno.FsFile | undefined;
  /** The file with these lines and nothing else, open at its end. */
  const rewrite = async () => {
    file?.close();
    file = undefined;
    await writeAtomically(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
    file = await Deno.open(path, { append: true });
  };
  await rewrite();
  return {
    of: (step) =>
      lines.filter((line) => line.step === step).map(({ round, index, reply }) => ({ round, index, reply })),
    write(step, entry) {
      lines.push({ step, ...entry });
      const bytes = encoder.encode(JSON.stringify({ step, ...entry }) + "\n");
      for (let written = 0; written < bytes.length;) written += file!.writeSync(bytes.subarray(written));
    },
    async forget(step) {
      lines = lines.filter((line) => line.step >= step);
      await rewrite();
    },
    async remove() {
      file?.close();
      file = undefined;
      await Deno.remove(path).catch(() => {});
    },
    close() {
      file?.close();
    },
  };
}
