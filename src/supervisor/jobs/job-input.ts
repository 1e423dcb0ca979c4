import { checkFields, checkOneOf, checkText, refuse } from "../check.ts";
import { checkContext } from "../context.ts";
import type { JobInput, RunOptions } from "../options.ts";
import {
  checkBudget,
  checkMaxSteps,
  checkModelSettings,
  checkTimeouts,
} from "../workers/worker-settings.ts";

const PART_FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["text", ["type", "text"]],
  ["image", ["type", "url", "data", "mediaType", "detail"]],
  ["file", ["type", "url", "data", "mediaType", "filename"]],
]);

const RUN_FIELDS = [
  "host",
  "signal",
  "id",
  "parent",
  "context",
  "model",
  "timeouts",
  "budget",
  "maxSteps",
] as const satisfies readonly (keyof RunOptions)[];

/** @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function checkJobInput(input: JobInput): void {
  checkFields("input", input, ["prompt", "output"], "INVALID_INPUT");
  const prompt: unknown = (input as Partial<JobInput> | undefined)?.prompt;
  if (typeof prompt === "string" && prompt !== "") return;
  if (!Array.isArray(prompt) || prompt.length === 0) {
    refuse("prompt", "a string that is not empty, or an array of parts", "INVALID_INPUT");
  }
  for (const [i, part] of prompt.entries()) checkPart(`prompt[${i}]`, part);
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function checkRunOptions(options: RunOptions): void {
  checkFields("options", options, RUN_FIELDS);
  checkText("id", options.id);
  checkContext("context", options.context);
  checkModelSettings("model", options.model);
  checkTimeouts("timeouts", options.timeouts);
  checkBudget("budget", options.budget);
  checkMaxSteps("maxSteps", options.maxSteps);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    refuse("signal", "an AbortSignal");
  }
  checkHost(options.host);
}

function checkPart(field: string, given: unknown): void {
  const part = given as Partial<Record<string, unknown>> | null;
  const known = PART_FIELDS.get(part?.["type"]);
  if (!part || !known) refuse(`${field}.type`, '"text", "image" or "file"', "INVALID_INPUT");
  checkFields(field, part, known, "INVALID_INPUT");
  if (part["type"] === "text") {
    checkText(`${field}.text`, part["text"] ?? "", "INVALID_INPUT");
    return;
  }
  checkSource(field, part);
  checkOneOf(`${field}.detail`, part["detail"], ["auto", "low", "high"], "INVALID_INPUT");
  checkText(`${field}.filename`, part["filename"], "INVALID_INPUT");
}

function checkSource(field: string, part: Partial<Record<string, unknown>>): void {
  const { url, data, mediaType } = part;
  if (data === undefined) {
    checkText(`${field}.url`, url ?? "", "INVALID_INPUT");
    return;
  }
  if (url !== undefined) refuse(`${field}.url`, "left out where there is data", "INVALID_INPUT");
  checkText(`${field}.data`, data, "INVALID_INPUT");
  checkText(`${field}.mediaType`, mediaType ?? "", "INVALID_INPUT");
}

function checkHost(host: unknown): void {
  if (host === undefined) return;
  if (typeof host !== "object" || host === null) refuse("host", "an object");
  for (const name of ["workerStateChange", "responseChunkReceived", "getToolConfirmation"]) {
    const type = typeof (host as Record<string, unknown>)[name];
    checkOneOf(`host.${name}`, type, ["function", "undefined"]);
  }
}
