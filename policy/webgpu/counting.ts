/**
 * A GPU that is not there: what runs on it allocates nothing and computes nothing, but its buffers are counted. So the
 * memory that a policy will need is known from the code that will take it.
 *
 * @module
 */
import { createBuffers } from "./buffers.ts";
import type { Gpu } from "./device.ts";

/** A GPU without memory. Copies out of it are empty. */
export function createCountingGpu(): Gpu {
  const nothing = () => {};
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const encoder = { beginComputePass: () => pass, clearBuffer: nothing, copyBufferToBuffer: nothing };
  const buffers = createBuffers((size) => ({ size, destroy: nothing } as GPUBuffer));
  return {
    device: { createBindGroup: () => ({}) } as unknown as GPUDevice,
    adapter: {
      name: "counting",
      software: true, // whose products have the shortest text; it matters to nothing else
      features: [],
      maxBufferSize: Infinity,
      maxStorageBufferBindingSize: Infinity,
    },
    memory: buffers.memory,
    failure: undefined,
    compile: () => ({} as ReturnType<Gpu["compile"]>),
    buffer: (size) => buffers.create(size, 0),
    free: buffers.free,
    upload: nothing,
    submit: (record) => record(encoder as unknown as GPUCommandEncoder),
    download(regions) {
      buffers.staging(regions.reduce((sum, { size }) => sum + size, 0));
      return Promise.resolve(regions.map(() => new ArrayBuffer(0)));
    },
    dispose: nothing,
  };
}
