/**
 * The engine's own start-up test, which says what holds bit for bit on the adapter in use.
 *
 * @module
 */
import type { ComputeDevice } from "../../policy/policy.ts";
import type { Gpu } from "../../policy/webgpu/device.ts";
import { selfTest } from "../../policy/webgpu/self_check.ts";
import { atMost, type Check } from "./report.ts";

/** Runs the test; what it found, for a policy's record, and as checks that find 0 where it holds. */
export async function checkContract(gpu: Gpu): Promise<{ device: ComputeDevice; checks: Check[] }> {
  const found = await selfTest(gpu), { name, software } = gpu.adapter;
  return {
    device: { name, software, selfTest: { ...found }, exact: Object.values(found).every(Boolean) },
    checks: Object.entries(found).map(([what, holds]) => atMost(`the same bits: ${what}`, holds ? 0 : 1, 0)),
  };
}
