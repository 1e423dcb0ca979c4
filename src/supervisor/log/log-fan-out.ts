import type { Observable } from "rxjs";
import type { JobEvent } from "../../protocol/job.ts";
import type { ModelResponseChunk } from "../../protocol/model.ts";
import { ContainedObservable } from "../contained-observable.ts";
import { HotSource } from "../hot-source.ts";
import type { JobLog } from "./job-log.ts";
import type { LogReader } from "./log-reader.ts";

/**
 * A log as hot observables: from the moment of subscribing, without replay. They never error; they complete after the
 * terminal event. They hold nothing back: a subscriber is called in the turn in which the event arrives.
 */
export class LogFanOut {
  readonly events$: Observable<JobEvent>;
  readonly chunks$: Observable<ModelResponseChunk>;
  readonly #events = new HotSource<JobEvent>();
  readonly #chunks = new HotSource<ModelResponseChunk>();
  readonly #reader: LogReader;
  #isPumping: boolean = false;

  /** `reader` begins where the log ends now. */
  constructor(log: JobLog, reader: LogReader, report: (error: unknown) => void) {
    this.#reader = reader;
    this.events$ = new ContainedObservable(this.#events.values$, report);
    this.chunks$ = new ContainedObservable(this.#chunks.values$, report);
    if (log.terminal) this.#complete();
    else log.listen(() => this.#pump());
  }

  /** A subscriber may cause an append: that is delivered by the round under way, after what came before it. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    let hasMore: boolean = true;
    while (hasMore) hasMore = this.#events.observed ? this.#pumpEvent() : this.#pumpChunk();
    this.#isPumping = false;
    if (this.#reader.ended) this.#complete();
  }

  #pumpEvent(): boolean {
    const event = this.#reader.readEvent();
    if (!event) return false;
    this.#events.next(event);
    if (event.type === "chunk") this.#chunks.next(event.chunk);
    return true;
  }

  #pumpChunk(): boolean {
    const chunk = this.#reader.readChunk();
    if (chunk) this.#chunks.next(chunk);
    return chunk !== undefined;
  }

  #complete(): void {
    this.#events.complete();
    this.#chunks.complete();
  }
}
