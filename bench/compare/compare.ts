/**
 * What differs between two leaderboards: those of two machines, or of before and after a change.
 *
 * @module
 */
import { canonical } from "../canonical.ts";
import type { Board, Leaderboard, LeaderboardRow } from "../leaderboard/shape.ts";
import { type MeasureChange, measureChanges } from "./measures.ts";
import { type SettingChange, settingChanges } from "./settings.ts";

/** Where something is. */
export type Presence = "both" | "a" | "b";

/** One algorithm on one task. */
export interface RowChanges {
  /** Registry name of the task. */
  task: string;
  /** Name in the suite. */
  label: string;
  /** Where it is. */
  presence: Presence;
  /** Options, learning rate and other settings of this row that differ. */
  settings: SettingChange[];
  /** Seeds that both finished; of these those with the same hash; and those with the same settings and another hash. */
  cells: { shared: number; same: number; contradicting: number };
  /** Whether both have the same seeds and all their cells are the same to the last bit. */
  same: boolean;
  /** What was measured; empty unless both have the row. */
  measures: MeasureChange[];
}

/** One task. */
export interface TaskChanges {
  /** Registry name. */
  task: string;
  /** Where it is. */
  presence: Presence;
  /** Data, prompts, policy, training, evaluation and gates that differ. */
  settings: SettingChange[];
}

/** Two leaderboards compared. */
export interface LeaderboardChanges {
  /** Machine, versions, name and sweep of the suite that differ. */
  settings: SettingChange[];
  /** Tasks of either. */
  tasks: TaskChanges[];
  /** Algorithms of either, task by task. */
  rows: RowChanges[];
}

/** Names in either list, those of the first before the others. */
const either = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];

const presenceOf = (a: unknown, b: unknown): Presence => a === undefined ? "b" : b === undefined ? "a" : "both";

/** What all rows of a board share; what is long, such as the prompt's text, by its hash. */
function sharedSettings({ suite }: Leaderboard, { task, data, policy }: Board): object {
  const { seeds, training, evaluation, gates, data: { decontaminate = false } } = suite.tasks.find((own) =>
    own.task === task
  )!;
  const { train, test, prompts, template } = data;
  return {
    data: { train, test, prompts, template: template.digest, decontaminate },
    policy,
    seeds,
    training,
    evaluation,
    gates,
  };
}

/** What a row sets for itself. */
function rowSettings(
  { suite }: Leaderboard,
  task: string,
  { label, algorithm, options, learningRate }: LeaderboardRow,
) {
  const { algorithms } = suite.tasks.find((own) => own.task === task)!;
  const { training } = algorithms.find((entry) => (entry.label ?? entry.name) === label) ?? { training: {} };
  return { algorithm, options, training: { ...training, learningRate } };
}

function cellsOf(a: LeaderboardRow, b: LeaderboardRow): RowChanges["cells"] & { all: number } {
  const pairs = a.seeds.flatMap((own) => {
    const other = b.seeds.find(({ seed }) => seed === own.seed);
    return other && own.hash !== null && other.hash !== null ? [[own, other] as const] : [];
  });
  return {
    shared: pairs.length,
    same: pairs.filter(([own, other]) => own.hash === other.hash).length,
    contradicting: pairs.filter(([own, other]) => own.cell === other.cell && own.hash !== other.hash).length,
    all: new Set([...a.seeds, ...b.seeds].map(({ seed }) => seed)).size,
  };
}

/** Compares two leaderboards; differences are the second minus the first. */
export function compareLeaderboards(a: Leaderboard, b: Leaderboard): LeaderboardChanges {
  const general = ({ environment, suite: { name, sweep } }: Leaderboard) => ({ environment, suite: { name, sweep } });
  const boardOf = ({ boards }: Leaderboard, task: string) => boards.find((board) => board.task === task);
  const names = ({ boards }: Leaderboard) => boards.map(({ task }) => task);
  const tasks = either(names(a), names(b)).map((task) => ({ task, first: boardOf(a, task), second: boardOf(b, task) }));
  const rows = tasks.flatMap(({ task, first, second }) => {
    const labels = (board?: Board) => board?.rows.map(({ label }) => label) ?? [];
    const rowOf = (board: Board | undefined, label: string) => board?.rows.find((row) => row.label === label);
    return either(labels(first), labels(second))
      .map((label) => ({ task, label, first: rowOf(first, label), second: rowOf(second, label) }));
  });
  const changedTasks = tasks.map(({ task, first, second }): TaskChanges => ({
    task,
    presence: presenceOf(first, second),
    settings: first && second ? settingChanges(sharedSettings(a, first), sharedSettings(b, second)) : [],
  }));
  /** Settings of a row that differ, other than those that differ for its whole task. */
  const ownSettings = (task: string, first: LeaderboardRow, second: LeaderboardRow) => {
    const shared = new Set(changedTasks.find((own) => own.task === task)!.settings.map((change) => canonical(change)));
    return settingChanges(rowSettings(a, task, first), rowSettings(b, task, second))
      .filter((change) => !shared.has(canonical(change)));
  };
  const compared = rows.map(({ task, label, first, second }): RowChanges & { seeds: LeaderboardRow["seeds"][] } => {
    const presence = presenceOf(first, second);
    const { all, ...cells } = first && second
      ? cellsOf(first, second)
      : { shared: 0, same: 0, contradicting: 0, all: 0 };
    return {
      task,
      label,
      presence,
      settings: first && second ? ownSettings(task, first, second) : [],
      cells,
      same: all > 0 && cells.same === all,
      measures: [],
      seeds: [first?.seeds ?? [], second?.seeds ?? []],
    };
  });
  const both = compared.filter(({ presence }) => presence === "both");
  const changes = measureChanges(both.map(({ seeds: [first, second], same }) => ({ a: first, b: second, same })));
  both.forEach((row, index) => row.measures = changes[index]);
  return {
    settings: settingChanges(general(a), general(b)),
    tasks: changedTasks,
    rows: compared.map(({ seeds: _, ...row }) => row),
  };
}
