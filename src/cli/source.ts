import { close, createReadStream, fstat, open } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { HeddleError } from "../index.ts";

/**
 * Opens a file of input lines, or standard input if `path` is `undefined`.
 *
 * @throws {HeddleError} `INVALID_INPUT` when it cannot be read.
 */
export async function openSource(path: string | undefined): Promise<Readable> {
  if (path === undefined) return process.stdin;
  try {
    return await openFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The bytes of `stream`, which end early and without an error once `stop` aborts. Owns the stream, also if nobody reads it. */
export function readUntil(stream: Readable, stop: AbortSignal): AsyncIterable<Buffer> {
  stop.addEventListener("abort", () => stream.destroy(), { once: true });
  return read(stream, stop);
}

async function* read(stream: Readable, stop: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (!stop.aborted) yield* stream;
  } catch (cause) {
    if (!stop.aborted) throw unreadable("the input", cause);
  }
}

async function openFile(path: string): Promise<Readable> {
  const fd = await promisify(open)(path, "r");
  const stats = await promisify(fstat)(fd);
  if (stats.isDirectory()) {
    await promisify(close)(fd);
    throw new HeddleError("INVALID_INPUT", "it is a directory");
  }
  // A file's read cannot be given up; a pipe that nobody writes to would keep the process from ending.
  if (stats.isFIFO()) return new Socket({ fd, readable: true, writable: false });
  return createReadStream("", { fd });
}

function unreadable(name: string, cause: unknown): HeddleError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  const why = isMissing ? "there is no such file" : (cause as Error).message;
  return new HeddleError("INVALID_INPUT", `cannot read ${name}: ${why}`, { cause });
}
