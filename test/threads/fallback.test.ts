import { describe, expect, test } from "vitest";
import type { Session } from "../../src/index.ts";
import { defineTool } from "../../src/index.ts";
import type { Responses } from "../support/providers.ts";
import { fallbacksOf, scripted, startProviders } from "../support/providers.ts";
import { collect } from "../support/supervisors.ts";

const DOWN = { error: { status: 503, message: "down" } };

const worker = { provider: "main", fallback: ["backup"] };

describe("a model call that has failed before anything came", () => {
  const failures: [string, Responses[number], string][] = [
    ["an error of the server", DOWN, "PROVIDER_UNAVAILABLE"],
    ["a key that is refused", { error: { status: 401, message: "x" } }, "PROVIDER_AUTH"],
    ["a model that is gone", { error: { status: 404, message: "x" } }, "PROVIDER_NOT_FOUND"],
    ["too many requests", { error: { status: 429, message: "x" } }, "PROVIDER_RATE_LIMITED"],
  ];
  test.each(failures)(
    "is answered by the next provider after %s, and the log says so",
    async (_, failure, code) => {
      const { session } = await startProviders({
        main: [failure],
        backup: [{ text: "from the backup" }],
      });
      const job = session.run(worker, { prompt: "go" });
      const events = await collect(job.events());
      expect((await job.wait()).text).toBe("from the backup");
      expect(fallbacksOf(events)).toEqual([["main", "backup", code]]);
      const types = events.map(({ type }) => type).filter((type) => type !== "chunk");
      expect(types.indexOf("fallback")).toBeLessThan(types.indexOf("response"));
      const response = events.find((event) => event.type === "response");
      expect(response?.response.provider).toBe("backup");
    },
  );

  test("goes on from provider to provider, and fails with what the last one says", async () => {
    const bad = { error: { status: 400, message: "the last word" } };
    const { session } = await startProviders({ main: [DOWN], backup: [DOWN], third: [bad] });
    const job = session.run({ provider: "main", fallback: ["backup", "third"] }, { prompt: "go" });
    const { error } = await job.outcome;
    expect(error?.code).toBe("PROVIDER_BAD_REQUEST");
    expect(fallbacksOf(await collect(job.events()))).toEqual([
      ["main", "backup", "PROVIDER_UNAVAILABLE"],
      ["backup", "third", "PROVIDER_UNAVAILABLE"],
    ]);
  });

  test("stays with its provider when the request is at fault", async () => {
    const bad = { error: { status: 400, message: "no" } };
    const { session, supervisor } = await startProviders({ main: [bad], backup: [{ text: "x" }] });
    const job = session.run(worker, { prompt: "go" });
    expect((await job.outcome).error?.code).toBe("PROVIDER_BAD_REQUEST");
    expect(await supervisor.scripted("backup").calls()).toEqual([]);
  });

  test("is answered by the next provider when there is no first chunk in time, which each has of its own", async () => {
    const { session } = await startProviders({ main: [{ stall: true }], backup: [{ text: "x" }] });
    const timeouts = { firstChunkMs: 100 };
    const job = session.run({ ...worker, timeouts }, { prompt: "go" });
    expect((await job.wait()).text).toBe("x");
    expect(fallbacksOf(await collect(job.events()))).toEqual([
      ["main", "backup", "FIRST_CHUNK_TIMEOUT"],
    ]);
  });

  test("has what is left of stepMs, all providers together", async () => {
    const stall = [{ stall: true } as const];
    const { session } = await startProviders({ main: stall, backup: stall, third: stall });
    const timeouts = { firstChunkMs: 150, stepMs: 400 };
    const fallback = ["backup", "third"];
    const job = session.run({ ...worker, fallback, timeouts }, { prompt: "go" });
    const { error } = await job.outcome;
    expect(error?.code).toBe("STEP_TIMEOUT");
    const events = await collect(job.events());
    expect(fallbacksOf(events)).toHaveLength(2);
    // The last has no more than what the others have left.
    expect(error?.details["limitMs"]).toBeLessThanOrEqual(100);
  });
});

describe("what has begun to come", () => {
  test("stays with its provider: nothing is shown twice", async () => {
    const { session, supervisor } = await startProviders({
      main: [{ text: "half of it", ...DOWN }],
      backup: [{ text: "x" }],
    });
    const job = session.run(worker, { prompt: "go" });
    const { error, partial } = (await job.outcome) as {
      error: Error & { code: string };
      partial: { text?: string };
    };
    expect([error.code, partial.text]).toEqual(["PROVIDER_UNAVAILABLE", "half of it"]);
    expect(await supervisor.scripted("backup").calls()).toEqual([]);
  });
});

