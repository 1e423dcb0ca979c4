import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { McpOptions, McpSource } from "../../src/tools/mcp/descriptor.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import type { AnyTool, ToolContext } from "../../src/tools/tool.ts";

const EVERYTHING = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);
const FIXTURE = fileURLToPath(new URL("../fixtures/mcp/server.ts", import.meta.url));

/** What the reference server is started with. */
export const everythingArgs: readonly string[] = [EVERYTHING];

/** The reference server, over stdio. */
export function everything(options?: McpOptions): McpSource {
  return mcp({ command: process.execPath, args: everythingArgs }, options);
}

/** The server by hand, `test/fixtures/mcp/server.ts`. */
export function fixture(
  behaviour: string,
  {
    env = {},
    detail = "",
    ...options
  }: McpOptions & { env?: Record<string, string>; detail?: string } = {},
): McpSource {
  const args = [FIXTURE, behaviour, detail];
  return mcp({ command: process.execPath, args, env }, { name: behaviour, ...options });
}

/** Calls tools as a worker would. */
export class Caller {
  readonly progress: unknown[] = [];
  readonly #tools: readonly AnyTool[];
  #onProgress: () => void = () => {};

  constructor(tools: readonly AnyTool[]) {
    this.#tools = tools;
  }

  /** Resolves with the next progress of any call. */
  nextProgress(): Promise<void> {
    return new Promise((resolve) => {
      this.#onProgress = resolve;
    });
  }

  async call(
    name: string,
    args: object = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<unknown> {
    const tool = this.#tools.find((one) => one.name === name);
    if (!tool) throw new TypeError(`no tool ${name}`);
    const ctx = {
      signal,
      progress: (value: unknown) => {
        this.progress.push(value);
        this.#onProgress();
      },
    };
    return await tool.execute(args, ctx as ToolContext);
  }
}

/** Whether a process is there, and not only its exit code: whoever has inherited an orphan may not ask for that. */
export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
