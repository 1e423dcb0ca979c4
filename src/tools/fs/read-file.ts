import type { FileHandle } from "node:fs/promises";
import { fileProblem, throwIfCancelled } from "../refusal.ts";
import type { ToolContext } from "../tool.ts";
import { openFile } from "./open-file.ts";
import { placeOf } from "./place.ts";
import type { FsSettings } from "./settings.ts";

const BLOCK_BYTES = 65_536;
const SNIFFED_BYTES = 8_192;
const NEWLINE = 10;

type Unit = "lines" | "bytes";

export type ReadArguments = {
  readonly path: string;
  readonly offset?: number;
  readonly limit?: number;
  readonly unit?: Unit;
};

export type ReadResult =
  | { readonly path: string; readonly sizeBytes: number; readonly isBinary: true }
  | {
      readonly path: string;
      readonly sizeBytes: number;
      readonly text: string;
      /** Where to go on; left out when this was the end. */
      readonly next?: Next;
    };

type Next = { readonly offset: number; readonly unit: Unit };
type Part = { readonly bytes: Buffer; readonly next?: Next };

export async function readFile(
  { roots, maxReadBytes }: FsSettings,
  args: ReadArguments,
  ctx: ToolContext,
): Promise<ReadResult> {
  const place = await placeOf(roots, args.path);
  await using handle = await openFile(place);
  try {
    const { size: sizeBytes } = await handle.stat();
    const head = await readAt(handle, 0, SNIFFED_BYTES);
    if (head.includes(0)) return { path: place.shown, sizeBytes, isBinary: true };
    const part =
      args.unit === "bytes"
        ? await readBytes(handle, args, maxReadBytes)
        : await readLines(handle, args, maxReadBytes, ctx);
    const { bytes, ...next } = part;
    if (bytes.includes(0)) return { path: place.shown, sizeBytes, isBinary: true };
    return { path: place.shown, sizeBytes, text: bytes.toString("utf8"), ...next };
  } catch (error) {
    throw fileProblem(place.shown, error);
  }
}

async function readBytes(handle: FileHandle, args: ReadArguments, maxBytes: number): Promise<Part> {
  const { offset = 0, limit = maxBytes } = args;
  const wanted = Math.min(limit, maxBytes);
  // One more tells whether there is more.
  const bytes = await readAt(handle, offset, wanted + 1);
  if (bytes.length <= wanted) return { bytes };
  const kept = wholeCharacters(bytes.subarray(0, wanted));
  return { bytes: kept, next: { offset: offset + kept.length, unit: "bytes" } };
}

async function readLines(
  handle: FileHandle,
  args: ReadArguments,
  maxBytes: number,
  ctx: ToolContext,
): Promise<Part> {
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = args;
  const start = await startOfLine(handle, offset, ctx);
  if (start === undefined) return { bytes: Buffer.alloc(0) };
  const bytes = await readAt(handle, start, maxBytes + 1);
  const { length, lines } = firstLines(bytes.subarray(0, maxBytes), limit);
  const isAll = bytes.length <= maxBytes;
  if (isAll && (lines < limit || length === bytes.length)) return { bytes };
  if (lines > 0) {
    return { bytes: bytes.subarray(0, length), next: { offset: offset + lines, unit: "lines" } };
  }
  // Not even one line is short enough: the rest of it can only be had by bytes.
  const kept = wholeCharacters(bytes.subarray(0, maxBytes));
  return { bytes: kept, next: { offset: start + kept.length, unit: "bytes" } };
}

/** Up to `limit` whole lines at the beginning of `bytes`. */
function firstLines(bytes: Buffer, limit: number): { length: number; lines: number } {
  let length = 0;
  let lines = 0;
  while (lines < limit) {
    const newline = bytes.indexOf(NEWLINE, length);
    if (newline < 0) break;
    length = newline + 1;
    lines += 1;
  }
  return { length, lines };
}

/** The byte at which line number `line`, from 0, begins; undefined when there are fewer. */
async function startOfLine(
  handle: FileHandle,
  line: number,
  ctx: ToolContext,
): Promise<number | undefined> {
  let linesLeft = line;
  for (let position = 0; linesLeft > 0; ) {
    throwIfCancelled(ctx);
    const block = await readAt(handle, position, BLOCK_BYTES);
    if (block.length === 0) return undefined;
    const { length, lines } = firstLines(block, linesLeft);
    linesLeft -= lines;
    if (linesLeft === 0) return position + length;
    position += block.length;
  }
  return 0;
}

/** As many bytes as there are, up to `length`. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Leaves out the beginning of a character whose end is not there, unless there is nothing else. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back < bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    // A byte that goes on with a character.
    if (byte >= 0x80 && byte < 0xc0) continue;
    return lengthOfCharacter(byte) > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

function lengthOfCharacter(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  if (firstByte >= 0xe0) return 3;
  return firstByte >= 0xc0 ? 2 : 1;
}
