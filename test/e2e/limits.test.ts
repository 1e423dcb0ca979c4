import { describe, expect, onTestFinished, test } from "vitest";
// Threads from source cost three times the memory.
import * as published from "../../dist/index.js";
import type { ProviderLimits, Session, Supervisor, WorkerJob } from "../../src/index.ts";
import { openaiProvider } from "../../src/index.ts";
import type { Answer, Decide, SeenRequest } from "../support/counting-server.ts";
import { CountingServer } from "../support/counting-server.ts";
import { collect, startSupervisor } from "../support/supervisors.ts";

async function startServer(decide: Decide): Promise<CountingServer> {
  const server = await CountingServer.start(decide);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function startAgainst(server: CountingServer, limits: ProviderLimits): Promise<Supervisor> {
  const main = openaiProvider({ model: "m", baseURL: server.url, apiKey: "k", limits });
  return await startSupervisor({ providers: { main } });
}

function runAll(session: Session, count: number): WorkerJob[] {
  return Array.from({ length: count }, (_, i) =>
    session.run({}, { prompt: `${session.name} ${i}` }),
  );
}

/** Resolves when the job has said that it waits for its provider's limits. */
async function waiting(job: WorkerJob): Promise<void> {
  for await (const event of job.events()) {
    if (event.type === "waiting" && event.for === "rate-limit") return;
  }
  throw new Error("the job did not wait");
}

/** At most `max` requests that it accepts in any second. */
function atMost(max: number): Decide {
  return ({ atMs }, before): Answer => {
    const accepted = before.filter((one) => !one.wasRefused && one.atMs > atMs - 1_000);
    if (accepted.length < max) return "echo";
    return { retryAfterMs: Math.ceil((accepted.at(-max) as SeenRequest).atMs + 1_000 - atMs) };
  };
}

describe("a provider's limits", () => {
  test.each([
    // The server allows twice as much, so that no request is refused because it was long on its way.
    ["and limits that fit", 20, { requestsPerMinute: 600 }, 10],
    ["and no limits at all", 5, {}, 60],
  ] as const)(
    "30 agents, a server that refuses more than some in a second, %s: all complete",
    async (_, allowed, limits, refusals) => {
      const server = await startServer(atMost(allowed));
      const main = published.openaiProvider({
        model: "m",
        baseURL: server.url,
        apiKey: "k",
        retry: { maxRetries: 5 },
        limits,
      });
      await using supervisor = await published.Supervisor.start({ providers: { main } });
      const jobs = runAll(supervisor.openSession({ name: "a" }), 30);
      const results = await Promise.all(jobs.map((job) => job.wait()));
      expect(results.map(({ text }) => text)).toEqual(jobs.map((__, i) => `a ${i}`));
      expect(server.requests).toHaveLength(30 + server.refusals.length);
      expect(server.refusals.length).toBeLessThanOrEqual(refusals);
      expect(supervisor.inspect().providers).toMatchObject([{ inFlight: 0, waiting: 0 }]);
    },
  );

  test("there are never more requests under way than maxConcurrent", async () => {
    let underWay = 0;
    const most: number[] = [];
    const server = await startServer(async (): Promise<Answer> => {
      most.push(++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return "echo";
    });
    const supervisor = await startAgainst(server, { maxConcurrent: 2 });
    await Promise.all(runAll(supervisor.openSession(), 8).map((job) => job.wait()));
    expect(most).toHaveLength(8);
    expect(Math.max(...most)).toBeLessThanOrEqual(2);
  });

  test("sessions take turns, and inspect() shows who waits", async () => {
    const gate = Promise.withResolvers<Answer>();
    const server = await startServer((_, before) => (before.length === 0 ? gate.promise : "echo"));
    const supervisor = await startAgainst(server, { maxConcurrent: 1 });
    const [a, b] = [supervisor.openSession({ name: "a" }), supervisor.openSession({ name: "b" })];
    const first = a.run({}, { prompt: "a first" });
    await started(server);
    const ofA = runAll(a, 5);
    await Promise.all(ofA.map(waiting));
    const ofB = runAll(b, 3);
    await Promise.all(ofB.map(waiting));
    expect(supervisor.inspect().providers).toEqual([
      {
        name: "main",
        limits: { maxConcurrent: 1 },
        inFlight: 1,
        waiting: 8,
        waitingBySession: [
          { session: "a", waiting: 5 },
          { session: "b", waiting: 3 },
        ],
        waits: 0,
        waitedMs: expect.any(Number),
        backingOffUntilMs: undefined,
        requestsLeft: undefined,
        tokensLeft: undefined,
        breaker: { state: "closed", failures: 0, untilMs: undefined, openings: 0 },
      },
    ]);
    gate.resolve("echo");
    await Promise.all([first, ...ofA, ...ofB].map((job) => job.wait()));
    const order = server.requests.map(({ prompt }) => prompt[0]).join("");
    expect(order).toBe("aabababaa");
  });

  test("what waits ends at once: when it is cancelled, at totalMs, with its session; nothing was sent", async () => {
    const gate = Promise.withResolvers<Answer>();
    const server = await startServer(() => gate.promise);
    const supervisor = await startAgainst(server, { maxConcurrent: 1 });
    const session = supervisor.openSession();
    const first = session.run({}, { prompt: "first" });
    await started(server);
    const cancelled = session.run({}, { prompt: "cancelled" });
    await waiting(cancelled);
    expect(await cancelled.cancel()).toMatchObject({ how: "cooperative" });
    const late = session.run({}, { prompt: "late" }, { timeouts: { totalMs: 50 } });
    await expect(late.wait()).rejects.toMatchObject({ code: "JOB_TIMEOUT" });
    const other = supervisor.openSession();
    const closed = other.run({}, { prompt: "closed" });
    await waiting(closed);
    await other.close({ drainMs: 0 });
    expect((await closed.outcome).status).toBe("cancelled");
    expect(supervisor.inspect().providers).toMatchObject([{ inFlight: 1, waiting: 0 }]);
    gate.resolve("echo");
    expect(await first.wait()).toMatchObject({ text: "first" });
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(["first"]);
  });

  test("a supervisor that closes ends what waits", async () => {
    const server = await startServer(() => new Promise<Answer>(() => {}));
    const supervisor = await startAgainst(server, { maxConcurrent: 1 });
    const jobs = runAll(supervisor.openSession(), 3);
    await started(server);
    await supervisor.close({ drainMs: 0 });
    const outcomes = await Promise.all(jobs.map((job) => job.outcome));
    expect(outcomes.map(({ status }) => status)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a 429", () => {
  test("holds everyone back until retry-after, in all sessions; the server sees nothing in between", async () => {
    let refusedAtMs = 0;
    const server = await startServer((_, before) => {
      if (before.length > 0) return "echo";
      refusedAtMs = performance.now();
      return { retryAfterMs: 2_000 };
    });
    const supervisor = await startAgainst(server, {});
    const first = supervisor.openSession().run({}, { prompt: "first" });
    await waiting(first);
    expect(supervisor.inspect().providers).toMatchObject([
      { inFlight: 0, waiting: 1, backingOffUntilMs: expect.any(Number) },
    ]);
    const others = [supervisor.openSession(), supervisor.openSession()].flatMap((session) =>
      runAll(session, 3),
    );
    await Promise.all([first, ...others].map((job) => job.wait()));
    expect(server.requests).toHaveLength(8);
    const [, ...after] = server.requests;
    for (const { atMs } of after) expect(atMs - refusedAtMs).toBeGreaterThanOrEqual(2_000);
    const waits = (await collect(first.events())).filter((event) => event.type === "waiting");
    expect(waits).toMatchObject([{ for: "rate-limit", untilMs: expect.any(Number) }]);
  });

  test("that asks for more than maxDelayMs fails its job at once, and those that would have to wait for it", async () => {
    const server = await startServer(() => ({ retryAfterMs: 600_000 }));
    const supervisor = await startAgainst(server, {});
    const session = supervisor.openSession();
    for (const job of [session.run({}, { prompt: "a" }), session.run({}, { prompt: "b" })]) {
      await expect(job.wait()).rejects.toMatchObject({
        code: "PROVIDER_RATE_LIMITED",
        details: { retryAfterMs: expect.any(Number) },
      });
    }
    await expect(session.run({}, { prompt: "c" }).wait()).rejects.toMatchObject({
      code: "PROVIDER_RATE_LIMITED",
    });
    expect(server.requests.map(({ prompt }) => prompt)).not.toContain("c");
  });
});

/** Resolves when the server has a request. */
async function started(server: CountingServer): Promise<void> {
  while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
}
