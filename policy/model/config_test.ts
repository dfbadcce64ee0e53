import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { QWEN as SHAPE } from "../../fixtures/models/qwen.ts";
import { configToJson, criticConfig, parameterCount, parameterShapes, parameterSlots, parseConfig } from "./config.ts";

const QWEN = {
  model_type: "qwen2",
  hidden_act: "silu",
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  max_window_layers: 21,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  use_sliding_window: false,
  vocab_size: 151936,
};

const SMOL = {
  model_type: "llama",
  attention_bias: false,
  dtype: "bfloat16",
  head_dim: 64,
  hidden_act: "silu",
  hidden_size: 576,
  intermediate_size: 1536,
  max_position_embeddings: 8192,
  mlp_bias: false,
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  rms_norm_eps: 1e-5,
  rope_parameters: { rope_theta: 100000, rope_type: "default" },
  tie_word_embeddings: true,
  vocab_size: 49152,
};

Deno.test("parseConfig() reads a Qwen2 file of transformers 4", () => {
  deepStrictEqual(parseConfig(QWEN), SHAPE);
});

Deno.test("parseConfig() reads a Llama file of transformers 5", () => {
  const config = parseConfig(SMOL);
  strictEqual(config.ropeTheta, 100000);
  strictEqual(config.qkvBias, false);
  strictEqual(parameterCount(config), 134515008); // the published size of SmolLM2-135M
});

Deno.test("parameterCount() of Qwen2.5-0.5B is the published one", () => {
  strictEqual(parameterCount(parseConfig(QWEN)), 494032768);
});

Deno.test("parseConfig() fills in what transformers fills in", () => {
  const config = parseConfig({
    model_type: "llama",
    hidden_size: 64,
    intermediate_size: 96,
    num_attention_heads: 4,
    num_hidden_layers: 2,
    vocab_size: 88,
  });
  strictEqual(config.keyValueHeads, 4);
  strictEqual(config.headSize, 16);
  strictEqual(config.ropeTheta, 10000);
  strictEqual(config.normEpsilon, 1e-6);
  strictEqual(config.tiedEmbeddings, false);
  strictEqual(config.maxPositions, 2048);
});

Deno.test("configToJson() gives back the configuration", () => {
  for (const json of [QWEN, SMOL]) {
    const config = parseConfig(json);
    deepStrictEqual(parseConfig(JSON.parse(JSON.stringify(configToJson(config, [3])))), config);
  }
});

Deno.test("a critic's configuration is kept, and names the class of transformers that reads all but its head", () => {
  for (const json of [QWEN, SMOL, { ...SMOL, tie_word_embeddings: false }]) {
    const critic = criticConfig(parseConfig(json)), written = configToJson(critic);
    deepStrictEqual(parseConfig(JSON.parse(JSON.stringify(written))), critic);
    deepStrictEqual(written.architectures, [json === QWEN ? "Qwen2Model" : "LlamaModel"]);
    const names = parameterShapes(critic).map(([name]) => name);
    deepStrictEqual(names.slice(-2), ["model.norm.weight", "value_head.weight"]);
  }
});

Deno.test("Qwen3 and Llama 3 are read in both spellings, and written so that they are read again", () => {
  const scaling = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const ropeScaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 8192 };
  const { rope_theta: _, rope_parameters: __, ...plain } = SMOL as Record<string, unknown>;
  for (
    const json of [
      { ...plain, rope_theta: 5e5, rope_scaling: scaling },
      { ...plain, rope_parameters: { ...scaling, rope_theta: 5e5 } },
    ]
  ) {
    const config = parseConfig(json);
    deepStrictEqual([config.ropeScaling, config.ropeTheta], [ropeScaling, 5e5]);
    deepStrictEqual(parseConfig(JSON.parse(JSON.stringify(configToJson(config)))), config);
  }
  const qwen3 = parseConfig({ ...QWEN, model_type: "qwen3", head_dim: undefined });
  deepStrictEqual([qwen3.headNorm, qwen3.qkvBias, qwen3.headSize], [true, false, 128]);
  const written = JSON.parse(JSON.stringify(configToJson(qwen3)));
  deepStrictEqual(written.architectures, ["Qwen3ForCausalLM"]);
  deepStrictEqual(parseConfig(written), qwen3);
  const names = parameterShapes(qwen3).map(([name]) => name);
  ok(names.includes("model.layers.0.self_attn.q_norm.weight") && !names.some((name) => name.endsWith(".bias")));
  throws(() => configToJson({ ...qwen3, headNorm: undefined }), /qwen3 model must normalise queries and keys/);
});

