/**
 * The buffers of a device, and how many bytes they take: whoever makes or frees one does it here.
 *
 * @module
 */

/** Bytes of a device's buffers. What the driver takes for itself, and uploads on their way, nobody tells. */
export interface GpuMemory {
  /** Those there are now. */
  readonly live: number;
  /** Most that there were at once since the start, or since {@linkcode GpuMemory.restart}. */
  readonly peak: number;
  /** Those there are now that copies out pass through. */
  readonly copies: number;
  /** The largest buffer there was. */
  readonly largest: number;
  /** Forgets the peak, so that the next one is that of what follows. */
  restart(): void;
}

/** Buffers that are counted. */
export interface Buffers {
  readonly memory: GpuMemory;
  /** A buffer of at least `size` bytes. */
  create(size: number, usage: GPUBufferUsageFlags): GPUBuffer;
  /** Destroys a buffer. */
  free(buffer: GPUBuffer): void;
  /** The buffer that copies out pass through, of at least `size` bytes: the same one each time, unless it must grow. */
  staging(size: number): GPUBuffer;
}

/** Usage of the buffer that copies out pass through: `MAP_READ | COPY_DST`, whose names a program without WebGPU lacks. */
const STAGING = 0x1 | 0x8;

/** Counts what `make` makes. */
export function createBuffers(make: (size: number, usage: GPUBufferUsageFlags) => GPUBuffer): Buffers {
  const sizes = new WeakMap<GPUBuffer, number>(),
    memory = {
      live: 0,
      peak: 0,
      copies: 0,
      largest: 0,
      restart: () => void (memory.peak = memory.live),
    };
  let staging: GPUBuffer | undefined;
  const create = (size: number, usage: GPUBufferUsageFlags) => {
    const bytes = Math.max(16, Math.ceil(size / 4) * 4), buffer = make(bytes, usage);
    sizes.set(buffer, bytes);
    memory.live += bytes;
    memory.peak = Math.max(memory.peak, memory.live);
    memory.largest = Math.max(memory.largest, bytes);
    return buffer;
  };
  const free = (buffer: GPUBuffer) => {
    buffer.destroy();
    memory.live -= sizes.get(buffer) ?? 0;
    sizes.delete(buffer);
  };
  return {
    memory,
    create,
    free,
    staging(size) {
      if (staging && staging.size >= size) return staging;
      if (staging) free(staging);
      staging = create(size, STAGING);
      memory.copies = staging.size;
      return staging;
    },
  };
}
