import { lastValueFrom, toArray } from "rxjs";
import { describe, expect, test } from "vitest";
import type { WorkerState } from "../../src/index.ts";
import { create, Gate, moduleOf, reaches } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";

const SCRIPT = [{ text: "x" }];

describe("a behaviour", () => {
  test("handles messages one after the other, and replies to who asks", async () => {
    const { session } = await startScripted(SCRIPT);
    const counter = create(session, "counter", { name: "c" });
    await counter.tell("add", { n: 1 });
    void counter.tell("add", { n: 2 });
    expect(await counter.ask("get")).toBe(3);
    expect(await counter.ask("later", { text: "hi" })).toBe("hi");
    expect(session.workers.get(counter.id)).toBe(counter);
  });

  test("does not begin a message before an async handler is done with the one before", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "gate");
    const gate = new Gate();
    const first = worker.ask("shut", gate.message);
    void worker.tell("note", { text: "second" });
    await gate.entered();
    expect(worker.state).toBe("working");
    gate.open();
    expect(await first).toBe("opened");
    expect(await worker.ask("log")).toEqual(["shut", "second"]);
  });

  test("finds the source beside the module that was named, and the module itself", async () => {
    const { session } = await startScripted(SCRIPT);
    const url = new URL("../fixtures/behaviours/counter.ts", import.meta.url);
    for (const behavior of [url, moduleOf("counter")]) {
      expect(await session.createWorker({ behavior }).ask("get")).toBe(0);
    }
  });

  test("shows its states, the present one first", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "counter");
    const states = lastValueFrom(worker.state$.pipe(toArray()));
    await worker.ask("get");
    await reaches(worker, "idle");
    await worker.stop();
    expect(await states).toEqual(["idle", "working", "idle", "stopped"] satisfies WorkerState[]);
    expect(session.workers.size).toBe(0);
  });

  test("can be seen by inspect()", async () => {
    const { session, supervisor } = await startScripted(SCRIPT);
    const worker = create(session, "gate");
    const gate = new Gate();
    void worker.tell("shut", gate.message);
    await gate.entered();
    await worker.tell("note", { text: "waits" });
    expect(supervisor.inspect().sessions[0]?.workers[0]).toMatchObject({
      id: worker.id,
      state: "working",
      provider: undefined,
      queuedMessages: 1,
      threadId: expect.any(Number),
    });
    gate.open();
  });
});

