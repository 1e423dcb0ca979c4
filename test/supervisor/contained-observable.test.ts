import type { Observable } from "rxjs";
import {
  bufferCount,
  concatMap,
  filter,
  firstValueFrom,
  from,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  Subject,
  share,
  switchMap,
  take,
  takeUntil,
  tap,
  toArray,
} from "rxjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ContainedObservable } from "../../src/supervisor/contained-observable.ts";

let source: Subject<number>;
let reported: unknown[];
let contained: ContainedObservable<number>;
let uncaught: unknown[];

const noteUncaught = (error: unknown) => uncaught.push(error);
const mine = new Error("mine");
const fail = (): never => {
  throw mine;
};

beforeEach(() => {
  source = new Subject();
  reported = [];
  uncaught = [];
  contained = new ContainedObservable(source, (error) => reported.push(error));
  process.on("uncaughtException", noteUncaught);
});

/** RxJS throws what nobody has handled from a timer, so a timer that is set later sees it. */
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off("uncaughtException", noteUncaught);
  expect(uncaught).toEqual([]);
});

function watch(): (number | string)[] {
  const seen: (number | string)[] = [];
  contained.subscribe({ next: (value) => seen.push(value), complete: () => seen.push("|") });
  return seen;
}

describe("ContainedObservable", () => {
  test("gives what its source gives, to functions and observers alike", () => {
    const seen: unknown[] = [];
    contained.subscribe((value) => seen.push(value));
    contained.subscribe(null, null, () => seen.push("|"));
    contained.subscribe({ next: (value) => seen.push(value) });
    contained.subscribe();
    source.next(1);
    source.complete();
    expect(seen).toEqual([1, 1, "|"]);
  });

  test("an observer keeps its `this`", () => {
    class Counter {
      count = 0;
      next(value: number): void {
        this.count += value;
      }
    }
    const counter = new Counter();
    contained.subscribe(counter);
    source.next(2);
    source.next(3);
    expect(counter.count).toBe(5);
  });

  test("a subscriber that throws is reported each time, stays, and harms no other", () => {
    contained.subscribe(fail);
    const seen = watch();
    source.next(1);
    source.next(2);
    expect([reported, seen]).toEqual([
      [mine, mine],
      [1, 2],
    ]);
  });

  test("a subscriber that throws at the end is reported, and the others are told the end", () => {
    contained.subscribe({ complete: fail });
    const seen = watch();
    source.complete();
    expect([reported, seen]).toEqual([[mine], ["|"]]);
  });

  test("unsubscribed, it is told nothing more", () => {
    const seen: number[] = [];
    const subscription = contained.subscribe((value) => seen.push(value));
    source.next(1);
    subscription.unsubscribe();
    source.next(2);
    expect([seen, source.observed]).toEqual([[1], false]);
  });

  test("an operator that throws with nobody to handle it is reported", () => {
    contained.pipe(map(fail)).subscribe();
    contained
      .pipe(
        filter(() => true),
        tap(fail),
      )
      .subscribe((value) => value);
    const seen = watch();
    source.next(1);
    expect([reported, seen]).toEqual([[mine, mine], [1]]);
  });

  test("an operator's error goes to the subscriber that handles it, not to the report", () => {
    const handled: unknown[] = [];
    contained.pipe(map(fail)).subscribe({ error: (error) => handled.push(error) });
    source.next(1);
    expect([handled, reported]).toEqual([[mine], []]);
  });

  test("an error handler that throws is reported", () => {
    contained.pipe(map(fail)).subscribe({ error: fail });
    source.next(1);
    expect(reported).toEqual([mine]);
  });

  test("a subscriber behind any number of operators is contained", () => {
    const piped = [
      contained.pipe(
        map((value) => value + 1),
        filter(Boolean),
      ),
      contained.pipe(mergeMap((value) => [value, value])),
      contained.pipe(concatMap((value) => from([value]))),
      contained.pipe(switchMap((value) => from([value]))),
      contained.pipe(bufferCount(1)),
      contained.pipe(takeUntil(new Subject())),
      contained.pipe(share()),
    ];
    for (const observable of piped) (observable as Observable<unknown>).subscribe(fail);
    source.next(1);
    expect(reported).toEqual(Array(8).fill(mine));
  });

  test("what a subscriber of an inner observable throws does not reach the process", () => {
    contained.pipe(mergeMap(() => contained.pipe(tap(fail)))).subscribe();
    source.next(1);
    source.next(2);
    expect(reported).toEqual([mine]);
  });

  test("take ends the subscription, and the source is let go", () => {
    const seen: number[] = [];
    contained.pipe(take(2)).subscribe((value) => seen.push(value));
    for (const value of [1, 2, 3]) source.next(value);
    expect([seen, source.observed]).toEqual([[1, 2], false]);
  });

  test("firstValueFrom and lastValueFrom work, and reject for their caller alone", async () => {
    const values = [
      firstValueFrom(contained),
      lastValueFrom(contained),
      lastValueFrom(contained.pipe(toArray())),
      firstValueFrom(contained.pipe(map(fail))).catch((error: unknown) => error),
    ];
    source.next(1);
    source.next(2);
    source.complete();
    expect(await Promise.all(values)).toEqual([1, 2, [1, 2], mine]);
    await expect(firstValueFrom(contained)).rejects.toThrow("no elements");
    expect(reported).toEqual([]);
  });

  test("forEach rejects with what its callback throws", async () => {
    const loop = contained.forEach(fail);
    source.next(1);
    await expect(loop).rejects.toBe(mine);
  });

  test("a Subject can subscribe, and one that was closed is reported", () => {
    const bridge = new Subject<number>();
    const seen: number[] = [];
    bridge.subscribe((value) => seen.push(value));
    contained.subscribe(bridge);
    source.next(1);
    bridge.unsubscribe();
    source.next(2);
    expect(seen).toEqual([1]);
    expect(reported).toMatchObject([{ name: "ObjectUnsubscribedError" }]);
  });

  test("it can be merged with others", () => {
    const seen: number[] = [];
    merge(contained, contained.pipe(map((value) => -value))).subscribe((value) => seen.push(value));
    source.next(1);
    expect(seen).toEqual([1, -1]);
  });

  test("a subscriber that fails at the report of its own failure is not told of it again", () => {
    const events = new Subject<string>();
    const loud = new ContainedObservable(events, () => events.next("subscriber failed"));
    let calls = 0;
    loud.subscribe(() => {
      calls += 1;
      fail();
    });
    const seen: string[] = [];
    loud.subscribe((event) => seen.push(event));
    events.next("one");
    events.next("two");
    expect(calls).toBeLessThan(10);
    expect(seen).toContain("one");
    expect(seen).toContain("two");
  });
});
