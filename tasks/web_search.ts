/**
 * Questions that must be looked up: the policy searches, reads, searches again and answers (Search-R1, arXiv 2503.09516;
 * R1-Searcher, arXiv 2503.05592).
 *
 * Q: where was the founder of Belplex born?
 * A: <search> Belplex founded </search>
 *    <information>Belplex was founded by Ann Kelson. …</information>      (written by the environment)
 *    <search> Ann Kelson born </search>
 *    <information>Ann Kelson was born in Morton. …</information>
 *    <answer> Morton </answer>
 *
 * The source is `embedded` (questions about a small generated world, searched in memory) or questions of a file or of the
 * hub (`web_search/questions_file.ts`), with what is searched beside them: a corpus, or the address of an engine on the
 * network (`web_search/beside.ts`).
 *
 * | channel | 1 | 0 |
 * |---|---|---|
 * | `accuracy` | the answer equals a right one (exact match) | it does not, or there is none |
 * | `f1` | it has the same words | no word in common |
 * | `format` | the protocol was obeyed | it was not |
 * | `searches` | no search | all that are allowed: 1 - searches / allowed, so that more is better, as in every channel |
 *
 * @module
 */

import { scoreAnswer } from "./grading/question_answering.ts";
import { sha256 } from "./sha256.ts";
import type { Grade, Problem, Task } from "./task.ts";
import { searchBeside, type SearchedSource } from "./web_search/beside.ts";
import { buildIndex, searchWords } from "./web_search/full_text.ts";
import { type ProtocolName, protocols } from "./web_search/protocol.ts";
import { worldPassages, worldProblems } from "./web_search/questions.ts";
import { type QuestionsFile, readQuestions } from "./web_search/questions_file.ts";
import type { Passage, Search } from "./web_search/search.ts";
import { strategicGrams } from "./web_search/strategic_grams.ts";

/** Options of {@linkcode createWebSearch}. */
export interface WebSearchOptions {
  /** How calls, replies and answers are written. Default `search_r1`. */
  readonly protocol?: ProtocolName;
  /** Most searches of a response. Default 4, as Search-R1. */
  readonly maxTurns?: number;
  /** Passages of a reply. Default 2 of the embedded world (short sentences), 3 of anything else, as Search-R1. */
  readonly limit?: number;
  /** Searches instead of what lies beside the source. It must answer a query the same way in every run (`recording.ts`). */
  readonly search?: Search;
}

/** What the embedded base policy has learned, so that it is asked the question alone; others are told what to do. */
const DEFAULT_PROTOCOL: ProtocolName = "search_r1";

/** Ends the question of an embedded problem. */
export const END_OF_QUESTION = "\n";

let worldIndex: Search | undefined;

/** Searches the embedded world. Its sentences name what they are about, so passages come without their titles. */
export const searchWorld: Search = async (query, options) => {
  worldIndex ??= searchWords(buildIndex(worldPassages()));
  return (await worldIndex(query, options)).map((passage) => ({ ...passage, title: "" }));
};

/** A web search task. */
export function createWebSearch(
  { protocol = DEFAULT_PROTOCOL, maxTurns = 4, limit, search }: WebSearchOptions = {},
): Task<Grade> {
  const { stops, instructions, tools, read, reply } = protocols[protocol];
  /** What the questions of a source are searched in, by the source they name; opened once. */
  const opened = new Map<string, Promise<SearchedSource>>();
  const open = (questions: QuestionsFile) => {
    const { source } = questions;
    if (!opened.has(source)) opened.set(source, searchBeside(questions));
    return opened.get(source)!;
  };
  const isEmbedded = ({ meta }: Problem) => meta?.hops !== undefined;

  async function find(problem: Problem, query: string): Promise<Passage[]> {
    if (search) return search(query, { limit: limit ?? 3 });
    if (isEmbedded(problem)) return searchWorld(query, { limit: limit ?? 2 });
    const source = String(problem.meta?.source);
    const searched = await (opened.get(source) ?? open(await readQuestions(source)));
    return searched.search(query, { limit: limit ?? 3 });
  }

  return {
    name: protocol === DEFAULT_PROTOCOL ? "web_search" : `web_search_${protocol}`,
    summary: protocol === DEFAULT_PROTOCOL
      ? "questions to look up with a search tool, in several turns; embedded world, or questions with a corpus"
      : `the same in the protocol ${protocol}`,
    async problems({ split, source = "embedded", seed = 0 }) {
      if (source === "embedded") return await worldProblems(split, seed);
      const questions = await readQuestions(source, { split });
      const { problems } = questions;
      const searched = search ? "" : (await open(questions)).digest;
      return {
        length: problems.length,
        source: questions.source,
        digest: await sha256(questions.digest + searched),
        at(index) {
          const problem = problems[index];
          if (!problem) throw new Error(`${source}: there is no problem ${index}; it has ${problems.length}.`);
          return problem;
        },
      };
    },
    prompt(problem) {
      const { question } = problem;
      const learned = isEmbedded(problem) && protocol === DEFAULT_PROTOCOL;
      return learned ? question + END_OF_QUESTION : `${instructions}\n\nQuestion: ${question}\n`;
    },
    strategicGrams,
    environment: {
      stops,
      maxTurns,
      ...tools && { tools },
      async reply(problem, response) {
        const { calling, queries } = read(response);
        if (!calling) return null;
        const query = queries[queries.length - 1];
        return reply(query === null ? null : await find(problem, query));
      },
    },
    equivalent(gold, answer) {
      return scoreAnswer([gold], answer).exactMatch === 1
        ? { verdict: "equal", reason: "equal: exact match" }
        : { verdict: "different", reason: "different: no exact match" };
    },
    grade(problem, response): Grade {
      const { answer, obeyed, queries } = read(response);
      const right = problem.meta?.answers as readonly string[] | undefined ?? [problem.gold];
      const { exactMatch, f1 } = answer === null ? { exactMatch: 0, f1: 0 } : scoreAnswer(right, answer);
      const searches = 1 - Math.min(queries.length, maxTurns) / maxTurns;
      return {
        rewards: { accuracy: exactMatch, f1, format: obeyed ? 1 : 0, searches },
        answer,
        reason: answer === null
          ? "no answer between tags"
          : exactMatch === 1
          ? "equal"
          : `different: ${answer} is not ${right.join(" or ")}`,
      };
    },
  };
}

/** The web search task in its default protocol. */
export const webSearch: Task<Grade> = createWebSearch();

/** The web search task in the protocol of R1-Searcher. */
export const webSearchR1Searcher: Task<Grade> = createWebSearch({ protocol: "r1_searcher" });

/** The web search task with the tool calls of chat templates. */
export const webSearchToolCall: Task<Grade> = createWebSearch({ protocol: "tool_call" });
