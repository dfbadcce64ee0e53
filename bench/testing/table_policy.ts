/**
 * A policy without a network: one row of logits per response position, whatever the prompt. It samples, scores, learns,
 * saves and resumes like a real one, in microseconds, so that the runner can be tested apart from the engine
 * (`--policy embedded:table`).
 *
 * @module
 */
import { type Key, uniform } from "../../policy/random.ts";
import type {
  GenerateOptions,
  GenerateRequest,
  Generation,
  Policy,
  Sample,
  Scores,
  StepOptions,
  Tokenizer,
  TokenLogProb,
} from "../../policy/policy.ts";
import { stopTextTest } from "../../policy/stop_texts.ts";
import { sha256 } from "../canonical.ts";

const alphabet = "0123456789# ";
const stop = alphabet.length;
const vocabulary = alphabet.length + 1;
const positions = 8;
const size = positions * vocabulary;

const tokenizer: Tokenizer = {
  vocabularySize: vocabulary,
  encode: (text) => [...text].map((character) => Math.max(0, alphabet.indexOf(character))),
  decode: (ids) => ids.map((id) => alphabet[id] ?? "").join(""),
};

/** Logits that mostly write `#### d` with a digit d, then stop. */
function initialLogits(): Float32Array {
  const logits = new Float32Array(size);
  [..."#### "].forEach((character, position) => logits[position * vocabulary + alphabet.indexOf(character)] = 6);
  for (let digit = 0; digit < 10; digit++) logits[5 * vocabulary + digit] = 4;
  for (let position = 6; position < positions; position++) logits[position * vocabulary + stop] = 5;
  return logits;
}

/** Log-probs of all tokens at a position, in float64. */
function logSoftmax(logits: Float32Array, position: number, temperature: number): Float64Array {
  const start = Math.min(position, positions - 1) * vocabulary;
  const row = Float64Array.from(logits.subarray(start, start + vocabulary), (logit) => logit / temperature);
  const most = Math.max(...row);
  const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) + most;
  return row.map((logit) => logit - total);
}

class TablePolicy implements Policy {
  readonly tokenizer: Tokenizer = tokenizer;
  readonly stopTokens: readonly number[] = [stop];
  readonly parameterCount: number = size;
  readonly contextLength: number = 1024;
  readonly backend: string = "table 1";
  /** Logits, Adam's two moments, and the number of steps in the last entry. */
  readonly #state: Float32Array;
  readonly #gradient = new Float64Array(size);
  /** Log-probs by position and temperature, until the next step. */
  readonly #known = new Map<string, Float64Array>();

  constructor(state: Float32Array) {
    this.#state = state;
  }

