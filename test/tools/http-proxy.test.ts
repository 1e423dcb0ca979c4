import { lookup } from "node:dns/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { HttpOptions } from "../../src/tools/http.ts";
import { tools } from "../../src/tools/http.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { call } from "../support/tool-calls.ts";
import { toolContext } from "../support/tool-context.ts";
import { webServer } from "../support/web-server.ts";

function fetchUrl(url: string, options: HttpOptions, ctx = toolContext()) {
  return call(tools(options), "fetch_url", { url }, ctx);
}

const DENIED = { code: "PERMISSION_DENIED" };

describe("by a proxy, what may be asked is still decided here", () => {
  test.for([
    ["http://127.0.0.1/", ["*"]],
    ["http://169.254.169.254/latest/meta-data", ["*"]],
    ["http://[::ffff:10.0.0.1]/", ["*"]],
    ["https://10.1.2.3/", ["*"]],
    // A name that is looked up here, and is this machine.
    ["http://localhost/", ["*"]],
    ["https://localhost/", ["*"]],
    ["http://b.test/", ["a.test"]],
    ["http://me:secret@a.test/", ["a.test"]],
  ] as const)("%s is refused by %j", async ([url, allow]) => {
    await using proxy = await ForwardProxy.start();
    const network = { proxy: proxy.url };
    await expect(fetchUrl(url, { allow, network })).rejects.toMatchObject(DENIED);
    expect(proxy.asked).toEqual([]);
  });

  test("a redirect is checked before the proxy is asked for its target", async () => {
    const site = await webServer((_, response) => {
      response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    });
    await using proxy = await ForwardProxy.start({ routes: { "a.test": site.port } });
    const options = { allow: ["a.test", "*"], network: { proxy: proxy.url } };
    await expect(fetchUrl("http://a.test/", options)).rejects.toMatchObject(DENIED);
    expect(proxy.asked).toEqual(["GET http://a.test/"]);
  });

  test("a name that only the proxy can look up is left to it", async () => {
    await expect(lookup("site.invalid")).rejects.toThrow();
    const site = await webServer((_, response) => response.end("found"));
    await using proxy = await ForwardProxy.start({ routes: { "site.invalid": site.port } });
    const options = { allow: ["*"], network: { proxy: proxy.url } };
    expect(await fetchUrl("http://site.invalid/", options)).toMatchObject({ text: "found" });
  });

  test("where the proxy is passed by, names are looked up and held to as ever", async () => {
    await using proxy = await ForwardProxy.start();
    const network = { proxy: proxy.url, noProxy: ["localhost"] };
    await expect(fetchUrl("http://localhost/", { allow: ["*"], network })).rejects.toMatchObject(
      DENIED,
    );
    expect(proxy.asked).toEqual([]);
  });

  test("the proxy itself may be where it likes: its address is no target", async () => {
    const site = await webServer((_, response) => response.end("ok"));
    await using proxy = await ForwardProxy.start({ routes: { "a.test": site.port } });
    vi.stubEnv("HTTP_PROXY", proxy.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await fetchUrl("http://a.test/", { allow: ["a.test"] })).toMatchObject({ text: "ok" });
  });
});

describe("what a proxy says", () => {
  test.for([
    ["http", "me:other"],
    ["https", "me:other"],
  ] as const)(
    "that it wants other credentials is no answer of the site: %s",
    async ([protocol, credentials]) => {
      await using proxy = await ForwardProxy.start({ credentials });
      const options = { allow: ["a.test"], network: { proxy: `http://me:hush@${proxy.host}` } };
      const asking = fetchUrl(`${protocol}://a.test/`, options);
      await expect(asking).rejects.toMatchObject({ code: "TOOL_FAILED" });
      await expect(asking).rejects.toThrow(/the proxy .* wants a user and a password/);
      await expect(asking).rejects.not.toThrow(/hush/);
    },
  );

  test("nothing: a cancel ends the call and the connection to it", async () => {
    await using proxy = await ForwardProxy.start({ refusal: "silent" });
    const ctx = toolContext();
    const options = { allow: ["a.test"], network: { proxy: proxy.url } };
    const asking = fetchUrl("https://a.test/", options, ctx);
    const refused = expect(asking).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    await proxy.used();
    ctx.cancel();
    await refused;
    await proxy.left();
  });
});

describe("a page that comes packed, unasked", () => {
  test.for([
    ["gzip", gzipSync("<p>né</p>")],
    ["br", brotliCompressSync("<p>né</p>")],
  ] as const)("%s is read as it is", async ([encoding, body]) => {
    const site = await webServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html", "content-encoding": encoding });
      response.end(body);
    });
    const result = await fetchUrl(site.url(), { allow: ["127.0.0.1"] });
    expect(result).toMatchObject({ text: "<p>né</p>", isTruncated: false });
  });

  test("of a bomb no more than maxBytes is read", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024, "a"));
    const site = await webServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" });
      response.end(bomb);
    });
    const result = await fetchUrl(site.url(), { allow: ["127.0.0.1"], maxBytes: 1_000 });
    expect(result).toMatchObject({ text: "a".repeat(1_000), isTruncated: true });
  });

  test("one that is not what it says fails, and says why", async () => {
    const site = await webServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" });
      response.end("<p>plain</p>");
    });
    const asking = fetchUrl(site.url(), { allow: ["127.0.0.1"] });
    await expect(asking).rejects.toThrow(/its body cannot be unpacked \(gzip\)/);
  });
});

test.for([
  ["network", "http://p"],
  ["network.proxy", { proxy: "ftp://p" }],
  ["network.ca", { ca: "/no/such.pem" }],
] as const)("bad options are refused: %s", ([field, network]) => {
  expect(() => tools({ allow: ["*"], network: network as never })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
  );
});
