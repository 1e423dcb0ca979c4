import fc from "fast-check";
import { expect } from "vitest";
import type { JobEvent, JobEventBody } from "../../../src/protocol/job.ts";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { JobStream } from "../../../src/supervisor/log/job-stream.ts";
import { anyRunOfChunks, bytesOf, runOf } from "../../support/arbitraries.ts";

type Body = Exclude<JobEventBody, { type: "chunk" | "lag" }>;
type Kind = "lossless" | "latest" | "chunks";

/** What can happen to a log and those who read it. */
export type Step =
  | { readonly do: "append"; readonly body: Body }
  | { readonly do: "receive"; readonly chunks: readonly ModelResponseChunk[] }
  | { readonly do: "open"; readonly kind: Kind; readonly from: number }
  /** Calls `next()` this often, at once. */
  | { readonly do: "next"; readonly reader: number; readonly count: number }
  | { readonly do: "return"; readonly reader: number }
  /** Lets the promises of all readers settle. */
  | { readonly do: "pause" };

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const response = { text: "", toolCalls: [], finishReason: "stop", usage } as const;
const outcome = { toolCallId: "a", toolName: "b", result: "c", isError: false };
const anyBody = fc.constantFrom<Body>(
  { type: "started" },
  { type: "state", state: "working" },
  { type: "waiting", for: "retry", untilMs: 5 },
  { type: "response", response },
  { type: "tool-finished", ...outcome },
);

/** More chunks than one segment holds. */
const longRun = fc
  .tuple(
    fc.integer({ min: 400, max: 1_300 }),
    fc.constantFrom("text" as const, "tool-call" as const),
  )
  .map(([count, type]) => Array.from({ length: count }, (_, i) => longRunChunk(type, i)));

function longRunChunk(type: "text" | "tool-call", i: number): ModelResponseChunk {
  return type === "text"
    ? { type, text: `${i}é` }
    : { type, index: i, name: `tool ${i}`, argumentsText: `${i}` };
}

export const anyTerminal: fc.Arbitrary<Body> = fc.constantFrom<Body>(
  { type: "completed", result: { text: "", usage, steps: 1, finishReason: "stop" } },
  { type: "cancelled", reason: "why", partial: {} },
  { type: "failed", error: { code: "INTERNAL", message: "x" }, partial: {} },
);

export const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("append" as const), body: anyBody }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("receive" as const), chunks: anyRunOfChunks(40) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("receive" as const), chunks: longRun }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("open" as const),
        kind: fc.constantFrom<Kind>("lossless", "latest", "chunks"),
        from: fc.oneof(fc.constant(0), fc.nat({ max: 60 }), fc.nat({ max: 3_000 })),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("next" as const),
        reader: fc.nat({ max: 9 }),
        count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 100, max: 900 })),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("return" as const), reader: fc.nat({ max: 9 }) }),
    },
    { weight: 2, arbitrary: fc.constant({ do: "pause" as const }) },
  ),
  { maxLength: 30 },
);

type Item = JobEvent | ModelResponseChunk;

type Reader = {
  readonly kind: Kind;
  readonly from: number;
  readonly iterator: AsyncIterableIterator<Item, undefined>;
  readonly results: Promise<IteratorResult<Item, undefined>>[];
  isReturned: boolean;
};

/** A log beside the plain list of what was appended to it. */
export class LogModel {
  readonly stream: JobStream = new JobStream({
    windowBytes: 64,
    maxOutputBytes: Number.MAX_SAFE_INTEGER,
    onHeld: () => {},
    onEvent: () => {},
    onSubscriberFailed: (error) => {
      throw error;
    },
  });
  readonly events: JobEvent[] = [];
  readonly readers: Reader[] = [];
  #atMs = 1_000;

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#do(step);
  }

  append(body: Body): void {
    this.#atMs += 3;
    const event = { seq: this.events.length, atMs: this.#atMs, ...body };
    this.events.push(event);
    expect(this.stream.log.append(body, this.#atMs)).toEqual(event);
  }

  open(kind: Kind, from: number): Reader {
    const iterator =
      kind === "chunks" ? this.stream.chunks(() => {}) : this.stream.events(from, kind);
    const reader: Reader = { kind, from, iterator, results: [], isReturned: false };
    this.readers.push(reader);
    return reader;
  }

  /** Reads `reader` to its end. Returns all it was given, from the first `next()` on. */
  async drain(reader: Reader): Promise<Item[]> {
    const items: Item[] = [];
    for (const { done, value } of await Promise.all(reader.results)) if (!done) items.push(value);
    for await (const item of reader.iterator) items.push(item);
    return items;
  }

  #receive(chunks: readonly ModelResponseChunk[]): void {
    this.#atMs += 3;
    for (const chunk of chunks) {
      this.events.push({ seq: this.events.length, atMs: this.#atMs, type: "chunk", chunk });
    }
    expect(this.stream.receive(runOf(chunks), this.#atMs)).toBe(true);
  }

  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case "append":
        this.append(step.body);
        break;
      case "receive":
        this.#receive(step.chunks);
        break;
      case "open":
        this.open(step.kind, step.from);
        break;
      case "pause":
        await Promise.resolve();
        break;
      default:
        await this.#use(step);
    }
  }

  async #use(step: Extract<Step, { reader: number }>): Promise<void> {
    const reader = this.readers[step.reader % Math.max(1, this.readers.length)];
    if (!reader) return;
    if (step.do === "return") {
      reader.isReturned = true;
      expect(await reader.iterator.return?.()).toEqual({ done: true, value: undefined });
    } else for (let i = 0; i < step.count; i++) reader.results.push(reader.iterator.next());
  }
}

/** The sums that a log keeps and the text it joins, made anew. */
export function expectSums({ stream, events }: LogModel): void {
  const { log } = stream;
  const chunks = events.map((event) => (event.type === "chunk" ? [event.chunk] : []));
  const texts = chunks.map(([chunk]) => (chunk?.type === "text" ? chunk.text : ""));
  let before = 0;
  for (const [seq, chunk] of chunks.entries()) {
    // Not every one: `bytesBefore` counts from the beginning.
    if (seq % 37 === 0) {
      expect(log.bytesBefore(seq)).toBe(before);
      expect(log.textFrom(seq)).toBe(texts.slice(seq).join(""));
    }
    before += bytesOf(chunk);
  }
  expect(log.bytesBefore(events.length)).toBe(before);
  expect(log.textFrom(events.length)).toBe("");
  expect(log.bytesBefore(events.length + 1_000)).toBe(before);
  expect(log.chunkBytes).toBe(before);
  expect(log.nextSeq).toBe(events.length);
}

/** A reader that may skip accounts for all it did not get, and skips chunks only. Returns where it stopped. */
export function expectLagsToFit(
  items: readonly Item[],
  from: number,
  events: readonly JobEvent[],
): number {
  let seq = from;
  for (const item of items as readonly JobEvent[]) {
    if (item.type !== "lag") {
      expect(item).toEqual(events[seq]);
      seq += 1;
      continue;
    }
    expect(item.seq).toBe(seq);
    expect(item.skipped).toBeGreaterThan(0);
    const skipped = events.slice(seq, seq + item.skipped);
    expect(skipped.map((event) => event.type)).toEqual(Array(item.skipped).fill("chunk"));
    seq += item.skipped;
  }
  return seq;
}
