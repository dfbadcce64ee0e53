/**
 * Seconds of work on the GPU.
 *
 * A wait costs 10 ms in Deno, whatever it waits for. So two rows of runs are timed, one three times as long as the
 * other, and their difference counts.
 *
 * @module
 */
import type { Gpu } from "../../policy/webgpu/device.ts";

/** Seconds of one call of `submit`, per repeat; each repeat keeps the GPU busy for about twice `target` seconds. */
export async function secondsOnGpu(
  gpu: Gpu,
  submit: () => void,
  { repeats, target = 0.1 }: { repeats: number; target?: number },
): Promise<number[]> {
  const row = async (count: number) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) submit();
    await gpu.download([]);
    return (performance.now() - start) / 1000;
  };
  await row(1); // compiles
  const first = await row(1);
  const estimate = Math.max(1e-6, first < 0.05 ? (await row(5) - first) / 4 : first);
  const count = Math.max(1, Math.min(1000, Math.round(target / 2 / estimate)));
  const found: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const short = await row(count), long = await row(3 * count);
    found.push((long - short) / (2 * count));
  }
  return found;
}
