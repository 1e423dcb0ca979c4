import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { describe, HeddleError } from "../../errors.ts";
import { assistantMessage, toolMessage } from "../../messages.ts";
import type { Message, ModelResponse, ToolCall } from "../../protocol/model.ts";
import { checkResponse, refuseUnusable } from "../../providers/check-response.ts";
import type { ModelProvider } from "../../providers/model-provider.ts";
import { onlyOwnState } from "../../providers/part-state.ts";
import type { CheckProviderOptions } from "./options.ts";
import type { ProviderRule } from "./provider-report.ts";
import type { Ended } from "./watched-request.ts";
import { cancelError, requestFor, WatchedRequest } from "./watched-request.ts";

/** What a rule has found: nothing, what is wrong, or why it could not be looked at. */
export type Finding = { readonly problems: readonly string[] } | { readonly why: string };
type Asked = {
  readonly provider: ModelProvider;
  readonly options: Required<Times> & CheckProviderOptions;
};
type Times = Pick<CheckProviderOptions, "settleMs" | "answerMs">;
export type Rule = (asked: Asked) => Promise<Finding>;

/** What a provider may hold of what it has read when there is no room any more: a read of its socket, and what its parsers keep. */
const MAX_HELD_CHARS = 524_288;
const SHORTEST_STATE = 4;

/** The rules of a provider that was loaded. */
export const RULES: { readonly [name in Exclude<ProviderRule, "loads">]: Rule } = {
  "streams its text": async (asked) => {
    const { watched, ended } = await ask(asked, promptOf(asked));
    return { problems: problemsOf(watched, ended) };
  },
  "counts tokens": async (asked) => {
    const { ended } = await ask(asked, promptOf(asked));
    if (ended.type !== "responded") return noResponse(ended);
    const { inputTokens = 0, outputTokens = 0 } = ended.response.usage ?? {};
    const isCounted = inputTokens > 0 && outputTokens > 0;
    return {
      problems: isCounted
        ? []
        : [
            "response.usage has no inputTokens or no outputTokens: budgets and limits are then estimated",
          ],
    };
  },
  "leaves the request as it is": async (asked) => {
    const messages = promptOf(asked);
    const { watched, ended } = await ask(asked, messages);
    if (ended.type === "failed" && ended.error instanceof TypeError) {
      return {
        problems: [
          `the provider changes the request, which it is only lent: ${describe(ended.error)}`,
        ],
      };
    }
    const isSame = isDeepStrictEqual(watched.request.messages, messages);
    return { problems: isSame ? [] : ["the request's messages have changed"] };
  },
  "serves many at once": async (asked) => {
    const answers = await Promise.all([1, 2, 3].map(() => ask(asked, promptOf(asked))));
    return { problems: answers.flatMap(({ watched, ended }) => problemsOf(watched, ended)) };
  },
  "is not begun when it is cancelled": async ({ provider, options }) => {
    const watched = new WatchedRequest(requestFor(userSays(options.prompt ?? ""), options));
    watched.abort.abort(cancelError());
    const ended = await watched.send(provider, { limitMs: options.settleMs });
    const wrote =
      watched.chunks.length === 0 ? [] : ["it wrote chunks though its signal had aborted"];
    return { problems: [...wrote, ...endedInTime(ended, options.settleMs)] };
  },
  "stops when it is cancelled": async (asked) =>
    await cutShort(asked, (watched) => {
      watched.abort.abort(cancelError());
      return Promise.resolve();
    }),
  "stops when nothing more is wanted": async (asked) =>
    // As a gateway does it: what is written then is refused, and the signal is aborted.
    await cutShort(asked, (watched) => {
      watched.abort.abort(cancelError());
      return Promise.reject(cancelError());
    }),
  "waits for room": waitsForRoom,
  "calls tools": async (asked) => {
    const { toolPrompt, tools } = asked.options;
    if (toolPrompt === undefined || !tools) return { why: "no toolPrompt, or no tools" };
    const { watched, ended } = await ask(asked, userSays(toolPrompt), { tools });
    if (ended.type !== "responded") return noResponse(ended);
    const names = new Set(tools.map(({ name }) => name));
    return {
      problems: [...problemsOf(watched, ended), ...callProblems(watched, ended.response, names)],
    };
  },
  "goes on with a conversation": async (asked) => {
    const begun = await conversation(asked);
    if ("why" in begun || "problems" in begun) return begun;
    const { watched, ended } = await ask(asked, begun.messages, begun.more);
    return { problems: problemsOf(watched, ended) };
  },
  "sends its state back": async (asked) => await lookForState(asked, "kept"),
  "keeps others' state out": async (asked) => await lookForState(asked, "foreign"),
  "fails with a code": async (asked) => {
    const { failingPrompt } = asked.options;
    if (failingPrompt === undefined) return { why: "no failingPrompt" };
    const { ended } = await ask(asked, userSays(failingPrompt));
    if (ended.type !== "failed") return { problems: [`failingPrompt did not fail: ${ended.type}`] };
    return { problems: errorProblems(ended.error) };
  },
};

async function ask(
  { provider, options }: Asked,
  messages: readonly Message[],
  more: Parameters<typeof requestFor>[2] = {},
): Promise<{ watched: WatchedRequest; ended: Ended }> {
  const watched = new WatchedRequest(requestFor(messages, options, more));
  const ended = await watched.send(provider, { limitMs: options.answerMs });
  return { watched, ended };
}

