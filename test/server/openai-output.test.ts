import { LengthFinishReasonError } from "openai/error";
import { describe, expect, test } from "vitest";
import { ask, clientOf } from "../support/openai.ts";
import { serveScripted } from "../support/server-app.ts";

describe("structured output", () => {
  const format = {
    type: "json_schema" as const,
    json_schema: {
      name: "point",
      strict: true,
      schema: {
        type: "object",
        properties: { x: { type: "number" } },
        required: ["x"],
        additionalProperties: false,
      },
    },
  };

  test("is what the schema takes: the model is asked again, and the client sees only what is valid", async () => {
    const served = await serveScripted([
      { text: '{"x":"one"}' },
      { text: '```json\n{"x":1}\n```' },
    ]);
    const openai = clientOf(served);
    const request = { ...ask("where?"), response_format: format };
    const answer = await openai.chat.completions.parse(request);
    expect(answer.choices[0]?.message.parsed).toEqual({ x: 1 });
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual({ x: 1 });
    const [call] = await served.supervisor.scripted("main").calls();
    expect(call?.request.output?.schema).toEqual(format.json_schema.schema);
  });

  test("fails when it is never valid", async () => {
    const openai = clientOf(await serveScripted([{ text: "no" }]));
    const request = { ...ask("where?"), response_format: { type: "json_object" as const } };
    const failed = { status: 500, code: "output_invalid" };
    await expect(openai.chat.completions.create(request)).rejects.toMatchObject(failed);
    await expect(
      openai.chat.completions.create({ ...request, stream: true }),
    ).rejects.toMatchObject(failed);
  });

  test("a refusal, and an answer that was cut off, are told as such", async () => {
    const openai = clientOf(
      await serveScripted([{ refusal: "I will not." }, { text: '{"x":', finishReason: "length" }]),
    );
    const request = { ...ask("where?"), response_format: format };
    const refused = await openai.chat.completions.create(request);
    expect(refused.choices[0]).toMatchObject({
      message: { refusal: "I will not.", content: null },
      finish_reason: "stop",
    });
    await expect(openai.chat.completions.parse(request)).rejects.toThrow(LengthFinishReasonError);
    const stream = openai.chat.completions.stream(request);
    expect((await stream.finalChatCompletion()).choices[0]?.message.refusal).toBe("I will not.");
  });
});
