import type { MessagePort } from "node:worker_threads";
import { receiveMessageOnPort } from "node:worker_threads";
import type { PoolReport } from "../protocol/pool-messages.ts";

const MAX_UNDER_WAY = 64;

/**
 * What a call in the pool says to the supervisor before it ends.
 *
 * A call that says more than the supervisor takes does not grow its memory: at most 64 reports are under way. Of progress that has no
 * room the latest is kept, and sent when there is; of what is printed, it is left out.
 */
export class PoolReports {
  readonly #port: MessagePort;
  #underWay = 0;
  #kept: PoolReport | undefined;
  #isEnded: boolean = false;

  /** Tells the supervisor that the call was taken. */
  constructor(port: MessagePort) {
    this.#port = port;
    port.postMessage({ type: "begun" } satisfies PoolReport);
  }

  progress(progress: unknown): void {
    if (this.#isEnded) return;
    this.#kept = { type: "progress", progress };
    if (this.#hasRoom()) this.#sendKept();
  }

  output(stream: "stdout" | "stderr", text: string): void {
    if (this.#hasRoom()) this.#send({ type: "output", stream, text });
  }

  /** Sends what was kept. Progress that is reported later is not heard. */
  end(): void {
    this.#sendKept();
    this.#isEnded = true;
  }

  #sendKept(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) this.#send(kept);
  }

  #send(report: PoolReport): void {
    this.#underWay += 1;
    this.#port.postMessage(report);
  }

  /** Answers are looked for here, because a tool that never yields has no turn in which they could come. */
  #hasRoom(): boolean {
    while (receiveMessageOnPort(this.#port)) this.#underWay -= 1;
    return this.#underWay < MAX_UNDER_WAY;
  }
}
