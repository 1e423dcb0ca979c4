import { existsSync, realpathSync } from "node:fs";
import { extname } from "node:path";
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
