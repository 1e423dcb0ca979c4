import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { notEnforced } from "../../src/supervisor/threads/actor-profile.ts";
import type { ForbiddenName } from "../fixtures/tools/forbidden.ts";
import { begin, callOf, result, startPool } from "../support/tool-pools.ts";

const NO_GRANT = 'a pool tool has no permissions: use runsIn: "actor"';

const forbidden = (name: ForbiddenName, at: string | number = "") =>
  callOf("forbidden", "forbidden", { name, at });

/** A directory that is nobody's package, with one file. */
function directory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "heddle-pool-")));
  onTestFinished(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "secret.txt"), "secret");
  return path;
}

/** A server that answers everybody, on the loopback interface. */
async function listening(): Promise<number> {
  const server = createServer((_, response) => void response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe("a pool tool may not", () => {
  test.each<[ForbiddenName, string, string]>([
    ["read", "secret.txt", "permissions.fsRead"],
    ["read later", "secret.txt", "permissions.fsRead"],
    ["write", "new.txt", "permissions.fsWrite"],
    ["make a directory", "new", "permissions.fsWrite"],
  ])("%s", async (name, file, permission) => {
    const path = join(directory(), file);
    const { result, error } = await begin(startPool(), forbidden(name, path)).end;
    expect(error).toMatchObject({
      code: "PERMISSION_DENIED",
      details: {
        grant: expect.stringContaining(`${permission}: [${JSON.stringify(path).slice(0, -1)}`),
      },
    });
    expect(result).toBe(`Error: ${error?.message}`);
    expect(result).toContain(NO_GRANT);
  });

  test("start a process", async () => {
    expect(await begin(startPool(), forbidden("start a process")).end).toMatchObject({
      result: expect.stringContaining(NO_GRANT),
      error: { code: "PERMISSION_DENIED", details: { grant: "permissions.childProcess: true" } },
    });
  });

  test("start a thread", async () => {
    const { result, error } = await begin(startPool(), forbidden("start a thread")).end;
    expect(result).toBe(`Error: permission denied: to start a thread is not allowed; ${NO_GRANT}`);
    expect(error).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test
    .skipIf(notEnforced().includes("net"))
    .each<ForbiddenName>(["connect", "fetch", "fetch by name", "listen"])(
    "use the network: %s",
    async (name) => {
      const pool = startPool();
      expect(await begin(pool, forbidden(name, await listening())).end).toMatchObject({
        result: expect.stringContaining(NO_GRANT),
        error: { code: "PERMISSION_DENIED", details: { grant: "permissions.net: true" } },
      });
    },
  );

  const keepsDirectory = notEnforced().includes("working-directory");
  test.skipIf(keepsDirectory)("read the working directory of the process", async () => {
    const path = directory();
    const home = process.cwd();
    process.chdir(path);
    onTestFinished(() => process.chdir(home));
    const pool = startPool();
    expect(await result(pool, forbidden("read", "secret.txt"))).toMatch(
      /^Error: permission denied: to read /,
    );
    expect(await result(pool, callOf("computing", "add", { a: 1, b: 2 }))).toBe("3");
  });
});

test("a tool of a package elsewhere is carried out, and its arguments are checked, from any working directory", async () => {
  const path = directory();
  writeFileSync(join(path, "package.json"), `{ "type": "module" }`);
  const parameters = `{ type: "object", properties: { n: { type: "number" } } }`;
  const tools = `[{ name: "double", parameters: ${parameters}, execute: ({ n }) => 2 * n }]`;
  writeFileSync(join(path, "tools.js"), `export const tools = ${tools};`);
  const home = process.cwd();
  process.chdir("/");
  onTestFinished(() => process.chdir(home));
  const pool = startPool();
  const moduleUrl = pathToFileURL(join(path, "tools.js")).href;
  const double = (n: unknown) =>
    callOf("computing", "double", { n }, { module: { moduleUrl, options: undefined } });
  expect(await result(pool, double(21))).toBe("42");
  expect(await begin(pool, double("21")).end).toMatchObject({
    error: { code: "TOOL_ARGUMENTS_INVALID" },
  });
});
