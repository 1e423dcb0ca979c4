import { afterEach, describe, expect, test, vi } from "vitest";
import type { ModelRequest } from "../../../src/protocol/model.ts";
import { createProvider } from "../../../src/providers/openai/module.ts";
import type { OpenAIProviderOptions } from "../../../src/providers/openai/options.ts";
import type { RecordedRequest } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { END, HELLO, whole } from "./bytes.ts";
import { CollectingSink, KEY, request } from "./play.ts";

afterEach(() => vi.unstubAllEnvs());

type Setup = {
  readonly options?: OpenAIProviderOptions;
  readonly env?: { readonly [name: string]: string };
  readonly request?: Partial<ModelRequest>;
  /** What follows the server's address. */
  readonly path?: string;
};

/** The request that a server gets. */
async function sent({
  options,
  env = {},
  request: parts,
  path = "/v1",
}: Setup): Promise<RecordedRequest> {
  await using server = await BrokenServer.start([whole(HELLO + END)]);
  const openai = createProvider(
    { baseURL: server.url + path, apiKey: KEY, ...options },
    { name: "p", env },
  );
  await openai.request(request(parts), new CollectingSink(), new AbortController().signal);
  const [recorded] = server.requests;
  if (recorded === undefined) throw new TypeError("no request was recorded");
  return recorded;
}

describe("what is sent", () => {
  test("where to, and that it is asked for as a plain stream", async () => {
    const { method, path, headers, body } = await sent({});
    expect([method, path]).toEqual(["POST", "/v1/chat/completions"]);
    expect(headers.get("authorization")).toBe(`Bearer ${KEY}`);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("accept-encoding")).toBe("identity");
    expect(JSON.parse(body)).toEqual({
      model: "m-1",
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "hello" }],
    });
  });

  test("characters of any kind", async () => {
    const { body } = await sent({ request: { messages: [{ role: "user", content: "é€😀" }] } });
    expect(JSON.parse(body)).toMatchObject({ messages: [{ content: "é€😀" }] });
  });

  test("a base URL may end with a slash, or have a longer path", async () => {
    expect((await sent({ path: "/v1/" })).path).toBe("/v1/chat/completions");
    expect((await sent({ path: "/a/b/v2" })).path).toBe("/a/b/v2/chat/completions");
  });

  test("organization, project and headers", async () => {
    const options = { organization: "org-1", project: "proj-1", headers: { "X-Title": "t" } };
    const { headers } = await sent({ options });
    expect(headers.get("openai-organization")).toBe("org-1");
    expect(headers.get("openai-project")).toBe("proj-1");
    expect(headers.get("x-title")).toBe("t");
  });

  test("an authorization header of one's own wins", async () => {
    const { headers } = await sent({ options: { headers: { Authorization: "Basic abc" } } });
    expect(headers.get("authorization")).toBe("Basic abc");
  });

  test("no usage is asked for when that is not wanted", async () => {
    const { body } = await sent({ options: { includeUsage: false } });
    expect(JSON.parse(body)).not.toHaveProperty("stream_options");
  });

  test("the provider's model, when the request names none", async () => {
    const { body } = await sent({ options: { model: "m-2" }, request: { settings: {} } });
    expect(JSON.parse(body)).toMatchObject({ model: "m-2" });
  });

  test("the limit of tokens under the name that other servers than OpenAI's know", async () => {
    const settings = { name: "m", maxOutputTokens: 5 };
    expect(JSON.parse((await sent({ request: { settings } })).body)).toMatchObject({
      max_tokens: 5,
    });
    const options = { maxTokensField: "max_completion_tokens" } as const;
    const { body } = await sent({ options, request: { settings } });
    expect(JSON.parse(body)).toMatchObject({ max_completion_tokens: 5 });
  });
});

describe("what comes from the environment", () => {
  test("key, organization and project, as the gateway hands them over", async () => {
    await using server = await BrokenServer.start([whole(HELLO + END)]);
    const env = {
      OPENAI_API_KEY: ` ${KEY}\n`,
      OPENAI_BASE_URL: `${server.url}/env`,
      OPENAI_ORG_ID: "org-2",
      OPENAI_PROJECT_ID: "proj-2",
    };
    const openai = createProvider(undefined, { name: "p", env });
    await openai.request(request(), new CollectingSink(), new AbortController().signal);
    const [{ path, headers } = { path: "", headers: new Map() }] = server.requests;
    expect(path).toBe("/env/chat/completions");
    expect(headers.get("authorization")).toBe(`Bearer ${KEY}`);
    expect(headers.get("openai-organization")).toBe("org-2");
    expect(headers.get("openai-project")).toBe("proj-2");
  });

  test("nothing that is not handed over", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-process");
    vi.stubEnv("OPENAI_BASE_URL", "http://process.invalid");
    vi.stubEnv("OPENAI_ORG_ID", "org-process");
    vi.stubEnv("OPENAI_PROJECT_ID", "proj-process");
    const { headers } = await sent({ options: { apiKey: undefined } as never });
    expect(headers.has("authorization")).toBe(false);
    expect(headers.has("openai-organization")).toBe(false);
    expect(headers.has("openai-project")).toBe(false);
  });
});

test("a request without any model is refused, and not sent", async () => {
  await using server = await BrokenServer.start([whole(HELLO + END)]);
  const openai = createProvider({ baseURL: server.url }, { name: "p", env: {} });
  const ask = (settings: ModelRequest["settings"]): Promise<unknown> =>
    openai.request(request({ settings }), new CollectingSink(), new AbortController().signal);
  await expect(ask({})).rejects.toMatchObject({
    code: "PROVIDER_BAD_REQUEST",
    message: expect.stringContaining("no model is named"),
  });
  await ask({ name: "m-1" });
  expect(server.requests).toHaveLength(1);
});
