import process from "node:process";
import type { Supervisor } from "../index.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_CODES;

export type SignalHandlers = {
  /** The first signal: stop in good order. */
  readonly onStop: (signal: StopSignal) => void;
  /** The second one: the process ends as soon as this returns. */
  readonly onKill: () => void;
  /** Whether a thread may hang in a system call. */
  readonly mayHang: () => boolean;
};

/** npm passes on a signal that the terminal had sent to all already: the same one within this time is no second one. */
const ECHO_MS: number = process.env["npm_lifecycle_event"] === undefined ? 0 : 300;
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
  #first: StopSignal | undefined;
  #last: { readonly signal: StopSignal; readonly atMs: number } | undefined;

  constructor(handlers: SignalHandlers) {
    this.#handlers = handlers;
  }

  /** The first signal that has come. */
  get first(): StopSignal | undefined {
    return this.#first;
  }

  /** The exit code of an interrupted run; `undefined` if it was not. */
  get exitCode(): number | undefined {
    return this.#first === undefined ? undefined : EXIT_CODES[this.#first];
  }

  watch(): void {
    process.on("SIGINT", this.#take).on("SIGTERM", this.#take).on("exit", this.#exit);
  }

  release(): void {
    process.off("SIGINT", this.#take).off("SIGTERM", this.#take);
  }

  /** Does as if the signal had come: a terminal whose keys are read one by one sends none. */
  raise(signal: StopSignal): void {
    this.#take(signal);
  }

  /** What was to stop has stopped, and the rest goes on: the next signal is the first one again. */
  forget(): void {
    this.#first = undefined;
  }

  readonly #take = (signal: StopSignal): void => {
    const last = this.#last;
    const atMs = performance.now();
    if (signal === last?.signal && atMs - last.atMs < ECHO_MS) return;
    this.#last = { signal, atMs };
    if (this.#first === undefined) {
      this.#first = signal;
      this.#handlers.onStop(signal);
    } else this.#kill(signal);
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
    process.kill(process.pid, this.#first ?? "SIGTERM");
  };
}

/** Whether a thread of the supervisor's may hang in a system call. */
export function mayHang(supervisor: Supervisor): boolean {
  const { stuck, executing } = supervisor.inspect().threads;
  return stuck > 0 || executing > 0;
}
