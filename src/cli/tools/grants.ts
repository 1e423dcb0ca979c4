import { resolve } from "node:path";
import type { WorkerOptions } from "../../index.ts";

export type Permissions = NonNullable<WorkerOptions["permissions"]>;

type Grant =
  | { readonly type: "net" | "child-process" | "sqlite" }
  | { readonly type: "fs-read" | "fs-write" | "env"; readonly value: string };

/** What `--grant` says, in the order of the command line. */
export type Grants = readonly Grant[];

const NAMES = "net, child-process, sqlite, fs-read=DIR, fs-write=DIR and env=NAME";

/** Reads the lists of `--grant`. Pure; what is wrong is added to `problems`. */
export function readGrants(lists: readonly string[], problems: string[]): Grants {
  const grants: Grant[] = [];
  for (const item of lists.flatMap((list) => list.split(",")).map((part) => part.trim())) {
    const grant = readGrant(item);
    if (typeof grant === "string") problems.push(grant);
    else grants.push(grant);
  }
  return grants;
}

/** The grant, or what is wrong with it. */
function readGrant(item: string): Grant | string {
  const [type = "", value] = item.split(/=(.*)/s, 2);
  switch (type) {
    case "net":
    case "child-process":
    case "sqlite":
      return value === undefined ? { type } : `--grant ${type} takes no value`;
    case "fs-read":
    case "fs-write":
      return value ? { type, value } : `--grant ${type} needs a directory: ${type}=DIR`;
    case "env":
      return value ? { type, value } : "--grant env needs a variable's name: env=NAME";
    default:
      return `--grant is a list of ${NAMES}, each item whole; not "${item}"`;
  }
}

/** The same for a worker; paths are relative to `cwd`. Undefined: nothing is granted. */
export function permissionsOf(grants: Grants, cwd: string): Permissions | undefined {
  if (grants.length === 0) return undefined;
  const valuesOf = (type: "fs-read" | "fs-write" | "env"): string[] =>
    grants.flatMap((grant) => (grant.type === type ? [grant.value] : []));
  return {
    net: grants.some(({ type }) => type === "net"),
    childProcess: grants.some(({ type }) => type === "child-process"),
    sqlite: grants.some(({ type }) => type === "sqlite"),
    fsRead: valuesOf("fs-read").map((path) => resolve(cwd, path)),
    fsWrite: valuesOf("fs-write").map((path) => resolve(cwd, path)),
    env: valuesOf("env"),
  };
}

/** What either grants. */
export function joinPermissions(
  one: Permissions | undefined,
  other: Permissions | undefined,
): Permissions | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    net: one.net === true || other.net === true,
    childProcess: one.childProcess === true || other.childProcess === true,
    sqlite: one.sqlite === true || other.sqlite === true,
    fsRead: [...(one.fsRead ?? []), ...(other.fsRead ?? [])],
    fsWrite: [...(one.fsWrite ?? []), ...(other.fsWrite ?? [])],
    env: [...(one.env ?? []), ...(other.env ?? [])],
  };
}
