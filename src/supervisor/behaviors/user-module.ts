import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, extname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Beside a `.js` that is not there, its source may be, or the other way round. */
const SIBLINGS: ReadonlyMap<string, string> = new Map([
  [".js", ".ts"],
  [".mjs", ".mts"],
  [".ts", ".js"],
  [".mts", ".mjs"],
]);

/** The URL of a user's module by its real path, or that of its sibling. A module that is not there keeps its URL: to load it fails. */
export function resolveUserModule(url: URL): string {
  const path = fileURLToPath(url);
  const extension = extname(path);
  const sibling = SIBLINGS.get(extension);
  const candidates = [path];
  if (sibling) candidates.push(path.slice(0, -extension.length) + sibling);
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) return url.href;
  const resolved = pathToFileURL(realpathSync(found));
  resolved.search = url.search;
  return resolved.href;
}

/**
 * What a thread that loads the module must be able to read: its package, and the packages that are installed for that, those
 * linked from elsewhere (workspaces) included.
 */
export function readableFor(moduleUrl: string): readonly string[] {
  const home = packageOf(fileURLToPath(moduleUrl));
  const installed = ancestors(home)
    .map((directory) => join(directory, "node_modules"))
    .filter((directory) => existsSync(directory));
  const linked = installed.flatMap((directory) => [realpathSync(directory), ...linksIn(directory)]);
  return [...new Set([home, ...installed, ...linked])].map((directory) => `${directory}${sep}*`);
}

/** The directory of the nearest package.json; of the file itself, if there is none. */
function packageOf(file: string): string {
  const directories = ancestors(dirname(file));
  const home = directories.find((directory) => existsSync(join(directory, "package.json")));
  return home ?? dirname(file);
}

/** The directory, and those that it is in. */
function ancestors(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

/** Where links of a `node_modules`, and of the scopes in it, lead to. */
function linksIn(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) return existsSync(path) ? [realpathSync(path)] : [];
    return entry.isDirectory() && entry.name.startsWith("@") ? linksIn(path) : [];
  });
}
