import process from "node:process";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_CODES;

export type SignalHandlers = {
  /** The first signal: stop in good order. */
  readonly onStop: (signal: StopSignal) => void;
  /** The second one: the process ends as soon as this returns. */
  readonly onKill: () => void;
  /** Whether a thread hangs in a system call: then `process.exit()` would wait for it, and only a signal ends the process. */
  readonly isStuck: () => boolean;
};

/** npm passes on a signal that the terminal had sent to all already: the same one within this time is no second one. */
const ECHO_MS: number = process.env["npm_lifecycle_event"] === undefined ? 0 : 300;

/** Takes SIGINT and SIGTERM from `watch` to `release`; before and after, they end the process as usual. */
export class Signals {
  readonly #handlers: SignalHandlers;
  #first: { readonly signal: StopSignal; readonly atMs: number } | undefined;

  constructor(handlers: SignalHandlers) {
    this.#handlers = handlers;
  }

  /** The first signal that has come. */
  get first(): StopSignal | undefined {
    return this.#first?.signal;
  }

  /** The exit code of an interrupted run; `undefined` if it was not. */
  get exitCode(): number | undefined {
    return this.#first === undefined ? undefined : EXIT_CODES[this.#first.signal];
  }

  watch(): void {
    process.on("SIGINT", this.#take).on("SIGTERM", this.#take);
  }

  release(): void {
    process.off("SIGINT", this.#take).off("SIGTERM", this.#take);
  }

  readonly #take = (signal: StopSignal): void => {
    const nowMs = performance.now();
    if (this.#first === undefined) {
      this.#first = { signal, atMs: nowMs };
      this.#handlers.onStop(signal);
    } else if (signal !== this.#first.signal || nowMs - this.#first.atMs >= ECHO_MS) {
      this.#kill(signal);
    }
  };

  #kill(signal: StopSignal): void {
    this.#handlers.onKill();
    endProcess(EXIT_CODES[signal], this.#handlers.isStuck() ? signal : undefined);
  }
}

/** Ends the process now, whatever runs: with `code`, or by `signal` if one is given. From here on a further signal ends it by itself. */
export function endProcess(code: number, signal: StopSignal | undefined): void {
  process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
  if (signal === undefined) process.exit(code);
  else process.kill(process.pid, signal);
}
