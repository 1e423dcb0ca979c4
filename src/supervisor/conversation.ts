import { checkFields, checkOneOf, checkText, refuse } from "./check.ts";

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
  if (role === "user" && Array.isArray(content)) checkParts(`${field}.content`, content, code);
  else if (typeof content !== "string")
    refuse(`${field}.content`, "a string, or an array of parts in a user message", code);
  if (role === "assistant") checkToolCalls(`${field}.toolCalls`, message["toolCalls"], code);
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
    return;
  }
  if (url !== undefined) refuse(`${field}.url`, "left out where there is data", code);
  checkText(`${field}.data`, data, code);
  checkText(`${field}.mediaType`, mediaType ?? "", code);
}
