import { describe, expect, test } from "vitest";
import type { DeadLetter, Session, WorkerState } from "../../src/index.ts";
import { AT_ONCE, create, Gate, moduleOf, reaches } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";

const SCRIPT = [{ text: "x" }];

function lettersOf(session: Session): DeadLetter[] {
  const letters: DeadLetter[] = [];
  session.deadLetters$.subscribe((letter) => letters.push(letter));
  return letters;
}

describe("a behaviour that cannot begin", () => {
  test.each([
    ["nosuch", "BEHAVIOR_LOAD_FAILED"],
    ["no-behavior", "BEHAVIOR_LOAD_FAILED"],
    ["throws-on-import", "BEHAVIOR_LOAD_FAILED"],
    ["throws-on-start", "BEHAVIOR_START_FAILED"],
  ])("%s has failed with %s", async (name, code) => {
    const { session, supervisor } = await startScripted(SCRIPT);
    const letters = lettersOf(session);
    const worker = session.createWorker({ name: "w", behavior: moduleOf(name) });
    void worker.tell("get");
    await expect(worker.ask("get")).rejects.toMatchObject({ code });
    expect(worker.state).toBe("failed");
    expect(worker.lastFailure?.code).toBe(code);
    await expect(worker.ask("get")).rejects.toMatchObject({ code });
    await expect(worker.tell("get")).rejects.toMatchObject({ code });
    expect(letters.map(({ reason }) => reason)).toEqual([code, code, code, code]);
    expect(supervisor.inspect().threads.held).toBe(0);
    await worker.stop();
    expect(worker.state).toBe("stopped");
  });

  test("tells why", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = session.createWorker({ behavior: moduleOf("throws-on-start") });
    await reaches(worker, "failed");
    expect(worker.lastFailure?.cause).toMatchObject({ name: "RangeError", message: "not today" });
  });
});

/** The table of OTP's supervisors: permanent, transient and temporary children. */
const POLICIES = {
  always: { normal: "restarted", shutdown: "stopped", abnormal: "restarted" },
  "on-failure": { normal: "stopped", shutdown: "stopped", abnormal: "restarted" },
  never: { normal: "stopped", shutdown: "stopped", abnormal: "failed" },
} as const;

const ENDS = [
  ["normal", "stop", { reason: "normal" }],
  ["normal", "exit", { code: 0 }],
  ["shutdown", "worker.stop()", {}],
  ["abnormal", "stop", { reason: "tired" }],
  ["abnormal", "exit", { code: 7 }],
  ["abnormal", "throw", {}],
] as const;

describe.each(["always", "on-failure", "never"] as const)("the restart policy %s", (policy) => {
  test.each(ENDS)("after a %s end by %s %o", async (kind, name, message) => {
    const { session } = await startScripted(SCRIPT);
    const restart = { policy, backoff: AT_ONCE };
    const worker = session.createWorker({ behavior: moduleOf("faulty"), restart });
    const states: WorkerState[] = [];
    worker.state$.subscribe((state) => states.push(state));
    expect(await worker.ask("count")).toBe(1);
    if (name === "worker.stop()") await worker.stop();
    else void worker.tell(name, message);
    const expected = POLICIES[policy][kind];
    if (expected === "restarted") {
      expect(await worker.ask("count")).toBe(1);
    } else {
      if (name !== "worker.stop()") await reaches(worker, expected);
      const code = worker.lastFailure?.code ?? "WORKER_STOPPED";
      await expect(worker.ask("count")).rejects.toMatchObject({ code });
    }
    expect(states.includes("restarting")).toBe(expected === "restarted");
    expect(states.includes("failed")).toBe(expected === "failed");
  });
});

describe("a restart loop", () => {
  test("of normal ends is over its limit, too", async () => {
    const { session } = await startScripted(SCRIPT);
    const restart = { policy: "always", maxRestarts: 2, backoff: AT_ONCE } as const;
    const worker = create(session, "faulty", { restart });
    for (let lives = 0; lives < 3; lives++) void worker.tell("stop", { reason: "normal" });
    await reaches(worker, "failed");
    expect(worker.lastFailure).toMatchObject({
      code: "RESTART_LIMIT",
      cause: { code: "BEHAVIOR_STOPPED" },
    });
  });

  test.each(["throws", "exits"] as const)("whose start() %s ends at its limit", async (name) => {
    const { session } = await startScripted(SCRIPT);
    create(session, "counter", { name: "lives" });
    const restart = { maxRestarts: 2, backoff: AT_ONCE };
    const worker = create(session, "lives", { name, restart });
    expect(await worker.ask("life")).toBe(1);
    void worker.tell("crash");
    await expect(worker.ask("life")).rejects.toMatchObject({ code: "RESTART_LIMIT" });
    expect(worker.state).toBe("failed");
  });

  test.each(["throws", "exits", "spins", "waits"] as const)(
    "whose start() %s can be stopped",
    async (name) => {
      const { session, supervisor } = await startScripted(SCRIPT);
      const counter = create(session, "counter", { name: "lives" });
      const restart = { maxRestarts: 1_000, backoff: AT_ONCE };
      const worker = create(session, "lives", { name, restart, graceMs: 20 });
      expect(await worker.ask("life")).toBe(1);
      const letters = lettersOf(session);
      void worker.tell("crash");
      const asked = worker.ask("life", undefined, { timeoutMs: 60_000 });
      const rejected = expect(asked).rejects.toMatchObject({ code: "WORKER_STOPPED" });
      while ((await counter.ask("get")) < 2);
      await worker.stop();
      await rejected;
      expect(letters.map(({ name: lost }) => lost)).toEqual(["crash", "life"]);
      await counter.stop();
      expect(supervisor.inspect().threads).toMatchObject({ held: 0, executing: 0, stuck: 0 });
    },
  );
});

