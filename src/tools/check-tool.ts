import { HeddleError } from "../errors.ts";
import { MAX_TIMER_MS } from "../transport/clock.ts";
import { nearest } from "./json-schema/near.ts";
import { whyNotStrict } from "./json-schema/strict.ts";
import { schemaOf } from "./schema.ts";
import type { AnyTool } from "./tool.ts";

/** What a tool may be called: what models' servers take. */
export const TOOL_NAME: RegExp = /^[a-zA-Z0-9_-]{1,64}$/;

const FIELDS = [
  "name",
  "description",
  "parameters",
  "strict",
  "needsApproval",
  "runsIn",
  "timeoutMs",
  "idempotent",
  "execute",
] as const satisfies readonly (keyof AnyTool)[];
/** What the same is called in other libraries. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["inputSchema", "parameters"],
  ["input_schema", "parameters"],
  ["schema", "parameters"],
  ["args", "parameters"],
  ["handler", "execute"],
  ["run", "execute"],
  ["func", "execute"],
  ["fn", "execute"],
  ["call", "execute"],
]);

/**
 * Checks a tool whose maker may not have kept to the type.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field, as one of `at`, and the mend.
 */
export function checkTool(at: string, given: unknown): asserts given is AnyTool {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    refuse(at === "" ? "the tool" : at, "an object, as defineTool() returns it");
  }
  const field = (name: string) => (at === "" ? name : `${at}.${name}`);
  const tool: { readonly [K in keyof AnyTool]?: unknown } = given;
  checkNames(field, given);
  const { name, description, needsApproval, runsIn, timeoutMs, idempotent, strict } = tool;
  if (typeof name !== "string" || !TOOL_NAME.test(name)) {
    refuse(field("name"), "1 to 64 of a-z, A-Z, 0-9, _ and -");
  }
  if (typeof tool.execute !== "function") refuse(field("execute"), "a function");
  if (!isOneOf(["string", "undefined"], typeof description))
    refuse(field("description"), "a string");
  if (!isOneOf(["boolean", "function", "undefined"], typeof needsApproval)) {
    refuse(field("needsApproval"), "true, false or a function");
  }
  if (!isOneOf(["actor", "pool", undefined], runsIn)) refuse(field("runsIn"), '"actor" or "pool"');
  if (timeoutMs !== undefined && !isTime(timeoutMs)) {
    refuse(field("timeoutMs"), `an integer from 1 to ${MAX_TIMER_MS}`);
  }
  checkFlag(field("idempotent"), idempotent);
  checkFlag(field("strict"), strict);
  checkParameters(field, tool);
}

/** Refuses a field that nobody reads: most often one that is misspelt, or another library's. */
function checkNames(field: (name: string) => string, tool: object): void {
  const known: readonly string[] = FIELDS;
  const unknown = Object.keys(tool).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = ELSEWHERE.get(unknown) ?? nearest(unknown, known);
  const mend = meant === undefined ? `known are ${known.join(", ")}` : `"${meant}" is meant`;
  const message = `${field(unknown)} is unknown; ${mend}`;
  throw new HeddleError("INVALID_OPTION", message, { details: { field: field(unknown) } });
}

function checkParameters(
  field: (name: string) => string,
  { parameters, strict }: { readonly [K in keyof AnyTool]?: unknown },
): void {
  const { json } = schemaOf(field("parameters"), parameters);
  const why = strict === true ? whyNotStrict(json) : undefined;
  if (why === undefined) return;
  const message = `${field("strict")} must be left out, or its parameters changed: servers do not take them in strict mode, because ${why}`;
  throw new HeddleError("INVALID_OPTION", message, { details: { field: field("strict") } });
}

function checkFlag(field: string, value: unknown): void {
  if (!isOneOf(["boolean", "undefined"], typeof value)) refuse(field, "true or false");
}

function isOneOf(allowed: readonly unknown[], value: unknown): boolean {
  return allowed.includes(value);
}

function isTime(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_TIMER_MS;
}

function refuse(field: string, expected: string): never {
  throw new HeddleError("INVALID_OPTION", `${field} must be ${expected}`, { details: { field } });
}
