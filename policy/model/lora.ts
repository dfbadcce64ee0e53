/**
 * Low-rank adapters (LoRA; Hu et al., arXiv 2106.09685): the model's own weights stay as they are, and beside a matrix
 * W [out, in] two small ones are trained, A [rank, in] and B [out, rank]:
 *
 *     y = x · Wᵀ + bias + (alpha / rank) · (x · Aᵀ) · Bᵀ
 *
 * Rank-stabilised ones (rsLoRA; Kalajdzievski, arXiv 2312.03732) have alpha / √rank there.
 *
 * @module
 */

/** The matrices that may have an adapter, as PEFT names them. */
export const LORA_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;

/** Name of a matrix that may have an adapter. */
export type LoraTarget = typeof LORA_TARGETS[number];

/** Shape and scale of a model's adapters. */
export interface Lora {
  /** Rows of A, columns of B. */
  rank: number;
  /** What adapters add is multiplied by {@linkcode scaleOf}: `alpha / rank`, or `alpha / √rank`. */
  alpha: number;
  /** True if it is `alpha / √rank`. */
  rslora?: true;
  /** Which matrices of every layer have one, in the order of {@linkcode LORA_TARGETS}. */
  targets: readonly LoraTarget[];
}

/** Factor of what adapters add. */
export function scaleOf({ rank, alpha, rslora }: Omit<Lora, "targets">): number {
  return alpha / (rslora ? Math.sqrt(rank) : rank);
}

/** Beginning of the names of what belongs to an adapter, as in PEFT's files. */
const PREFIX = "base_model.model.";

/** Names of A and B beside a matrix; undefined where it has no adapter. */
export function adapterOf({ targets }: Lora, weight: string): { a: string; b: string } | undefined {
  const path = weight.replace(/\.weight$/, ""), name = path.slice(path.lastIndexOf(".") + 1);
  if (!targets.some((target) => target === name)) return undefined;
  return { a: `${PREFIX}${path}.lora_A.weight`, b: `${PREFIX}${path}.lora_B.weight` };
}

/** Name of a matrix as it was before an adapter's sum was merged into it. */
export function baseLayerName(weight: string): string {
  return PREFIX + weight.replace(/\.weight$/, ".base_layer.weight");
}

/** Whether training changes a weight: with adapters nothing else. */
export function isTrained({ lora }: { lora?: Lora }, name: string): boolean {
  return lora === undefined || name.startsWith(PREFIX);
}

/** Names and shapes of the adapters beside some weights, in the order of those. */
export function adapterShapes(
  weights: readonly [name: string, shape: number[]][],
  lora: Lora,
): [name: string, shape: number[]][] {
  return weights.flatMap(([name, shape]): [string, number[]][] => {
    const adapter = adapterOf(lora, name);
    if (!adapter) return [];
    const [outputs, inputs] = shape;
    return [[adapter.a, [lora.rank, inputs]], [adapter.b, [outputs, lora.rank]]];
  });
}
