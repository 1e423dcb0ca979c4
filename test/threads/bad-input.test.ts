import { describe, expect, test } from "vitest";
import type { Session, SupervisorOptions, Worker } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import { startScripted } from "../support/supervisors.ts";

const main = scriptedProvider({ responses: [{ text: "x" }] });

describe("bad input", () => {
  test.each<[unknown, string, string]>([
    [undefined, "INVALID_OPTION", "options"],
    [{}, "INVALID_OPTION", "providers"],
    [{ providers: {} }, "INVALID_OPTION", "providers"],
    [{ providers: { main: null } }, "INVALID_OPTION", "providers.main"],
    [
      { providers: { main: { module: "./relative.js" } } },
      "INVALID_OPTION",
      "providers.main.module",
    ],
    [
      { providers: { main: { ...main, retry: { maxRetries: -1 } } } },
      "INVALID_OPTION",
      "providers.main.retry.maxRetries",
    ],
    [{ providers: { main }, thread: {} }, "INVALID_OPTION", "options.thread"],
    [{ providers: { main }, threads: { max: 0 } }, "INVALID_OPTION", "threads.max"],
    [
      { providers: { main }, threads: { gateways: Number.NaN } },
      "INVALID_OPTION",
      "threads.gateways",
    ],
    [{ providers: { main }, keepSettled: { ms: -1 } }, "INVALID_OPTION", "keepSettled.ms"],
    [{ providers: { main }, defaults: { maxSteps: 1.5 } }, "INVALID_OPTION", "defaults.maxSteps"],
  ])("start(%j) is refused with %s, naming %s", async (options, code, field) => {
    const start = Supervisor.start(options as SupervisorOptions);
    await expect(start).rejects.toMatchObject({ code, details: { field } });
  });

  test("nothing is started for a refused job", async () => {
    const { session, supervisor } = await startScripted([{ text: "x" }]);
    const other = supervisor.openSession();
    const stranger = other.createWorker();
    const stopped = session.createWorker({ name: "gone" });
    await stopped.stop();
    const kept = session.run({}, { prompt: "go" }, { id: "taken" });
    const refusals: [() => unknown, string][] = [
      [() => session.run({}, { prompt: "" }), "INVALID_INPUT"],
      [() => session.run({}, { prompt: [] }), "INVALID_INPUT"],
      [() => session.run({}, { prompt: [{ type: "image" } as never] }), "INVALID_INPUT"],
      [() => session.run({}, { promt: "x" } as never), "INVALID_INPUT"],
      [() => session.run({}, undefined as never), "INVALID_INPUT"],
      [() => session.run({}, { prompt: "x" }, { id: "taken" }), "ID_TAKEN"],
      [() => session.run({}, { prompt: "x" }, { id: "" }), "INVALID_OPTION"],
      [() => session.run({}, { prompt: "x" }, { signal: {} as never }), "INVALID_OPTION"],
      [() => session.run({}, { prompt: "x" }, { timeouts: { totalMs: 0 } }), "INVALID_OPTION"],
      [() => session.run({ provider: "none" }, { prompt: "x" }), "UNKNOWN_PROVIDER"],
      [() => session.run(stranger, { prompt: "x" }), "UNKNOWN_WORKER"],
      [() => session.run(stopped, { prompt: "x" }), "WORKER_STOPPED"],
      [() => session.run(null as never, { prompt: "x" }), "INVALID_OPTION"],
      [() => session.run(null as never, { prompt: "x" }, { fallback: [] }), "INVALID_OPTION"],
      [() => session.run({}, { prompt: "x" }, { fallback: ["main"] }), "INVALID_OPTION"],
      [() => session.run({}, { prompt: "x" }, { fallback: ["none"] }), "UNKNOWN_PROVIDER"],
      [() => session.createWorker({ fallback: "main" as never }), "INVALID_OPTION"],
      [() => session.createWorker({ temperature: 1 } as never), "INVALID_OPTION"],
      [() => session.createWorker({ graceMs: -1 }), "INVALID_OPTION"],
      [() => session.createWorker({ windowBytes: 0 }), "INVALID_OPTION"],
      [() => session.createWorker({ model: { temperature: 3 } }), "INVALID_OPTION"],
      [() => session.createWorker({ transcript: [{ role: "system" }] as never }), "INVALID_OPTION"],
      [() => session.createWorker({ whenBusy: "explode" as never }), "INVALID_OPTION"],
      [() => session.runAll([], { concurrency: 0 }), "INVALID_OPTION"],
      [() => kept.events({ from: -1 }), "INVALID_OPTION"],
      [() => supervisor.openSession({ name: session.name }), "NAME_TAKEN"],
      [() => supervisor.openSession({ budget: { maxTotalTokens: 0 } }), "INVALID_OPTION"],
      [() => supervisor.openSession({ budgets: {} } as never), "INVALID_OPTION"],
      [() => supervisor.scripted("none"), "UNKNOWN_PROVIDER"],
    ];
    for (const [attempt, code] of refusals) expect(codeOf(attempt)).toBe(code);
    await kept.wait();
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("a name can be taken again once its worker is stopped", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const worker: Worker = session.createWorker({ name: "w" });
    expect(codeOf(() => session.createWorker({ name: "w" }))).toBe("NAME_TAKEN");
    await worker.stop();
    expect(session.createWorker({ name: "w" }).name).toBe("w");
  });

  test("a closed supervisor opens no session, and close() can be called again", async () => {
    const { supervisor } = await startScripted([{ text: "x" }]);
    await Promise.all([supervisor.close(), supervisor.close({ drainMs: 0 })]);
    expect(codeOf((): Session => supervisor.openSession())).toBe("SUPERVISOR_CLOSED");
  });
});

function codeOf(attempt: () => unknown): unknown {
  try {
    attempt();
    return "nothing was thrown";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
