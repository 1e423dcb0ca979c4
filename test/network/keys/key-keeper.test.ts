import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import { KeyKeeper } from "../../../src/network/keys/key-keeper.ts";
import type { FetchedKey } from "../../../src/network/keys/key-source.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const { signal } = new AbortController();

/** A keeper whose fetches are answered by the test, one after the other. */
function keeper(refreshMs = 300_000) {
  const clock = new FakeClock();
  const fetches: PromiseWithResolvers<FetchedKey>[] = [];
  const keys = new KeyKeeper({
    fetch: (closed) => {
      const fetch = Promise.withResolvers<FetchedKey>();
      closed.addEventListener("abort", () => fetch.reject(new Error("closed")));
      fetches.push(fetch);
      return fetch.promise;
    },
    refreshMs,
    clock,
  });
  return { keys, fetches, clock };
}

describe("KeyKeeper", () => {
  test("fetches once for all who want the key at the same time", async () => {
    const { keys, fetches } = keeper();
    const wanted = Promise.all(Array.from({ length: 20 }, () => keys.current(signal)));
    fetches[0]?.resolve({ key: "k1" });
    expect(new Set(await wanted)).toEqual(new Set(["k1"]));
    expect(await keys.current(signal)).toBe("k1");
    expect(fetches).toHaveLength(1);
  });

  test("fetches again when the key's time is over", async () => {
    const { keys, fetches, clock } = keeper(1_000);
    const first = keys.current(signal);
    fetches[0]?.resolve({ key: "k1" });
    await first;
    clock.advance(999);
    expect(await keys.current(signal)).toBe("k1");
    clock.advance(1);
    const second = keys.current(signal);
    fetches[1]?.resolve({ key: "k2" });
    expect(await second).toBe("k2");
  });

  test.for([
    [3_600_000, 3_540_000],
    [10_000, 9_000],
  ] as const)("a key that ends in %i ms is used for %i", async ([endsMs, usedMs]) => {
    const { keys, fetches, clock } = keeper();
    const first = keys.current(signal);
    fetches[0]?.resolve({ key: "k1", expiresAtMs: clock.now() + endsMs });
    await first;
    clock.advance(usedMs - 1);
    await keys.current(signal);
    expect(fetches).toHaveLength(1);
    clock.advance(1);
    void keys.current(signal);
    expect(fetches).toHaveLength(2);
  });

  test("a key that has ended is used once, and not kept", async () => {
    const { keys, fetches, clock } = keeper();
    const first = keys.current(signal);
    fetches[0]?.resolve({ key: "k1", expiresAtMs: clock.now() - 1 });
    expect(await first).toBe("k1");
    void keys.current(signal);
    expect(fetches).toHaveLength(2);
  });

  test("after a refusal the key is fetched once for all whom it was refused", async () => {
    const { keys, fetches } = keeper();
    const first = keys.current(signal);
    fetches[0]?.resolve({ key: "k1" });
    await first;
    const after = Promise.all(Array.from({ length: 20 }, () => keys.after("k1", signal)));
    fetches[1]?.resolve({ key: "k2" });
    expect(new Set(await after)).toEqual(new Set(["k2"]));
    expect(await keys.after("k1", signal)).toBe("k2");
    expect(fetches).toHaveLength(2);
  });

  test("there is no other key when the same one comes again", async () => {
    const { keys, fetches } = keeper();
    const first = keys.current(signal);
    fetches[0]?.resolve({ key: "k1" });
    await first;
    const after = keys.after("k1", signal);
    fetches[1]?.resolve({ key: "k1" });
    expect(await after).toBeUndefined();
  });

  test("a fetch that fails fails those who wait, and the next one tries again", async () => {
    const { keys, fetches } = keeper();
    const both = Promise.allSettled([keys.current(signal), keys.current(signal)]);
    const error = new HeddleError("PROVIDER_AUTH", "none");
    fetches[0]?.reject(error);
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const next = keys.current(signal);
    fetches[1]?.resolve({ key: "k1" });
    expect(await next).toBe("k1");
  });

  test("who is cancelled waits no longer, and the others still do", async () => {
    const { keys, fetches } = keeper();
    const stop = new AbortController();
    const cancelled = keys.current(stop.signal);
    const other = keys.current(signal);
    stop.abort(new HeddleError("JOB_CANCELLED", "enough"));
    await expect(cancelled).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    fetches[0]?.resolve({ key: "k1" });
    expect(await other).toBe("k1");
  });

  test("remembers the latest keys as secrets", async () => {
    const { keys, fetches } = keeper();
    for (let i = 0; i < 6; i++) {
      const next = i === 0 ? keys.current(signal) : keys.after(`k${i - 1}`, signal);
      fetches[i]?.resolve({ key: `k${i}` });
      await next;
    }
    expect(keys.known).toEqual(["k5", "k4", "k3", "k2"]);
  });

  test("closing ends a fetch that is under way", async () => {
    const { keys } = keeper();
    const waiting = keys.current(signal);
    const refused = expect(waiting).rejects.toThrow("closed");
    await keys.close();
    await refused;
  });
});
