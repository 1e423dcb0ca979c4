import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../src/tools/http/addresses.ts";
import type { HttpOptions } from "../../src/tools/http.ts";
import { tools } from "../../src/tools/http.ts";
import { call } from "../support/tool-calls.ts";
import { webServer } from "../support/web-server.ts";

function fetchUrl(url: string, options: HttpOptions, args = {}) {
  return call(tools(options), "fetch_url", { url, ...args });
}

const DENIED = { code: "PERMISSION_DENIED" };

describe("a host", () => {
  test.each([
    ["http://b.com/", ["a.com"]],
    ["http://a.com.b.com/", ["a.com"]],
    ["http://xa.com/", ["a.com"]],
    ["http://sub.a.com/", ["a.com"]],
    ["http://a.com/", ["*.a.com"]],
    ["http://xa.com/", ["*.a.com"]],
    ["http://a.com:81/", ["a.com:80"]],
    ["https://a.com/", ["a.com:80"]],
    ["http://b.com#@a.com/", ["a.com"]],
    ["http://b.com\\@a.com/", ["a.com"]],
    ["http://a.com@b.com/", ["a.com", "b.com"]],
    ["http://user:secret@a.com/", ["a.com"]],
    ["file:///etc/passwd", ["*"]],
    ["ftp://a.com/", ["a.com"]],
    ["data:text/plain,x", ["*"]],
  ])("%s is refused by %j", async (url, allow) => {
    await expect(fetchUrl(url, { allow })).rejects.toMatchObject(DENIED);
  });

  test("is compared as the URL has it, whatever way it is written", async () => {
    const server = await webServer((_, response) => response.end("here"));
    const port = `:${server.port}/`;
    for (const [host, allow] of [
      ["127.0.0.1", `127.0.0.1:${server.port}`],
      ["0x7f.1", "127.0.0.1"],
      ["2130706433", "127.0.0.1"],
      ["127.0.0.1", "127.1"],
      ["LOCALHOST", "localhost"],
      ["localhost", "LocalHost"],
    ]) {
      const result = fetchUrl(`http://${host}${port}`, { allow: [allow ?? ""] });
      expect(await result, host).toMatchObject({ text: "here" });
    }
  });
});

describe("a private address", () => {
  const local = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://2130706433/",
    "http://0/",
    "http://10.1.2.3/",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
  ];
  test.each(local)("%s is refused when only a pattern allows it", async (url) => {
    const fetching = fetchUrl(url, { allow: ["*"] });
    await expect(fetching).rejects.toMatchObject({
      ...DENIED,
      message: expect.stringContaining("private network"),
    });
  });

  test("a name that leads to this machine is refused before anything is sent", async () => {
    const server = await webServer((_, response) => response.end("here"));
    const fetching = fetchUrl(server.url("/", "localhost"), { allow: ["*"] });
    await expect(fetching).rejects.toMatchObject({
      ...DENIED,
      message: expect.stringContaining("private network"),
    });
    expect(server.requests).toEqual([]);
  });

  test("is used when it is named itself, or with allowPrivate", async () => {
    const server = await webServer((_, response) => response.end("here"));
    const byName = fetchUrl(server.url("/", "localhost"), { allow: ["localhost", "*"] });
    expect(await byName).toMatchObject({ text: "here" });
    const allowed = fetchUrl(server.url(), { allow: ["*"], allowPrivate: true });
    expect(await allowed).toMatchObject({ text: "here" });
  });

  test.each([
    ["8.8.8.8", true],
    ["172.15.0.1", true],
    ["172.16.0.1", false],
    ["172.31.255.255", false],
    ["100.64.0.1", false],
    ["192.168.1.1", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["2606:4700:4700::1111", true],
    ["2001:db8::1", false],
    ["2002:7f00:1::", false],
    ["64:ff9b::7f00:1", false],
    ["::ffff:8.8.8.8", false],
    ["fe80::1", false],
    ["ff02::1", false],
  ])("%s is public: %s", (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});

describe("a redirect", () => {
  test("is followed, up to five times", async () => {
    const server = await webServer(({ url = "/" }, response) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end("there");
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const allow = ["127.0.0.1"];
    const result = await fetchUrl(server.url("/5"), { allow });
    expect(result).toMatchObject({ url: server.url("/0"), text: "there" });
    await expect(fetchUrl(server.url("/6"), { allow })).rejects.toThrow("more than 5 redirects");
  });

  test("to a host, port, protocol or address that is not allowed is refused, and nothing sent there", async () => {
    const other = await webServer((_, response) => response.end("secret"));
    for (const location of [
      other.url("/", "localhost"),
      other.url("/"),
      "file:///etc/passwd",
      "http://user:secret@127.0.0.1/",
      "http://169.254.169.254/",
      "//b.com/",
    ]) {
      const server = await webServer((_, response) => {
        response.writeHead(301, { location }).end();
      });
      const fetching = fetchUrl(server.url(), { allow: [`127.0.0.1:${server.port}`, "*.a.com"] });
      await expect(fetching, location).rejects.toMatchObject(DENIED);
    }
    expect(other.requests).toEqual([]);
  });

  test("to another origin takes no credentials along, but the other headers", async () => {
    const other = await webServer((_, response) => response.end("there"));
    const server = await webServer((_, response) => {
      response.writeHead(307, { location: other.url() }).end();
    });
    const headers = { Authorization: "Bearer key", Cookie: "a=b", "x-name": "n" };
    await fetchUrl(server.url(), { allow: ["127.0.0.1"], headers });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer key",
      cookie: "a=b",
    });
    expect(other.requests[0]?.headers).toMatchObject({ "x-name": "n" });
    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(other.requests[0]?.headers).not.toHaveProperty("cookie");
  });

  test("of a POST becomes a GET, or stays at its origin", async () => {
    const options = { allow: ["127.0.0.1"], methods: ["POST"] };
    const args = { method: "POST", contentType: "text/plain", body: "once" };
    const other = await webServer((_, response) => response.end("there"));
    const answered = async (status: number, location: string) => {
      const server = await webServer(({ url }, response) => {
        if (url === "/there") response.end("there");
        else response.writeHead(status, { location }).end();
      });
      await fetchUrl(server.url(), options, args);
      return [...server.requests, ...other.requests].map(({ method }) => method);
    };
    expect(await answered(303, "/there")).toEqual(["POST", "GET"]);
    expect(await answered(307, "/there")).toEqual(["POST", "POST"]);
    await expect(answered(308, other.url())).rejects.toMatchObject(DENIED);
    expect(await answered(302, other.url())).toEqual(["POST", "GET"]);
  });
});
