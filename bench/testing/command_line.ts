/**
 * The program as a user starts it, and small runs of it, for tests of commands.
 *
 * @module
 */

/** Path of the program. */
export const program = new URL("../cli.ts", import.meta.url).pathname;
const permissions = [
  "--allow-read",
  "--allow-write",
  "--allow-ffi",
  "--allow-run=deno,lscpu",
  "--allow-env",
  "--allow-sys",
  "--allow-net=127.0.0.1",
];

/** What a command printed, and its exit code. */
export interface Outcome {
  /** Exit code. */
  code: number;
  /** Standard output. */
  out: string;
  /** Standard error. */
  err: string;
}

/** The program as a user starts it, not started yet. */
export function command(...args: string[]): Deno.Command {
  return new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", ...permissions, program, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

/** Runs a command to its end. */
export async function podium(...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await command(...args).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** Runs a small suite without an engine; later arguments overrule earlier ones. */
export async function smallRun(out: string, ...more: string[]): Promise<void> {
  const { code, err } = await podium(
    "bench",
    "--policy=embedded:table",
    "--algorithms=grpo,rloo",
    `--out=${out}`,
    "--steps=4",
    "--seeds=1-3",
    "--jobs=1",
    "--set=evaluation.problems=16",
    "--set=evaluation.interval=2",
    "--set=training.learningRate=0.05",
    ...more,
  );
  if (code !== 0) throw new Error(err);
}
