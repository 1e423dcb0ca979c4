import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { ask, clientOf, logOf } from "../support/openai.ts";
import { OTHER_TOKEN, serveScripted } from "../support/server-app.ts";

describe("the openai client", () => {
  test("is answered", async () => {
    const openai = clientOf(await serveScripted([{ text: "Hello!" }]));
    const answer = await openai.chat.completions.create({
      model: "helper",
      messages: ask("Hello?").messages,
    });
    expect(answer.choices[0]).toMatchObject({
      message: { role: "assistant", content: "Hello!" },
      finish_reason: "stop",
    });
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  test("streams, with the usage at the end", async () => {
    const text = "one two three four five";
    const openai = clientOf(await serveScripted([{ text, chunks: 5 }]));
    const stream = await openai.chat.completions.create({
      ...ask("count"),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.content ?? []);
    expect(deltas).toHaveLength(6);
    expect(deltas.join("")).toBe(text);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { total_tokens: expect.any(Number) },
    });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test("keeps the conversation: nothing of one request is left for the next", async () => {
    const served = await serveScripted([{ text: "yes" }]);
    const openai = clientOf(served);
    await openai.chat.completions.create(ask("first"));
    await openai.chat.completions.create({
      model: "helper",
      messages: [
        ...ask("second").messages,
        { role: "assistant", content: "yes" },
        { role: "user", content: "third" },
      ],
    });
    const calls = await served.supervisor.scripted("main").calls();
    expect(calls.map(({ request }) => request.messages.map(({ content }) => content))).toEqual([
      ["first"],
      ["second", "yes", "third"],
    ]);
    expect(new Set(calls.map(({ workerId }) => workerId)).size).toBe(1);
  });

  test("lists the agents, and finds one", async () => {
    const { supervisor, ...served } = await serveScripted([{ text: "yes" }]);
    const openai = clientOf(served);
    const models = [];
    for await (const model of openai.models.list()) models.push(model);
    const helper = { id: "helper", object: "model", owned_by: "heddle" };
    expect(models).toMatchObject([helper]);
    expect(await openai.models.retrieve("helper")).toMatchObject(helper);
    await expect(openai.models.retrieve("nobody")).rejects.toThrow(OpenAI.NotFoundError);
  });

  test("tenants have sessions of their own, and see nothing of each other's jobs", async () => {
    const served = await serveScripted([{ text: "yes" }]);
    const alice = await clientOf(served).chat.completions.create(ask("first"));
    const bob = await clientOf(served, OTHER_TOKEN).chat.completions.create(ask("second"));
    const calls = await served.supervisor.scripted("main").calls();
    expect(new Set(calls.map(({ workerId }) => workerId)).size).toBe(2);
    expect((await logOf(served, alice.id)).at(-1)?.type).toBe("completed");
    const path = `/api/jobs/${bob.id.replace("chatcmpl-", "")}/events`;
    expect((await served.request(path)).status).toBe(404);
    expect((await served.request(path, { token: OTHER_TOKEN })).status).toBe(200);
  });
});

describe("errors of the openai client", () => {
  const create = (openai: OpenAI, model = "helper") =>
    openai.chat.completions.create({ ...ask("Hello?"), model });

  test("are its own classes", async () => {
    const served = await serveScripted([{ text: "yes" }]);
    const openai = clientOf(served);
    const unknown = create(openai, "nobody");
    await expect(unknown).rejects.toThrow(OpenAI.NotFoundError);
    await expect(unknown).rejects.toMatchObject({ code: "model_not_found", param: "model" });
    const stranger = create(clientOf(served, "the-token-of-nobody"));
    await expect(stranger).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(stranger).rejects.toMatchObject({ code: "invalid_api_key" });
    const bad = openai.chat.completions.create({ ...ask("Hello?"), n: 2 });
    await expect(bad).rejects.toThrow(OpenAI.BadRequestError);
    await expect(bad).rejects.toMatchObject({ param: "n", type: "invalid_request_error" });
  });

  test("a limit that is reached is a RateLimitError", async () => {
    const served = await serveScripted([{ stall: true }], { limits: { jobsPerSession: 1 } });
    const openai = clientOf(served).withOptions({ maxRetries: 0 });
    const stream = openai.chat.completions.create({ ...ask("Hello?"), stream: true });
    const { controller } = await stream;
    const limited = create(openai);
    await expect(limited).rejects.toThrow(OpenAI.RateLimitError);
    await expect(limited).rejects.toMatchObject({ code: "rate_limit_exceeded" });
    controller.abort();
  });

  test("a budget that is used up is not tried again", async () => {
    let requests = 0;
    const auth = () => {
      requests += 1;
      return { name: "alice", budget: { maxTotalTokens: 1 } };
    };
    const served = await serveScripted([{ text: "yes" }], { auth });
    await expect(create(clientOf(served))).rejects.toMatchObject({
      status: 429,
      code: "insufficient_quota",
    });
    expect(requests).toBe(1);
  });

  test("what fails before anything is shown has its status, streamed or not, and is not tried again", async () => {
    const error = { status: 401, message: "bad key" };
    const served = await serveScripted([{ error }]);
    const openai = clientOf(served);
    const failed = { status: 502, code: "provider_auth", type: "server_error" };
    await expect(create(openai)).rejects.toMatchObject(failed);
    await expect(
      openai.chat.completions.create({ ...ask("Hello?"), stream: true }),
    ).rejects.toMatchObject(failed);
    expect(await served.supervisor.scripted("main").calls()).toHaveLength(2);
  });

  test("what fails in the middle of a stream ends it with an error", async () => {
    const error = { status: 400, message: "broken" };
    const served = await serveScripted([{ error, text: "so far so good" }]);
    const stream = await clientOf(served).chat.completions.create({ ...ask("go"), stream: true });
    let text = "";
    const reading = (async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
    })();
    await expect(reading).rejects.toThrow(OpenAI.APIError);
    await expect(reading).rejects.toMatchObject({ code: "provider_bad_request" });
    expect(text).toBe("so far so good");
  });
});
