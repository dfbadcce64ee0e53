/**
 * Numbers and formulas with units, by the conventions for percent and units.
 *
 * @module
 */

import type { Conventions, Verdict } from "../verdict.ts";
import type { ValueAnswer } from "./answer.ts";
import type { Tree } from "./expression.ts";
import { sameValue } from "./same_value.ts";

/** Compares two values with their units. */
export function sameQuantity(a: ValueAnswer, b: ValueAnswer, conventions: Conventions): Verdict {
  const { percent, units, roundedFrom } = conventions;
  const value = (x: Tree, y: Tree) => sameValue(x, y, roundedFrom);
  const shares = [a, b].map(({ unit }) => unit === "percent");
  if (percent === "hundredth" && (shares[0] || shares[1])) {
    return value(shares[0] ? hundredth(a.tree) : a.tree, shares[1] ? hundredth(b.tree) : b.tree);
  }
  const verdict = value(a.tree, b.tree);
  if (verdict.verdict === "equal") {
    const reason = clash(a.unit, b.unit, units);
    return reason ? { verdict: "different", reason: `different: ${reason}` } : verdict;
  }
  if (percent === "either" && shares[0] !== shares[1]) {
    const other = value(shares[0] ? hundredth(a.tree) : a.tree, shares[1] ? hundredth(b.tree) : b.tree);
    if (other.verdict === "equal") return other;
  }
  // 45° is π/4: an angle in radians has no unit.
  if (a.unit === "degree" && b.unit === null && mentionsPi(b.tree)) return value(["Degrees", a.tree], b.tree);
  if (b.unit === "degree" && a.unit === null && mentionsPi(a.tree)) return value(a.tree, ["Degrees", b.tree]);
  return verdict;
}

function hundredth(tree: Tree): Tree {
  return ["Divide", tree, 100];
}

/** Why units keep equal numbers apart, or null. */
function clash(a: string | null, b: string | null, rule: Conventions["units"]): string | null {
  if (rule === "ignored" || a === b) return null;
  if (a === null || b === null) return rule === "required" ? "unit is missing" : null;
  return a === "unit" || b === "unit" ? null : `unit ${b} instead of ${a}`;
}

function mentionsPi(tree: Tree): boolean {
  return tree === "Pi" || (Array.isArray(tree) && tree.some((part) => mentionsPi(part as Tree)));
}
