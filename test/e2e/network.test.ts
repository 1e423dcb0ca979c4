import type { RequestListener } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { NetworkOptions, OpenAIProviderOptions, WorkerJob } from "../../src/index.ts";
import { mcp, openaiProvider } from "../../src/index.ts";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { TestAuthority } from "../support/certificates.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { Caller } from "../support/mcp.ts";
import { McpHttpServer } from "../support/mcp-http-server.ts";
import { collect, startSupervisor } from "../support/supervisors.ts";
import { tlsServer } from "../support/tls-server.ts";
import { outcomesOf } from "../support/tools.ts";
import { webServer } from "../support/web-server.ts";
import { DONE, END, events, finish, HELLO, toolCall } from "./wire/bytes.ts";

const authority = await TestAuthority.create();
const certificate = await authority.issue(["model.test", "127.0.0.1"]);
const ca = authority.cert;
const { signal } = new AbortController();

const hello: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { "content-type": "text/event-stream" }).end(HELLO + END);
};

/** A job of a model that is asked in a gateway's thread. */
async function askModel(
  baseURL: string,
  network?: NetworkOptions,
  options: OpenAIProviderOptions = {},
): Promise<WorkerJob> {
  const given = network === undefined ? {} : { network };
  const retry = { maxRetries: 1, initialDelayMs: 50 };
  const main = openaiProvider({ model: "m", apiKey: "none", baseURL, retry, ...given, ...options });
  const supervisor = await startSupervisor({ providers: { main } });
  return supervisor.openSession().run({}, { prompt: "go" });
}

/** The host's environment, for the time of a test. */
function hostHas(env: { readonly [name: string]: string }): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe("a model's server", () => {
  test("is asked by the proxy of the host's environment", async () => {
    const server = await webServer(hello);
    await using proxy = await ForwardProxy.start({ routes: { "model.test": server.port } });
    hostHas({ HTTP_PROXY: proxy.url });
    const job = await askModel("http://model.test/v1");
    expect(await job.wait()).toMatchObject({ text: "hello" });
    expect(proxy.asked).toEqual(["POST http://model.test/v1/chat/completions"]);
  });

  test("is asked by TLS through the proxy of the host's environment", async () => {
    const server = await tlsServer(certificate, hello);
    await using proxy = await ForwardProxy.start({ routes: { "model.test": server.port } });
    hostHas({ https_proxy: proxy.host });
    const job = await askModel("https://model.test/v1", { ca });
    expect(await job.wait()).toMatchObject({ text: "hello" });
    expect(proxy.asked).toEqual(["CONNECT model.test:443"]);
  });

  test("on this machine is asked by none, unless an option says so", async () => {
    const server = await webServer(hello);
    await using proxy = await ForwardProxy.start();
    hostHas({ ALL_PROXY: proxy.url });
    await (await askModel(server.url("/v1"))).wait();
    expect(proxy.asked).toEqual([]);
    await (await askModel(server.url("/v1"), { proxy: proxy.url })).wait();
    expect(proxy.asked).toHaveLength(1);
  });

  test("with NO_PROXY, or proxy: false, the proxy is passed by", async () => {
    await using proxy = await ForwardProxy.start();
    hostHas({ HTTP_PROXY: proxy.url, NO_PROXY: "one.invalid" });
    for (const job of [
      await askModel("http://one.invalid/v1"),
      await askModel("http://two.invalid/v1", { proxy: false }),
    ]) {
      await expect(job.wait()).rejects.toMatchObject({
        code: "PROVIDER_CONNECTION",
        message: expect.stringMatching(/name/),
      });
    }
    expect(proxy.asked).toEqual([]);
  });

  test("a proxy of a kind that is not known is refused at the start", async () => {
    hostHas({ ALL_PROXY: "socks5://me:hush@proxy.test:1080" });
    const refused = expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/^ALL_PROXY names a proxy .*network: \{ proxy: false \}$/),
    });
    await expect(askModel("https://model.test/v1")).rejects.toEqual(refused);
    const { message } = (await askModel("https://model.test/v1").catch(
      (error: Error) => error,
    )) as Error;
    expect(message).not.toContain("hush");
  });

  test("a client certificate is shown to it", async () => {
    const server = await tlsServer({ ...certificate, clientCa: ca }, hello);
    const client = await authority.issue(["client.test"]);
    const job = await askModel(`${server.url()}v1`, { ca, ...client });
    expect(await job.wait()).toMatchObject({ text: "hello" });
  });

  test("a certificate that fails is not tried again, and its mend is named", async () => {
    const notAfterDate = new Date(Date.now() - 1_000);
    const expired = await authority.issue(["127.0.0.1"], { notAfterDate });
    for (const [of, network, words] of [
      [certificate, {}, /signed by nobody who is trusted here .*NODE_EXTRA_CA_CERTS/],
      [expired, { ca }, /has expired/],
    ] as const) {
      const server = await tlsServer(of, hello);
      const job = await askModel(`${server.url()}v1`, network);
      const { error } = await job.outcome;
      expect(error).toMatchObject({ code: "PROVIDER_CONNECTION", details: { retryable: false } });
      expect(error?.message).toMatch(words);
      const log = await collect(job.events());
      expect(log.map(({ type }) => type)).not.toContain("waiting");
      expect(server.requests).toEqual([]);
    }
  });

  test.for([
    [503, 2],
    [403, 1],
    [407, 1],
  ] as const)("what the proxy refuses with %i is tried %i times", async ([refusal, times]) => {
    await using proxy = await ForwardProxy.start({ refusal });
    const job = await askModel("https://model.test/v1", { proxy: proxy.url });
    const { error } = await job.outcome;
    expect(error).toMatchObject({ code: "PROVIDER_CONNECTION" });
    expect(error?.message).toContain(`the proxy ${proxy.host}`);
    expect(proxy.asked).toHaveLength(times);
  });

  test("credentials that plain HTTP's proxy refuses are the proxy's matter", async () => {
    await using proxy = await ForwardProxy.start({ credentials: "me:right" });
    const job = await askModel("http://model.test/v1", { proxy: `http://me:wr0ng@${proxy.host}` });
    const { error } = await job.outcome;
    expect(error).toMatchObject({ code: "PROVIDER_CONNECTION", details: { retryable: false } });
    expect(error?.message).toMatch(/the proxy .* wants a user and a password, or others \(407\)/);
    expect(error?.message).not.toContain("wr0ng");
    expect(proxy.asked).toHaveLength(1);
  });

  test("a job that is cancelled while the proxy says nothing ends, and its connection with it", async () => {
    await using proxy = await ForwardProxy.start({ refusal: "silent" });
    const job = await askModel("https://model.test/v1", { proxy: proxy.url });
    await proxy.used();
    expect(await job.cancel("enough")).toMatchObject({ how: "cooperative" });
    await proxy.left();
  });
});

