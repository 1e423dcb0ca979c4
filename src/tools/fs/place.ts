import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { codeOf, denied, failed, fileProblem } from "../refusal.ts";

/** Where something is that may be touched. */
export type Place = {
  /** By which the model knows it: relative to the first root, or absolute in another. */
  readonly shown: string;
  /** By which it is opened: through the root as it was named, which is what permissions were given for, and then without symbolic links. */
  readonly path: string;
  /** Without any symbolic link. */
  readonly real: string;
};

type Roots = readonly [string, ...string[]];

/**
 * The place of something that exists.
 *
 * Nothing outside the roots is looked at: paths are compared before the system is asked, and what they lead to by symbolic links once more.
 *
 * @throws {HeddleError} `PERMISSION_DENIED` when that is outside the roots, `TOOL_FAILED` when there is no such thing.
 */
export async function placeOf(roots: Roots, given: string): Promise<Place> {
  const realOnes = await realRoots(roots);
  const named = withinRoots(roots, given, realOnes);
  try {
    return placeAt(roots, given, realOnes, await realpath(named));
  } catch (error) {
    throw fileProblem(given, error);
  }
}

/**
 * The place of a file, which need not exist, nor need the directories that lead to it.
 *
 * @throws {HeddleError} `PERMISSION_DENIED` when that is outside the roots, or a symbolic link that leads nowhere.
 */
export async function placeToWrite(roots: Roots, given: string): Promise<Place> {
  const realOnes = await realRoots(roots);
  const named = withinRoots(roots, given, realOnes);
  if (given.endsWith("/") || given.endsWith(sep)) throw failed(`${given}: this names a directory`);
  try {
    return placeAt(roots, given, realOnes, await realpathOfNew(given, named));
  } catch (error) {
    throw fileProblem(given, error);
  }
}

/** The path, without symbolic links, of what is not there: that of the deepest directory that is, and the rest. */
async function realpathOfNew(given: string, named: string): Promise<string> {
  const missing: string[] = [];
  for (let path = named; ; path = dirname(path)) {
    const real = await ifThere(realpath(path));
    if (real !== undefined) return join(real, ...missing);
    // There is something after all, but what it leads to is not: writing would make that, wherever it is.
    if ((await ifThere(lstat(path))) !== undefined) {
      throw denied(`${given}: a symbolic link leads to something that does not exist`);
    }
    missing.unshift(basename(path));
  }
}

async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function placeAt(roots: Roots, given: string, realOnes: readonly string[], real: string): Place {
  for (const [i, realRoot] of realOnes.entries()) {
    if (!isWithin(realRoot, real)) continue;
    const inRoot = relative(realRoot, real);
    const path = join(roots[i] ?? roots[0], inRoot);
    return { shown: i === 0 ? inRoot || "." : path, path, real };
  }
  throw outside(given);
}

/** Returns the absolute path, which lies in a root by its letters. */
function withinRoots(roots: Roots, given: string, realOnes: readonly string[]): string {
  if (given.includes("\0")) throw denied("a path cannot have NUL characters");
  const path = isAbsolute(given) ? resolve(given) : resolve(roots[0], given);
  if (roots.some((root) => isWithin(root, path))) return path;
  // It may be named as it really is; it is looked at as the root was named, all the same.
  const i = realOnes.findIndex((root) => isWithin(root, path));
  if (i < 0) throw outside(given);
  return join(roots[i] ?? roots[0], relative(realOnes[i] ?? "", path));
}

async function realRoots(roots: Roots): Promise<readonly string[]> {
  return await Promise.all(
    roots.map(async (root) => {
      try {
        return await realpath(root);
      } catch (error) {
        throw fileProblem(root, error);
      }
    }),
  );
}

export function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function outside(given: string): Error {
  return denied(`${given}: this is outside the directories that may be used`);
}
