/**
 * How far a suite is: a bar with the time left on a terminal, a line now and then elsewhere.
 *
 * @module
 */
import type { CellEvent } from "./execution/executor.ts";

/** Where and how progress is shown. */
export interface ProgressOptions {
  /** Milliseconds. */
  clock: () => number;
  /** Writes text as it is. */
  write: (text: string) => void;
  /** True on a terminal: one line that is redrawn. */
  terminal: boolean;
  /** Width of the terminal. */
  columns?: number;
}

/** A duration for people: `45 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

/** Counts the steps of all cells and shows how many are done. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #cells: ReadonlyMap<string, { name: string; steps: number }>;
  readonly #done = new Map<string, number>();
  readonly #start: number;
  #inherited = 0;
  #last = "";
  #shown = -Infinity;
  #drawn = false;

  /** Progress of cells by id, with their names and numbers of training steps. */
  constructor(cells: ReadonlyMap<string, { name: string; steps: number }>, options: ProgressOptions) {
    this.#cells = cells;
    this.#options = options;
    this.#start = options.clock();
  }

  /** Takes an event of the executor. */
  on(event: CellEvent): void {
    const { id } = event;
    const before = this.#done.get(id) ?? 0, { steps = 0 } = this.#cells.get(id) ?? {};
    if (event.type === "resumed") {
      this.#inherited += event.step;
      this.#done.set(id, event.step);
      this.#say(`${this.#cells.get(id)?.name}: continues after step ${event.step}.`);
    } else if (event.type === "step") {
      this.#done.set(id, event.step);
    } else if (event.type === "finished") {
      // A cell that an earlier run finished has not taken a step now.
      if (before === 0) this.#inherited += steps;
      this.#done.set(id, steps);
    } else if (event.type === "failed") {
      this.#done.set(id, steps);
      this.#say(
        `${this.#cells.get(id)?.name}: stopped at step ${event.step} by the gate ${event.gate}: ${event.message}`,
      );
    }
    this.#show(false);
  }

  /** Ends the bar. */
  end(): void {
    this.#show(true);
    if (this.#drawn) this.#options.write("\n");
    this.#drawn = false;
  }

  #say(line: string): void {
    this.#options.write((this.#drawn ? "\r\x1b[K" : "") + line + "\n");
    this.#shown = -Infinity;
  }

  #show(force: boolean): void {
    const { clock, write, terminal, columns = 80 } = this.#options;
    const now = clock();
    if (!force && now - this.#shown < (terminal ? 100 : 10_000)) return;
    this.#shown = now;
    const all = [...this.#cells.values()].reduce((sum, { steps }) => sum + steps, 0);
    const done = [...this.#done.values()].reduce((sum, steps) => sum + steps, 0);
    const seconds = (now - this.#start) / 1000;
    const own = done - this.#inherited;
    const left = own > 0 && done < all ? `, ${duration(seconds * (all - done) / own)} left` : "";
    const finished = [...this.#done].filter(([id, steps]) => steps === this.#cells.get(id)?.steps).length;
    const share = all === 0 ? 1 : done / all;
    const text = `${Math.floor(100 * share)} %  ${done}/${all} steps, ${finished}/${this.#cells.size} cells, ` +
      `${duration(seconds)}${left}`;
    if (!terminal) {
      if (text !== this.#last) write(text + "\n");
      this.#last = text;
      return;
    }
    const width = Math.max(0, Math.min(30, columns - text.length - 4));
    const full = Math.round(share * width);
    write(`\r\x1b[K${"█".repeat(full)}${"░".repeat(width - full)} ${text}`);
    this.#drawn = true;
  }
}
