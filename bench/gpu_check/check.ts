/**
 * `podium gpu-check`: what the GPU of this machine computes, and how fast. First whether the numbers are right (kernels
 * against float64, products in all geometries bit for bit, the fixture models against PyTorch, the engine's self-test),
 * then GRPO steps of a model of a real checkpoint's size, then further timings, and PyTorch's on the same card where
 * `python3` has it. What matters most comes first: where time runs out, the rest is left out and the report says so.
 *
 * @module
 */
import type { Gpu } from "../../policy/webgpu/device.ts";
import { shapeOf } from "../perf/workload.ts";
import { checkContract } from "./contract.ts";
import { ALL_GEOMETRIES, checkKernels, checkProducts, type GeometryName } from "./kernels.ts";
import { cardMemory, describeMachine } from "./machine.ts";
import { checkModels } from "./models.ts";
import { type PeerJob, runPeer } from "./peer.ts";
import { productFigure, PRODUCTS, type ProductShape, QUICK_PRODUCTS, timeProducts } from "./products.ts";
import type { Check, Report } from "./report.ts";
import { checkLine, kernelLines, phaseLine, productLine, trainingLine, workLine } from "./table.ts";
import { type TimeLimit, timeLimit, tooLate } from "./time_limit.ts";
import { problemsOf } from "./prompts.ts";
import { timeTraining, trainingFigure } from "./training.ts";
import { SHRUNKEN, TRAINING, type TrainingWork } from "./training_work.ts";
import { BUDGET, MODELS, PROFILED, timeKernels, timeWork, TINY, workFigure } from "./work.ts";

/** How much is done. */
export interface Extent {
  /** Geometries of products, and fixture models, that are checked. */
  geometries: readonly GeometryName[];
  fixtures: number;
  training: TrainingWork;
  /** Models whose kernels are timed. */
  profiled: typeof MODELS;
  products: readonly ProductShape[];
  /** Time every geometry, not just the one that is taken. */
  allGeometries: boolean;
  models: typeof MODELS;
  /** Timed repeats, after one for warming up. */
  repeats: number;
  /** Seconds for which a repeat of a product keeps the GPU busy, about. */
  target: number;
  /** Seconds for the whole. */
  seconds: number;
}

/** What gets as much time as it takes is told so only if there is a limit: seconds that parts may take on a large card. */
const NEEDS = { kernels: 40, products: 30, model: 60, peer: 110 };

/** Part of the card's memory that is taken; the rest is the driver's. */
const TAKEN = 0.9;

/** Everything; what ends within nine minutes on a large card; and what a software adapter does within a minute. */
export const EXTENTS = {
  full: {
    geometries: ALL_GEOMETRIES,
    fixtures: 3,
    training: TRAINING,
    profiled: { ...MODELS, ...PROFILED },
    products: PRODUCTS,
    allGeometries: true,
    models: MODELS,
    repeats: 3,
    target: 0.1,
    seconds: Infinity,
  },
  quick: {
    geometries: ALL_GEOMETRIES,
    fixtures: 3,
    training: { ...TRAINING, again: 1 },
    profiled: PROFILED,
    products: QUICK_PRODUCTS,
    allGeometries: false,
    models: { "hidden 128 × 4 layers": MODELS["hidden 128 × 4 layers"] },
    repeats: 3,
    target: 0.1,
    seconds: 500,
  },
  software: {
    geometries: ["software", "few"], // others take seconds to compile
    fixtures: 1,
    training: SHRUNKEN,
    profiled: TINY,
    products: [{ what: "64³", m: 64, n: 64, k: 64, form: "nt" }],
    allGeometries: false,
    models: TINY,
    repeats: 1,
    target: 0.001,
    seconds: Infinity,
  },
} satisfies Record<string, Extent>;

/** How a check is run. */
export interface CheckOptions {
  command: string;
  /** File with GSM8K's problems; absent: those of the generator. */
  data?: string;
  /** Gigabytes of the card that training may take; absent: nine tenths of what `nvidia-smi` says. */
  memory?: number;
  print: (line: string) => void;
  /** Gets the report so far after every part, so that nothing is lost where time runs out. */
  save: (report: Report) => Promise<void>;
}

/**
 * Checks and times.
 *
 * @returns the whole report
 */
