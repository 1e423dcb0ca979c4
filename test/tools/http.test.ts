import { Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { HttpOptions } from "../../src/tools/http.ts";
import { tools } from "../../src/tools/http.ts";
import { call } from "../support/tool-calls.ts";
import { APPROVAL, toolContext } from "../support/tool-context.ts";
import { webServer } from "../support/web-server.ts";

const LOOPBACK: HttpOptions = { allow: ["127.0.0.1"] };

function fetchUrl(url: string, options: HttpOptions = LOOPBACK, args = {}, ctx = toolContext()) {
  return call(tools(options), "fetch_url", { url, ...args }, ctx);
}

function* endlessly(text: string): Iterable<string> {
  for (;;) yield text;
}

describe("fetch_url", () => {
  test("gives status, type and text, of HTML as it is, and of an error, too", async () => {
    const server = await webServer((_, response) => {
      response.writeHead(404, { "content-type": "text/html" }).end("<p>né</p>");
    });
    expect(await fetchUrl(server.url("/page"))).toEqual({
      url: server.url("/page"),
      status: 404,
      contentType: "text/html",
      text: "<p>né</p>",
      isTruncated: false,
    });
  });

  test.each([
    ["text/plain; charset=iso-8859-1", Buffer.from([0xe9]), "é"],
    ['text/plain; charset="utf-16le"', Buffer.from("é漢", "utf16le"), "é漢"],
    ["application/ld+json", Buffer.from("{}"), "{}"],
    ["text/plain; charset=unknown", Buffer.from("é"), "é"],
  ])("decodes %s", async (contentType, bytes, text) => {
    const server = await webServer((_, response) => {
      response.writeHead(200, { "content-type": contentType }).end(bytes);
    });
    expect(await fetchUrl(server.url())).toMatchObject({ text });
  });

  test.each([
    [{ "content-type": "image/png", "content-length": "4" }, { sizeBytes: 4 }],
    [{ "content-type": "text/plain", "content-encoding": "compress" }, {}],
    [{}, {}],
  ])("only describes what is no text: %j", async (headers, expected) => {
    const server = await webServer((_, response) => {
      response.writeHead(200, headers).end(Buffer.from([1, 0, 2, 3]));
    });
    const result = await fetchUrl(server.url());
    expect(result).toMatchObject({ status: 200, isBinary: true, ...expected });
    expect(result).not.toHaveProperty("text");
  });

  test("reads no more of an endless body than the bound, to a whole character", async () => {
    const closed = Promise.withResolvers<void>();
    const server = await webServer((request, response) => {
      request.socket.once("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "text/plain" });
      Readable.from(endlessly("漢".repeat(10_000))).pipe(response);
    });
    const result = await fetchUrl(server.url(), { ...LOOPBACK, maxBytes: 100_000 });
    expect(result).toMatchObject({ text: "漢".repeat(33_333), isTruncated: true });
    await closed.promise;
  });

  test("HEAD has no body, and needs none", async () => {
    const server = await webServer((_, response) => response.end("body"));
    const result = await fetchUrl(server.url(), LOOPBACK, { method: "HEAD" });
    expect(result).toMatchObject({ status: 200, text: "" });
  });

  test("sends the options' headers, which the model cannot change, and its body", async () => {
    let body = "";
    const server = await webServer(async (request, response) => {
      body = await textOf(request);
      response.end();
    });
    const options = { ...LOOPBACK, methods: ["POST"], headers: { Accept: "a/b", "X-Key": "key" } };
    const args = { method: "POST", accept: "c/d", contentType: "text/plain", body: "né" };
    await fetchUrl(server.url(), options, args);
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({
      accept: "a/b",
      "x-key": "key",
      "content-type": "text/plain",
    });
    expect(body).toBe("né");
  });
});

describe("an end", () => {
  /** Answers with a part of a body and then nothing more. */
  function slowServer() {
    const begun = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const server = webServer((request, response) => {
      request.socket.once("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "text/plain" });
      response.write("begun", () => begun.resolve());
    });
    return { server, begun: begun.promise, closed: closed.promise };
  }

  test("a cancel closes the socket in the middle of a body", async () => {
    const { server, begun, closed } = slowServer();
    const ctx = toolContext();
    const fetching = fetchUrl((await server).url(), LOOPBACK, {}, ctx);
    const refused = expect(fetching).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    await begun;
    ctx.cancel();
    await refused;
    await closed;
  });

  test("a call that is cancelled already sends nothing", async () => {
    const server = await webServer((_, response) => response.end());
    const ctx = toolContext();
    ctx.cancel();
    await expect(fetchUrl(server.url(), LOOPBACK, {}, ctx)).rejects.toMatchObject({
      code: "JOB_CANCELLED",
    });
    expect(server.requests).toEqual([]);
  });

  test("a slow body has until timeoutMs", async () => {
    const { server, closed } = slowServer();
    const fetching = fetchUrl((await server).url(), { ...LOOPBACK, timeoutMs: 200 });
    await expect(fetching).rejects.toThrow("no whole answer within 200 ms");
    await closed;
  });

  test("a server that hangs up, or is not there, is a failure that says so", async () => {
    const server = await webServer((request) => request.socket.destroy());
    await expect(fetchUrl(server.url())).rejects.toMatchObject({ code: "TOOL_FAILED" });
    const half = await webServer((request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("half", () => request.socket.destroy());
    });
    await expect(fetchUrl(half.url())).rejects.toMatchObject({ code: "TOOL_FAILED" });
    await expect(fetchUrl("http://127.0.0.1:1/")).rejects.toThrow("ECONNREFUSED");
  });
});

describe("approval", () => {
  test.each([
    [undefined, false],
    ["GET", false],
    ["HEAD", false],
    ["POST", true],
    ["DELETE", true],
  ])("of %s is needed: %s", (method, expected) => {
    const [tool] = tools({ ...LOOPBACK, methods: ["GET", "HEAD", "POST", "DELETE"] });
    const needs = tool?.needsApproval;
    if (typeof needs !== "function") throw new TypeError("it depends on the method");
    expect(needs({ url: "http://127.0.0.1/", method }, APPROVAL)).toBe(expected);
  });
});

test.each<[string, unknown]>([
  ["options", undefined],
  ["allow", {}],
  ["allow", { allow: [] }],
  ["allow[0]", { allow: ["http://a.com"] }],
  ["allow[0]", { allow: ["a.com/path"] }],
  ["allow[0]", { allow: ["user@a.com"] }],
  ["allow[0]", { allow: ["*.*.com"] }],
  ["allow[0]", { allow: ["::1"] }],
  ["allow[1]", { allow: ["a.com", ""] }],
  ["maxBytes", { ...LOOPBACK, maxBytes: 0 }],
  ["timeoutMs", { ...LOOPBACK, timeoutMs: -1 }],
  ["methods", { ...LOOPBACK, methods: [] }],
  ["methods[0]", { ...LOOPBACK, methods: ["get"] }],
  ["headers", { ...LOOPBACK, headers: [] }],
  ["headers.Host", { ...LOOPBACK, headers: { Host: "b.com" } }],
  ["headers.a", { ...LOOPBACK, headers: { a: "b\r\nc: d" } }],
  ["allowPrivate", { ...LOOPBACK, allowPrivate: "false" }],
  ["hosts", { ...LOOPBACK, hosts: [] }],
])("the option %s is refused: %j", (field, options) => {
  expect(() => tools(options as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
  );
});
