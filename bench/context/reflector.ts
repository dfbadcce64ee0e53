/**
 * Who reflects: the embedded rules, or a language model behind an endpoint.
 *
 * A model's answers are recorded beside the cell (`reflections.jsonl`): an equal request is never paid for twice, not after
 * a kill either, and `verify` gives them again without a network.
 *
 * @module
 */
import { modelReflector, type Models, ruleBasedReflector } from "../../algorithms/mod.ts";
import { LONGEST_SILENCE, type Recording, type TokenPrices } from "./endpoint_policy.ts";
import { openEndpoint } from "../../policy/endpoint/endpoint.ts";

/** A language model that reflects. */
export interface ReflectorSource {
  /** Address of an OpenAI-compatible endpoint up to the version. */
  url: string;
  /** Name of the model. */
  model: string;
  /** Environment variable with the key; absent: none is sent. */
  keyFrom?: string;
  /** What its tokens cost. */
  prices?: TokenPrices;
}

/** Name of the embedded rules; a change of what they say gets another number. */
const RULES = "rules 1";

/** Most tokens of a reflection, and how freely it is drawn. Another attempt has other noise. */
const MOST_TOKENS = 2048, TEMPERATURE = 0.7;

/** What the record calls a reflector. */
export function reflectorName(source: ReflectorSource | undefined): string {
  return source === undefined ? RULES : `model ${source.model}`;
}

/** Opens a reflector; nothing is asked yet. */
export async function openReflector(
  source: ReflectorSource | undefined,
  { directory, replay = false }: Recording,
): Promise<NonNullable<Models["reflect"]>> {
  if (source === undefined) return ruleBasedReflector();
  const { url: baseUrl, model, keyFrom } = source, recording = `${directory}/reflections.jsonl`;
  const endpoint = await openEndpoint({
    baseUrl,
    model,
    keyFrom,
    timeout: LONGEST_SILENCE,
    recording,
    offline: replay,
  });
  return modelReflector(async (prompt, attempt) => {
    const messages = [{ role: "user" as const, content: prompt }];
    const [{ text, usage }] = await endpoint.respond([
      { prompt: messages, seed: attempt, maxTokens: MOST_TOKENS, temperature: TEMPERATURE },
    ]);
    return { text, ...usage && { promptTokens: usage.promptTokens, responseTokens: usage.completionTokens } };
  });
}
