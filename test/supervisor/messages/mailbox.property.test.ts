import fc from "fast-check";
import { expect, test } from "vitest";
import { Mailbox } from "../../../src/supervisor/messages/mailbox.ts";

type Letter = { id: number; deadlineMs: number; onQueued: () => void };

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const), lifeMs: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("take" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(4) }) },
);

/** A mailbox, and what has happened to each letter that was sent to it. */
class Run {
  readonly accepted: number[] = [];
  readonly taken: Letter[] = [];
  readonly sent: Letter[] = [];
  nowMs = 0;
  readonly max: number;
  readonly #mailbox: Mailbox<Letter, never>;

  constructor(max: number) {
    this.max = max;
    this.#mailbox = new Mailbox(max);
  }

  send(lifeMs: number): void {
    const id = this.sent.length;
    // 0 stands for a tell, which has no deadline.
    const deadlineMs = lifeMs === 0 ? Number.POSITIVE_INFINITY : this.nowMs + lifeMs;
    const letter = { id, deadlineMs, onQueued: () => this.accepted.push(id) };
    this.sent.push(letter);
    if (!this.#mailbox.offer(letter, this.nowMs)) this.#mailbox.wait(letter);
    expect(this.#mailbox.size).toBeLessThanOrEqual(this.max);
  }

  take(): void {
    const letter = this.#mailbox.next(this.nowMs);
    if (!letter) return;
    expect(letter.deadlineMs).toBeGreaterThan(this.nowMs);
    this.taken.push(letter);
  }

  /** Takes what is left. */
  empty(): void {
    for (let before = -1; before < this.taken.length; ) {
      before = this.taken.length;
      this.take();
    }
  }
}

test("whatever happens, letters come out once, in the order in which they were sent, and none is lost but by its deadline", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.integer({ min: 1, max: 70 }),
      (steps, max) => {
        const run = new Run(max);
        for (const given of steps) {
          if (given.do === "send") run.send(given.lifeMs);
          else if (given.do === "take") run.take();
          else run.nowMs += given.ms;
        }
        run.empty();
        const ids = run.taken.map(({ id }) => id);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        expect(new Set(ids).size).toBe(ids.length);
        expect(run.accepted).toEqual([...run.accepted].sort((a, b) => a - b));
        const lost = run.sent.filter(({ id }) => !ids.includes(id));
        for (const { deadlineMs } of lost) expect(deadlineMs).toBeLessThanOrEqual(run.nowMs);
      },
    ),
  );
});
