import type { IncomingMessage } from "node:http";
import { HeddleError } from "../../errors.ts";
import type { ModelResponse, ModelResponseChunk } from "../../protocol/model.ts";
import type { ResponseSink } from "../model-provider.ts";
import { ResponseBuilder } from "../response-builder.ts";
import type { BodyConsumer } from "./body.ts";
import { readBody } from "./body.ts";
import type { EventMapper } from "./event-mapper.ts";
import { protocolError, withDetails } from "./failures.ts";
import type { MessageResponse } from "./http-transport.ts";
import { streamError } from "./server-error.ts";
import { SseReader } from "./sse-reader.ts";
import { notAStream } from "./unexpected-body.ts";
import { parseJson } from "./untrusted.ts";

type ResponseStreamOptions = {
  readonly mapper: EventMapper;
  readonly sink: ResponseSink;
  readonly signal: AbortSignal;
  readonly maxLineBytes: number;
};

/**
 * Reads a streamed response into its sink, and resolves to the whole of it.
 *
 * @throws {HeddleError} `PROVIDER_…`, with the request's id on the server among its details.
 */
export async function streamResponse(
  response: MessageResponse,
  options: ResponseStreamOptions,
): Promise<ModelResponse> {
  try {
    const refusal = await notAStream(response, options.signal);
    if (refusal !== undefined) throw refusal;
    const stream = new ResponseStream(options);
    await readBody(response, stream, options.signal);
    return stream.end();
  } catch (error) {
    throw withRequestId(error, response.message);
  }
}

class ResponseStream implements BodyConsumer {
  readonly #mapper: EventMapper;
  readonly #sink: ResponseSink;
  readonly #events: SseReader;
  readonly #builder = new ResponseBuilder();
  #isEnding: boolean = false;
  /** Of the latest chunk. The sink takes each chunk at once; its promise only tells whether there is room. */
  #written: Promise<void> | undefined;

  constructor({ mapper, sink, maxLineBytes }: ResponseStreamOptions) {
    this.#mapper = mapper;
    this.#sink = sink;
    this.#events = new SseReader(maxLineBytes, (data, name) => this.#onEvent(data, name));
  }

  get isComplete(): boolean {
    return this.#mapper.isComplete;
  }

  take(segment: Buffer): void {
    this.#events.feed(segment);
  }

  room(): Promise<void> | undefined {
    return this.#sink.hasRoom ? undefined : this.#written;
  }

  /** @throws {HeddleError} when the response is not complete. */
  end(): ModelResponse {
    this.#isEnding = true;
    if (!this.isComplete) this.#events.end();
    return this.#builder.build(this.#mapper.end(this.#builder.toolCalls));
  }

  #onEvent(data: string, name: string | undefined): void {
    if (this.#mapper.isComplete || data === "") return;
    if (data.startsWith("[DONE]")) {
      this.#mapper.acceptDone();
      return;
    }
    const event = parseJson(data);
    if (event !== undefined) this.#mapper.accept(event, name, this.#emit);
    else if (name === "error") throw streamError(data);
    // The last event of a stream that was cut lacks its end: that it is cut is the mapper's to say.
    else if (!this.#isEnding)
      throw protocolError("the model server sent an event that is not JSON");
  }

  readonly #emit = (chunk: ModelResponseChunk): void => {
    this.#builder.add(chunk);
    const written = this.#sink.write(chunk);
    if (written === this.#written) return;
    this.#written = written;
    // Only the last of a segment is awaited; none may become an unhandled rejection.
    written.catch(() => {});
  };
}

function withRequestId(error: unknown, { headers }: IncomingMessage): unknown {
  const { "x-request-id": requestId } = headers;
  if (!HeddleError.is(error) || typeof requestId !== "string") return error;
  return error.code.startsWith("PROVIDER_") ? withDetails(error, { requestId }) : error;
}
