import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairQueue } from "../../../src/supervisor/gateways/fair-queue.ts";

function queueOf(...items: readonly string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const [i, item] of items.entries()) queue.add(item[0] as string, i, item);
  return queue;
}

function takeAll(queue: FairQueue<string>): string[] {
  return Array.from({ length: queue.size }, () => queue.take() as string);
}

describe("FairQueue", () => {
  test("tenants take turns, each with its own in order", () => {
    const queue = queueOf("a1", "a2", "a3", "b1", "c1", "c2");
    expect([queue.size, queue.first]).toEqual([6, "a1"]);
    expect(queue.sizes).toEqual([
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ]);
    expect(takeAll(queue)).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
    expect([queue.size, queue.first, queue.take()]).toEqual([0, undefined, undefined]);
  });

  test("a tenant that comes later does not wait for all that another one has", () => {
    const queue = queueOf("a1", "a2", "a3", "a4");
    queue.take();
    queue.add("b", 9, "b1");
    expect(takeAll(queue)).toEqual(["a2", "b1", "a3", "a4"]);
  });

  test("one that comes back is taken by its order", () => {
    const queue = queueOf("a1", "a2", "a3");
    expect(queue.take()).toBe("a1");
    queue.add("a", 0, "a1 again");
    expect(takeAll(queue)).toEqual(["a1 again", "a2", "a3"]);
  });

  test("what is removed is not taken; removing it twice is the same as once", () => {
    const queue = queueOf("a1", "a2", "b1");
    for (const item of ["a1", "b1", "b1", "never"]) queue.remove(item[0] as string, item);
    expect(queue.sizes).toEqual([["a", 1]]);
    expect(takeAll(queue)).toEqual(["a2"]);
  });

  test("nobody starves: while the first of a tenant's waits, each other tenant is served once at most", () => {
    const anyStep = fc.oneof(fc.constantFrom("a", "b", "c", "d"), fc.constant("take"));
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
        const { added, taken, left } = play(steps);
        for (const tenant of ["a", "b", "c", "d"]) {
          const own = taken.filter((one) => one.tenant === tenant);
          const came = added.filter((one) => one.tenant === tenant);
          // By its order: nothing is lost, nothing overtakes.
          expect(own.map(({ item }) => item)).toEqual(
            came.slice(0, own.length).map(({ item }) => item),
          );
          for (const [i, { step }] of own.entries()) {
            const sinceStep = Math.max(came[i]?.step ?? 0, own[i - 1]?.step ?? -1);
            const others = taken.filter((one) => one.step > sinceStep && one.step < step);
            expect(new Set(others.map((one) => one.tenant)).size).toBe(others.length);
          }
        }
        expect(left).toBe(added.length - taken.length);
      }),
    );
  });
});

type Move = { readonly step: number; readonly tenant: string; readonly item: string };

/** What a queue does: each step is a tenant whose item is added, or "take". */
function play(steps: readonly string[]) {
  const queue = new FairQueue<string>();
  const added: Move[] = [];
  const taken: Move[] = [];
  for (const [step, what] of steps.entries()) {
    const item = what === "take" ? queue.take() : `${what}${step}`;
    if (item === undefined) continue;
    (what === "take" ? taken : added).push({ step, tenant: item[0] as string, item });
    if (what !== "take") queue.add(what, step, item);
  }
  return { added, taken, left: queue.size };
}
