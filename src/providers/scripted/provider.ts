import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { ModelRequest, ModelResponse, ModelResponseChunk } from "../../protocol/model.ts";
import type { ModelProvider, ResponseSink } from "../model-provider.ts";
import { exhausted, failureOf, responseOf, toolCallChunks, untilAborted } from "./answer.ts";
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
    throw exhausted(callIndex, responses.length);
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
    const { refusal } = answer;
    if (refusal) await this.#write({ type: "refusal", text: refusal });
    for (const chunk of toolCallChunks(answer, this.#request.origin.callIndex)) {
      await this.#write(chunk);
    }
    return responseOf(answer, this.#request);
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
