import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
import { openaiProvider } from "../../src/index.ts";
import { BrokenServer } from "../support/broken-server.ts";
import { POINT } from "../support/schemas.ts";
import { startSupervisor } from "../support/supervisors.ts";
import { DONE, delta, events, finish, named, whole } from "./wire/bytes.ts";
import { CREATED, END, text } from "./wire/responses-bytes.ts";

const KEY = "sk-do-not-show-0123456789";
type ChatBody = {
  readonly response_format?: object;
  readonly messages: readonly { readonly role: string }[];
};

const GO = { prompt: "where is it?", output: POINT };

/** A model that answers with words at first, and with JSON when it is told to; to whom asks for no format it has nothing to say. */
async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, chunkSize: 4 });
  const match = { responseFormat: "json_schema" };
  mock.on({ ...match, userMessage: GO.prompt }, { content: "It is at one." });
  mock.on({ ...match, userMessage: "with JSON only" }, { content: '```json\n{"x": 1}\n```' });
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}

async function openSession(url: string, api: "chat" | "responses") {
  const main = openaiProvider({ model: "m", baseURL: `${url}/v1`, apiKey: KEY, api });
  return (await startSupervisor({ providers: { main } })).openSession();
}

describe("an output over HTTP", () => {
  test("by chat: the server is asked for it, and asked again", async () => {
    const mock = await startMock();
    const session = await openSession(mock.url, "chat");
    expect(await session.run({}, GO).wait()).toMatchObject({ output: { x: 1 }, steps: 2 });
    await expect(session.run({}, { prompt: GO.prompt }).wait()).rejects.toMatchObject({
      code: "PROVIDER_NOT_FOUND",
    });
    const [first, second] = mock.getRequests().map(({ body }) => body as ChatBody);
    expect(first?.response_format).toMatchObject({
      type: "json_schema",
      json_schema: { name: "output", strict: true, schema: { required: ["x"] } },
    });
    expect(second?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  // The mock does not look at the format of this API.
  test("by responses: the same", async () => {
    const answer = (words: string) => whole(CREATED + named(text(words)) + END);
    await using server = await BrokenServer.start([answer("one")], [answer('{"x":1}')]);
    const session = await openSession(server.url, "responses");
    expect(await session.run({}, GO).wait()).toMatchObject({ output: { x: 1 }, steps: 2 });
    const [first, second] = server.requests.map(({ body }) => JSON.parse(body));
    expect(first.text.format).toMatchObject({
      type: "json_schema",
      name: "output",
      strict: true,
      schema: { required: ["x"] },
    });
    expect(second).toMatchObject({ text: first.text, input: [{}, { content: "one" }, {}] });
  });

  test("a server that knows no response_format is asked without it, and its schema is in the instructions", async () => {
    const refused = whole(
      JSON.stringify({ error: { message: "Unknown parameter: 'response_format'." } }),
      400,
    );
    const answer = whole(events(delta({ content: '{"x":1}' }), finish()) + DONE);
    await using server = await BrokenServer.start([refused], [refused], [answer]);
    const session = await openSession(server.url, "chat");
    expect(await session.run({}, GO).wait()).toMatchObject({ output: { x: 1 }, steps: 1 });
    const bodies = server.requests.map(({ body }) => JSON.parse(body) as ChatBody);
    expect(bodies.map(({ response_format }) => response_format)).toMatchObject([
      { type: "json_schema" },
      { type: "json_object" },
      undefined as never,
    ]);
    expect(bodies[2]?.messages[0]).toMatchObject({
      role: "system",
      content: expect.stringContaining('"required":["x"]'),
    });
  });

  test("what is said on the way to an output is no part of it", async () => {
    const message = (id: string, words: string, more: object = {}) => ({
      type: "message",
      id,
      content: [{ type: "output_text", text: words }],
      ...more,
    });
    const output = [
      message("m1", "One moment.", { phase: "commentary" }),
      message("m2", '{"x":1}', { phase: "final_answer" }),
    ];
    const response = { id: "r", status: "completed", output };
    const completed = { type: "response.completed", response };
    await using server = await BrokenServer.start([whole(named(completed))]);
    const session = await openSession(server.url, "responses");
    expect(await session.run({}, GO).wait()).toMatchObject({
      text: 'One moment.\n\n{"x":1}',
      output: { x: 1 },
      steps: 1,
    });
  });
});
