import type { Message } from "../../protocol/model.ts";
import { checkFields, checkOneOf, checkText, refuse } from "../check.ts";
import { checkContext } from "../context.ts";
import { checkMessages, checkParts } from "../conversation.ts";
import type { JobInput, RunOptions } from "../options.ts";
import { checkModelSettings } from "../workers/model-settings.ts";
import { checkFallback } from "../workers/provider-choice.ts";
import { checkBudget, checkMaxSteps, checkTimeouts } from "../workers/worker-settings.ts";

const RUN_FIELDS = [
  "host",
  "signal",
  "id",
  "parent",
  "context",
  "instructions",
  "model",
  "fallback",
  "timeouts",
  "budget",
  "maxSteps",
] as const satisfies readonly (keyof RunOptions)[];

/** @throws {HeddleError} `INVALID_INPUT` that names the field. */
export function checkJobInput(input: JobInput): void {
  checkFields("input", input, ["prompt", "messages", "output"], "INVALID_INPUT");
  const { prompt, messages } = (input ?? {}) as { prompt?: unknown; messages?: unknown };
  if (messages !== undefined) {
    if (prompt !== undefined)
      refuse("prompt", "left out where there are messages", "INVALID_INPUT");
    checkQuestion(messages);
    return;
  }
  if (typeof prompt === "string" && prompt !== "") return;
  if (!Array.isArray(prompt) || prompt.length === 0) {
    refuse("prompt", "a string that is not empty, or an array of parts", "INVALID_INPUT");
  }
  checkParts("prompt", prompt, "INVALID_INPUT");
}

/** The conversation that a job answers, `history` being its worker's. */
export function questionOf(input: JobInput, history: readonly Message[]): readonly Message[] {
  return input.messages ?? [...history, { role: "user", content: input.prompt }];
}

function checkQuestion(messages: unknown): void {
  checkMessages("messages", messages, "INVALID_INPUT");
  const last = (messages as readonly Message[]).at(-1);
  const isOpen = last?.role === "assistant" && (last.toolCalls ?? []).length > 0;
  if (last && !isOpen) return;
  const expected = "a conversation of one message or more, each of its tool calls with its result";
  refuse("messages", expected, "INVALID_INPUT");
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds. */
export function checkRunOptions(options: RunOptions): void {
  checkFields("options", options, RUN_FIELDS);
  checkText("id", options.id);
  checkContext("context", options.context);
  checkText("instructions", options.instructions);
  checkModelSettings("model", options.model);
  checkFallback("fallback", options.fallback, checkModelSettings);
  checkTimeouts("timeouts", options.timeouts);
  checkBudget("budget", options.budget);
  checkMaxSteps("maxSteps", options.maxSteps);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    refuse("signal", "an AbortSignal");
  }
  checkHost(options.host);
}

function checkHost(host: unknown): void {
  if (host === undefined) return;
  if (typeof host !== "object" || host === null) refuse("host", "an object");
  for (const name of ["workerStateChange", "responseChunkReceived", "getToolConfirmation"]) {
    const type = typeof (host as Record<string, unknown>)[name];
    checkOneOf(`host.${name}`, type, ["function", "undefined"]);
  }
}
