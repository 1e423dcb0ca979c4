import type { IncomingMessage } from "node:http";
import { HeddleError } from "../../errors.ts";
import type { ModelResponse, ModelResponseChunk } from "../../protocol/model.ts";
import type { ResponseSink } from "../model-provider.ts";
import { ResponseBuilder } from "../response-builder.ts";
import type { BodyConsumer } from "./body.ts";
import { readBody } from "./body.ts";
import type { BodyKind } from "./body-kind.ts";
import { AnswerType } from "./body-kind.ts";
import type { EventMapper } from "./event-mapper.ts";
import { protocolError, withDetails } from "./failures.ts";
import type { MessageResponse } from "./http-transport.ts";
import { choicelessError, streamError } from "./server-error.ts";
import { SseReader } from "./sse-reader.ts";
import { asObject, parseJson } from "./untrusted.ts";
import { WholeCharacters } from "./whole-characters.ts";

type ResponseStreamOptions = {
  readonly mapper: EventMapper;
  readonly sink: ResponseSink;
  readonly signal: AbortSignal;
  readonly maxLineBytes: number;
  /** What was asked for and not sent to the server. */
  readonly warnings: readonly string[];
};

const NOT_STREAMED = "the model server does not stream: its answer came as a whole";

/**
 * Reads a streamed response into its sink, and resolves to the whole of it. A server that answers with one JSON is read as well.
 *
 * @throws {HeddleError} `PROVIDER_…`, with the request's id on the server among its details.
 */
export async function streamResponse(
  response: MessageResponse,
  options: ResponseStreamOptions,
): Promise<ModelResponse> {
  try {
    const stream = new ResponseStream(new AnswerType(response), options);
    await readBody(response, stream, options.signal);
    return stream.end();
  } catch (error) {
    throw withRequestId(error, response.message);
  }
}

class ResponseStream implements BodyConsumer {
  readonly #type: AnswerType;
  readonly #mapper: EventMapper;
  readonly #sink: ResponseSink;
  readonly #maxLineBytes: number;
  readonly #warnings: readonly string[];
  readonly #events: SseReader;
  readonly #builder = new ResponseBuilder();
  readonly #characters: WholeCharacters;
  /** Undefined: not known yet. */
  #kind: BodyKind | undefined;
  /** The body so far, as long as its kind is not known; all of it where it is one JSON. */
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #isEnding: boolean = false;
  /** Of the latest chunk. The sink takes each chunk at once; its promise only tells whether there is room. */
  #written: Promise<void> | undefined;

  constructor(type: AnswerType, options: ResponseStreamOptions) {
    const { mapper, sink, maxLineBytes, warnings } = options;
    this.#type = type;
    this.#mapper = mapper;
    this.#sink = sink;
    this.#maxLineBytes = maxLineBytes;
    this.#warnings = warnings;
    this.#events = new SseReader(maxLineBytes, (data, name) => this.#onEvent(data, name));
    this.#characters = new WholeCharacters(this.#write);
  }

  get isComplete(): boolean {
    return this.#mapper.isComplete;
  }

  take(segment: Buffer): void {
    if (this.#kind === "events") this.#events.feed(segment);
    else this.#gather(segment);
  }

  room(): Promise<void> | undefined {
    return this.#sink.hasRoom ? undefined : this.#written;
  }

  /** @throws {HeddleError} when the response is not complete. */
  end(): ModelResponse {
    this.#isEnding = true;
    if (this.#kind === undefined) this.#decide(this.#type.kindOfNothing);
    if (this.#kind === "json") this.#acceptWhole();
    else if (!this.isComplete) this.#events.end();
    this.#mapper.flush(this.#emit);
    this.#characters.flush();
    const end = this.#mapper.end(this.#builder.said);
    const isWhole = this.#kind === "json";
    const warnings = [
      ...this.#warnings,
      ...(end.warnings ?? []),
      ...(isWhole ? [NOT_STREAMED] : []),
    ];
    return this.#builder.build({ ...end, ...(warnings.length === 0 ? {} : { warnings }) });
  }

  #gather(segment: Buffer): void {
    this.#body.push(segment);
    this.#bodyBytes += segment.length;
    if (this.#kind === "json") {
      if (this.#bodyBytes > this.#maxLineBytes) throw tooLong(this.#maxLineBytes);
      return;
    }
    const kind = this.#type.kindOf(this.#start());
    if (kind !== undefined) this.#decide(kind);
  }

  #decide(kind: BodyKind): void {
    this.#kind = kind;
    if (kind === "other") throw protocolError(this.#type.strange(this.#start()));
    if (kind === "json") return;
    const body = this.#body;
    this.#body = [];
    for (const segment of body) this.#events.feed(segment);
  }

  #start(): string {
    return Buffer.concat(this.#body).toString("utf8", 0, 1_024);
  }

  #acceptWhole(): void {
    const value = parseJson(Buffer.concat(this.#body).toString("utf8"));
    const list = Array.isArray(value) ? value[0] : value;
    const json = asObject<"error" | "choices" | "output">(list);
    if (json?.error) throw streamError(json);
    if (Array.isArray(json?.choices) || Array.isArray(json?.output)) {
      this.#mapper.acceptWhole(json, this.#emit);
      return;
    }
    throw choicelessError(json) ?? protocolError(this.#type.strange(this.#start()));
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

  readonly #emit = (chunk: ModelResponseChunk): void => this.#characters.take(chunk);

  readonly #write = (chunk: ModelResponseChunk): void => {
    this.#builder.add(chunk);
    const written = this.#sink.write(chunk);
    if (written === this.#written) return;
    this.#written = written;
    // Only the last of a segment is awaited; none may become an unhandled rejection.
    written.catch(() => {});
  };
}

function tooLong(maxLineBytes: number): HeddleError {
  return protocolError(
    `the model server's answer is one JSON of more than ${maxLineBytes} bytes: set openaiProvider({ maxLineBytes }) for longer ones`,
  );
}

function withRequestId(error: unknown, { headers }: IncomingMessage): unknown {
  const { "x-request-id": requestId } = headers;
  if (!HeddleError.is(error) || typeof requestId !== "string") return error;
  return error.code.startsWith("PROVIDER_") ? withDetails(error, { requestId }) : error;
}
