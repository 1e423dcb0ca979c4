import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { heddle, TemporaryDirectory } from "./support/command.ts";

describe("heddle serve: what cannot be", () => {
  test.each([
    [["--agents", "none.js"], "--agents none.js cannot be loaded"],
    [
      ["--agents", fileURLToPath(import.meta.url).replace(".test.ts", ".none.ts")],
      "cannot be loaded",
    ],
    [["--no-auth", "--host", "192.0.2.1"], "--no-auth is for loopback only"],
    [["--prot", "80"], "did you mean --port?"],
    [["--allow-host", "https://a.example"], "allowHosts must be names"],
    [["--script", "none.json"], "--script none.json: ENOENT"],
  ])("%j is refused with exit code 2", async (more, message) => {
    const { code, stdout, stderr } = await heddle(["serve", "--provider", "scripted", ...more]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("an agent that cannot be is refused before anything listens", async () => {
    using directory = new TemporaryDirectory();
    const module = directory.file("agents.mjs");
    writeFileSync(module, "export const agents = { good: {}, bad: { maxSteps: 0 } };");
    const args = ["serve", "--provider", "scripted", "--agents", module];
    const { code, stderr } = await heddle(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^heddle: agent "bad": maxSteps /);
    expect(stderr).not.toContain("listening");
  });

  test("a token that is too short is refused and not shown", async () => {
    const env = { HEDDLE_TOKEN: "short-token" };
    const { code, stderr } = await heddle(["serve", "--provider", "scripted"], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("HEDDLE_TOKEN must be of 16 characters or more");
    expect(stderr).not.toContain("short-token");
  });

  test("a key of state that is too short is refused and not shown", async () => {
    const env = { HEDDLE_STATE_KEY: "short-key" };
    const args = ["serve", "--provider", "scripted", "--port", "0"];
    const { code, stderr } = await heddle(args, { env });
    expect(code).toBe(2);
    expect(stderr).toContain("HEDDLE_STATE_KEY must be of 32 characters or more");
    expect(stderr).not.toContain("short-key");
  });

  test("without a model to ask it names the ways to go on", async () => {
    const { code, stderr } = await heddle(["serve"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Ways to go on");
  });

  test("a port that is taken ends it with exit code 1", async () => {
    const taken = createServer();
    onTestFinished(() => void taken.close());
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port));
    });
    const args = ["serve", "--provider", "scripted", "--port", String(port)];
    const { code, stdout, stderr } = await heddle(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`heddle: cannot listen on 127.0.0.1 port ${port}: the port is taken\n`);
  });
});

describe("what a server needs beside Heddle", () => {
  const hook = (body: string): readonly string[] => [
    "--import",
    `data:text/javascript,${encodeURIComponent(`
      import { writeSync } from "node:fs";
      import { registerHooks } from "node:module";
      registerHooks({ ${body} });`)}`,
  ];
  const SERVER_ONLY = /\/node_modules\/(hono|@hono|zod|pino|prom-client)\//;

  test.each(["hono", "@hono/node-server", "@hono/zod-openapi", "zod", "pino", "prom-client"])(
    "without %s it says what to install",
    async (name) => {
      const flags = hook(`resolve(specifier, context, next) {
        if (specifier !== ${JSON.stringify(name)}) return next(specifier, context);
        throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
      }`);
      const { code, stderr } = await heddle(["serve", "--provider", "scripted"], { flags });
      expect(code).toBe(1);
      expect(stderr).toBe(
        "heddle: heddle serve needs packages that are not installed: npm install hono @hono/node-server @hono/zod-openapi zod pino prom-client\n",
      );
    },
  );

  test("no other command loads any of it", async () => {
    const flags = hook(`load(url, context, next) {
      writeSync(2, "loads " + url + "\\n");
      return next(url, context);
    }`);
    for (const args of [
      ["--help"],
      ["serve", "--help"],
      ["run", "-p", "go", "--provider", "scripted"],
      ["chat", "--provider", "scripted"],
      ["stress", "--agents", "1", "--chunks", "1"],
    ]) {
      const { code, stderr } = await heddle(args, { flags });
      expect(code).toBe(0);
      expect(stderr).toContain("loads file:");
      expect(stderr).not.toMatch(SERVER_ONLY);
    }
  });
});
