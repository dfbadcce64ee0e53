/**
 * A policy whose directory holds an adapter in PEFT's layout and names the model that it belongs to.
 *
 * @module
 */
import { type OpenDirectory, openDirectory, openedDirectory, readCompanions } from "./directory.ts";
import { mergedStream } from "./merging.ts";
import { ADAPTER_FILES, readAdapterConfig, readAdapterWeights } from "./peft.ts";
import { followedBy } from "./weights.ts";

/** A policy on the disk, with the directory of its tokenizer. */
export type OpenPolicyDirectory = OpenDirectory & { tokenizerFrom: string };

/**
 * Opens a policy: a whole model, or an adapter with the model that it belongs to. Of the latter the weights have the
 * adapter merged, and `adapters` has both apart. Text files of the adapter's directory come before those of the model.
 *
 * @param options `base`: directory of the model that an adapter belongs to, by default the one that it names; `name`: what
 * adapters beside a whole model call it, as `openDirectory` takes it
 * @throws {Error} As `openDirectory` does.
 */
export async function openPolicyDirectory(
  path: string,
  { base, name }: { base?: string; name?: string } = {},
): Promise<OpenPolicyDirectory> {
  const adapter = await readAdapterConfig(path);
  if (!adapter) return { ...await openDirectory(path, name), tokenizerFrom: path };
  const place = base ?? adapter.base.name;
  if (place === null || !await Deno.stat(place).then(({ isDirectory }) => isDirectory, () => false)) {
    const named = JSON.stringify(place);
    throw new Error(
      `${path}/${ADAPTER_FILES.config}: base_model_name_or_path ${named} is no directory here; write the path of the ` +
        "model's directory there.",
    );
  }
  using opened = new DisposableStack();
  const model = opened.use(await openDirectory(place)), { config, weights: own } = model;
  if (config.valueHead) throw new Error(`${place}: it holds a critic, which has no adapters.`);
  const { lora, weights: added } = await readAdapterWeights(path, adapter, config);
  const texts = await readCompanions(path), { slots, stopTokens, tokenIds } = model;
  const hasTokenizer = ["tokenizer.json", "vocab.json", "tokenizer_config.json"].some((name) => name in texts);
  const files = {
    path,
    config,
    slots,
    stopTokens,
    tokenIds,
    base: adapter.base,
    companions: { ...model.companions, ...texts },
    weights: mergedStream({ ...config, lora }, own, added),
    adapters: { lora, weights: followedBy(own, added) },
  };
  return { ...openedDirectory(files, opened.move()), tokenizerFrom: hasTokenizer ? path : place };
}
