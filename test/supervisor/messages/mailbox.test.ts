import { beforeEach, describe, expect, test } from "vitest";
import { Mailbox } from "../../../src/supervisor/messages/mailbox.ts";

type Letter = { text: string; deadlineMs: number; onQueued: () => void };

let queued: string[];
let mailbox: Mailbox<Letter, "stop">;

function letter(text: string, deadlineMs: number = Number.POSITIVE_INFINITY): Letter {
  return { text, deadlineMs, onQueued: () => queued.push(text) };
}

beforeEach(() => {
  queued = [];
  mailbox = new Mailbox(2);
});

describe("Mailbox", () => {
  test("gives letters out in the order in which they came in", () => {
    for (const text of ["a", "b"]) expect(mailbox.offer(letter(text), 0)).toBe(true);
    expect(queued).toEqual(["a", "b"]);
    expect([mailbox.next(0), mailbox.next(0), mailbox.next(0)].map((out) => out?.text)).toEqual([
      "a",
      "b",
      undefined,
    ]);
  });

  test("has room for `max` letters, and for those of the supervisor itself", () => {
    mailbox.offer(letter("a"), 0);
    mailbox.offer(letter("b"), 0);
    expect(mailbox.offer(letter("c"), 0)).toBe(false);
    mailbox.add(letter("down"));
    expect(mailbox.size).toBe(3);
    expect(queued).toEqual(["a", "b", "down"]);
  });

  test("lets in who waits outside, in order, and nobody before them", () => {
    mailbox.offer(letter("a"), 0);
    mailbox.offer(letter("b"), 0);
    mailbox.wait(letter("c"));
    mailbox.wait(letter("d"));
    mailbox.next(0);
    expect(queued).toEqual(["a", "b", "c"]);
    expect(mailbox.offer(letter("e"), 0)).toBe(false);
    mailbox.next(0);
    expect(queued).toEqual(["a", "b", "c", "d"]);
  });

  test("does not give out a letter whose deadline has passed", () => {
    mailbox.offer(letter("late", 10), 0);
    mailbox.offer(letter("kept", 11), 0);
    expect(mailbox.next(10)?.text).toBe("kept");
    expect(mailbox.next(10)).toBeUndefined();
  });

  test("gives the room of a letter whose deadline has passed to another", () => {
    mailbox.offer(letter("late", 10), 0);
    mailbox.offer(letter("kept"), 0);
    expect(mailbox.offer(letter("new"), 10)).toBe(true);
    expect(mailbox.next(10)?.text).toBe("kept");
  });

  test("lets those in first who have waited outside for the room that has become free", () => {
    mailbox.offer(letter("late", 10), 0);
    mailbox.offer(letter("kept"), 0);
    mailbox.wait(letter("waited"));
    expect(mailbox.offer(letter("new"), 10)).toBe(false);
    expect(queued).toEqual(["late", "kept", "waited"]);
  });

  test("keeps signals apart, whatever room there is", () => {
    mailbox.offer(letter("a"), 0);
    mailbox.offer(letter("b"), 0);
    mailbox.signal("stop");
    expect(mailbox.nextSignal()).toBe("stop");
    expect(mailbox.nextSignal()).toBeUndefined();
    expect(mailbox.size).toBe(2);
  });

  test("gives out all at once, those outside last", () => {
    mailbox.offer(letter("a"), 0);
    mailbox.offer(letter("b"), 0);
    mailbox.wait(letter("c"));
    mailbox.next(0);
    mailbox.wait(letter("d"));
    expect(mailbox.drain().map(({ text }) => text)).toEqual(["b", "c", "d"]);
    expect(mailbox.size).toBe(0);
    expect(mailbox.next(0)).toBeUndefined();
  });
});
