/**
 * How a policy and a search engine talk within one response: what a call looks like, what the reply looks like, where
 * the answer stands.
 *
 * | protocol | call | reply | answer |
 * |---|---|---|---|
 * | `search_r1` (arXiv 2503.09516) | `<search> … </search>` | `<information> … </information>` | `<answer> … </answer>` |
 * | `r1_searcher` (arXiv 2503.05592) | `<|begin_of_query|> … <|end_of_query|>` | `<|begin_of_documents|> … <|end_of_documents|>` | `<answer> … </answer>` |
 * | `tool_call` (Qwen2.5's chat template) | `<tool_call>` JSON `</tool_call>` | a user turn with `<tool_response> … </tool_response>` | `<answer> … </answer>` |
 *
 * @module
 */

import type { Passage } from "./search.ts";

/** What a response says, read by a protocol. */
export interface Reading {
  /** The query of each call in order; null for a call that can't be read. */
  readonly queries: readonly (string | null)[];
  /** Whether the response ends with a call that has no reply yet. */
  readonly calling: boolean;
  /** What stands between the last answer tags, or null if that is nothing. */
  readonly answer: string | null;
  /**
   * Whether the protocol was obeyed: every call readable and replied to, exactly one answer, at the very end, and no
   * other tags, such as a reply that the policy made up.
   */
  readonly obeyed: boolean;
}

/** A protocol. */
export interface Protocol {
  /** Text that ends a turn of the policy. */
  readonly stops: readonly string[];
  /** What the protocol demands, for a policy that has not learned it; the question goes behind. */
  readonly instructions: string;
  /** What may be called, as JSON schemas, where a chat template writes that into the prompt. */
  readonly tools?: readonly object[];
  /** Reads everything written so far. */
  read(response: string): Reading;
  /** The reply to a call; null: the call could not be read. */
  reply(passages: readonly Passage[] | null): string;
}

/** A pair of tags. */
type Tags = readonly [open: string, close: string];

/** What makes one protocol differ from the next. */
interface Form {
  readonly call: Tags;
  readonly result: Tags;
  /** What the environment writes around the tags of a result. */
  readonly around: Tags;
  /** What it writes within them, before and behind the passages. */
  readonly padding: string;
  /** The query within the tags of a call, or null if that is none. */
  readonly query: (text: string) => string | null;
  readonly passage: (passage: Passage, index: number) => string;
  readonly instructions: string;
  readonly tools?: readonly object[];
}

const ANSWER: Tags = ["<answer>", "</answer>"];

/** An answer as every protocol writes it. */
export function answerInTags(answer: string): string {
  return `${ANSWER[0]} ${answer} ${ANSWER[1]}`;
}

/** Special tokens of a chat template; they are gone where a response was decoded without them. */
const TURN_TOKENS = /<\|im_(?:start|end)\|>/g;

function protocol({ call, result, around, padding, query, passage, instructions, tools }: Form): Protocol {
  const tags = [...call, ...result, ...ANSWER];
  const [before, after] = around.map((text) => text.replace(TURN_TOKENS, "").trim());

  return {
    stops: [call[1], ANSWER[1]],
    instructions,
    tools,
    read(response) {
      const text = response.replace(TURN_TOKENS, "");
      const queries: (string | null)[] = [];
      let own = "", at = 0, calling = false;
      for (let found = between(text, call, at); found !== null; found = between(text, call, at)) {
        own += text.slice(at, found.start);
        at = found.end;
        queries.push(tags.some((tag) => found!.content.includes(tag)) ? null : query(found.content.trim()) || null);
        const replied = between(text, result, behind(text, at, before), true);
        if (replied) at = behind(text, replied.end, after);
        else if (behind(text, at, "") === text.length) calling = true;
        else own += call[0]; // A call that nobody replied to breaks the protocol.
      }
      own += text.slice(at);
      const last = own.lastIndexOf(ANSWER[0]);
      const found = last < 0 ? null : between(own, ANSWER, last);
      const answer = found?.content.trim() || null;
      const rest = found === null ? own : own.slice(0, found.start) + found.content;
      const ends = found !== null && own.slice(found.end).trim() === "";
      const obeyed = answer !== null && ends && !calling && !queries.includes(null) &&
        !tags.some((tag) => rest.includes(tag));
      return { queries, calling, answer, obeyed };
    },
    reply(passages) {
      const content = passages === null
        ? "The query could not be read."
        : passages.length === 0
        ? "Nothing was found."
        : passages.map((found, index) => passage(harmless(found, tags), index)).join("\n");
      return around[0] + result[0] + padding + content + padding + result[1] + around[1];
    },
  };
}

