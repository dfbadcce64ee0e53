/**
 * `podium logprobs`: scores token ids with a policy, so that a checkpoint can be compared with another tool.
 *
 * @module
 */
import { reasonOf } from "../../policy/reason.ts";
import type { BackendChoice } from "../backend.ts";
import { Refusal } from "../outcomes.ts";
import { backendFor, openSource } from "../policies.ts";

/** Sequences per call; scores do not depend on it. */
const batchSize = 16;

/** Reads lines of token ids; a bad one is refused with its number. */
async function readSequences(path: string): Promise<{ ids: number[]; where: string }[]> {
  let text: string;
  try {
    text = path === "-" ? await new Response(Deno.stdin.readable).text() : await Deno.readTextFile(path);
  } catch (error) {
    throw new Refusal(`${path}: can't be read (${reasonOf(error)}).`);
  }
  const sequences = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const where = `${path}, line ${index + 1}`;
    let ids: unknown;
    try {
      ids = JSON.parse(line);
    } catch (error) {
      throw new Refusal(`${where}: not JSON (${(error as Error).message}).`);
    }
    const good = Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isInteger(id) && id >= 0);
    if (!good) throw new Refusal(`${where}: not a list of token ids; write lines such as [1, 5, 2].`);
    return [{ ids: ids as number[], where }];
  });
  if (sequences.length === 0) throw new Refusal(`${path}: holds no token ids; write one JSON list per line.`);
  return sequences;
}

/** Prints one JSON object per line: log-probs and entropies of the tokens after the first. */
export async function logprobs(
  { policy: source, tokens, backend = "cpu" }: { policy: string; tokens: string; backend?: BackendChoice },
): Promise<number> {
  const sequences = await readSequences(tokens);
  const policy = await openSource(source, { tokenizer: false, backend: await backendFor(source, backend) });
  try {
    // Before the first line is printed.
    const { vocabularySize } = policy.tokenizer;
    for (const { ids, where } of sequences) {
      const bad = ids.find((id) => id >= vocabularySize);
      if (bad !== undefined) throw new Refusal(`${where}: ${bad} is no token id from 0 to ${vocabularySize - 1}.`);
    }
    for (let start = 0; start < sequences.length; start += batchSize) {
      const samples = sequences.slice(start, start + batchSize)
        .map(({ ids }) => ({ prompt: ids.slice(0, 1), response: ids.slice(1) }));
      for (const { logProbs, entropy } of await policy.logProbs(samples)) {
        console.log(JSON.stringify({ logProbs: [...logProbs], entropy: [...entropy] }));
      }
    }
  } finally {
    await policy.dispose();
  }
  return 0;
}
