import type { Observable } from "rxjs";
import { Subject } from "rxjs";
import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import { ContainedObservable } from "../contained-observable.ts";
import type { Runtime } from "../runtime.ts";
import type { Addressee, DeadLetter, Letter } from "./letter.ts";

export const ASK_TIMEOUT_MS = 5_000;

type Sender = Letter["from"];

/** Carries messages between a session's workers, and from its host to them. */
export class PostOffice {
  readonly deadLetters$: Observable<DeadLetter>;
  readonly #deadLetters = new Subject<DeadLetter>();
  readonly #clock: Clock;

  constructor(runtime: Runtime) {
    this.#clock = runtime.clock;
    this.deadLetters$ = new ContainedObservable(this.#deadLetters, (error) =>
      runtime.report({ type: "subscriber-failed", error }),
    );
  }

  /** Settles when the message is queued. Its rejection need not be handled. */
  tell(to: Addressee, name: string, message: unknown, from: Sender): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    to.accept({
      name,
      message,
      from,
      isAsk: false,
      deadlineMs: Number.POSITIVE_INFINITY,
      onQueued: resolve,
      onReply: () => {},
      onFailed: reject,
    });
    return promise;
  }

  /** The reply. Its rejection need not be handled. */
  ask(
    to: Addressee,
    name: string,
    message: unknown,
    from: Sender,
    timeoutMs: number = ASK_TIMEOUT_MS,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let timer: Timer | undefined;
    const settled = () => timer?.cancel();
    promise.then(settled, settled);
    timer = this.#clock.setTimer(timeoutMs, () => reject(askTimeout(to, name, timeoutMs)));
    to.accept({
      name,
      message,
      from,
      isAsk: true,
      deadlineMs: this.#clock.monotonicMs() + timeoutMs,
      onQueued: () => {},
      onReply: resolve,
      onFailed: reject,
    });
    return promise;
  }

  /** Nobody has handled the message, or will. */
  lost(to: string, { name, message }: Pick<Letter, "name" | "message">, reason: ErrorCode): void {
    this.#deadLetters.next({ to, name, message, reason });
  }

  close(): void {
    this.#deadLetters.complete();
  }
}

function askTimeout({ name: worker }: Addressee, name: string, timeoutMs: number): HeddleError {
  const message = `worker "${worker}" has not replied to "${name}" within ${timeoutMs} ms`;
  return new HeddleError("ASK_TIMEOUT", message, { details: { timeoutMs } });
}
