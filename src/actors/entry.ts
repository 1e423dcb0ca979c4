import type { MessagePort } from "node:worker_threads";
import { workerData } from "node:worker_threads";
import { HeddleError, toWireError } from "../errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorModelCall,
  ActorReport,
} from "../protocol/actor-messages.ts";
import type { ModelResponse } from "../protocol/model.ts";
import type { CallMessage } from "../transport/calls.ts";
import { Caller, exposeMethods } from "../transport/calls.ts";
import { captureOutput } from "./output.ts";
import { runWorkerLoop } from "./worker-loop.ts";

/** What an actor can call in its supervisor. */
type SupervisorCalls = { callModel(call: ActorModelCall): Promise<ModelResponse> };

type RunningJob = { readonly jobId: string; readonly abort: AbortController };

const port = takePort();
const supervisor = new Caller<SupervisorCalls>(post);
const onCall = exposeMethods({ ready: () => {}, configure, run }, post);
let config: ActorConfig | undefined;
let running: RunningJob | undefined;

// The permission model leaves the working directory readable: of a process started in "/" that would be everything.
process.permission?.drop("fs.read", process.cwd());
captureOutput((stream, text) => post({ type: "output", stream, text }));

// What an actor dies of is put into plain data here: Node's own way to the parent loses classes, and fails on odd values.
process.on("uncaughtException", (error: unknown) => {
  post({ type: "crashed", error: toWireError(error, "ACTOR_CRASHED") });
  process.exit(1);
});

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
    case "ping":
      post({ type: "pong" });
      break;
    default:
      message satisfies never;
  }
});

/** The port is taken out of `workerData`, so that code loaded later does not find it there. */
function takePort(): MessagePort {
  const data = workerData as { port?: MessagePort };
  const taken = data.port as MessagePort;
  delete data.port;
  return taken;
}

function post(message: ActorReport | CallMessage): void {
  port.postMessage(message);
}

function configure(given: ActorConfig): void {
  config = given;
}

async function run({ jobId, messages, stepsDone }: ActorJob): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  running = { jobId, abort };
  try {
    await runWorkerLoop({
      messages,
      stepsDone,
      maxSteps: config?.maxSteps ?? 1,
      signal,
      askModel: (conversation) =>
        abortable(supervisor.call("callModel", { jobId, messages: conversation }), signal),
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
