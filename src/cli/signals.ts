import process from "node:process";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_CODES;

export type SignalHandlers = {
  /** The first signal: stop in good order. */
  readonly onStop: (signal: StopSignal) => void;
  /** The second one: the process ends as soon as this returns. */
  readonly onKill: () => void;
  /** Whether a thread may hang in a system call. */
  readonly mayHang: () => boolean;
  /** A second signal within this time is the first one again, as npm passes on what the terminal had sent already. */
  readonly echoMs: number;
};

/** An actor that is just ending is waited for so long. */
const ENDING_MS = 100;

/**
 * Takes SIGINT and SIGTERM from `watch` to `release`; before and after, they end the process as usual.
 *
 * Both `process.exit()` and the natural end wait for a thread that hangs in a system call, for ever. So a process with such a thread
 * ends by a signal that it sends to itself: the one that it was interrupted by, or else SIGTERM.
 */
export class Signals {
  readonly #handlers: SignalHandlers;
  #first: { readonly signal: StopSignal; readonly atMs: number } | undefined;

  constructor(handlers: SignalHandlers) {
    this.#handlers = handlers;
  }

  /** The exit code of an interrupted run; `undefined` if it was not. */
  get exitCode(): number | undefined {
    return this.#first === undefined ? undefined : EXIT_CODES[this.#first.signal];
  }

  watch(): void {
    process.on("SIGINT", this.#take).on("SIGTERM", this.#take).on("exit", this.#exit);
  }

  release(): void {
    process.off("SIGINT", this.#take).off("SIGTERM", this.#take);
  }

  readonly #take = (signal: StopSignal): void => {
    const nowMs = performance.now();
    if (this.#first === undefined) {
      this.#first = { signal, atMs: nowMs };
      this.#handlers.onStop(signal);
    } else if (nowMs - this.#first.atMs >= this.#handlers.echoMs) {
      this.#kill(signal);
    }
  };

  #kill(signal: StopSignal): void {
    this.#handlers.onKill();
    // From here on a further signal ends the process by itself, whatever hangs.
    process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
    this.#end(EXIT_CODES[signal], performance.now() + ENDING_MS);
  }

  #end(exitCode: number, untilMs: number): void {
    const isOver = performance.now() >= untilMs;
    if (isOver || !this.#handlers.mayHang()) process.exit(exitCode);
    setTimeout(() => this.#end(exitCode, untilMs), 10);
  }

  /** When nothing is left to do. */
  readonly #exit = (): void => {
    if (!this.#handlers.mayHang()) return;
    process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
    process.kill(process.pid, this.#first?.signal ?? "SIGTERM");
  };
}
