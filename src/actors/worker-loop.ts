import { HeddleError } from "../errors.ts";
import { assistantMessage, toolMessage } from "../messages.ts";
import type { Message, ModelResponse, ToolCall } from "../protocol/model.ts";
import type { ToolEnd } from "../protocol/tool.ts";
import { mapParallel } from "./map-parallel.ts";

/** A tool call that is still to be answered: where it stands in its response, and the number of that in the job, from 1. */
export type OpenCall = { readonly call: ToolCall; readonly index: number; readonly step: number };

export type WorkerLoopOptions = {
  /** The conversation. It ends with the job's input, or with what the job's completed steps have added to it. */
  readonly messages: readonly Message[];
  /** Model calls that the job has made already. */
  readonly stepsDone: number;
  /** Which calls of the last response have their results at the end of `messages`, in order. @defaultValue none */
  readonly answered?: readonly number[];
  readonly maxSteps: number;
  /** How many tool calls of one response are carried out at once. @defaultValue 1 */
  readonly maxParallelToolCalls?: number;
  readonly signal: AbortSignal;
  /** What the user says meanwhile: it may grow at any time. Left out: nothing. */
  readonly steering?: readonly string[];
  /** One model call. Its rejection ends the loop. `steered` is how many texts of `steering` are in `messages`. */
  readonly askModel: (messages: readonly Message[], steered: number) => Promise<ModelResponse>;
  /** Carries out one tool call, or says why not. Its rejection ends the loop, once the others have ended. */
  readonly callTool: (open: OpenCall) => Promise<ToolEnd>;
  /** Told of every tool call's end, as soon as it has ended. */
  readonly onToolFinished: (open: OpenCall, end: ToolEnd) => void;
};

/**
 * Asks the model, answers the tool calls it makes, and asks again, until it makes none.
 *
 * Every tool call gets exactly one result, in the order of the calls, so the next request is always valid.
 *
 * What the user says meanwhile goes before the next model call. After the last response it makes one more, if `maxSteps` lets it.
 *
 * @throws {HeddleError} `MAX_STEPS`; what `askModel` and `callTool` throw; the signal's reason, once the tool calls under way have ended.
 */
export async function runWorkerLoop(options: WorkerLoopOptions): Promise<void> {
  const { maxSteps, signal, steering = [], askModel } = options;
  const { answered = [] } = options;
  const messages = options.messages.slice(0, options.messages.length - answered.length);
  let results = new Map(answered.map((index, i) => [index, options.messages[messages.length + i]]));
  let calls = toolCallsOf(messages.at(-1));
  let steered = 0;
  for (let step = options.stepsDone; ; step++) {
    if (step >= maxSteps) throw tooManySteps(maxSteps);
    const open = calls.map((call, index) => ({ call, index, step }));
    messages.push(...(await answerAll(open, results, options)));
    signal.throwIfAborted();
    for (; steered < steering.length; steered++) {
      messages.push({ role: "user", content: steering[steered] ?? "" });
    }
    const response = await askModel(messages, steered);
    signal.throwIfAborted();
    results = new Map();
    calls = response.toolCalls;
    const mayGoOn = steered < steering.length && step + 1 < maxSteps;
    if (calls.length === 0 && !mayGoOn) return;
    const answer = assistantMessage(response);
    if (answer) messages.push(answer);
  }
}

/** The results of all calls, in their order. Those that are there already are `results`, by the index of their call. */
function answerAll(
  calls: readonly OpenCall[],
  results: ReadonlyMap<number, Message | undefined>,
  { signal, maxParallelToolCalls = 1, callTool, onToolFinished }: WorkerLoopOptions,
): Promise<readonly Message[]> {
  return mapParallel(calls, maxParallelToolCalls, async (open) => {
    const known = results.get(open.index);
    if (known) return known;
    signal.throwIfAborted();
    const end = await callTool(open);
    onToolFinished(open, end);
    return toolMessage(open.call, end);
  });
}

function toolCallsOf(message: Message | undefined): readonly ToolCall[] {
  return message?.role === "assistant" ? (message.toolCalls ?? []) : [];
}

function tooManySteps(maxSteps: number): HeddleError {
  return new HeddleError(
    "MAX_STEPS",
    `the model still called tools after ${maxSteps} model calls (maxSteps)`,
    { details: { maxSteps } },
  );
}
