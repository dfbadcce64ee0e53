/**
 * One device for all policies of a process: kernels are compiled once, and tested once.
 *
 * @module
 */
import type { ComputeDevice } from "../policy.ts";
import { type Gpu, type GpuOptions, openGpu, softwareRefused } from "./device.ts";
import { selfTest } from "./self_check.ts";

/** A device that others may use too. */
export interface SharedGpu {
  gpu: Gpu;
  /** For the record. */
  device: ComputeDevice;
  /** Says that it is no longer needed here; the last one closes it. */
  release(): void;
}

interface Opened {
  gpu: Gpu;
  device: ComputeDevice;
}

let current: { opened: Promise<Opened>; users: number } | undefined;

/**
 * Opens the machine's GPU, or joins those who use it. After an error a new device is opened for whoever comes.
 *
 * @throws {Error} One sentence that says what is missing and what to do.
 */
export async function shareGpu(options: GpuOptions = {}): Promise<SharedGpu> {
  let mine = current;
  if (mine) {
    mine.users++;
    const found = await mine.opened.catch(() => undefined);
    if (!found || found.gpu.failure) {
      leave(mine);
      mine = undefined;
    }
  }
  mine ??= current = { opened: open(options), users: 1 };
  const using = mine;
  try {
    const { gpu, device } = await using.opened;
    if (device.software && !options.software) throw softwareRefused(device.name);
    let released = false;
    return {
      gpu,
      device,
      release() {
        if (released) return;
        released = true;
        leave(using);
      },
    };
  } catch (error) {
    leave(using);
    throw error;
  }
}

function leave(mine: NonNullable<typeof current>): void {
  if (--mine.users > 0) return;
  if (current === mine) current = undefined;
  mine.opened.then(({ gpu }) => gpu.dispose(), () => {});
}

async function open(options: GpuOptions): Promise<Opened> {
  const gpu = await openGpu(options), { name, software } = gpu.adapter;
  try {
    const found = await selfTest(gpu), exact = Object.values(found).every(Boolean);
    return { gpu, device: { name, software, selfTest: { ...found }, exact } };
  } catch (error) {
    gpu.dispose();
    throw error;
  }
}
