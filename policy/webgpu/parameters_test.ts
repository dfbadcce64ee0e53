import { sameBits, smallConfig, smallWeights } from "../cpu/checking_test.ts";
import { LORA_TARGETS } from "../model/lora.ts";
import { parameterCount } from "../model/config.ts";
import { followedBy, type WeightStream } from "../weights.ts";
import { gpu, gpuTest } from "./checking_test.ts";
import { createEngine } from "./engine.ts";
import { createParameters } from "./parameters.ts";

const CONFIG = smallConfig({ keyValueHeads: 2, qkvBias: true, layers: 2 });

/** Weights in pieces that end anywhere, all in one array as those of a file are. */
function cut(weights: Float32Array, size: number): WeightStream {
  return {
    length: weights.length,
    *pieces() {
      const buffer = new Float32Array(size);
      for (let offset = 0; offset < weights.length; offset += size) {
        const part = weights.subarray(offset, offset + size);
        buffer.set(part);
        yield { offset, numbers: buffer.subarray(0, part.length) };
      }
    },
  };
}

gpuTest("weights that come piece by piece lie where they lie when they come at once", async () => {
  const weights = smallWeights(CONFIG);
  for (const size of [37, 1000, weights.length]) {
    for (const shard of [undefined, 4096]) {
      const engine = createEngine(gpu, CONFIG, cut(weights, size), { shard });
      sameBits(await engine.parameters.read("weights"), weights, `pieces of ${size}, shards of ${shard}`);
      engine.dispose();
    }
  }
});

gpuTest("adapters follow the weights of a file, and what is written there is read there", async () => {
  const config = { ...CONFIG, lora: { rank: 2, alpha: 4, targets: LORA_TARGETS } }, own = smallWeights(CONFIG);
  const added = Float32Array.from({ length: parameterCount(config) - own.length }, (_, index) => index);
  const engine = createEngine(gpu, config, followedBy(cut(own, 100), added), { shard: 4096 });
  const all = await engine.parameters.read("weights");
  sameBits(all.subarray(0, own.length), own, "weights");
  sameBits(all.subarray(own.length), added, "adapters");
  engine.dispose();
  const parameters = createParameters(gpu, config, { limit: 4096 });
  parameters.write("m", added.subarray(0, 50));
  parameters.write("m", added.subarray(50), 50);
  sameBits(await parameters.read("m"), added, "moments");
  parameters.dispose();
});
