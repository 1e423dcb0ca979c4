import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { RequestForm } from "../../../src/providers/openai/lessons.ts";
import { Lessons } from "../../../src/providers/openai/lessons.ts";

const FIRST: RequestForm = {
  format: "json_schema",
  includeUsage: true,
  includeReasoning: true,
  withState: true,
};
const ALL = { hasOutput: true, hasState: true };

function refusal(message: string, status = 400): HeddleError {
  return new HeddleError("PROVIDER_BAD_REQUEST", message, { details: { status } });
}

describe("Lessons", () => {
  test.for([
    ["This response_format type is unavailable now", { format: "json_object" }],
    ["This model does not support response format `json_schema`.", { format: "json_object" }],
    ["Unrecognized request argument supplied: stream_options", { includeUsage: false }],
    ["Encrypted content is not supported with this model.", { includeReasoning: false }],
    ["Unknown parameter: 'include'.", { includeReasoning: false }],
    ["property 'reasoning_content' is unsupported", { withState: false }],
    ["The encrypted content could not be verified.", { withState: false }],
  ] as const)("%s", ([message, changed]) => {
    const lessons = new Lessons(FIRST, false);
    const next = lessons.learn(refusal(message), lessons.attemptFor("m"), ALL);
    expect(next?.form).toEqual({ ...FIRST, ...changed });
  });

  test.for([
    ["another fault", refusal("messages.0: unknown role")],
    ["an effort that the model does not have", refusal("reasoning_effort is not supported")],
    ["thoughts that are missing", refusal("reasoning_content must be passed back")],
    ["an answer that is no refusal", refusal("response_format", 503)],
  ] as const)("%s teaches nothing", ([, error]) => {
    const lessons = new Lessons(FIRST, false);
    expect(lessons.learn(error, lessons.attemptFor("m"), ALL)).toBeUndefined();
  });

  test("each format that is refused leads to the next, and the last to the error", () => {
    const lessons = new Lessons(FIRST, false);
    const error = refusal("no such response_format");
    const second = lessons.learn(error, lessons.attemptFor("m"), ALL);
    const third = second && lessons.learn(error, second, ALL);
    expect([second?.form.format, third?.form.format]).toEqual(["json_object", "none"]);
    expect(third && lessons.learn(error, third, ALL)).toBeUndefined();
  });

  test("a format that was chosen stays", () => {
    const lessons = new Lessons(FIRST, true);
    const error = refusal("no such response_format");
    expect(lessons.learn(error, lessons.attemptFor("m"), ALL)).toBeUndefined();
  });

  test("what was taken is remembered for its model, and its warning with it", () => {
    const lessons = new Lessons(FIRST, false);
    const next = lessons.learn(refusal("response_format"), lessons.attemptFor("m"), ALL);
    expect(lessons.formFor("m")).toEqual(FIRST);
    lessons.remember("m", next as NonNullable<typeof next>);
    expect(lessons.formFor("m").format).toBe("json_object");
    expect(lessons.formFor("other")).toEqual(FIRST);
    expect(lessons.warnings(lessons.formFor("m"), ALL)).toEqual([
      expect.stringMatching(/"json_object"/),
    ]);
    expect(lessons.warnings(lessons.formFor("m"), { ...ALL, hasOutput: false })).toEqual([]);
  });

  test("what was said of one schema, or of one conversation, is not remembered", () => {
    for (const message of [
      "Invalid schema for response_format 'output'",
      "The encrypted content could not be verified.",
    ]) {
      const lessons = new Lessons(FIRST, false);
      const next = lessons.learn(refusal(message), lessons.attemptFor("m"), ALL);
      lessons.remember("m", next as NonNullable<typeof next>);
      expect(lessons.formFor("m")).toEqual(FIRST);
    }
  });
});
