/**
 * `podium perf`: tokens per second of rollout, scoring and update, and whole GRPO steps per hour with all cores in use,
 * beside PyTorch and TRL in the same call where `python3` has them.
 *
 * Every figure is the median of repeats after warm-up. Podium and the peer alternate, never overlap. A group's shared
 * prompt is computed once, which is counted as if it had been computed for each response: the work done is the same.
 * The PyTorch peer takes the fastest of several ways, with and without that sharing, in the same settings of processes
 * and threads as Podium.
 *
 * @module
 */
import { peer, pythonHas } from "./peers.ts";
import { type Job, measure } from "./measure.ts";
import { SHAPES } from "./shapes.ts";
import { median, type Mode, type Shape, tokensOf } from "./workload.ts";

/** One line of the result. */
export interface Figure {
  shape: string;
  what: Mode;
  /** Tokens per second, or steps per hour for `step`. */
  podium: number;
  podiumSetting: string;
  /** The peer's best; null where there is none. */
  peer: number | null;
  peerSetting: string | null;
  /** Podium's figure over the peer's. */
  ratio: number | null;
  /** The peer's best with transformers and eager attention, its plain setting. */
  peerEager: number | null;
}

/** What to measure and where to print. */
export interface PerfOptions {
  print?: (line: string) => void;
  repeats?: number;
  /** Leave the peers out. */
  alone?: boolean;
  /** Only the figures whose name, such as `base policy, step`, holds this. */
  only?: string;
}

/** Measures everything and prints a line per figure. */
export async function perf(
  { print = () => {}, repeats = 7, alone = false, only = "" }: PerfOptions = {},
): Promise<Figure[]> {
  const cores = navigator.hardwareConcurrency;
  const [torch, trl] = alone ? [false, false] : [await pythonHas("torch"), await pythonHas("trl")];
  print(`${cores} cores; PyTorch ${torch ? "found" : "not found"}, TRL ${trl ? "found" : "not found"} (python3)`);
  const figures: Figure[] = [];
  const report = (figure: Figure) => {
    figures.push(figure);
    print(lineOf(figure));
  };
  for (const [name, shape] of Object.entries(SHAPES)) {
    const wanted = (what: Mode) => `${name}, ${what}`.includes(only);
    for (const what of (["rollout", "score", "update"] as const).filter(wanted)) {
      const own = await podiumBest(shape, what, cores, repeats);
      const other = torch ? await torchBest(shape, what, cores, repeats) : null;
      report(figureOf(name, what, own, other));
    }
    if (!wanted("step")) continue;
    const own = await podiumSteps(shape, cores, repeats);
    const other = trl ? await trlBest(shape, cores) : null;
    report(figureOf(name, "step", own, other));
  }
  return figures;
}

interface Measured {
  rate: number;
  setting: string;
  /** Best rate among the ways named eager. */
  eager?: number;
}

function figureOf(shape: string, what: Mode, own: Measured, other: Measured | null): Figure {
  return {
    shape,
    what,
    podium: own.rate,
    podiumSetting: own.setting,
    peer: other?.rate ?? null,
    peerSetting: other?.setting ?? null,
    ratio: other ? own.rate / other.rate : null,
    peerEager: other?.eager ?? null,
  };
}

function lineOf({ shape, what, podium, podiumSetting, peer, peerSetting, ratio, peerEager }: Figure): string {
  const unit = what === "step" ? "GRPO steps/h" : "tokens/s";
  const own = `${shape}, ${what}: ${Math.round(podium).toLocaleString("en")} ${unit} (${podiumSetting})`;
  if (peer === null) return `${own}; no peer here`;
  const line = `${own}; peer ${Math.round(peer).toLocaleString("en")} (${peerSetting}); ratio ${ratio!.toFixed(2)}`;
  return peerEager ? `${line}, to transformers eager ${(podium / peerEager).toFixed(2)}` : line;
}

const best = (measured: Measured[]): Measured => measured.reduce((a, b) => b.rate > a.rate ? b : a);

