/**
 * JSON Schema checks that end in one sentence a person can act on.
 *
 * @module
 */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { Refusal } from "./outcomes.ts";
import { suggestion } from "../algorithms/terms/nearest.ts";

const ajv = new Ajv2020({ useDefaults: true, allErrors: false, verbose: true, allowUnionTypes: true });

function sentence(error: ErrorObject): string {
  const where = error.instancePath || "the top level";
  if (error.keyword === "additionalProperties") {
    const name = error.params.additionalProperty as string;
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    return `${where} has an unknown property "${name}"${suggestion(name, known)}`;
  }
  if (error.keyword === "minItems" && error.params.limit === 1) return `${where} is empty; name at least one.`;
  const value = JSON.stringify(error.data) ?? "undefined";
  return error.keyword === "required"
    ? `${where} ${error.message}.`
    : `${where} ${error.message}, not ${value.length > 60 ? value.slice(0, 57) + "..." : value}.`;
}

/** Where a value may have several forms: what is wrong within the form it has, rather than that it has not another. */
function telling(errors: readonly ErrorObject[]): ErrorObject {
  return errors.find(({ keyword }) => keyword !== "type" && keyword !== "anyOf") ?? errors[0];
}

/**
 * Fills in the schema's defaults and returns the value, now known to be valid.
 *
 * @throws {Refusal} one sentence: `source`, the place in the value, what is wrong there.
 */
export function validated<T>(schema: object, value: unknown, source: string): T {
  const validate = ajv.compile(schema);
  if (!validate(value)) throw new Refusal(`${source}: ${sentence(telling(validate.errors!))}`);
  return value as T;
}
