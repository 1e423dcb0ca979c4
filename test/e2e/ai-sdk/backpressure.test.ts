import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { loadedProvider, request } from "../../support/ai-sdk.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { blocked, DoorSink } from "../../support/door-sink.ts";
import { head } from "../wire/bytes.ts";

const WORDS = "x".repeat(16_000);
/** One read of a socket, and what each stage of the package holds of it. */
const MAX_OVERSHOOT_BYTES = 512 * 1_024;

function event(data: { readonly [name: string]: unknown }): string {
  const name = data["type"] === undefined ? "" : `event: ${data["type"]}\n`;
  return `${name}data: ${JSON.stringify(data)}\n\n`;
}

const ANTHROPIC = {
  options: {
    package: "@ai-sdk/anthropic",
    create: "createAnthropic",
    model: "claude-sonnet-4-5",
  },
  begin: [
    event({
      type: "message_start",
      message: {
        id: "m",
        type: "message",
        role: "assistant",
        model: "c",
        content: [],
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    }),
    event({
      type: "content_block_start",
      index: 0,
      content_block: { type: "text", text: "" },
    }),
  ].join(""),
  piece: event({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: WORDS },
  }),
};

const COMPATIBLE = {
  options: {
    package: "@ai-sdk/openai-compatible",
    create: "createOpenAICompatible",
    model: "m",
  },
  begin: "",
  piece: event({ choices: [{ index: 0, delta: { role: "assistant", content: WORDS } }] }),
};

describe.for([
  ["@ai-sdk/anthropic", ANTHROPIC],
  ["@ai-sdk/openai-compatible", COMPATIBLE],
] as const)("a reader that stops holds the server back: %s", ([, { options, begin, piece }]) => {
  test.for([
    ["event by event", piece],
    ["events in large pieces", piece.repeat(8)],
  ] as const)("%s", async ([, endless]) => {
    await using server = await BrokenServer.start([head(), begin, { endless }]);
    const settings = { name: "p", apiKey: "sk-test", baseURL: `${server.url}/v1` };
    const provider = await loadedProvider({ ...options, settings });
    const sink = new DoorSink();
    const abort = new AbortController();
    sink.shut();
    const answer = provider.request(request(), sink, abort.signal);
    const connection = await server.connection();

    await blocked(connection, sink);
    expect(sink.receivedBytes).toBeGreaterThan(0);
    expect(sink.receivedBytes).toBeLessThan(MAX_OVERSHOOT_BYTES);

    for (const round of [1, 2]) {
      const taken = connection.takenBytes;
      sink.open();
      while (connection.takenBytes < taken + 1_048_576) await delay(1);
      sink.shut();
      const received = sink.receivedBytes;
      await blocked(connection, sink);
      expect([round, sink.receivedBytes - received < MAX_OVERSHOOT_BYTES]).toEqual([round, true]);
    }

    abort.abort("enough");
    await expect(answer).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    await connection.closed;
    await provider.close?.();
  });
});
