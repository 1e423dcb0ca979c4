import { filter, firstValueFrom } from "rxjs";
import { describe, expect, test } from "vitest";
import type { BehaviorWorker, Session, Worker, WorkerJob } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import { create, reaches } from "../support/behaviours.ts";
import { collect, startScripted, startSupervisor } from "../support/supervisors.ts";

/** Calls `next` once, in the turn in which the session tells of the job's end. */
function onEnd(session: Session, isEnd: (type: string) => boolean, next: () => void) {
  const subscription = session.events$.subscribe((event) => {
    if (!isEnd(event.type === "job-event" ? event.event.type : event.type)) return;
    subscription.unsubscribe();
    next();
  });
}

const TERMINAL = new Set(["completed", "failed", "cancelled"]);

const ways: [string, (job: WorkerJob, session: Session) => unknown][] = [
  ["wait()", (job) => job.wait().catch(() => {})],
  ["outcome", (job) => job.outcome],
  ["cancel()", (job) => job.cancel()],
  ["events()", (job) => collect(job.events())],
  ["for await", (job) => collect(job).catch(() => {})],
  ["chunks$", (job) => new Promise<void>((complete) => job.chunks$.subscribe({ complete }))],
  ["events$", (job) => firstValueFrom(job.events$.pipe(filter(({ type }) => TERMINAL.has(type))))],
  [
    "state$",
    async ({ worker }) => {
      await firstValueFrom(worker.state$.pipe(filter((state) => state === "working")));
      await firstValueFrom(worker.state$.pipe(filter((state) => state === "idle")));
    },
  ],
];

const BAD = { error: { status: 400, message: "no" } };

async function startBoth() {
  const supervisor = await startSupervisor({
    providers: {
      good: scriptedProvider({ repeat: true, responses: [{ text: "x" }] }),
      slow: scriptedProvider({ responses: [{ stall: true }] }),
      bad: scriptedProvider({ repeat: true, responses: [BAD] }),
    },
    keepSettled: { count: 0 },
  });
  return supervisor.openSession();
}

describe("a job that has ended", () => {
  describe.each(["good", "bad"])("on the %s provider", (provider) => {
    test.each(ways)("leaves its worker free for the next one, by %s", async (_, over) => {
      const session = await startBoth();
      const worker = session.createWorker({ provider, whenBusy: "reject" });
      for (let i = 0; i < 3; i++) await over(session.run(worker, { prompt: "go" }), session);
      expect((await session.run(worker, { prompt: "go" }).outcome).status).toBeTypeOf("string");
    });

    test("leaves its worker, its id and its place free in the turn in which its end is told", async () => {
      const session = await startBoth();
      const worker = session.createWorker({ provider, whenBusy: "reject" });
      const next = Promise.withResolvers<WorkerJob>();
      onEnd(
        session,
        (type) => TERMINAL.has(type),
        () => {
          next.resolve(session.run(worker, { prompt: "again" }, { id: "one" }));
        },
      );
      const first = session.run(worker, { prompt: "go" }, { id: "one" });
      const second = await next.promise;
      expect(first.state).not.toBe("running");
      await second.outcome;
      // What the first has left behind comes before the second.
      const asked = worker.transcript.filter(({ role }) => role === "user");
      expect(asked.map(({ content }) => content)).toEqual(["go", "again"]);
      expect(session.jobs.size).toBe(0);
    });
  });

  test("gives back the name of a worker that was only for it", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    for (let i = 0; i < 5; i++) await session.run({ name: "clerk" }, { prompt: "go" }).wait();
    const batch = session.runAll([{ prompt: "a" }, { prompt: "b" }, { prompt: "c" }], {
      concurrency: 1,
      worker: { name: "clerk" } as object,
    });
    const ended = await collect(batch);
    expect(ended.map(({ outcome }) => outcome.status)).toEqual(Array(3).fill("completed"));
  });

  test("gives back that name in the turn in which its end is told, and the old one takes none from the new", async () => {
    const session = await startBoth();
    const next = Promise.withResolvers<WorkerJob>();
    onEnd(
      session,
      (type) => TERMINAL.has(type),
      () => {
        next.resolve(session.run({ name: "clerk", provider: "slow" }, { prompt: "again" }));
      },
    );
    const clerk = { name: "clerk", provider: "good" };
    const first = session.run(clerk, { prompt: "go" });
    const second = await next.promise;
    await first.worker.stop();
    expect(() => session.createWorker(clerk)).toThrow(
      expect.objectContaining({ code: "NAME_TAKEN" }),
    );
    await second.cancel();
    await session.createWorker(clerk).stop();
  });

  test("makes room for its parent's next child in the turn in which its end is told", async () => {
    const { session } = await startScripted([{ stall: true, text: "x" }]);
    const worker = session.createWorker({ maxChildren: 1 });
    const parent = session.run(worker, { prompt: "go" });
    const next = Promise.withResolvers<WorkerJob>();
    const child = session.run({ name: "child" }, { prompt: "a" }, { parent });
    onEnd(
      session,
      (type) => TERMINAL.has(type),
      () => {
        next.resolve(session.run({ name: "child" }, { prompt: "b" }, { parent }));
      },
    );
    void child.cancel();
    const second = await next.promise;
    expect([...parent.children.keys()]).toEqual([second.id]);
    await parent.cancel();
    expect(second.state).toBe("cancelled");
  });
});

