import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import { ThreadEnd } from "../../../src/supervisor/threads/thread-end.ts";
import { turn } from "../../support/fake-clock.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const DEATH = new HeddleError("ACTOR_CRASHED", "boom");

describe("ThreadEnd", () => {
  test("what is done before it settles as by itself", async () => {
    const end = new ThreadEnd();
    const broken = new Error("broken");
    expect(await end.before(async () => "done")).toBe("done");
    await expect(end.before(() => Promise.reject(broken))).rejects.toBe(broken);
    expect(end.failure).toBeUndefined();
  });

  test("comes once, and all that waits is left with what it was; how that ends later is nobody's concern", async () => {
    const end = new ThreadEnd();
    const late = Promise.withResolvers<string>();
    const works = [1, 2].map(() => end.before(() => late.promise));
    const results = Promise.allSettled(works);
    end.come(DEATH);
    end.come(new HeddleError("ACTOR_EXITED", "again"));
    late.reject(new Error("too late"));
    const left = { status: "rejected", reason: DEATH };
    expect(await results).toEqual([left, left]);
    expect(end.failure).toBe(DEATH);
  });

  test("has nothing begun after it", async () => {
    const end = new ThreadEnd();
    end.come(DEATH);
    let begun = 0;
    const work = async () => {
      begun += 1;
    };
    await expect(end.before(work)).rejects.toBe(DEATH);
    expect(begun).toBe(0);
  });

  test("does not keep what was done before it: a thread lives for many jobs", async () => {
    const end = new ThreadEnd();
    const done = async () => new WeakRef(await end.before(async () => ({ text: "a response" })));
    const response = await done();
    // What was looked at in a turn is kept until its end.
    do {
      await turn();
      collectGarbage();
    } while (response.deref());
    expect(end.failure).toBeUndefined();
  });
});