/** The first pair of tags from a place on; with `here`, only one that begins there. */
function between(text: string, [open, close]: Tags, from: number, here = false) {
  const start = !here ? text.indexOf(open, from) : text.startsWith(open, from) ? from : -1;
  const stop = start < 0 ? -1 : text.indexOf(close, start + open.length);
  return stop < 0 ? null : { start, content: text.slice(start + open.length, stop), end: stop + close.length };
}

/** The place behind white space and an expected text, if it comes next, and white space again. */
function behind(text: string, from: number, expected: string): number {
  const blank = /\s*/y;
  const skip = (at: number) => (blank.lastIndex = at, blank.test(text), blank.lastIndex);
  const start = skip(from);
  return text.startsWith(expected, start) ? skip(start + expected.length) : start;
}

/** A passage whose text can't be taken for the protocol's own: the web is full of other people's tags. */
function harmless({ id, title, text }: Passage, tags: readonly string[]): Passage {
  const clean = (from: string) =>
    tags.reduce((text, tag) => text.replaceAll(tag, `${tag[0]} ${tag.slice(1)}`), from).replaceAll("<|", "< |");
  return { id, title: clean(title), text: clean(text) };
}

/** The tool of `tool_call`, as chat templates want it. */
export const SEARCH_TOOL = {
  type: "function",
  function: {
    name: "search",
    description: "Searches for passages.",
    parameters: {
      type: "object",
      properties: { query: { type: "string", description: "What to look for." } },
      required: ["query"],
    },
  },
} as const;

/** `{"name": "search", "arguments": {"query": "…"}}` */
function queryOfToolCall(text: string): string | null {
  try {
    const { name, arguments: given } = JSON.parse(text);
    return name === SEARCH_TOOL.function.name && typeof given.query === "string" ? given.query.trim() : null;
  } catch {
    return null;
  }
}

const ANSWER_INSTRUCTIONS = `At last write the answer alone between ${ANSWER[0]} and ${ANSWER[1]}, as in ${
  answerInTags("Paris")
}.`;

const inTags = ([open, close]: Tags, [resultOpen, resultClose]: Tags) =>
  `Answer the question. To look something up, write a query between ${open} and ${close}; the passages that were ` +
  `found follow between ${resultOpen} and ${resultClose}. You may search several times. ${ANSWER_INSTRUCTIONS}`;

const SEARCH_R1: { call: Tags; result: Tags } = {
  call: ["<search>", "</search>"],
  result: ["<information>", "</information>"],
};
const R1_SEARCHER: { call: Tags; result: Tags } = {
  call: ["<|begin_of_query|>", "<|end_of_query|>"],
  result: ["<|begin_of_documents|>", "<|end_of_documents|>"],
};

/** Every protocol by its name. */
export const protocols = {
  search_r1: protocol({
    ...SEARCH_R1,
    around: ["\n\n", "\n\n"],
    padding: "",
    query: (text) => text,
    passage: ({ title, text }, index) => title === "" ? text : `Doc ${index + 1}(Title: "${title}") ${text}`,
    instructions: inTags(SEARCH_R1.call, SEARCH_R1.result),
  }),
  r1_searcher: protocol({
    ...R1_SEARCHER,
    around: ["\n\n", "\n\n"],
    padding: "\n",
    query: (text) => text,
    passage: ({ title, text }, index) => `(${index + 1})${title === "" ? "" : `Title: ${title} Text: `}${text}`,
    instructions: inTags(R1_SEARCHER.call, R1_SEARCHER.result),
  }),
  tool_call: protocol({
    call: ["<tool_call>", "</tool_call>"],
    result: ["<tool_response>", "</tool_response>"],
    around: ["<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"],
    padding: "\n",
    query: queryOfToolCall,
    tools: [SEARCH_TOOL],
    passage: ({ title, text }) => title === "" ? text : `${title}: ${text}`,
    instructions:
      "Answer the question. To look something up, call this tool with one JSON object between <tool_call> " +
      `and </tool_call>, as in {"name": "search", "arguments": {"query": "capital of France"}}: ` +
      `${JSON.stringify(SEARCH_TOOL)} The passages that were found follow between <tool_response> and ` +
      `</tool_response>. You may call it several times. ${ANSWER_INSTRUCTIONS}`,
  }),
} as const satisfies Record<string, Protocol>;

/** Name of a protocol. */
export type ProtocolName = keyof typeof protocols;
