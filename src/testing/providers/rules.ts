import { isDeepStrictEqual } from "node:util";
import { describe } from "../../errors.ts";
import { assistantMessage, toolMessage } from "../../messages.ts";
import type { Message, ModelResponse } from "../../protocol/model.ts";
import { onlyOwnState } from "../../providers/part-state.ts";
import type { Asked, Finding, Rule } from "./finding.ts";
import { cutShort, endedInTime, waitsForRoom } from "./flow-rules.ts";
import { callProblems, errorProblems, noResponse, problemsOf } from "./problems.ts";
import type { ProviderRule } from "./provider-report.ts";
import type { Ended } from "./watched-request.ts";
import { cancelError, requestFor, userSays, WatchedRequest } from "./watched-request.ts";

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
    const { inputTokens = 0, outputTokens = 0 } = ended.response.usage;
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

function promptOf({ options }: Asked): readonly Message[] {
  return userSays(options.prompt ?? "");
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
