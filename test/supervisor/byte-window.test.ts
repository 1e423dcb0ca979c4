import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteWindow } from "../../src/supervisor/byte-window.ts";

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
    const step = fc.oneof(
      fc.record({ do: fc.constant("send" as const), bytes: fc.nat({ max: 80 }) }),
      fc.record({ do: fc.constant("read" as const), reader: fc.nat(), bytes: fc.nat({ max: 80 }) }),
      fc.record({ do: fc.constantFrom("add" as const, "remove" as const), reader: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 100 }), (steps, size) => {
        const window = new ByteWindow(size);
        let readers: { readBytes: number }[] = [];
        let highest = size;
        const lowest = () => Math.min(window.receivedBytes, ...readers.map((one) => one.readBytes));
        for (const one of steps) {
          const reader = "reader" in one ? readers[one.reader % readers.length] : undefined;
          if (one.do === "send") window.received(one.bytes);
          if (one.do === "add") {
            readers.push({ readBytes: window.receivedBytes });
            window.add(readers.at(-1) as { readBytes: number });
          }
          if (one.do === "read" && reader) {
            reader.readBytes = Math.min(window.receivedBytes, reader.readBytes + one.bytes);
          }
          if (one.do === "remove" && reader) {
            window.remove(reader);
            readers = readers.filter((other) => other !== reader);
          }
          window.renew();
          expect(window.grantedBytes).toBeGreaterThanOrEqual(highest);
          highest = window.grantedBytes;
          expect(highest).toBeLessThanOrEqual(lowest() + size);
          expect(highest).toBeGreaterThan(lowest() + size / 2);
        }
        for (const reader of readers) reader.readBytes = window.receivedBytes;
        window.renew();
        expect(window.isClosed).toBe(false);
      }),
    );
  });
});