test("an MCP server is asked by a proxy", async () => {
  await using server = await McpHttpServer.start();
  const { port } = new URL(server.url);
  await using proxy = await ForwardProxy.start({ routes: { "mcp.test": Number(port) } });
  hostHas({ HTTP_PROXY: proxy.url });
  const connections = new McpConnections({ clock: systemClock, random: () => 0 });
  const source = mcp({ url: "http://mcp.test/v1" });
  const caller = new Caller(await connections.toolsOf(source, signal));
  expect(await caller.call("quick", {})).toBe("did quick");
  expect(proxy.asked).toContain("POST http://mcp.test/v1");
  const closing = connections.close();
  for (const goodbye of server.goodbyes) goodbye.end();
  await closing;
});

describe("fetch_url in a worker's thread", () => {
  /** How the call of `url` ends that a model makes. */
  async function fetched(url: string, options: object) {
    const args = JSON.stringify({ url });
    const server = await webServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      const isFirst = server.requests.length === 1;
      const called = events(
        toolCall({ index: 0, id: "c", name: "fetch_url", args }),
        finish("tool_calls"),
      );
      response.end(isFirst ? called + DONE : HELLO + END);
    });
    const main = openaiProvider({ model: "m", baseURL: server.url("/v1") });
    const session = (await startSupervisor({ providers: { main } })).openSession();
    const tools = [{ module: "heddle/tools/http", options }];
    const job = session.run({ tools, permissions: { net: true } }, { prompt: "go" });
    await job.wait();
    const [end] = await outcomesOf(job);
    return end?.error?.message ?? end?.result;
  }

  test("goes by the proxy of the host's environment, though its own is empty", async () => {
    const site = await webServer((_, response) => response.end("by the proxy"));
    await using proxy = await ForwardProxy.start({ routes: { "site.test": site.port } });
    hostHas({ HTTP_PROXY: proxy.url });
    const result = await fetched("http://site.test/", { allow: ["site.test"] });
    expect(result).toContain("by the proxy");
    expect(proxy.asked).toEqual(["GET http://site.test/"]);
  });

  test("by TLS, with an authority of one's own", async () => {
    const site = await tlsServer(certificate, (_, response) => response.end("by TLS"));
    await using proxy = await ForwardProxy.start({ routes: { "model.test": site.port } });
    const network = { proxy: proxy.url, ca };
    const options = { allow: ["model.test"], network };
    expect(await fetched("https://model.test/", options)).toContain("by TLS");
    expect(proxy.asked).toEqual(["CONNECT model.test:443"]);
  });

  test("a certificate that fails is told to the model with its mend", async () => {
    const site = await tlsServer(certificate);
    const words = await fetched(site.url(), { allow: ["127.0.0.1"] });
    expect(words).toMatch(/signed by nobody who is trusted here/);
  });
});
