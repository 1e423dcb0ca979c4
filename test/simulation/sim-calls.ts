import type { JobEvent } from "../../src/protocol/job.ts";
import { isHostTool, isIdempotent } from "./tool-kinds.ts";

type CallState = "open" | "asked" | "begun" | "away";

/** The tool calls of a job's last response that have not ended, as its log tells of them. */
export class SimCalls {
  readonly #open = new Map<string, { readonly name: string; state: CallState }>();
  /** When anything has happened last, Unix time in ms. */
  lastMs = 0;

  /** How many wait for a decision. */
  get asked(): number {
    return this.#inState("asked");
  }

  /** Whether nothing of the job's is executed in the actor, which works on `maxParallel` calls at once. */
  isActorWaiting(maxParallel: number): boolean {
    if (this.#open.size === 0 || this.#inState("begun") > 0) return false;
    const waiting = this.#inState("asked") + this.#inState("away");
    return waiting >= Math.min(maxParallel, this.#open.size);
  }

  take(event: JobEvent): void {
    this.lastMs = event.atMs;
    switch (event.type) {
      case "response":
        for (const { id, name } of event.response.toolCalls) {
          this.#open.set(id, { name, state: "open" });
        }
        break;
      case "confirmation-requested":
        this.#enter(event.toolCallId, "asked");
        break;
      case "confirmation-decided":
        this.#enter(event.toolCallId, "open");
        break;
      case "tool-started":
        this.#enter(event.toolCallId, isHostTool(event.toolName) ? "away" : "begun");
        break;
      case "tool-finished":
        this.#open.delete(event.toolCallId);
        break;
      case "restarted":
        for (const call of this.#open.values()) {
          if (call.state === "begun" && isIdempotent(call.name)) call.state = "open";
        }
        break;
      default:
    }
  }

  #enter(id: string, state: CallState): void {
    const call = this.#open.get(id);
    if (call) call.state = state;
  }

  #inState(state: CallState): number {
    return [...this.#open.values()].filter((call) => call.state === state).length;
  }
}
