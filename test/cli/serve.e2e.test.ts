import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { jsonLines, Running, TemporaryDirectory } from "./support/command.ts";
import { LocalServer } from "./support/local-server.ts";
import { DIVIDES, scriptOf } from "./support/script-file.ts";
import { Served, TOKEN } from "./support/served.ts";

const AGENTS = fileURLToPath(new URL("../fixtures/programs/agents.ts", import.meta.url));
const SLOW = { text: "one piece after the other ", endless: true, chunksPerSecond: 50 };

function logOf(stdout: string): Record<string, unknown>[] {
  return jsonLines<Record<string, unknown>>(stdout);
}

describe("heddle serve", () => {
  test("tells a person where it is, who is there, and a token that lets them in; ends by a signal", async () => {
    const running = new Running(["serve", "--port", "0", "--provider", "scripted"]);
    onTestFinished(() => running.kill("SIGKILL"));
    const text = await running.until("stderr", /curl .*\n/);
    const [, url] = /listening on (\S+)/.exec(text) ?? [];
    const [, token] = /token +([\w-]{43}) /.exec(text) ?? [];
    expect(text).toMatch(/agents +default\n/);
    expect(text).toContain(`${url}/api/openapi.json`);
    expect(text).toContain("a demonstration");
    expect(text).not.toContain("\u001b");
    const make = async (authorization: string): Promise<number> => {
      const headers = { authorization, "content-type": "application/json" };
      const body = JSON.stringify({ agent: "default" });
      return (await fetch(`${url}/api/workers`, { method: "POST", headers, body })).status;
    };
    expect(await make(`Bearer ${token}`)).toBe(201);
    expect(await make("Bearer another-token-than-that")).toBe(401);
    running.kill("SIGINT");
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(logOf(ended.stdout).filter(({ msg }) => msg === "request")).toMatchObject([
      { method: "POST", route: "/api/workers", status: 201, tenant: "operator" },
      { method: "POST", route: "/api/workers", status: 401 },
    ]);
    expect(ended.stdout).not.toContain(token);
  });

  test("takes the token of HEDDLE_TOKEN and does not tell it; with --no-auth nobody needs one", async () => {
    const served = await Served.start(["--provider", "scripted"]);
    expect(served.greeting).toMatchObject({ agents: ["default"] });
    expect(served.greeting.token).toBeUndefined();
    expect((await served.request("/api/workers", { agent: "default" })).status).toBe(201);
    const open = await Served.start(["--provider", "scripted", "--no-auth"]);
    expect((await fetch(`${open.greeting.url}/nowhere`)).status).toBe(404);
    for (const { running } of [served, open]) running.kill("SIGTERM");
    for (const { running } of [served, open]) {
      const { code, stdout, stderr } = await running.ended;
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain(TOKEN);
    }
  });

  test("the line for a shell works as it is pasted, with either kind of token", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, { text: "an answer", chunks: 1 });
    for (const HEDDLE_TOKEN of ["", TOKEN]) {
      const served = await Served.start(script, { env: { HEDDLE_TOKEN } });
      const env = { PATH: process.env["PATH"], HEDDLE_TOKEN };
      const { stdout } = await promisify(execFile)("sh", ["-c", served.greeting.curl], { env });
      expect(stdout).toMatch(/"content":"an answer"[\s\S]*data: \[DONE\]/);
    }
  });

  test("serves the agents of a module, with what the command line says laid over them", async () => {
    using directory = new TemporaryDirectory();
    const script = scriptOf(directory, DIVIDES, { text: "three" });
    const served = await Served.start([...script, "--agents", AGENTS, "--confirm", "allow"]);
    expect(served.greeting.agents).toEqual(["counter", "other"]);
    const { ended } = await served.job("counter");
    expect(await ended).toContainEqual(
      expect.objectContaining({
        type: "tool-finished",
        result: expect.stringContaining('"quotient":3'),
      }),
    );
    expect((await served.request("/api/workers", { agent: "default" })).status).toBe(404);
  });

  test("answers to the names and pages that are allowed, and to no others", async () => {
    const allow = ["--allow-host", "a.example", "--allow-origin", "https://b.example"];
    const served = await Served.start(["--provider", "scripted", ...allow]);
    const status = async (headers: Record<string, string>): Promise<number> => {
      const init = { headers: { authorization: `Bearer ${TOKEN}`, ...headers } };
      return (await fetch(`${served.greeting.url}/nowhere`, init)).status;
    };
    expect(await status({ origin: "https://b.example" })).toBe(404);
    expect(await status({ origin: "https://c.example" })).toBe(403);
  });
});

