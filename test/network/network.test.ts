import { createPrivateKey } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { Network } from "../../src/network/network.ts";
import type { NetworkOptions } from "../../src/network/options.ts";
import { problemOf } from "../../src/network/problems.ts";
import { selfSigned, TestAuthority } from "../support/certificates.ts";
import { turn } from "../support/fake-clock.ts";
import { ForwardProxy } from "../support/forward-proxy.ts";
import { tlsServer } from "../support/tls-server.ts";
import { webServer } from "../support/web-server.ts";

const authority = await TestAuthority.create();
const ours = await authority.issue(["model.test", "127.0.0.1"]);
const CLIENT_P12 = new URL("../fixtures/certificates/client.p12", import.meta.url);

function networkOf(options: NetworkOptions, env = {}): Network {
  const network = new Network("", options, env, { keepAlive: true });
  onTestFinished(() => network.close());
  return network;
}

/** The body that comes from `url`; rejects with what the problem is to a person. */
async function ask(network: Network, url: string, signal?: AbortSignal): Promise<string> {
  const to = new URL(url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const how = { method: "GET", headers: {}, ...(signal === undefined ? {} : { signal }) };
    const request = network.request(to, how, resolve);
    request.on("error", (error) => reject(network.problemOf(error, to) ?? error));
    request.end();
  });
  return await text(response);
}

/** A file with this content, gone with the test. */
async function file(content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-network-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "file.pem"), content);
  return join(directory, "file.pem");
}

