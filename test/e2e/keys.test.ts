import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { OpenAIProviderOptions, Session } from "../../src/index.ts";
import { openaiProvider } from "../../src/index.ts";
import { startSupervisor } from "../support/supervisors.ts";
import type { WebServer } from "../support/web-server.ts";
import { webServer } from "../support/web-server.ts";
import { END, HELLO } from "./wire/bytes.ts";

const FUNCTIONS = new URL("../fixtures/keys/functions.ts", import.meta.url);

type Guard = { key: string; readonly server: WebServer; readonly shown: string[] };

/** A model's server that lets one key in. The others it echoes. */
async function guarded(key: string, header = "authorization"): Promise<Guard> {
  const shown: string[] = [];
  const server = await webServer((request: IncomingMessage, response) => {
    request.resume();
    const given = String(request.headers[header]);
    shown.push(given);
    if (given !== guard.key) {
      const error = { message: `wrong key ${given}`, code: "invalid_api_key" };
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" }).end(HELLO + END);
  });
  const guard: Guard = { key, server, shown };
  return guard;
}

async function sessionOf(
  { server }: Guard,
  apiKey: OpenAIProviderOptions["apiKey"],
  options: OpenAIProviderOptions = {},
): Promise<Session> {
  const given = apiKey === undefined ? {} : { apiKey };
  const baseURL = server.url("/v1");
  const main = openaiProvider({
    model: "m",
    baseURL,
    retry: { maxRetries: 0 },
    ...given,
    ...options,
  });
  return (await startSupervisor({ providers: { main } })).openSession();
}

async function directoryOfTest(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-e2e-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

/** A command that prints what is in a file, and notes each of its runs. */
async function keyCommand(key: string) {
  const directory = await directoryOfTest();
  const [file, runs] = [join(directory, "key"), join(directory, "runs")];
  await writeFile(file, key);
  await writeFile(runs, "");
  const code = `
    const fs = require("node:fs");
    fs.appendFileSync(process.argv[2], "x");
    console.log(fs.readFileSync(process.argv[1], "utf8"));`;
  return {
    command: [process.execPath, "-e", code, file, runs],
    set: (next: string) => writeFile(file, next),
    runs: async () => (await readFile(runs, "utf8")).length,
  };
}

const all = async (session: Session, count: number): Promise<readonly (string | undefined)[]> => {
  const jobs = Array.from({ length: count }, () => session.run({}, { prompt: "go" }));
  const outcomes = await Promise.all(jobs.map((job) => job.outcome));
  return outcomes.map((one) => (one.status === "completed" ? one.result.text : one.error?.message));
};

describe("a command's key", () => {
  test("is fetched once for 20 jobs, and once more when it is refused to all of them", async () => {
    const guard = await guarded("Bearer sk-one-1");
    const { command, set, runs } = await keyCommand("sk-one-1");
    const session = await sessionOf(guard, { command });
    expect(new Set(await all(session, 20))).toEqual(new Set(["hello"]));
    expect(await runs()).toBe(1);
    guard.key = "Bearer sk-two-2";
    await set("sk-two-2");
    expect(new Set(await all(session, 20))).toEqual(new Set(["hello"]));
    expect(await runs()).toBe(2);
    expect(guard.shown.filter((key) => key === guard.key)).toHaveLength(20);
  });

  test("that is refused and does not change is sent once, and shown to nobody", async () => {
    const guard = await guarded("Bearer sk-other-1");
    const { command, runs } = await keyCommand("sk-hush-hush-1");
    const session = await sessionOf(guard, { command });
    const { error } = await session.run({}, { prompt: "go" }).outcome;
    expect(error).toMatchObject({ code: "PROVIDER_AUTH", details: { status: 401 } });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hush");
    expect(guard.shown).toEqual(["Bearer sk-hush-hush-1"]);
    expect(await runs()).toBe(2);
  });

  test("that cannot be had fails the job, and the server is not asked", async () => {
    const guard = await guarded("Bearer x");
    const session = await sessionOf(guard, { command: [process.execPath, "-e", ""] });
    const { error } = await session.run({}, { prompt: "go" }).outcome;
    expect(error).toMatchObject({ code: "PROVIDER_AUTH", details: { retryable: false } });
    expect(error?.message).toMatch(/there is no API key: the command .* has given none/);
    expect(guard.shown).toEqual([]);
  });

  test("a job that is cancelled while the command hangs ends at once, and the command with the supervisor", async () => {
    const guard = await guarded("Bearer x");
    const pid = join(await directoryOfTest(), "pid");
    const code = `
      require("node:fs").writeFileSync(process.argv[1], String(process.pid));
      setInterval(() => {}, 1e3);`;
    const command = [process.execPath, "-e", code, pid];
    const apiKey = { command, timeoutMs: 600_000 };
    const main = openaiProvider({ model: "m", baseURL: guard.server.url("/v1"), apiKey });
    const supervisor = await startSupervisor({ providers: { main } });
    const job = supervisor.openSession().run({}, { prompt: "go" });
    const running = Number(
      await vi.waitFor(async () => (await readFile(pid, "utf8")) || Promise.reject(), 30_000),
    );
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    await supervisor.close();
    const isGone = () => expect(() => process.kill(running, 0)).toThrow("ESRCH");
    await vi.waitFor(isGone, 30_000);
  });
});

test("a function's key is fetched in the gateway, and sent", async () => {
  const guard = await guarded("Bearer sk-of-a-function");
  const apiKey = { module: FUNCTIONS, options: { give: { key: "sk-of-a-function" } } };
  expect(await all(await sessionOf(guard, apiKey), 2)).toEqual(["hello", "hello"]);
});

test("a file's key is read again when it is refused", async () => {
  const guard = await guarded("Bearer sk-one-1");
  const file = join(await directoryOfTest(), "key");
  await writeFile(file, "sk-one-1\n");
  const session = await sessionOf(guard, { file });
  expect(await all(session, 1)).toEqual(["hello"]);
  // As secrets are mounted: by another file in its place.
  await writeFile(`${file}.next`, "sk-two-2\n");
  await rename(`${file}.next`, file);
  guard.key = "Bearer sk-two-2";
  expect(await all(session, 5)).toEqual(Array.from({ length: 5 }, () => "hello"));
});

describe("how a key is sent", () => {
  test.for(["api-key", "X-Goog-Api-Key"])("by itself, in %s", async (auth) => {
    const guard = await guarded("sk-1-azure", auth.toLowerCase());
    expect(await all(await sessionOf(guard, "sk-1-azure", { auth }), 1)).toEqual(["hello"]);
    const { command } = await keyCommand("sk-1-azure");
    expect(await all(await sessionOf(guard, { command }, { auth }), 1)).toEqual(["hello"]);
    for (const { headers } of guard.server.requests) expect(headers.authorization).toBeUndefined();
  });

  test("a header of the user's own stands in its place", async () => {
    const guard = await guarded("Token mine");
    const options = { headers: { Authorization: "Token mine" } };
    expect(await all(await sessionOf(guard, "sk-1", options), 1)).toEqual(["hello"]);
    const { command } = await keyCommand("sk-2");
    expect(await all(await sessionOf(guard, { command }, options), 1)).toEqual(["hello"]);
  });
});

describe("the query", () => {
  test.for([
    [
      "/openai/deployments/d1?api-version=1",
      {},
      "/openai/deployments/d1/chat/completions?api-version=1",
    ],
    ["/v1/?a=1&b=", {}, "/v1/chat/completions?a=1&b="],
    ["/v1?a=1&b=2", { a: "ü&" }, "/v1/chat/completions?a=%C3%BC%26&b=2"],
    ["", { "api-version": "2024-10-21" }, "/chat/completions?api-version=2024-10-21"],
  ] as const)("%s with %j", async ([path, query, expected]) => {
    const guard = await guarded("Bearer sk-1");
    const session = await sessionOf(guard, "sk-1", { baseURL: guard.server.url(path), query });
    expect(await all(session, 1)).toEqual(["hello"]);
    expect(guard.server.requests[0]?.url).toBe(expected);
  });

  test("a key in it is in no error", async () => {
    const guard = await guarded("nobody's");
    const session = await sessionOf(guard, "hush-key-1", { query: { key: "hush-key-1" } });
    const { error } = await session.run({}, { prompt: "go" }).outcome;
    expect(error?.message).toMatch(/wrong key Bearer \[secret\]/);
  });
});