describe("a crash", () => {
  test("keeps what is queued; what was being handled is a dead letter, and its asker hears of the crash", async () => {
    const { session } = await startScripted(SCRIPT);
    const letters = lettersOf(session);
    const worker = create(session, "faulty", { name: "f", restart: { backoff: AT_ONCE } });
    await worker.ask("count");
    const asked = worker.ask("throw");
    void worker.tell("count");
    const after = worker.ask("count");
    const error = await asked.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "ACTOR_CRASHED", cause: { name: "TypeError" } });
    expect(await after).toBe(2);
    expect(letters).toEqual([
      { to: "f", name: "throw", message: undefined, reason: "ACTOR_CRASHED" },
    ]);
    expect(worker.lastFailure).toMatchObject({ code: "ACTOR_CRASHED" });
  });

  test("too many: the worker has failed, who waits is told, and what is queued are dead letters", async () => {
    const { session } = await startScripted(SCRIPT);
    const letters = lettersOf(session);
    const restart = { maxRestarts: 1, backoff: AT_ONCE };
    const worker = create(session, "faulty", { restart });
    void worker.tell("throw");
    void worker.tell("throw");
    void worker.tell("count");
    await expect(worker.ask("count")).rejects.toMatchObject({
      code: "RESTART_LIMIT",
      cause: { code: "ACTOR_CRASHED" },
    });
    expect(worker.state).toBe("failed");
    expect(letters.map(({ name, reason }) => [name, reason])).toEqual([
      ["throw", "ACTOR_CRASHED"],
      ["throw", "ACTOR_CRASHED"],
      ["count", "RESTART_LIMIT"],
      ["count", "RESTART_LIMIT"],
    ]);
  });

  test("while nothing is asked of an actor has it begin anew", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty", { restart: { backoff: AT_ONCE } });
    await worker.tell("dieLater");
    await reaches(worker, "restarting");
    expect(worker.lastFailure).toMatchObject({ code: "ACTOR_EXITED", details: { exitCode: 3 } });
    expect(await worker.ask("count")).toBe(1);
  });

  test.each(["throwUndefined", "badDecision"] as const)("is also %s", async (name) => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty", { restart: { policy: "never" } });
    await expect(worker.ask(name)).rejects.toMatchObject({ code: "ACTOR_CRASHED" });
    expect(worker.state).toBe("failed");
  });

  test("a reply is not lost with the stop that it came with", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty");
    expect(await worker.ask("stop", { reason: "normal" })).toBe("bye");
    await reaches(worker, "stopped");
    expect(session.workers.size).toBe(0);
    await expect(worker.tell("count")).rejects.toMatchObject({ code: "WORKER_STOPPED" });
  });
});

describe("stop()", () => {
  test("overtakes what is queued, and lets the handler finish that runs", async () => {
    const { session } = await startScripted(SCRIPT);
    const letters = lettersOf(session);
    const worker = create(session, "gate", { name: "g", graceMs: 60_000 });
    const gate = new Gate();
    const handled = worker.ask("shut", gate.message);
    await gate.entered();
    void worker.tell("note", { text: "1" });
    const asked = worker.ask("log");
    const stopped = worker.stop();
    void worker.tell("note", { text: "2" });
    gate.open();
    expect(await handled).toBe("opened");
    await expect(asked).rejects.toMatchObject({ code: "WORKER_STOPPED" });
    await stopped;
    expect(letters.map(({ name, message }) => [name, message])).toEqual([
      ["note", { text: "2" }],
      ["note", { text: "1" }],
      ["log", undefined],
    ]);
    expect(worker.state).toBe("stopped");
  });

  test.each(["spin", "hang"] as const)("ends a handler that does not finish: %s", async (name) => {
    const { session, supervisor } = await startScripted(SCRIPT);
    const worker = create(session, "faulty", { graceMs: 20 });
    const asked = worker.ask(name, undefined, { timeoutMs: 60_000 });
    await reaches(worker, "working");
    await worker.stop();
    await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/ACTOR|WORKER/) });
    expect(worker.state).toBe("stopped");
    expect(supervisor.inspect().threads.held).toBe(0);
  });

  test("can be made shorter by terminate()", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty", { graceMs: 600_000 });
    void worker.tell("hang");
    await reaches(worker, "working");
    const stopped = worker.stop();
    await worker.terminate();
    await stopped;
    expect(worker.state).toBe("stopped");
  });

  test("overtakes a restart that waits for its time", async () => {
    const { session } = await startScripted(SCRIPT);
    const backoff = { initialMs: 600_000, maxMs: 600_000 };
    const worker = create(session, "faulty", { restart: { backoff } });
    void worker.tell("throw");
    const asked = worker.ask("count", undefined, { timeoutMs: 600_000 });
    await reaches(worker, "restarting");
    await worker.stop();
    await expect(asked).rejects.toMatchObject({ code: "WORKER_STOPPED" });
  });

  test("of the session stops all, and completes the dead letters", async () => {
    const { session, supervisor } = await startScripted(SCRIPT);
    const completed = Promise.withResolvers<void>();
    session.deadLetters$.subscribe({ complete: completed.resolve });
    const workers = [create(session, "counter"), create(session, "faulty")];
    await workers[0]?.ask("get" as never);
    await session.close();
    await completed.promise;
    expect(workers.map(({ state }) => state)).toEqual(["stopped", "stopped"]);
    expect(supervisor.inspect().threads.held).toBe(0);
  });
});
