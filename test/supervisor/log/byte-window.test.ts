import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWindow } from "../../../src/supervisor/log/byte-window.ts";

describe("ByteWindow", () => {
  test("grants one window at first", () => {
    const window = new ByteWindow(100);
    expect([window.grantedBytes, window.receivedBytes, window.isClosed]).toEqual([100, 0, false]);
  });

  test("is closed when the grant is used up", () => {
    const window = new ByteWindow(100);
    window.add({ readBytes: 0 });
    window.received(99);
    expect(window.isClosed).toBe(false);
    window.received(1);
    expect(window.isClosed).toBe(true);
  });

  test("a closed window opens when the slowest reader has read half of it", () => {
    const window = new ByteWindow(100);
    const [fast, slow] = [{ readBytes: 0 }, { readBytes: 0 }];
    window.add(fast);
    window.add(slow);
    window.received(100);
    fast.readBytes = 100;
    slow.readBytes = 49;
    expect(window.renew()).toBeUndefined();
    slow.readBytes = 50;
    expect(window.renew()).toBe(150);
    expect(window.isClosed).toBe(false);
  });

  test("a reader that leaves no longer counts", () => {
    const window = new ByteWindow(100);
    const slow = { readBytes: 0 };
    window.add(slow);
    window.received(100);
    expect(window.renew()).toBeUndefined();
    window.remove(slow);
    expect(window.renew()).toBe(200);
  });

  test("without a reader it follows what has arrived", () => {
    const window = new ByteWindow(100);
    window.received(60);
    expect(window.renew()).toBe(160);
    window.received(40);
    expect(window.renew()).toBeUndefined();
    window.received(20);
    expect(window.renew()).toBe(220);
  });

  test("a reader that begins late takes back nothing that was granted", () => {
    const window = new ByteWindow(100);
    window.received(100);
    window.renew();
    window.add({ readBytes: 0 });
    expect(window.renew()).toBeUndefined();
    expect(window.grantedBytes).toBe(200);
  });

  test("a window of one byte works", () => {
    const window = new ByteWindow(1);
    const reader = { readBytes: 0 };
    window.add(reader);
    window.received(30);
    expect(window.isClosed).toBe(true);
    reader.readBytes = 30;
    expect(window.renew()).toBe(31);
    expect(window.isClosed).toBe(false);
  });

  test("never falls, never runs ahead of the slowest reader by more than a window, is open when all is read", () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 80 }),
        fc.integer({ min: 1, max: 100 }),
        (steps, size) => {
          const model = new Readers(size);
          let highest = size;
          for (const step of steps) {
            model.do(step);
            model.window.renew();
            const { grantedBytes } = model.window;
            expect(grantedBytes).toBeGreaterThanOrEqual(highest);
            expect(grantedBytes).toBeLessThanOrEqual(model.lowestBytes + size);
            expect(grantedBytes).toBeGreaterThan(model.lowestBytes + size / 2);
            highest = grantedBytes;
          }
          model.catchUp();
          model.window.renew();
          expect(model.window.isClosed).toBe(false);
        },
      ),
    );
  });
});

type Step =
  | { readonly do: "send"; readonly bytes: number }
  | { readonly do: "read"; readonly reader: number; readonly bytes: number }
  | { readonly do: "add" | "remove"; readonly reader: number };

const anyBytes = fc.nat({ max: 80 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("send" as const), bytes: anyBytes }),
  fc.record({ do: fc.constant("read" as const), reader: fc.nat(), bytes: anyBytes }),
  fc.record({ do: fc.constantFrom("add" as const, "remove" as const), reader: fc.nat() }),
);

/** A window with readers that begin where the stream is. */
class Readers {
  readonly window: ByteWindow;
  #readers: { readBytes: number }[] = [];

  constructor(windowBytes: number) {
    this.window = new ByteWindow(windowBytes);
  }

  get lowestBytes(): number {
    return Math.min(this.window.receivedBytes, ...this.#readers.map((one) => one.readBytes));
  }

  do(step: Step): void {
    if (step.do === "send") this.window.received(step.bytes);
    else if (step.do === "add") this.#add();
    else this.#use(step);
  }

  catchUp(): void {
    for (const reader of this.#readers) reader.readBytes = this.window.receivedBytes;
  }

  #add(): void {
    const reader = { readBytes: this.window.receivedBytes };
    this.#readers.push(reader);
    this.window.add(reader);
  }

  #use(step: Exclude<Step, { do: "send" }>): void {
    const reader = this.#readers[step.reader % this.#readers.length];
    if (!reader) return;
    if ("bytes" in step) {
      reader.readBytes = Math.min(this.window.receivedBytes, reader.readBytes + step.bytes);
      return;
    }
    this.window.remove(reader);
    this.#readers = this.#readers.filter((other) => other !== reader);
  }
}
