import type { HeddleError } from "../../errors.ts";

/** A message on its way to a worker. */
export type Letter = {
  readonly name: string;
  readonly message: unknown;
  /** Who sent it. Only the host can wait for room in a mailbox; the supervisor's own is never refused. */
  readonly from: "host" | "actor" | "supervisor";
  readonly isAsk: boolean;
  /** On the monotonic clock: nobody waits for a reply after it. */
  readonly deadlineMs: number;
  readonly onQueued: () => void;
  readonly onReply: (reply: unknown) => void;
  /** It was refused, or its handling has failed. Nothing of it is called after that. */
  readonly onFailed: (error: HeddleError) => void;
};

/** A message that nobody has handled. */
export type DeadLetter = {
  /** The name of the worker; what was given in its place, if there is no such worker. */
  readonly to: string;
  readonly name: string;
  readonly message: unknown;
  /** A code: `UNKNOWN_WORKER`, `UNKNOWN_MESSAGE`, `WORKER_STOPPED`, or what the worker has died of. */
  readonly reason: string;
};

/** Who can be written to. */
export type Addressee = {
  readonly id: string;
  readonly name: string;
  /** Takes the letter, or fails it. Never throws. */
  accept(letter: Letter): void;
};
