/**
 * One measurement of `podium perf`, on the CPU.
 *
 * @module
 */
import { createCpuPolicy } from "../../policy/cpu/policy.ts";
import { idTokenizer, type Mode, randomModel, type Shape, timesOf } from "./workload.ts";

/** One measurement, as a worker process gets it. */
export interface Job {
  shape: Shape;
  mode: Mode;
  /** Threads per session. */
  threads: number;
  /** Timed repeats, after three for warming up. */
  repeats: number;
}

/** Times one job; returns seconds per repeat. */
export async function measure({ shape, mode, threads, repeats }: Job): Promise<number[]> {
  const policy = createCpuPolicy(randomModel(shape), idTokenizer(shape.vocab), { threads });
  const times = await timesOf(policy, shape, mode, { repeats });
  await policy.dispose();
  return times;
}
