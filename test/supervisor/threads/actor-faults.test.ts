import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { ActorEnd } from "../../../src/supervisor/threads/actor-faults.ts";
import { endReasonOf, failureOf } from "../../../src/supervisor/threads/actor-faults.ts";

const ended = (more: Partial<ActorEnd> = {}): ActorEnd => ({
  exit: { exitCode: 1, error: undefined },
  lastWords: undefined,
  killedFor: undefined,
  ...more,
});

const thrown = (error: unknown) => ended({ exit: { exitCode: 1, error } });
const outOfMemory = Object.assign(new Error("heap"), { code: "ERR_WORKER_OUT_OF_MEMORY" });
const flooded = new HeddleError("ACTOR_FLOODED", "too many");
const lastWords = {
  code: "INTERNAL",
  message: "oops",
  cause: { name: "TypeError", message: "oops" },
} as const;

describe("failureOf()", () => {
  test("a thread that was ended for a reason has failed for that reason, whatever else it said", () => {
    const end = { ...thrown(new Error("x")), lastWords, killedFor: flooded };
    expect(failureOf(end)).toBe(flooded);
  });

  test("what the actor says itself is better than what Node makes of it", () => {
    expect(failureOf({ ...thrown(new Error("unreadable")), lastWords })).toMatchObject({
      code: "ACTOR_CRASHED",
      message: "the actor crashed: oops",
      cause: { name: "TypeError", message: "oops" },
      details: { exitCode: 1 },
    });
  });

  test("an actor that threw has crashed", () => {
    const error = new TypeError("x is no function");
    expect(failureOf(thrown(error))).toMatchObject({
      code: "ACTOR_CRASHED",
      message: "the actor crashed: x is no function",
      cause: error,
    });
  });

  test("an actor without memory is told apart", () => {
    expect(failureOf(thrown(outOfMemory))).toMatchObject({ code: "ACTOR_OUT_OF_MEMORY" });
  });

  test.each([0, 1, 7])("a thread that ended itself with exit code %i has exited", (exitCode) => {
    expect(failureOf(ended({ exit: { exitCode, error: undefined } }))).toMatchObject({
      code: "ACTOR_EXITED",
      details: { exitCode },
    });
  });

  test.each([null, "text", 0, { code: 5 }, Object.create(null)])(
    "takes %o for what was thrown",
    (error) => {
      expect(failureOf(thrown(error)).code).toBe("ACTOR_CRASHED");
    },
  );
});

describe("endReasonOf()", () => {
  const normal = ended({ exit: { exitCode: 0, error: undefined } });
  test.each([
    ["process.exit(0) is normal", normal, "normal"],
    ["process.exit(1) is a failure", ended(), "failure"],
    ["a throw is a failure", thrown(new Error("x")), "failure"],
    ["last words are a failure", { ...normal, lastWords }, "failure"],
    ["being ended for a reason is a failure", { ...normal, killedFor: flooded }, "failure"],
  ] as const)("%s", (_, end, reason) => {
    expect(endReasonOf(end)).toBe(reason);
  });
});
