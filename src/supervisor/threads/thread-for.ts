import { HeddleError } from "../../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { WorkerSettings } from "../workers/worker-settings.ts";
import type { ActorOwner } from "./actor-owner.ts";
import type { ActorThread } from "./actor-thread.ts";
import type { ThreadSupply } from "./worker-thread.ts";
import { WorkerThread } from "./worker-thread.ts";

export type OutputListener = (stream: "stdout" | "stderr", text: string) => void;

/** What the thread of a worker of either kind must know of it. */
export type ThreadedWorker = {
  readonly id: string;
  readonly name: string;
  readonly settings: Pick<
    WorkerSettings,
    | "profile"
    | "heapMb"
    | "unresponsiveMs"
    | "whenUnresponsive"
    | "restart"
    | "parkAfterMs"
    | "killMs"
    | "maxSteps"
    | "maxParallelToolCalls"
    | "maxToolResultBytes"
    | "maxToolMediaBytes"
  >;
  readonly supply: ThreadSupply;
  readonly runtime: Runtime;
  readonly onOutput: OutputListener;
};

/** The thread of a worker. It is ended or reported when it does not respond, as the worker's settings say. */
export function threadFor(
  { id, name, settings, supply, runtime, onOutput }: ThreadedWorker,
  owner: Omit<ActorOwner, "onOutput" | "onUnresponsive">,
  beforeParking?: (thread: ActorThread) => Promise<boolean>,
): WorkerThread {
  const { profile, heapMb, unresponsiveMs, whenUnresponsive } = settings;
  const { restart, parkAfterMs, killMs } = settings;
  const { maxSteps, maxParallelToolCalls, maxToolResultBytes, maxToolMediaBytes } = settings;
  const onUnresponsive = (forMs: number) => {
    runtime.report({ type: "actor-unresponsive", workerId: id, name, forMs });
    if (whenUnresponsive !== "kill") return;
    const message = `the actor's loop has not turned for ${Math.round(forMs)} ms`;
    thread.kill(new HeddleError("ACTOR_UNRESPONSIVE", message, { details: { forMs } }));
  };
  const thread = new WorkerThread({
    ...supply,
    config: {
      workerId: id,
      workerName: name,
      ...{ maxSteps, maxParallelToolCalls, maxToolResultBytes, maxToolMediaBytes },
    },
    profile,
    limits: { heapMb, unresponsiveMs, killMs },
    restart,
    parkAfterMs,
    runtime,
    owner: { ...owner, onOutput, onUnresponsive },
    ...(beforeParking ? { beforeParking } : {}),
  });
  return thread;
}
