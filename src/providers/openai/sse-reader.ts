import { StringDecoder } from "node:string_decoder";
import type { EventSourceParser } from "eventsource-parser";
import { createParser } from "eventsource-parser";
import { protocolError } from "./failures.ts";

/** Called with the data of each event, and with its name if it has one. */
type SseListener = (data: string, name: string | undefined) => void;

/**
 * Turns the bytes of an event stream into events, however they were cut into segments.
 *
 * Memory is bounded: an event with more than `maxLineBytes` characters of data, or an unended line of that length, is an
 * error. Comments are dropped.
 */
export class SseReader {
  readonly #decoder = new StringDecoder("utf8");
  readonly #parser: EventSourceParser;
  readonly #maxLineBytes: number;
  #isTooLong: boolean = false;

  constructor(maxLineBytes: number, listener: SseListener) {
    this.#maxLineBytes = maxLineBytes;
    this.#parser = createParser({
      maxBufferSize: maxLineBytes,
      onEvent: ({ data, event }) => {
        // The parser's limit is on what it holds between two segments; a line can end in the one that takes it across.
        if (data.length > maxLineBytes) this.#isTooLong = true;
        if (!this.#isTooLong) listener(data, event);
      },
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.#isTooLong = true;
      },
    });
  }

  /** @throws {HeddleError} `PROVIDER_PROTOCOL` when a line is too long; what the listener throws. */
  feed(segment: Buffer): void {
    this.#parse(this.#decoder.write(segment));
  }

  /** The stream has ended: gives out an event that lacks its blank line. */
  end(): void {
    this.#parse(`${this.#decoder.end()}\n\n`);
  }

  #parse(text: string): void {
    this.#parser.feed(text);
    if (!this.#isTooLong) return;
    throw protocolError(
      `the model server sent a line that is too long: more than ${this.#maxLineBytes} characters; openaiProvider({ maxLineBytes }) allows for more`,
    );
  }
}