Deno.test("configToJson() refuses a bias that the family cannot have", () => {
  throws(() => configToJson({ ...parseConfig(SMOL), qkvBias: true }), /llama model cannot have/);
  throws(() => configToJson({ ...parseConfig(QWEN), qkvBias: false }), /qwen2 model needs/);
});

Deno.test("parseConfig() refuses what the engine does not compute, in one sentence", () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ ...QWEN, model_type: "mistral" }, /^Error: config.json: model_type "mistral" is not supported/],
    [{ ...QWEN, hidden_act: "gelu" }, /hidden_act "gelu" is not supported/],
    [{ ...QWEN, use_sliding_window: true }, /sliding-window/],
    [{ ...QWEN, layer_types: ["full_attention", "sliding_attention"] }, /sliding-window/],
    [{ ...QWEN, rope_scaling: { type: "yarn", factor: 4 } }, /rope type "yarn"/],
    [
      { ...SMOL, rope_parameters: { rope_type: "llama3", rope_theta: 5e5 } },
      /factor must be a positive number, not undefined/,
    ],
    [{ ...SMOL, rope_parameters: { full_attention: { rope_theta: 1 } } }, /differs between layers/],
    [{ ...SMOL, partial_rotary_factor: 0.5 }, /partial_rotary_factor/],
    [{ ...SMOL, attention_bias: true }, /attention output/],
    [{ ...SMOL, mlp_bias: true }, /mlp_bias/],
    [{ ...SMOL, quantization_config: { bits: 4 } }, /quantized/],
    [{ ...SMOL, num_key_value_heads: 4 }, /9 is not a multiple of num_key_value_heads 4/],
    [{ ...SMOL, head_dim: 63 }, /odd/],
    [{ ...SMOL, head_dim: undefined, num_attention_heads: 10, num_key_value_heads: 5 }, /head_dim must be .* not 57.6/],
    [{ ...SMOL, hidden_size: undefined }, /hidden_size is missing/],
    [{ ...QWEN, num_key_value_heads: undefined }, /num_key_value_heads is missing/],
    [{ ...SMOL, vocab_size: "many" }, /vocab_size must be a positive integer, not "many"/],
    [{ ...SMOL, rms_norm_eps: -1 }, /rms_norm_eps must be a positive number/],
    [{ ...SMOL, tie_word_embeddings: "yes" }, /tie_word_embeddings must be true or false/],
  ];
  for (const [json, message] of cases) throws(() => parseConfig(json), message);
  throws(() => parseConfig([]), /must hold a JSON object/);
});

Deno.test("parameterShapes() keeps q, k, v together, and gate and up", () => {
  const config = { ...parseConfig(QWEN), layers: 1, tiedEmbeddings: false };
  deepStrictEqual(parameterShapes(config).map(([name]) => name.replace("model.layers.0.", "")), [
    "model.embed_tokens.weight",
    "input_layernorm.weight",
    "self_attn.q_proj.weight",
    "self_attn.k_proj.weight",
    "self_attn.v_proj.weight",
    "self_attn.q_proj.bias",
    "self_attn.k_proj.bias",
    "self_attn.v_proj.bias",
    "self_attn.o_proj.weight",
    "post_attention_layernorm.weight",
    "mlp.gate_proj.weight",
    "mlp.up_proj.weight",
    "mlp.down_proj.weight",
    "model.norm.weight",
    "lm_head.weight",
  ]);
  const slots = parameterSlots(config);
  const query = slots.get("model.layers.0.self_attn.q_proj.weight")!;
  strictEqual(slots.get("model.layers.0.self_attn.k_proj.weight")!.offset, query.offset + query.length);
  deepStrictEqual(slots.get("model.layers.0.self_attn.k_proj.weight")!.shape, [128, 896]);
});
