import { describe, expect, test } from "vitest";
import type { DeadLetter, Session } from "../../src/index.ts";
import { AT_ONCE, create, Gate, moduleOf, reaches } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";

const SCRIPT = [{ text: "x" }];

function nextDeadLetter(session: Session): Promise<DeadLetter> {
  const next = Promise.withResolvers<DeadLetter>();
  session.deadLetters$.subscribe(next.resolve);
  return next.promise;
}

describe("a behaviour", () => {
  test("knows itself, and tells others by name and by id", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social", { name: "a" });
    const b = create(session, "social", { name: "b" });
    expect(await a.ask("self")).toEqual({ id: a.id, name: "a" });
    await a.ask("tell", { to: "b", name: "note", message: 1 });
    await a.ask("tell", { to: b.id, name: "note", message: 2 });
    expect(await b.ask("notes")).toEqual([1, 2]);
  });

  test("asks others", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social");
    create(session, "counter", { name: "counter" });
    expect(await a.ask("ask", { to: "counter", name: "get" })).toBe(0);
    expect(await a.ask("ask", { to: "counter", name: "nope" })).toBe("UNKNOWN_MESSAGE");
    expect(await a.ask("ask", { to: "nobody", name: "get" })).toBe("UNKNOWN_WORKER");
    expect(await a.ask("ask", { to: a.id, name: "notes" })).toBe("ASK_SELF");
    const options = { to: "counter", name: "get", timeoutMs: -1 };
    expect(await a.ask("ask", options)).toBe("INVALID_INPUT");
  });

  test("that asks one who asks it gets an answer by the deadline", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social", { name: "a" });
    const b = create(session, "social", { name: "b" });
    await b.ask("notes");
    const message = { to: "a", name: "notes", timeoutMs: 60_000 };
    const answer = await a.ask("ask", { to: "b", name: "ask", message, timeoutMs: 50 });
    expect(answer).toBe("ASK_TIMEOUT");
    expect(await b.ask("notes")).toEqual([]);
  });

  test("can tell many at once, in order, without being taken for one that floods", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social");
    const b = create(session, "social", { name: "b", mailbox: { max: 10_000 } });
    await a.tell("tellMany", { to: "b", count: 3_000 });
    await a.ask("notes");
    expect(await b.ask("notes")).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
  });

  test("loses nothing that it has told before it stops", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social");
    const b = create(session, "social", { name: "b" });
    await a.tell("tellManyAndStop", { to: "b", count: 500 });
    await reaches(a, "stopped");
    expect(await b.ask("notes")).toHaveLength(500);
  });

  test("hears of a full mailbox, also of one that lets the host wait", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social", { restart: { policy: "never" } });
    const b = create(session, "faulty", {
      name: "b",
      graceMs: 0,
      mailbox: { max: 1, whenFull: "block" },
    });
    void b.tell("hang");
    await reaches(b, "working");
    await b.tell("count");
    expect(await a.ask("ask", { to: "b", name: "count" })).toBe("MAILBOX_FULL");
  });

  test("tells what nobody gets: a dead letter, and no failure", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social");
    const letter = nextDeadLetter(session);
    expect(await a.ask("tell", { to: "nobody", name: "x", message: { n: 1 } })).toBe("told");
    expect(await letter).toEqual({
      to: "nobody",
      name: "x",
      message: { n: 1 },
      reason: "UNKNOWN_WORKER",
    });
  });

  test("is refused at once what cannot be cloned", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social", { name: "a" });
    expect(await a.ask("tellUnclonable", { to: "a" })).toBe("INVALID_INPUT");
  });

  test("hears nothing of other sessions", async () => {
    const { session, supervisor } = await startScripted(SCRIPT);
    create(supervisor.openSession(), "counter", { name: "elsewhere" });
    const a = create(session, "social");
    expect(await a.ask("ask", { to: "elsewhere", name: "get" })).toBe("UNKNOWN_WORKER");
  });
});

describe("ctx.tellAfter()", () => {
  test("tells later, unless it was cancelled", async () => {
    const { session } = await startScripted(SCRIPT);
    const letters = nextDeadLetter(session);
    const a = create(session, "social");
    await a.tell("tellAfter", { ms: 50, to: "nobody", name: "cancelled", cancel: true });
    await a.tell("tellAfter", { ms: 100, to: "nobody", name: "marker" });
    expect(await letters).toMatchObject({ name: "marker", reason: "UNKNOWN_WORKER" });
  });

  test("wakes a worker, itself included", async () => {
    const { session } = await startScripted(SCRIPT);
    const a = create(session, "social", { name: "a", parkAfterMs: 0 });
    await a.tell("tellAfter", {
      ms: 20,
      to: "a",
      name: "tell",
      message: { to: "nobody", name: "m" },
    });
    expect(await nextDeadLetter(session)).toMatchObject({ name: "m" });
  });

  test.each(["stop", "crash"] as const)("is cancelled by the worker's %s", async (end) => {
    const { session } = await startScripted(SCRIPT);
    const restart = { backoff: AT_ONCE };
    const a = create(session, "social", { restart });
    const marker = create(session, "social");
    await a.tell("tellAfter", { ms: 1_000, to: "nobody", name: "late" });
    await a.ask("notes");
    if (end === "stop") await a.stop();
    else await a.ask("crash").catch(() => {});
    const letters: string[] = [];
    const marked = Promise.withResolvers<void>();
    session.deadLetters$.subscribe(({ name }) => {
      letters.push(name);
      if (name === "marker") marked.resolve();
    });
    await marker.tell("tellAfter", { ms: 1_200, to: "nobody", name: "marker" });
    await marked.promise;
    expect(letters).toEqual(["marker"]);
  });
});

