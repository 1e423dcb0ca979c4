import { describe, expect, test } from "vitest";
import type { ModelRequest, ModelResponse } from "../../../src/protocol/model.ts";
import { createProvider } from "../../../src/providers/openai/module.ts";
import type { OpenAIProviderOptions } from "../../../src/providers/openai/options.ts";
import type { Answer, Body } from "../../support/strict-model-server.ts";
import { refusal, StrictModelServer } from "../../support/strict-model-server.ts";
import { DONE, events, finish, text } from "./bytes.ts";
import { CollectingSink, request } from "./play.ts";

const OUTPUT = { name: "o", schema: { type: "object", properties: {} } };
const ANSWER = events(text("{}"), finish()) + DONE;

/** Sends `requests` one after the other by one provider. */
async function send(
  answer: (body: Body, before: number) => Answer,
  requests: readonly Partial<ModelRequest>[],
  options: Partial<OpenAIProviderOptions> = {},
) {
  await using server = await StrictModelServer.start(answer);
  const context = { name: "main", env: {} };
  const provider = createProvider({ baseURL: server.url, apiKey: "none", ...options }, context);
  const responses: ModelResponse[] = [];
  const { signal } = new AbortController();
  try {
    for (const one of requests) {
      responses.push(await provider.request(request(one), new CollectingSink(), signal));
    }
  } finally {
    await provider.close?.();
  }
  return { responses, requests: server.requests };
}

function formats(requests: readonly { readonly body: Body }[]): readonly unknown[] {
  return requests.map(({ body }) => body["response_format"]?.type);
}

describe("a form that a server refuses is given up", () => {
  test("a format: down to none, once for each model, and each response says so", async () => {
    const { responses, requests } = await send(
      ({ response_format }) =>
        response_format ? refusal(`unknown response_format ${response_format.type}`) : ANSWER,
      [{ output: OUTPUT }, { output: OUTPUT }, { output: OUTPUT, settings: { name: "m-2" } }],
    );
    const all = ["json_schema", "json_object", undefined];
    expect(formats(requests)).toEqual([...all, undefined, ...all]);
    for (const { warnings } of responses) {
      expect(warnings).toEqual([expect.stringMatching(/asked for as "none"/)]);
    }
    expect(requests[2]?.body["messages"][0].content).toContain('{"type":"object"');
  });

  test("stream_options", async () => {
    const { responses, requests } = await send(
      (body) => (body["stream_options"] ? refusal("extra field: stream_options", 422) : ANSWER),
      [{}, {}],
    );
    expect(requests).toHaveLength(3);
    expect(responses.map(({ warnings }) => warnings?.length)).toEqual([1, 1]);
  });

  test("a format that was chosen is sent, and its refusal is the error", async () => {
    const options = { outputFormat: "json_object" } as const;
    const sent = send(() => refusal("unknown response_format"), [{ output: OUTPUT }], options);
    await expect(sent).rejects.toMatchObject({ code: "PROVIDER_BAD_REQUEST" });
    const { requests, responses } = await send(() => ANSWER, [{ output: OUTPUT }], options);
    expect(formats(requests)).toEqual(["json_object"]);
    expect(responses[0]).not.toHaveProperty("warnings");
  });

  test("an error about something else is not tried again", async () => {
    let count = 0;
    const sent = send(() => {
      count += 1;
      return refusal("no such role");
    }, [{ output: OUTPUT }]);
    await expect(sent).rejects.toMatchObject({ code: "PROVIDER_BAD_REQUEST" });
    expect(count).toBe(1);
  });
});

describe("fields of one's own", () => {
  test("the body has those of the provider, of the call and of this provider; the URL has the query", async () => {
    const settings = {
      name: "m",
      extraBody: { a: 1, b: 1 },
      providerOptions: { main: { b: 2 }, other: { c: 3 } },
      query: { "api-version": "2026-01-01" },
    };
    const { requests } = await send(() => ANSWER, [{ settings }], { extraBody: { user: "u" } });
    expect(requests[0]?.body).toMatchObject({ user: "u", a: 1, b: 2 });
    expect(requests[0]?.body).not.toHaveProperty("c");
    expect(requests[0]?.url).toBe("/v1/chat/completions?api-version=2026-01-01");
  });

  test("they may not replace what Heddle sends: nothing is sent then", async () => {
    const settings = { name: "m", extraBody: { stream: false } };
    const sent = send(() => ANSWER, [{ settings }]);
    await expect(sent).rejects.toMatchObject({
      code: "PROVIDER_BAD_REQUEST",
      details: { field: "stream", retryable: false },
    });
    expect(() => createProvider({ extraBody: { tools: [] } }, { name: "p", env: {} })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});
