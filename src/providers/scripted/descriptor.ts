import { extname } from "node:path";
import { HeddleError } from "../../errors.ts";
import type { ProviderDescriptor } from "../../protocol/provider.ts";
import type { Script } from "./script.ts";

/**
 * A provider that plays a script: deterministic, without a network, for tests, demonstrations and load.
 *
 * Each worker plays the script from its beginning, one response per model call. A failure in the script is not retried:
 * it is what the script says.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field.
 */
export function scriptedProvider(script: Script): ProviderDescriptor {
  checkScript(script);
  const { limits, breaker, ...options } = script;
  return {
    module: new URL(`./provider${extname(import.meta.filename)}`, import.meta.url),
    options,
    retry: { maxRetries: 0 },
    ...(limits === undefined ? {} : { limits }),
    ...(breaker === undefined ? {} : { breaker }),
  };
}

function checkScript(script: unknown): void {
  const responses = (script as Partial<Script> | undefined)?.responses;
  if (!Array.isArray(responses) || responses.length === 0) {
    refuse("responses", "an array of at least one response");
  }
  for (const [i, response] of responses.entries()) {
    checkResponse(`responses[${i}]`, response);
  }
  checkLimits((script as Script).limits);
}

/** What is no limit is refused with the supervisor's other options. */
function checkLimits(limits: unknown): void {
  for (const name of ["requestsPerMinute", "tokensPerMinute", "maxConcurrent"]) {
    const value = (limits as Record<string, unknown> | undefined)?.[name];
    checkCount(`limits.${name}`, value, Number.isSafeInteger, "an integer from 1");
  }
}

/** `at` names the response. @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkResponse(at: string, response: unknown): void {
  if (typeof response !== "object" || response === null) refuse(at, "an object");
  const fields = response as Record<string, unknown>;
  for (const name of ["text", "reasoning", "refusal"]) {
    if (!["string", "undefined"].includes(typeof fields[name])) refuse(`${at}.${name}`, "a string");
  }
  checkCount(`${at}.chunks`, fields["chunks"], Number.isSafeInteger, "an integer from 1");
  checkCount(`${at}.chunksPerSecond`, fields["chunksPerSecond"], Number.isFinite, "above 0");
  if (fields["endless"] === true && !fields["text"]) refuse(`${at}.text`, "given with endless");
  checkFailure(at, fields["error"]);
  checkToolCalls(at, fields["toolCalls"]);
  const says = ["text", "reasoning", "refusal", "toolCalls", "error", "stall", "finishReason"];
  if (!says.some((name) => fields[name] !== undefined)) refuse(at, `one with ${says.join(", ")}`);
}

function checkCount(
  at: string,
  value: unknown,
  isKind: (value: unknown) => boolean,
  expected: string,
): void {
  if (value !== undefined && !(isKind(value) && (value as number) > 0)) refuse(at, expected);
}

function checkFailure(at: string, error: unknown): void {
  if (error === undefined) return;
  const { status, message } = (error ?? {}) as Record<string, unknown>;
  const isStatus =
    Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600;
  if (!isStatus) refuse(`${at}.error.status`, "an HTTP status from 400 to 599");
  if (typeof message !== "string") refuse(`${at}.error.message`, "a string");
}

function checkToolCalls(at: string, calls: unknown): void {
  if (calls === undefined) return;
  if (!Array.isArray(calls)) refuse(`${at}.toolCalls`, "an array");
  for (const [i, call] of (calls as readonly unknown[]).entries()) {
    const name = (call as { name?: unknown } | null)?.name;
    if (typeof name !== "string") refuse(`${at}.toolCalls[${i}].name`, "a string");
  }
}

function refuse(field: string, expected: string): never {
  throw new HeddleError("INVALID_OPTION", `${field} must be ${expected}`, {
    details: { field },
  });
}
