/**
 * How alike two phrases are, from 0 to 1: by vectors that the caller has from a sentence encoder, or by spelling, which
 * needs no model.
 *
 * @module
 */

/** Similarity of two phrases by their indices. */
export type Similarity = (a: number, b: number) => number;

/**
 * Cosine of the angle between two vectors; 0 if one has no length.
 *
 * @throws {RangeError} if vectors differ in length or hold a number that is not finite.
 */
export function cosineSimilarity(vectors: readonly ArrayLike<number>[]): Similarity {
  const unit = vectors.map((vector, i) => {
    const values = Float64Array.from(vector);
    if (values.length !== vectors[0].length || !values.every(Number.isFinite)) {
      throw new RangeError(`Vector ${i} is not ${vectors[0].length} finite numbers, as the first has`);
    }
    const length = Math.hypot(...values);
    return length === 0 ? values : values.map((value) => value / length);
  });
  return (a, b) => unit[a].reduce((sum, value, i) => sum + value * unit[b][i], 0);
}

/**
 * Dice coefficient of letter trigrams, `2 · shared / (all of a + all of b)`, with a space at both ends, so that words
 * count as whole words. Phrases that share words or stems are alike (`let us check`, `let us see`: 0.6); those that
 * mean the same in other words are not, which is what an encoder is for.
 */
export function trigramSimilarity(phrases: readonly string[]): Similarity {
  const numbers = new Map<string, number>();
  const trigrams = phrases.map((phrase) => {
    const padded = ` ${phrase} `, own: number[] = [];
    for (let i = 0; i + 3 <= padded.length; i++) {
      const trigram = padded.slice(i, i + 3);
      if (!numbers.has(trigram)) numbers.set(trigram, numbers.size);
      own.push(numbers.get(trigram)!);
    }
    return own.sort((a, b) => a - b);
  });
  return (a, b) => {
    const left = trigrams[a], right = trigrams[b];
    let shared = 0;
    for (let i = 0, j = 0; i < left.length && j < right.length;) {
      if (left[i] === right[j]) {
        shared++;
        i++;
        j++;
      } else if (left[i] < right[j]) i++;
      else j++;
    }
    return left.length + right.length === 0 ? 0 : 2 * shared / (left.length + right.length);
  };
}
