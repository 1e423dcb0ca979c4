import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
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

/**
 * What code in a worker's thread may do, beyond computing and asking. Nothing by default.
 *
 * Enforced by Node's permission model. It restrains honest code and its mistakes; it is no sandbox against hostile code. What
 * the running Node cannot enforce is listed by `inspect()`.
 */
export type Permissions = {
  /** Files and directories (with all that is below) that may be read; absolute paths. */
  readonly fsRead?: readonly string[];
  /** The same, for writing. */
  readonly fsWrite?: readonly string[];
  /** @defaultValue false */
  readonly net?: boolean;
  /** Child processes are not restrained themselves: whoever may start one may do anything. @defaultValue false */
  readonly childProcess?: boolean;
  /** Names of variables of the host's environment that are handed on. */
  readonly env?: readonly string[];
};

/** What a thread is started with. Spares have the profile of a worker without any permission. */
export type ActorProfile = {
  readonly flags: readonly string[];
  readonly env: { readonly [name: string]: string };
};

/** What `Permissions` names, but the running Node does not enforce. */
export function notEnforced(): readonly string[] {
  return hasNetPermission ? [] : ["net"];
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
  if (names.length === 0 && flags.length === BARE_PROFILE.flags.length) return BARE_PROFILE;
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
  checkFields(field, permissions, ["fsRead", "fsWrite", "net", "childProcess", "env"]);
  for (const name of ["fsRead", "fsWrite", "env"] as const) {
    const list: unknown = permissions[name] ?? [];
    if (!Array.isArray(list)) refuse(`${field}.${name}`, "an array of strings");
    for (const [i, entry] of list.entries()) checkText(`${field}.${name}[${i}]`, entry ?? "");
  }
  for (const name of ["net", "childProcess"] as const) {
    // "false" would be a grant.
    if (!["boolean", "undefined"].includes(typeof permissions[name])) {
      refuse(`${field}.${name}`, "true or false");
    }
  }
}

function flagsOf(permissions: Permissions, readable: readonly string[]): string[] {
  const { fsRead = [], fsWrite = [], net = false, childProcess = false } = permissions;
  const reads = [...RUNTIME_FILES, ...readable, ...fsRead].map((path) => `--allow-fs-read=${path}`);
  const writes = fsWrite.map((path) => `--allow-fs-write=${path}`);
  return [
    "--permission",
    ...reads,
    ...writes,
    // Node warns of these grants once for each thread, as if nobody had asked for them.
    ...(net && hasNetPermission ? ["--allow-net", "--disable-warning=ExperimentalWarning"] : []),
    ...(childProcess ? ["--allow-child-process", "--disable-warning=PERM0002"] : []),
  ];
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
