import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import {
  cancelled,
  connectionError,
  withDetails,
  withoutSecrets,
} from "../../../src/providers/openai/failures.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe("connectionError()", () => {
  test.for([
    ["ECONNREFUSED", "the model server refused the connection (ECONNREFUSED)"],
    ["ENOTFOUND", "the model server's name was not found (ENOTFOUND)"],
    ["EAI_AGAIN", "the model server's name could not be looked up (EAI_AGAIN)"],
    ["CERT_HAS_EXPIRED", /failed: connect CERT_HAS_EXPIRED \(CERT_HAS_EXPIRED\)$/],
    ["constructor", /failed/],
  ] as const)("%s can be tried again", ([code, message]) => {
    const cause = systemError(code);
    const error = connectionError(cause);
    expect(error).toMatchObject({
      code: "PROVIDER_CONNECTION",
      details: { retryable: true },
      cause,
    });
    expect(error.message).toMatch(message);
  });

  test("what is no HTTP is not tried again", () => {
    const error = connectionError(systemError("HPE_INVALID_CONSTANT"));
    expect(error).toMatchObject({ code: "PROVIDER_PROTOCOL", details: { retryable: false } });
    expect(error.cause).toBeUndefined();
  });
});

describe("cancelled()", () => {
  test("is the reason, where that is an error of ours", () => {
    const reason = new HeddleError("STEP_TIMEOUT", "late");
    expect(cancelled(AbortSignal.abort(reason))).toBe(reason);
    expect(cancelled(AbortSignal.abort())).toMatchObject({ code: "JOB_CANCELLED" });
  });
});

describe("withDetails()", () => {
  test("keeps what there is", () => {
    const error = new HeddleError("INTERNAL", "m", { cause: 1, details: { status: 1 } });
    const more = withDetails(error, { status: 2, requestId: "r" });
    expect(more).toMatchObject({ message: "m", cause: 1, details: { status: 1, requestId: "r" } });
  });
});

describe("withoutSecrets()", () => {
  test("leaves an error alone that holds none", () => {
    const error = new HeddleError("INTERNAL", "m");
    expect(withoutSecrets(error, ["hush-hush"])).toBe(error);
    expect(withoutSecrets(error, [])).toBe(error);
  });

  test.for([
    new HeddleError("PROVIDER_AUTH", "bad hush-hush", { details: { status: 401 } }),
    new HeddleError("PROVIDER_AUTH", "bad", {
      details: { status: 401, providerCode: "a hush-hush" },
    }),
    new HeddleError("PROVIDER_AUTH", "bad", {
      details: { status: 401 },
      cause: new HeddleError("INTERNAL", "m", { cause: systemError("hush-hush") }),
    }),
  ])("blots it out of %s", (error) => {
    const safe = withoutSecrets(error, ["hush-hush"]);
    expect(safe).toMatchObject({ code: "PROVIDER_AUTH", details: { status: 401 } });
    expect(
      [safe.message, safe.stack, safe.cause, Object.values(safe.details)].join(),
    ).not.toContain("hush-hush");
  });
});
