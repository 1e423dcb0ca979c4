import { onTestFinished } from "vitest";
import type { Script, Session, SupervisorOptions, WorkerJob } from "../../src/index.ts";
import { Supervisor, scriptedProvider } from "../../src/index.ts";
import { startIn } from "../../src/supervisor/supervisor.ts";
import { spawnThread } from "../../src/supervisor/threads/thread.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { turn } from "./fake-clock.ts";

/** A supervisor that is closed with the test. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const supervisor = await Supervisor.start(options);
  onTestFinished(() => supervisor.close({ drainMs: 0 }));
  return supervisor;
}

/** A supervisor whose actors run another entry than the real one, on real threads. It is closed with the test. */
export async function startWithEntry(options: SupervisorOptions, entry: URL): Promise<Supervisor> {
  const supervisor = await startIn(options, {
    clock: systemClock,
    spawn: (spec, handlers) =>
      spec.entry.href.includes("/actors/")
        ? spawnThread({ ...spec, flags: [], entry }, handlers)
        : spawnThread(spec, handlers),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    hold: () => () => {},
  });
  onTestFinished(() => supervisor.close({ drainMs: 0 }));
  return supervisor;
}

/** A session on a supervisor with one scripted provider, "main". */
export async function startScripted(
  responses: Script["responses"],
  options: Partial<SupervisorOptions> & { repeat?: boolean } = {},
): Promise<{ supervisor: Supervisor; session: Session }> {
  const { repeat = true, ...rest } = options;
  const main = scriptedProvider({ repeat, responses });
  const supervisor = await startSupervisor({ providers: { main }, ...rest });
  return { supervisor, session: supervisor.openSession() };
}

/** Resolves when the job has shown its first chunk. */
export async function firstChunk(job: WorkerJob): Promise<void> {
  for await (const _ of job) return;
}

/** Resolves when the job runs on its thread. */
export async function begun(job: WorkerJob): Promise<void> {
  for await (const event of job.events()) if (event.type === "started") return;
}

/** Resolves when the model has called tools, and the actor was sent the job: until its first response a job has no use for it. */
export async function atWork(job: WorkerJob): Promise<void> {
  for await (const event of job.events()) if (event.type === "response") break;
  await turn();
}

/** Resolves when the job has shown its first text. */
export async function firstText(job: WorkerJob): Promise<void> {
  for await (const { type } of job) if (type === "text") return;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