describe("ctx.watch()", () => {
  test.each([
    ["stop", "stopped"],
    ["crash", "ACTOR_CRASHED"],
  ] as const)("tells of a %s: %s", async (how, reason) => {
    const { session } = await startScripted(SCRIPT);
    const watcher = create(session, "social");
    const b = create(session, "social", { name: "b", restart: { policy: "never" } });
    expect(await watcher.ask("watch", { to: "b" })).toBe("watching");
    if (how === "stop") await b.stop();
    else {
      void b.tell("crash");
      await reaches(b, "failed");
    }
    expect(await watcher.ask("notes")).toEqual([{ id: b.id, name: "b", reason }]);
    await b.stop();
    expect(await watcher.ask("notes")).toHaveLength(1);
  });

  test("comes after the last message of the dead one", async () => {
    const { session } = await startScripted(SCRIPT);
    const watcher = create(session, "social", { name: "watcher" });
    const b = create(session, "social", { name: "b", restart: { policy: "never" } });
    await watcher.ask("watch", { to: "b" });
    await b.tell("tellManyAndDie", { to: "watcher", count: 200 });
    await reaches(b, "failed");
    const notes = await watcher.ask("notes");
    expect(notes).toHaveLength(201);
    expect(notes.at(-1)).toEqual({ id: b.id, name: "b", reason: "ACTOR_CRASHED" });
  });

  test("is behind a stop, as all messages are, and never refused", async () => {
    const { session } = await startScripted(SCRIPT);
    const lost: DeadLetter[] = [];
    session.deadLetters$.subscribe((letter) => lost.push(letter));
    const watcher = create(session, "social", { graceMs: 60_000, mailbox: { max: 1 } });
    const b = create(session, "social", { name: "b" });
    create(session, "gate", { name: "gate" });
    await watcher.ask("watch", { to: "b" });
    // It is held in a handler, and its mailbox is full.
    const gate = new Gate();
    const held = watcher.ask("ask", { to: "gate", name: "shut", message: gate.message });
    await gate.entered();
    await watcher.tell("note", 1);
    await expect(watcher.tell("note", 2)).rejects.toMatchObject({ code: "MAILBOX_FULL" });
    await b.stop();
    const stopped = watcher.stop();
    gate.open();
    expect(await held).toBe("opened");
    await stopped;
    expect(lost.map(({ name, reason }) => [name, reason])).toEqual([
      ["note", "WORKER_STOPPED"],
      ["down", "WORKER_STOPPED"],
    ]);
  });

  test("is not told of a restart, but of the end after it", async () => {
    const { session } = await startScripted(SCRIPT);
    const watcher = create(session, "social");
    const restart = { maxRestarts: 1, backoff: AT_ONCE };
    const b = create(session, "social", { name: "b", restart });
    await watcher.ask("watch", { to: "b" });
    await b.tell("crash");
    expect(await b.ask("notes")).toEqual([]);
    expect(await watcher.ask("notes")).toEqual([]);
    await b.tell("crash");
    await reaches(b, "failed");
    expect(await watcher.ask("notes")).toMatchObject([{ reason: "RESTART_LIMIT" }]);
  });

  test("of one who is not there tells at once", async () => {
    const { session } = await startScripted(SCRIPT);
    const watcher = create(session, "social");
    await watcher.ask("watch", { to: "nobody" });
    expect(await watcher.ask("notes")).toEqual([
      { id: "nobody", name: "nobody", reason: "UNKNOWN_WORKER" },
    ]);
  });

  test("also tells of agents", async () => {
    const { session } = await startScripted(SCRIPT);
    const watcher = create(session, "social");
    const agent = session.createWorker({ name: "agent" });
    await watcher.ask("watch", { to: "agent" });
    await agent.stop();
    expect(await watcher.ask("notes")).toMatchObject([{ name: "agent", reason: "stopped" }]);
  });

  test("whose watcher has no handler for it is a dead letter", async () => {
    const { session } = await startScripted(SCRIPT);
    const module = moduleOf("social");
    const watcher = session.createWorker({ behavior: module });
    await watcher.ask("watch", { to: "nobody" });
    expect(await watcher.ask("notes")).toHaveLength(1);
  });
});

describe("ctx.spawn()", () => {
  test("makes a worker that is stopped with its parent", async () => {
    const { session } = await startScripted(SCRIPT);
    const parent = create(session, "social", { name: "parent" });
    const ref = await parent.ask("spawn", { module: "./counter.js", name: "child" });
    expect(ref).toEqual({ id: expect.any(String), name: "child" });
    expect(await parent.ask("ask", { to: "child", name: "get" })).toBe(0);
    const child = [...session.workers.values()].find(({ name }) => name === "child");
    await parent.stop();
    expect(child?.state).toBe("stopped");
    expect(session.workers.size).toBe(0);
  });

  test("has its children stopped before it begins anew, so their names are free", async () => {
    const { session } = await startScripted(SCRIPT);
    const parent = create(session, "social", { restart: { backoff: AT_ONCE } });
    await parent.ask("spawn", { module: "./counter.js", name: "child" });
    expect(await parent.ask("spawn", { module: "./counter.js", name: "child" })).toBe("NAME_TAKEN");
    await parent.tell("crash");
    expect(await parent.ask("notes")).toEqual([]);
    expect(session.workers.size).toBe(1);
    expect(await parent.ask("spawn", { module: "./counter.js", name: "child" })).toMatchObject({
      name: "child",
    });
  });

  test("cannot give a child what its parent does not have", async () => {
    const { session } = await startScripted(SCRIPT);
    const parent = create(session, "social");
    const options = { module: "./counter.js", permissions: { childProcess: true } };
    expect(await parent.ask("spawn", options)).toBe("INVALID_OPTION");
  });
});
