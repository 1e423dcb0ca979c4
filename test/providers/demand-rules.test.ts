import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../src/errors.ts";
import { turn } from "../support/fake-clock.ts";
import { RequestUnderTest, response } from "./request-under-test.ts";

/*
 * The demand protocol, held against the rules of Reactive Streams for the JVM (1.0.4) that its TCK tests. Demand is in bytes
 * and cumulative here, and a chunk is never split: so the rule of "no more than demanded" allows for one chunk that crosses
 * the line.
 */

const stopped = new HeddleError("JOB_CANCELLED", "enough");

/** A provider that keeps to the contract: it writes `texts` one after the other, each when there is room. */
function honest(texts: readonly string[]): RequestUnderTest {
  return new RequestUnderTest({
    demandBytes: 0,
    provider: async (_, sink, signal) => {
      // The first may be written at once: there is no telling before whether there is room.
      for (const text of texts) {
        await sink.write({ type: "text", text });
        signal.throwIfAborted();
      }
      return response(texts.join(""));
    },
  });
}

type Rule = {
  readonly rule: string;
  readonly says: string;
  readonly holds: () => Promise<void>;
};

const TEN = Array.from({ length: 10 }, (_, i) => `${i}`);

const RULES: readonly Rule[] = [
  {
    rule: "1.1",
    says: "no more is sent than was demanded, but for the chunk that crosses the line",
    holds: async () => {
      const it = honest(TEN);
      await turn();
      expect(it.sent).toEqual(["0"]);
      for (let bytes = 1; bytes < 10; bytes++) {
        it.request.demand(bytes);
        await turn();
        expect(it.sent).toEqual(TEN.slice(0, Math.max(1, bytes)));
      }
    },
  },
  {
    rule: "1.2",
    says: "fewer than demanded may be sent: the end does not wait for the demand to be used up",
    holds: async () => {
      const it = honest(["a"]);
      it.request.demand(1_000);
      await turn();
      expect(it.outcome?.response).toEqual(response("a"));
    },
  },
  {
    rule: "1.5",
    says: "a response ends once, after its last chunk",
    holds: async () => {
      const it = honest(TEN);
      it.request.demand(9);
      await turn();
      expect([it.sent.length, it.outcome]).toEqual([9, undefined]);
      it.request.demand(11);
      await turn();
      expect([it.sent, it.outcome?.response?.text]).toEqual([TEN, "0123456789"]);
    },
  },
  {
    rule: "1.7",
    says: "nothing is sent after the end",
    holds: async () => {
      const it = new RequestUnderTest();
      it.attempt.respond("");
      await turn();
      it.attempt.text("late");
      it.request.demand(1_000_000);
      await turn();
      expect(it.sent).toEqual([]);
    },
  },
  {
    rule: "1.8",
    says: "a cancel stops what is sent, whatever is demanded afterwards",
    holds: async () => {
      const it = honest(TEN);
      it.request.demand(3);
      await turn();
      it.request.cancel(stopped);
      it.request.demand(1_000);
      await turn();
      expect([it.sent, it.code]).toEqual([["0", "1", "2"], "JOB_CANCELLED"]);
    },
  },
  {
    rule: "3.6",
    says: "after a cancel more demand is of no effect",
    holds: async () => {
      const it = new RequestUnderTest({ demandBytes: 1 });
      it.request.cancel(stopped);
      it.request.demand(1_000);
      it.attempt.text("a");
      await turn();
      expect([it.attempt.writes, it.sent]).toEqual([["JOB_CANCELLED"], []]);
    },
  },
  {
    rule: "3.7",
    says: "a second cancel is of no effect",
    holds: async () => {
      const it = new RequestUnderTest();
      it.request.cancel(stopped);
      it.request.cancel(new HeddleError("STEP_TIMEOUT", "other"));
      it.attempt.fail(new Error("aborted"));
      await turn();
      expect(it.outcome?.error).toBe(stopped);
    },
  },
  {
    rule: "3.8",
    says: "demand adds up: being cumulative, a late or repeated renewal takes nothing back and gives nothing twice",
    holds: async () => {
      const it = honest(TEN);
      for (const bytes of [4, 2, 4, 1, 4]) it.request.demand(bytes);
      await turn();
      expect(it.sent).toEqual(TEN.slice(0, 4));
    },
  },
  {
    rule: "3.9",
    says: "demand that is none lets nothing through, and harms nobody",
    holds: async () => {
      const it = honest(TEN);
      for (const bytes of [0, -1, Number.NaN]) it.request.demand(bytes);
      await turn();
      expect(it.sent).toEqual(["0"]);
      it.request.demand(11);
      await turn();
      expect(it.sent).toEqual(TEN);
    },
  },
  {
    rule: "3.10",
    says: "demand may come while a chunk is being sent",
    holds: async () => {
      const it: RequestUnderTest = new RequestUnderTest({
        demandBytes: 1,
        provider: async (_, sink) => {
          await turn();
          for (const text of TEN) {
            const written = sink.write({ type: "text", text });
            it.request.demand(Number(text) + 2);
            await written;
          }
          return response(TEN.join(""));
        },
      });
      await turn();
      await turn();
      expect(it.sent).toEqual(TEN);
      expect(it.outcome?.response?.text).toBe(TEN.join(""));
    },
  },
  {
    rule: "3.13",
    says: "a cancelled request lets go of its provider: what waits for room is told",
    holds: async () => {
      const it = new RequestUnderTest({ demandBytes: 1 });
      it.attempt.text("ab");
      await turn();
      expect(it.attempt.writes).toEqual(["open"]);
      it.request.cancel(stopped);
      await turn();
      expect(it.attempt.writes).toEqual(["JOB_CANCELLED"]);
    },
  },
  {
    rule: "3.17",
    says: "demand without end is allowed",
    holds: async () => {
      const it = honest(TEN);
      it.request.demand(Number.MAX_SAFE_INTEGER);
      await turn();
      expect(it.sent).toEqual(TEN);
    },
  },
];

describe("the demand protocol", () => {
  test.each(RULES)("$rule: $says", ({ holds }) => holds());

  test("1.1 and 3.8 hold for any chunks and any renewals", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 9 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: -5, max: 120 }), { maxLength: 20 }),
        async (texts, renewals) => {
          const it = honest(texts);
          let demanded = 0;
          for (const bytes of renewals) {
            it.request.demand(bytes);
            demanded = Math.max(demanded, bytes);
            await turn();
            const sent = it.sent;
            const before = sent.slice(0, -1).join("");
            expect(sent).toEqual(texts.slice(0, sent.length));
            // All but the last were sent with room left; the last one may cross the line.
            if (sent.length > 1) expect(Buffer.byteLength(before)).toBeLessThan(demanded);
          }
          it.request.demand(1_000);
          await turn();
          expect(it.outcome?.response?.text).toBe(texts.join(""));
          expect(it.sent).toEqual(texts);
        },
      ),
    );
  });
});
