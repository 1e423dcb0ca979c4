import { beforeEach, describe, expect, test } from "vitest";
import { BARE_PROFILE } from "../../../src/supervisor/threads/actor-profile.ts";
import { ThreadStock } from "../../../src/supervisor/threads/thread-stock.ts";
import { turn } from "../../support/fake-clock.ts";
import { FakeRuntime } from "./fake-thread.ts";

let runtime: FakeRuntime;

beforeEach(() => {
  runtime = new FakeRuntime();
});

/** A stock whose first spares are ready. */
async function filled(size: number): Promise<ThreadStock> {
  const stock = new ThreadStock(size, runtime);
  stock.fill();
  for (let i = 0; i < size; i++) await runtime.thread.answer("ready");
  return stock;
}

describe("ThreadStock", () => {
  test("makes its spares one after the other", async () => {
    const stock = new ThreadStock(2, runtime);
    stock.fill();
    stock.fill();
    expect(runtime.threads).toHaveLength(1);
    await runtime.thread.answer("ready");
    expect([runtime.threads.length, stock.spares]).toEqual([2, 1]);
    await runtime.thread.answer("ready");
    expect([runtime.threads.length, stock.spares]).toEqual([2, 2]);
  });

  test("gives a spare and makes another, but not in the taker's own turn", async () => {
    const stock = await filled(2);
    expect(stock.take(BARE_PROFILE).threadId).toBe(1);
    await turn();
    expect([runtime.threads.length, stock.spares]).toEqual([2, 1]);
    await runtime.pass(5);
    await runtime.thread.answer("ready");
    expect([runtime.threads.length, stock.spares]).toEqual([3, 2]);
  });

  test("never gives a thread twice", async () => {
    const stock = await filled(2);
    const taken = [
      stock.take(BARE_PROFILE),
      stock.take(BARE_PROFILE),
      stock.take(BARE_PROFILE),
    ].map(({ threadId }) => threadId);
    expect(new Set(taken).size).toBe(3);
  });

  test("without a spare that is ready it starts a thread for the taker", async () => {
    const stock = new ThreadStock(1, runtime);
    stock.fill();
    expect(stock.take(BARE_PROFILE).threadId).toBe(2);
  });

  test("a profile of its own starts cold", async () => {
    const stock = await filled(1);
    expect(stock.take({ flags: [], env: {} }).threadId).toBe(2);
    expect(stock.spares).toBe(1);
  });

  test("a stock of none works", async () => {
    const stock = new ThreadStock(0, runtime);
    stock.fill();
    expect([stock.take(BARE_PROFILE).threadId, stock.spares]).toEqual([1, 0]);
    await stock.close();
  });

  test("a spare that dies is not given", async () => {
    const stock = await filled(1);
    await runtime.thread.exit();
    expect(stock.spares).toBe(0);
    expect(stock.take(BARE_PROFILE).threadId).toBe(2);
  });

  test("a spare that cannot start ends the refill, not the stock", async () => {
    const stock = await filled(2);
    stock.take(BARE_PROFILE);
    await runtime.pass(5);
    await runtime.thread.exit();
    expect([runtime.threads.length, stock.spares]).toEqual([3, 1]);
    stock.take(BARE_PROFILE);
    await runtime.pass(5);
    await runtime.thread.answer("ready");
    expect(stock.spares).toBe(1);
  });

  test("closing ends the spares, waits for them, and makes no more", async () => {
    const stock = await filled(2);
    stock.take(BARE_PROFILE);
    await runtime.pass(5);
    let isClosed: boolean = false;
    const closed = stock.close().then(() => {
      isClosed = true;
    });
    await turn();
    expect(isClosed).toBe(false);
    for (const thread of runtime.threads.slice(1)) await thread.exit();
    await closed;
    await runtime.pass(1_000);
    expect(runtime.threads.map(({ terminations }) => terminations > 0)).toEqual([
      false,
      true,
      true,
    ]);
  });
});
