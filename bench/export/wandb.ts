/**
 * A cell as Weights & Biases has it: the arguments of `wandb.init`, and one line per step for `run.log`.
 *
 *     import json, wandb
 *     run = wandb.init(**json.load(open("run.json")))
 *     for line in map(json.loads, open("history.jsonl")):
 *         run.log(line, step=line.pop("_step"))
 *
 * @module
 */
import type { Cell } from "../cell.ts";
import type { HistoryLine } from "./history.ts";

/** `history.jsonl`: `_step`, `_runtime` in recorded seconds of training, and the numbers by name. No time of day. */
export function historyText(history: readonly HistoryLine[]): string {
  return history.map(({ step, seconds, numbers }) =>
    JSON.stringify({ _step: step, ...seconds !== null && { _runtime: seconds }, ...numbers }) + "\n"
  ).join("");
}

/** `run.json`: the seeds of an algorithm are a group, and everything that decides the numbers is the configuration. */
export function runText(suite: string, label: string, { id, identity }: Cell): string {
  const { algorithm, task, seed } = identity;
  const run = {
    project: suite,
    group: label,
    job_type: task.name,
    name: `${task.name} ${label} seed ${seed}`,
    id,
    tags: [task.name, algorithm.name],
    config: identity,
  };
  return JSON.stringify(run, null, 2) + "\n";
}
