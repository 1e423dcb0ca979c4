import { describe, expect, test } from "vitest";
import { exceptionOf } from "../../src/network/no-proxy.ts";
import type { NetworkOptions } from "../../src/network/options.ts";
import { hostProxies, proxyFor } from "../../src/network/proxies.ts";

const PROXY = "http://proxy.test:3128";

function proxyOf(
  url: string,
  env: { readonly [name: string]: string },
  options: NetworkOptions = {},
): string | undefined {
  const proxy = proxyFor(new URL(url), options, env);
  return proxy && `${proxy.url.host} of ${proxy.source}`;
}

describe("the environment", () => {
  test.for<readonly [string, { readonly [name: string]: string }, string | undefined]>([
    ["https://a.test", { HTTPS_PROXY: PROXY }, "proxy.test:3128 of HTTPS_PROXY"],
    ["https://a.test", { https_proxy: PROXY }, "proxy.test:3128 of https_proxy"],
    ["https://a.test", { HTTPS_PROXY: "x", https_proxy: PROXY }, "proxy.test:3128 of https_proxy"],
    ["https://a.test", { HTTPS_PROXY: PROXY, https_proxy: "" }, "proxy.test:3128 of HTTPS_PROXY"],
    ["https://a.test", { HTTP_PROXY: PROXY }, undefined],
    ["http://a.test", { HTTP_PROXY: PROXY }, "proxy.test:3128 of HTTP_PROXY"],
    ["http://a.test", { HTTPS_PROXY: PROXY }, undefined],
    ["http://a.test", { ALL_PROXY: PROXY }, "proxy.test:3128 of ALL_PROXY"],
    ["https://a.test", { ALL_PROXY: "y", HTTPS_PROXY: PROXY }, "proxy.test:3128 of HTTPS_PROXY"],
    ["https://a.test", { HTTPS_PROXY: "proxy.test:3128" }, "proxy.test:3128 of HTTPS_PROXY"],
    ["https://a.test", { HTTPS_PROXY: " " }, undefined],
    ["https://a.test", { HTTPS_PROXY: "https://p.test" }, "p.test of HTTPS_PROXY"],
    ["https://a.test", { HTTPS_PROXY: PROXY, NO_PROXY: "b.test, a.test" }, undefined],
    ["https://a.test", { HTTPS_PROXY: PROXY, no_proxy: "b.test a.test" }, undefined],
    ["https://a.test", { HTTPS_PROXY: PROXY, NO_PROXY: "*" }, undefined],
    ["https://a.test", { HTTPS_PROXY: PROXY, NO_PROXY: "?,a.test" }, undefined],
    ["https://a.test", { ALL_PROXY: "socks5://p:1080", NO_PROXY: "a.test" }, undefined],
  ])("%s with %j", ([url, env, expected]) => {
    expect(proxyOf(url, env)).toBe(expected);
  });

  test.for([
    ...["http://localhost:8080", "http://a.localhost", "http://127.0.0.1", "http://127.1.2.3:80"],
    ...["https://[::1]:8443", "http://0.0.0.0:1", "http://[::]", "http://[::ffff:127.0.0.1]/"],
  ])("never sends %s by a proxy", (url) => {
    expect(proxyOf(url, { ALL_PROXY: PROXY })).toBeUndefined();
  });

  test.for([
    ["socks5://me:secret@proxy.test:1080", /HTTPS_PROXY names a proxy that is neither/],
    ["http://", /HTTPS_PROXY is no URL/],
    ["http://me:%zzsecret@proxy.test", /HTTPS_PROXY is no URL/],
  ] as const)("%s is refused where it counts, without being shown", ([value, message]) => {
    const env = { HTTPS_PROXY: value };
    expect(() => proxyOf("https://a.test", env)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringMatching(message) }),
    );
    expect(() => proxyOf("https://a.test", env)).not.toThrow(/secret/);
    expect(proxyOf("https://a.test", env, { proxy: false })).toBeUndefined();
  });

  test("gives nothing but its proxy variables to others", () => {
    const env = { HTTPS_PROXY: PROXY, no_proxy: "a", SECRET: "x" };
    expect(hostProxies(env)).toEqual({ HTTPS_PROXY: PROXY, no_proxy: "a" });
  });
});

describe("options", () => {
  const env = { ALL_PROXY: "http://env.test", NO_PROXY: "a.test" };

  test("a proxy of the options is used for all hosts, this machine included, but those of NO_PROXY", () => {
    expect(proxyOf("https://b.test", env, { proxy: PROXY })).toBe(
      "proxy.test:3128 of network.proxy",
    );
    expect(proxyOf("http://localhost", env, { proxy: PROXY })).toMatch("network.proxy");
    expect(proxyOf("https://a.test", env, { proxy: PROXY })).toBeUndefined();
  });

  test("noProxy stands in the place of NO_PROXY", () => {
    expect(proxyOf("https://a.test", env, { noProxy: ["b.test"] })).toMatch("env.test");
    expect(proxyOf("https://b.test", env, { noProxy: ["b.test"] })).toBeUndefined();
  });

  test("env stands in the place of the host's environment", () => {
    expect(proxyOf("https://a.test", env, { env: { HTTPS_PROXY: PROXY } })).toMatch("proxy.test");
    expect(proxyOf("https://b.test", env, { env: {} })).toBeUndefined();
  });
});

describe("exceptionOf()", () => {
  test.for<readonly [string, string, number, boolean]>([
    ["example.com", "example.com", 443, true],
    ["example.com", "www.example.com", 443, true],
    ["example.com", "notexample.com", 443, false],
    [".example.com", "example.com", 443, true],
    [".example.com", "a.b.example.com", 443, true],
    ["*.example.com", "example.com", 443, false],
    ["*.example.com", "www.example.com", 443, true],
    ["EXAMPLE.com", "example.com", 443, true],
    ["example.com:8443", "example.com", 8443, true],
    ["example.com:8443", "example.com", 443, false],
    ["*", "anything.test", 1, true],
    ["10.1.*", "10.1.2.3", 80, true],
    ["10.1.*", "10.11.2.3", 80, false],
    ["10.0.0.1", "10.0.0.1", 80, true],
    ["10.0.0.1:80", "10.0.0.1", 81, false],
    ["10.0.0.0/8", "10.255.0.1", 80, true],
    ["10.0.0.0/8", "11.0.0.1", 80, false],
    ["10.0.0.0/8", "name.test", 80, false],
    ["10.0.0.1-10.0.0.9", "10.0.0.5", 80, true],
    ["10.0.0.1-10.0.0.9", "10.0.0.10", 80, false],
    ["::1", "::1", 80, true],
    ["[fd00::1]:8080", "fd00::1", 8080, true],
    ["[fd00::1]:8080", "fd00::1", 80, false],
    ["fd00::/8", "fd12::5", 80, true],
    ["fd00::/8", "fe80::1", 80, false],
  ])("%s and %s:%i: %s", ([entry, host, port, isMeant]) => {
    expect(exceptionOf(entry)?.(host, port)).toBe(isMeant);
  });

  test.for(["", "?", "a b", "10.0.0.0/33", "10.0.0.0/x", "fd00::/129", "10.0.0.9-10.0.0.1", "a:b"])(
    "%j is none",
    (entry) => {
      expect(exceptionOf(entry)).toBeUndefined();
    },
  );
});
