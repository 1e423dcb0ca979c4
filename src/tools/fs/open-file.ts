import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { lstat, open, readlink, realpath } from "node:fs/promises";
import { denied, failed, fileProblem } from "../refusal.ts";
import type { Place } from "./place.ts";

// Windows has neither.
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Opens a regular file for reading.
 *
 * Devices, pipes and sockets are refused before they are opened: to open some of them waits for ever, or does something. It is looked at once more when it is
 * open, for the file that was found may have been replaced by a link meanwhile.
 */
export async function openFile(place: Place): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    const before = await lstat(place.path, { bigint: true });
    checkIsFile(place, before);
    handle = await open(place.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const opened = await handle.stat({ bigint: true });
    checkIsFile(place, opened);
    if (!isSame(before, opened) || !(await isAt(place, handle, opened))) throw moved(place);
    return handle;
  } catch (error) {
    await handle?.close();
    throw fileProblem(place.shown, error);
  }
}

function checkIsFile(place: Place, found: BigIntStats): void {
  if (found.isDirectory()) throw failed(`${place.shown}: this is a directory`);
  if (!found.isFile()) throw denied(`${place.shown}: this is not a regular file`);
}

/** Whether what is open is what is at that place. */
export async function isAt(
  place: Place,
  handle: FileHandle,
  opened: BigIntStats,
): Promise<boolean> {
  const path = await pathOf(handle);
  if (path !== undefined) return path === place.real;
  return (await isUnmoved(place)) && isSame(await lstat(place.path, { bigint: true }), opened);
}

/** Whether no directory on the way has become a link to somewhere else. */
export async function isUnmoved(place: Place): Promise<boolean> {
  return (await realpath(place.path)) === place.real;
}

/** Linux says where an open file is. Under the permission model it may not be asked. */
async function pathOf(handle: FileHandle): Promise<string | undefined> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    return undefined;
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

export function moved(place: Place): Error {
  return denied(`${place.shown}: it was moved or replaced while it was used`);
}
