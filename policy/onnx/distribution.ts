/**
 * Probabilities and scores from logits, as the policy on the CPU computes its own: by the same operations, in graphs that
 * begin where someone else's ends.
 *
 * @module
 */
import { lowerForward } from "../cpu/lower.ts";
import { floats, ids, openSession } from "../cpu/session.ts";
import { Program } from "../model/program.ts";
import { entropy } from "../ops/entropy.ts";
import { scale } from "../ops/scale.ts";
import { softmax } from "../ops/softmax.ts";
import { tokenLogProb } from "../ops/token_log_prob.ts";

/** What follows logits. */
export interface Distribution {
  /** Probabilities [B, V] from logits [B, V], at a temperature for each row; at 0, where the most likely token is taken, those at 1. */
  probabilities(logits: Float32Array, temperatures: readonly number[]): Promise<Float32Array>;
  /** Log-probs of the targets [N] and entropies [N] from logits [N, V]. */
  scores(
    logits: Float32Array,
    targets: readonly number[],
    temperature: number,
  ): Promise<{ logProbs: Float32Array; entropy: Float32Array }>;
  dispose(): Promise<void>;
}

/** Compiles the graphs. */
export async function openDistribution(threads: number): Promise<Distribution> {
  const drawing = await openSession(lowerForward(drawingProgram(), threads));
  const scoring = await openSession(lowerForward(scoringProgram(), threads));
  const rowsOf = (logits: Float32Array, rows: number) => floats(logits, [rows, logits.length / rows]);
  return {
    async probabilities(logits, temperatures) {
      const inverse = Float32Array.from(temperatures, (temperature) => 1 / (temperature || 1));
      const feeds = {
        logits: rowsOf(logits, temperatures.length),
        inverse_temperature: floats(inverse, [temperatures.length, 1]),
      };
      return (await drawing.run(feeds, {})).probabilities;
    },
    async scores(logits, targets, temperature) {
      const { log_probs: logProbs, entropy } = await scoring.run({
        logits: rowsOf(logits, targets.length),
        targets: ids(targets),
        inverse_temperature: floats(Float32Array.of(1 / temperature), [1]),
      }, {});
      return { logProbs, entropy };
    },
    dispose: async () => void await Promise.all([drawing.dispose(), scoring.dispose()]),
  };
}

function drawingProgram(): Program {
  const program = new Program(), inputs = [program.input("logits", 2), program.input("inverse_temperature", 2)];
  program.output("probabilities", program.apply(softmax, inputs, {}));
  return program;
}

function scoringProgram(): Program {
  const program = new Program(), inputs = [program.input("logits", 2), program.input("inverse_temperature", 1)];
  const logits = program.apply(scale, inputs, {});
  program.output("log_probs", program.apply(tokenLogProb, [logits, program.input("targets", 1, "int64")], {}, 1));
  program.output("entropy", program.apply(entropy, [logits], {}, 1));
  return program;
}
