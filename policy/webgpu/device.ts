/**
 * A WebGPU device with what the engine needs of it: its limits, compiled kernels, buffers, and copies in and out.
 *
 * WebGPU reports most errors to nobody: a dispatch that is not valid, or that has no memory, does nothing and leaves
 * zeros. Here the first error of a device is kept, and every copy out fails with it, so that no number computed after
 * an error is ever seen.
 *
 * @module
 */

import { createTurns } from "../in_turn.ts";
import { createBuffers, type GpuMemory } from "./buffers.ts";

/** How a device is opened. */
export interface GpuOptions {
  /** Take a software adapter too, which is far slower than the CPU back end. For tests. Default false. */
  software?: boolean;
}

/** What an adapter says of itself. */
export interface AdapterDescription {
  /** Name of the device, for example `NVIDIA H200`. */
  name: string;
  /** True if a CPU plays the GPU. */
  software: boolean;
  /** Optional features, sorted. */
  features: string[];
  /** Largest buffer and largest part of one that a kernel can see, in bytes. */
  maxBufferSize: number;
  maxStorageBufferBindingSize: number;
}

/** A part of a buffer, in bytes. */
export interface Region {
  buffer: GPUBuffer;
  offset: number;
  size: number;
}

/** A compiled kernel and the layout of its bindings. */
export interface Compiled {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

/** An open device. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  /** Bytes of its buffers. */
  readonly memory: GpuMemory;
  /** The first error, after which the device is of no use. */
  readonly failure: Error | undefined;
  /** Compiles a kernel, once per text. `bindings` are the types of bindings 0, 1, 2 … */
  compile(code: string, bindings: readonly GPUBufferBindingType[]): Compiled;
  /** A storage buffer of zeros, of at least `size` bytes. */
  buffer(size: number, usage?: GPUBufferUsageFlags): GPUBuffer;
  /** Frees a buffer. */
  free(buffer: GPUBuffer): void;
  /** Copies numbers into a buffer, `offset` bytes from its start. */
  upload(buffer: GPUBuffer, data: Float32Array | Uint32Array, offset?: number): void;
  /** Submits commands. */
  submit(record: (encoder: GPUCommandEncoder) => void): void;
  /**
   * Copies regions out, after all that was submitted before; one wait for all of them.
   *
   * @throws {Error} the first error of the device, in one sentence, if there was one.
   */
  download(regions: readonly Region[]): Promise<ArrayBuffer[]>;
  /** Frees the device and all its buffers. */
  dispose(): void;
}

/** Bytes that every kernel of the engine can bind at once: what WebGPU promises everywhere. */
export const MAX_BINDING = 2 ** 27;

/** Uploads are staged in memory that is freed by a submit: cut them, or a large model is held twice. */
const UPLOAD_SLICE = 2 ** 26;

/** Limits taken from the adapter where it has more than WebGPU promises. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
] as const;

/** What to do where there is no adapter; the loader and the driver are the usual things missing. */
const INSTALL = "install the GPU's driver with its Vulkan part and the loader (Debian: libvulkan1; a driver file in " +
  "/usr/share/vulkan/icd.d, or named by VK_DRIVER_FILES), or use the CPU back end";

/**
 * Looks for an adapter without opening it.
 *
 * @returns null if there is none.
 */
export async function describeAdapter(): Promise<AdapterDescription | null> {
  const adapter = await requestAdapter();
  return adapter && describe(adapter);
}

/**
 * Opens the machine's GPU.
 *
 * @throws {Error} One sentence that says what is missing and what to do.
 */
export async function openGpu({ software = false }: GpuOptions = {}): Promise<Gpu> {
  const adapter = await requestAdapter();
  if (!adapter) throw new Error(`There is no WebGPU adapter; ${INSTALL}.`);
  const description = describe(adapter);
  if (description.software && !software) throw softwareRefused(description.name);
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  // For measuring alone; nothing that is computed depends on it.
  const requiredFeatures = [...adapter.features].filter((name): name is "timestamp-query" =>
    name === "timestamp-query"
  );
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  // Limits with a wrong name are accepted in silence.
  const lacking = LIMITS.find((name) => device.limits[name] < adapter.limits[name]);
  if (lacking) throw new Error(`${description.name} grants a ${lacking} of ${device.limits[lacking]} only; report it.`);
  return wrap(device, description);
}

