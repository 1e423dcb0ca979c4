import type { MiddlewareHandler } from "hono";
import { HeddleError } from "../index.ts";

/**
 * Refuses a body that is too long: at once where its length is told before, else as soon as it has become too long. Nothing is kept of it then.
 *
 * Hono's own makes a `Request` of the one that it was given, which fails where that is not the platform's: with `@hono/node-server`.
 *
 * @throws {HeddleError} `BODY_TOO_LARGE`.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    const told = c.req.header("content-length");
    if (told !== undefined && c.req.header("transfer-encoding") === undefined) {
      if (Number(told) > maxBytes) throw tooLarge(maxBytes);
    } else if (raw.body) {
      const body = await read(raw.body, maxBytes);
      const { url, method, headers, signal } = raw;
      c.req.raw = new Request(url, { method, headers, signal, body });
    }
    return await next();
  };
}

/** Null: there is nothing in it. */
async function read(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Blob | null> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  for await (const part of body) {
    sizeBytes += part.byteLength;
    // Leaving the loop cancels the stream.
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
    parts.push(new Uint8Array(part));
  }
  return sizeBytes === 0 ? null : new Blob(parts);
}

function tooLarge(bodyBytes: number): HeddleError {
  const message = `the body must be of at most ${bodyBytes} bytes`;
  return new HeddleError("BODY_TOO_LARGE", message, { details: { bodyBytes } });
}
