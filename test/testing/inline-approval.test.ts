import { describe, expect, test, vi } from "vitest";
import { runInline } from "../../src/testing/api.ts";
import { tools } from "../fixtures/tools/calculator.ts";

const divides = { toolCalls: [{ name: "divide", args: { a: 1, b: 2 } }] };
const done = { text: "done" };

describe("a call that needs approval", () => {
  const responses = [divides, done];

  test("is shown to `decide`, and carried out once that approves", async () => {
    const decide = vi.fn(() => ({ approve: true }) as const);
    const { calls } = await runInline({ tools, responses, decide });
    expect(decide).toHaveBeenCalledExactlyOnceWith(
      {
        confirmationId: "confirmation-1",
        jobId: "job-1",
        workerId: "worker-1",
        workerName: "worker-1",
        toolCallId: "call_0_0",
        toolName: "divide",
        args: { a: 1, b: 2 },
      },
      expect.any(AbortSignal),
    );
    expect(calls).toMatchObject([
      { decision: "approved", end: { result: expect.stringMatching(/0\.5/) } },
    ]);
  });

  test("is carried out with what it was edited to", async () => {
    const decide = async () => ({ edit: { a: 9, b: 3 } });
    const { calls } = await runInline({ tools, responses, decide });
    expect(calls).toMatchObject([
      {
        decision: "edited",
        args: { a: 9, b: 3 },
        end: { result: expect.stringMatching(/"quotient":3/) },
      },
    ]);
  });

  test("is not carried out when it is denied, and the model is told why", async () => {
    const { calls, status } = await runInline({
      tools,
      responses,
      decide: () => ({ deny: "not today" }),
    });
    expect(status).toBe("completed");
    expect(calls).toMatchObject([
      {
        decision: "denied",
        args: { a: 1, b: 2 },
        end: { result: expect.stringMatching(/not today/), error: { code: "TOOL_DENIED" } },
      },
    ]);
  });

  test("is denied when nobody decides", async () => {
    const { calls } = await runInline({ tools, responses });
    expect(calls[0]?.end.result).toContain("nobody is there");
  });

  test.each([
    ["allow", "approved", undefined],
    ["deny", "denied", "TOOL_DENIED"],
  ] as const)("with approvals %s is %s, and nobody is asked", async (approvals, decision, code) => {
    const decide = vi.fn();
    const { calls } = await runInline({ tools, responses, decide, approvals });
    expect(decide).not.toHaveBeenCalled();
    expect([calls[0]?.decision, calls[0]?.end.error?.code]).toEqual([decision, code]);
  });

  test("is decided as before, where that was to be remembered", async () => {
    const decide = vi.fn(() => ({ deny: "never", remember: "session" }) as const);
    const { calls } = await runInline({ tools, responses: [divides, divides, done], decide });
    expect(decide).toHaveBeenCalledOnce();
    expect(calls.map(({ end }) => end.error?.code)).toEqual(["TOOL_DENIED", "TOOL_DENIED"]);
  });

  test.each([
    ["throws", () => Promise.reject(new Error("no decision"))],
    ["answers what is no decision", () => ({ approve: false }) as never],
    ["edits to what the tool does not take", () => ({ edit: { a: "x" } })],
  ])("fails the run when `decide` %s", async (_, decide) => {
    const { status, error, calls } = await runInline({ tools, responses, decide });
    expect([status, error?.code]).toEqual(["failed", "HOST_FAILED"]);
    expect(calls).toMatchObject([{ decision: "cancelled", end: { error: {} } }]);
  });
});
