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
  const value = JSON.stringify(error.data) ?? "undefined";
  return error.keyword === "required"
    ? `${where} ${error.message}.`
    : `${where} ${error.message}, not ${value.length > 60 ? value.slice(0, 57) + "..." : value}.`;
}

/**
 * Fills in the schema's defaults and returns the value, now known to be valid.
 *
 * @throws {Refusal} one sentence: `source`, the place in the value, what is wrong there.
 */
export function validated<T>(schema: object, value: unknown, source: string): T {
  const validate = ajv.compile(schema);
  if (!validate(value)) throw new Refusal(`${source}: ${sentence(validate.errors![0])}`);
  return value as T;
}
