import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type {
  ModelRequest,
  ModelResponse,
  ModelResponseChunk,
  Usage,
} from "../../protocol/model.ts";
import type { ModelProvider, ResponseSink } from "../model-provider.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { cutEvenly, cutLikeTokens } from "./chunks.ts";
import type { Scripted, ScriptedCall, ScriptReport } from "./report.ts";
import type {
  Script,
  ScriptedAnswer,
  ScriptedFailure,
  ScriptedResponse,
  ScriptedStall,
} from "./script.ts";

/** How many calls are remembered for `report()`. */
const MAX_CALLS = 10_000;
/** What one response may play in one turn of the loop, so that many play side by side. */
const CHUNKS_PER_TURN = 128;

export function createProvider(script: Script): ModelProvider & Scripted {
  return new ScriptedProvider(script);
}

class ScriptedProvider implements ModelProvider, Scripted {
  readonly #script: Script;
  readonly #calls: ScriptedCall[] = [];
  /** The text chunks of each response, made once: a load test asks for the same ones a thousand times. */
  readonly #chunks = new Map<number, readonly ModelResponseChunk[]>();

  constructor(script: Script) {
    this.#script = script;
  }

  report(): ScriptReport {
    return { calls: this.#calls, responses: this.#script.responses.length };
  }

  async request(
    request: ModelRequest,
    sink: ResponseSink,
    signal: AbortSignal,
  ): Promise<ModelResponse> {
    if (this.#calls.length === MAX_CALLS) this.#calls.shift();
    const atMs = performance.timeOrigin + performance.now();
    this.#calls.push({ ...request.origin, request, atMs });
    const { index, response } = this.#responseFor(request.origin.callIndex);
    const play = new Play(request, response, sink, signal);
    await play.text(this.#chunksOf(index, response));
    const { stall, error } = response as Partial<ScriptedStall & ScriptedFailure>;
    if (stall) await untilAborted(signal);
    if (error) throw failureOf(error);
    return play.end(response as ScriptedAnswer);
  }

  #responseFor(callIndex: number): { index: number; response: ScriptedResponse } {
    const { responses, repeat = false } = this.#script;
    const index = repeat ? callIndex % responses.length : callIndex;
    const response = responses[index];
    if (response) return { index, response };
    throw new HeddleError(
      "SCRIPT_EXHAUSTED",
      `the script has ${responses.length} responses, and this is call ${callIndex + 1} of the worker`,
      { details: { callIndex, responses: responses.length } },
    );
  }

  #chunksOf(index: number, response: ScriptedResponse): readonly ModelResponseChunk[] {
    const { text = "", chunks } = response as ScriptedAnswer;
    let made = this.#chunks.get(index);
    if (!made) {
      const seed = (this.#script.seed ?? 1) + index;
      const pieces = chunks === undefined ? cutLikeTokens(text, seed) : cutEvenly(text, chunks);
      made = pieces.map((piece) => ({ type: "text", text: piece }));
      this.#chunks.set(index, made);
    }
    return made;
  }
}

/** One response being played. */
class Play {
  readonly #request: ModelRequest;
  readonly #response: ScriptedAnswer;
  readonly #sink: ResponseSink;
  readonly #signal: AbortSignal;
  readonly #startMs = performance.now();
  #sent = 0;

  constructor(
    request: ModelRequest,
    response: ScriptedResponse,
    sink: ResponseSink,
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#response = response as ScriptedAnswer;
    this.#sink = sink;
    this.#signal = signal;
  }

  async text(chunks: readonly ModelResponseChunk[]): Promise<void> {
    const { reasoning, endless } = this.#response;
    if (reasoning) await this.#write({ type: "reasoning", text: reasoning });
    do {
      for (const chunk of chunks) {
        const pause = this.#write(chunk);
        if (pause !== undefined) await pause;
      }
    } while (endless);
  }

  async end(answer: ScriptedAnswer): Promise<ModelResponse> {
    const { text = "", reasoning = "", refusal = "", finishReason, usage } = answer;
    if (refusal) await this.#write({ type: "refusal", text: refusal });
    const builder = new ResponseBuilder();
    builder.add({ type: "text", text });
    builder.add({ type: "reasoning", text: reasoning });
    builder.add({ type: "refusal", text: refusal });
    for (const chunk of this.#toolCalls(answer)) {
      builder.add(chunk);
      await this.#write(chunk);
    }
    const { messages, settings } = this.#request;
    return builder.build({
      finishReason: finishReason ?? finishReasonOf(answer),
      usage: usage ?? estimate(JSON.stringify(messages).length, text.length),
      model: settings.name ?? "scripted",
    });
  }

  #toolCalls({ toolCalls = [] }: ScriptedAnswer): readonly ModelResponseChunk[] {
    return toolCalls.flatMap((call, index) => {
      const id = call.id ?? `call_${this.#request.origin.callIndex}_${index}`;
      const argumentsText = call.argumentsText ?? JSON.stringify(call.args ?? {});
      return [
        { type: "tool-call", index, id, name: call.name, argumentsText: "" },
        { type: "tool-call", index, argumentsText },
      ] satisfies ModelResponseChunk[];
    });
  }

  /** Returns what is to be awaited before the next chunk, if anything: to await each costs ten times as much as to write it. */
  #write(chunk: ModelResponseChunk): Promise<unknown> | undefined {
    if (this.#response.chunksPerSecond !== undefined) return this.#writeWhenDue(chunk);
    const written = this.#put(chunk);
    if (this.#sent % CHUNKS_PER_TURN === 0) return written.then(() => nextTurn());
    return this.#sink.hasRoom ? undefined : written;
  }

  async #writeWhenDue(chunk: ModelResponseChunk): Promise<void> {
    await this.#due(this.#response.chunksPerSecond as number);
    await this.#put(chunk);
  }

  #put(chunk: ModelResponseChunk): Promise<void> {
    this.#signal.throwIfAborted();
    this.#sent += 1;
    return this.#sink.write(chunk);
  }

  /** Counted from the start, so a late timer is made up for and the rate holds. */
  async #due(chunksPerSecond: number): Promise<void> {
    const dueMs = this.#startMs + (this.#sent * 1_000) / chunksPerSecond;
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) await delay(leftMs, undefined, { signal: this.#signal });
  }
}

function finishReasonOf(answer: ScriptedAnswer): ModelResponse["finishReason"] {
  if (answer.toolCalls?.length) return "tool-calls";
  return answer.refusal ? "refusal" : "stop";
}

function estimate(inputLength: number, outputLength: number): Usage {
  const inputTokens = Math.ceil(inputLength / 4);
  const outputTokens = Math.ceil(outputLength / 4);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function failureOf({ status, message }: { status: number; message: string }): HeddleError {
  const retryable = status === 408 || status === 409 || status === 429 || status >= 500;
  return new HeddleError(codeOf(status), message, { details: { status, retryable } });
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return "PROVIDER_AUTH";
  if (status === 404) return "PROVIDER_NOT_FOUND";
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  return status >= 500 || status === 408 || status === 409
    ? "PROVIDER_UNAVAILABLE"
    : "PROVIDER_BAD_REQUEST";
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
