import { describe, fromWireError, HeddleError } from "../../errors.ts";
import type { ErrorCode, WireError } from "../../protocol/error.ts";
import type { EndReason } from "./restart-policy.ts";
import type { ThreadExit } from "./thread.ts";

/** Why an actor's thread has ended, as far as anybody knows. */
export type ActorEnd = {
  readonly exit: ThreadExit;
  /** What the actor itself said it dies of: bounded and readable, unlike what Node makes of it. */
  readonly lastWords: WireError | undefined;
  /** Why the supervisor ended it, if it did. */
  readonly killedFor: HeddleError | undefined;
};

/**
 * The failure of an actor whose thread has ended.
 *
 * | the thread | code |
 * |---|---|
 * | was ended for a reason | that reason's |
 * | threw, or left a rejection unhandled | `ACTOR_CRASHED` |
 * | ran out of memory | `ACTOR_OUT_OF_MEMORY` |
 * | called `process.exit()` | `ACTOR_EXITED` |
 *
 * A cause that was readable in the actor is readable here.
 */
export function failureOf({ exit, lastWords, killedFor }: ActorEnd): HeddleError {
  if (killedFor) return killedFor;
  const { exitCode, error } = exit;
  const details = { exitCode };
  if (lastWords) {
    const cause = fromWireError(lastWords);
    const message = `the actor crashed: ${cause.message}`;
    return new HeddleError("ACTOR_CRASHED", message, { cause: cause.cause ?? cause, details });
  }
  if (error === undefined) {
    const message = `the actor's thread ended itself with exit code ${exitCode}`;
    return new HeddleError("ACTOR_EXITED", message, { details });
  }
  const code = codeOf(error);
  return new HeddleError(code, `the actor crashed: ${describe(error)}`, { cause: error, details });
}

/** How the restart policy sees it. */
export function endReasonOf({ exit, lastWords, killedFor }: ActorEnd): EndReason {
  const isNormal = !killedFor && !lastWords && exit.error === undefined && exit.exitCode === 0;
  return isNormal ? "normal" : "failure";
}

function codeOf(error: unknown): ErrorCode {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return code === "ERR_WORKER_OUT_OF_MEMORY" ? "ACTOR_OUT_OF_MEMORY" : "ACTOR_CRASHED";
}
