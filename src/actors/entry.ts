import { describe, HeddleError, toWireError } from "../errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorModelCall,
  ActorReport,
} from "../protocol/actor-messages.ts";
import type { ActorRequest } from "../protocol/behavior.ts";
import type { ModelResponse } from "../protocol/model.ts";
import type { CallMessage } from "../transport/calls.ts";
import { Caller, exposeMethods } from "../transport/calls.ts";
import { CancelCell } from "../transport/cancel-cell.ts";
import { captureOutput } from "../transport/output.ts";
import { takeOwnPort } from "../transport/own-port.ts";
import { dropWorkingDirectory } from "../transport/working-directory.ts";
import { BehaviorRunner } from "./behavior-runner.ts";
import { runWorkerLoop } from "./worker-loop.ts";

/** What an actor can call in its supervisor. */
type SupervisorCalls = {
  callModel(call: ActorModelCall): Promise<ModelResponse>;
  act(request: ActorRequest): Promise<unknown>;
};

type RunningJob = {
  readonly jobId: string;
  readonly abort: AbortController;
  /** What the user has said since the job began, the last of it not yet in the conversation. */
  readonly steering: string[];
};

const port = takeOwnPort();
const supervisor = new Caller<SupervisorCalls>(post);
/** What this thread does is cancelled by it; a behaviour, from its start to its end, is work number 1. */
let cancelCell = new CancelCell();
const behavior = new BehaviorRunner(
  (request) => supervisor.call("act", request),
  crash,
  () => cancelCell.isCancelled(1),
);
const onCall = exposeMethods(
  {
    ready: () => {},
    configure,
    run,
    load: behavior.load.bind(behavior),
    handle: behavior.handle.bind(behavior),
    snapshot: behavior.snapshot.bind(behavior),
  },
  post,
);
let config: ActorConfig | undefined;
let running: RunningJob | undefined;

dropWorkingDirectory();
captureOutput((stream, text) => post({ type: "output", stream, text }));

// What an actor dies of is put into plain data here: Node's own way to the parent loses classes, and fails on odd values.
process.on("uncaughtException", crash);

port.on("message", (message: ActorCommand | CallMessage) => {
  switch (message.type) {
    case "call":
      onCall(message.body);
      break;
    case "reply":
      supervisor.deliver(message.body);
      break;
    case "cancel":
      if (running?.jobId === message.jobId) {
        running.abort.abort(new HeddleError("JOB_CANCELLED", message.reason));
      }
      break;
    case "steer":
      if (running?.jobId === message.jobId) running.steering.push(message.text);
      break;
    case "stop":
      behavior.stop(message.reason);
      break;
    case "ping":
      post({ type: "pong" });
      break;
    default:
      message satisfies never;
  }
});

function post(message: ActorReport | CallMessage): void {
  port.postMessage(message);
}

function crash(error: unknown): never {
  const failure = new HeddleError("ACTOR_CRASHED", describe(error), { cause: error });
  post({ type: "crashed", error: toWireError(failure) });
  process.exit(1);
}

/** `cancelled` is the memory of the thread's cell. */
function configure(given: ActorConfig, cancelled: SharedArrayBuffer): void {
  config = given;
  cancelCell = new CancelCell(cancelled);
}

async function run({ jobId, messages, stepsDone, steering: said = [] }: ActorJob): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  const steering = [...said];
  running = { jobId, abort, steering };
  try {
    await runWorkerLoop({
      messages,
      stepsDone,
      maxSteps: config?.maxSteps ?? 1,
      signal,
      steering,
      askModel: (conversation, steered) =>
        abortable(supervisor.call("callModel", { jobId, messages: conversation, steered }), signal),
      onToolFinished: (outcome) => post({ type: "tool-finished", jobId, outcome }),
    });
  } finally {
    running = undefined;
  }
}

/** Rejects as soon as `signal` aborts, whatever `promise` does: the supervisor ends the model call by itself. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
