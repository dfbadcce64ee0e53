/**
 * The frozen policy of an ONNX file: the common interface over a decoder that someone else exported.
 *
 * What holds. The same call gives the same bits, as often as it is made. A response is bit for bit the same alone, in any
 * company and in any order, and so are scores: nothing is padded, scores are computed one sequence at a time, and
 * responses only in sizes in which the graph was seen to keep its rows apart (`together.ts`; one at a time where there is
 * none, as with dynamic quantisation).
 *
 * Log-probs of sampling and of scoring are sums in different order. On the fixtures they differ by less than 2e-5 with
 * float32 and with int4 weights, and by less than 1e-3 in float16; in float32 scores are within 1e-5 of those of
 * transformers in float64. Graphs that quantise activations dynamically are scored token by token, as they are sampled,
 * and differ by less than 2e-6.
 *
 * @module
 */
import { createTurns } from "../in_turn.ts";
import type { Policy, Tokenizer } from "../policy.ts";
import { checkRequests, checkSamples, checkTemperature } from "../requests.ts";
import { stopTextTest } from "../stop_texts.ts";
import { noTokenizer } from "../tokenizer.ts";
import { runtimeVersion } from "../cpu/session.ts";
import { openDecoder } from "./decoder.ts";
import { decode } from "./decoding.ts";
import { type Distribution, openDistribution } from "./distribution.ts";
import { digestOf, type OnnxFiles } from "./files.ts";
import { score } from "./scoring.ts";
import { probed, type ProbedDecoder } from "./together.ts";

/** Raised with every change of this folder that changes a bit: it is part of a cell's identity. */
const KERNELS = 1;

/**
 * A policy from the files of a directory.
 *
 * @param options `tokenizer`: without one, token ids are all that works.
 * @throws {Error} one sentence, if the graph can't be opened or is not understood
 */
export async function createOnnxPolicy(
  files: OnnxFiles,
  { threads = 1, tokenizer }: { threads?: number; tokenizer?: Tokenizer } = {},
): Promise<Policy> {
  const decoder = await openDecoder(files, threads);
  try {
    const stopTokens = await files.stopTokens(decoder.signature.vocabularySize);
    return policyOf(files, await probed(decoder), await openDistribution(threads), stopTokens, tokenizer);
  } catch (error) {
    await decoder.dispose();
    throw error;
  }
}

function policyOf(
  files: OnnxFiles,
  decoder: ProbedDecoder,
  distribution: Distribution,
  stopTokens: number[],
  given?: Tokenizer,
): Policy {
  const { signature } = decoder, tokenizer = given ?? noTokenizer(files.directory, signature.vocabularySize);
  const inTurn = createTurns();
  const unable = () => Promise.reject(new Error(frozenSentence(files.path)));
  let digest: Promise<string> | undefined;
  return {
    tokenizer,
    stopTokens,
    parameterCount: 0,
    contextLength: files.config.maxPositions,
    backend: `onnx/${KERNELS} ${runtimeVersion}`,
    generate(requests, options) {
      checkRequests(signature, requests, options);
      const ends = {
        stopTokens: options.stopTokens ?? stopTokens,
        completes: stopTextTest(tokenizer, options.stopTexts),
      };
      return inTurn(() => decode(decoder, distribution, requests, { ...options, ...ends }));
    },
    logProbs(samples, options = {}) {
      checkTemperature(options.temperature);
      checkSamples(signature, samples);
      return inTurn(() => score(decoder, distribution, samples, options));
    },
    accumulate: unable,
    discardGradient: () => {},
    step: unable,
    digest: () => digest ??= digestOf(files),
    save: unable,
    checkpoint: unable,
    restore: unable,
    dispose: () => inTurn(async () => void await Promise.all([decoder.dispose(), distribution.dispose()])),
  };
}

const frozenSentence = (path: string) =>
  `${path}: it is frozen, ONNX files are run as they are; open a directory with model.safetensors to train or save it.`;