describe("a cancel", () => {
  test("of a call that is about to go on asks nobody else", async () => {
    const { session, supervisor } = await startProviders({ main: [DOWN], backup: [{ text: "x" }] });
    const job = session.run(worker, { prompt: "go" });
    session.events$.subscribe((event) => {
      if (event.type === "job-event" && event.event.type === "fallback") void job.cancel("enough");
    });
    expect((await job.outcome).status).toBe("cancelled");
    expect(await supervisor.scripted("backup").calls()).toEqual([]);
  });

  test("stops the second provider's call like the first one's", async () => {
    const { session, supervisor } = await startProviders({
      main: [DOWN],
      backup: [{ stall: true, text: "x" }],
    });
    const job = session.run(worker, { prompt: "go" });
    for await (const _ of job) break;
    expect((await job.cancel()).how).toBe("cooperative");
    expect(supervisor.inspect().providers).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }]);
  });

  test("by one who hears that the call waits its turn reaches it", async () => {
    const main = scripted([{ stall: true, text: "x" }], { limits: { maxConcurrent: 1 } });
    const { session } = await startProviders({ main });
    const first = session.run({}, { prompt: "a" });
    for await (const _ of first) break;
    const second = session.run({}, { prompt: "b" });
    session.events$.subscribe((event) => {
      if (event.type === "job-event" && event.event.type === "waiting") void second.cancel();
    });
    expect((await second.outcome).status).toBe("cancelled");
    await first.cancel();
  });
});

describe("the next provider", () => {
  test("is asked for its own model, with the settings that mean the same to it", async () => {
    const { session, supervisor } = await startProviders({
      main: [DOWN],
      backup: [DOWN],
      third: [{ text: "x" }],
    });
    const model = { name: "big", temperature: 0.5 };
    const third = { provider: "third", model: { name: "small", maxOutputTokens: 9 } };
    await session.run({ ...worker, model, fallback: ["backup", third] }, { prompt: "go" }).wait();
    const settingsOf = async (name: string) =>
      (await supervisor.scripted(name).calls()).map(({ request }) => request.settings);
    expect(await settingsOf("main")).toEqual([model]);
    expect(await settingsOf("backup")).toEqual([{ temperature: 0.5 }]);
    expect(await settingsOf("third")).toEqual([
      { name: "small", temperature: 0.5, maxOutputTokens: 9 },
    ]);
  });

  test("is asked within its own limits, and the first one's turn is free", async () => {
    const main = scripted([DOWN], { limits: { maxConcurrent: 1 } });
    const backup = scripted([{ stall: true, text: "x" }], { limits: { maxConcurrent: 1 } });
    const { session, supervisor } = await startProviders({ main, backup });
    const first = session.run(worker, { prompt: "a" });
    for await (const _ of first) break;
    expect(supervisor.inspect().providers).toMatchObject([{ inFlight: 0 }, { inFlight: 1 }]);
    const second = session.run(worker, { prompt: "b" });
    for await (const event of second.events()) if (event.type === "waiting") break;
    expect(supervisor.inspect().providers).toMatchObject([
      { inFlight: 0, waiting: 0 },
      { inFlight: 1, waiting: 1 },
    ]);
    await Promise.all([first.cancel(), second.cancel()]);
  });

  test("counts once in budgets and usage, and the one that gave nothing does not", async () => {
    const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 12 };
    const { session } = await startProviders({ main: [DOWN], backup: [{ text: "x", usage }] });
    const budget = { maxTotalTokens: 12 };
    const result = await session.run({ ...worker, budget }, { prompt: "go" }).wait();
    expect(result.usage).toEqual(usage);
    expect(session.usage).toEqual(usage);
  });

  test("is asked at each step of a job, and the conversation goes on with its answer", async () => {
    const tool = defineTool({
      name: "look",
      parameters: { type: "object", properties: {} },
      execute: () => "seen",
    });
    const { session } = await startProviders({
      main: [{ toolCalls: [{ name: "look", args: {} }] }, DOWN],
      backup: [DOWN, { text: "it was seen" }],
    });
    const made = session.createWorker({ ...worker, hostTools: [tool] });
    const job = session.run(made, { prompt: "go" });
    expect((await job.wait()).text).toBe("it was seen");
    const answers = (await collect(job.events())).flatMap((event) =>
      event.type === "response" ? [event.response.provider] : [],
    );
    expect(answers).toEqual(["main", "backup"]);
    expect(made.transcript.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
  });
});

describe("fallback as an option", () => {
  const fine: Responses = [{ text: "x" }];

  test("of the defaults and of a job", async () => {
    const { session } = await startProviders(
      { main: [DOWN], backup: fine, third: fine },
      { defaults: { provider: "main", fallback: ["backup"] } },
    );
    const answeredBy = async (options: Parameters<Session["run"]>[2]) => {
      const job = session.run({}, { prompt: "go" }, options);
      const { status } = await job.outcome;
      const events = await collect(job.events());
      return events
        .flatMap((event) => (event.type === "response" ? [event.response.provider] : []))
        .concat(status);
    };
    expect(await answeredBy({})).toEqual(["backup", "completed"]);
    expect(await answeredBy({ fallback: ["third"] })).toEqual(["third", "completed"]);
    expect(await answeredBy({ fallback: [] })).toEqual(["failed"]);
  });

  test("is refused before anything is made of it", async () => {
    const { session } = await startProviders({ main: fine, backup: fine });
    const run = (options: object) => session.run({ provider: "main" }, { prompt: "go" }, options);
    expect(() => run({ fallback: ["nobody"] })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_PROVIDER", details: { field: "fallback[0]" } }),
    );
    expect(() => run({ fallback: ["main"] })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "fallback[0]" } }),
    );
    expect([session.workers.size, session.jobs.size]).toEqual([0, 0]);
    await expect(
      startProviders({ main: fine }, { defaults: { fallback: ["nobody"] } }),
    ).rejects.toMatchObject({
      code: "UNKNOWN_PROVIDER",
      details: { field: "defaults.fallback[0]" },
    });
  });
});
