import { deepStrictEqual, throws } from "node:assert/strict";
import { signatureOf, type ValueMetadata } from "./signature.ts";

const value = (name: string, type: string, ...shape: (number | string)[]): ValueMetadata => ({
  name,
  isTensor: true,
  type,
  shape,
});
const sequence = (name: string) => value(name, "int64", "batch", "sequence");
const cache = (prefix: string, layer: number, part: string, type = "float32") =>
  value(`${prefix}.${layer}.${part}`, type, "batch", 2, "past", 64);
const parts = (prefix: string, layers = 2, type = "float32") =>
  Array.from({ length: layers }, (_, layer) => ["key", "value"].map((part) => cache(prefix, layer, part, type))).flat();

const INPUTS = [
  sequence("input_ids"),
  sequence("attention_mask"),
  sequence("position_ids"),
  ...parts("past_key_values"),
];
const OUTPUTS = [value("logits", "float32", "batch", "sequence", 151_936), ...parts("present")];
const CONFIG = { maxPositions: 32_768, vocabularySize: 151_936, layers: 2 };

const without = (values: readonly ValueMetadata[], name: string) => values.filter((one) => one.name !== name);
const replaced = (values: readonly ValueMetadata[], by: ValueMetadata) =>
  values.map((one) => one.name === by.name ? by : one);

Deno.test("a decoder is read from its own inputs and outputs", () => {
  const { slots, ...rest } = signatureOf("m", INPUTS, OUTPUTS, CONFIG);
  deepStrictEqual(rest, { positions: true, keepsLast: false, vocabularySize: 151_936 });
  deepStrictEqual(slots.length, 4);
  deepStrictEqual(slots[3], {
    past: "past_key_values.1.value",
    present: "present.1.value",
    type: "float32",
    heads: 2,
    size: 64,
  });
  const half = signatureOf(
    "m",
    [
      ...without(INPUTS, "position_ids").slice(0, 2),
      ...parts("past_key_values", 2, "float16"),
      value("num_logits_to_keep", "int64"),
    ],
    [value("logits", "float16", "batch", "kept", "vocabulary"), ...parts("present", 2, "float16"), sequence("extra")],
    CONFIG,
  );
  deepStrictEqual([half.positions, half.keepsLast, half.slots[0].type, half.vocabularySize], [
    false,
    true,
    "float16",
    151_936,
  ]);
});

Deno.test("what is not understood is refused by its name", () => {
  const more = (name: string, type = "float32") => [...INPUTS, value(name, type, "batch")];
  const cases: [inputs: readonly ValueMetadata[], outputs: readonly ValueMetadata[], message: RegExp][] = [
    [more("use_cache_branch", "bool"), OUTPUTS, /two decoders merged into one.+\(input use_cache_branch\)/],
    [more("inputs_embeds"), OUTPUTS, /takes embeddings.+\(input inputs_embeds\)/],
    [more("encoder_hidden_states"), OUTPUTS, /decoder of an encoder.+choose a decoder-only model/],
    [more("past_conv.0"), OUTPUTS, /its input past_conv\.0 is not understood; a decoder with a cache has input_ids/],
    [without(INPUTS, "input_ids"), OUTPUTS, /it has no input input_ids/],
    [without(INPUTS, "attention_mask"), OUTPUTS, /it has no input attention_mask/],
    [INPUTS.slice(0, 3), OUTPUTS, /it has no cache \(inputs past_key_values\.0\.key/],
    [without(INPUTS, "past_key_values.0.value"), OUTPUTS, /it has no input past_key_values\.0\.value/],
    [INPUTS, without(OUTPUTS, "present.1.key"), /it has no output present\.1\.key/],
    [INPUTS, without(OUTPUTS, "logits"), /it has no output logits/],
    [
      INPUTS,
      replaced(OUTPUTS, value("logits", "float32", "batch", 9)),
      /its output logits is float32 \[batch, 9\], not/,
    ],
    [
      replaced(INPUTS, value("input_ids", "int32", "batch", "sequence")),
      OUTPUTS,
      /its input input_ids is int32 \[batch, sequence\], not int64/,
    ],
    [
      replaced(INPUTS, value("position_ids", "int64", 1, "sequence")),
      OUTPUTS,
      /position_ids has a fixed size of 1; export/,
    ],
    [
      replaced(INPUTS, value("past_key_values.1.key", "int8", "batch", 2, "past", 64)),
      OUTPUTS,
      /past_key_values\.1\.key is int8 \[batch, 2, past, 64\], not float32 or float16/,
    ],
    [
      replaced(INPUTS, value("past_key_values.1.key", "float32", "batch", 2, 64, "past")),
      OUTPUTS,
      /past_key_values\.1\.key is float32 \[batch, 2, 64, past\], not \[rows,/,
    ],
    [
      INPUTS,
      replaced(OUTPUTS, cache("present", 0, "key", "float16")),
      /present\.0\.key is float16 .+ and its input .+ float32/,
    ],
    [[...INPUTS, value("num_logits_to_keep", "float32")], OUTPUTS, /num_logits_to_keep is float32 \[\], not int64/],
  ];
  for (const [inputs, outputs, message] of cases) {
    throws(() => signatureOf("D/m.onnx", inputs, outputs, CONFIG), (error: Error) => {
      deepStrictEqual(
        [/^D\/m\.onnx: .+\.$/.test(error.message), message.test(error.message)],
        [true, true],
        error.message,
      );
      return true;
    });
  }
  const free = replaced(OUTPUTS, value("logits", "float32", "batch", "sequence", "vocabulary"));
  throws(() => signatureOf("m", INPUTS, free, { maxPositions: 9 }), /config\.json lacks vocab_size/);
});
