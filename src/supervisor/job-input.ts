import type { ContentPart } from "../protocol/model.ts";
import { checkFields, checkOneOf, checkText, refuse } from "./check.ts";
import type { JobInput, RunOptions } from "./options.ts";
import { checkModelSettings, checkTimeouts } from "./worker-settings.ts";

const PART_FIELDS: { readonly [type: string]: readonly string[] } = {
  text: ["type", "text"],
  image: ["type", "url", "data", "mediaType", "detail"],
  file: ["type", "url", "data", "mediaType", "filename"],
};

/** @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function checkJobInput(input: JobInput): void {
  checkFields("input", input, ["prompt"], "INVALID_INPUT");
  const prompt: unknown = (input as Partial<JobInput> | undefined)?.prompt;
  if (typeof prompt === "string" && prompt !== "") return;
  if (!Array.isArray(prompt) || prompt.length === 0) {
    refuse("prompt", "a string that is not empty, or an array of parts", "INVALID_INPUT");
  }
  for (const [i, part] of prompt.entries()) checkPart(`prompt[${i}]`, part);
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function checkRunOptions(options: RunOptions): void {
  checkFields("options", options, ["host", "signal", "id", "model", "timeouts"]);
  checkText("id", options.id);
  checkModelSettings("model", options.model);
  checkTimeouts("timeouts", options.timeouts);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    refuse("signal", "an AbortSignal");
  }
  checkHost(options.host);
}

function checkPart(field: string, part: ContentPart): void {
  const type = (part as Partial<ContentPart> | null)?.type;
  const known = typeof type === "string" ? PART_FIELDS[type] : undefined;
  if (!known) refuse(`${field}.type`, '"text", "image" or "file"', "INVALID_INPUT");
  checkFields(field, part, known, "INVALID_INPUT");
  if (part.type === "text") {
    checkText(`${field}.text`, (part as { text?: unknown }).text ?? "", "INVALID_INPUT");
    return;
  }
  if (part.data === undefined) checkText(`${field}.url`, part.url ?? "", "INVALID_INPUT");
  else checkText(`${field}.mediaType`, part.mediaType, "INVALID_INPUT");
}

function checkHost(host: unknown): void {
  if (host === undefined) return;
  if (typeof host !== "object" || host === null) refuse("host", "an object");
  for (const name of ["workerStateChange", "responseChunkReceived"]) {
    const type = typeof (host as Record<string, unknown>)[name];
    checkOneOf(`host.${name}`, type, ["function", "undefined"]);
  }
}
