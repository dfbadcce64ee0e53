/**
 * What was answered once: a file of JSON lines that only grows. A line is on the disk before anybody uses it, and an entry
 * counts from then on, for every process that shares the file and for a run that goes on after a kill.
 *
 * @module
 */

/** How the lines of a journal are written and read. */
export interface LineFormat<Entry> {
  /** How every line begins, such as `{"id":`. */
  readonly begins: string;
  /** What an entry is found by; of entries with the same key the first counts. An entry with null is only kept. */
  readonly key: (entry: Entry) => string | null;
  /** Reads a line; undefined if it is none. */
  readonly parse: (line: string) => Entry | undefined;
  /** Throws the error that says, in one sentence, that the file holds a line that is none of the journal's. */
  readonly refuse: (shown: string) => never;
}

/** A journal that is read and added to. */
export interface Journal<Entry> {
  /** The entry with a key, whoever added it. */
  find(key: string): Promise<Entry | undefined>;
  /** Adds an entry unless there is one with its key; returns the one that counts, which is on the disk. */
  add(entry: Entry): Promise<Entry>;
}

/** The journal in a file, which is made with the first entry. */
export function openJournal<Entry>(path: string, format: LineFormat<Entry>): Journal<Entry> {
  const entries = new Map<string, Entry>();
  let read = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** Reads what other processes have added, then does the work, alone. */
  function alone<T>(work: (file: Deno.FsFile, rest: Uint8Array) => Promise<T> | T): Promise<T> {
    // Within a process a queue: hundreds that wait for the lock would take the threads its owner needs.
    const mine = turn.then(async () => {
      using file = await Deno.open(path, { read: true, write: true, create: true });
      await file.lock(true);
      try {
        const bytes = await bytesFrom(file, read), whole = bytes.lastIndexOf(10) + 1;
        takeLines(new TextDecoder().decode(bytes.subarray(0, whole)), format, entries);
        read += whole;
        return await work(file, bytes.subarray(whole));
      } finally {
        await file.unlock();
      }
    });
    turn = mine.catch(() => {});
    return mine;
  }

  return {
    find: async (key) => entries.get(key) ?? await alone(() => entries.get(key)),
    add: (entry) =>
      alone(async (file, rest) => {
        const key = format.key(entry), there = key === null ? undefined : entries.get(key);
        if (there !== undefined) return there;
        // A line that a kill cut short is written over; anything else that ends without a line break is not ours.
        const cut = new TextDecoder().decode(rest);
        if (!cut.startsWith(format.begins) && !format.begins.startsWith(cut)) format.refuse(shown(cut));
        await file.truncate(read);
        await file.seek(read, Deno.SeekMode.Start);
        const line = new TextEncoder().encode(JSON.stringify(entry) + "\n");
        for (let at = 0; at < line.length;) at += await file.write(line.subarray(at));
        await file.syncData();
        read += line.length;
        if (key !== null) entries.set(key, entry);
        return entry;
      }),
  };
}

/**
 * All entries of a journal that is not added to, by key; a line that a kill cut short is left out.
 *
 * @throws what reading the file throws
 */
export async function readEntries<Entry>(path: string, format: LineFormat<Entry>): Promise<Map<string, Entry>> {
  const text = await Deno.readTextFile(path), entries = new Map<string, Entry>();
  takeLines(text.slice(0, text.lastIndexOf("\n") + 1), format, entries);
  return entries;
}

function takeLines<Entry>(text: string, { parse, key, refuse }: LineFormat<Entry>, entries: Map<string, Entry>): void {
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const entry = parse(line);
    if (entry === undefined) return refuse(shown(line));
    const name = key(entry);
    if (name !== null && !entries.has(name)) entries.set(name, entry);
  }
}

function shown(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

async function bytesFrom(file: Deno.FsFile, offset: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.max(0, size - offset));
  await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
