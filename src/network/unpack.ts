import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Duplex, pipeline } from "node:stream";
import * as zlib from "node:zlib";
import { describe } from "../errors.ts";

/** More than one is a mistake, or an attempt to make much out of little. */
const MAX_LAYERS = 2;
/** 8 MB: what RFC 9659 allows on the web. */
const ZSTD_WINDOW_LOG = 23;

/** A packed body cannot be unpacked, or gives too much. */
export class UnpackError extends Error {}

/**
 * The body of a message without its packing: gzip, deflate, br and zstd. It is the message itself if that is not packed; undefined if it is in a way that
 * is not known.
 *
 * It is unpacked as it comes and no faster than it is read: a body that grows a thousandfold takes no more memory than another. When the message fails the
 * body does, and when the body is destroyed the message is.
 *
 * @param maxBytes how much a packed body may give; with more it fails with an `UnpackError`.
 */
export function unpacked(
  message: IncomingMessage,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Readable | undefined {
  const names = packingOf(message);
  if (names.length === 0) return message;
  if (names.length > MAX_LAYERS || !names.every((name) => UNPACKERS.has(name))) return undefined;
  const layers = names.toReversed().map((name) => new Layer(name, maxBytes));
  // What fails is told by the last one. Without a listener, what comes after its end would be thrown.
  message.on("error", () => {});
  pipeline([message, ...layers], () => {});
  return layers.at(-1);
}

/** How a body is packed, in the order in which it was done. */
export function packingOf({ headers }: IncomingMessage): readonly string[] {
  return (headers["content-encoding"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
}

/** Makes the stream that unpacks what begins with `first`. */
type Unpacker = (first: Buffer) => Duplex;

const UNPACKERS: ReadonlyMap<string, Unpacker> = new Map<string, Unpacker>([
  ["gzip", () => zlib.createGunzip()],
  ["x-gzip", () => zlib.createGunzip()],
  // With a header, as the standard has it, or without one, as some servers do.
  [
    "deflate",
    ([byte = 0]) => ((byte & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()),
  ],
  ["br", () => zlib.createBrotliDecompress()],
  [
    "zstd",
    () =>
      zlib.createZstdDecompress({
        params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
      }),
  ],
]);

/** One packing. A body without a byte is empty, and no error: so is that of an answer that has none. */
class Layer extends Duplex {
  readonly #name: string;
  readonly #maxBytes: number;
  #sizeBytes = 0;
  #unpacker: Duplex | undefined;

  constructor(name: string, maxBytes: number) {
    super();
    this.#name = name;
    this.#maxBytes = maxBytes;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#unpacker ??= this.#begin(chunk);
    this.#unpacker.write(chunk, done);
  }

  override _final(done: () => void): void {
    if (this.#unpacker === undefined) this.push(null);
    else this.#unpacker.end();
    done();
  }

  override _read(): void {
    this.#unpacker?.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#unpacker?.destroy();
    done(error);
  }

  #begin(first: Buffer): Duplex {
    const make = UNPACKERS.get(this.#name) as Unpacker;
    const unpacker = make(first);
    unpacker.on("data", (part: Buffer) => {
      this.#sizeBytes += part.length;
      if (this.#sizeBytes > this.#maxBytes) {
        const much = `its body, unpacked (${this.#name}), is larger than ${this.#maxBytes} bytes`;
        this.destroy(new UnpackError(much));
      } else if (!this.push(part)) {
        unpacker.pause();
      }
    });
    unpacker.on("end", () => this.push(null));
    unpacker.on("error", (error) => {
      const message = `its body cannot be unpacked (${this.#name}): ${describe(error)}`;
      this.destroy(new UnpackError(message, { cause: error }));
    });
    return unpacker;
  }
}
