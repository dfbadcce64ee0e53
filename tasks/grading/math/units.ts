/**
 * Units: what stands behind (or, for money, before) the number and says of what.
 *
 * @module
 */

/** Spellings of a unit, by its name; what is not here is some unit, compatible with all. */
const SPELLINGS: Readonly<Record<string, string>> = {
  mm: "mm millimeter millimeters millimetre millimetres",
  cm: "cm centimeter centimeters centimetre centimetres",
  m: "m meter meters metre metres",
  km: "km kilometer kilometers kilometre kilometres",
  inch: "in in. inch inches",
  foot: "ft ft. foot feet",
  yard: "yd yard yards",
  mile: "mi mile miles",
  g: "g gm gms gram grams",
  kg: "kg kilogram kilograms",
  pound: "lb lbs pound pounds",
  ounce: "oz ounce ounces",
  second: "s sec secs second seconds",
  minute: "min mins minute minutes",
  hour: "h hr hrs hour hours",
  day: "day days",
  week: "week weeks",
  month: "month months",
  year: "yr yrs year years",
  liter: "l liter liters litre litres",
  ml: "ml milliliter milliliters",
  gallon: "gal gallon gallons",
  dollar: "dollar dollars usd",
  cent: "cent cents",
  euro: "euro euros eur",
  percent: "percent percents pct percentage",
  degree: "degree degrees deg",
  mph: "mph",
};

const NAMES = new Map(
  Object.entries(SPELLINGS).flatMap(([name, all]) => all.split(" ").map((spelling) => [spelling, name] as const)),
);

const CURRENCY: Readonly<Record<string, string>> = {
  "$": "dollar",
  "\\$": "dollar",
  "€": "euro",
  "£": "pound sterling",
};

/** Text in LaTeX, with an exponent: `\text{ cm}^2`. */
const TEXT_UNIT = /\s*\\text\s*\{([^{}]*)\}\s*(?:\^\s*(?:(\d)|\{\s*(\d)\s*\}))?\s*\.?$/;
/** Words behind a number and a space, or known ones without a space: `12 apples`, `12cm`. */
const WORD_UNIT =
  /(\s*)((?:[a-zA-Z][a-zA-Z.']*)(?:[\s/]+[a-zA-Z][a-zA-Z.']*)*)\s*(?:\^\s*(?:(\d)|\{\s*(\d)\s*\}))?\s*$/;

/** A number without its unit. */
export interface Measured {
  readonly text: string;
  /** The unit's name, `unit` for one that is not known, or null. */
  readonly unit: string | null;
}

/** Takes the unit off an answer. */
export function splitUnit(text: string): Measured {
  let unit: string | null = null;
  const found = (name: string) => unit = unit && unit !== name ? `${name} ${unit}` : name;
  const money = /^([+-]?)\s*(\\?\$|€|£)\s*([+-]?)(?=[\d.(\\])/.exec(text);
  if (money) {
    found(CURRENCY[money[2]]);
    text = money[1] + money[3] + text.slice(money[0].length);
  }
  for (let round = 0; round < 4; round++) {
    const before = text;
    text = text.replace(/\s*(?:\\?\$|€|£)$/, (sign) => (found(CURRENCY[sign.trim()]), ""));
    text = text.replace(/\s*\\?%$/, () => (found("percent"), ""));
    text = text.replace(/(?<=[\d}.)])\s*(?:percent|pct)$/, () => (found("percent"), ""));
    text = text.replace(TEXT_UNIT, (whole, words: string, digit?: string, braced?: string) => {
      if (/^\s*[A-Z]?\s*$/.test(words) && !/\d\s*$/.test(text.slice(0, -whole.length))) return whole;
      found(nameOf(words, digit ?? braced));
      return "";
    });
    text = text.replace(
      WORD_UNIT,
      (whole, space: string, words: string, digit: string | undefined, braced: string | undefined, at: number) => {
        const rest = text.slice(0, at);
        if (!/[\d}).%]$/.test(rest) || /\\[a-zA-Z]*$/.test(rest)) return whole;
        const known = NAMES.has(words.toLowerCase().split(/[\s/]/, 1)[0]);
        // One letter, or letters right behind the number, may be variables: 12x, 3 e.
        if (!known && (space === "" || words.replace(/[^a-zA-Z]/g, "").length < 3)) return whole;
        if (known && words.length === 1 && (space === "" || !/^[\d.,]+$/.test(rest.trim()))) return whole;
        found(nameOf(words, digit ?? braced));
        return "";
      },
    );
    // Counters and units in scripts without spaces: 3页.
    text = text.replace(
      /(?<=[\d})])\s*[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}]+$/u,
      () => (found("unit"), ""),
    );
    text = stripDegrees(text, () => found("degree"));
    if (text === before) break;
  }
  // A unit alone is no number: \text{cm} is a word.
  return text.trim() === "" ? { text: "", unit } : { text: text.trim(), unit };
}

/** Degrees are a unit at the end of a number, but not within sin 30°. */
function stripDegrees(text: string, found: () => void): string {
  if (/\\(?:sin|cos|tan|cot|sec|csc)(?![a-zA-Z])/.test(text)) return text;
  return text.replace(/\s*\^\{\\circ\}\s*(?:\\text\s*\{\s*[CF]\s*\}|[CF])?$/, () => (found(), ""));
}

/** `square centimeters`, `cm^2`, `sq. cm` have one name. */
function nameOf(words: string, exponent: string | undefined): string {
  const list = words.toLowerCase().replace(/[.,]$/, "").trim().split(/[\s/]+/).filter((word) => word !== "per");
  let dimension = exponent ?? "1";
  if (/^(?:square|sq\.?)$/.test(list[0])) dimension = "2", list.shift();
  else if (/^(?:cubic|cu\.?)$/.test(list[0])) dimension = "3", list.shift();
  const names = list.map((word) => NAMES.get(word) ?? NAMES.get(word.replace(/\.$/, "")));
  if (names.length === 0 || names.some((name) => name === undefined)) return "unit";
  return names.join("/") + (dimension === "1" ? "" : `^${dimension}`);
}
