/**
 * How a command can end other than well: the exit codes, and the errors that carry them.
 *
 * @module
 */

/** Exit codes of the command line. */
export const exitCodes = { ok: 0, error: 1, gateFailed: 100, interrupted: 130 } as const;

/** Something the user can put right: one sentence saying what is wrong, where, and what to do. */
export class Refusal extends Error {
  /** Name shown in stack traces. */
  override readonly name = "Refusal";
}

/** A health gate failed: the numbers of this run must not be believed. */
export class GateFailure extends Error {
  /** Name shown in stack traces. */
  override readonly name = "GateFailure";
  /** Which gate. */
  readonly gate: string;
  /** Training step at which it failed. */
  readonly step: number;

  /** A failure of `gate` at `step`, with one sentence that says what was measured. */
  constructor(gate: string, step: number, message: string) {
    super(message);
    this.gate = gate;
    this.step = step;
  }
}

/** The run was asked to stop and did so after the step under way; running it again continues. */
export class Interruption extends Error {
  /** Name shown in stack traces. */
  override readonly name = "Interruption";
}
