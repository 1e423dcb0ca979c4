import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { fixture } from "../../support/mcp.ts";

const SRC = new URL("../../../src/", import.meta.url).href;

test("the client's package is loaded when a server is first used, not before", async () => {
  const hook = `
    import { writeSync } from "node:fs";
    import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) {
      if (url.includes("/@modelcontextprotocol/client/")) writeSync(1, "loaded\\n");
      return next(url, context);
    } });`;
  const program = `
    import { writeSync } from "node:fs";
    import "${SRC}index.ts";
    import { McpConnections } from "${SRC}supervisor/tools/mcp-connections.ts";
    import { systemClock } from "${SRC}transport/clock.ts";
    const connections = new McpConnections({ clock: systemClock, random: Math.random });
    writeSync(1, "used\\n");
    await connections.toolsOf(${JSON.stringify(fixture("good"))}, new AbortController().signal);
    await connections.close();`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(hook)}`,
      "--input-type=module",
      "-e",
      program,
    ],
    { timeout: 50_000 },
  );
  expect([...new Set(stdout.trim().split("\n"))]).toEqual(["used", "loaded"]);
});
