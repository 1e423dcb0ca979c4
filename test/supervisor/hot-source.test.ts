import { describe, expect, test } from "vitest";
import { HotSource } from "../../src/supervisor/hot-source.ts";

/** A source, and what its subscribers have seen, each with its name. */
function start() {
  const source = new HotSource<number>();
  const seen: string[] = [];
  const follow = (name: string, onNext: (value: number) => void = () => {}) =>
    source.values$.subscribe({
      next: (value) => {
        seen.push(`${name} ${value}`);
        onNext(value);
      },
      complete: () => seen.push(`${name} done`),
    });
  return { source, seen, follow };
}

describe("HotSource", () => {
  test("gives each value to those who are there, in the order in which they came", () => {
    const { source, seen, follow } = start();
    source.next(0);
    follow("a");
    source.next(1);
    follow("b");
    source.next(2);
    expect(seen).toEqual(["a 1", "a 2", "b 2"]);
  });

  test("a subscriber that leaves gets nothing more, also in the middle of a round", () => {
    const { source, seen, follow } = start();
    follow("a", () => second.unsubscribe());
    const second = follow("b");
    expect(source.observed).toBe(true);
    source.next(1);
    expect(seen).toEqual(["a 1"]);
  });

  test("one that comes in the middle of a round gets the next value, not this one", () => {
    const { source, seen, follow } = start();
    const first = follow("a", (value) => value === 1 && follow("b"));
    source.next(1);
    source.next(2);
    first.unsubscribe();
    expect(source.observed).toBe(true);
    expect(seen).toEqual(["a 1", "a 2", "b 2"]);
  });

  test("a value that is given in the middle of a round reaches everybody", () => {
    const { source, seen, follow } = start();
    follow("a", (value) => value === 1 && source.next(2));
    follow("b");
    source.next(1);
    expect(seen).toEqual(["a 1", "a 2", "b 2", "b 1"]);
  });

  test("completes those who are there and all who come later, once", () => {
    const { source, seen, follow } = start();
    follow("a");
    source.complete();
    source.complete();
    source.next(1);
    follow("b");
    expect(source.observed).toBe(false);
    expect(seen).toEqual(["a done", "b done"]);
  });
});
