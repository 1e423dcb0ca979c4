import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { finished } from "node:stream";
import { UnpackError } from "../../network/unpack.ts";
import { cancelled, connectionError, protocolError } from "./failures.ts";
import type { MessageResponse } from "./http-transport.ts";

/** How much, and for how long, a server may still send after its response is complete before its connection is closed. */
const MAX_TAIL_BYTES = 64 * 1_024;
const MAX_TAIL_MS = 500;

/** Takes the segments of a body. */
export interface BodyConsumer {
  /** What it throws ends the reading. */
  take(segment: Buffer): void;
  /** Whether the response is complete, though its body may not be. */
  readonly isComplete: boolean;
  /** Undefined while there is room for more; else resolves when there is, and rejects when no more is wanted. */
  room(): Promise<void> | undefined;
}

/**
 * Reads a body into `consumer` until it is complete or the body ends.
 *
 * After each burst of segments it waits for room, and reads nothing meanwhile: TCP then holds the server back. When it
 * rejects, the connection is closed; when `signal` aborts, at once.
 *
 * @throws {HeddleError} `PROVIDER_CONNECTION` when the body is cut off, the signal's reason, what `consumer` throws.
 */
export async function readBody(
  response: MessageResponse,
  consumer: BodyConsumer,
  signal: AbortSignal,
): Promise<void> {
  await new BodyReading(response, consumer, signal).ended;
}

class BodyReading {
  readonly #response: MessageResponse;
  /** Its body: the message itself, unless that came packed. */
  readonly #content: Readable;
  readonly #consumer: BodyConsumer;
  readonly #signal: AbortSignal;
  readonly #end = Promise.withResolvers<void>();
  #state: "flowing" | "awaiting-room" | "ended" = "flowing";

  constructor(response: MessageResponse, consumer: BodyConsumer, signal: AbortSignal) {
    this.#response = response;
    this.#consumer = consumer;
    this.#signal = signal;
    this.#content = response.content ?? response.message;
    const content = this.#content;
    // What a message reports is read from `errored` on its close; but without a listener it would be dropped.
    content.on("error", () => {});
    if (content.destroyed) this.#onClose();
    signal.addEventListener("abort", this.#onAbort);
    if (signal.aborted) this.#onAbort();
    content.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  readonly #onData = (segment: Buffer): void => {
    if (this.#state === "ended") return;
    try {
      this.#consumer.take(segment);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#consumer.isComplete) {
      dropTail(this.#content, this.#response.message);
      this.#stop();
      this.#end.resolve();
    } else if (this.#state === "flowing" && this.#consumer.room() !== undefined) {
      this.#state = "awaiting-room";
      // One read of the socket can be hundreds of `data` events, all in one turn: this comes behind the last of them.
      queueMicrotask(this.#awaitRoom);
    }
  };

  readonly #awaitRoom = (): void => {
    if (this.#state === "ended") return;
    const room = this.#consumer.room();
    if (room === undefined) {
      this.#state = "flowing";
      return;
    }
    this.#content.pause();
    room.then(this.#resume, this.#fail);
  };

  readonly #resume = (): void => {
    if (this.#state === "ended") return;
    this.#state = "flowing";
    this.#content.resume();
  };

  /** Where the connection's end is the body's, node reports a lost connection as an end, too. */
  readonly #onEnd = (): void => {
    if (this.#response.transportError() !== undefined) {
      this.#onClose();
      return;
    }
    this.#stop();
    this.#end.resolve();
  };

  readonly #onAbort = (): void => this.#fail(cancelled(this.#signal));

  readonly #onClose = (): void => {
    const { message, transportError } = this.#response;
    const { errored } = this.#content;
    if (errored instanceof UnpackError) this.#fail(protocolError(unreadable(errored)));
    else this.#fail(connectionError(transportError() ?? message.errored ?? undefined));
  };

  readonly #fail = (error: unknown): void => {
    if (this.#state === "ended") return;
    this.#stop();
    this.#response.message.destroy();
    this.#content.destroy();
    this.#end.reject(error);
  };

  #stop(): void {
    this.#state = "ended";
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/** The body as text, as far as it comes and up to `maxBytes`; a longer one is cut and its connection closed. Never rejects. */
export function readText(message: Readable, maxBytes: number): Promise<string> {
  const segments: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    finished(message, () => resolve(Buffer.concat(segments).toString("utf8", 0, maxBytes)));
    message.on("data", (segment: Buffer) => {
      segments.push(segment);
      sizeBytes += segment.length;
      if (sizeBytes > maxBytes) message.destroy();
    });
  });
}

function unreadable({ message }: UnpackError): string {
  return `the model server packed its answer, unasked, and ${message}`;
}

/** Lets the body come to its end, so that the connection can be used again; closes it if that is not soon. */
export function dropTail(content: Readable, message: IncomingMessage): void {
  let sizeBytes = 0;
  const timer = setTimeout(() => message.destroy(), MAX_TAIL_MS).unref();
  message.on("close", () => clearTimeout(timer));
  content.on("data", (segment: Buffer) => {
    sizeBytes += segment.length;
    if (sizeBytes > MAX_TAIL_BYTES) message.destroy();
  });
  content.resume();
}
