import fc from "fast-check";
import { expect } from "vitest";
import type { JobEvent } from "../../../src/protocol/job.ts";
import { JobStream } from "../../../src/supervisor/log/job-stream.ts";
import type { LogIterator } from "../../../src/supervisor/log/log-iterator.ts";
import { textRun } from "../../support/arbitraries.ts";

/** What can happen between a gateway that keeps to its demand and readers that do as they like. */
export type Step =
  | { readonly do: "send"; readonly texts: readonly string[] }
  | { readonly do: "read"; readonly reader: number; readonly count: number }
  | { readonly do: "open"; readonly from: "start" | "now" | "future"; readonly isLossless: boolean }
  | { readonly do: "close"; readonly reader: number }
  /** The model call ends, and the next one begins. */
  | { readonly do: "call" };

const anyTexts = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), {
  minLength: 1,
  maxLength: 4,
});

export const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("send" as const), texts: anyTexts }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("read" as const),
        reader: fc.nat({ max: 4 }),
        count: fc.integer({ min: 1, max: 30 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("open" as const),
        from: fc.constantFrom("start" as const, "now" as const, "future" as const),
        isLossless: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("close" as const), reader: fc.nat({ max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ do: "call" as const }) },
  ),
  { maxLength: 60 },
);

type Reader = {
  readonly iterator: LogIterator<JobEvent>;
  readonly isLossless: boolean;
  /** The seq of its next event. */
  at: number;
};

/** A job's stream with a sender that never sends more than it may, and a count of its own of who has read what. */
export class ModelSender {
  readonly windowBytes: number;
  readonly stream: JobStream;
  /** In the order in which they were given, for the call under way. */
  readonly grants: number[] = [];
  isHeld = false;
  #readers: Reader[] = [];
  readonly #sizes: number[] = [];
  #sentBytes = 0;
  #callBase = 0;
  #demand = 0;
  /** The highest line up to which any reader ever allowed to send. */
  #allowed = 0;

  constructor(windowBytes: number) {
    this.windowBytes = windowBytes;
    this.stream = new JobStream({
      windowBytes,
      maxOutputBytes: Number.MAX_SAFE_INTEGER,
      onHeld: (isHeld) => {
        expect(isHeld).not.toBe(this.isHeld);
        this.isHeld = isHeld;
      },
      onSubscriberFailed: () => {},
      onEvent: () => {},
    });
    this.#openCall();
  }

  get hasRoom(): boolean {
    return this.#sentBytes - this.#callBase < this.#demand;
  }

  get hasLosslessReader(): boolean {
    return this.#readers.some(({ isLossless }) => isLossless);
  }

  async run(steps: readonly Step[], afterEach: () => void): Promise<void> {
    for (const step of steps) {
      await this.#do(step);
      this.#noteAllowed();
      afterEach();
    }
  }

  /** All lossless readers read what there is. */
  async catchUp(): Promise<void> {
    for (const reader of this.#readers) {
      if (reader.isLossless) await this.#read(reader, Number.POSITIVE_INFINITY);
    }
  }

  /** Sends one chunk, whether it may or not. */
  send(text: string): void {
    this.#sizes.push(Buffer.byteLength(text));
    this.#sentBytes += Buffer.byteLength(text);
    this.stream.receive(textRun(text), 1);
  }

  /** No grant goes beyond what the slowest reader has ever allowed, and none falls. */
  expectGrantsToHold(): void {
    for (const [i, grant] of this.grants.entries()) {
      expect(grant).toBeGreaterThan(this.grants[i - 1] ?? Number.NEGATIVE_INFINITY);
      expect(this.#callBase + grant).toBeLessThanOrEqual(this.#allowed);
    }
  }

  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case "send":
        for (const text of step.texts) if (this.hasRoom) this.send(text);
        break;
      case "open":
        this.#open(step);
        break;
      case "call":
        this.stream.closeCall();
        expect(this.isHeld).toBe(false);
        this.#openCall();
        break;
      default:
        await this.#use(step);
    }
  }

  #openCall(): void {
    this.#callBase = this.#sentBytes;
    this.#demand = this.stream.openCall((bytes) => {
      this.#noteAllowed();
      this.grants.push(bytes);
      this.#demand = Math.max(this.#demand, bytes);
    });
    this.#noteAllowed();
    this.grants.splice(0, this.grants.length, this.#demand);
  }

  #open({ from, isLossless }: Extract<Step, { do: "open" }>): void {
    const { nextSeq } = this.stream.log;
    const at = from === "start" ? 0 : nextSeq + (from === "future" ? 7 : 0);
    const iterator = this.stream.events(at, isLossless ? "lossless" : "latest");
    this.#readers.push({ iterator, isLossless, at });
  }

  async #use(step: Extract<Step, { reader: number }>): Promise<void> {
    const reader = this.#readers[step.reader];
    if (!reader) return;
    if (step.do === "read") return await this.#read(reader, step.count);
    this.#readers = this.#readers.filter((other) => other !== reader);
    await reader.iterator.return();
  }

  /** Only what is there: a call that waits would read what comes later. */
  async #read(reader: Reader, count: number): Promise<void> {
    for (let i = 0; i < count && reader.at < this.#sizes.length; i++) {
      const { value } = await this.#next(reader);
      reader.at += value?.type === "lag" ? value.skipped : 1;
    }
  }

  #next(reader: Reader): Promise<IteratorResult<JobEvent, undefined>> {
    // The grant that this read causes may go up to what it has then allowed.
    reader.at += 1;
    this.#noteAllowed();
    reader.at -= 1;
    return reader.iterator.next();
  }

  #noteAllowed(): void {
    const read = this.#readers
      .filter(({ isLossless }) => isLossless)
      .map(({ at }) => this.#sizes.slice(0, at).reduce((sum, size) => sum + size, 0));
    this.#allowed = Math.max(this.#allowed, Math.min(this.#sentBytes, ...read) + this.windowBytes);
  }
}
