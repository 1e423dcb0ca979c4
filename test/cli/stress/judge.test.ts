import { describe, expect, test } from "vitest";
import type { Fault } from "../../../src/cli/stress/fault.ts";
import type { Evidence } from "../../../src/cli/stress/judge.ts";
import { judge } from "../../../src/cli/stress/judge.ts";
import { CheckedReader } from "../../../src/cli/stress/reader.ts";
import { StreamText } from "../../../src/cli/stress/stream-text.ts";
import type { ErrorCode, JobEvent, JobOutcome } from "../../../src/index.ts";
import { HeddleError } from "../../../src/index.ts";

const text = new StreamText(10);
const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

const resultOf = (chunks: number) => ({
  text: text.upTo(chunks),
  usage,
  steps: 1,
  finishReason: "stop" as const,
});

type Ending = { readonly status: JobOutcome["status"]; readonly code?: ErrorCode };

const COMPLETED: Ending = { status: "completed" };
const CANCELLED: Ending = { status: "cancelled", code: "JOB_CANCELLED" };

function outcomeOf({ status, code = "INTERNAL" }: Ending, chunks: number): JobOutcome {
  return status === "completed"
    ? { status, result: resultOf(chunks) }
    : { status, partial: resultOf(chunks), error: new HeddleError(code, "so") };
}

function terminalOf({ status, code = "INTERNAL" }: Ending, seq: number): JobEvent {
  const at = { seq, atMs: 0 };
  if (status === "completed") return { ...at, type: status, result: resultOf(0) };
  if (status === "cancelled") return { ...at, type: status, reason: "so", partial: {} };
  return { ...at, type: status, error: { code, message: "so" }, partial: {} };
}

/** What a reader of a job gets that streams `chunks` chunks and then ends. */
function eventsOf(ending: Ending, chunks: number): JobEvent[] {
  const pieces = text.pieces.slice(0, chunks).map(
    (piece, i): JobEvent => ({
      seq: i + 1,
      atMs: 0,
      type: "chunk",
      chunk: { type: "text", text: piece },
    }),
  );
  return [{ seq: 0, atMs: 0, type: "started" }, ...pieces, terminalOf(ending, chunks + 1)];
}

function readerOf(events: readonly JobEvent[]): CheckedReader {
  const reader = new CheckedReader(text, undefined);
  for (const event of events) reader.take(event, 0);
  reader.end();
  return reader;
}

/** A job with `fault` that has ended in that way, and nothing else wrong. */
function evidence(fault: Fault, ending: Ending, chunks: number, more: Partial<Evidence> = {}) {
  return judge(
    {
      fault,
      outcome: outcomeOf(ending, chunks),
      readers: [readerOf(eventsOf(ending, chunks))],
      waited: ending.code ?? "completed",
      struckIn: undefined,
      interrupted: false,
      ...more,
    },
    text,
  );
}

const NONE: Fault = { type: "none" };
const CANCEL: Fault = { type: "cancel", atChunk: 4 };
const ERROR: Fault = { type: "crash", by: "error", atChunk: 4 };
const THREAD: Fault = { type: "crash", by: "thread", atChunk: 4 };
const SILENCE: Fault = { type: "stall", until: "deadline", atChunk: 4 };
const HELD: Fault = { type: "stall", until: "cancel", atChunk: 4 };
const FAILED = (code: ErrorCode): Ending => ({ status: "failed", code });
const running = { struckIn: "running" } as const;
const over = { struckIn: "completed" } as const;

