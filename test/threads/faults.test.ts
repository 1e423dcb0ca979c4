import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { filter, lastValueFrom, take, toArray } from "rxjs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type {
  HeddleError,
  Session,
  SessionEvent,
  SupervisorEvent,
  WorkerOptions,
} from "../../src/index.ts";
import type { FaultName } from "../fixtures/behaviours/faults.ts";
import { startScripted } from "../support/supervisors.ts";

const ROGUE = new URL("../fixtures/behaviours/wrongdoer.ts", import.meta.url);

/** A rogue worker. */
async function start(options: WorkerOptions = {}) {
  const { session, supervisor } = await startScripted([{ text: "x" }]);
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

describe("what an actor dies of", () => {
  test.each<[FaultName, RegExp]>([
    ["throw", /boom/],
    ["throw undefined", /undefined/],
    ["throw cyclic", /round and round/],
    ["throw getter", /./],
    ["throw DOMException", /no more/],
    ["throw uncloneable", /with a function/],
    ["uncloneable message", /plain data/],
    ["reject", /unhandled/],
    ["stack overflow", /call stack/],
    ["port closed", /closed its port/],
  ])("is told, however odd it is: %s", async (name, message) => {
    const { rogue } = await start({ unresponsiveMs: 60_000 });
    const error = await rogue
      .ask("fault", { name }, { timeoutMs: 60_000 })
      .catch((thrown: HeddleError) => thrown);
    expect(error).toMatchObject({
      code: "ACTOR_CRASHED",
      message: expect.stringMatching(message),
    });
    expect(rogue.lastFailure).toMatchObject({ code: "ACTOR_CRASHED" });
  });

  test("is no failure if it has ended itself normally", async () => {
    const { rogue } = await start();
    const asked = rogue.ask("fault", { name: "exit 0" });
    await expect(asked).rejects.toMatchObject({ code: "ACTOR_EXITED", details: { exitCode: 0 } });
    await lastValueFrom(rogue.state$, { defaultValue: undefined });
    expect(rogue.lastFailure).toBeUndefined();
  });
});

describe("an actor's output", () => {
  test("is bounded", async () => {
    const { session, rogue } = await start({ unresponsiveMs: 60_000 });
    const printed = outputs(session, 1);
    const reply = await rogue.ask("fault", { name: "console flood" }, { timeoutMs: 60_000 });
    expect(reply).toBe("quiet again");
    const [{ text } = { text: "" }] = await printed;
    expect(text.length).toBeLessThan(70_000);
    expect(text).toMatch(/characters more/);
  });

  test("is told as an event, with its worker and its stream", async () => {
    const { session, rogue } = await start();
    const printed = outputs(session, 2);
    await rogue.tell("print");
    const base = { type: "worker-output", workerId: rogue.id, name: rogue.name };
    expect(await printed).toEqual([
      { ...base, stream: "stdout", text: "to standard output\n" },
      { ...base, stream: "stderr", text: "to standard error\n" },
    ]);
  });
});

describe("a loop that stands still", () => {
  test("is only reported, if that is what was asked for", async () => {
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
      heap: "ERR_ACCESS_DENIED",
      spawn: "ERR_ACCESS_DENIED",
      inspector: "ERR_ACCESS_DENIED",
      worker: "ERR_ACCESS_DENIED",
    });
  });

  test("Node's own port to the parent leads nowhere", async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker) => threads.push(thread);
    process.on("worker", note);
    onTestFinished(() => void process.off("worker", note));
    const { rogue } = await start();
    await rogue.ask("ping");
    const heard: unknown[] = [];
    for (const thread of threads) thread.on("message", (message) => heard.push(message));
    await rogue.tell("shout");
    await rogue.ask("ping");
    // What was sent on that port comes before the thread's end.
    await rogue.stop();
    expect(threads.length).toBeGreaterThan(0);
    expect(heard).toEqual([]);
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
