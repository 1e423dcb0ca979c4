import type { ModelResponseChunk, ToolCall } from "../../protocol/model.ts";
import type { ResponseEnd } from "../response-builder.ts";

export type Emit = (chunk: ModelResponseChunk) => void;

/** The chunks of a response, joined. */
export type Said = {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
};

/** Turns the events of one streamed response into chunks. No I/O: what it is given decides what it does. */
export interface EventMapper {
  /**
   * Takes the JSON value of one event.
   *
   * @throws {HeddleError} `PROVIDER_PROTOCOL` when it is not what the API says; what it stands for when it is an error.
   */
  accept(event: unknown, name: string | undefined, emit: Emit): void;
  /**
   * Takes a whole response, of a server that does not stream.
   *
   * @throws {HeddleError} like `accept`.
   */
  acceptWhole(response: unknown, emit: Emit): void;
  /** Takes the `[DONE]` that ends a stream of chat completions. */
  acceptDone(): void;
  /** Whether nothing more is expected. */
  readonly isComplete: boolean;
  /** Gives out what was held back. Nothing is accepted after it. */
  flush(emit: Emit): void;
  /**
   * The end of the response, once the stream is complete or has ended in good order.
   *
   * @throws {HeddleError} `PROVIDER_TRUNCATED` when the response is not complete, `PROVIDER_PROTOCOL` when it makes no sense.
   */
  end(said: Said): ResponseEnd;
}
