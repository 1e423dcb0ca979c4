import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { ModelResponse } from "../../../src/protocol/model.ts";
import {
  checkText,
  OutputCheck,
  repairText,
  whyUnfit,
} from "../../../src/supervisor/jobs/output-check.ts";
import { outputOf } from "../../../src/supervisor/jobs/output-schema.ts";
import type { OutputSchema, WorkerOptions } from "../../../src/supervisor/options.ts";
import { Steering } from "../../../src/supervisor/workers/steering.ts";
import { JobUnderTest } from "./fake-job.ts";

const POINT = z.strictObject({ x: z.number() });
const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

function response(more: Partial<ModelResponse> = {}): ModelResponse {
  return { text: '{"x":1}', toolCalls: [], finishReason: "stop", usage, ...more };
}

/** A check that the test decides. */
function checkedBy(validate: (value: unknown) => unknown): OutputSchema {
  const { jsonSchema } = POINT["~standard"];
  const standard = { version: 1, vendor: "test", jsonSchema, validate };
  return { "~standard": standard } as never;
}

function textCheck(schema: unknown) {
  const output = outputOf(schema);
  if (!output) throw new TypeError("no schema");
  return (text: string) => checkText(output, text);
}

describe("checkText()", () => {
  const value = { x: 1 };
  test.each<[string, string]>([
    ["JSON", '{"x":1}'],
    ["JSON with space around it", ' \n\t{ "x": 1 }\r\n '],
    ["a fence that says json", '```json\n{"x":1}\n```'],
    ["a fence that says JSON, with space around it", '\n```JSON\r\n{"x":1}\r\n```\n\n'],
    ["a fence that says nothing", '```\n{"x":1}\n```'],
    ["a fence in one line", '```json {"x":1}```'],
    ["a fence that says json5", '```json5\n{"x":1}\n```'],
    ["a fence of tildes", '~~~json\n{"x":1}\n~~~'],
    ["thoughts before it", '<think>\nLet me see {"x":2}\n</think>\n\n{"x":1}'],
    ["thoughts before a fence", '<think>a</think>\n```json\n{"x":1}\n```'],
    ["thoughts whose beginning is in the prompt", 'so {x}</think>{"x":1}'],
    ["thoughts by another name", '<Thinking>a</THINKING>{"x":1}'],
    ["thoughts twice", '<think>a</think><think>b</think>{"x":1}'],
    ["no thoughts", '<think></think>{"x":1}'],
    ["a byte order mark", '\ufeff{"x":1}'],
  ])("takes %s", async (_, text) => {
    expect(await textCheck(POINT)(text)).toEqual({ ok: true, value });
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["words", "x is one"],
    ["words around JSON", 'Here it is: {"x":1}'],
    ["words behind a fence", '```json\n{"x":1}\n```\nDone.'],
    ["two fences", '```json\n{"x":1}\n```\n```json\n{"x":2}\n```'],
    ["a fence without its end", '```json\n{"x":1}'],
    ["an empty fence", "```json\n```"],
    ["ticks alone", "`````"],
    ["a fence of another language", '```yaml\n{"x":1}\n```'],
    ["thoughts without their end", '<think>{"x":1}'],
    ["thoughts alone", "<think>x is one</think>"],
    ["words behind thoughts", '<think>a</think>x is {"x":1}'],
    ["half of it", '{"x":'],
  ])("does not take %s", async (_, text) => {
    const checked = await textCheck(POINT)(text);
    expect(checked).toEqual({ ok: false, issues: [expect.stringMatching(/^it is not JSON: /)] });
  });

  test("a fence may hold fences in its texts", async () => {
    const text = '```json\n{"code":"```js\\n1\\n```"}\n```';
    const checked = await textCheck(z.object({ code: z.string() }))(text);
    expect(checked).toEqual({ ok: true, value: { code: "```js\n1\n```" } });
  });

  test("an answer may speak of thoughts", async () => {
    const text = '{"code":"<think></think>{}"}';
    const checked = await textCheck(z.object({ code: z.string() }))(text);
    expect(checked).toEqual({ ok: true, value: { code: "<think></think>{}" } });
  });

  test("gives what the schema makes of it", async () => {
    const schema = z.object({ at: z.iso.datetime() }).transform(({ at }) => new Date(at));
    const checked = await textCheck(schema)('{"at":"1970-01-01T00:00:00Z"}');
    expect(checked).toEqual({ ok: true, value: new Date(0) });
  });

  test("says what is wrong, and where", async () => {
    const checked = await textCheck(POINT)('{"x":"one"}');
    expect(checked).toEqual({ ok: false, issues: [expect.stringMatching(/^x: /)] });
  });

  test("holds a value against a JSON Schema", async () => {
    const schema = { type: "object", properties: { x: { type: "number" } }, required: ["x"] };
    const check = textCheck(schema);
    expect(await check('{"x":1}')).toEqual({ ok: true, value });
    expect(await check('{"x":"one"}')).toMatchObject({ ok: false });
    expect(await check("{}")).toMatchObject({ ok: false });
  });

  test("does not repeat what is long", async () => {
    const name = "y".repeat(100_000);
    const checked = await textCheck(POINT)(JSON.stringify({ x: 1, [name]: 1 }));
    expect(checked.ok).toBe(false);
    expect(JSON.stringify(checked).length).toBeLessThan(1_000);
  });

  test("a text of blanks and ticks, however long, is looked at once", async () => {
    const text = `\`\`\`${" \n".repeat(500_000)}\`\`\``;
    expect(await textCheck(POINT)(text)).toMatchObject({ ok: false });
  });

  const broken = new Error("the rules are gone");
  test.each<[string, () => unknown, unknown]>([
    [
      "throws",
      () => {
        throw broken;
      },
      broken,
    ],
    ["rejects", () => Promise.reject(broken), broken],
    ["gives nothing", () => undefined, expect.any(TypeError)],
  ])("fails when the check %s, and keeps why", async (_, validate, cause) => {
    const checking = textCheck(checkedBy(validate))('{"x":1}');
    await expect(checking).rejects.toMatchObject({ code: "OUTPUT_INVALID", cause });
  });
});

