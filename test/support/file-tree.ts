import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { directory } from "./commands.ts";

/** A file's text; a symbolic link's target. */
export type TreeEntry = string | Buffer | { readonly link: string };

/** A directory with these files, gone after the test. */
export function tree(entries: { readonly [path: string]: TreeEntry }): string {
  const root = directory();
  for (const [path, entry] of Object.entries(entries)) {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof entry === "string" || Buffer.isBuffer(entry)) writeFileSync(at, entry);
    else symlinkSync(entry.link, at);
  }
  return root;
}
