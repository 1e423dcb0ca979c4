import { describe, expect, test } from "vitest";
import { Steering } from "../../../src/supervisor/workers/steering.ts";

function letter(text: string) {
  return {
    name: "steer",
    message: { text },
    isAsk: false,
    from: "host",
    onQueued: () => {},
    onReply: () => {},
    onFailed: (error: unknown) => {
      throw error;
    },
  } as const;
}

const WORKER = { id: "w", name: "w", endReason: undefined } as never;

describe("Steering", () => {
  function steered() {
    const steering = new Steering();
    const passedOn: string[] = [];
    steering.follow((text) => passedOn.push(text));
    const tell = (text: string) =>
      steering.accept(letter(text) as never, WORKER, { lost: () => {} } as never);
    return { steering, passedOn, tell };
  }

  test("what the supervisor asks is in line with what the user says", () => {
    const { steering, passedOn, tell } = steered();
    tell("a");
    steering.ask("again");
    tell("b");
    expect(passedOn).toEqual(["a", "again", "b"]);
    expect(steering.said(2)).toEqual(["a", "again"]);
    expect(steering.waiting).toEqual(["b"]);
  });

  test("what the supervisor asks goes with its job, what the user says stays", () => {
    const { steering, tell } = steered();
    tell("a");
    steering.ask("again");
    tell("b");
    steering.follow(undefined);
    expect(steering.waiting).toEqual(["a", "b"]);
  });

  test("what the user says is refused past its bound, what the supervisor asks is not", () => {
    const { steering, tell } = steered();
    for (let i = 0; i < 100; i++) tell(`${i}`);
    expect(() => tell("one more")).toThrow(expect.objectContaining({ code: "MAILBOX_FULL" }));
    steering.ask("again");
    expect(steering.waiting).toHaveLength(101);
  });
});
