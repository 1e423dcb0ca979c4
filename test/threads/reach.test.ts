import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { notEnforced } from "../../src/supervisor/threads/actor-profile.ts";
import type { Target } from "../fixtures/reach/attempts.ts";
import { ATTEMPTS, NETWORK } from "../fixtures/reach/attempts.ts";
import { moduleOf } from "../support/behaviours.ts";
import { namesOf, TABLES } from "../support/reach-table.ts";
import { collect, startScripted } from "../support/supervisors.ts";
import { callsOf, outcomesOf, toolsOf } from "../support/tools.ts";

const KINDS = ["actor", "pool", "behaviour"] as const;
type Kind = (typeof KINDS)[number];
type Names = { readonly [name: string]: unknown };

/** What code in a thread of that kind answers. No event of the job, and no reply, may hold the host's secret. */
async function ask(kind: Kind, what: "attempt" | "inventory", args: Names = {}): Promise<Names> {
  const secret = `secret-${crypto.randomUUID()}`;
  process.env["HEDDLE_REACH_KEY"] = secret;
  onTestFinished(() => {
    delete process.env["HEDDLE_REACH_KEY"];
  });
  const { session } = await startScripted(callsOf({ name: `${kind}-${what}`, args }));
  if (kind === "behaviour") {
    const worker = session.createWorker({ behavior: moduleOf("reach") });
    const reply: unknown = await worker.ask(what, args as never, { timeoutMs: 60_000 } as never);
    expect(JSON.stringify(reply)).not.toContain(secret);
    return reply as Names;
  }
  const job = session.run({ tools: [toolsOf("reach")], maxToolResultBytes: 1e6 }, { prompt: "go" });
  const events = await collect<JobEvent>(job.events());
  expect(JSON.stringify(events)).not.toContain(secret);
  const finished = events.find(({ type }) => type === "tool-finished");
  return JSON.parse(String((finished as { result?: unknown } | undefined)?.result)) as Names;
}

/** What the host has open, and holds. */
async function target(): Promise<Target & { readonly file: string }> {
  const directory = mkdtempSync(join(tmpdir(), "heddle-reach-"));
  const file = join(directory, "open.txt");
  writeFileSync(file, "the host's");
  const descriptor = openSync(file, "r+");
  const database = join(directory, "host.db");
  makeDatabase(database);
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  });
  return { descriptor, database, file, port: (server.address() as AddressInfo).port };
}

function makeDatabase(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("create table users (name); insert into users values ('somebody')");
  database.close();
}

describe.each(KINDS)("code without permissions, %s", (kind) => {
  test("finds nothing that nobody has looked at", async () => {
    const found = await ask(kind, "inventory");
    expect(Object.keys(found)).toEqual(Object.keys(TABLES));
    for (const [place, names] of Object.entries(found)) {
      const known = new Set(namesOf(place));
      expect({ [place]: (names as string[]).filter((name) => !known.has(name)) }).toEqual({
        [place]: [],
      });
    }
  });

  test("reaches nothing of the host", async () => {
    const { file, ...given } = await target();
    expect(await ask(kind, "attempt", { group: "here", target: given })).toEqual({});
    expect(readFileSync(file, "utf8")).toBe("the host's");
  });

  test.skipIf(notEnforced().includes("net"))("has no network", async () => {
    const { file: _, ...given } = await target();
    expect(await ask(kind, "attempt", { group: "network", target: given })).toEqual({});
  });
});

test("the attempts succeed where nothing is restricted", async () => {
  const { descriptor, database } = await target();
  const given = { descriptor, database, port: 0 };
  expect(ATTEMPTS["process.report"]()).toHaveProperty("environmentVariables");
  expect(ATTEMPTS["process.kill"]()).toBe(true);
  expect(ATTEMPTS["node:sqlite"]()).toHaveProperty("DatabaseSync");
  expect(await ATTEMPTS["node:sqlite, hooked"](given)).toHaveLength(1);
  expect(ATTEMPTS["descriptor, readSync"](given)).toBe(9);
});

test("whatever is said to be refused or removed is tried", () => {
  const tried = Object.keys({ ...ATTEMPTS, ...NETWORK });
  const isTried = (name: string) => tried.some((each) => each.split(/[ ,]/)[0] === name);
  const reaches = ["refused", "removed", "guarded", "network"] as const;
  const named = (place: string, prefix: string) =>
    reaches.flatMap((reach) => namesOf(place, reach)).map((name) => `${prefix}${name}`);
  const said = [...named("modules", "node:"), ...named("globals", "")];
  const parts = /^node:_(http|tls)_/;
  expect(said.filter((name) => !parts.test(name) && !isTried(name))).toEqual([]);
  // Threads can change none of the ids of a process: one of these is tried for all.
  const ids = /^process\.(initgroups|set.*|_debugEnd)$/;
  const members = named("process", "process.");
  expect(members.filter((name) => !ids.test(name) && !isTried(name))).toEqual([]);
});

describe("node:sqlite", () => {
  const GRANT = "permissions.sqlite: true";

  test.each(["actor", "pool"])(
    "imported by a tool, %s: the error names the grant",
    async (name) => {
      const { session } = await startScripted(callsOf({ name, args: {} }));
      const job = session.run({ tools: [toolsOf("wants-sqlite")] }, { prompt: "go" });
      const [outcome] = await outcomesOf(job);
      expect(outcome).toMatchObject({
        error: { code: "PERMISSION_DENIED", details: { grant: GRANT } },
      });
      expect(outcome?.result).toContain(`to use node:sqlite takes ${GRANT}`);
    },
  );

  test("imported by a module of tools, or a behaviour: the error names the grant", async () => {
    const { session } = await startScripted([{ text: "done" }]);
    const job = session.run({ tools: [toolsOf("needs-sqlite")] }, { prompt: "go" });
    await expect(job.wait()).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining(GRANT),
    });
    const worker = session.createWorker({ behavior: moduleOf("needs-sqlite") });
    await expect(
      worker.ask("users" as never, "" as never, { timeoutMs: 60_000 } as never),
    ).rejects.toMatchObject({
      code: "BEHAVIOR_LOAD_FAILED",
      message: expect.stringContaining(GRANT),
    });
  });

  test("is there with the grant, for tools and behaviours, and knows no paths", async () => {
    const { database } = await target();
    const { session } = await startScripted(callsOf({ name: "users", args: { file: database } }));
    const permissions = { sqlite: true };
    const job = session.run({ tools: [toolsOf("needs-sqlite")], permissions }, { prompt: "go" });
    const [outcome] = await outcomesOf(job);
    expect(outcome?.result).toBe('[{"name":"somebody"}]');
    const worker = session.createWorker({ behavior: moduleOf("needs-sqlite"), permissions });
    expect(
      await worker.ask("users" as never, database as never, { timeoutMs: 60_000 } as never),
    ).toBe(1);
  });
});
