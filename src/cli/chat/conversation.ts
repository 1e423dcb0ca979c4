import type { Message, Session, Worker, WorkerJob, WorkerOptions } from "../../index.ts";

/** An agent and what was said to it. The agent is replaced when it has failed for good, or is to forget. */
export class Conversation {
  readonly #session: Session;
  readonly #options: WorkerOptions;
  #worker: Worker;

  /** @throws {HeddleError} what `createWorker` throws. */
  constructor(session: Session, options: WorkerOptions) {
    this.#session = session;
    this.#options = options;
    this.#worker = session.createWorker(options);
  }

  get transcript(): readonly Message[] {
    return this.#worker.transcript;
  }

  /** @throws {HeddleError} what `session.run` throws. */
  async say(prompt: string): Promise<WorkerJob> {
    const { state, transcript } = this.#worker;
    if (state === "failed" || state === "stopped") await this.#begin(transcript);
    return this.#session.run(this.#worker, { prompt });
  }

  /** Forgets all that was said. */
  async clear(): Promise<void> {
    await this.#begin([]);
  }

  async #begin(transcript: readonly Message[]): Promise<void> {
    await this.#worker.stop();
    this.#worker = this.#session.createWorker({ ...this.#options, transcript });
  }
}
