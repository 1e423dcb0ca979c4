import { statSync } from "node:fs";
import { resolve } from "node:path";
import {
  booleanOption,
  checkOptions,
  integerOption,
  listOption,
  refuseOption,
  textOption,
} from "../option-check.ts";
import { codeOf } from "../refusal.ts";

export type FsOptions = {
  /**
   * Directories; nothing outside of them is read or written. Relative paths of a call begin at the first one. The worker must have the same paths in
   * `permissions.fsRead`, and for writing in `permissions.fsWrite`, too. One that is relative begins at the process's working directory.
   */
  readonly roots: readonly string[];
  /** How much of a file one call reads, 1 to 16,777,216. @defaultValue 65_536 */
  readonly maxReadBytes?: number;
  /** How much one call writes, 1 to 16,777,216. @defaultValue 1_048_576 */
  readonly maxWriteBytes?: number;
  /** How many entries or matches one call gives, 1 to 10,000. @defaultValue 200 */
  readonly maxResults?: number;
  /** Whether there is `write_file`. @defaultValue false */
  readonly write?: boolean;
};

/** Checked, with nothing left out. */
export type FsSettings = {
  /** Absolute, as they were named. */
  readonly roots: readonly [string, ...string[]];
  readonly maxReadBytes: number;
  readonly maxWriteBytes: number;
  readonly maxResults: number;
  readonly write: boolean;
};

const BYTES = { min: 1, max: 16_777_216 };

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function fsSettings(options: FsOptions): FsSettings {
  checkOptions(options, ["roots", "maxReadBytes", "maxWriteBytes", "maxResults", "write"]);
  const [first, ...others] = listOption("roots", options.roots).map(checkedRoot);
  if (first === undefined) refuseOption("roots", "an array of at least one directory");
  return {
    roots: [first, ...others],
    maxReadBytes: integerOption("maxReadBytes", options.maxReadBytes, BYTES, 65_536),
    maxWriteBytes: integerOption("maxWriteBytes", options.maxWriteBytes, BYTES, 1_048_576),
    maxResults: integerOption("maxResults", options.maxResults, { min: 1, max: 10_000 }, 200),
    write: booleanOption("write", options.write),
  };
}

function checkedRoot(root: unknown, i: number): string {
  const field = `roots[${i}]`;
  const path = resolve(textOption(field, root));
  if (!isDirectory(path)) refuseOption(field, `a directory that exists; ${path} is none`);
  return path;
}

/** What may not be looked at is left to the calls, which then say so. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    return codeOf(error) === "ERR_ACCESS_DENIED";
  }
}
