import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What came of an editor: the text as it was left, or why there is none. */
export type Edited =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "failed"; readonly reason: string };

/**
 * Has a person edit `text` in an editor, given as a shell would run it (`code --wait`). The text is in a file that only its owner can
 * read, and that is gone afterwards. The editor is ended once `signal` aborts.
 */
export async function editText(editor: string, text: string, signal: AbortSignal): Promise<Edited> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-"));
  const file = join(directory, "arguments.json");
  try {
    await writeFile(file, text, { mode: 0o600 });
    // As git does it.
    const argv = ["-c", `${editor} "$@"`, editor, file];
    const child = spawn("/bin/sh", argv, { stdio: "inherit", signal });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) return { type: "failed", reason: `${editor} has failed, so nothing is edited` };
    return { type: "text", text: await readFile(file, "utf8") };
  } catch (error) {
    return { type: "failed", reason: `${editor}: ${(error as Error).message}` };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