function userSays(content: string): readonly Message[] {
  return [{ role: "user", content }];
}

function promptOf({ options }: Asked): readonly Message[] {
  return userSays(options.prompt ?? "");
}

function problemsOf(watched: WatchedRequest, ended: Ended): readonly string[] {
  if (ended.type === "late") return ["the request has not ended in time"];
  if (ended.type === "failed") return [`the request has failed: ${words(ended.error)}`];
  const { response } = ended;
  const problems = [...watched.problems, ...responseProblems(response)];
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

function callProblems(
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

async function cutShort(
  { provider, options }: Asked,
  onChunk: (watched: WatchedRequest) => Promise<void>,
): Promise<Finding> {
  const { longPrompt, prompt = "", settleMs, answerMs } = options;
  const watched = new WatchedRequest(requestFor(userSays(longPrompt ?? prompt), options));
  const { promise: cut, resolve } = Promise.withResolvers<"cut">();
  const sent = watched.send(provider, {
    hasRoom: () => false,
    onChunk: (request) => {
      resolve("cut");
      return onChunk(request);
    },
    limitMs: answerMs,
  });
  const first = await Promise.race([cut, sent]);
  if (first !== "cut")
    return first.type === "responded" ? { why: "no chunk came" } : noResponse(first);
  const timer = delay(settleMs, { type: "late" } as const, { ref: false });
  return { problems: endedInTime(await Promise.race([sent, timer]), settleMs) };
}

/** An answer that was whole already may still be given: what counts is that the request ends. */
function endedInTime(ended: Ended, settleMs: number): readonly string[] {
  return ended.type === "late" ? [`the request has not ended ${settleMs} ms after its cancel`] : [];
}

async function waitsForRoom({ provider, options }: Asked): Promise<Finding> {
  const { longPrompt, settleMs } = options;
  if (longPrompt === undefined) return { why: "no longPrompt" };
  const watched = new WatchedRequest(requestFor(userSays(longPrompt), options));
  const door = Promise.withResolvers<void>();
  const sent = watched.send(provider, {
    hasRoom: () => false,
    onChunk: () => door.promise,
    limitMs: options.answerMs,
  });
  let isOver: boolean = false;
  void sent.finally(() => {
    isOver = true;
  });
  for (let looks = 0, seen = -1; looks < 20 && !isOver; ) {
    await delay(10);
    looks = seen === watched.receivedChars && seen > 0 ? looks + 1 : 0;
    seen = watched.receivedChars;
    if (seen > MAX_HELD_CHARS) break;
  }
  const held = watched.receivedChars;
  watched.abort.abort(cancelError());
  door.reject(cancelError());
  await Promise.race([sent, delay(settleMs, undefined, { ref: false })]);
  if (held > MAX_HELD_CHARS) {
    return {
      problems: [
        `it wrote more than ${MAX_HELD_CHARS} characters though there was no room: await what sink.write() returns`,
      ],
    };
  }
  return isOver && held < MAX_HELD_CHARS && (await sent).type === "responded"
    ? { why: "the answer to longPrompt is too short" }
    : { problems: [] };
}

type Conversation = {
  readonly messages: readonly Message[];
  readonly more: Parameters<typeof requestFor>[2];
  readonly response: ModelResponse;
};

/** A conversation that the provider itself has begun: with tool calls, where it can. */
async function conversation(asked: Asked): Promise<Conversation | Finding> {
  const { toolPrompt, tools } = asked.options;
  const withTools = toolPrompt !== undefined && tools !== undefined;
  const first = withTools ? userSays(toolPrompt) : promptOf(asked);
  const more = withTools ? { tools } : {};
  const { ended } = await ask(asked, first, more);
  if (ended.type !== "responded") return noResponse(ended);
  const { response } = ended;
  const said = assistantMessage(response);
  if (!said) return { problems: ["the response says nothing"] };
  const results = response.toolCalls.map((call) => toolMessage(call, { result: "42" }));
  const last: readonly Message[] = results.length > 0 ? results : userSays("And now?");
  return { messages: [...first, said, ...last], more, response };
}

/** `kept`: what the provider has kept must be in the request. `foreign`: when it was taken out, nothing of it may be there. */
async function lookForState(asked: Asked, which: "kept" | "foreign"): Promise<Finding> {
  const { bodies } = asked.options;
  if (!bodies) return { why: "no bodies" };
  const begun = await conversation(asked);
  if (!("messages" in begun)) return begun;
  const kept = stringsIn((begun.response.parts ?? []).map(({ state }) => state?.data));
  if (kept.length === 0) return { why: "the response has no state" };
  // Without an owner's name, everything is somebody else's.
  const nobody = { provider: "another provider", model: "another model" };
  const messages = which === "kept" ? begun.messages : onlyOwnState(begun.messages, nobody);
  await ask(asked, messages, begun.more);
  const body = bodies().at(-1) ?? "";
  const isThere = (text: string): boolean => body.includes(JSON.stringify(text).slice(1, -1));
  const wrong = kept.filter((text) => isThere(text) !== (which === "kept"));
  const what =
    which === "kept" ? "is not sent back" : "is sent, though the provider was not given it";
  return { problems: wrong.map((text) => `state ${what}: ${text.slice(0, 100)}`) };
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length >= SHORTEST_STATE ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function errorProblems(error: unknown): readonly string[] {
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

function noResponse(ended: Ended): Finding {
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
