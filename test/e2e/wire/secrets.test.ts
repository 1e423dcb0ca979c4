import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { toWireError } from "../../../src/errors.ts";
import { openaiProvider } from "../../../src/providers/openai/descriptor.ts";
import { createProvider } from "../../../src/providers/openai/module.ts";
import type { Step } from "../../support/broken-server.ts";
import { DONE, events, head, stream, whole } from "./bytes.ts";
import { KEY, play } from "./play.ts";

/** All that could be printed of an error, here or on the other side of a port. */
function printed(error: unknown): string {
  return inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(toWireError(error));
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("no error holds the key, whoever echoes it", () => {
  const JSON_TYPE = { "content-type": "application/json" };
  const told = (message: string): object => ({ error: { message, code: message, type: message } });

  test.for<readonly [string, readonly Step[]]>([
    ["an error's message and code", [whole(JSON.stringify(told(`bad key ${KEY}`)), 401)]],
    ["an error page", [whole(`<title>${KEY}</title>`, 500)]],
    ["a request id", [whole("", 500, { "x-request-id": KEY })]],
    ["a redirect", [whole("", 302, { location: `https://x.test/?key=${KEY}` })]],
    ["an error in the stream", stream(events(told(KEY)))],
    ["an error event that is text", stream(`event: error\ndata: ${KEY}\n\n`)],
    ["JSON in place of a stream", [whole(JSON.stringify(told(KEY)), 200, JSON_TYPE)]],
    ["a content type", [head({ "content-type": KEY }), DONE, "[end]"]],
    ["a content encoding", [head({ "content-encoding": KEY }), DONE, "[end]"]],
    ["what is no HTTP", [`${KEY}\r\n\r\n`, "[stall]"]],
    ["a chunk of no valid length", [head({ "transfer-encoding": "chunked" }), `${KEY}\r\n`]],
  ])("%s", async ([, script]) => {
    const { error } = await play(script);
    expect(error).toBeDefined();
    expect(printed(error)).not.toContain(KEY);
  });

  test("a secret in a header of one's own", async () => {
    const script = [whole(JSON.stringify(told("header-secret-1")), 401)];
    const { error } = await play(script, { headers: { "api-key": "header-secret-1" } });
    expect(error).toMatchObject({ code: "PROVIDER_AUTH", details: { status: 401 } });
    expect(printed(error)).not.toContain("header-secret-1");
  });
});

describe("a key that cannot be sent is refused without printing it", () => {
  const BAD = "sk-first\nsk-second";

  test("in the options", () => {
    const error = thrownBy(() => openaiProvider({ apiKey: BAD }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { field: "apiKey" } });
    expect(printed(error)).not.toMatch(/sk-first|sk-second/);
  });

  test("in the environment", () => {
    const env = { OPENAI_API_KEY: BAD };
    const error = thrownBy(() => createProvider({}, { name: "p", env }));
    expect(error).toMatchObject({ code: "PROVIDER_AUTH" });
    expect(printed(error)).not.toMatch(/sk-first|sk-second/);
  });

  test("in a header", () => {
    const error = thrownBy(() => openaiProvider({ headers: { "api-key": BAD } }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { field: "headers.api-key" } });
    expect(printed(error)).not.toMatch(/sk-first|sk-second/);
  });
});

test("a provider without a key is refused, and told the ways out", () => {
  const error = thrownBy(() => createProvider({}, { name: "main", env: {} }));
  expect(error).toMatchObject({ code: "PROVIDER_AUTH" });
  expect(String(error)).toMatch(/"main".*OPENAI_API_KEY.*apiKey.*baseURL/);
});
