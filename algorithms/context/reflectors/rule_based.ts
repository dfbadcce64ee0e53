/**
 * The embedded reflector: a reflector without a language model.
 *
 * It knows a small vocabulary of advice and compares: what do winners do more often than losers? It is a pure function of
 * a request, and what it proposes is drawn from the transcripts in that request alone: no gold answer, no memory, no
 * knowledge of the task. So it is as easily misled as any critic by a group of five. Where rewards are withheld, the
 * answer that most responses agree on counts as right. Where all are winners, or all losers, it advises what they do, or
 * against it; only a request to propose something without transcripts makes it choose blindly.
 *
 * ```ts
 * import { ruleBasedReflection } from "@podium/rl/algorithms";
 *
 * const attempt = (response: string, score: number) => ({ question: "…", response, score, answer: null });
 * const attempts = [attempt("first 1+1=2.\nlet us check 2-1=1.\n#### 2", 1), attempt("first 1+1=3.\n#### 3", 0)];
 * const { operations } = ruleBasedReflection({ kind: "critique", attempts, experiences: [], limit: 1, maxWords: 32 });
 * if (operations?.[0].content !== "check the sum.") throw new Error("unexpected advice");
 * ```
 *
 * @module
 */

import type { Attempt, ConsolidationRequest, Context, Reflection, ReflectionRequest } from "../algorithm.ts";
import type { ExperienceOperation } from "../experience_library.ts";
import { allEqual, mean } from "../../terms/statistics.ts";
import { type AdviceTopic, adviceVocabulary } from "./vocabulary.ts";

/** The answer that more attempts give than any other, at least two; `null` if there is none. */
function majorityAnswer(attempts: readonly Attempt[]): string | null {
  const votes = new Map<string, number>();
  for (const { answer } of attempts) if (answer !== null) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  const [first, second] = [...votes].sort(([, a], [, b]) => b - a);
  return first && first[1] > Math.max(1, second?.[1] ?? 0) ? first[0] : null;
}

/** Attempts by success: above and below the mean score, or by the answer of the majority where there are no scores. */
function sides(attempts: readonly Attempt[]): { winners: Attempt[]; losers: Attempt[] } {
  const scores = attempts.map(({ score }) => score);
  if (scores.every((score) => score !== undefined)) {
    const bar = allEqual(scores) ? 1 : mean(scores), wins = ({ score }: Attempt) => score! >= bar;
    return { winners: attempts.filter(wins), losers: attempts.filter((attempt) => !wins(attempt)) };
  }
  const answer = majorityAnswer(attempts);
  return answer === null ? { winners: [], losers: [] } : {
    winners: attempts.filter((attempt) => attempt.answer === answer),
    losers: attempts.filter((attempt) => attempt.answer !== answer),
  };
}

/** A topic, and how much more often winners do it than losers; negative: less often. */
interface Effect {
  readonly topic: AdviceTopic;
  readonly effect: number;
}

