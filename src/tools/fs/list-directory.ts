import type { Dirent } from "node:fs";
import { lstat } from "node:fs/promises";
import { fileProblem, throwIfCancelled } from "../refusal.ts";
import type { ToolContext } from "../tool.ts";
import { entriesOf, placeIn } from "./directory.ts";
import type { Place } from "./place.ts";
import { placeOf } from "./place.ts";
import type { FsSettings } from "./settings.ts";

export type ListedEntry = {
  readonly name: string;
  readonly type: "file" | "directory" | "symbolic-link" | "other";
  /** Of a file. */
  readonly sizeBytes?: number;
};

export type ListResult = {
  readonly path: string;
  readonly entries: readonly ListedEntry[];
  readonly isTruncated: boolean;
};

export async function listDirectory(
  { roots, maxResults }: FsSettings,
  { path = "." }: { readonly path?: string },
  ctx: ToolContext,
): Promise<ListResult> {
  const place = await placeOf(roots, path);
  try {
    const { entries, isTruncated } = await entriesOf(place);
    const listed: ListedEntry[] = [];
    for (const entry of entries.slice(0, maxResults)) {
      throwIfCancelled(ctx);
      listed.push(await shown(place, entry));
    }
    const isShort = isTruncated || entries.length > maxResults;
    return { path: place.shown, entries: listed, isTruncated: isShort };
  } catch (error) {
    throw fileProblem(place.shown, error);
  }
}

async function shown(directory: Place, entry: Dirent): Promise<ListedEntry> {
  const { name } = entry;
  if (entry.isDirectory()) return { name, type: "directory" };
  if (entry.isSymbolicLink()) return { name, type: "symbolic-link" };
  if (!entry.isFile()) return { name, type: "other" };
  const size = await lstat(placeIn(directory, name).path).then(
    (found) => ({ sizeBytes: found.size }),
    // It was removed meanwhile.
    () => ({}),
  );
  return { name, type: "file", ...size };
}
