import { HeddleError } from "../../errors.ts";
import type { Delivery } from "../../protocol/behavior.ts";
import { checkMessageName, checkNumber, DEADLINE_MS } from "../check.ts";
import type { Society } from "./society.ts";

export type TellRequest = Delivery & { readonly to: string };
export type AskRequest = TellRequest & { readonly timeoutMs?: number };

/**
 * Tells another worker what code in an actor has to say. To one who is not there it is a dead letter: who only tells need not know who
 * lives. The message is queued before this returns.
 */
export function tellFrom(
  society: Society,
  { to, name, message }: TellRequest,
): Promise<void> | undefined {
  checkMessageName(name);
  const { post } = society;
  const target = society.find(String(to));
  if (target && target.endReason === undefined) return post.tell(target, name, message, "actor");
  const reason = target ? "WORKER_STOPPED" : "UNKNOWN_WORKER";
  post.lost(target?.name ?? String(to), { name, message }, reason);
  return undefined;
}

/** Asks another worker for the worker `selfId`. @throws {HeddleError} `UNKNOWN_WORKER`, `ASK_SELF`, `INVALID_INPUT`. */
export function askFrom(
  society: Society,
  selfId: string,
  { to, name, message, timeoutMs }: AskRequest,
): Promise<unknown> {
  checkMessageName(name);
  checkNumber("timeoutMs", timeoutMs, DEADLINE_MS, "INVALID_INPUT");
  const target = society.find(String(to));
  if (!target) {
    throw new HeddleError("UNKNOWN_WORKER", `the session has no worker "${String(to)}"`);
  }
  if (target.id === selfId) {
    throw new HeddleError("ASK_SELF", "a worker that asks itself would wait for ever");
  }
  return society.post.ask(target, name, message, "actor", timeoutMs);
}
