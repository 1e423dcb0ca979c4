import type { ModelSettings } from "../../protocol/model.ts";
import type { Bounds } from "../check.ts";
import {
  checkFields,
  checkNumber,
  checkOneOf,
  checkText,
  given,
  isJson,
  refuse,
} from "../check.ts";

/** One for all workers that say nothing of their own: there may be a hundred thousand. */
const NOTHING: ModelSettings = {};
const FIELDS = [
  "name",
  "temperature",
  "maxOutputTokens",
  "toolChoice",
  "parallelToolCalls",
  "reasoning",
  "topP",
  "topK",
  "stop",
  "seed",
  "frequencyPenalty",
  "presencePenalty",
  "cache",
  "providerOptions",
  "extraBody",
  "query",
] as const satisfies readonly (keyof ModelSettings)[];
const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const TOKENS: Bounds = { min: 1, max: 10_000_000, integer: true };
const MAX_STOPS = 16;
/** Of `providerOptions` and `extraBody`, each. */
const MAX_JSON_BYTES = 262_144;

/** What is laid over what: field by field, and in `providerOptions`, `extraBody`, `query` and `reasoning` name by name. The later wins. */
export function layerModelSettings(
  ...layers: readonly (ModelSettings | undefined)[]
): ModelSettings {
  return layers.reduce<ModelSettings>(lay, NOTHING);
}

function lay(under: ModelSettings, over: ModelSettings | undefined): ModelSettings {
  if (!over) return under;
  const merged: Record<string, unknown> = Object.assign({}, under, given(over));
  for (const name of ["providerOptions", "extraBody", "query", "reasoning"] as const) {
    if (under[name] && over[name]) merged[name] = { ...under[name], ...given(over[name]) };
  }
  return merged as ModelSettings;
}

/**
 * The settings of a model call of a job that has had `steps` responses. A tool that must be called is called with the first one: if that held
 * for the next one, too, the model could never answer.
 */
export function settingsOfStep(model: ModelSettings, steps: number): ModelSettings {
  const { toolChoice } = model;
  const isForced = toolChoice === "required" || typeof toolChoice === "object";
  return steps > 0 && isForced ? { ...model, toolChoice: "auto" } : model;
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function checkModelSettings(field: string, model: ModelSettings | undefined): void {
  if (model === undefined) return;
  checkFields(field, model, FIELDS);
  checkText(`${field}.name`, model.name);
  checkNumber(`${field}.temperature`, model.temperature, { min: 0, max: 2 });
  checkNumber(`${field}.maxOutputTokens`, model.maxOutputTokens, TOKENS);
  checkNumber(`${field}.topP`, model.topP, { min: 0, max: 1 });
  checkNumber(`${field}.topK`, model.topK, { min: 1, max: 1_000_000, integer: true });
  const seeds = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true };
  checkNumber(`${field}.seed`, model.seed, seeds);
  for (const name of ["frequencyPenalty", "presencePenalty"] as const) {
    checkNumber(`${field}.${name}`, model[name], { min: -2, max: 2 });
  }
  checkOneOf(`${field}.cache`, model.cache, ["auto", "off"]);
  checkBoolean(`${field}.parallelToolCalls`, model.parallelToolCalls);
  checkReasoning(`${field}.reasoning`, model.reasoning);
  checkStop(`${field}.stop`, model.stop);
  checkToolChoice(`${field}.toolChoice`, model.toolChoice);
  checkVendorFields(field, model);
}

function checkVendorFields(field: string, model: ModelSettings): void {
  const { providerOptions, extraBody, query } = model;
  if (extraBody !== undefined) checkJsonObject(`${field}.extraBody`, extraBody);
  if (providerOptions !== undefined) {
    checkJsonObject(`${field}.providerOptions`, providerOptions);
    for (const [name, options] of Object.entries(providerOptions)) {
      checkJsonObject(`${field}.providerOptions.${name}`, options);
    }
  }
  if (query === undefined) return;
  checkJsonObject(`${field}.query`, query);
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== "string") refuse(`${field}.query.${name}`, "a string");
  }
}

function checkReasoning(field: string, reasoning: ModelSettings["reasoning"]): void {
  checkFields(field, reasoning, ["effort", "summary", "budgetTokens"]);
  checkOneOf(`${field}.effort`, reasoning?.effort, EFFORTS);
  checkOneOf(`${field}.summary`, reasoning?.summary, ["auto", "concise", "detailed"]);
  checkNumber(`${field}.budgetTokens`, reasoning?.budgetTokens, TOKENS);
}

function checkStop(field: string, stop: unknown): void {
  if (stop === undefined) return;
  const isTexts =
    Array.isArray(stop) && stop.every((text) => typeof text === "string" && text !== "");
  if (!isTexts || stop.length === 0 || stop.length > MAX_STOPS) {
    refuse(field, `an array of 1 to ${MAX_STOPS} strings, none of them empty`);
  }
}

function checkToolChoice(field: string, choice: unknown): void {
  if (typeof choice === "object" && choice !== null) {
    checkFields(field, choice, ["tool"]);
    checkText(`${field}.tool`, (choice as { tool?: unknown }).tool ?? "");
  } else checkOneOf(field, choice, ["auto", "none", "required"]);
}

function checkBoolean(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") refuse(field, "true or false");
}

function checkJsonObject(field: string, value: unknown): void {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || !isJson(value)) {
    refuse(field, "an object of plain JSON, at most 64 levels deep");
  }
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_JSON_BYTES) {
    refuse(field, `at most ${MAX_JSON_BYTES} bytes of JSON`);
  }
}
