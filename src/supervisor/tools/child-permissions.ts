import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { HeddleError } from "../../errors.ts";
import type { Permissions } from "../threads/actor-profile.ts";

/**
 * Checks that a child is granted nothing that its parent does not have: each path within one of the parent's, by their real paths; each
 * variable among the parent's.
 *
 * @throws {HeddleError} `PERMISSION_DENIED`; `details.grant` is what the parent lacks.
 */
export function checkChildPermissions(child: Permissions, parent: Permissions): void {
  for (const name of ["fsRead", "fsWrite"] as const) checkPaths(name, child[name], parent[name]);
  for (const name of ["net", "childProcess", "sqlite"] as const) {
    if (child[name] && !parent[name]) throw lacks(name, true);
  }
  for (const variable of child.env ?? []) {
    if (!parent.env?.includes(variable)) throw lacks("env", [variable]);
  }
}

/**
 * Checks that what a child's modules consist of is no more than what its parent's thread can read anyway.
 *
 * @throws {HeddleError} `PERMISSION_DENIED`; `details.grant` is what the parent lacks.
 */
export function checkChildModules(child: readonly string[], parent: readonly string[]): void {
  checkPaths("fsRead", child, parent);
}

function checkPaths(
  name: "fsRead" | "fsWrite",
  child: readonly string[] = [],
  parent: readonly string[] = [],
): void {
  for (const path of child) if (!isWithin(path, parent)) throw lacks(name, [path]);
}

/** A path may end with `*`: then it stands for all that begins like it. Elsewhere, Node would take that for the end of the path. */
function isWithin(path: string, granted: readonly string[]): boolean {
  if (path.slice(0, -1).includes("*")) return false;
  const inner = areaOf(path);
  return granted.some((one) => contains(areaOf(one), inner));
}

/** What a grant stands for: all paths that begin with `start`; or `start` itself, and what is below it. */
type Area = { readonly start: string; readonly isPrefix: boolean };

function areaOf(path: string): Area {
  if (!path.endsWith("*")) return { start: realPath(path), isPrefix: false };
  const start = path.slice(0, -1);
  if (start === "") return { start, isPrefix: true };
  if (start.endsWith(sep)) return { start: withSeparator(realPath(start)), isPrefix: true };
  return { start: join(realPath(dirname(start)), basename(start)), isPrefix: true };
}

function contains(outer: Area, inner: Area): boolean {
  if (outer.isPrefix) {
    // A directory is in what stands for all that is below it.
    const start = inner.isPrefix ? inner.start : withSeparator(inner.start);
    return inner.start.startsWith(outer.start) || start === outer.start;
  }
  return inner.start.startsWith(withSeparator(outer.start)) || isSame(outer, inner);
}

function isSame(outer: Area, inner: Area): boolean {
  return !inner.isPrefix && inner.start === outer.start;
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : `${path}${sep}`;
}

/** Of what is not there, the real path of what it would be in. */
function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), basename(absolute));
  }
}

function lacks(name: keyof Permissions, value: true | readonly string[]): HeddleError {
  const grant = `permissions.${name}: ${JSON.stringify(value)}`;
  const message = `a worker cannot grant a child what it does not have itself: it lacks ${grant}`;
  return new HeddleError("PERMISSION_DENIED", message, { details: { grant } });
}
