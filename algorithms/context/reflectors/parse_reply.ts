/**
 * Reads the replies of a language model that reflects. What a model writes is data: it is taken apart here into texts and
 * a few known operations, and whatever does not fit is a failure with a reason, never an exception.
 *
 * @module
 */

import type { Reflection, ReflectionRequest } from "../algorithm.ts";
import type { ExperienceOperation } from "../experience_library.ts";

/** Most characters of a text; more is taken for a model that has lost its way. */
const LONGEST_TEXT = 8000;

const tooLong = ({ length }: string) => `the text has ${length} characters, more than ${LONGEST_TEXT}`;

/** Words for operations: those of the code's main branch, of the paper, and of the paper's branch. */
const OPERATIONS: Readonly<Record<string, string>> = {
  ADD: "ADD",
  UPDATE: "UPDATE",
  MODIFY: "UPDATE",
  DELETE: "DELETE",
  MERGE: "MERGE",
  NONE: "NONE",
  KEEP: "NONE",
};

/** What a reply holds, apart from what it cost. */
export type ReplyContent = Pick<Reflection, "text" | "operations" | "failure">;

/** The last fenced block of a text, or all of it if there is none. A fence that never closes ends with the text. */
function lastBlock(text: string): string {
  const blocks = [...text.matchAll(/```[^\n`]*\n([\s\S]*?)(?:\n?```|$)/g)];
  return (blocks.length > 0 ? blocks[blocks.length - 1][1] : text).trim();
}

/** The JSON of a reply: its last fenced block, else from the first `[` to the last `]`. */
function jsonOf(text: string): unknown {
  const block = lastBlock(text);
  try {
    return JSON.parse(block);
  } catch {
    return JSON.parse(block.slice(block.indexOf("["), block.lastIndexOf("]") + 1));
  }
}

const isText = (value: unknown) => value === undefined || value === null || typeof value === "string";

/** One operation, made anew from the fields that are known; a sentence if it is none. */
function operationOf(value: unknown): ExperienceOperation | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "an operation is no object";
  const { operation = "ADD", id, ids, content } = value as Record<string, unknown>;
  const name = typeof operation === "string" ? operation.trim().toUpperCase() : "";
  if (!Object.hasOwn(OPERATIONS, name)) return `unknown operation ${JSON.stringify(operation)?.slice(0, 40)}`;
  if (!isText(id) || !isText(content)) return "id or content is no text";
  if (typeof content === "string" && content.length > LONGEST_TEXT) return tooLong(content);
  if (ids !== undefined && !(Array.isArray(ids) && ids.every((one) => typeof one === "string"))) {
    return "ids is no list of texts";
  }
  return {
    operation: OPERATIONS[name],
    ...typeof id === "string" && { id },
    ...ids !== undefined && { ids: ids as string[] },
    ...typeof content === "string" && { content: content.trim() },
  };
}

/** What a model's reply to `request` says. Thinking before `</think>` is left out. */
export function parseReply({ kind }: Pick<ReflectionRequest, "kind">, reply: string): ReplyContent {
  const thought = reply.lastIndexOf("</think>");
  const said = reply.slice(thought < 0 ? 0 : thought + "</think>".length).trim();
  if (said === "") return { failure: "the reply is empty" };
  if (kind === "summarize" || kind === "mutate" || kind === "propose") {
    const text = kind === "summarize" ? said : lastBlock(said);
    if (text === "") return { failure: "the reply has an empty block" };
    return text.length > LONGEST_TEXT ? { failure: tooLong(text) } : { text };
  }
  let value: unknown;
  try {
    value = jsonOf(said);
  } catch (error) {
    return { failure: `no JSON: ${(error as Error).message.slice(0, 80)}` };
  }
  if (!Array.isArray(value)) return { failure: "the JSON is no list" };
  const operations = value.map(operationOf);
  const wrong = operations.find((operation) => typeof operation === "string");
  return wrong === undefined ? { operations: operations as ExperienceOperation[] } : { failure: wrong as string };
}
