/**
 * Record and replay of an endpoint: every request and its answer, as JSON lines.
 *
 *     {"id":"9f…","seed":7,"path":"/chat/completions","body":{…},"endpoint":"https://…","answer":{…}}
 *
 * A request is known by its content and its sample: the line's `id` is the hash of path, body and seed. What is recorded
 * is never asked again, not by the same run, not by another process that records into the same file, and not by a run
 * that goes on after a kill. An answer that was of no use, a stream that was cut for instance, may have been paid for
 * and is kept too:
 *
 *     {"id":"9f…","damaged":"data: …","reason":"the stream is cut"}
 *
 * @module
 */
import type { LineFormat } from "../journal.ts";
import type { Answer } from "./answer.ts";
import { EndpointError } from "./error.ts";
import type { WireRequest } from "./wire.ts";

/** A request and its answer. */
export interface Answered extends WireRequest {
  /** Who answered. */
  readonly endpoint: string;
  /** The answer. */
  readonly answer: Answer;
}

/** An answer that was of no use. */
export interface Damaged {
  /** The request it was for. */
  readonly id: string;
  /** What came of it. */
  readonly damaged: string;
  /** What was wrong with it. */
  readonly reason: string;
}

/** A line of a recording. */
export type Entry = Answered | Damaged;

/** How the lines of a recording in a file are written and read. */
export function recordingFormat(path: string): LineFormat<Entry> {
  return {
    begins: '{"id":',
    key: (entry) => "answer" in entry ? entry.id : null,
    parse: parseLine,
    refuse: (shown) => {
      throw new EndpointError(`${path}: not a line of a recording: ${shown}`);
    },
  };
}

function parseLine(line: string): Entry | undefined {
  try {
    const value = JSON.parse(line), reply = value.answer?.reply;
    const isAnswer = typeof reply?.text === "string" && typeof reply.finishReason === "string" &&
      (reply.usage === null || typeof reply.usage?.promptTokens === "number");
    return typeof value.id === "string" && (isAnswer || typeof value.damaged === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}