describe("a behaviour that has ended by itself", () => {
  test("gives back its name before anybody hears of what it has left undone, and of its end", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const first = create(session, "social", { name: "s" });
    const left = new Promise<void>((resolve) => {
      session.deadLetters$.subscribe(() => {
        create(session, "social", { name: "s" });
        resolve();
      });
    });
    void first.tell("tellManyAndStop", { to: "nobody", count: 0 });
    void first.tell("note", "too late");
    await left;
    const second = [...session.workers.values()].find((worker) => worker !== first);
    const { state$ } = second as BehaviorWorker;
    const third = new Promise<Worker | BehaviorWorker>((resolve) => {
      state$.subscribe((state) => {
        if (state === "stopped") resolve(create(session, "social", { name: "s" }));
      });
    });
    await second?.stop();
    expect([...session.workers.values()]).toEqual([await third]);
  });

  test("keeps its name as long as it stays as one that has failed", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const worker = create(session, "throws-on-start", { name: "s", restart: { maxRestarts: 0 } });
    await reaches(worker, "failed");
    expect(() => create(session, "social", { name: "s" })).toThrow(
      expect.objectContaining({ code: "NAME_TAKEN" }),
    );
    await worker.stop();
    create(session, "social", { name: "s" });
  });
});

describe("what is closed", () => {
  test("a session gives back its name before its events$ complete", async () => {
    const { supervisor, session } = await startScripted([{ text: "x" }]);
    const again = new Promise<Session>((resolve) => {
      session.events$.subscribe({
        complete: () => resolve(supervisor.openSession({ name: session.name })),
      });
    });
    await session.close();
    expect((await again).name).toBe(session.name);
  });

  test("a worker that is stopped gives back its name when its last job has ended", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const worker = session.createWorker({ name: "w" });
    await session.run(worker, { prompt: "go" }).wait();
    const stopped = worker.stop();
    const next = session.createWorker({ name: "w" });
    await stopped;
    expect(session.workers.get(next.id)).toBe(next);
    await session.run(next, { prompt: "go" }).wait();
  });

  test("cannot be reopened by those who hear of its queued jobs' ends, and closes once", async () => {
    const supervisor = await Supervisor.start({
      providers: { main: scriptedProvider({ responses: [{ stall: true }] }) },
    });
    const session = supervisor.openSession();
    const worker = session.createWorker();
    const codes: unknown[] = [];
    const told: string[] = [];
    supervisor.events$.subscribe((event) => told.push(event.type));
    onEnd(
      session,
      (type) => type === "cancelled",
      () => {
        const tries = [
          () => session.run(worker, { prompt: "x" }),
          () => session.createWorker(),
          () => supervisor.openSession(),
        ];
        for (const attempt of tries) {
          try {
            attempt();
          } catch (error) {
            codes.push((error as { code?: string }).code);
          }
        }
        void worker.stop();
        void session.close({ drainMs: 0 });
        void supervisor.close({ drainMs: 0 });
      },
    );
    session.run(worker, { prompt: "a" });
    session.run(worker, { prompt: "b" });
    await supervisor.close({ drainMs: 0 });
    expect(codes).toEqual(["SESSION_CLOSED", "SESSION_CLOSED", "SUPERVISOR_CLOSED"]);
    expect(told.filter((type) => type === "session-closed")).toHaveLength(1);
    expect(supervisor.inspect().sessions).toEqual([]);
  });
});
