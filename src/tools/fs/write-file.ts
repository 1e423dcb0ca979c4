import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { chmod, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, denied, failed, fileProblem, throwIfCancelled } from "../refusal.ts";
import type { ToolContext } from "../tool.ts";
import { isAt, isUnmoved, moved } from "./open-file.ts";
import type { Place } from "./place.ts";
import { placeToWrite } from "./place.ts";
import type { FsSettings } from "./settings.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
const PERMISSION_BITS = 0o777;

export type WriteArguments = { readonly path: string; readonly content: string };

export type WriteResult = {
  readonly path: string;
  readonly sizeBytes: number;
  /** Whether it is new. */
  readonly created: boolean;
};

/** Readers see what was there before, or all of `content`: it is written beside it, and then put in its place. */
export async function writeFile(
  { roots, maxWriteBytes }: FsSettings,
  { path, content }: WriteArguments,
  ctx: ToolContext,
): Promise<WriteResult> {
  const bytes = Buffer.from(content);
  if (bytes.length > maxWriteBytes) {
    throw failed(`${path}: ${bytes.length} bytes are more than the ${maxWriteBytes} of one call`);
  }
  const place = await placeToWrite(roots, path);
  try {
    const before = await whatIsThere(place);
    await mkdir(dirname(place.path), { recursive: true });
    await replace(place, bytes, before, ctx);
    return { path: place.shown, sizeBytes: bytes.length, created: before === undefined };
  } catch (error) {
    throw fileProblem(place.shown, error);
  }
}

async function whatIsThere(place: Place): Promise<Stats | undefined> {
  try {
    const found = await lstat(place.path);
    if (found.isDirectory()) throw failed(`${place.shown}: this is a directory`);
    if (!found.isFile()) throw denied(`${place.shown}: this is not a regular file`);
    return found;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function replace(
  place: Place,
  bytes: Buffer,
  before: Stats | undefined,
  ctx: ToolContext,
): Promise<void> {
  const temporary = beside(place, `.heddle-${randomBytes(8).toString("hex")}.tmp`);
  const handle = await open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    await fill(temporary, handle, bytes);
    if (before) await chmod(temporary.path, before.mode & PERMISSION_BITS);
    throwIfCancelled(ctx);
    if (!(await isUnmoved(temporary))) throw moved(place);
    await rename(temporary.path, place.path);
  } catch (error) {
    await rm(temporary.path, { force: true });
    throw error;
  }
}

async function fill(temporary: Place, handle: FileHandle, bytes: Buffer): Promise<void> {
  try {
    if (!(await isAt(temporary, handle, await handle.stat({ bigint: true })))) {
      throw moved(temporary);
    }
    await handle.writeFile(bytes);
    // So that a crash of the machine does not leave an empty file. Under the permission model there is no such call.
    if (!process.permission) await handle.sync();
  } finally {
    await handle.close();
  }
}

function beside(place: Place, name: string): Place {
  const at = (path: string): string => join(dirname(path), name);
  return { shown: basename(place.shown), path: at(place.path), real: at(place.real) };
}