/** Topics that make a difference, the largest first; equals in the order of the vocabulary. */
function effects(attempts: readonly Attempt[], vocabulary: readonly AdviceTopic[]): Effect[] {
  const { winners, losers } = sides(attempts);
  const rate = (some: readonly Attempt[], topic: AdviceTopic) =>
    mean(some.map(({ response }) => topic.shows(response) ? 1 : 0));
  return vocabulary.map((topic) => ({ topic, effect: rate(winners, topic) - rate(losers, topic) }))
    .filter(({ effect }) => effect !== 0)
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

/** Whether a text is the advice of a topic (1), its opposite (−1) or neither (0). */
const sideOf = (topic: AdviceTopic, text: string) => text === topic.advice ? 1 : text === topic.opposite ? -1 : 0;

/** What a library must do so that it says what `wanted` has the sign of; `undefined` if nobody would say that. */
function operationFor(
  topic: AdviceTopic,
  wanted: number,
  experiences: Context["experiences"],
): ExperienceOperation | undefined {
  const content = wanted > 0 ? topic.advice : topic.opposite;
  const present = experiences.find(({ text }) => sideOf(topic, text) !== 0);
  if (present?.text === content) return { operation: "NONE", id: present.id };
  if (content === null) return present && { operation: "DELETE", id: present.id };
  return present ? { operation: "UPDATE", id: present.id, content } : { operation: "ADD", content };
}

/** Votes on every topic, in the order of the vocabulary; texts of others are taken over once. */
function consolidate(
  { experiences, proposals }: ConsolidationRequest,
  vocabulary: readonly AdviceTopic[],
): ExperienceOperation[] {
  const textOf = (id?: string | null) => experiences.find((entry) => entry.id === id)?.text ?? "";
  const stance = (topic: AdviceTopic, { operation, id, content = "" }: ExperienceOperation) =>
    operation === "DELETE"
      ? -sideOf(topic, textOf(id))
      : operation === "NONE"
      ? sideOf(topic, textOf(id))
      : sideOf(topic, content);
  const votes = vocabulary.map((topic) => ({
    topic,
    total: proposals.reduce((sum, proposal) => sum + stance(topic, proposal), 0),
  })).filter(({ total }) => total !== 0).sort((a, b) => Math.abs(b.total) - Math.abs(a.total));
  const known = new Set([...vocabulary.flatMap(({ advice, opposite }) => [advice, opposite ?? ""]), ""]);
  const others = new Map(
    proposals.filter(({ content = "" }) => !known.has(content)).map((proposal) => [proposal.content, proposal]),
  );
  for (const { text } of experiences) others.delete(text);
  return [...votes.flatMap(({ topic, total }) => operationFor(topic, total, experiences) ?? []), ...others.values()];
}

/** The instruction without what it says about a topic, then `sentence`. */
function rewrite(instruction: string, { advice, opposite }: AdviceTopic, sentence: string | null): string {
  const rest = [advice, opposite].reduce<string>(
    (text, old) => old === null ? text : text.replace(old, ""),
    instruction,
  );
  return [rest, sentence ?? ""].join(" ").replace(/\s+/g, " ").trim();
}

/** The reply to a request; a pure function of it. */
export function ruleBasedReflection(
  request: ReflectionRequest,
  vocabulary: readonly AdviceTopic[] = adviceVocabulary,
): Reflection {
  if (request.kind === "summarize") return { text: request.attempt.response || "(nothing)", calls: 0 };
  if (request.kind === "consolidate") return { operations: consolidate(request, vocabulary), calls: 0 };
  if (request.kind === "critique") {
    const operations = effects(request.attempts, vocabulary)
      .flatMap(({ topic, effect }) => operationFor(topic, effect, request.experiences) ?? []);
    return { operations: operations.slice(0, request.limit), calls: 0 };
  }
  const { instruction } = request;
  if (request.kind === "mutate") {
    for (const { topic, effect } of effects(request.attempts, vocabulary)) {
      const text = rewrite(instruction, topic, effect > 0 ? topic.advice : topic.opposite);
      const before = instruction.replace(/\s+/g, " ").trim();
      if (text !== before && text !== "" && !(effect > 0 && before.includes(topic.advice))) return { text, calls: 0 };
    }
    return { failure: "the attempts show nothing that the instruction does not say", calls: 0 };
  }
  const choices = vocabulary.flatMap((topic) => {
    const shown = request.demonstrations.filter(({ response }) => topic.shows(response)).length;
    if (request.demonstrations.length === 0) return [topic.advice, topic.opposite].map((text) => ({ topic, text }));
    return [{ topic, text: shown > 0 ? topic.advice : topic.opposite }];
  }).filter(({ text }) => text !== null);
  const { topic, text } = choices[Math.floor(request.draw * choices.length)];
  return { text: rewrite(instruction, topic, text), calls: 0 };
}

/** The embedded reflector as a runner takes it. Its replies call no model, so they cost nothing. */
export function ruleBasedReflector(
  vocabulary: readonly AdviceTopic[] = adviceVocabulary,
): (requests: readonly ReflectionRequest[], reply: (index: number, reflection: Reflection) => void) => Promise<void> {
  return (requests, reply) => {
    requests.forEach((request, index) => reply(index, ruleBasedReflection(request, vocabulary)));
    return Promise.resolve();
  };
}
