import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filter, lastValueFrom, take, toArray } from "rxjs";
import { beforeAll, describe, expect, test } from "vitest";
import type {
  HeddleError,
  Session,
  SessionEvent,
  SupervisorEvent,
  WorkerOptions,
} from "../../src/index.ts";
import { startWithActors } from "../support/bare-session.ts";
import { collect, startScripted } from "../support/supervisors.ts";

const ROGUE = new URL("../fixtures/behaviours/wrongdoer.ts", import.meta.url);
const STEADY = { text: "one two three four five six seven eight", chunks: 15, chunksPerSecond: 60 };

/** A rogue worker, and one that works beside it. */
async function start(options: WorkerOptions = {}) {
  const { session, supervisor } = await startScripted([STEADY]);
  const events: SupervisorEvent[] = [];
  supervisor.events$.subscribe((event) => events.push(event));
  const rogue = session.createWorker<typeof import("../fixtures/behaviours/wrongdoer.ts").behavior>(
    {
      behavior: ROGUE,
      restart: { maxRestarts: 100, backoff: { initialMs: 1, maxMs: 1 } },
      unresponsiveMs: 300,
      whenUnresponsive: "kill",
      heapMb: 64,
      ...options,
    },
  );
  return { session, supervisor, rogue, events };
}

type Output = Extract<SessionEvent, { type: "worker-output" }>;

function outputs(session: Session, count: number): Promise<Output[]> {
  const isOutput = (event: SessionEvent): event is Output => event.type === "worker-output";
  return lastValueFrom(session.events$.pipe(filter(isOutput), take(count), toArray()));
}

