import type { Dirent } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { failed } from "../refusal.ts";
import { isUnmoved, moved } from "./open-file.ts";
import type { Place } from "./place.ts";

/** Entries of a directory that are held at once. */
const MAX_ENTRIES = 10_000;

export type Entries = {
  /** By their names. */
  readonly entries: readonly Dirent[];
  /** Whether there are more: then these are not the first ones. */
  readonly isTruncated: boolean;
};

export async function entriesOf(place: Place): Promise<Entries> {
  if (!(await lstat(place.path)).isDirectory())
    throw failed(`${place.shown}: this is no directory`);
  const entries: Dirent[] = [];
  let isTruncated = false;
  for await (const entry of await opendir(place.path)) {
    isTruncated = entries.length === MAX_ENTRIES;
    if (isTruncated) break;
    entries.push(entry);
  }
  // What became a link to elsewhere when it was opened is still one, or was not opened.
  if (!(await isUnmoved(place))) throw moved(place);
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { entries, isTruncated };
}

/** The place of an entry of a directory that is no symbolic link. */
export function placeIn(directory: Place, name: string): Place {
  return {
    shown: join(directory.shown, name),
    path: join(directory.path, name),
    real: join(directory.real, name),
  };
}
