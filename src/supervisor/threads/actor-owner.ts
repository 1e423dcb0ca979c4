import type { HeddleError } from "../../errors.ts";
import type { ActorModelCall, ActorReport } from "../../protocol/actor-messages.ts";
import type { ActorRequest } from "../../protocol/behavior.ts";
import type { ModelResponse } from "../../protocol/model.ts";
import type { EndReason } from "./restart-policy.ts";

/** Whose thread it is. */
export type ActorOwner = {
  /** The actor asks the model. */
  onModelCall(call: ActorModelCall): Promise<ModelResponse>;
  onToolFinished(report: Extract<ActorReport, { type: "tool-finished" }>): void;
  /** A behaviour asks for something. It is handed over in the turn in which it arrives. */
  onRequest?(request: ActorRequest): unknown;
  onOutput(stream: "stdout" | "stderr", text: string): void;
  /** Its loop has not turned for so long while it executed actor code. */
  onUnresponsive(forMs: number): void;
  /** After the actor's last message, once. */
  onGone(failure: HeddleError, reason: EndReason): void;
};

export type ActorLimits = {
  readonly heapMb: number;
  readonly unresponsiveMs: number;
  /** How long the thread may take to end once it was terminated. */
  readonly killMs: number;
};