describe("a fault in an actor", () => {
  test.each<[string, string, RegExp]>([
    ["throw", "ACTOR_CRASHED", /boom/],
    ["throw undefined", "ACTOR_CRASHED", /undefined/],
    ["throw cyclic", "ACTOR_CRASHED", /round and round/],
    ["throw getter", "ACTOR_CRASHED", /./],
    ["throw DOMException", "ACTOR_CRASHED", /no more/],
    ["throw uncloneable", "ACTOR_CRASHED", /with a function/],
    ["throw later", "ACTOR_CRASHED", /much later/],
    ["reject", "ACTOR_CRASHED", /unhandled/],
    ["exit 7", "ACTOR_EXITED", /code 7/],
    ["stack overflow", "ACTOR_CRASHED", /call stack/],
    ["endless loop", "ACTOR_UNRESPONSIVE", /not turned/],
    ["microtask loop", "ACTOR_UNRESPONSIVE", /not turned/],
    ["atomics wait", "ACTOR_UNRESPONSIVE", /not turned/],
    ["runaway regex", "ACTOR_UNRESPONSIVE", /not turned/],
    ["objects", "ACTOR_OUT_OF_MEMORY", /heapMb is 64/],
    ["map", "ACTOR_OUT_OF_MEMORY", /heapMb is 64/],
    ["buffers", "ACTOR_OUT_OF_MEMORY", /heapMb is 64/],
    // It never waits for an answer: what it would send piles up on its own side.
    ["event flood", "ACTOR_OUT_OF_MEMORY", /heapMb is 64/],
  ])("%s: %s, and nobody else notices", async (name, code, message) => {
    const unresponsiveMs = code === "ACTOR_UNRESPONSIVE" ? 300 : 60_000;
    const { session, supervisor, rogue } = await start({ unresponsiveMs });
    const bystander = session.run({}, { prompt: "go" });
    await rogue.ask("ping");
    const queued = rogue.ask("ping", {}, { timeoutMs: 60_000 });
    const error = await rogue
      .ask("fault", { name }, { timeoutMs: 60_000 })
      .catch((thrown: HeddleError) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(rogue.lastFailure?.code).toBe(code);
    // It begins anew, and what waited for it is not lost.
    expect(await queued).toBe("pong");
    expect(await rogue.ask("ping", {}, { timeoutMs: 60_000 })).toBe("pong");
    expect(await bystander.wait()).toMatchObject({ text: STEADY.text });
    const events = await collect(bystander.events());
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    await rogue.stop();
    expect(supervisor.inspect().threads).toMatchObject({ stuck: 0 });
  });

  test("process.exit(0) is a normal end: nothing is started again", async () => {
    const { rogue } = await start();
    const asked = rogue.ask("fault", { name: "exit 0" });
    await expect(asked).rejects.toMatchObject({ code: "ACTOR_EXITED", details: { exitCode: 0 } });
    await lastValueFrom(rogue.state$, { defaultValue: undefined });
    expect(rogue.state).toBe("stopped");
    expect(rogue.lastFailure).toBeUndefined();
  });

  test("a flood of messages behind the supervisor's back ends the thread, and its port", async () => {
    const { session, permits } = await startWithActors("flood");
    const job = session.run({ restart: { policy: "never" } }, { prompt: "go" });
    await expect(job.wait()).rejects.toMatchObject({ code: "ACTOR_FLOODED" });
    expect(permits.held).toBe(0);
  });

  test("a flood of the console is bounded, and harms nobody", async () => {
    const { session, rogue } = await start({ unresponsiveMs: 60_000 });
    const printed = outputs(session, 1);
    const reply = await rogue.ask("fault", { name: "console flood" }, { timeoutMs: 60_000 });
    expect(reply).toBe("quiet again");
    const [{ text } = { text: "" }] = await printed;
    expect(text.length).toBeLessThan(70_000);
    expect(text).toMatch(/characters more/);
    expect(await rogue.ask("ping")).toBe("pong");
  });

  test("what code prints is told as an event, with its worker and its stream", async () => {
    const { session, rogue } = await start();
    const printed = outputs(session, 2);
    await rogue.tell("print");
    const base = { type: "worker-output", workerId: rogue.id, name: rogue.name };
    expect(await printed).toEqual([
      { ...base, stream: "stdout", text: "to standard output\n" },
      { ...base, stream: "stderr", text: "to standard error\n" },
    ]);
  });

  test("a loop that stands still is only reported, if that is what was asked for", async () => {
    const { rogue, events } = await start({
      whenUnresponsive: "report",
      unresponsiveMs: 100,
      graceMs: 0,
    });
    const asked = rogue.ask("fault", { name: "endless loop" }, { timeoutMs: 1_000 });
    await expect(asked).rejects.toMatchObject({ code: "ASK_TIMEOUT" });
    const reports = events.filter((event) => event.type === "actor-unresponsive");
    expect(reports).toMatchObject([{ workerId: rogue.id, name: rogue.name }]);
    await rogue.stop();
    expect(rogue.state).toBe("stopped");
  });
});

describe("permissions", () => {
  const secret = join(tmpdir(), `heddle-secret-${process.pid}`);
  beforeAll(() => writeFile(secret, "x"));

  test("code in an actor sees no environment and no files but its own, and starts nothing", async () => {
    const { rogue } = await start();
    expect(await rogue.ask("look", { readable: secret })).toEqual({
      env: [],
      data: [],
      granted: "ERR_ACCESS_DENIED",
      outside: "ERR_ACCESS_DENIED",
      environ: "ERR_ACCESS_DENIED",
      memory: "ERR_ACCESS_DENIED",
      write: "ERR_ACCESS_DENIED",
      spawn: "ERR_ACCESS_DENIED",
      inspector: "ERR_ACCESS_DENIED",
      worker: "ERR_ACCESS_DENIED",
    });
  });

  test("what is granted can be had, and no more", async () => {
    process.env["HEDDLE_TEST_GRANTED"] = "yes";
    const { rogue } = await start({
      permissions: { fsRead: [secret], childProcess: true, env: ["HEDDLE_TEST_GRANTED"] },
    });
    expect(await rogue.ask("look", { readable: secret })).toMatchObject({
      env: ["HEDDLE_TEST_GRANTED"],
      granted: "done",
      outside: "ERR_ACCESS_DENIED",
      write: "ERR_ACCESS_DENIED",
      spawn: "done",
    });
  });
});
