import { isDeepStrictEqual } from "node:util";
import { describe, HeddleError } from "../../errors.ts";
import type { ModelResponse, ToolCall } from "../../protocol/model.ts";
import { checkResponse, refuseUnusable } from "../../providers/check-response.ts";
import type { Finding } from "./finding.ts";
import type { Ended, WatchedRequest } from "./watched-request.ts";

/*
 * What is wrong with what a provider has done, in words.
 */

export function problemsOf(watched: WatchedRequest, ended: Ended): readonly string[] {
  if (ended.type === "late") return ["the request has not ended in time"];
  if (ended.type === "failed") return [`the request has failed: ${words(ended.error)}`];
  const { response } = ended;
  const malformed = responseProblems(response);
  if (malformed.length > 0) return [...watched.problems, ...malformed];
  const problems = [...watched.problems];
  const isStreamed = watched.text === response.text || watched.text === "";
  if (!isStreamed) problems.push("the text chunks joined are not response.text");
  return problems;
}

function responseProblems(response: ModelResponse): readonly string[] {
  try {
    checkResponse(response);
    refuseUnusable(response);
    return [];
  } catch (error) {
    return [describe(error)];
  }
}

export function callProblems(
  watched: WatchedRequest,
  { toolCalls }: ModelResponse,
  names: ReadonlySet<string>,
): readonly string[] {
  const problems = toolCalls.flatMap((call) => callProblem(call, names));
  if (toolCalls.length === 0) problems.push("toolPrompt was not answered with a tool call");
  if (new Set(toolCalls.map(({ id }) => id)).size < toolCalls.length) {
    problems.push("two tool calls have the same id");
  }
  const streamed = streamedCalls(watched);
  if (streamed.length > 0 && !isDeepStrictEqual(streamed, [...toolCalls])) {
    problems.push("the tool-call chunks joined are not response.toolCalls");
  }
  return problems;
}

function callProblem({ id, name, argumentsText }: ToolCall, names: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  if (id === "") problems.push("a tool call has no id");
  if (!names.has(name)) problems.push(`a tool call names "${name}", which is none of the tools`);
  try {
    JSON.parse(argumentsText === "" ? "{}" : argumentsText);
  } catch {
    problems.push("a tool call's argumentsText is no JSON");
  }
  return problems;
}

function streamedCalls({ chunks }: WatchedRequest): readonly ToolCall[] {
  const calls: { id: string; name: string; argumentsText: string }[] = [];
  for (const chunk of chunks) {
    if (chunk.type !== "tool-call") continue;
    const call = calls[chunk.index] ?? { id: "", name: "", argumentsText: "" };
    calls[chunk.index] = {
      id: chunk.id ?? call.id,
      name: chunk.name ?? call.name,
      argumentsText: call.argumentsText + chunk.argumentsText,
    };
  }
  return calls;
}

export function errorProblems(error: unknown): readonly string[] {
  if (!HeddleError.is(error)) return [`it failed with no HeddleError: ${words(error)}`];
  const problems: string[] = [];
  if (!error.code.startsWith("PROVIDER_"))
    problems.push(`its code is ${error.code}, none of PROVIDER_…`);
  if (typeof error.details["retryable"] !== "boolean") {
    problems.push("details.retryable says neither true nor false");
  }
  if (error.message === "") problems.push("its message is empty");
  return problems;
}

export function noResponse(ended: Ended): Finding {
  return {
    problems: [
      ended.type === "failed"
        ? `the request has failed: ${words(ended.error)}`
        : "the request has not ended in time",
    ],
  };
}

function words(error: unknown): string {
  return HeddleError.is(error) ? `${error.code}: ${error.message}` : describe(error);
}
