import { describe, expect, test } from "vitest";
import { CancelCell } from "../../src/transport/cancel-cell.ts";

describe("CancelCell", () => {
  /** What both sides say of the works 1, 2, 3 and the last that there can be. */
  const cancelled = (cell: CancelCell) => [1, 2, 3, 2_147_483_647].map((n) => cell.isCancelled(n));

  test("cancels all up to a number, for both of its sides", () => {
    const cell = new CancelCell();
    const other = new CancelCell(cell.shared);
    expect(cancelled(other)).toEqual([false, false, false, false]);
    cell.cancel(2);
    expect(cancelled(other)).toEqual([true, true, false, false]);
    expect(cancelled(cell)).toEqual(cancelled(other));
  });

  test("takes nothing back", () => {
    const cell = new CancelCell();
    cell.cancel(3);
    cell.cancel(1);
    expect(cancelled(cell)).toEqual([true, true, true, false]);
  });

  test("can cancel what has yet to begin", () => {
    const cell = new CancelCell();
    cell.cancel();
    expect(cancelled(cell)).toEqual([true, true, true, true]);
  });
});
