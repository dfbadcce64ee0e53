/**
 * Where the time goes, per kernel, by the GPU's own clock.
 *
 * A device is wrapped so that every dispatch gets a pass of its own with a time stamp before and behind it. That makes
 * the whole slower, so nothing else is timed with it.
 *
 * @module
 */
import type { Compiled, Gpu } from "../../policy/webgpu/device.ts";

/** What one kernel took. */
export interface KernelTime {
  kernel: string;
  dispatches: number;
  seconds: number;
}

/** A device that keeps time. */
export interface ProfiledGpu extends Gpu {
  /** Times of all dispatches since the last call, the longest first. */
  times(): Promise<KernelTime[]>;
}

/** Most stamps of a query set. */
const STAMPS = 4096;

/** Wraps a device; null if it has no time stamps. Policies on the wrapped device are timed, others are not. */
export function profiled(gpu: Gpu): ProfiledGpu | null {
  const { device } = gpu;
  if (!device.features.has("timestamp-query")) return null;
  const names = new Map<GPUComputePipeline, string>();
  let stamped: { set: GPUQuerySet; kernels: string[] }[] = [];

  const stamp = (kernel: string): GPUComputePassTimestampWrites => {
    let last = stamped.at(-1);
    if (!last || 2 * last.kernels.length === STAMPS) {
      stamped.push(last = { set: device.createQuerySet({ type: "timestamp", count: STAMPS }), kernels: [] });
    }
    const at = 2 * last.kernels.push(kernel) - 2;
    return { querySet: last.set, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  };
  /** Looks like the pass that a plan records; each of its dispatches becomes a pass. */
  const pass = (encoder: GPUCommandEncoder) => {
    let pipeline: GPUComputePipeline | undefined, group: GPUBindGroup | undefined;
    return {
      setPipeline: (given: GPUComputePipeline) => pipeline = given,
      setBindGroup: (_: number, given: GPUBindGroup) => group = given,
      dispatchWorkgroups(x: number, y?: number, z?: number) {
        const own = encoder.beginComputePass({ timestampWrites: stamp(names.get(pipeline!) ?? "unnamed") });
        own.setPipeline(pipeline!);
        own.setBindGroup(0, group!);
        own.dispatchWorkgroups(x, y, z);
        own.end();
      },
      end() {},
    } as unknown as GPUComputePassEncoder;
  };

  // What is not timed is the device's own, its getters too.
  return Object.assign(Object.create(gpu) as Gpu, {
    compile(code: string, bindings: readonly GPUBufferBindingType[]): Compiled {
      const compiled = gpu.compile(code, bindings);
      names.set(compiled.pipeline, code.slice(3, code.indexOf("\n"))); // the text begins with the kernel's name
      return compiled;
    },
    submit: (record: (encoder: GPUCommandEncoder) => void) =>
      gpu.submit((encoder) =>
        record(
          new Proxy(encoder, {
            get(target, property) {
              if (property === "beginComputePass") return () => pass(target);
              const value = Reflect.get(target, property, target);
              return typeof value === "function" ? value.bind(target) : value;
            },
          }),
        )
      ),
    async times() {
      const taken = stamped, totals = new Map<string, KernelTime>();
      stamped = [];
      for (const { set, kernels } of taken) {
        const size = 16 * kernels.length, buffer = gpu.buffer(size, GPUBufferUsage.QUERY_RESOLVE);
        gpu.submit((encoder) => encoder.resolveQuerySet(set, 0, 2 * kernels.length, buffer, 0));
        const [copy] = await gpu.download([{ buffer, offset: 0, size }]), stamps = new BigUint64Array(copy);
        kernels.forEach((kernel, n) => {
          const total = totals.get(kernel) ?? { kernel, dispatches: 0, seconds: 0 };
          total.dispatches++;
          total.seconds += Number(stamps[2 * n + 1] - stamps[2 * n]) / 1e9; // nanoseconds
          totals.set(kernel, total);
        });
        gpu.free(buffer);
        set.destroy();
      }
      return [...totals.values()].sort((a, b) => b.seconds - a.seconds);
    },
  });
}
