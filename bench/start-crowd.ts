import { setTimeout as delay } from "node:timers/promises";
import type { Session, Supervisor, Worker } from "../dist/index.js";

/** More threads that start at once only make each other late: one that is not ready in time is a failure. */
const AT_ONCE = 50;

/** Starts so many of something, some at once. */
export async function startMany<T>(count: number, start: () => Promise<T>): Promise<readonly T[]> {
  const started: T[] = [];
  while (started.length < count) {
    const next = Math.min(AT_ONCE, count - started.length);
    started.push(...(await Promise.all(Array.from({ length: next }, start))));
  }
  return started;
}

/** Workers that have done one job, and hold their thread as long as the supervisor's defaults let them. */
export async function startCrowd(session: Session, count: number): Promise<readonly Worker[]> {
  return await startMany(count, async () => {
    const worker = session.createWorker();
    await session.run(worker, { prompt: "start" }).wait();
    return worker;
  });
}

/** Settles when so many warm threads are ready. Nothing tells of it, so it looks again and again. */
export async function stockIsFull(supervisor: Supervisor, spare: number): Promise<void> {
  while (supervisor.inspect().threads.spare < spare) await delay(5);
}
