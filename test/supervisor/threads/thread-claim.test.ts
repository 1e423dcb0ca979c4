import { describe, expect, test } from "vitest";
import { ThreadClaim } from "../../../src/supervisor/threads/thread-claim.ts";
import { ThreadPermits } from "../../../src/supervisor/threads/thread-permits.ts";

/** Permits with none left, one of whose holders is idle, and is asked for its thread by the first claim. */
function withOneIdle(): { permits: ThreadPermits; holder: { surrender(): void } } {
  const permits = new ThreadPermits(1);
  const holder = { surrender: () => {} };
  permits.acquire(() => {});
  permits.idle(holder);
  return { permits, holder };
}

describe("ThreadClaim", () => {
  test("keeps a permit until it is taken, and then no longer", async () => {
    const permits = new ThreadPermits(1);
    const claim = new ThreadClaim(permits);
    expect(permits.held).toBe(1);
    expect(await claim.take()).toBe(true);
    claim.withdraw();
    expect(permits.held).toBe(1);
  });

  test("gives its permit back when it is withdrawn, once", async () => {
    const permits = new ThreadPermits(1);
    const claim = new ThreadClaim(permits);
    claim.withdraw();
    claim.withdraw();
    expect(permits.held).toBe(0);
    expect(await claim.take()).toBe(false);
  });

  test("is taken when the idle holder has given up its thread", async () => {
    const { permits, holder } = withOneIdle();
    const taken = new ThreadClaim(permits).take();
    permits.release(holder);
    expect(await taken).toBe(true);
    expect(permits.held).toBe(1);
  });

  test("does not keep who takes it waiting when it is withdrawn", async () => {
    const { permits, holder } = withOneIdle();
    const claim = new ThreadClaim(permits);
    const taken = claim.take();
    claim.withdraw();
    expect(await taken).toBe(false);
    permits.release(holder);
    expect([permits.held, permits.waiting]).toEqual([0, 0]);
  });

  test("fails when the holder cannot do without its thread", async () => {
    const { permits, holder } = withOneIdle();
    const taken = new ThreadClaim(permits).take();
    permits.keep(holder);
    await expect(taken).rejects.toMatchObject({ code: "OVERLOADED" });
  });

  test("is refused at once when there is no thread to be had", () => {
    const permits = new ThreadPermits(1);
    permits.acquire(() => {});
    expect(() => new ThreadClaim(permits)).toThrow(expect.objectContaining({ code: "OVERLOADED" }));
  });
});
