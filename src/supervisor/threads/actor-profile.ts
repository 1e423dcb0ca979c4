import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkFields, checkText, refuse } from "../check.ts";

const CODE = dirname(dirname(import.meta.dirname));

/** What an actor's own code consists of: this package's code, its manifest, and what that code imports. */
const RUNTIME_FILES: readonly string[] = [
  `${CODE}${sep}*`,
  join(dirname(CODE), "package.json"),
  ...["comlink", "@cfworker/json-schema"].flatMap(filesOf),
];

/** Node 25 and later deny the network unless it is granted; before, the flag does not exist. */
const hasNetPermission = process.allowedNodeEnvironmentFlags.has("--allow-net");

/** Earlier ones cannot take the working directory from a thread. By the version: only under the model is there a function to see. */
const hasDrop = canDrop(process.versions.node);

/** A Node whose SQLite can be left out of a thread. */
const hasSqliteFlag = process.allowedNodeEnvironmentFlags.has("--experimental-sqlite");

/**
 * What code in a worker's thread may do, beyond computing and asking. Nothing by default.
 *
 * Enforced by Node's permission model. It restrains honest code and its mistakes; it is no sandbox against hostile code. What
 * cannot be enforced is listed by `inspect().notEnforced`.
 */
export type Permissions = {
  /** Files and directories (with all that is below) that may be read; absolute paths. */
  readonly fsRead?: readonly string[];
  /** The same, for writing. */
  readonly fsWrite?: readonly string[];
  /** @defaultValue false */
  readonly net?: boolean;
  /**
   * To start processes, and to send signals to those that run. Child processes are not restrained themselves: code that may start
   * one may do anything.
   *
   * @defaultValue false
   */
  readonly childProcess?: boolean;
  /**
   * The module `node:sqlite`. It knows no paths: code that has it can read, change and make any SQLite file that the process can,
   * whatever `fsRead` and `fsWrite` say.
   *
   * @defaultValue false
   */
  readonly sqlite?: boolean;
  /** Names of variables of the host's environment that are handed on. */
  readonly env?: readonly string[];
};

/** What a thread is started with. Spares have the profile of a worker without any permission. */
export type ActorProfile = {
  readonly flags: readonly string[];
  readonly env: { readonly [name: string]: string };
};

/**
 * What code in a thread reaches without a permission, on the running Node: `descriptors` that the process has open, by `node:net` and
 * `node:tty`; other `threads`, by broadcasts and messages; `v8-flags`, which are those of the whole process; on early versions of Node 24 the
 * `working-directory`, with all that is below it; the grants that Node does not enforce, by their names.
 */
export function notEnforced(): readonly string[] {
  return [
    "descriptors",
    "threads",
    "v8-flags",
    ...(hasDrop ? [] : ["working-directory"]),
    ...(hasNetPermission ? [] : ["net"]),
    ...(hasSqliteFlag ? [] : ["sqlite"]),
  ];
}

/** The profile of a worker without permissions: it can read the runtime's own code, and nothing else. */
export const BARE_PROFILE: ActorProfile = { flags: flagsOf({}, []), env: {} };

/** `readable` are files and directories that the worker's own modules consist of. */
export function profileOf(
  permissions: Permissions,
  readable: readonly string[],
  env: { readonly [name: string]: string | undefined },
): ActorProfile {
  const names = permissions.env ?? [];
  const flags = flagsOf(permissions, readable);
  if (names.length === 0 && isDeepStrictEqual(flags, BARE_PROFILE.flags)) return BARE_PROFILE;
  return {
    flags,
    env: Object.fromEntries(
      names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    ),
  };
}

/** @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function checkPermissions(field: string, permissions: Permissions | undefined): void {
  if (permissions === undefined) return;
  checkFields(field, permissions, ["fsRead", "fsWrite", "net", "childProcess", "sqlite", "env"]);
  for (const name of ["fsRead", "fsWrite", "env"] as const) {
    const list: unknown = permissions[name] ?? [];
    if (!Array.isArray(list)) refuse(`${field}.${name}`, "an array of strings");
    for (const [i, entry] of list.entries()) checkText(`${field}.${name}[${i}]`, entry ?? "");
  }
  for (const name of ["net", "childProcess", "sqlite"] as const) {
    // "false" would be a grant.
    if (!["boolean", "undefined"].includes(typeof permissions[name])) {
      refuse(`${field}.${name}`, "true or false");
    }
  }
}

function flagsOf(permissions: Permissions, readable: readonly string[]): string[] {
  const { fsRead = [], fsWrite = [], net = false } = permissions;
  const { childProcess = false, sqlite = false } = permissions;
  const reads = [...RUNTIME_FILES, ...readable, ...fsRead].map((path) => `--allow-fs-read=${path}`);
  const writes = fsWrite.map((path) => `--allow-fs-write=${path}`);
  return [
    "--permission",
    // Also for reports that are made before the thread's entry has taken them away.
    "--report-exclude-env",
    ...sqliteFlags(sqlite),
    ...reads,
    ...writes,
    // Node warns of these grants once for each thread, as if nobody had asked for them.
    ...(net && hasNetPermission ? ["--allow-net", "--disable-warning=ExperimentalWarning"] : []),
    ...(childProcess ? ["--allow-child-process", "--disable-warning=PERM0002"] : []),
  ];
}

/** Whether that version of Node has `process.permission.drop`: 24.20 and later of 24, and 26.3 and later. */
export function canDrop(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 24 ? minor >= 20 : major > 26 || (major === 26 && minor >= 3);
}

/** Node 24.12 warns of the grant, like of the others. */
function sqliteFlags(isGranted: boolean): string[] {
  if (isGranted) return ["--disable-warning=ExperimentalWarning"];
  return hasSqliteFlag ? ["--no-experimental-sqlite"] : [];
}

/**
 * The files of a package that this one depends on: by the path that they are looked for at, which may be a link, and by their real one; and
 * where they are looked for before, because Node refuses what is not there, too.
 */
export function filesOf(name: string): readonly string[] {
  const directories = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const places = directories.map((directory) => join(directory, name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) return [];
  const looked = places.slice(0, places.indexOf(found) + 1);
  const outside = looked.filter((place) => !place.startsWith(CODE));
  return [...new Set([...outside, realpathSync(found)])].map((directory) => `${directory}${sep}*`);
}
