import { setTimeout as delay } from "node:timers/promises";
import type { Supervisor } from "../dist/index.js";

/** Settles when so many warm threads are ready. Nothing tells of it, so it looks again and again. */
export async function stockIsFull(supervisor: Supervisor, spare: number): Promise<void> {
  while (supervisor.inspect().threads.spare < spare) await delay(5);
}
