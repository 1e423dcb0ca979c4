import { describe, HeddleError, toWireError } from "../errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorReport,
} from "../protocol/actor-messages.ts";
import type { ActorRequest, BehaviorStart } from "../protocol/behavior.ts";
import type { JobCalls, LoadedTools, ToolEnd, ToolModule } from "../protocol/tool.ts";
import { orAborted } from "../transport/aborted.ts";
import type { CallMessage } from "../transport/calls.ts";
import { Caller, exposeMethods } from "../transport/calls.ts";
import { CancelCell } from "../transport/cancel-cell.ts";
import { captureOutput } from "../transport/output.ts";
import { takeOwnPort } from "../transport/own-port.ts";
import { dropWorkingDirectory } from "../transport/working-directory.ts";
import { BehaviorRunner } from "./behavior-runner.ts";
import type { CallingJob, ToolRunner } from "./tool-runner.ts";
import type { OpenCall } from "./worker-loop.ts";
import { runWorkerLoop } from "./worker-loop.ts";

/** What an actor can call in its supervisor. */
type SupervisorCalls = JobCalls & { act(request: ActorRequest): Promise<unknown> };

type RunningJob = {
  readonly jobId: string;
  readonly abort: AbortController;
  /** What the user has said since the job began, the last of it not yet in the conversation. */
  readonly steering: string[];
};

const port = takeOwnPort();
const supervisor = new Caller<SupervisorCalls>(post);
/** What this thread does is cancelled by it: jobs by their `work`; a behaviour, from its start to its end, is work number 1. */
let cancelCell = new CancelCell();
const behavior = new BehaviorRunner(
  (request) => supervisor.call("act", request),
  crash,
  () => cancelCell.isCancelled(1),
);
/** Undefined: the thread has no tools, and none of what it takes to carry them out. */
let tools: ToolRunner | undefined;
const onCall = exposeMethods(
  {
    ready: () => {},
    configure,
    loadTools,
    run,
    load: async (start: BehaviorStart) => {
      await restrict();
      await behavior.load(start);
    },
    handle: behavior.handle.bind(behavior),
    snapshot: behavior.snapshot.bind(behavior),
  },
  post,
);
let restricted: Promise<void> | undefined;
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
    case "exec-output":
      tools?.execOutputs.deliver(message.exec, message.stream, message.text);
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

/** Before code of a user is loaded. Most threads load none. */
function restrict(): Promise<void> {
  restricted ??= import("../transport/restrict-thread.ts").then(({ restrictThread }) =>
    restrictThread(),
  );
  return restricted;
}

async function loadTools(modules: readonly ToolModule[]): Promise<LoadedTools> {
  await restrict();
  const { ToolRunner } = await import("./tool-runner.ts");
  tools = new ToolRunner(supervisor as unknown as Caller<JobCalls>);
  return await tools.load(modules);
}

/** Here, or where the tool is. */
async function callTool(open: OpenCall, job: CallingJob): Promise<ToolEnd> {
  if (tools) return await tools.call(open, job);
  const { jobId, signal } = job;
  return await orAborted(supervisor.call("callHostTool", { jobId, index: open.index }), signal);
}

async function run(job: ActorJob): Promise<void> {
  const { jobId, work, context, maxSteps = config?.maxSteps ?? 1, steering: said = [] } = job;
  const abort = new AbortController();
  const { signal } = abort;
  const steering = [...said];
  const isCancelled = () => cancelCell.isCancelled(work);
  const { maxParallelToolCalls = 1, maxToolResultBytes = 0, maxToolMediaBytes = 0 } = config ?? {};
  const limits = { maxBytes: maxToolResultBytes, maxMediaBytes: maxToolMediaBytes };
  const caller = { jobId, context, signal, isCancelled, limits };
  running = { jobId, abort, steering };
  try {
    await runWorkerLoop({
      ...job,
      maxSteps,
      maxParallelToolCalls,
      signal,
      steering,
      askModel: (messages, steered) =>
        orAborted(supervisor.call("callModel", { jobId, messages, steered }), signal),
      callTool: (open) => callTool(open, caller),
      onToolFinished: ({ index }, end) => post({ type: "tool-finished", jobId, index, end }),
    });
  } finally {
    running = undefined;
  }
}
