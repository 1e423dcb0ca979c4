import { isDeepStrictEqual } from "node:util";
import { HeddleError } from "../errors.ts";
import type {
  ModelResponse,
  ModelResponseChunk,
  ResponsePart,
  ToolCallChunk,
} from "../protocol/model.ts";

const FINISH_REASONS = new Set([
  "stop",
  "length",
  "tool-calls",
  "content-filter",
  "refusal",
  "error",
  "other",
]);
const TEXTS_OF_PARTS: { readonly [T in ResponsePart["type"]]: readonly string[] } = {
  text: ["text"],
  reasoning: ["text"],
  "tool-call": [],
  file: [],
  source: [],
  custom: ["kind"],
};

/**
 * Holds what a provider wrote against the type it promised: a user's module need not be TypeScript.
 *
 * @throws {HeddleError} `PROVIDER_PROTOCOL` that names the field.
 */
export function checkChunk(chunk: ModelResponseChunk): void {
  const type = (chunk as { type?: unknown } | null)?.type;
  switch (type) {
    case "text":
    case "reasoning":
    case "refusal":
      if (typeof (chunk as { text: unknown }).text !== "string") refuse("chunk.text", "a string");
      return;
    case "tool-call":
      checkToolCallChunk(chunk as ToolCallChunk);
      return;
    default:
      refuse("chunk.type", '"text", "reasoning", "refusal" or "tool-call"');
  }
}

/** @throws {HeddleError} `PROVIDER_PROTOCOL` that names the field. */
export function checkResponse(response: ModelResponse): void {
  if (!isObject(response)) refuse("response", "an object");
  if (typeof response.text !== "string") refuse("response.text", "a string");
  for (const name of ["reasoning", "refusal", "model", "id", "rawFinishReason"] as const) {
    checkOptionalText(`response.${name}`, response[name]);
  }
  if (!FINISH_REASONS.has(response.finishReason)) {
    refuse("response.finishReason", `one of ${[...FINISH_REASONS].join(", ")}`);
  }
  if (!Array.isArray(response.toolCalls)) refuse("response.toolCalls", "an array");
  for (const call of response.toolCalls as readonly unknown[]) checkToolCall(call);
  checkUsage(response.usage);
  checkParts(response);
  const { warnings = [] } = response;
  const areTexts = Array.isArray(warnings) && warnings.every((text) => typeof text === "string");
  if (!areTexts) refuse("response.warnings", "an array of strings, or left out");
}

/**
 * Refuses a whole response that is no success, whatever its provider calls it.
 *
 * @throws {HeddleError} `PROVIDER_FINISH_REASON` for one that its server has broken off, or ended for a reason that nobody knows;
 * `PROVIDER_EMPTY` for one that has cost tokens and brought nothing. Both are sent again while nothing of it was delivered.
 */
export function refuseUnusable(response: ModelResponse): void {
  const { finishReason, rawFinishReason = finishReason, toolCalls } = response;
  if (finishReason === "error" || (finishReason === "other" && toolCalls.length === 0)) {
    const message = `the model server ended the response for a reason that is no success: ${rawFinishReason}`;
    const details = { finishReason: rawFinishReason, retryable: true };
    throw new HeddleError("PROVIDER_FINISH_REASON", message, { details });
  }
  if (finishReason !== "stop" && finishReason !== "tool-calls") return;
  const { text, refusal = "", reasoning = "", parts = [], usage } = response;
  const isSaid = parts.some(({ type }) => type === "file" || type === "custom");
  if (text !== "" || refusal !== "" || toolCalls.length > 0 || isSaid) return;
  if (usage.outputTokens === 0 && reasoning === "") return;
  const message = `the model's response is empty, though it has cost ${usage.outputTokens} output tokens`;
  throw new HeddleError("PROVIDER_EMPTY", message, { details: { retryable: true } });
}

function checkParts({ parts, text, toolCalls }: ModelResponse): void {
  if (parts === undefined) return;
  if (!Array.isArray(parts)) refuse("response.parts", "an array, or left out");
  const calls = new Set<unknown>();
  for (const [i, part] of (parts as readonly ResponsePart[]).entries()) {
    const field = `response.parts[${i}]`;
    checkPart(field, part);
    if (part.type !== "tool-call") continue;
    if (!toolCalls[part.index] || calls.has(part.index)) {
      refuse(`${field}.index`, "the place of a tool call in response.toolCalls, each of them once");
    }
    calls.add(part.index);
  }
  if (calls.size !== toolCalls.length) refuse("response.parts", "one with all tool calls");
  const texts = parts.map((part) => (part.type === "text" ? part.text : ""));
  if (texts.join("") !== text) refuse("response.parts", "one whose texts joined are response.text");
}

function checkPart(field: string, part: ResponsePart): void {
  const texts = TEXTS_OF_PARTS[(part as ResponsePart | null)?.type as ResponsePart["type"]] as
    | readonly string[]
    | undefined;
  if (!texts) refuse(`${field}.type`, `one of ${Object.keys(TEXTS_OF_PARTS).join(", ")}`);
  for (const name of texts) {
    const value = (part as unknown as Record<string, unknown>)[name];
    if (typeof value !== "string") refuse(`${field}.${name}`, "a string");
  }
  const { url, data, mediaType } = part as { url?: unknown; data?: unknown; mediaType?: unknown };
  if (part.type === "file" && (typeof data !== "string" || typeof mediaType !== "string")) {
    if (typeof url !== "string") refuse(field, "a file by url, or by data and mediaType");
  }
  if (part.state !== undefined && !isJson(part.state.data)) {
    refuse(`${field}.state.data`, "plain JSON");
  }
}

/** To JSON and back is the test of it: a frame that cannot be posted would end the thread. */
function isJson(data: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(data)), data);
  } catch {
    return false;
  }
}

/** What goes into a frame must be plain: one that cannot be posted would end the thread, with everybody's requests. */
function checkToolCallChunk(chunk: ToolCallChunk): void {
  if (!Number.isSafeInteger(chunk.index) || chunk.index < 0) {
    refuse("chunk.index", "an integer from 0");
  }
  if (typeof chunk.argumentsText !== "string") refuse("chunk.argumentsText", "a string");
  checkOptionalText("chunk.id", chunk.id);
  checkOptionalText("chunk.name", chunk.name);
}

function checkOptionalText(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string") refuse(field, "a string, or left out");
}

function checkToolCall(call: unknown): void {
  const { id, name, argumentsText } = (call ?? {}) as Record<string, unknown>;
  if ([id, name, argumentsText].some((text) => typeof text !== "string")) {
    refuse("response.toolCalls[]", "{ id, name, argumentsText } of strings");
  }
}

function checkUsage(usage: unknown): void {
  const { inputTokens, outputTokens, totalTokens } = (usage ?? {}) as Record<string, unknown>;
  for (const tokens of [inputTokens, outputTokens, totalTokens]) {
    if (!Number.isFinite(tokens) || (tokens as number) < 0) {
      refuse("response.usage", "{ inputTokens, outputTokens, totalTokens }, numbers from 0");
    }
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function refuse(field: string, expected: string): never {
  throw new HeddleError("PROVIDER_PROTOCOL", `the provider's ${field} must be ${expected}`, {
    details: { field },
  });
}