describe("by a proxy", () => {
  test("plain HTTP is forwarded, with user and password", async () => {
    const server = await webServer((_, response) => response.end("plain"));
    const routes = { "model.test": server.port };
    await using proxy = await ForwardProxy.start({ routes, credentials: "me:p@ss" });
    const network = networkOf({}, { http_proxy: `http://me:p%40ss@${proxy.host}` });
    expect(await ask(network, "http://model.test/a?b=c")).toBe("plain");
    expect(proxy.asked).toEqual(["GET http://model.test/a?b=c"]);
    expect(server.requests[0]?.headers.host).toBe("model.test");
  });

  test("HTTPS goes through a tunnel, whose connection is used again", async () => {
    const server = await tlsServer(ours);
    const routes = { "model.test": server.port };
    await using proxy = await ForwardProxy.start({ routes, credentials: "me:p@ss" });
    const network = networkOf({
      proxy: `http://me:p%40ss@${proxy.host}`,
      ca: authority.cert,
    });
    expect(await ask(network, "https://model.test/")).toBe("ok");
    await turn();
    expect(await ask(network, "https://model.test/")).toBe("ok");
    expect(proxy.asked).toEqual(["CONNECT model.test:443"]);
    expect(server.connections()).toBe(1);
    expect(server.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
  });

  test.for(["http", "https"])("a proxy may be spoken to by TLS, for %s", async (protocol) => {
    const plain = await webServer((_, response) => response.end("ok"));
    const secure = await tlsServer(ours);
    const routes = { "model.test": protocol === "http" ? plain.port : secure.port };
    await using proxy = await ForwardProxy.start({ routes, tls: ours });
    const network = networkOf({ proxy: proxy.url, ca: authority.cert });
    expect(await ask(network, `${protocol}://model.test/`)).toBe("ok");
    expect(proxy.asked).toHaveLength(1);
    await expect(ask(networkOf({ proxy: proxy.url }), `${protocol}://model.test/`)).rejects.toEqual(
      {
        message: expect.stringMatching(/the certificate of the proxy .* is signed by nobody/),
        isPassing: false,
      },
    );
  });

  test("a certificate that fails behind a proxy is the server's", async () => {
    const server = await tlsServer(ours);
    await using proxy = await ForwardProxy.start();
    await expect(ask(networkOf({ proxy: proxy.url }), server.url())).rejects.toEqual({
      message: expect.stringMatching(/the certificate of 127\.0\.0\.1:\d+ is signed by nobody/),
      isPassing: false,
    });
    await proxy.left();
  });

  test("a host that is excepted is asked directly", async () => {
    const server = await webServer((_, response) => response.end("direct"));
    await using proxy = await ForwardProxy.start();
    const network = networkOf({ proxy: proxy.url, noProxy: [`127.0.0.1:${server.port}`] });
    expect(await ask(network, server.url())).toBe("direct");
    expect(proxy.asked).toEqual([]);
  });

  test("a request that is cancelled while the proxy says nothing fails at once, and the proxy sees it", async () => {
    await using proxy = await ForwardProxy.start({ refusal: "silent" });
    const stop = new AbortController();
    const asking = ask(networkOf({ proxy: proxy.url }), "https://model.test/", stop.signal);
    await proxy.used();
    stop.abort();
    await expect(asking).rejects.toMatchObject({ name: "AbortError" });
    await proxy.left();
  });

  test("closing ends tunnels that are not open yet", async () => {
    await using proxy = await ForwardProxy.start({ refusal: "silent" });
    const network = networkOf({ proxy: proxy.url });
    const asking = ask(network, "https://model.test/");
    await proxy.used();
    network.close();
    await expect(asking).rejects.toMatchObject({
      message: expect.stringMatching(/cannot be reached/),
    });
    await proxy.left();
  });

  test.for([
    [407, /the proxy 127\.0\.0\.1:\d+ \(of network\.proxy\) wants a user and a password/, false],
    [403, /would not connect to the server: it answered 403/, false],
    [503, /would not connect to the server: it answered 503/, true],
  ] as const)(
    "what it refuses with %i is its word, not the server's",
    async ([status, words, isPassing]) => {
      await using proxy = await ForwardProxy.start({ refusal: status });
      const asking = ask(networkOf({ proxy: proxy.url }), "https://model.test/");
      await expect(asking).rejects.toEqual({ message: expect.stringMatching(words), isPassing });
      await proxy.left();
    },
  );

  test.for(["http", "https"])("one that is not there is named, for %s", async (protocol) => {
    const gone = await ForwardProxy.start();
    const { host } = gone;
    await gone[Symbol.asyncDispose]();
    const env = { all_proxy: `http://me:hush@${host}` };
    await expect(ask(networkOf({}, env), `${protocol}://model.test/`)).rejects.toEqual({
      message: expect.stringMatching(
        `the proxy ${host} \\(of all_proxy\\) cannot be reached: .*ECONNREFUSED`,
      ),
      isPassing: true,
    });
  });
});

describe("certificates", () => {
  test.for(["text", "file", "with the default ones"])(
    "an authority of one's own: %s",
    async (how) => {
      const server = await tlsServer(ours);
      const ca = how === "text" ? authority.cert : await file(authority.cert);
      const list = how === "with the default ones" ? ["default", ca] : ca;
      expect(await ask(networkOf({ ca: list }), server.url())).toBe("ok");
    },
  );

  test("an authority among several of one file", async () => {
    const other = await TestAuthority.create("Other");
    const server = await tlsServer(ours);
    const ca = await file(`${other.cert}\n${authority.cert}`);
    expect(await ask(networkOf({ ca }), server.url())).toBe("ok");
  });

  test("each that fails says what is wrong, and is not to be tried again", async () => {
    const dayAgo = new Date(Date.now() - 86_400_000);
    const tomorrow = new Date(Date.now() + 40_000_000);
    const unknown = await tlsServer(ours);
    const itself = await tlsServer(await selfSigned("localhost"));
    const expired = await tlsServer(await authority.issue(["127.0.0.1"], { notAfterDate: dayAgo }));
    const early = await tlsServer(
      await authority.issue(["127.0.0.1"], { notBeforeDate: tomorrow }),
    );
    const named = await tlsServer(await authority.issue(["other.test"]));
    const plain = await webServer((_, response) => response.end());
    const { cert: ca } = authority;
    for (const [options, url, words] of [
      [{}, unknown.url(), /signed by nobody who is trusted.*NODE_EXTRA_CA_CERTS.*network\.ca/],
      [{}, itself.url(), /DEPTH_ZERO_SELF_SIGNED_CERT/],
      [{ ca }, expired.url(), /has expired \(CERT_HAS_EXPIRED\)/],
      [{ ca }, early.url(), /is not valid yet/],
      [{ ca }, named.url(), /is for other names .*127\.0\.0\.1/],
      [{ ca }, plain.url().replace("http:", "https:"), /does not speak TLS/],
    ] as const) {
      await expect(ask(networkOf(options), url)).rejects.toEqual({
        message: expect.stringMatching(words),
        isPassing: false,
      });
    }
  });

  test.for(["text", "files", "an encrypted key"])("a client certificate: %s", async (how) => {
    const client = await authority.issue(["client.test"]);
    const server = await tlsServer({ ...ours, clientCa: authority.cert });
    const { cert, key } = client;
    const given =
      how === "files" ? { cert: await file(cert), key: await file(key) } : { cert, key };
    const encrypted = how === "an encrypted key" ? encryptedKey(key) : {};
    const options = { ca: authority.cert, ...given, ...encrypted };
    expect(await ask(networkOf(options), server.url())).toBe("ok");
  });

  test("a client certificate in PKCS #12, also through a tunnel", async () => {
    const clientCa = await readFile(new URL("client.pem", CLIENT_P12), "utf8");
    const server = await tlsServer({ ...ours, clientCa });
    await using proxy = await ForwardProxy.start();
    const pfx = await readFile(CLIENT_P12);
    const options = { ca: authority.cert, pfx, passphrase: "open-sesame", proxy: proxy.url };
    expect(await ask(networkOf(options), server.url())).toBe("ok");
    expect(proxy.asked).toHaveLength(1);
  });

  test("a client without one, or with another, is not let in", async () => {
    const server = await tlsServer({ ...ours, clientCa: authority.cert });
    const stranger = await selfSigned("stranger");
    for (const own of [{}, stranger]) {
      const asking = ask(networkOf({ ca: authority.cert, ...own }), server.url());
      // The server's alert, or the end of its connection: whichever is read first.
      await expect(asking).rejects.toBeDefined();
    }
    expect(server.requests).toEqual([]);
  });

  test.for([
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
  ])("a server's alert %s says that it wants another one", (code) => {
    expect(problemOf(Object.assign(new Error("alert"), { code }), "model.test")).toEqual({
      message: expect.stringMatching(/model\.test wants a client certificate, or another one/),
      isPassing: false,
    });
  });
});

describe("a file or text that cannot be used is refused, with its field and file", () => {
  test.for<readonly [string, (bad: string) => NetworkOptions]>([
    ["network.ca", () => ({ ca: "/no/such.pem" })],
    ["network.ca[1]", (bad) => ({ ca: [authority.cert, bad] })],
    ["network.cert", (bad) => ({ cert: bad, key: ours.key })],
    ["network.key", () => ({ cert: ours.cert, key: "/no/such.pem" })],
    ["network.key", (bad) => ({ cert: ours.cert, key: bad })],
    ["network.pfx", (bad) => ({ pfx: bad })],
    ["network.pfx", () => ({ pfx: CLIENT_P12.pathname, passphrase: "wrong" })],
  ])("%s", async ([field, options]) => {
    const bad = await file("hush: this is no certificate");
    const made = () => networkOf(options(bad));
    expect(made).toThrow(expect.objectContaining({ code: "INVALID_OPTION", details: { field } }));
    expect(made).toThrow(field);
    expect(made).not.toThrow(/hush|wrong/);
  });

  test("a key that belongs to another certificate", async () => {
    const other = await authority.issue(["other.test"]);
    expect(() => networkOf({ cert: ours.cert, key: other.key })).toThrow(/network\.key/);
  });
});

function encryptedKey(key: string) {
  const passphrase = "open-sesame";
  const encrypted = createPrivateKey(key).export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase,
  });
  return { key: String(encrypted), passphrase };
}
