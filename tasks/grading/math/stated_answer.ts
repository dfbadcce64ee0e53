/**
 * The answer of a response that does not put it in a box, as far as it can be told from how people state one. It is a
 * guess, in a fixed order:
 *
 * 1. the whole response, if it is short and has no prose: `3+2`, `(C)`, `D`;
 * 2. what the last `answer is …`, `answer: …` says, up to the end of the sentence: behind its last `is`, a formula, or
 *    the first number;
 * 3. the letter of a choice, if there are neither numbers nor formulas: `I think it's B`;
 * 4. what is in brackets or bold at the end: `The angle is [90].`, `**42**`;
 * 5. the last formula or the last number, whichever stands later.
 *
 * @module
 */

/** What was found and how. */
export interface StatedAnswer {
  readonly text: string;
  readonly from: "whole response" | "answer is" | "choice" | "emphasis" | "last formula" | "last number";
}

/** Chat models stop late; what another turn says is no answer. */
const TURN = /<\|[a-z_]+\|>/;
const STATEMENT =
  /\b(?:final\s+answer|answer|réponse|respuesta|antwort)\b(?:\s+is|\s+est|\s+es|\s+ist)?\s*(?::|\b(?:is|est|es|ist)\b)?|答案(?:是|：|:)?/gi;
const FORMULA = /(?<!\\)\$\$?((?:\\.|[^$\\])+?)\$\$?|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]/g;
/** A number, or a fraction, in running text. */
const NUMBER =
  /[-−]?(?:\\?\$\s?)?(?:\\[dtc]?frac\s*(?:\{-?\d+\}|\d)\s*(?:\{\d+\}|\d)|\d[\d,]*(?:\.\d+)?(?:\/\d+)?|\.\d+)(?:\s?\\?%)?/g;
/** How much of a response is looked at: an answer stands at the end, and a hostile response is long. */
const TAIL = 4000;
/** The longest response that may be an answer as a whole, and its longest statement. */
const SHORT = 100;

/** The answer that a response states, or null. */
export function statedAnswer(response: string): StatedAnswer | null {
  const text = response.slice(-TAIL).split(TURN, 1)[0].trim();
  if (text.length <= SHORT && !text.includes("\n") && !/\P{ASCII}/u.test(text) && !hasProse(text)) {
    return text === "" ? null : { text, from: "whole response" };
  }
  const stated = statement(text);
  if (stated !== null) return { text: stated, from: "answer is" };
  const formula = [...text.matchAll(FORMULA)].at(-1), number = [...text.matchAll(NUMBER)].at(-1);
  if (!formula && !number) {
    const letter = choiceIn(text);
    return letter === null ? null : { text: letter, from: "choice" };
  }
  const emphasis = /(?:\[\s*([^[\]]*[\d$][^[\]]*)\s*\]|\*\*([^*]*\d[^*]*)\*\*)[\s.。]*$/.exec(text);
  if (emphasis) return { text: emphasis[1] ?? emphasis[2], from: "emphasis" };
  const inFormula = formula && (!number || number.index < formula.index + formula[0].length);
  if (formula && (inFormula || !number)) return { text: content(formula), from: "last formula" };
  return { text: number![0], from: "last number" };
}

/** What the last statement of an answer says; null if there is none or it says nothing. */
function statement(text: string): string | null {
  for (const found of [...text.matchAll(STATEMENT)].reverse()) {
    const rest = text.slice(found.index + found[0].length).trimStart().split("\n", 1)[0].replace(/^[\s:*"“]+/, "");
    const letter = /^(?:for sure |definitely |option |choice )*\(?([A-J])\)?(?![\p{L}\d'’_^=+(/*-]| [=+*/^-])/u.exec(
      rest,
    );
    if (letter) return letter[1];
    const sentence = rest.split(/[.。](?=\s|$)|,? \b(?:because|since|as)\b/, 1)[0].replace(/["”*]+$/, "");
    // "The final answer is the volume, which is 120": what is behind the last "is" of the sentence says it.
    const behind = outsideOfFormulas(sentence).split(/\b(?:is|are|equals)\b/).at(-1)!;
    const said = sentence.slice(sentence.length - behind.length).trim();
    for (const part of new Set([said, sentence.trim()])) {
      const formulas = [...part.matchAll(FORMULA)];
      if (formulas.length > 0) {
        return formulas.length === 1 && withUnit(part, formulas[0]) ? part : content(formulas.at(-1)!);
      }
      if (part !== "" && part.length <= SHORT && !hasProse(part)) return part;
      const number = part.match(NUMBER);
      if (number) return number[0];
    }
  }
  return null;
}

/** Whether a formula has a unit behind it, and nothing else beside it. */
function withUnit(part: string, formula: RegExpMatchArray): boolean {
  return part.startsWith(formula[0]) && /^\s*\S+(?:\s\S+)?\s*$/.test(part.slice(formula[0].length));
}

function content(match: RegExpMatchArray): string {
  return (match[1] ?? match[2] ?? match[3]).trim();
}

/** The text with its formulas blanked, so that offsets stay. */
function outsideOfFormulas(text: string): string {
  return text.replace(FORMULA, (formula) => " ".repeat(formula.length));
}

/** Whether words stand in it that are no unit, name or command: two words of three letters or more. */
function hasProse(text: string): boolean {
  const words = text.replace(/\\(?:text|mbox)\s*\{[^{}]*\}|\\[a-zA-Z]+/g, " ").match(/(?<![\p{L}])\p{L}{2,}/gu) ?? [];
  return words.length > 2 || /[\p{Script=Han}\p{Script=Hiragana}]{3,}/u.test(text) || /'[a-z]/.test(text);
}

/** The letter of a multiple-choice answer: at the start, or what "it's" or "is" points at. */
function choiceIn(text: string): string | null {
  const start = /^\(?([A-J])\)?(?=[^\p{Script=Latin}\d'\s]|$)/u.exec(text);
  if (start) return start[1];
  const pointed = [
    ...text.matchAll(/(?<!not )\b(?:it['’]s|is|be|choose|pick|est)\s+(?:option\s+)?\(?([A-J])\)?(?![\p{L}\d'])/gu),
  ].at(-1);
  return pointed?.[1] ?? null;
}