  get #logits(): Float32Array {
    return this.#state.subarray(0, size);
  }

  #logSoftmax(position: number, temperature: number): Float64Array {
    const name = `${Math.min(position, positions - 1)}/${temperature}`;
    let row = this.#known.get(name);
    if (!row) this.#known.set(name, row = logSoftmax(this.#logits, position, temperature));
    return row;
  }

  #draw(key: Key, position: number, temperature: number): [token: number, logProb: number] {
    const row = this.#logSoftmax(position, temperature || 1);
    if (temperature === 0) {
      const best = row.indexOf(Math.max(...row));
      return [best, row[best]];
    }
    let left = uniform(key, position), token = 0;
    while (token < vocabulary - 1 && (left -= Math.exp(row[token])) > 0) token++;
    return [token, row[token]];
  }

  #likeliest(position: number, temperature: number, count: number): TokenLogProb[] {
    const row = this.#logSoftmax(position, temperature || 1);
    const order = Array.from(row.keys()).sort((a, b) => row[b] - row[a] || a - b);
    return order.slice(0, count).map((token) => ({ token, logProb: Math.fround(row[token]) }));
  }

  generate(requests: readonly GenerateRequest[], options: GenerateOptions): Promise<Generation[]> {
    const { maxTokens, temperature = 1, onToken, likeliest = 0 } = options,
      completes = stopTextTest(tokenizer, options.stopTexts);
    return Promise.resolve(requests.map(({ key, begun = [] }, index) => {
      const tokens: number[] = [], logProbs: number[] = [];
      const own = typeof temperature === "number" ? temperature : temperature[index];
      const most = typeof maxTokens === "number" ? maxTokens : maxTokens[index];
      let stopped = false;
      while (tokens.length < most && !stopped) {
        const [token, logProb] = this.#draw(key, begun.length + tokens.length, own);
        tokens.push(token);
        logProbs.push(logProb);
        stopped = token === stop || completes(tokens);
        const shown = onToken ? this.#likeliest(begun.length + tokens.length - 1, own, likeliest) : [];
        if (onToken?.(index, { token, logProb: Math.fround(logProb), likeliest: shown }) === false) break;
      }
      return { tokens, logProbs: Float32Array.from(logProbs), truncated: !stopped };
    }));
  }

  logProbs(samples: readonly Sample[], options: { temperature?: number } = {}): Promise<Scores[]> {
    return Promise.resolve(samples.map(({ response }) => {
      const rows = response.map((_, position) => this.#logSoftmax(position, options.temperature ?? 1));
      return {
        logProbs: Float32Array.from(rows, (row, position) => row[response[position]]),
        entropy: Float32Array.from(rows, (row) => -row.reduce((sum, logProb) => sum + Math.exp(logProb) * logProb, 0)),
      };
    }));
  }

  accumulate(
    samples: readonly Sample[],
    derivatives: readonly ArrayLike<number>[],
    options: { temperature?: number } = {},
  ): Promise<(Scores | null)[]> {
    const temperature = options.temperature ?? 1;
    samples.forEach(({ response }, index) => {
      response.forEach((token, position) => {
        const derivative = derivatives[index][position];
        if (derivative === 0) return;
        const row = this.#logSoftmax(position, temperature);
        const start = Math.min(position, positions - 1) * vocabulary;
        for (let other = 0; other < vocabulary; other++) {
          const slope = (other === token ? 1 : 0) - Math.exp(row[other]);
          this.#gradient[start + other] += derivative * slope / temperature;
        }
      });
    });
    const live = samples.map((_, index) => Array.from(derivatives[index]).some((derivative) => derivative !== 0));
    return this.logProbs(samples, options).then((scores) => scores.map((score, index) => live[index] ? score : null));
  }

  discardGradient(): void {
    this.#gradient.fill(0);
  }

  step(options: StepOptions): Promise<{ norm: number }> {
    const { learningRate, maxNorm = 1, betas: [beta1, beta2] = [0.9, 0.99], epsilon = 1e-8 } = options;
    const state = this.#state, count = ++state[3 * size];
    const norm = Math.sqrt(this.#gradient.reduce((sum, entry) => sum + entry * entry, 0));
    const scale = norm > maxNorm ? maxNorm / norm : 1;
    for (let index = 0; index < size; index++) {
      const entry = this.#gradient[index] * scale;
      const first = state[size + index] = beta1 * state[size + index] + (1 - beta1) * entry;
      const second = state[2 * size + index] = beta2 * state[2 * size + index] + (1 - beta2) * entry * entry;
      const corrected = Math.sqrt(second / (1 - beta2 ** count)) + epsilon;
      state[index] -= learningRate * first / (1 - beta1 ** count) / corrected;
    }
    this.#gradient.fill(0);
    this.#known.clear();
    return Promise.resolve({ norm });
  }

  digest(): Promise<string> {
    return Promise.resolve(sha256(this.#state));
  }

  #saved(optimizer: boolean | undefined): Uint8Array {
    return new Uint8Array((optimizer ? this.#state.slice() : this.#state.slice().fill(0, size)).buffer);
  }

  async save(directory: string, options: { optimizer?: boolean } = {}): Promise<void> {
    const partial = directory + ".partial";
    await Deno.mkdir(partial, { recursive: true });
    await Deno.writeFile(`${partial}/table.bin`, this.#saved(options.optimizer));
    await Deno.rename(partial, directory);
  }

  async checkpoint(file: string, options: { optimizer?: boolean } = {}): Promise<void> {
    await Deno.writeFile(file, this.#saved(options.optimizer));
  }

  async restore(file: string): Promise<void> {
    this.#state.set(new Float32Array((await Deno.readFile(file)).buffer));
    this.#gradient.fill(0);
    this.#known.clear();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** A fresh table policy. */
export function openTablePolicy(): Promise<Policy> {
  const state = new Float32Array(3 * size + 1);
  state.set(initialLogits());
  return Promise.resolve(new TablePolicy(state));
}
