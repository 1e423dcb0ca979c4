import type { JobOutcome, JobState } from "../../index.ts";
import type { Fault } from "./fault.ts";
import type { CheckedReader } from "./reader.ts";
import type { StreamText } from "./stream-text.ts";

/** What is known of an agent's job once it has ended. */
export type Evidence = {
  readonly fault: Fault;
  readonly outcome: JobOutcome;
  readonly readers: readonly CheckedReader[];
  /** "completed", or the code of the error that `wait()` has rejected with. */
  readonly waited: string;
  /** The job's state when it was cancelled or its thread terminated; undefined if neither was done. */
  readonly struckIn: JobState | undefined;
  /** The whole run was interrupted. */
  readonly interrupted: boolean;
};

/** Returns the promises that were broken, in words. Pure. */
export function judge(evidence: Evidence, text: StreamText): string[] {
  const { outcome, readers, waited } = evidence;
  const [first] = readers;
  const chunks = first?.chunks ?? 0;
  const result = outcome.status === "completed" ? outcome.result : outcome.partial;
  const ending = endingOf(outcome);
  const rules: readonly (readonly [boolean, string])[] = [
    [readers.every(({ events }) => events === first?.events), "its readers saw different logs"],
    [first?.terminal?.type === outcome.status, `its log ends with ${first?.terminal?.type}`],
    [waited === (outcome.error?.code ?? "completed"), `wait() says ${waited}`],
    [(result.text ?? "") === text.upTo(chunks), "its text is not what its readers saw"],
    [isAllowed(evidence, chunks, text.pieces.length), `${ending} after ${chunks} chunks`],
  ];
  const wrong = new Set(readers.flatMap((reader) => reader.wrong ?? []));
  return [...wrong, ...rules.filter(([holds]) => !holds).map(([, what]) => what)];
}

/** As "completed" or "failed CHUNK_TIMEOUT". */
export function endingOf({ status, error }: JobOutcome): string {
  return error === undefined ? status : `${status} ${error.code}`;
}

function isAllowed(evidence: Evidence, chunks: number, all: number): boolean {
  const ending = endingOf(evidence.outcome);
  if (ending === CANCELLED && evidence.interrupted) return true;
  const { ending: due, least, most } = expectedOf(evidence, all);
  return ending === due && chunks >= least && chunks <= most;
}

/** How a job must end, and between how many chunks. */
type Expected = { readonly ending: string; readonly least: number; readonly most: number };

function expectedOf({ fault, struckIn }: Evidence, all: number): Expected {
  const whole = { ending: "completed", least: all, most: all };
  if (fault.type === "none") return whole;
  const { atChunk } = fault;
  // What had ended before it was struck has ended as if it had not been.
  const struck = struckIn === "running" ? { ending: CANCELLED, least: atChunk, most: all } : whole;
  switch (fault.type) {
    case "cancel":
      return struck;
    case "crash":
      return fault.by === "thread"
        ? struck
        : { ending: UNAVAILABLE, least: atChunk, most: atChunk };
    case "stall":
      // A machine that is too slow for the rate may let the deadline pass before the stall.
      return fault.until === "deadline"
        ? { ending: TIMED_OUT, least: 1, most: atChunk }
        : { ending: CANCELLED, least: atChunk, most: atChunk };
    default:
      return fault satisfies never;
  }
}

const CANCELLED = "cancelled JOB_CANCELLED";
const TIMED_OUT = "failed CHUNK_TIMEOUT";
const UNAVAILABLE = "failed PROVIDER_UNAVAILABLE";
