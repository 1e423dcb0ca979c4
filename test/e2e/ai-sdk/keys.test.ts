import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AiSdkProviderOptions } from "../../../src/index.ts";
import { aiSdkProvider } from "../../../src/index.ts";
import { startSupervisor } from "../../support/supervisors.ts";
import { webServer } from "../../support/web-server.ts";

/** What Anthropic's API answers with a text. */
const HELLO = [
  {
    type: "message_start",
    message: {
      id: "m1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello." } },
  { type: "content_block_stop", index: 0 },
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 2 },
  },
  { type: "message_stop" },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join("");

/** A model's server that lets one key in, and echoes the others. */
async function guarded(key: string) {
  const guard = { key, shown: [] as string[] };
  const server = await webServer((request: IncomingMessage, response) => {
    request.resume();
    const given = String(request.headers["x-api-key"]);
    guard.shown.push(given);
    if (given === guard.key) {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(HELLO);
      return;
    }
    const error = { type: "authentication_error", message: `wrong key ${given}` };
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ type: "error", error }));
  });
  return { guard, baseURL: server.url("/v1") };
}

async function keyFile(key: string) {
  const directory = await mkdtemp(join(tmpdir(), "heddle-ai-sdk-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "key");
  await writeFile(file, key);
  return file;
}

async function session(baseURL: string, options: Partial<AiSdkProviderOptions>) {
  const main = aiSdkProvider({
    package: "@ai-sdk/anthropic",
    create: "createAnthropic",
    model: "m",
    settings: { baseURL },
    retry: { maxRetries: 0 },
    ...options,
  });
  return (await startSupervisor({ providers: { main } })).openSession();
}

describe("a key that changes, for a package of the AI SDK", () => {
  test("is sent where the package sends its own, and read again when it is refused", async () => {
    const { guard, baseURL } = await guarded("sk-first-1");
    const file = await keyFile("sk-first-1");
    const opened = await session(baseURL, { apiKey: { file } });
    const ask = async () => (await opened.run({}, { prompt: "Hello?" }).wait()).text;
    expect(await ask()).toBe("Hello.");
    guard.key = "sk-second-2";
    await writeFile(file, "sk-second-2");
    expect(await ask()).toBe("Hello.");
    expect(guard.shown.slice(0, 1)).toEqual(["sk-first-1"]);
    expect(guard.shown.at(-1)).toBe("sk-second-2");
  });

  test("that is refused for good is in no error", async () => {
    const { guard, baseURL } = await guarded("another");
    const opened = await session(baseURL, { apiKey: { file: await keyFile("sk-hush-hush") } });
    const { error } = await opened.run({}, { prompt: "Hello?" }).outcome;
    expect(error).toMatchObject({ code: "PROVIDER_AUTH" });
    expect(JSON.stringify([error?.message, error?.details])).not.toContain("sk-hush");
    expect(guard.shown).toEqual(["sk-hush-hush"]);
  });

  test.each([
    ["apiKey", { apiKey: "sk-plain" }],
    ["apiKey.command", { apiKey: { command: [] } }],
    ["auth", { auth: "not a header" }],
    ["network.proxy", { network: { proxy: "socks5://p" } }],
  ])("bad options are refused: %s of %j", (field, options) => {
    const make = () =>
      aiSdkProvider({ package: "a", create: "b", ...(options as Partial<AiSdkProviderOptions>) });
    const details = { field };
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION", details }));
  });
});