describe("whyUnfit()", () => {
  test.each<[Partial<ModelResponse>, RegExp | undefined]>([
    [{}, undefined],
    [{ finishReason: "tool-calls" }, undefined],
    [{ refusal: "" }, undefined],
    [{ refusal: "I will not." }, /refused to answer: I will not\.$/],
    [{ finishReason: "refusal" }, /refused to answer$/],
    [{ finishReason: "length" }, /greatest length/],
    [{ finishReason: "content-filter" }, /content filter/],
  ])("%j", (more, why) => {
    const unfit = whyUnfit(response(more));
    if (why) expect(unfit).toMatch(why);
    else expect(unfit).toBeUndefined();
  });
});

describe("repairText()", () => {
  test("lists what is wrong, and the schema", () => {
    const spec = { name: "output", schema: { type: "object" } };
    expect(repairText({ spec }, ["x: wrong", "y: too"])).toBe(
      [
        "Your answer is not valid:",
        "- x: wrong",
        "- y: too",
        'Answer again, with JSON only and nothing around it. Its JSON Schema: {"type":"object"}',
      ].join("\n"),
    );
  });
});

describe("OutputCheck", () => {
  function start(output: OutputSchema | undefined = POINT, worker: WorkerOptions = {}) {
    const fake = new JobUnderTest({}, worker, output);
    const { job } = fake;
    fake.begin();
    const steering = new Steering();
    const asked: string[] = [];
    steering.follow((text) => asked.push(text));
    const check = new OutputCheck(job, steering);
    const respond = (more: Partial<ModelResponse>) => {
      job.tally.steered(steering.said(steering.waiting.length));
      job.tally.response(response(more));
      return check.check(response(more));
    };
    return { fake, job, steering, asked, check, respond };
  }

  const invalid = (message: RegExp, details: object = {}) =>
    expect.objectContaining({
      code: "OUTPUT_INVALID",
      message: expect.stringMatching(message),
      details: expect.objectContaining(details),
    });

  test("without a schema nothing is looked at", async () => {
    const job = new JobUnderTest().job;
    const check = new OutputCheck(job, new Steering());
    job.tally.response(response({ text: "hello", finishReason: "length" }));
    await check.check(response({ text: "hello", finishReason: "length" }));
    expect([job.tally.hasOutput, check.missing()]).toEqual([false, undefined]);
  });

  test("a valid output is the job's", async () => {
    const { job, asked, check, respond } = start();
    await respond({});
    expect(job.tally.result(usage)).toMatchObject({ text: '{"x":1}', output: { x: 1 } });
    expect([asked, check.missing()]).toEqual([[], undefined]);
  });

  test("an invalid one is asked for again, once", async () => {
    const { job, asked, respond } = start();
    await respond({ text: "one" });
    expect([asked.length, job.tally.hasOutput]).toEqual([1, false]);
    await respond({ text: '{"x":2}' });
    expect([asked.length, job.tally.result(usage).output]).toEqual([1, { x: 2 }]);
  });

  test("twice invalid is invalid, with the last issues", async () => {
    const { asked, respond } = start();
    await respond({ text: "one" });
    const second = respond({ text: '{"x":"two"}' });
    await expect(second).rejects.toEqual(
      invalid(/still not valid: x: /, { issues: expect.stringMatching(/^x: /) }),
    );
    expect(asked).toHaveLength(1);
  });

  test("the step after which there is none is not asked again", async () => {
    const { asked, respond } = start(POINT, { maxSteps: 1 });
    const only = respond({ text: "one" });
    await expect(only).rejects.toEqual(invalid(/maxSteps \(1\) leaves no step/, { maxSteps: 1 }));
    expect(asked).toEqual([]);
  });

  test("a refusal is not asked again", async () => {
    const { asked, respond } = start();
    const refused = respond({ text: "", refusal: "No.", finishReason: "refusal" });
    await expect(refused).rejects.toEqual(invalid(/: No\.$/, { finishReason: "refusal" }));
    expect(asked).toEqual([]);
  });

  test("a response that calls tools is no output yet", async () => {
    const { asked, check, respond } = start();
    const toolCalls = [{ id: "a", name: "add", argumentsText: "{}" }];
    await respond({ text: "let me see", toolCalls, finishReason: "length" });
    expect(asked).toEqual([]);
    expect(check.missing()).toEqual(invalid(/without a response/));
  });

  test("a response before something more that the user has said is no output, if there is a step for it", async () => {
    for (const [maxSteps, isLast] of [
      [2, false],
      [1, true],
    ] as const) {
      const { job, steering, check } = start(POINT, { maxSteps });
      job.tally.response(response());
      steering.ask("and now to the left");
      await check.check(response());
      expect(job.tally.hasOutput).toBe(isLast);
    }
  });

  test("an earlier output is none once there is a later response", async () => {
    const { check, respond } = start();
    await respond({});
    await respond({ text: "", toolCalls: [{ id: "a", name: "add", argumentsText: "{}" }] });
    expect(check.missing()).toEqual(invalid(/without a response/));
  });

  test("a check that hangs is left as soon as the job is to stop", async () => {
    const { job, respond, check } = start(checkedBy(() => new Promise(() => {})));
    const checking = respond({});
    void job.cancel("enough");
    await expect(checking).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    expect(check.missing()).toBeUndefined();
  });

  test("what a check says too late is nothing", async () => {
    const { promise, reject } = Promise.withResolvers();
    const { job, respond } = start(checkedBy(() => promise));
    const checking = respond({});
    void job.cancel("enough");
    reject(new Error("late"));
    await expect(checking).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    expect(job.tally.hasOutput).toBe(false);
  });
});