describe("what is refused", () => {
  test.each([
    "provider",
    "model",
    "instructions",
    "transcript",
    "maxSteps",
    "timeouts",
    "budget",
    "windowBytes",
    "maxOutputBytes",
    "whenBusy",
  ])("%s together with a behaviour", async (field) => {
    const { session } = await startScripted(SCRIPT);
    const options = { behavior: moduleOf("counter"), [field]: undefined };
    expect(() => session.createWorker(options)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
    expect(session.workers.size).toBe(0);
  });

  test.each([
    ["behavior", { behavior: "./counter.js" }],
    ["behavior", { behavior: new URL("http://localhost/x.js") }],
    ["mailbox.max", { behavior: moduleOf("counter"), mailbox: { max: 0 } }],
    ["mailbox.whenFull", { behavior: moduleOf("counter"), mailbox: { whenFull: "drop" } }],
    ["graceMs", { behavior: moduleOf("counter"), graceMs: -1 }],
    ["nosuch", { behavior: moduleOf("counter"), nosuch: 1 }],
  ])("a bad %s", async (field, options) => {
    const { session } = await startScripted(SCRIPT);
    expect(() => session.createWorker(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });

  test("a job", async () => {
    const { session } = await startScripted(SCRIPT);
    const counter = create(session, "counter");
    const notAnAgent = expect.objectContaining({ code: "NOT_AN_AGENT" });
    expect(() => session.run(counter as never, { prompt: "go" })).toThrow(notAnAgent);
    const options = { behavior: moduleOf("counter") } as never;
    expect(() => session.run(options, { prompt: "go" })).toThrow(notAnAgent);
    expect(session.workers.size).toBe(1);
    expect(session.jobs.size).toBe(0);
  });

  test("a name that is taken, also by an agent", async () => {
    const { session } = await startScripted(SCRIPT);
    session.createWorker({ name: "x" });
    expect(() => create(session, "counter", { name: "x" })).toThrow(
      expect.objectContaining({ code: "NAME_TAKEN" }),
    );
  });

  test("at once: a message that is no plain data, a bad deadline", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = session.createWorker({ behavior: moduleOf("counter") });
    const invalid = expect.objectContaining({ code: "INVALID_INPUT" });
    expect(() => worker.tell("add", { n: () => {} })).toThrow(invalid);
    expect(() => worker.ask("add", Symbol("s"))).toThrow(invalid);
    expect(() => worker.ask("get", {}, { timeoutMs: 0 })).toThrow(invalid);
    expect(() => worker.tell("" as never)).toThrow(invalid);
    expect(await worker.ask("get")).toBe(0);
  });

  test("an unknown name: an ask is rejected, a tell becomes a dead letter", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = session.createWorker({ behavior: moduleOf("counter"), name: "c" });
    const letters: unknown[] = [];
    session.deadLetters$.subscribe((letter) => letters.push(letter));
    await worker.tell("toString", { a: 1 });
    await expect(worker.ask("nope")).rejects.toMatchObject({ code: "UNKNOWN_MESSAGE" });
    expect(letters).toEqual([
      { to: "c", name: "toString", message: { a: 1 }, reason: "UNKNOWN_MESSAGE" },
    ]);
  });
});

describe("a mailbox", () => {
  test("that is full refuses tells and asks", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "gate", { mailbox: { max: 1 } });
    const gate = new Gate();
    void worker.tell("shut", gate.message);
    await gate.entered();
    await worker.tell("note", { text: "kept" });
    await expect(worker.tell("note", { text: "refused" })).rejects.toMatchObject({
      code: "MAILBOX_FULL",
      details: { max: 1 },
    });
    await expect(worker.ask("log")).rejects.toMatchObject({ code: "MAILBOX_FULL" });
    gate.open();
    await reaches(worker, "idle");
    expect(await worker.ask("log")).toEqual(["shut", "kept"]);
  });

  test("that is full can make the host wait, in order", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "gate", { mailbox: { max: 1, whenFull: "block" } });
    const gate = new Gate();
    void worker.tell("shut", gate.message);
    await gate.entered();
    const queued: string[] = [];
    const tells = ["a", "b", "c"].map((text) =>
      worker.tell("note", { text }).then(() => queued.push(text)),
    );
    await tells[0];
    expect(queued).toEqual(["a"]);
    gate.open();
    await Promise.all(tells);
    expect(await worker.ask("log")).toEqual(["shut", "a", "b", "c"]);
  });
});

describe("an ask", () => {
  test("is rejected at its deadline, and dropped if it was not delivered by then", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = session.createWorker({ behavior: moduleOf("gate") });
    const gate = new Gate();
    void worker.tell("shut", gate.message);
    await gate.entered();
    const queued = worker.ask("note", { text: "too late" }, { timeoutMs: 20 });
    await expect(queued).rejects.toMatchObject({ code: "ASK_TIMEOUT", details: { timeoutMs: 20 } });
    gate.open();
    expect(await worker.ask("log")).toEqual(["shut"]);
  });

  test("is rejected at its deadline also while it is being handled", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty", { graceMs: 0 });
    const asked = worker.ask("hang", undefined, { timeoutMs: 100 });
    await expect(asked).rejects.toMatchObject({ code: "ASK_TIMEOUT" });
  });

  test("whose reply cannot be cloned is rejected, and nothing else is harmed", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty");
    await expect(worker.ask("badReply")).rejects.toMatchObject({ code: "INVALID_REPLY" });
    void worker.tell("badReply");
    expect(await worker.ask("count")).toBe(3);
    expect(worker.lastFailure).toBeUndefined();
  });
});
