import type { ActorConfig, ActorJob } from "../../protocol/actor-messages.ts";
import type { BehaviorCalls } from "../../protocol/behavior.ts";
import type { LoadedTools, ToolModule } from "../../protocol/tool.ts";

/** What the supervisor can call in an actor thread. */
export type ActorCalls = {
  ready(): Promise<void>;
  configure(config: ActorConfig, cancelled: SharedArrayBuffer): Promise<void>;
  loadTools(modules: readonly ToolModule[]): Promise<LoadedTools>;
  /** Settles when the job's loop has ended. */
  run(job: ActorJob): Promise<void>;
} & BehaviorCalls;
