import { checkFields, checkOneOf, checkText, isJson, refuse } from "./check.ts";

/*
 * Checks of conversations that users hand in.
 */

type Code = "INVALID_OPTION" | "INVALID_INPUT";
type Fields = Partial<Record<string, unknown>>;

const PART_FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["text", ["type", "text"]],
  ["image", ["type", "url", "data", "mediaType", "detail"]],
  ["file", ["type", "url", "data", "mediaType", "filename"]],
]);

const RESPONSE_PART_FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["text", ["text", "isCommentary"]],
  ["reasoning", ["text"]],
  ["tool-call", ["index"]],
  ["file", ["url", "data", "mediaType", "filename"]],
  ["source", ["url", "title", "mediaType"]],
  ["custom", ["kind"]],
]);

/** @throws {HeddleError} `code`, naming the field. */
export function checkMessages(field: string, messages: unknown, code: Code): void {
  if (messages === undefined) return;
  if (!Array.isArray(messages)) refuse(field, "an array of messages", code);
  for (const [i, message] of messages.entries()) checkMessage(`${field}[${i}]`, message, code);
}

/** Of a user's message. @throws {HeddleError} `code`, naming the field. */
export function checkParts(field: string, parts: readonly unknown[], code: Code): void {
  for (const [i, part] of parts.entries()) checkPart(`${field}[${i}]`, part, code);
}

function checkMessage(field: string, given: unknown, code: Code): void {
  const message = (given ?? {}) as Fields;
  const { role, content } = message;
  checkOneOf(`${field}.role`, role ?? "", ["user", "assistant", "tool"], code);
  const takesParts = role === "user" || role === "tool";
  if (takesParts && Array.isArray(content)) checkParts(`${field}.content`, content, code);
  else if (typeof content !== "string") {
    const expected = takesParts ? "a string, or an array of parts" : "a string";
    refuse(`${field}.content`, expected, code);
  }
  if (role === "assistant") {
    checkToolCalls(`${field}.toolCalls`, message["toolCalls"], code);
    checkResponseParts(field, message, code);
  }
  if (role !== "tool") return;
  for (const name of ["toolCallId", "toolName"]) {
    checkText(`${field}.${name}`, message[name] ?? "", code);
  }
}

function checkToolCalls(field: string, calls: unknown, code: Code): void {
  if (calls === undefined) return;
  if (!Array.isArray(calls)) refuse(field, "an array of tool calls", code);
  for (const [i, given] of calls.entries()) {
    const call = (given ?? {}) as Fields;
    checkText(`${field}[${i}].id`, call["id"] ?? "", code);
    checkText(`${field}[${i}].name`, call["name"] ?? "", code);
    if (typeof call["argumentsText"] !== "string") {
      refuse(`${field}[${i}].argumentsText`, "a string", code);
    }
  }
}

/** Of an assistant's message: they must say what the message says. */
function checkResponseParts(field: string, message: Fields, code: Code): void {
  const { parts, content, toolCalls } = message;
  if (parts === undefined) return;
  if (!Array.isArray(parts)) refuse(`${field}.parts`, "an array of parts, or left out", code);
  const calls = (toolCalls ?? []) as readonly unknown[];
  for (const [i, part] of parts.entries()) {
    checkResponsePart(`${field}.parts[${i}]`, part, calls, code);
  }
  const texts = (parts as readonly Fields[]).map(({ type, text }) => (type === "text" ? text : ""));
  if (texts.join("") !== content) {
    refuse(`${field}.parts`, `parts whose texts joined are ${field}.content`, code);
  }
}

function checkResponsePart(
  field: string,
  given: unknown,
  calls: readonly unknown[],
  code: Code,
): void {
  const part = (given ?? {}) as Fields;
  const known = RESPONSE_PART_FIELDS.get(part["type"]);
  if (!known) {
    refuse(`${field}.type`, `one of ${[...RESPONSE_PART_FIELDS.keys()].join(", ")}`, code);
  }
  checkFields(field, part, ["type", "state", ...known], code);
  const { type, state, text, index } = part;
  if ((type === "text" || type === "reasoning") && typeof text !== "string") {
    refuse(`${field}.text`, "a string", code);
  }
  if (type === "tool-call" && calls[index as number] === undefined) {
    refuse(`${field}.index`, "the place of a call in toolCalls", code);
  }
  if (type === "file") checkSource(field, part, code);
  if (type === "custom") checkText(`${field}.kind`, part["kind"] ?? "", code);
  if (state !== undefined) checkState(`${field}.state`, state, code);
}

function checkState(field: string, given: unknown, code: Code): void {
  checkFields(field, given, ["provider", "model", "data"], code);
  const { provider, model, data } = given as Fields;
  if (typeof provider !== "string" || typeof model !== "string") {
    refuse(field, "as the transcript had it: { provider, model, data }", code);
  }
  if (!isJson(data)) refuse(`${field}.data`, "plain JSON", code);
}

function checkPart(field: string, given: unknown, code: Code): void {
  const part = given as Fields | null;
  const known = PART_FIELDS.get(part?.["type"]);
  if (!part || !known) refuse(`${field}.type`, '"text", "image" or "file"', code);
  checkFields(field, part, known, code);
  if (part["type"] === "text") {
    checkText(`${field}.text`, part["text"] ?? "", code);
    return;
  }
  checkSource(field, part, code);
  checkOneOf(`${field}.detail`, part["detail"], ["auto", "low", "high"], code);
  checkText(`${field}.filename`, part["filename"], code);
}

function checkSource(field: string, { url, data, mediaType }: Fields, code: Code): void {
  if (data === undefined) {
    checkText(`${field}.url`, url ?? "", code);
    checkText(`${field}.mediaType`, mediaType, code);
    return;
  }
  if (url !== undefined) refuse(`${field}.url`, "left out where there is data", code);
  checkText(`${field}.data`, data, code);
  checkText(`${field}.mediaType`, mediaType ?? "", code);
}
