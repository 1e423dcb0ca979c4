import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fetchKey } from "../../../src/network/keys/fetch-key.ts";
import type { KeySource } from "../../../src/network/keys/key-source.ts";

const FUNCTIONS = new URL("../../fixtures/keys/functions.ts", import.meta.url);
const { signal } = new AbortController();

function fetched(source: KeySource, env: { readonly [name: string]: string } = {}) {
  return fetchKey(source, env, signal);
}

/** A command that runs JavaScript. */
function js(code: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, "-e", code, ...args];
}

async function noKeyOf(
  source: KeySource,
  env = {},
): Promise<{ message: string; isRetried: unknown }> {
  const error = await fetched(source, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "PROVIDER_AUTH" });
  const { message, details } = error as { message: string; details: { retryable: unknown } };
  expect(message).toMatch(/^there is no API key: /);
  return { message, isRetried: details.retryable };
}

describe("a command", () => {
  test("gives what it prints, without white space around it", async () => {
    const command = js("console.log(' sk-' + process.argv[1] + '\\n')", "a b;$(c)");
    expect(await fetched({ command })).toEqual({ key: "sk-a b;$(c)" });
  });

  test("is found by the PATH that it is given, and has that environment only", async () => {
    const command = ["node", "-e", "console.log(Object.keys(process.env).sort().join())"];
    const env = { PATH: join(process.execPath, ".."), HOME: "/h", OTHER: "o" };
    expect((await fetched({ command }, env)).key).toMatch(/HOME,.*OTHER,.*PATH/);
    const some = { command, env: ["PATH"] };
    expect((await fetched(some, env)).key).not.toMatch(/OTHER|HOME/);
  });

  test("one that fails says so in its own words, but never what it has printed", async () => {
    const code =
      "console.log('sk-hush'); console.error('log in\\nfirst: sk-hush'); process.exit(3)";
    expect(await noKeyOf({ command: js(code) })).toEqual({
      message: `there is no API key: the command ${process.execPath} has ended with code 3: log in first: [secret]`,
      isRetried: true,
    });
  });

  test.for([
    ["nothing", "", /has given none$/],
    ["only white space", "console.log(' ')", /has given none$/],
    ["several lines", "console.log('sk-hush\\nsk-hush2')", /has given a text of several lines/],
    ["what cannot be sent", "console.log('sk-h\\u2026sh')", /one that cannot be sent/],
    ["too much", "process.stdout.write('x'.repeat(1e6)); setInterval(() => {}, 1e3)", /too much/],
  ] as const)("one that prints %s", async ([, code, words]) => {
    const { message, isRetried } = await noKeyOf({ command: js(code) });
    expect(message).toMatch(words);
    expect(message).not.toMatch(/hush/);
    expect(isRetried).toBe(false);
  });

  test("one that does not exist is not tried again", async () => {
    const { message, isRetried } = await noKeyOf({ command: ["/no/such/program"] });
    expect(message).toMatch(/the command \/no\/such\/program cannot be started: .*ENOENT/);
    expect(isRetried).toBe(false);
  });

  test("one that hangs is killed with what it has started", async () => {
    const directory = await directoryOfTest();
    const pids = join(directory, "pids");
    const code = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e3)"]);
      require("node:fs").writeFileSync(process.argv[1], process.pid + " " + child.pid);
      setInterval(() => {}, 1e3);`;
    const stop = new AbortController();
    const fetching = fetchKey({ command: js(code, pids), timeoutMs: 600_000 }, {}, stop.signal);
    const [own, child] = await numbersIn(pids);
    stop.abort();
    await expect(fetching).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    await Promise.all([own, child].map(gone));
  });

  test("one that hangs has until timeoutMs", async () => {
    const command = js("setInterval(() => {}, 1e3)");
    const { message, isRetried } = await noKeyOf({ command, timeoutMs: 50 });
    expect(message).toMatch(/has given none within 50 ms/);
    expect(isRetried).toBe(true);
  });

  test("a process that it leaves behind with its outputs does not hold the key back", async () => {
    const code = `
      const options = { stdio: "inherit", detached: true };
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 20000)"], options);
      child.unref();
      console.log("sk-" + child.pid);`;
    const { key } = await fetched({ command: js(code) });
    process.kill(Number(key.slice(3)), "SIGKILL");
    expect(key).toMatch(/^sk-\d+$/);
  });
});

describe("a function", () => {
  test.for([
    ["a text", " sk-1\n", { key: "sk-1" }],
    ["an object", { key: "sk-1", expiresAtMs: 5 }, { key: "sk-1", expiresAtMs: 5 }],
    ["an object without an end", { key: "sk-1" }, { key: "sk-1" }],
  ] as const)("gives %s", async ([, give, expected]) => {
    expect(await fetched({ module: FUNCTIONS, options: { give } })).toEqual(expected);
  });

  test("has a name, and the variables that it was granted", async () => {
    const source = { module: FUNCTIONS.href, export: "ofEnv", env: ["A", "C"] };
    expect(await fetched(source, { A: "1", B: "2" })).toEqual({ key: "A-1" });
  });

  test.for([
    [{ give: "" }, /has given none/],
    [{ give: 5 }, /has given none/],
    [{ give: { key: "a\nb" } }, /cannot be sent/],
    [
      { give: { key: "k", expiresAtMs: "soon" } },
      /expiresAtMs of the function apiKey of .* must be/,
    ],
  ] as const)("what is no key: %j", async ([options, words]) => {
    expect((await noKeyOf({ module: FUNCTIONS, options })).message).toMatch(words);
  });

  test("one that throws is quoted without secrets", async () => {
    const source = { module: FUNCTIONS, export: "throws", options: { give: "hush" } };
    const { message, isRetried } = await noKeyOf(source);
    expect(message).toMatch(/threw: no luck with \[secret\], nor with \[secret\]$/);
    expect(isRetried).toBe(true);
  });

  test("one that hangs has until timeoutMs", async () => {
    const source = { module: FUNCTIONS, export: "hangs", timeoutMs: 50 };
    expect((await noKeyOf(source)).message).toMatch(/has given none within 50 ms/);
  });

  test.for([
    [
      { module: FUNCTIONS, export: "nothing" },
      /must export a function nothing \(it exports: apiKey/,
    ],
    [{ module: "/no/such/module.js" }, /cannot be loaded: /],
  ] as const)("one that is not there: %j", async ([source, words]) => {
    const { message, isRetried } = await noKeyOf(source);
    expect(message).toMatch(words);
    expect(isRetried).toBe(false);
  });
});

describe("a file", () => {
  test.for(["a path", "a URL"])("by %s", async (how) => {
    const path = join(await directoryOfTest(), "key");
    await writeFile(path, "sk-1\n");
    expect(await fetched({ file: how === "a path" ? path : pathToFileURL(path).href })).toEqual({
      key: "sk-1",
    });
  });

  test("one that is not there, or empty", async () => {
    const path = join(await directoryOfTest(), "key");
    expect((await noKeyOf({ file: path })).message).toMatch(
      `the file ${path} cannot be read: ENOENT`,
    );
    await writeFile(path, "\n");
    expect((await noKeyOf({ file: path })).message).toMatch(`the file ${path} has given none`);
  });
});

async function directoryOfTest(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** The numbers that a process writes into a file, once they are there. */
async function numbersIn(path: string): Promise<readonly number[]> {
  const written = async () => {
    const numbers = (await readFile(path, "utf8")).split(" ").map(Number);
    expect(numbers).toHaveLength(2);
    return numbers;
  };
  return await vi.waitFor(written, { timeout: 30_000 });
}

/** Resolves when a process has ended. */
async function gone(pid: number | undefined): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH"), {
    timeout: 30_000,
  });
}