/** One process with 1 thread and with all cores, and one process of 1 thread per core. */
async function podiumBest(shape: Shape, mode: Mode, cores: number, repeats: number): Promise<Measured> {
  const tokens = tokensOf(shape, mode), measured: Measured[] = [];
  for (const threads of new Set([1, cores])) {
    const [times] = await processes({ shape, mode, threads, repeats }, 1);
    measured.push({ rate: tokens / median(times), setting: `1 process × ${threads} threads` });
  }
  if (cores > 1) measured.push(await sideBySide(shape, mode, cores, repeats, tokens));
  return best(measured);
}

async function podiumSteps(shape: Shape, cores: number, repeats: number): Promise<Measured> {
  return await sideBySide(shape, "step", cores, Math.max(repeats, 12), 3600);
}

async function sideBySide(shape: Shape, mode: Mode, cores: number, repeats: number, unit: number): Promise<Measured> {
  const runs = await processes({ shape, mode, threads: 1, repeats: repeats * 2 }, cores);
  const rate = runs.reduce((sum, times) => sum + unit / median(times), 0);
  return { rate, setting: `${cores} processes × 1 thread` };
}

async function torchBest(shape: Shape, mode: Mode, cores: number, repeats: number): Promise<Measured | null> {
  const measured: Measured[] = [], sequences = shape.prompts * shape.group;
  // The same settings as Podium's own: one process with 1 thread and with all cores, and a process per core.
  for (const [processes, threads] of cores > 1 ? [[1, 1], [1, cores], [cores, 1]] : [[1, 1]]) {
    for (const group of [1, shape.group]) {
      const job = { ...shape, group, sequences, mode, threads, repeats };
      const results = await Promise.all(Array.from({ length: processes }, () => peer("torch_peer.py", job)));
      if (results.some((result) => result === null)) return null;
      const rate = results.reduce((sum, result) => sum + (result!.tokensPerSecond as number), 0);
      const setting = `PyTorch ${results[0]!.torch}, ${results[0]!.way}, ${processes} processes × ${threads} threads`;
      const eager = results.map((result) =>
        Math.max(
          0,
          ...Object.entries(result!.tried as Record<string, number>)
            .filter(([way]) => way.includes("eager")).map(([, rate]) => rate),
        )
      );
      measured.push({ rate, setting, eager: eager.reduce((sum, rate) => sum + rate, 0) });
    }
  }
  const eager = Math.max(...measured.map((way) => way.eager!));
  return { ...best(measured), ...(eager > 0 ? { eager } : {}) };
}

async function trlBest(shape: Shape, cores: number): Promise<Measured | null> {
  const measured: Measured[] = [];
  for (const [processes, threads] of [[1, cores], [cores, 1]]) {
    const result = await peer("trl_peer.py", { ...shape, samples: shape.group, processes, threads, steps: 10 });
    if (!result) return null;
    const setting = `TRL ${result.trl}, ${processes} processes × ${threads} threads`;
    measured.push({ rate: result.stepsPerHour as number, setting });
  }
  return best(measured);
}

/** Runs a job in several processes at once, started together; in this process if no other may be started. */
async function processes(job: Job, count: number): Promise<number[][]> {
  const { state } = await Deno.permissions.query({ name: "run", command: "deno" });
  if (state !== "granted") return [await measure(job)];
  const program = new URL("./worker.ts", import.meta.url).pathname;
  const args = ["run", "-q", "--allow-read", "--allow-ffi", "--allow-env", "--allow-sys", program, JSON.stringify(job)];
  const running = Array.from(
    { length: count },
    () => new Deno.Command("deno", { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn(),
  );
  await Promise.all(running.map(async ({ stdin }) => {
    const writer = stdin.getWriter();
    await writer.write(Uint8Array.of(10));
    await writer.close();
  }));
  const outputs = await Promise.all(running.map((child) => child.output()));
  return outputs.map(({ stdout, code }) => {
    if (code !== 0) throw new Error("A measuring process failed; its message is above.");
    return JSON.parse(new TextDecoder().decode(stdout)) as number[];
  });
}
