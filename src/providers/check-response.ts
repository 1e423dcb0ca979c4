import { HeddleError } from "../errors.ts";
import type { ModelResponse, ModelResponseChunk, ToolCallChunk } from "../protocol/model.ts";

const FINISH_REASONS = new Set(["stop", "length", "tool-calls", "content-filter", "refusal"]);

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
  for (const name of ["reasoning", "refusal", "model", "id"] as const) {
    checkOptionalText(`response.${name}`, response[name]);
  }
  if (!FINISH_REASONS.has(response.finishReason)) {
    refuse("response.finishReason", `one of ${[...FINISH_REASONS].join(", ")}`);
  }
  if (!Array.isArray(response.toolCalls)) refuse("response.toolCalls", "an array");
  for (const call of response.toolCalls as readonly unknown[]) checkToolCall(call);
  checkUsage(response.usage);
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