/** What is said where a software adapter was not asked for. */
export function softwareRefused(name: string): Error {
  return new Error(`The only WebGPU adapter is software (${name}), slower than the CPU; ${INSTALL}.`);
}

async function requestAdapter(): Promise<GPUAdapter | null> {
  const { gpu } = globalThis.navigator ?? {};
  return await gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}

function describe({ info, features, limits }: GPUAdapter): AdapterDescription {
  const name = info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(" ") || "unnamed";
  return {
    name,
    software: info.isFallbackAdapter === true || /llvmpipe|swiftshader|softpipe|basic render/i.test(name),
    features: [...features].sort(),
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
  };
}

function wrap(device: GPUDevice, adapter: AdapterDescription): Gpu {
  const { queue } = device, compiled = new Map<string, Compiled>(), inTurn = createTurns();
  let failure: Error | undefined, disposed = false;
  const buffers = createBuffers((size, usage) => device.createBuffer({ size, usage }));
  const fail = (reason: string) => void (failure ??= new Error(`${adapter.name}: ${reason}`));
  device.addEventListener("uncapturederror", (event) => fail(sentence((event as GPUUncapturedErrorEvent).error)));
  const lost = device.lost.then(({ message }) => {
    if (!disposed) {
      fail(`the device was lost (${message.split("\n")[0]}); start the run again, it goes on where it was.`);
    }
  });
  const submit = (record: (encoder: GPUCommandEncoder) => void) => {
    const encoder = device.createCommandEncoder();
    record(encoder);
    queue.submit([encoder.finish()]);
  };
  /** Bytes uploaded since they were last freed. */
  let staged = 0;
  return {
    device,
    adapter,
    memory: buffers.memory,
    get failure() {
      return failure;
    },
    compile(code, bindings) {
      const known = compiled.get(code);
      if (known) return known;
      const layout = device.createBindGroupLayout({
        entries: bindings.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
      });
      const pipeline = device.createComputePipeline({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
      });
      compiled.set(code, { pipeline, layout });
      return compiled.get(code)!;
    },
    buffer: (size, usage = GPUBufferUsage.STORAGE) =>
      buffers.create(size, usage | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST),
    free: buffers.free,
    upload(buffer, data, offset = 0) {
      for (let start = 0; start < data.byteLength; start += UPLOAD_SLICE) {
        const size = Math.min(UPLOAD_SLICE, data.byteLength - start);
        queue.writeBuffer(buffer, offset + start, data.buffer as ArrayBuffer, data.byteOffset + start, size);
        staged += size;
        if (staged < UPLOAD_SLICE) continue;
        queue.submit([]);
        staged = 0;
      }
    },
    submit,
    download: (regions) =>
      inTurn(async () => {
        const total = regions.reduce((sum, { size }) => sum + size, 0);
        const buffer = buffers.staging(total);
        submit((encoder) => {
          let at = 0;
          for (const { buffer: source, offset, size } of regions) {
            encoder.copyBufferToBuffer(source, offset, buffer, at, size);
            at += size;
          }
        });
        // A lost device may leave the mapping waiting for ever.
        const mapped = buffer.mapAsync(GPUMapMode.READ).catch(async ({ message }) => {
          await new Promise((resolve) => setTimeout(resolve, 0)); // The reason, if there is one, is told after this.
          fail(message);
        });
        await Promise.race([mapped, lost]);
        if (failure) throw failure;
        const range = buffer.getMappedRange();
        let at = 0;
        const copies = regions.map(({ size }) => range.slice(at, at += size));
        buffer.unmap();
        return copies;
      }),
    dispose() {
      disposed = true;
      device.destroy();
    },
  };
}

function sentence(error: GPUError): string {
  if (error instanceof GPUOutOfMemoryError) {
    return "out of memory; say with --memory how many gigabytes there are, so that less is computed at once, or free " +
      "memory that other programs hold.";
  }
  return `${error.message.trim().replaceAll(/\s*\n\s*/g, " ")}.`;
}
