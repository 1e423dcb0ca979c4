import { describe, expect, test } from "vitest";
import { GO, QUICK, SLOW, startWithBoth, typesOf } from "../support/families.ts";
import { collect, firstChunk } from "../support/supervisors.ts";

function refused(code: string, field = "parent") {
  return expect.objectContaining({ code, details: expect.objectContaining({ field }) });
}

describe("a child that is refused", () => {
  test("names why, and nothing is started", async () => {
    const { supervisor, session } = await startWithBoth();
    const stranger = supervisor.openSession().run(SLOW, GO);
    const settled = session.run(QUICK, GO);
    await settled.wait();
    const leaf = session.run({ ...SLOW, maxDepth: 0 }, GO);
    const parent = session.run({ ...SLOW, maxChildren: 1 }, GO);
    session.run(SLOW, GO, { parent });
    const workers = session.workers.size;
    const refusals: [unknown, string][] = [
      ["nobody", "UNKNOWN_JOB"],
      [stranger, "UNKNOWN_JOB"],
      [stranger.id, "UNKNOWN_JOB"],
      [settled, "JOB_SETTLED"],
      [settled.id, "JOB_SETTLED"],
      [leaf, "MAX_DEPTH"],
      [parent, "MAX_CHILDREN"],
      [{ id: parent.id }, "INVALID_OPTION"],
      [7, "INVALID_OPTION"],
      [null, "INVALID_OPTION"],
    ];
    for (const [named, code] of refusals) {
      const attempt = () => session.run(QUICK, GO, { parent: named as never });
      expect(attempt).toThrow(refused(code));
    }
    expect(session.workers.size).toBe(workers);
    expect(session.jobs.size).toBe(3);
  });

  test("is one deeper than an ancestor allows, whatever the workers in between do", async () => {
    const { session } = await startWithBoth();
    const parent = session.run({ ...SLOW, maxDepth: 1 }, GO);
    const child = session.run({ ...SLOW, maxDepth: 100 }, GO, { parent });
    expect(() => session.run(SLOW, GO, { parent: child })).toThrow(refused("MAX_DEPTH"));
  });

  test("nests eight deep by default", async () => {
    const { session } = await startWithBoth();
    let deepest = session.run(SLOW, GO);
    for (let i = 0; i < 8; i++) deepest = session.run(SLOW, GO, { parent: deepest });
    expect(() => session.run(SLOW, GO, { parent: deepest })).toThrow(refused("MAX_DEPTH"));
  });

  test("would wait for its own parent", async () => {
    const { session } = await startWithBoth();
    const [one, two] = [session.createWorker(SLOW), session.createWorker(SLOW)];
    const parent = session.run(one, GO);
    const other = session.run(two, GO);
    expect(() => session.run(one, GO, { parent })).toThrow(refused("DEADLOCK"));
    const child = session.run(two, GO, { parent });
    // It waits for the other job, which would wait for this one.
    expect(() => session.run(one, GO, { parent: other })).toThrow(refused("DEADLOCK"));
    expect(() => session.run(two, GO, { parent: child })).toThrow(refused("DEADLOCK"));
    expect(session.jobs.size).toBe(3);
  });

  test("goes to a worker that is busy, and rejects then", async () => {
    const { session } = await startWithBoth();
    const parent = session.run(SLOW, GO);
    const worker = session.createWorker({ ...SLOW, whenBusy: "reject" });
    session.run(worker, GO);
    const attempt = () => session.run(worker, GO, { parent });
    expect(attempt).toThrow(expect.objectContaining({ code: "WORKER_BUSY" }));
    expect(parent.children.size).toBe(0);
  });
});

describe("a child on a worker that is interrupted", () => {
  test("takes the place of what is there, but never of what it is a child of", async () => {
    const { session } = await startWithBoth();
    const worker = session.createWorker({ ...SLOW, whenBusy: "interrupt" });
    const parent = session.run(worker, GO);
    expect(() => session.run(worker, GO, { parent })).toThrow(refused("DEADLOCK"));
    expect(parent.state).toBe("queued");
    const other = session.createWorker({ ...QUICK, whenBusy: "interrupt" });
    const there = session.run(other, GO);
    const child = session.run(other, GO, { parent });
    expect((await there.outcome).status).toBe("cancelled");
    expect((await child.wait()).text).toBe("done");
  });
});

describe("a child and the threads", () => {
  const overloaded = expect.objectContaining({ code: "OVERLOADED" });

  test("is refused where none is free or idle, and leaves nothing behind", async () => {
    const { supervisor, session } = await startWithBoth({ threads: { max: 1, spare: 0 } });
    const parent = session.run(SLOW, GO);
    await firstChunk(parent);
    const worker = session.createWorker(QUICK);
    expect(() => session.run(QUICK, GO, { parent })).toThrow(overloaded);
    expect(() => session.run(worker, GO, { parent })).toThrow(overloaded);
    expect([session.workers.size, session.jobs.size, parent.children.size]).toEqual([2, 1, 0]);
    expect(supervisor.inspect().threads).toMatchObject({ held: 1, waiting: 0 });
    await parent.cancel();
    expect((await session.run(worker, GO).wait()).text).toBe("done");
  });

  test("is refused with the second of two for which there is one thread", async () => {
    const { session } = await startWithBoth({ threads: { max: 2 } });
    const parent = session.run(SLOW, GO);
    await firstChunk(parent);
    const child = session.run(QUICK, GO, { parent });
    expect(() => session.run(QUICK, GO, { parent })).toThrow(overloaded);
    expect((await child.wait()).text).toBe("done");
  });

  test("gets the thread of an idle worker, before a job that waits", async () => {
    const { session } = await startWithBoth({ threads: { max: 2, spare: 0 } });
    const parent = session.run(SLOW, GO);
    const idle = session.createWorker(QUICK);
    await Promise.all([firstChunk(parent), session.run(idle, GO).wait()]);
    const waiting = session.run(SLOW, GO);
    const child = session.run(QUICK, GO, { parent });
    expect((await child.wait()).text).toBe("done");
    expect(typesOf(await collect(child.events()))).toEqual(["started", "response", "completed"]);
    await firstChunk(waiting);
  });

  test("follows another that has just ended, on the thread of which its worker lets go", async () => {
    const { session } = await startWithBoth({ threads: { max: 2, spare: 0 } });
    const parent = session.run(SLOW, GO);
    await firstChunk(parent);
    for (let i = 0; i < 4; i++) await session.run(QUICK, GO, { parent }).wait();
    const worker = session.createWorker(QUICK);
    await session.run(worker, GO, { parent }).wait();
    await session.run(QUICK, GO, { parent }).wait();
    expect(parent.state).toBe("running");
  });

  test("gives back what it had claimed when it is cancelled at once", async () => {
    const { supervisor, session } = await startWithBoth({ threads: { max: 2 } });
    const parent = session.run(SLOW, GO);
    await firstChunk(parent);
    const child = session.run(QUICK, GO, { parent });
    await child.cancel();
    expect(supervisor.inspect().threads).toMatchObject({ held: 1, waiting: 0 });
    expect((await session.run(QUICK, GO, { parent }).wait()).text).toBe("done");
  });
});