export async function gpuCheck(gpu: Gpu, extent: Extent, options: CheckOptions): Promise<Report> {
  const { command, data, print, save } = options, problems = await problemsOf(data), limit = timeLimit(extent.seconds);
  const machine = await describeMachine(gpu), { peak } = machine, { products, models, repeats, target } = extent;
  const report: Report = {
    command,
    complete: false,
    machine,
    checks: [],
    training: trainingFigure(extent.training, problems),
    products: [],
    work: [],
    kernels: [],
    peer: null,
    peerMissing: null,
    leftOut: [],
  };
  const check = async (title: string, checks: Check[]) => {
    report.checks.push(...checks);
    print(checkLine(title, checks));
    await save(report);
  };
  const leaveOut = async (line: string) => {
    report.leftOut.push(line);
    print(line);
    await save(report);
  };
  const rest = { ...limit, left: () => limit.left() - NEEDS.peer };
  /** Does a part if there is time for it and for the peer, and if the device still works. */
  const part = async (title: string, needs: number, work: () => Promise<void>) => {
    const late = gpu.failure ? `${title}: left out, ${gpu.failure.message}` : tooLate(rest, title, needs);
    if (late) return await leaveOut(late);
    try {
      await work();
      await save(report);
    } catch (error) {
      // Too little memory, most likely: what follows can be done all the same.
      await leaveOut(`${title}: ${(error as Error).message}`);
    }
  };

  const { device, checks } = await checkContract(gpu);
  await check("self-test", checks);
  await check("products", await checkProducts(gpu, extent.geometries));
  await check("kernels", await checkKernels(gpu));
  const fixtures = await checkModels(gpu, extent.fixtures);
  if (fixtures) await check("fixture models", fixtures);
  else print("fixture models: not in this copy of Podium, so not checked");

  const { training } = report;
  const found = await timeTraining(gpu, extent.training, training, {
    device,
    problems,
    memory: 1e9 * (options.memory ?? TAKEN * cardMemory(machine)),
    limit: rest,
    events: {
      leaveOut,
      async phase(figure) {
        print(phaseLine(training, figure));
        await save(report);
      },
    },
  });
  await check(`GRPO steps of ${training.model}`, found);
  print(trainingLine(training));

  await part("kernels of each model", NEEDS.kernels, async () => {
    report.kernels = await timeKernels(gpu, extent.profiled, { device });
    print(kernelLines(report.kernels));
  });
  await part(
    "speed of products",
    NEEDS.products,
    () =>
      timeProducts(gpu, products, { peak, repeats, all: extent.allGeometries, target }, (figure) => {
        report.products.push(figure);
        print(productLine(figure));
      }),
  );
  for (const [name, shape] of Object.entries(models)) {
    await part(
      `speed of ${name}`,
      NEEDS.model,
      () =>
        timeWork(gpu, { [name]: shape }, { device, repeats }, async (figure) => {
          report.work.push(figure);
          print(workLine(figure, report.work));
          await save(report);
        }),
    );
  }

  // The card is one: what Podium holds of it must be free for the peer.
  gpu.dispose();
  await comparePeer(report, extent, { limit, software: gpu.adapter.software, ...options });
  report.complete = true;
  await save(report);
  return report;
}

/** PyTorch's figures. */
async function comparePeer(
  report: Report,
  { training: { config, prompts, group }, products, models, repeats, target }: Extent,
  { limit, software, print, save }: Pick<CheckOptions, "print" | "save"> & { limit: TimeLimit; software: boolean },
): Promise<void> {
  const { training } = report, { model, prompt, response } = training;
  const job: PeerJob = {
    device: software ? "cpu" : "cuda",
    repeats,
    budget: BUDGET,
    target,
    training: { model, ...shapeOf(config), prompts, group, prompt: Math.max(1, Math.round(prompt)), response },
    products,
    models,
  };
  report.peerMissing = await runPeer(job, limit, async (line) => {
    switch (line.kind) {
      case "versions": {
        const { kind: _, ...versions } = line;
        report.peer = versions;
        return print(`PyTorch ${versions.torch}, transformers ${versions.transformers}`);
      }
      case "phase": {
        const { kind: _, ...figure } = line;
        training.phases.push({ ...figure, run: 1, step: 1, card: null });
        print(phaseLine(training, training.phases.at(-1)!));
        return await save(report);
      }
      case "product": {
        const { kind: _, ...figure } = line;
        report.products.push(productFigure(figure, report.machine.peak));
        return print(productLine(report.products.at(-1)!));
      }
      case "work": {
        const { kind: _, ...figure } = line, own = report.work.find(({ model }) => model === line.model);
        const parameters = own?.parameters ?? null;
        report.work.push(workFigure({ ...figure, parameters }, models[line.model]));
        print(workLine(report.work.at(-1)!, report.work));
        return await save(report);
      }
      case "left out":
        report.leftOut.push(line.line);
        print(line.line);
    }
  });
  if (report.peerMissing) print(`no peer: ${report.peerMissing}`);
}
