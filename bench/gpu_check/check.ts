/**
 * `podium gpu-check`: what the GPU of this machine computes, and how fast. First whether the numbers are right (kernels
 * against float64, products in all geometries bit for bit, the fixture models against PyTorch, the engine's self-test),
 * then timings, and PyTorch's on the same card where `python3` has it.
 *
 * @module
 */
import type { Gpu } from "../../policy/webgpu/device.ts";
import { checkContract } from "./contract.ts";
import { ALL_GEOMETRIES, checkKernels, checkProducts, type GeometryName } from "./kernels.ts";
import { describeMachine } from "./machine.ts";
import { checkModels } from "./models.ts";
import { runPeer } from "./peer.ts";
import { productFigure, PRODUCTS, type ProductShape, QUICK_PRODUCTS, timeProducts } from "./products.ts";
import type { Check, Report } from "./report.ts";
import { checkLine, kernelLines, productLine, workLine } from "./table.ts";
import { BUDGET, MODELS, timeKernels, timeWork, TINY, workFigure } from "./work.ts";

/** How much is done. */
export interface Extent {
  /** Geometries of products, and fixture models, that are checked. */
  geometries: readonly GeometryName[];
  fixtures: number;
  products: readonly ProductShape[];
  /** Time every geometry, not just the one that is taken. */
  allGeometries: boolean;
  models: typeof MODELS;
  /** Timed repeats, after one for warming up. */
  repeats: number;
  /** Seconds for which a repeat of a product keeps the GPU busy, about. */
  target: number;
}

/** Everything; a few minutes' worth; and what a software adapter does within a minute. */
export const EXTENTS = {
  full: {
    geometries: ALL_GEOMETRIES,
    fixtures: 3,
    products: PRODUCTS,
    allGeometries: true,
    models: MODELS,
    repeats: 3,
    target: 0.1,
  },
  quick: {
    geometries: ALL_GEOMETRIES,
    fixtures: 3,
    products: QUICK_PRODUCTS,
    allGeometries: false,
    models: { "hidden 128 × 4 layers": MODELS["hidden 128 × 4 layers"], "Qwen2.5-0.5B": MODELS["Qwen2.5-0.5B"] },
    repeats: 3,
    target: 0.1,
  },
  software: {
    geometries: ["software", "few"], // others take seconds to compile
    fixtures: 1,
    products: [{ what: "64³", m: 64, n: 64, k: 64, form: "nt" }],
    allGeometries: false,
    models: TINY,
    repeats: 1,
    target: 0.001,
  },
} satisfies Record<string, Extent>;

/**
 * Checks and times; `save` gets the report so far after every part, so that nothing is lost where time runs out.
 *
 * @returns the whole report
 */
export async function gpuCheck(
  gpu: Gpu,
  extent: Extent,
  { command, print, save }: {
    command: string;
    print: (line: string) => void;
    save: (report: Report) => Promise<void>;
  },
): Promise<Report> {
  const machine = await describeMachine(gpu), { peak } = machine, { products, models, repeats, target } = extent;
  const report: Report = {
    command,
    complete: false,
    machine,
    checks: [],
    products: [],
    work: [],
    kernels: [],
    peer: null,
    peerMissing: null,
  };
  const check = async (title: string, checks: Check[]) => {
    report.checks.push(...checks);
    print(checkLine(title, checks));
    await save(report);
  };
  const { device, checks } = await checkContract(gpu);
  await check("self-test", checks);
  await check("products", await checkProducts(gpu, extent.geometries));
  await check("kernels", await checkKernels(gpu));
  const fixtures = await checkModels(gpu, extent.fixtures);
  if (fixtures) await check("fixture models", fixtures);
  else print("fixture models: not in this copy of Podium, so not checked");

  await timeProducts(gpu, products, { peak, repeats, all: extent.allGeometries, target }, (figure) => {
    report.products.push(figure);
    print(productLine(figure));
  });
  await save(report);
  await timeWork(gpu, models, { device, repeats }, async (figure) => {
    report.work.push(figure);
    print(workLine(figure, report.work));
    await save(report);
  });

  report.kernels = await timeKernels(gpu, models, { device });
  print(kernelLines(report.kernels));
  await save(report);

  // The card is one: what Podium holds of it must be free for the peer.
  gpu.dispose();
  const job = {
    device: gpu.adapter.software ? "cpu" : "cuda",
    repeats,
    budget: BUDGET,
    target,
    products,
    models,
  } as const;
  report.peerMissing = await runPeer(job, async (line) => {
    switch (line.kind) {
      case "versions": {
        const { kind: _, ...versions } = line;
        report.peer = versions;
        return print(`PyTorch ${versions.torch}, transformers ${versions.transformers}`);
      }
      case "product": {
        const { kind: _, ...figure } = line;
        report.products.push(productFigure(figure, peak));
        return print(productLine(report.products.at(-1)!));
      }
      case "work": {
        const { kind: _, ...figure } = line, { parameters } = report.work.find(({ model }) => model === line.model)!;
        report.work.push(workFigure({ ...figure, parameters }, models[line.model]));
        print(workLine(report.work.at(-1)!, report.work));
        await save(report);
      }
    }
  });
  if (report.peerMissing) print(`no peer: ${report.peerMissing}`);
  report.complete = true;
  await save(report);
  return report;
}
