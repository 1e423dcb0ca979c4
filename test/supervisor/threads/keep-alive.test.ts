import { expect, test } from "vitest";
import { KeepAlive } from "../../../src/supervisor/threads/keep-alive.ts";

/** How many timers keep this process alive. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("the process is kept alive from the first hold to the last release", () => {
  const before = timers();
  const keepAlive = new KeepAlive();
  expect(timers()).toBe(before);
  const [first, second] = [keepAlive.hold(), keepAlive.hold()];
  expect(timers()).toBe(before + 1);
  first();
  expect(timers()).toBe(before + 1);
  second();
  expect(timers()).toBe(before);
});

test("letting go twice is the same as once", () => {
  const before = timers();
  const keepAlive = new KeepAlive();
  const [first, second] = [keepAlive.hold(), keepAlive.hold()];
  first();
  first();
  expect(timers()).toBe(before + 1);
  second();
  expect(timers()).toBe(before);
});

test("it can be held again after everybody has let go", () => {
  const before = timers();
  const keepAlive = new KeepAlive();
  keepAlive.hold()();
  const release = keepAlive.hold();
  expect(timers()).toBe(before + 1);
  release();
  expect(timers()).toBe(before);
});
