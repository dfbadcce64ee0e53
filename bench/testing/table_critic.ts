/**
 * The critic beside the table policy: one value per response position, whatever the tokens.
 *
 * @module
 */
import type { Critic, Sample, StepOptions } from "../../policy/policy.ts";
import { sha256 } from "../canonical.ts";

const positions = 8;

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
    await this.checkpoint(`${partial}/critic.bin`);
    await Deno.rename(partial, directory);
  }

  async checkpoint(file: string): Promise<void> {
    await Deno.writeFile(file, new Uint8Array(this.#state.slice().buffer));
  }

  async restore(file: string): Promise<void> {
    this.#state.set(new Float32Array((await Deno.readFile(file)).buffer));
    this.#gradient.fill(0);
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** A fresh table critic. */
export function openTableCritic(): Promise<Critic> {
  return Promise.resolve(new TableCritic(new Float32Array(positions + 1)));
}