describe("judge()", () => {
  test.each([
    ["a whole stream", NONE, COMPLETED, 10, {}],
    ["a cancel in the stream", CANCEL, CANCELLED, 4, running],
    ["a cancel, and chunks that were under way", CANCEL, CANCELLED, 7, running],
    ["a cancel that came too late", CANCEL, COMPLETED, 10, over],
    ["an error at its place", ERROR, FAILED("PROVIDER_UNAVAILABLE"), 4, {}],
    ["a thread that was terminated", THREAD, CANCELLED, 5, running],
    ["a silence past its deadline", SILENCE, FAILED("CHUNK_TIMEOUT"), 4, {}],
    ["a silence on a slow machine", SILENCE, FAILED("CHUNK_TIMEOUT"), 2, {}],
    ["a silence that was cancelled", HELD, CANCELLED, 4, running],
    ["any fault in a run that was interrupted", ERROR, CANCELLED, 1, { interrupted: true }],
  ])("%s is allowed", (_, fault, ending, chunks, more) => {
    expect(evidence(fault, ending, chunks, more)).toEqual([]);
  });

  test.each([
    ["a stream cut short", NONE, COMPLETED, 9, {}, "completed after 9 chunks"],
    ["a cancel by nobody", NONE, CANCELLED, 3, {}, "cancelled JOB_CANCELLED after 3 chunks"],
    ["a job that outlives its cancel", CANCEL, COMPLETED, 10, running, "completed after 10"],
    ["a cancel of what had ended", CANCEL, CANCELLED, 10, over, "cancelled JOB_CANCELLED"],
    ["an error too early", ERROR, FAILED("PROVIDER_UNAVAILABLE"), 3, {}, "after 3 chunks"],
    ["another error", ERROR, FAILED("GATEWAY_LOST"), 4, {}, "failed GATEWAY_LOST"],
    ["a job that outlives its thread", THREAD, COMPLETED, 10, running, "completed after 10"],
    ["a silence that completes", SILENCE, COMPLETED, 4, {}, "completed after 4"],
    ["chunks from the silence", HELD, CANCELLED, 5, running, "after 5 chunks"],
    ["a deadline of the whole job", NONE, FAILED("JOB_TIMEOUT"), 5, {}, "failed JOB_TIMEOUT"],
  ])("%s is a broken promise", (_, fault, ending, chunks, more, expected) => {
    expect(evidence(fault, ending, chunks, more)).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ["wait() that says something else", { waited: "JOB_CANCELLED" }, "wait() says JOB_CANCELLED"],
    [
      "a text that its readers have not seen",
      { outcome: { status: "completed", result: { ...resultOf(10), text: "other" } } },
      "its text is not what its readers saw",
    ],
    [
      "readers that disagree",
      { readers: [eventsOf(COMPLETED, 10), eventsOf(COMPLETED, 9)].map(readerOf) },
      "its readers saw different logs",
    ],
    [
      "a log that ends in another way than the outcome",
      { readers: [readerOf(eventsOf(CANCELLED, 10))] },
      "its log ends with cancelled",
    ],
  ] as const)("%s is a broken promise", (_, more, expected) => {
    expect(evidence(NONE, COMPLETED, 10, more as Partial<Evidence>)).toEqual([expected]);
  });

  test("what a reader has found is told", () => {
    const readers = [readerOf(eventsOf(COMPLETED, 10).toSpliced(3, 1))];
    expect(evidence(NONE, COMPLETED, 10, { readers })).toContain("seq 4 where 3 was due");
  });
});

describe("CheckedReader", () => {
  const whole = eventsOf(COMPLETED, 10);
  const chunk = (at: number, piece: string): JobEvent[] =>
    whole.map((event) =>
      event.seq === at ? { ...event, type: "chunk", chunk: { type: "text", text: piece } } : event,
    );

  test("finds nothing wrong with a whole log", () => {
    const reader = readerOf(whole);
    expect(reader).toMatchObject({ wrong: undefined, chunks: 10, events: 12 });
    expect(reader.terminal).toBe(whole.at(-1));
  });

  test.each([
    ["an event is missing", whole.toSpliced(5, 1), "seq 6 where 5 was due"],
    ["an event comes twice", whole.toSpliced(5, 0, whole[5] as JobEvent), "seq 5 where 6 was due"],
    ["a chunk has another text", chunk(3, "xx "), 'chunk 3 is "xx ", not "03 "'],
    ["chunks have changed places", chunk(3, "04 "), 'chunk 3 is "04 ", not "03 "'],
    ["there is no terminal event", whole.slice(0, -1), "its events ended without a terminal one"],
    [
      "there are two of them",
      [...whole, terminalOf(CANCELLED, 12)],
      "cancelled after the terminal event",
    ],
  ])("finds that %s", (_, events, expected) => {
    expect(readerOf(events).wrong).toBe(expected);
  });

  test("finds a chunk that no script has", () => {
    const more: JobEvent = {
      seq: 11,
      atMs: 0,
      type: "chunk",
      chunk: { type: "text", text: "11 " },
    };
    const events = [...whole.slice(0, -1), more, terminalOf(COMPLETED, 12)];
    expect(readerOf(events).wrong).toBe('chunk 11 is "11 ", one too many');
  });

  test("notes each chunk's arrival against its place in the schedule", () => {
    const offsetsMs: number[] = [];
    const reader = new CheckedReader(text, { every: 3, intervalMs: 50, offsetsMs });
    for (const event of whole) reader.take(event, 1_000 + 50 * event.seq);
    // The first chunk has seq 1; every third is noted.
    expect(offsetsMs).toEqual([1_050, 1_050, 1_050, 1_050]);
  });
});
