/**
 * Reductions over the lanes of a workgroup of {@linkcode THREADS}, as kernel text: always the same tree, so that a sum
 * has the same bits wherever it is computed. No subgroup operations: their width differs between adapters.
 *
 * @module
 */
import { THREADS } from "../plan.ts";

/** Declares what the reductions share. */
export const LANES = `var<workgroup> lanes: array<f32, ${THREADS}>;`;

/** Text that declares `name` as the sum of every lane's `value`. */
export function sumOfLanes(name: string, value: string): string {
  return reduced(name, value, "lanes[lane] + lanes[lane + half]");
}

/** Text that declares `name` as the maximum of every lane's `value`. */
export function maximumOfLanes(name: string, value: string): string {
  return reduced(name, value, "max(lanes[lane], lanes[lane + half])");
}

function reduced(name: string, value: string, combined: string): string {
  return `
    lanes[lane] = ${value};
    workgroupBarrier();
    for (var half = ${THREADS / 2}u; half > 0u; half = half / 2u) {
      if (lane < half) { lanes[lane] = ${combined}; }
      workgroupBarrier();
    }
    let ${name} = lanes[0];
    workgroupBarrier();`;
}
