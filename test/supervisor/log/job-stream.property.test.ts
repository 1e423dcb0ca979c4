import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Step } from "./model-sender.ts";
import { anySteps, ModelSender } from "./model-sender.ts";

const anyWindow = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 200 }));

/** Any sending, reading, coming and going. */
function forAnyTraffic(
  check: (sender: ModelSender, steps: readonly Step[]) => Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(anySteps, anyWindow, async (steps, windowBytes) => {
      await check(new ModelSender(windowBytes), steps);
    }),
    { numRuns: 300 },
  );
}

describe("a stream with any readers and a sender that keeps to its demand", () => {
  test("demand is cumulative, never falls, and never runs ahead of the slowest reader by more than a window", () =>
    forAnyTraffic((sender, steps) => sender.run(steps, () => sender.expectGrantsToHold())));

  test("the sender has room whenever every lossless reader has read everything", () =>
    forAnyTraffic(async (sender, steps) => {
      await sender.run(steps, () => {});
      for (let i = 0; i < 50; i++) {
        await sender.catchUp();
        expect(sender.hasRoom).toBe(true);
        sender.send("0123456789");
      }
    }));

  test("the sender never waits while there is no lossless reader", () =>
    forAnyTraffic((sender, steps) =>
      sender.run(steps, () => {
        if (!sender.hasLosslessReader) expect(sender.hasRoom).toBe(true);
      }),
    ));

  test("the stream is held while the sender has no room, once something has arrived", () =>
    forAnyTraffic((sender, steps) => {
      let sent = 0;
      return sender.run(steps, () => {
        const { chunkBytes } = sender.stream.log;
        if (chunkBytes > sent) expect(sender.isHeld).toBe(!sender.hasRoom);
        sent = chunkBytes;
      });
    }));
});
