import type { JobLog } from "./job-log.ts";
import type { LogReader } from "./log-reader.ts";

/**
 * A reader of a log as an async iterator. `read` takes the next item from `reader`.
 *
 * Written by hand, because an async generator costs three times as much for each item. `next()` may be called again before
 * an earlier call has settled: the calls are answered in order.
 *
 * `onEnd` is called once the log has ended and everything was read; what it throws is thrown to the reader.
 */
export class LogIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #reader: LogReader;
  readonly #read: () => T | undefined;
  readonly #onEnd: () => void;
  readonly #stopListening: () => void;
  readonly #waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #closed: boolean = false;

  constructor(log: JobLog, reader: LogReader, read: () => T | undefined, onEnd: () => void) {
    this.#reader = reader;
    this.#read = read;
    this.#onEnd = onEnd;
    this.#stopListening = log.listen(() => this.#deliver());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting.length === 0) {
      const value = this.#read();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      if (this.#reader.ended) return this.#end();
    }
    const waiting = Promise.withResolvers<IteratorResult<T, undefined>>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** Detaches: the stream no longer waits for this reader. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const value = this.#read();
      if (value !== undefined) this.#waiting.shift()?.resolve({ done: false, value });
      else if (this.#reader.ended) this.#waiting.shift()?.resolve(this.#end());
      else return;
    }
  }

  #end(): Promise<IteratorResult<T, undefined>> {
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    this.#close();
    try {
      this.#onEnd();
      return Promise.resolve({ done: true, value: undefined });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    this.#reader.close();
    for (const waiting of this.#waiting.splice(0))
      waiting.resolve({ done: true, value: undefined });
  }
}
