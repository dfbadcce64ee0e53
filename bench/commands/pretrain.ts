/**
 * `podium pretrain`: makes the embedded base policy again.
 *
 * @module
 */
import { policyDirectory } from "../policies.ts";
import { makeDirectory } from "../records.ts";

/** Trains the base policy and writes it to `out`. */
export async function pretrainBase({ out = policyDirectory("embedded:base") }: { out?: string }): Promise<number> {
  await makeDirectory(out);
  const { pretrain } = await import("../../fixtures/pretrain.ts");
  const { digest } = await pretrain({ out, print: console.log });
  console.log(`${out}: ${digest}`);
  return 0;
}
