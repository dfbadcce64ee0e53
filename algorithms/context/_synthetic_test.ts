/**
 * A policy that is a pure function of prompt, problem and noise, for the tests of this folder: it works step by step and
 * checks its result as advice or examples say, or else as the noise has it, and is right the more often for it.
 */

import { adviceVocabulary, type Context, type Models, type RolloutRequest, ruleBasedReflector } from "./mod.ts";
import type { Rollout, Setting } from "./algorithm.ts";
import { draw } from "./terms/draws.ts";

const topic = (name: string) => adviceVocabulary.find((one) => one.name === name)!;

/** Whether the prompt makes the policy do it: 1, 0, or the share of responses that do without advice. */
function habit(name: string, { instructions, experiences, demonstrations }: Context): number {
  const { advice, opposite, shows } = topic(name);
  const text = [...Object.values(instructions), ...experiences.map(({ text }) => text)].join(" ");
  if (opposite !== null && text.includes(opposite)) return 0;
  if (text.includes(advice)) return 1;
  const shown = demonstrations.filter(({ response }) => shows(response)).length;
  return demonstrations.length === 0 ? 0.4 : shown / demonstrations.length;
}

/** Probability of a right answer: problems of one kind need steps, of the other a check. */
const chance = (kind: number, steps: boolean, check: boolean) =>
  kind === 0 ? 0.05 + 0.45 * Number(steps) + 0.15 * Number(check) : 0.05 + 0.15 * Number(steps) + 0.45 * Number(check);

/** A graded response. `world` changes all noise. */
export function respond({ problem, context, draw: noise }: RolloutRequest, world = 1): Rollout {
  const does = (name: string, i: number) => draw(world, name, problem, noise, i) < habit(name, context);
  const steps = does("steps", 0), check = does("check", 1);
  const right = draw(world, "right", problem, noise) < chance(problem % 2, steps, check);
  const answer = right ? `a${problem}` : `w${Math.floor(3 * draw(world, "wrong", problem, noise))}`;
  return {
    response: [steps ? "first one, then two." : "two.", check ? "let us check." : "", answer].join("\n"),
    score: right ? 1 : 0,
    answer,
    feedback: right ? "equal" : "different",
  };
}

/** A setting with `count` problems, all with a worked solution that takes steps and does not check. */
export function setting(count: number, budget: number, seed: number, modules = ["main"]): Setting {
  const instructions = Object.fromEntries(modules.map((module) => [module, ""]));
  return {
    problems: Array.from({ length: count }, (_, i) => ({
      question: `question ${i}`,
      gold: `a${i}`,
      solution: `first one, then two.\na${i}`,
    })),
    initial: { instructions, experiences: [], demonstrations: [] },
    budget,
    seed,
  };
}

/** What was asked of {@linkcode models}. */
export interface Asked {
  responses: number;
  reflections: number;
}

/** The policy and the embedded reflector, counting. */
export function models(world = 1): Models & { asked: Asked } {
  const asked = { responses: 0, reflections: 0 }, reflect = ruleBasedReflector();
  return {
    asked,
    rollOut: (requests, reply) => {
      asked.responses += requests.length;
      requests.forEach((request, i) => reply(i, respond(request, world)));
      return Promise.resolve();
    },
    reflect: (requests, reply) => {
      asked.reflections += requests.length;
      return reflect(requests, reply);
    },
  };
}

/** Share of right answers to many other problems. */
export function accuracy(context: Context, world = 1): number {
  const count = 2000;
  let right = 0;
  for (let i = 0; i < count; i++) right += respond({ problem: 100_000 + i, context, draw: 0 }, world).score;
  return right / count;
}
