/**
 * The critic beside the table policy: one value per response position, whatever the tokens.
 *
 * @module
 */
import type { Critic, Sample, StepOptions } from "../../policy/policy.ts";
import { sha256 } from "../canonical.ts";

const positions = 8;
const fileName = "critic.bin";

class TableCritic implements Critic {
  readonly parameterCount: number = positions;
  /** Values, and the number of steps in the last entry. */
  readonly #state: Float32Array;
  readonly #gradient = new Float64Array(positions);

  constructor(state: Float32Array) {
    this.#state = state;
  }

  values(samples: readonly Sample[]): Promise<Float32Array[]> {
    return Promise.resolve(
      samples.map(({ response }) =>
        Float32Array.from(response, (_, position) => this.#state[Math.min(position, positions - 1)])
      ),
    );
  }

  accumulate(samples: readonly Sample[], derivatives: readonly ArrayLike<number>[]): Promise<void> {
    samples.forEach(({ response }, index) =>
      response.forEach((_, position) =>
        this.#gradient[Math.min(position, positions - 1)] += derivatives[index][position]
      )
    );
    return Promise.resolve();
  }

  discardGradient(): void {
    this.#gradient.fill(0);
  }

  /** Plain gradient descent. */
  step({ learningRate, maxNorm = 1 }: StepOptions): Promise<{ norm: number }> {
    const norm = Math.sqrt(this.#gradient.reduce((sum, entry) => sum + entry * entry, 0));
    const scale = norm > maxNorm ? maxNorm / norm : 1;
    this.#gradient.forEach((entry, index) => this.#state[index] -= learningRate * scale * entry);
    this.#state[positions]++;
    this.#gradient.fill(0);
    return Promise.resolve({ norm });
  }

  digest(): Promise<string> {
    return Promise.resolve(sha256(this.#state));
  }

  async save(directory: string): Promise<void> {
    const partial = directory + ".partial";
    await Deno.mkdir(partial, { recursive: true });
    await Deno.writeFile(`${partial}/${fileName}`, new Uint8Array(this.#state.slice().buffer));
    await Deno.rename(partial, directory);
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** A fresh table critic, or the one saved in `directory`. */
export async function openTableCritic(directory?: string): Promise<Critic> {
  const state = new Float32Array(positions + 1);
  if (directory) state.set(new Float32Array((await Deno.readFile(`${directory}/${fileName}`)).buffer));
  return new TableCritic(state);
}
