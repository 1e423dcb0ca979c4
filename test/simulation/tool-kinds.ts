import type { AnyTool } from "../../src/tools/tool.ts";

/** What a model calls, by the name of the tool. */
export const TOOL_KINDS = [
  /** There is none. */
  "unknown",
  /** In the actor's thread: it shows its progress and ends, when the scheduler lets it. */
  "local",
  "throws",
  /** It may be carried out again. */
  "repeats",
  /** It ends only when it is told to. */
  "listens",
  /** It never ends. */
  "deaf",
  /** Somebody must approve it. */
  "asks",
  "asks-again",
  /** Beside the supervisor; whether it must be approved takes time to tell. */
  "host",
  "host-asks",
  "host-listens",
  "host-deaf",
] as const;

export type ToolKind = (typeof TOOL_KINDS)[number];

const PARAMETERS = {
  type: "object",
  properties: { n: { type: "integer" } },
  required: ["n"],
} as const;

export function isHostTool(name: string): boolean {
  return name.startsWith("host");
}

export function isApproved(name: string): boolean {
  return name.includes("asks");
}

export function isIdempotent(name: string): boolean {
  return name === "repeats" || name === "asks-again";
}

/** Whether it ends although nobody tells it to. */
export function endsByItself(name: string): boolean {
  return !name.endsWith("deaf") && !name.endsWith("listens");
}

/** A tool of a kind, as far as its kind says what it is. */
export function toolOf(name: ToolKind, execute: AnyTool["execute"]): AnyTool {
  return {
    name,
    parameters: PARAMETERS,
    needsApproval: isApproved(name),
    idempotent: isIdempotent(name),
    execute,
  };
}

/** A call that was carried out, as its tool saw it. */
export type Execution = {
  readonly name: string;
  readonly jobId: string;
  readonly toolCallId: string;
  readonly args: unknown;
  /** Undefined: beside the supervisor. */
  readonly threadId: number | undefined;
  readonly atTurn: number;
  isOver: boolean;
};