describe("a signal", () => {
  test("lets running jobs end while nothing new is begun; their streams end with them", async () => {
    using directory = new TemporaryDirectory();
    const text = Array.from({ length: 100 }, (_, i) => `${i} `).join("");
    const script = scriptOf(directory, { text, chunks: 100, chunksPerSecond: 50 });
    const served = await Served.start([...script, "--drain", "60000"]);
    const { ended } = await served.job();
    served.running.kill("SIGTERM");
    await served.running.until("stderr", /SIGTERM: beginning nothing more/);
    await vi.waitFor(async () => {
      expect((await served.request("/readyz")).status).toBe(503);
      const refused = await served.request("/api/workers", { agent: "default" });
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ error: { code: "DRAINING" } });
    });
    expect((await ended).at(-1)).toMatchObject({ type: "completed", result: { text } });
    expect(await served.running.ended).toMatchObject({ code: 0, signal: null });
  });

  test("after --drain what still runs is cancelled, and its stream says so", async () => {
    using directory = new TemporaryDirectory();
    const served = await Served.start([...scriptOf(directory, SLOW), "--drain", "50"]);
    const { ended } = await served.job();
    served.running.kill("SIGINT");
    expect((await ended).at(-1)).toMatchObject({ type: "cancelled" });
    expect(await served.running.ended).toMatchObject({ code: 0, signal: null });
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a second one, %s, ends it at once with %i", async (second, code) => {
    using directory = new TemporaryDirectory();
    const served = await Served.start([...scriptOf(directory, SLOW), "--drain", "600000"]);
    const { ended } = await served.job();
    // Its connection is lost.
    ended.catch(() => {});
    served.running.kill("SIGTERM");
    await served.running.until("stderr", /SIGTERM: beginning nothing more/);
    served.running.kill(second);
    expect(await served.running.ended).toMatchObject({ code, signal: null });
  });
});

describe("the log of heddle serve", () => {
  test("has jobs and their failures, one JSON object a line, and no key and no token", async () => {
    const key = "sk-not-to-be-seen-anywhere";
    await using model = await LocalServer.start((request, response) => {
      const message = `bad key: ${request.headers.authorization} and ${TOKEN}`;
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message } }));
    });
    const args = ["--base-url", model.url, "-m", "m", "--log-level", "debug"];
    const served = await Served.start(args, { env: { OPENAI_API_KEY: key } });
    const { id, ended } = await served.job();
    expect((await ended).at(-1)).toMatchObject({ type: "failed" });
    await served.request(`/api/jobs/${id}/events?token=${TOKEN}&key=${key}`);
    await served.running.until("stdout", /"job ended"/);
    served.running.kill("SIGTERM");
    const { code, stdout, stderr } = await served.running.ended;
    expect(code).toBe(0);
    const log = logOf(stdout);
    expect(log).toContainEqual(
      expect.objectContaining({
        msg: "job ended",
        level: "warn",
        tenant: "operator",
        agent: "default",
        job: id,
        status: "failed",
        code: "PROVIDER_BAD_REQUEST",
        reason: expect.stringContaining("[redacted]"),
      }),
    );
    expect(log.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(["session opened", "job started", "request", "draining", "ended"]),
    );
    for (const { level, time, msg } of log) {
      expect([level, time, msg]).toEqual(Array(3).fill(expect.any(String)));
    }
    expect(stdout + stderr).not.toContain(key);
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  test("a reader that goes away does not end the server", async () => {
    const served = await Served.start(["--provider", "scripted"]);
    served.running.child.stdout?.destroy();
    for (let i = 0; i < 3; i += 1) expect((await served.request("/nowhere")).status).toBe(404);
    served.running.kill("SIGTERM");
    expect(await served.running.ended).toMatchObject({ code: 0 });
  });
});
