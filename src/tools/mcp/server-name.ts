import { basename, dirname, parse } from "node:path";
import type { McpSource } from "./descriptor.ts";

/** Programs that start another one: the server is what they are told to start. */
const LAUNCHERS: ReadonlySet<string> = new Set([
  "npx",
  "node",
  "bun",
  "bunx",
  "deno",
  "tsx",
  "pnpm",
  "yarn",
  "uv",
  "uvx",
  "pipx",
  "python",
  "python3",
]);
/** Behind these is code, not the name of something. */
const CODE: readonly string[] = ["-e", "-c", "-p", "--eval", "--print"];
/** What they are told to do with it. */
const COMMANDS: ReadonlySet<string> = new Set(["run", "exec", "dlx", "x", "tool"]);
/** Names of files that say nothing of the server: their folder does. */
const ENTRIES: ReadonlySet<string> = new Set(["index", "main", "server", "cli", "__main__"]);
/** Folders that say nothing of it either. */
const FOLDERS: ReadonlySet<string> = new Set(["dist", "build", "src", "lib", "bin", "out"]);

/** What a server is called that was given no name: its URL's host, or its program; if a launcher starts that, what it starts. */
export function serverName(server: McpSource["server"]): string {
  if ("url" in server) return new URL(server.url).host;
  const program = parse(server.command).name;
  if (!LAUNCHERS.has(program)) return program;
  const { args = [] } = server;
  const started = args.find((arg) => arg !== "" && !arg.startsWith("-") && !COMMANDS.has(arg));
  if (started === undefined || args.some((arg) => CODE.includes(arg))) return program;
  const name = nameOfStarted(started);
  return /^[\w@.+-]+$/.test(name) ? name : program;
}

/** "@scope/server-git@1.2.3", "./servers/git/dist/index.js" or "ghcr.io/some/git:latest": the part that tells it from others. */
function nameOfStarted(started: string): string {
  const withoutVersion = started.replace(/(?<=.)[@:][^/\\]*$/, "");
  const { name, ext } = parse(withoutVersion);
  if (!/^\.(?:[cm]?[jt]s|py)$/.test(ext)) return basename(withoutVersion);
  if (!ENTRIES.has(name)) return name;
  const folder = dirname(withoutVersion);
  const own = FOLDERS.has(basename(folder)) ? basename(dirname(folder)) : basename(folder);
  return /^\.*$/.test(own) ? name : own;
}
