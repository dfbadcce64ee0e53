/**
 * Learned prompts: what stands in them at the end, and how they came about.
 *
 * @module
 */
import type { Context } from "../../../algorithms/mod.ts";
import { counted } from "../../leaderboard/format.ts";
import { element, type Markup } from "../html.ts";
import { percent } from "../numbers.ts";
import type { LearnedPrompt, PromptChange, TaskPrompts } from "../prompts.ts";
import { allTasks, type ReportRun, whenTask } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf } from "../table.ts";
import { section } from "../view.ts";

/** Longest text that is shown whole, in characters. */
const longest = 1500;

const cut = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest)} … and ${text.length - longest} more characters`;

function promptText({ instructions, experiences, demonstrations }: Context): Markup {
  const written = Object.entries(instructions).filter(([, text]) => text !== "");
  if (written.length + experiences.length + demonstrations.length === 0) return element`<p>Nothing was added.</p>`;
  return element`<dl class="prompt">${
    written.map(([module, text]) => element`<dt>${module}</dt><dd><pre>${cut(text)}</pre></dd>`)
  }${experiences.map(({ id, text }) => element`<dt>${id}</dt><dd><pre>${cut(text)}</pre></dd>`)}${
    demonstrations.map(({ question, response }) =>
      element`<dt>example</dt><dd><pre>${cut(`${question}${response}`)}</pre></dd>`
    )
  }</dl>`;
}

function changeRow({ step, added, removed, average }: PromptChange): Markup {
  const line = (sign: string, { place, text }: { place: string; text: string }) =>
    element`<div>${sign} <span class="muted">${place}</span> ${cut(text)}</div>`;
  return element`<tr><td class="number">${step}</td><td>${removed.map((one) => line("−", one))}${
    added.map((one) => line("+", one))
  }</td><td class="number">${average === null ? "" : percent(average)}</td></tr>`;
}

/** What learning took: responses, requests to the reflector, and of models tokens and money. */
function costText(cost: LearnedPrompt["cost"]): string {
  const { responses, reflections, reflectionFailures, reflectorCalls, reflectorTokens } = cost;
  const { policyMoney, reflectorMoney, money } = cost, english = (value: number) => value.toLocaleString("en-US");
  const price = (before: string, value: number | null | undefined, behind = "") =>
    value == null ? "" : `${before} ${Number(value.toPrecision(3))}${behind}`;
  const calls = `in ${english(reflectorCalls ?? 0)} calls with ${english(reflectorTokens ?? 0)} tokens`;
  const asked = reflections && counted(reflections, "request") +
      (reflectorCalls ? ` ${calls}${price(" at", reflectorMoney)}` : "") +
      (reflectionFailures ? `, ${english(reflectionFailures)} of them in vain` : "");
  return [
    "",
    `${english(responses ?? 0)} responses${price(" at", policyMoney)}`,
    ...asked ? [asked] : [],
    ...policyMoney != null && reflectorMoney != null ? [price("price", money, " in all")] : [],
  ].join(", ");
}

function learnedBlock({ label, seed, reflector, cost, before, final, changes }: LearnedPrompt, looks: Looks): Markup {
  return element`<details data-algorithm="${label}"><summary>${
    nameOf(label, looks)
  } <span class="muted">seed ${seed}, reflector ${reflector}${costText(cost)}, ${
    counted(changes.length, "change")
  }</span></summary>${promptText(final)}${
    changes.length > 0 &&
    element`<div class="scroll"><table><thead><tr><th>step</th><th>change</th><th>avg@k %</th></tr></thead><tbody><tr><td class="number">0</td><td class="muted">before learning</td><td class="number">${
      percent(before)
    }</td></tr>${changes.map(changeRow)}</tbody></table></div>`
  }</details>`;
}

const taskBlock = ({ task, learned }: TaskPrompts, looks: Looks): Markup =>
  element`<div class="task" data-when="${whenTask(allTasks, task)}"><h3>${task}</h3>${
    learned.map((one) => learnedBlock(one, looks))
  }</div>`;

/** Section: learned prompts; nothing where no algorithm learns one or the records are not there. */
export function promptsSection({ prompts }: ReportRun, looks: Looks): Markup | null {
  if (prompts.length === 0) return null;
  return section(
    "prompts",
    "Learned prompts",
    "What stands around a problem at the end, and every change on the way with held-out accuracy under it, where it was measured. The first seed. The reflector called rules is the embedded one, which is no language model.",
    element`<div class="stack">${prompts.map((task) => taskBlock(task, looks))}</div>`,
  );
}
