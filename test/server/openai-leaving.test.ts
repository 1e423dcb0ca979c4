import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import type { Served } from "../support/openai.ts";
import { ask, clientOf, logOf, noModelCalls, runningJob } from "../support/openai.ts";
import { serveScripted } from "../support/server-app.ts";

describe("leaving", () => {
  const ENDLESS = [{ endless: true as const, text: "and so on " }];

  async function expectCancelled(served: Served, id: string): Promise<void> {
    expect((await logOf(served, id)).at(-1)).toMatchObject({ type: "cancelled" });
    await noModelCalls(served);
  }

  test("a stream cancels its job, and the model is no longer asked", async () => {
    const served = await serveScripted(ENDLESS);
    const stream = await clientOf(served).chat.completions.create({ ...ask("go"), stream: true });
    const id = await runningJob(served);
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
    await expectCancelled(served, id);
  });

  test("a request that is not streamed cancels its job", async () => {
    const served = await serveScripted(ENDLESS);
    const controller = new AbortController();
    const answer = clientOf(served).chat.completions.create(ask("go"), {
      signal: controller.signal,
    });
    const refused = expect(answer).rejects.toThrow(OpenAI.APIUserAbortError);
    const id = await runningJob(served);
    controller.abort();
    await refused;
    await expectCancelled(served, id);
  });

  test("a stream that shows nothing yet cancels its job", async () => {
    const served = await serveScripted([{ stall: true }]);
    const controller = new AbortController();
    const answer = clientOf(served).chat.completions.create(
      { ...ask("go"), stream: true },
      { signal: controller.signal },
    );
    const refused = expect(answer).rejects.toThrow(OpenAI.APIUserAbortError);
    const id = await runningJob(served);
    controller.abort();
    await refused;
    await expectCancelled(served, id);
  });

  test("a stream whose model says nothing for long is open all the same, and cancelled when it is left", async () => {
    const served = await serveScripted([{ stall: true }], { limits: { heartbeatMs: 50 } });
    const response = await served.request("/v1/chat/completions", {
      json: { ...ask("go"), stream: true },
    });
    expect(response.status).toBe(200);
    const id = await runningJob(served);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.includes(": \n\n")) {
      const { value } = await reader.read();
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
    await expectCancelled(served, id);
  });
});
