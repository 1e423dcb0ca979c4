import { createHash } from "node:crypto";
import type { StressOptions } from "./arguments.ts";

/** What is done to an agent in the middle of its stream. `atChunk` is how many chunks come before it. */
export type Fault =
  | { readonly type: "none" }
  /** The script ends in an error, or the agent's thread is terminated. */
  | { readonly type: "crash"; readonly by: "error" | "thread"; readonly atChunk: number }
  | { readonly type: "cancel"; readonly atChunk: number }
  /** The script says nothing more, until the deadline between two chunks or a cancel ends it. */
  | { readonly type: "stall"; readonly until: "deadline" | "cancel"; readonly atChunk: number };

/** The parts of a stream at which a script may end: each one needs a script of its own. */
const PARTS = 8;

/**
 * Returns the fault of agent number `agent`. Pure: the same seed and options give the same agent the same fault, however many
 * agents there are.
 */
export function faultOf(
  agent: number,
  { seed, chunks, faults }: Pick<StressOptions, "seed" | "chunks" | "faults">,
): Fault {
  const [which, where, how] = threeNumbers(`${seed} ${agent}`);
  const anywhere = 1 + Math.floor(where * Math.max(1, chunks - 1));
  const part = 1 + Math.floor(where * (PARTS - 1));
  const atPart = Math.max(1, Math.floor((chunks * part) / PARTS));
  if (which < faults.crash) {
    return how < 0.5
      ? { type: "crash", by: "error", atChunk: atPart }
      : { type: "crash", by: "thread", atChunk: anywhere };
  }
  if (which < faults.crash + faults.cancel) return { type: "cancel", atChunk: anywhere };
  if (which < faults.crash + faults.cancel + faults.stall) {
    return { type: "stall", until: how < 0.5 ? "deadline" : "cancel", atChunk: atPart };
  }
  return { type: "none" };
}

/** In a few words, for people. */
export function describeFault(fault: Fault): string {
  switch (fault.type) {
    case "none":
      return "";
    case "crash":
      return `crash (${fault.by}) at chunk ${fault.atChunk}`;
    case "cancel":
      return `cancel at chunk ${fault.atChunk}`;
    case "stall":
      return `stall (until ${fault.until}) at chunk ${fault.atChunk}`;
    default:
      return fault satisfies never;
  }
}

/** From 0 up to 1, and the same for the same words. */
function threeNumbers(words: string): readonly [number, number, number] {
  const digest = createHash("sha256").update(words).digest();
  const number = (at: number): number => digest.readUInt32LE(at) / 4_294_967_296;
  return [number(0), number(4), number(8)];
}
