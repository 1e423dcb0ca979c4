import type { Dirent } from "node:fs";
import { codeOf, failed, fileProblem, throwIfCancelled } from "../refusal.ts";
import type { ToolContext } from "../tool.ts";
import { entriesOf, placeIn } from "./directory.ts";
import { globMatcher } from "./glob.ts";
import { openFile } from "./open-file.ts";
import type { Place } from "./place.ts";
import { placeOf } from "./place.ts";
import type { FsSettings } from "./settings.ts";
import type { Line, LineSearch } from "./text-search.ts";
import { lineSearch, MAX_FILE_BYTES } from "./text-search.ts";

const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 32;
const MAX_BYTES = 67_108_864;

export type SearchArguments = {
  readonly path?: string;
  readonly name?: string;
  readonly text?: string;
  readonly ignoreCase?: boolean;
};

export type SearchResult = {
  readonly matches: readonly ({ readonly path: string } & Partial<Line>)[];
  /** What bound has left something out; left out when nothing was. */
  readonly incomplete?: "results" | "entries" | "depth" | "bytes" | "large-files";
};

type Incomplete = NonNullable<SearchResult["incomplete"]>;

export async function searchFiles(
  settings: FsSettings,
  args: SearchArguments,
  ctx: ToolContext,
): Promise<SearchResult> {
  if (args.name === undefined && !args.text) throw failed("give a name or a text to search for");
  const place = await placeOf(settings.roots, args.path ?? ".");
  const search = new Search(settings.maxResults, args, ctx);
  await search.directory(place, "", 0);
  const { matches, incomplete } = search;
  return { matches, ...(incomplete === undefined ? {} : { incomplete }) };
}

/** Goes through directories, one entry after the other in the order of their names. Symbolic links are passed by. */
class Search {
  readonly matches: ({ readonly path: string } & Partial<Line>)[] = [];
  incomplete: Incomplete | undefined;
  readonly #maxResults: number;
  readonly #isNamed: (path: string) => boolean;
  readonly #lines: LineSearch | undefined;
  readonly #ctx: ToolContext;
  #entriesLeft = MAX_ENTRIES;
  #bytesLeft = MAX_BYTES;
  #isOver: boolean = false;

  constructor(maxResults: number, { name, text, ignoreCase }: SearchArguments, ctx: ToolContext) {
    this.#maxResults = maxResults;
    this.#isNamed = name === undefined ? () => true : globMatcher(name);
    this.#lines = text ? lineSearch(text, ignoreCase ?? false) : undefined;
    this.#ctx = ctx;
  }

  /** `path` is relative to where the search began, with `/`. */
  async directory(place: Place, path: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH) {
      this.incomplete ??= "depth";
      return;
    }
    const { entries, isTruncated } = await this.#read(place, depth);
    if (isTruncated) this.incomplete ??= "entries";
    for (const entry of entries) {
      throwIfCancelled(this.#ctx);
      this.#entriesLeft -= 1;
      if (this.#entriesLeft < 0) this.#end("entries");
      if (this.#isOver) return;
      await this.#entry(placeIn(place, entry.name), entry, path, depth);
    }
  }

  async #entry(place: Place, entry: Dirent, path: string, depth: number): Promise<void> {
    const inner = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) await this.directory(place, inner, depth + 1);
    else if (entry.isFile() && this.#isNamed(inner)) await this.#file(place);
  }

  async #read(place: Place, depth: number): ReturnType<typeof entriesOf> {
    try {
      return await entriesOf(place);
    } catch (error) {
      if (depth > 0 && isPassedBy(error)) return { entries: [], isTruncated: false };
      throw fileProblem(place.shown, error);
    }
  }

  async #file(place: Place): Promise<void> {
    if (!this.#lines) {
      this.#found({ path: place.shown });
      return;
    }
    try {
      await using handle = await openFile(place);
      const { size } = await handle.stat();
      if (size > MAX_FILE_BYTES) {
        this.incomplete ??= "large-files";
        return;
      }
      this.#bytesLeft -= size;
      if (this.#bytesLeft < 0) {
        this.#end("bytes");
        return;
      }
      for (const line of this.#lines(await handle.readFile())) {
        if (this.#isOver) return;
        this.#found({ path: place.shown, ...line });
      }
    } catch (error) {
      if (!isPassedBy(error)) throw fileProblem(place.shown, error);
    }
  }

  #found(match: { readonly path: string } & Partial<Line>): void {
    if (this.matches.length === this.#maxResults) this.#end("results");
    else this.matches.push(match);
  }

  #end(why: Incomplete): void {
    this.incomplete = why;
    this.#isOver = true;
  }
}

/** One file that cannot be read, or has gone meanwhile, does not end a search. */
function isPassedBy(error: unknown): boolean {
  return error instanceof Error && PASSED_BY.has(codeOf(error.cause ?? error));
}

const PASSED_BY: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR", "ELOOP"]);
