import type {
  AnyTool,
  ConfirmationRequest,
  JobEvent,
  ScriptedToolCall,
  Session,
  ToolOutcome,
  WorkerJob,
} from "../../src/index.ts";
import { collect } from "./supervisors.ts";

/** A module of tools among the fixtures. */
export function toolsOf(name: string): URL {
  return new URL(`../fixtures/tools/${name}.js`, import.meta.url);
}

/** A model that calls these tools at once, and then is done. */
export function callsOf(...toolCalls: ScriptedToolCall[]) {
  return [{ toolCalls }, { text: "done" }];
}

export type EventOf<T extends JobEvent["type"]> = Extract<JobEvent, { type: T }>;

/** All events of one type, once the job has ended. */
export async function eventsOf<T extends JobEvent["type"]>(
  job: WorkerJob,
  type: T,
): Promise<EventOf<T>[]> {
  const events = await collect(job.events());
  return events.filter((event): event is EventOf<T> => event.type === type);
}

/** How the tool calls of the job have ended, in the order of their ends. */
export async function outcomesOf(job: WorkerJob): Promise<ToolOutcome[]> {
  return await eventsOf(job, "tool-finished");
}

/** Resolves with the first event of this type. */
export async function reachesEvent<T extends JobEvent["type"]>(
  job: WorkerJob,
  type: T,
): Promise<EventOf<T>> {
  for await (const event of job.events()) if (event.type === type) return event as EventOf<T>;
  throw new Error(`the job has ended without an event of type ${type}`);
}

/** Follows a session's confirmations: what is asked waits until it is taken. */
export class Inbox {
  readonly #requests: ConfirmationRequest[] = [];
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(session: Session) {
    session.confirmations$.subscribe((request) => {
      this.#requests.push(request);
      this.#arrived.resolve();
    });
  }

  async next(): Promise<ConfirmationRequest> {
    for (;;) {
      const request = this.#requests.shift();
      if (request) return request;
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
  }
}

/** A host tool that needs approval and notes what it is called with. */
export function guarded(
  called: unknown[],
  options: Partial<AnyTool> = {},
): { readonly hostTools: readonly AnyTool[] } {
  const tool: AnyTool = {
    name: "send",
    parameters: {
      type: "object",
      properties: { to: { type: "string" }, text: { type: "string" } },
      required: ["to"],
      additionalProperties: false,
    },
    needsApproval: true,
    execute: (args: unknown) => {
      called.push(args);
      return "sent";
    },
    ...options,
  };
  return { hostTools: [tool] };
}
