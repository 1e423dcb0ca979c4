import type {
  ErrorCode,
  JobEventOtherThanChunk,
  Session,
  SessionEvent,
  SupervisorEvent,
  WireError,
} from "../../index.ts";
import { isAgent } from "../tenant-desk.ts";
import type { Instruments } from "./instruments.ts";
import type { Meter } from "./meter.ts";

/** What an actor dies of. There from the start, so that a rate can be drawn of the first one. */
const DEATHS = [
  "ACTOR_CRASHED",
  "ACTOR_EXITED",
  "ACTOR_OUT_OF_MEMORY",
  "ACTOR_UNRESPONSIVE",
  "ACTOR_FLOODED",
] as const satisfies readonly ErrorCode[];

type Failure = { readonly code: ErrorCode; readonly cause?: unknown };

/** What goes wrong in actors' threads and in gateways. */
export function actorMetrics(instruments: Instruments): Meter {
  const failures = instruments.counter(
    "actor_failures_total",
    "Actors that died while they had something to do, by code: ACTOR_OUT_OF_MEMORY was ended by the heap guard, ACTOR_FLOODED for sending too much, ACTOR_UNRESPONSIVE because its loop stood still.",
    ["code"],
  );
  const restarts = instruments.counter(
    "actor_restarts_total",
    "Actors that were started again, by the code of what they had died of.",
    ["code"],
  );
  const unresponsive = instruments.counter(
    "actor_unresponsive_total",
    "How often an actor's loop was found to stand still, whether or not the actor was ended for it.",
  );
  const subscribers = instruments.counter(
    "subscriber_failures_total",
    "Failures of subscribers to Heddle's observables.",
  );
  const stuckTools = instruments.counter(
    "tools_stuck_total",
    "Host tools that did not stop in time and were written off.",
  );
  const losses = instruments.counter("gateway_losses_total", "Gateway threads that have died.", [
    "gateway",
  ]);
  const lostCalls = instruments.counter(
    "gateway_lost_calls_total",
    "Model calls under way in a gateway that has died: sent again, or failed with GATEWAY_LOST.",
    ["gateway", "outcome"],
  );
  for (const code of DEATHS) failures.inc({ code }, 0);
  for (const code of DEATHS) restarts.inc({ code }, 0);

  const died = (failure: Failure | undefined) => {
    const code = failure && deathOf(failure);
    if (code) failures.inc({ code });
  };
  const restarted = (failure: Failure | undefined) => {
    if (failure) restarts.inc({ code: failure.code });
    died(failure);
  };
  const onJobEvent = (event: JobEventOtherThanChunk) => {
    if (event.type === "restarted") restarted(event.failure);
    else if (event.type === "failed") died(event.error);
  };
  const onSessionEvent = (event: SessionEvent, session: Session) => {
    if (event.type !== "worker-state") return;
    const worker = session.workers.get(event.workerId);
    // An agent's deaths are told in the logs of its jobs.
    if (!worker || isAgent(worker)) return;
    if (event.state === "restarting") restarted(worker.lastFailure);
    else if (event.state === "failed") died(worker.lastFailure);
  };
  const onSupervisorEvent = (event: SupervisorEvent) => {
    switch (event.type) {
      case "actor-unresponsive":
        unresponsive.inc();
        break;
      case "subscriber-failed":
        subscribers.inc();
        break;
      case "tool-stuck":
        stuckTools.inc();
        break;
      case "gateway-lost": {
        const { gateway, resent, failed } = event;
        losses.inc({ gateway });
        lostCalls.inc({ gateway, outcome: "resent" }, resent);
        lostCalls.inc({ gateway, outcome: "failed" }, failed);
        break;
      }
      // Counted at each reading, from the supervisor's state.
      case "thread-stuck":
      case "gateway-restarted":
      case "breaker-opened":
      case "breaker-closed":
      case "session-opened":
      case "session-closed":
        break;
      default:
        event satisfies never;
    }
  };
  return {
    onJobEvent: (_tracked, event) => onJobEvent(event),
    onSessionEvent,
    onSupervisorEvent,
    // Those that nothing has happened to are there, too.
    onScrape: ({ gateways }) => {
      for (const { name: gateway } of gateways) losses.inc({ gateway }, 0);
    },
  };
}

/** The last death is the cause of a job that ends because there were too many. */
function deathOf({ code, cause }: Failure): ErrorCode | undefined {
  const known: readonly ErrorCode[] = DEATHS;
  if (known.includes(code)) return code;
  return code === "RESTART_LIMIT" && isFailure(cause) ? deathOf(cause) : undefined;
}

function isFailure(cause: unknown): cause is WireError {
  return typeof cause === "object" && cause !== null && "code" in cause;
}
