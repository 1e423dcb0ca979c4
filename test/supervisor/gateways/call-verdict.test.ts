import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/protocol/error.ts";
import { callVerdict } from "../../../src/supervisor/gateways/call-verdict.ts";

describe("callVerdict()", () => {
  const table: [ErrorCode, boolean, "failed" | "answered" | "silent"][] = [
    ["PROVIDER_UNAVAILABLE", true, "failed"],
    ["PROVIDER_CONNECTION", true, "failed"],
    ["PROVIDER_TRUNCATED", true, "failed"],
    ["PROVIDER_PROTOCOL", true, "failed"],
    ["PROVIDER_FAILED", true, "failed"],
    ["FIRST_CHUNK_TIMEOUT", true, "failed"],
    ["PROVIDER_AUTH", true, "failed"],
    ["PROVIDER_QUOTA", true, "failed"],
    ["CHUNK_TIMEOUT", false, "failed"],
    ["PROVIDER_RATE_LIMITED", true, "silent"],
    ["GATEWAY_LOST", true, "silent"],
    ["PROVIDER_NOT_FOUND", true, "answered"],
    ["PROVIDER_BAD_REQUEST", false, "answered"],
    ["PROVIDER_CONTEXT_LENGTH", false, "answered"],
    ["JOB_CANCELLED", false, "silent"],
    ["JOB_TIMEOUT", false, "silent"],
    ["STEP_TIMEOUT", false, "silent"],
    ["BUDGET_TOKENS", false, "silent"],
    ["OUTPUT_LIMIT", false, "silent"],
    ["SUPERVISOR_CLOSED", false, "silent"],
    ["SCRIPT_EXHAUSTED", false, "silent"],
    ["INVALID_INPUT", false, "silent"],
    ["INTERNAL", false, "silent"],
  ];
  test.each(table)("%s: another provider %s, its own has %s", (code, fallsBack, provider) => {
    expect(callVerdict(code)).toEqual({ fallsBack, provider });
  });
});
