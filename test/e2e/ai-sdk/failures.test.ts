import { describe, expect, test } from "vitest";
import type { HeddleError, ModelResponse } from "../../../src/index.ts";
import { KEY, loadedProvider, request } from "../../support/ai-sdk.ts";
import type { Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { anthropic as dialect } from "../../support/thinking-dialects.ts";
import { head } from "../wire/bytes.ts";
import { CollectingSink } from "../wire/play.ts";

const ANTHROPIC = {
  package: "@ai-sdk/anthropic",
  create: "createAnthropic",
  model: "claude-sonnet-4-5",
};
const [START, ...REST] = dialect.events([{ type: "text", text: "Hello" }]) as readonly string[];

function said(
  status: number,
  body: object,
  headers: { [name: string]: string } = {},
): readonly Step[] {
  return [
    head({ "content-type": "application/json", ...headers }, status),
    JSON.stringify(body),
    "[end]",
  ];
}

function streamed(...events: readonly (string | undefined)[]): readonly Step[] {
  return [head(), ...events.map((event) => event ?? ""), "[end]"];
}

function failure(type: string, message: string): object {
  return { type: "error", error: { type, message } };
}

async function ask(script: readonly Step[]): Promise<ModelResponse | HeddleError> {
  await using server = await BrokenServer.start(script);
  const provider = await loadedProvider({
    ...ANTHROPIC,
    settings: { baseURL: `${server.url}/v1`, apiKey: KEY },
  });
  try {
    return await provider.request(request(), new CollectingSink(), new AbortController().signal);
  } catch (error) {
    return error as HeddleError;
  } finally {
    await provider.close?.();
  }
}

describe("what a server answers becomes one of Heddle's errors", () => {
  test.for<readonly [string, readonly Step[], object]>([
    [
      "401",
      said(401, failure("authentication_error", `bad key ${KEY}`)),
      { code: "PROVIDER_AUTH" },
    ],
    ["404", said(404, failure("not_found_error", "no such model")), { code: "PROVIDER_NOT_FOUND" }],
    [
      "429, with how long to wait",
      said(429, failure("rate_limit_error", "slow down"), { "retry-after": "3" }),
      { code: "PROVIDER_RATE_LIMITED", details: { retryable: true, retryAfterMs: 3_000 } },
    ],
    [
      "529",
      said(529, failure("overloaded_error", "busy")),
      { code: "PROVIDER_UNAVAILABLE", details: { retryable: true } },
    ],
    [
      "a prompt that is too long",
      said(
        400,
        failure("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
      ),
      { code: "PROVIDER_CONTEXT_LENGTH", details: { retryable: false } },
    ],
    [
      "an error in the stream",
      streamed(
        START,
        `event: error\ndata: ${JSON.stringify(failure("overloaded_error", "busy"))}\n\n`,
      ),
      { code: "PROVIDER_UNAVAILABLE", details: { retryable: true } },
    ],
    [
      "a stream that ends before its end",
      streamed(START, ...REST.slice(0, 2)),
      { code: "PROVIDER_TRUNCATED", details: { retryable: true } },
    ],
    [
      "an event that is no JSON",
      streamed(START, "event: content_block_start\ndata: {no}\n\n"),
      { code: "PROVIDER_PROTOCOL", details: { retryable: false } },
    ],
    [
      "a connection that is lost",
      [head(), START ?? "", "[reset]"],
      { code: "PROVIDER_CONNECTION", details: { retryable: true } },
    ],
  ])("%s", async ([, script, expected]) => {
    const error = await ask(script);
    expect(error).toMatchObject(expected);
    expect(JSON.stringify({ ...error, message: (error as Error).message })).not.toContain(KEY);
    // It would hold the conversation.
    expect((error as Error).cause).toSatisfy((cause) => !String(cause).includes("APICallError"));
  });

  test("an unread end of the connection is no failure: the response was whole", async () => {
    const whole = [...streamed(START, ...REST).slice(0, -1), "[stall]"] as const;
    expect(await ask(whole)).toMatchObject({ text: "Hello", finishReason: "stop" });
  });

  test("nobody listens: the connection is refused", async () => {
    const server = await BrokenServer.start([]);
    const settings = { baseURL: `${server.url}/v1`, apiKey: KEY };
    await server[Symbol.asyncDispose]();
    const provider = await loadedProvider({ ...ANTHROPIC, settings });
    const answer = provider.request(request(), new CollectingSink(), new AbortController().signal);
    await expect(answer).rejects.toMatchObject({
      code: "PROVIDER_CONNECTION",
      details: { retryable: true },
    });
  });

  test("no key at all: what is to be set", async () => {
    const provider = await loadedProvider(ANTHROPIC);
    const answer = provider.request(request(), new CollectingSink(), new AbortController().signal);
    await expect(answer).rejects.toMatchObject({
      code: "PROVIDER_AUTH",
      message: expect.stringMatching(/ANTHROPIC_API_KEY.*aiSdkProvider\(\{ env \}\)/),
    });
  });
});

describe("what cannot be sent is refused, or said", () => {
  async function sent(parts: Parameters<typeof request>[0], settings: object = {}) {
    await using server = await BrokenServer.start(streamed(START, ...REST));
    const provider = await loadedProvider({
      ...ANTHROPIC,
      settings: { baseURL: `${server.url}/v1`, apiKey: KEY, ...settings },
    });
    const { signal } = new AbortController();
    try {
      const response = await provider.request(request(parts), new CollectingSink(), signal);
      return { response, sent: server.requests[0] };
    } finally {
      await provider.close?.();
    }
  }

  test("extraBody and query are added to the request", async () => {
    const settings = { extraBody: { fancy: { on: true } }, query: { beta: "1 2" } };
    const { sent: got } = await sent({ settings });
    expect(got?.path).toBe("/v1/messages?beta=1+2");
    expect(JSON.parse(got?.body ?? "")).toMatchObject({ fancy: { on: true }, stream: true });
  });

  test("extraBody replaces nothing", async () => {
    const settings = { extraBody: { messages: [] } };
    await expect(sent({ settings })).rejects.toMatchObject({
      code: "PROVIDER_BAD_REQUEST",
      message: expect.stringContaining("model.extraBody.messages"),
    });
  });

  test("a setting that the package cannot do is a warning", async () => {
    const { response } = await sent({ settings: { seed: 1, reasoning: { summary: "auto" } } });
    expect(response.warnings).toEqual([
      expect.stringContaining("model.reasoning.summary is not sent"),
      expect.stringContaining("seed is not supported"),
    ]);
  });

  test("an image by a URL that the server does not read is not fetched for it", async () => {
    const url = "ftp://files.example/cat.png";
    const content = [{ type: "image", url }] as const;
    await expect(sent({ messages: [{ role: "user", content }] })).rejects.toMatchObject({
      code: "PROVIDER_BAD_REQUEST",
      message: expect.stringContaining("hand in its bytes"),
    });
  });

  test("tools of the model's server are offered next to one's own", async () => {
    await using server = await BrokenServer.start(streamed(START, ...REST));
    const provider = await loadedProvider({
      ...ANTHROPIC,
      settings: { baseURL: `${server.url}/v1`, apiKey: KEY },
      tools: [{ id: "anthropic.web_search_20250305", name: "web_search", args: { maxUses: 2 } }],
    });
    const tools = [{ name: "add", parameters: { type: "object" }, strict: true }];
    const asked = request({ tools });
    await provider.request(asked, new CollectingSink(), new AbortController().signal);
    await provider.close?.();
    expect(JSON.parse(server.requests[0]?.body ?? "").tools).toMatchObject([
      { name: "add", input_schema: { type: "object" }, strict: true },
      { type: "web_search_20250305", name: "web_search", max_uses: 2 },
    ]);
  });

  test("headers and base URL of the settings are the package's", async () => {
    const { sent: got } = await sent({}, { headers: { "x-team": "red" } });
    expect(got?.headers.get("x-team")).toBe("red");
    expect(got?.headers.get("x-api-key")).toBe(KEY);
  });
});
