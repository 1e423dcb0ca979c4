import type { Supervisor, SupervisorEvent } from "../index.ts";
import type { ServerLogger } from "./log.ts";

/** Logs what happens to the supervisor itself, until the returned function is called. */
export function logSupervisor(supervisor: Supervisor, log: ServerLogger): () => void {
  const subscription = supervisor.events$.subscribe((event) => tell(event, log));
  return () => subscription.unsubscribe();
}

function tell(event: SupervisorEvent, log: ServerLogger): void {
  switch (event.type) {
    case "session-opened":
    case "session-closed":
      log.debug({ session: event.session }, event.type.replace("-", " "));
      break;
    case "gateway-lost": {
      const { gateway, error: err, resent, failed } = event;
      log.error({ gateway, err, resent, failed }, "gateway lost");
      break;
    }
    case "gateway-restarted":
      log.info({ gateway: event.gateway }, "gateway restarted");
      break;
    case "breaker-opened": {
      const { provider, error: err } = event;
      log.error({ provider, err }, "provider is passed over");
      break;
    }
    case "breaker-closed":
      log.info({ provider: event.provider }, "provider answers again");
      break;
    case "actor-unresponsive": {
      const { workerId: worker, name, forMs } = event;
      log.warn({ worker, name, forMs }, "actor unresponsive");
      break;
    }
    case "tool-stuck": {
      const { workerId: worker, name, tool } = event;
      log.warn({ worker, name, tool }, "tool stuck");
      break;
    }
    case "thread-stuck":
      log.error({ thread: event.thread, threadId: event.threadId }, "thread stuck");
      break;
    case "subscriber-failed":
      log.error({ err: event.error }, "subscriber failed");
      break;
    default:
      event satisfies never;
  }
}
